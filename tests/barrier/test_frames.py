"""Frames of the published texts, byte for byte, and replies of every kind of garbage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.barrier.frames import (
    Request,
    answers,
    bits,
    flash_coil,
    read_coils,
    read_inputs,
    take_frames,
    write_coil,
)
from simulator.wire.modbus_board import ModbusBoard
from simulator.wire.modbus_maps import WAVESHARE_RELAY_D

# The first ones stand so on Waveshare's wiki page of the relay board.
GOLDEN_REQUESTS = [
    (flash_coil(1, 0, 700), "01 05 02 00 00 07 8D B0"),
    (flash_coil(1, 1, 800), "01 05 02 01 00 08 9C 74"),
    (write_coil(1, 0, True), "01 05 00 00 FF 00 8C 3A"),
    (write_coil(1, 0, False), "01 05 00 00 00 00 CD CA"),
    (read_coils(1, 0, 8), "01 01 00 00 00 08 3D CC"),
    (read_inputs(1, 0, 8), "01 02 00 00 00 08 79 CC"),
    # Modbus application protocol V1.1b3, examples of 6.1, 6.2 and 6.5: their PDUs behind address 17 (0x11)
    (read_coils(0x11, 0x13, 0x13), "11 01 00 13 00 13 8E 92"),
    (read_inputs(0x11, 0xC4, 0x16), "11 02 00 C4 00 16 BA A9"),
    (write_coil(0x11, 0xAC, True), "11 05 00 AC FF 00 4E 8B"),
]
GOLDEN_REPLIES = [
    (read_coils(1, 0, 8), "01 01 01 00 51 88", (False,) * 8),
    (read_inputs(1, 0, 8), "01 02 01 00 A1 88", (False,) * 8),
    (
        read_inputs(0x11, 0xC4, 0x16),
        "11 02 03 AC DB 35 20 18",
        tuple(char == "1" for char in "0011010111011011101011"),
    ),
]


@pytest.mark.parametrize(("request_", "text"), GOLDEN_REQUESTS)
def test_a_request_is_the_published_frame(request_: Request, text: str) -> None:
    assert request_.frame == bytes.fromhex(text)


@pytest.mark.parametrize(("request_", "text", "expected"), GOLDEN_REPLIES)
def test_a_published_reply_gives_its_bits(request_: Request, text: str, expected: tuple[bool, ...]) -> None:
    (frame,) = take_frames(bytearray.fromhex(text), [request_.address])
    assert answers(request_, frame)
    assert bits(request_, frame) == expected


@pytest.mark.parametrize(("request_", "text"), GOLDEN_REQUESTS[:4])
def test_the_simulated_waveshare_board_echoes_the_published_writes(request_: Request, text: str) -> None:
    pdu = bytes.fromhex(text)[1:-2]
    assert ModbusBoard(WAVESHARE_RELAY_D).handle(pdu, 0) == pdu


def test_the_time_of_a_flash_is_never_shorter_than_asked() -> None:
    assert [flash_coil(1, 0, ms).value for ms in (1, 100, 101, 700, 5_000_000)] == [1, 1, 2, 7, 0x7FFF]


def good_reply(data: st.DataObject) -> tuple[Request, bytes]:
    request = data.draw(st.sampled_from([read_inputs(1, 0, 8), read_inputs(1, 0, 9), write_coil(1, 2, True)]))
    if request.function == 5:
        return request, request.frame
    body = bytes([request.function, (request.value + 7) // 8]) + bytes((request.value + 7) // 8)
    return request, _with_crc(b"\x01" + body)


def _with_crc(body: bytes) -> bytes:
    crc = 0xFFFF
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return body + crc.to_bytes(2, "little")


@given(st.binary(max_size=600))
def test_no_garbage_raises_and_none_is_kept_without_bound(garbage: bytes) -> None:
    buffer = bytearray(garbage)
    take_frames(buffer, [1, 2])
    assert len(buffer) <= 256


@given(st.data(), st.binary(max_size=40))
def test_a_reply_is_found_whole_or_byte_by_byte_behind_any_garbage(data: st.DataObject, garbage: bytes) -> None:
    request, reply = good_reply(data)
    whole = take_frames(bytearray(garbage + reply), [1])
    assert any(answers(request, frame) for frame in whole)
    buffer, pieces = bytearray(), []
    for byte in garbage + reply:
        buffer.append(byte)
        pieces += take_frames(buffer, [1])
    assert any(answers(request, frame) for frame in pieces)


@given(st.data(), st.integers(0, 63))
def test_a_reply_with_one_wrong_bit_is_never_taken(data: st.DataObject, place: int) -> None:
    request, reply = good_reply(data)
    spoiled = bytearray(reply)
    spoiled[place // 8 % len(spoiled)] ^= 1 << place % 8
    assert not any(answers(request, frame) for frame in take_frames(spoiled, [1]))


@given(st.binary(min_size=1, max_size=260), st.integers(0, 2**40))
def test_the_simulated_board_answers_any_request_with_a_reply_or_an_exception(pdu: bytes, at_ns: int) -> None:
    reply = ModbusBoard(WAVESHARE_RELAY_D).handle(pdu, at_ns)
    assert reply[0] in (pdu[0], pdu[0] | 0x80)
