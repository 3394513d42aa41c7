"""The virtual serial port: pace, pieces, faults, cut and restored."""

import os
import select
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.wire.paced_line import PacedLine
from simulator.wire.port import PtyPort

BYTE_NS_9600 = 10 * 10**9 / 9600


@pytest.fixture
def port(tmp_path: Path) -> Iterator[PtyPort]:
    port = PtyPort(tmp_path / "ttyR0", 9600)
    port.start()
    yield port
    port.stop()
    assert not port.link.is_symlink()


@pytest.fixture
def host(port: PtyPort) -> Iterator[int]:
    fd = os.open(port.link, os.O_RDWR | os.O_NOCTTY)
    yield fd
    os.close(fd)


def read_exactly(fd: int, count: int, timeout_s: float = 2.0) -> bytes:
    data = b""
    until = time.monotonic() + timeout_s
    while len(data) < count and (left := until - time.monotonic()) > 0:
        if select.select([fd], [], [], left)[0]:
            data += os.read(fd, count)
    return data


def test_a_byte_takes_ten_bit_times_and_the_total_never_drifts() -> None:
    line = PacedLine(9600)
    over_ns = line.push(bytes(960), 0)
    assert over_ns == 10**9
    assert line.take(round(BYTE_NS_9600) - 2) == b""
    assert len(line.take(10**9 // 2)) == 480
    assert len(line.take(10**9)) == 480
    assert line.next_due_ns() is None


def test_bytes_written_in_pieces_queue_behind_each_other() -> None:
    line = PacedLine(9600)
    for _ in range(96):
        over_ns = line.push(bytes(10), 5)
    assert over_ns == 10**9 + 5


def test_a_dropped_byte_still_takes_its_time() -> None:
    line = PacedLine(9600)
    line.drop(2)
    line.push(b"abcd", 0)
    assert line.next_due_ns() == -(-3 * 10**10 // 9600)
    assert line.take(10**9) == b"cd"


def test_flipped_bits_are_the_same_for_the_same_seed_and_end_when_switched_off() -> None:
    spoiled = []
    for _ in range(2):
        line = PacedLine(9600, seed=7)
        line.flip(0.2)
        line.push(bytes(100), 0)
        spoiled.append(line.take(10**10))
    assert spoiled[0] == spoiled[1] != bytes(100)
    line.flip(0)
    line.push(b"clean", 10**10)
    assert line.take(10**11) == b"clean"


def test_a_delay_moves_every_byte_and_keeps_their_order() -> None:
    line = PacedLine(9600)
    line.delay(30)
    assert line.push(b"a", 0) == -(-(10**10) // 9600) + 30_000_000
    assert line.take(30_000_000) == b""
    assert line.take(32_000_000) == b"a"


def test_the_host_gets_bytes_at_the_pace_of_the_line_and_in_pieces(port: PtyPort, host: int) -> None:
    pieces: list[bytes] = []
    port.on_sent = lambda data, _at_ns: pieces.append(data)
    began_ns = time.monotonic_ns()
    port.write(bytes(range(48)))
    assert read_exactly(host, 48) == bytes(range(48))
    assert port.last_sent_ns - began_ns >= 48 * BYTE_NS_9600
    assert len(pieces) > 4


def test_the_device_gets_the_hosts_bytes_at_the_pace_of_the_line(port: PtyPort, host: int) -> None:
    began_ns = time.monotonic_ns()
    os.write(host, bytes(range(48)))
    got = b""
    while len(got) < 48:
        piece = port.read(1.0)
        assert piece
        got += piece
    assert got == bytes(range(48))
    assert port.last_received_ns - began_ns >= 48 * BYTE_NS_9600
    assert began_ns <= port.last_written_ns < port.last_received_ns


def test_a_device_may_answer_from_its_handler(port: PtyPort, host: int) -> None:
    port.on_bytes = lambda data, _at_ns: port.write(data.upper()) and None
    os.write(host, b"abc")
    assert read_exactly(host, 3) == b"ABC"


def test_a_cut_hangs_the_host_up_and_a_restore_is_reached_by_the_same_path(port: PtyPort, host: int) -> None:
    port.write(bytes(200))
    port.cut()
    assert port.is_cut
    assert not port.link.exists()
    deadline = time.monotonic() + 2
    with pytest.raises(OSError, match="Input/output"):  # what was carried before may still be read
        while time.monotonic() < deadline:
            if not os.read(host, 100):
                raise OSError("Input/output hang-up seen as an empty read")
    port.restore()
    again = os.open(port.link, os.O_RDWR | os.O_NOCTTY)
    try:
        port.write(b"back")
        assert read_exactly(again, 4) == b"back"
    finally:
        os.close(again)


def test_a_line_that_nobody_reads_loses_bytes_and_goes_on(port: PtyPort) -> None:
    port.inject(bytes(100_000))
    port.write(b"x")
    deadline = time.monotonic() + 2
    while not port.last_sent_ns and time.monotonic() < deadline:
        time.sleep(0.005)
    assert port.last_sent_ns


def test_a_stopped_port_leaves_no_thread_and_no_file(tmp_path: Path) -> None:
    files = len(list(Path("/proc/self/fd").iterdir()))
    threads = threading.active_count()
    for _ in range(3):
        port = PtyPort(tmp_path / "ttyX", 115200)
        port.start()
        port.cut()
        port.restore()
        port.stop()
        port.stop()
    assert len(list(Path("/proc/self/fd").iterdir())) == files
    assert threading.active_count() == threads


def test_a_port_at_rest_uses_no_processor_time(port: PtyPort) -> None:
    before = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - before < 0.1
