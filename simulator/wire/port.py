"""A virtual serial port: a pty behind a stable device path, with the pace, the pieces and the faults of a real line.

No protocol stands here. A device gives `on_bytes` (called in the port's thread with what arrived and the monotonic ns
of its last byte) or calls `read`; it answers with `write`. The host opens the path as it would open /dev/ttyUSB0.

A pty itself does not pace: both directions pass through a `PacedLine`, so the device gets the host's bytes, and the
host the device's, at the rate of the line. A cut closes the master, as when a USB converter is pulled; `restore` makes
a new pty and points the path at it.
"""

import contextlib
import os
import select
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path

from simulator.wire.paced_line import PacedLine

OnBytes = Callable[[bytes, int], None]
READ_SIZE = 4096
SHORTEST_WAIT_S = 0.0002  # at high rates several bytes travel in one piece, as out of a UART's FIFO
CUT_WITHIN_S = 1.0
RECEIVED_LIMIT = 65_536  # a device that never reads loses the oldest bytes, as a UART does


class PtyPort:
    """One serial port of a simulated device, reached by the host through `link`.

    `out` is the direction from the device to the host, `into` from the host to the device: `port.out.flip(0.01)`.
    """

    def __init__(self, link: Path, baud: int, *, on_bytes: OnBytes | None = None, seed: int = 0) -> None:
        self.link = link
        self.out = PacedLine(baud, seed)
        self.into = PacedLine(baud, seed + 1)
        self.on_bytes = on_bytes
        self.on_sent: OnBytes | None = None
        self.last_sent_ns = 0
        """When the last byte towards the host was on the pty."""
        self.last_received_ns = 0
        """When the last byte from the host was handed to the device, at the pace of the line."""
        self.last_written_ns = 0
        """When the last byte of the host's write had left the host, before its time on the line."""
        self._lock = threading.Condition()
        self._received = bytearray()
        self._master: int | None = None
        self._slave: int | None = None
        self._pulled: list[int] = []
        self._wake_read, self._wake_write = -1, -1
        self._thread: threading.Thread | None = None
        self._stopping = False

    def start(self) -> None:
        """Make the pty, point the path at it and begin to carry bytes."""
        if self._thread is not None:
            raise RuntimeError(f"port {self.link} is already running")
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._stopping = False
        self.restore()
        self._thread = threading.Thread(target=self._run, name=f"port {self.link.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Carry nothing more, take the path away and close every file."""
        if self._thread is None:
            return
        self._stopping = True
        self._wake()
        self._thread.join()
        self._thread = None
        self.cut()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def write(self, data: bytes) -> int:
        """Send to the host, paced; the monotonic ns at which the last byte will be over is returned at once."""
        with self._lock:
            over_ns = self.out.push(data, time.monotonic_ns())
        self._wake()
        return over_ns

    def read(self, timeout_s: float = 0.0) -> bytes:
        """What the host sent and the line has carried so far; used where there is no `on_bytes`."""
        with self._lock:
            if not self._received and timeout_s > 0:
                self._lock.wait_for(lambda: bool(self._received), timeout_s)
            data, self._received = bytes(self._received), bytearray()
        return data

    def inject(self, garbage: bytes) -> None:
        """Put bytes before the host at once, past the pace and the faults, as noise does on a line at rest."""
        with self._lock:
            self._put(garbage)

    def cut(self) -> None:
        """Pull the cable: what is on the way is lost, the host's file hangs up and the path is gone."""
        with self._lock:
            self.out.clear()
            self.into.clear()
            self._pulled += [fd for fd in (self._master, self._slave) if fd is not None]
            self._master = self._slave = None
            self.link.unlink(missing_ok=True)
        if self._thread is None or threading.current_thread() is self._thread:
            self._close_pulled()
            return
        # A file that the port's thread waits on stays open until it stops waiting: let it close the file itself.
        self._wake()
        with self._lock:
            self._lock.wait_for(lambda: not self._pulled, CUT_WITHIN_S)

    def _close_pulled(self) -> None:
        with self._lock:
            while self._pulled:
                os.close(self._pulled.pop())
            self._lock.notify_all()

    def restore(self) -> None:
        """Plug the cable in again: a new pty behind the same path."""
        with self._lock:
            if self._master is not None:
                return
            # The slave stays open here too, else a host that closes its file would look like a pulled cable.
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            beside = self.link.with_name(f".{self.link.name}.new")
            beside.unlink(missing_ok=True)
            beside.symlink_to(os.ttyname(self._slave))
            beside.replace(self.link)
        self._wake()

    @property
    def is_cut(self) -> bool:
        return self._master is None

    def _wake(self) -> None:
        if self._thread is not None and threading.current_thread() is not self._thread:
            with contextlib.suppress(BlockingIOError):
                os.write(self._wake_write, b"\0")

    def _run(self) -> None:
        while not self._stopping:
            with self._lock:
                self._close_pulled()
                master = self._master
                wait_s = self._wait_s()
            files = [self._wake_read] if master is None else [self._wake_read, master]
            # select and not poll: its timeout counts microseconds, a byte at 38400 baud takes 260 of them
            ready, _, _ = select.select(files, [], [], wait_s)
            if self._wake_read in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_read, READ_SIZE)
            self._carry()

    def _wait_s(self) -> float | None:
        due = [due for line in (self.out, self.into) if (due := line.next_due_ns()) is not None]
        if not due:
            return None
        return max((min(due) - time.monotonic_ns()) / 1e9, SHORTEST_WAIT_S)

    def _carry(self) -> None:
        with self._lock:
            written = self._from_host()
            now_ns = time.monotonic_ns()
            if written:
                self.last_written_ns = now_ns
                self.into.push(written, now_ns)
            if sent := self.out.take(now_ns):
                self.last_sent_ns = time.monotonic_ns()  # before the host can have seen them
                self._put(sent)
            if arrived := self.into.take(now_ns):
                self.last_received_ns = now_ns
                if self.on_bytes is None:
                    self._received += arrived
                    del self._received[:-RECEIVED_LIMIT]
                    self._lock.notify_all()
        # outside the lock: the device answers from here, and others may switch faults meanwhile
        if sent and self.on_sent is not None:
            self.on_sent(sent, self.last_sent_ns)
        if arrived and self.on_bytes is not None:
            self.on_bytes(arrived, now_ns)

    def _from_host(self) -> bytes:
        if self._master is None:
            return b""
        try:
            return os.read(self._master, READ_SIZE)
        except BlockingIOError:
            return b""

    def _put(self, data: bytes) -> None:
        if self._master is None:
            return
        # a full buffer means that nobody reads: the bytes are lost, as on a line with no listener
        with contextlib.suppress(BlockingIOError):
            os.write(self._master, data)
