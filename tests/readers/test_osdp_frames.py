"""OSDP framing: golden frames, pieces, garbage, and what of a frame can be told without its key."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.reader.osdp_frames import LONGEST, Frame, FrameAssembler, cannot_do, checksum, crc16
from simulator.wire.osdp_frames import FrameFinder
from simulator.wire.osdp_frames import crc16 as simulated_crc16

# osdp_POLL and osdp_ID as the published examples show them: address 0 with CRC and with checksum, address 0x65.
GOLDEN = ["530008000460ebaa", "53000700006046", "5365080004606090", "53650900056100e94d"]


def reply(address: int, sequence: int, body: bytes, *, secure: bool = False) -> bytes:
    control = 0x04 | sequence | (0x08 if secure else 0)
    head = bytes([0x53, address | 0x80]) + (7 + len(body)).to_bytes(2, "little") + bytes([control]) + body
    return head + crc16(head).to_bytes(2, "little")


frames = st.builds(reply, st.integers(0, 126), st.integers(0, 3), st.binary(min_size=1, max_size=100))


@pytest.mark.parametrize("golden", GOLDEN)
@pytest.mark.parametrize("mark", ["", "ff", "ffffff"])
def test_published_frames_are_found_with_and_without_marking_bytes(golden: str, mark: str) -> None:
    data = bytes.fromhex(mark + golden)
    assert [frame.data for frame in FrameAssembler().feed(data, 0)] == [bytes.fromhex(golden)]
    assert FrameFinder().feed(data, 0) == [bytes.fromhex(golden)]


def test_the_published_frames_are_understood() -> None:
    poll, short_poll, far_poll, identify = (Frame(bytes.fromhex(golden)) for golden in GOLDEN)
    assert (poll.address, poll.code, poll.sequence, poll.is_reply, poll.is_secure) == (0, 0x60, 0, False, False)
    assert (short_poll.address, short_poll.code) == (0, 0x60)
    assert (far_poll.address, far_poll.code) == (0x65, 0x60)
    assert (identify.address, identify.code, identify.sequence) == (0x65, 0x61, 1)


def test_the_check_of_the_osdp_text_is_the_one_with_start_1d0f() -> None:
    assert crc16(b"123456789") == 0xE5CC  # the catalogued value of CRC-16/AUG-CCITT
    assert checksum(bytes.fromhex("530007000060")) == 0x46


@given(st.binary(max_size=300))
def test_both_sides_compute_the_same_check(data: bytes) -> None:
    assert crc16(data) == simulated_crc16(data)


@given(st.lists(frames, min_size=1, max_size=5), st.data())
def test_frames_come_out_whole_whatever_pieces_they_come_in(sent: list[bytes], data: st.DataObject) -> None:
    stream = b"\xff".join(sent)
    assembler = FrameAssembler()
    found = []
    while stream:
        size = data.draw(st.integers(1, 40))
        found += assembler.feed(stream[:size], 0)
        stream = stream[size:]
    assert [frame.data for frame in found] == sent
    assert assembler.damaged == 0


@given(st.binary(max_size=400), st.integers(0, 3))
@example(b"\x53\x53\x53\xff\x53", 0)
@example(bytes.fromhex("5380ffff04"), 0)
def test_garbage_never_raises_never_grows_and_a_silence_later_a_frame_is_found(garbage: bytes, sequence: int) -> None:
    assembler = FrameAssembler()
    assembler.feed(garbage, 0)
    assert len(assembler) <= LONGEST
    whole = reply(5, sequence, b"\x40")
    assert [frame.data for frame in assembler.feed(whole, 200_000_000)] == [whole]


@given(frames, st.data())
def test_a_frame_with_a_turned_bit_is_not_taken_for_whole(whole: bytes, data: st.DataObject) -> None:
    at, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))
    turned = bytes(byte ^ (1 << bit) if index == at else byte for index, byte in enumerate(whole))
    assert whole not in [frame.data for frame in FrameAssembler().feed(turned, 0)]


def test_half_a_frame_is_dropped_after_a_silence_and_counted() -> None:
    assembler = FrameAssembler()
    assert assembler.feed(reply(1, 1, b"\x40")[:5], 0) == []
    assert not assembler.is_stale(50_000_000)
    assert assembler.is_stale(150_000_000)
    assert (len(assembler), assembler.damaged) == (0, 1)


def test_the_rest_of_a_frame_that_was_only_read_late_still_completes_it() -> None:
    whole = reply(1, 1, b"\x40")
    assembler = FrameAssembler()
    assert assembler.feed(whole[:5], 0) == []
    assert [frame.data for frame in assembler.feed(whole[5:], 150_000_000)] == [whole]


def test_a_refusal_for_ever_is_told_from_a_lost_channel() -> None:
    assert cannot_do(Frame(reply(1, 1, b"\x41\x03")))
    assert cannot_do(Frame(reply(1, 1, b"\x02\x18\x41" + bytes(20), secure=True)))
    assert not cannot_do(Frame(reply(1, 1, b"\x41\x06")))
    assert not cannot_do(Frame(reply(1, 1, b"\x40")))
