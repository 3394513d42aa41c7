"""The serial line as drivers use it, on real ptys."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.backoff import Backoff
from drivers.serial_port import PortLost, SerialPort
from simulator.wire.port import PtyPort


@pytest.fixture
def device(tmp_path: Path) -> Iterator[PtyPort]:
    device = PtyPort(tmp_path / "ttyR0", 115200)
    device.start()
    yield device
    device.stop()


@pytest.fixture
def port(device: PtyPort) -> Iterator[SerialPort]:
    port = SerialPort(device.link, 115200)
    port.open()
    yield port
    port.close()


def read_until(port: SerialPort, count: int) -> bytes:
    data = b""
    deadline = time.monotonic() + 2
    while len(data) < count and time.monotonic() < deadline:
        if port.wait_readable(0.1):
            data += port.read()
    return data


def test_bytes_go_both_ways_through_a_symlinked_path(device: PtyPort, port: SerialPort) -> None:
    port.write(b"\x00\x11\x13ping")
    assert device.read(1.0)[:1] == b"\x00"
    device.write(b"pong\x03\x04\x11\x13\xff")
    assert read_until(port, 9) == b"pong\x03\x04\x11\x13\xff"


def test_reading_an_idle_line_gives_no_bytes_and_no_error(port: SerialPort) -> None:
    assert port.read() == b""


def test_a_second_open_of_a_held_device_is_refused_and_says_so(device: PtyPort, port: SerialPort) -> None:
    second = SerialPort(device.link, 115200)
    with pytest.raises(PortLost, match="another program holds it"):
        second.open()
    assert not second.is_open


def test_a_missing_device_is_told_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(PortLost, match=r"ttyNone.*No such file"):
        SerialPort(tmp_path / "ttyNone", 9600).open()


def test_a_pulled_cable_is_a_lost_port_and_the_same_path_opens_again_when_it_is_back(
    device: PtyPort, port: SerialPort
) -> None:
    device.cut()
    with pytest.raises(PortLost):
        for _ in range(20):
            assert port.wait_readable(0.5)
            port.read()
    port.close()
    with pytest.raises(PortLost):
        port.open()
    device.restore()
    port.open()
    device.write(b"again")
    assert read_until(port, 5) == b"again"


def test_writing_into_a_cut_line_is_a_lost_port(device: PtyPort, port: SerialPort) -> None:
    device.cut()
    with pytest.raises(PortLost, match="writing failed"):
        port.write(b"x")


def test_a_line_that_takes_no_bytes_is_lost_after_the_time_and_not_blocked_for_ever(port: SerialPort) -> None:
    began = time.monotonic()
    with pytest.raises(PortLost, match="not taken within"):
        port.write(bytes(20_000_000), timeout_s=0.3)
    assert time.monotonic() - began < 30


def test_a_closed_port_is_an_error_of_its_own_kind(port: SerialPort) -> None:
    port.close()
    port.close()
    with pytest.raises(PortLost, match="not open"):
        port.read()


def test_dropped_input_is_not_read_later(device: PtyPort, port: SerialPort) -> None:
    device.write(b"stale")
    assert port.wait_readable(1.0)
    threading.Event().wait(0.05)
    port.drop_input()
    device.write(b"fresh")
    assert read_until(port, 5) == b"fresh"


@given(first=st.integers(1, 1000), factor=st.integers(1, 100), rounds=st.integers(1, 50))
def test_waiting_times_grow_to_the_limit_and_begin_anew_after_an_answer(first: int, factor: int, rounds: int) -> None:
    backoff = Backoff(first, first * factor)
    times = [backoff.next_ms() for _ in range(rounds)]
    assert times[0] == first
    assert times == sorted(times)
    assert max(times) <= first * factor
    backoff.reset()
    assert backoff.next_ms() == first
