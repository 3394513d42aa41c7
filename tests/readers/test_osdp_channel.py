"""The channel between libosdp and the line: one fitting reply to one command, whatever else is on the line (F9)."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.reader.osdp_channel import MOST_REPEATS, OsdpChannel
from drivers.reader.osdp_frames import crc16
from drivers.serial_port import SerialPort
from simulator.wire.port import PtyPort
from tests.readers.test_osdp_frames import reply


def poll(address: int, sequence: int) -> bytes:
    whole = reply(address, sequence, b"\x60")
    body = bytes([whole[0], whole[1] & 0x7F]) + whole[2:-2]
    return b"\xff" + body + crc16(body).to_bytes(2, "little")


class Line:
    """A channel with the far end of its line in hand."""

    def __init__(self, port: PtyPort, serial: SerialPort) -> None:
        self.port = port
        self.serial = serial
        self.channel = OsdpChannel(serial)

    def comes(self, data: bytes) -> bytes:
        """These bytes come over the line; what libosdp is given of them."""
        self.port.inject(data)
        deadline = time.monotonic() + 1
        while data and not self.serial.wait_readable(0) and time.monotonic() < deadline:
            time.sleep(0.001)
        self.channel.receive(time.monotonic_ns())
        given = b""
        while piece := self.channel.read(64):
            given += piece
        return given


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    port = PtyPort(tmp_path / "tty", 230400)
    port.start()
    serial = SerialPort(port.link, 230400)
    serial.open()
    yield Line(port, serial)
    serial.close()
    port.stop()


def test_a_reply_is_handed_over_only_when_it_is_whole(line: Line) -> None:
    whole = reply(5, 1, b"\x40")
    line.channel.write(poll(5, 1))
    assert line.comes(whole[:4]) == b""
    assert line.comes(whole[4:]) == whole


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("of another reader", reply(6, 1, b"\x40")),
        ("late, to the command before", reply(5, 3, b"\x40")),
        ("our own echo", poll(5, 1)),
    ],
)
def test_a_frame_that_is_not_the_reply_is_passed_over(line: Line, what: str, other: bytes) -> None:
    line.channel.write(poll(5, 1))
    assert line.comes(other) == b"", what
    assert line.comes(reply(5, 1, b"\x40")) == reply(5, 1, b"\x40")


def test_a_second_reply_to_one_command_is_dropped(line: Line) -> None:
    line.channel.write(poll(5, 1))
    assert line.comes(reply(5, 1, b"\x40")) == reply(5, 1, b"\x40")
    assert line.comes(reply(5, 1, b"\x50\x00\x01\x1a\x00\x80\x80\x00\x80")) == b""


def test_a_damaged_reply_makes_the_same_command_go_out_again_but_not_for_ever(line: Line) -> None:
    damaged = reply(5, 1, b"\x40\x01\x02")
    damaged = damaged[:6] + bytes([damaged[6] ^ 1]) + damaged[7:]
    line.channel.write(poll(5, 1))
    for _ in range(5):
        assert line.comes(damaged) == b""
    time.sleep(0.05)
    assert line.port.read(0.2) == poll(5, 1) * (1 + MOST_REPEATS)
    assert line.comes(reply(5, 1, b"\x40")) == reply(5, 1, b"\x40")


def test_a_lost_line_is_kept_for_the_owner_and_never_raised_into_the_library(line: Line) -> None:
    line.port.cut()
    assert line.channel.write(poll(5, 1)) == -1
    assert line.channel.lost is not None
    assert line.channel.read(64) == b""


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=150))
def test_garbage_from_the_line_never_reaches_the_library(line: Line, garbage: bytes) -> None:
    line.channel.reset()
    line.channel.write(poll(5, 1))
    assert line.comes(garbage) == b""
    assert line.channel.lost is None
