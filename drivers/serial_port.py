"""A serial line as drivers use it: opened for us alone, read and written without blocking, known when it is gone.

No protocol and no thread stand here. A pulled USB converter shows as a file that is ready to read and gives no data, or
as an input/output error: both are `PortLost`, and the owner closes, waits (`drivers.backoff`) and opens again.
"""

import contextlib
import errno
import os
import select
import time
from pathlib import Path
from typing import Literal

import serial

Parity = Literal["none", "even", "odd"]
PARITIES: dict[Parity, str] = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}
READ_SIZE = 4096


class PortLost(Exception):
    """The line cannot be used now; the message says which, what was expected and what came."""


class SerialPort:
    """One serial device at 8 data bits and 1 stop bit. A path through a symlink is followed at every open."""

    def __init__(self, path: Path, baud: int, parity: Parity = "none") -> None:
        self.path = path
        self.baud = baud
        self.parity: Parity = parity
        self._serial: serial.Serial | None = None

    @property
    def is_open(self) -> bool:
        return self._serial is not None

    def open(self) -> None:
        """Open for us alone; raises `PortLost` when there is no such device or another program holds it."""
        if self._serial is not None:
            raise RuntimeError(f"{self.path} is already open")
        try:
            self._serial = serial.Serial(
                str(self.path), self.baud, parity=PARITIES[self.parity], timeout=0, write_timeout=0, exclusive=True
            )
        except (serial.SerialException, OSError, ValueError) as error:
            raise PortLost(f"{self.path}: cannot be opened at {self.baud} baud: {_reason(error)}") from error

    def close(self) -> None:
        """Close; a second close does nothing, and a device that is gone is no error here."""
        port, self._serial = self._serial, None
        if port is not None:
            with contextlib.suppress(serial.SerialException, OSError):
                port.close()

    def fileno(self) -> int:
        """The file to wait on; raises `PortLost` when the port is closed."""
        if self._serial is None:
            raise PortLost(f"{self.path}: is not open")
        return int(self._serial.fileno())

    def read(self) -> bytes:
        """The bytes that are there now, perhaps none. Call when readable: then no data means that the cable is gone."""
        fd = self.fileno()
        try:
            data = os.read(fd, READ_SIZE)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise PortLost(f"{self.path}: reading failed: {_reason(error)}") from error
        if not data and _readable(fd):
            raise PortLost(f"{self.path}: ready to read but no data came; the cable or converter was unplugged")
        return data

    def wait_readable(self, timeout_s: float) -> bool:
        """Wait until there is something to read (or the device is gone) or the time is over."""
        return _readable(self.fileno(), timeout_s)

    def write(self, data: bytes, timeout_s: float = 1.0) -> None:
        """Hand all bytes to the device; `PortLost` when it takes none within the time."""
        fd = self.fileno()
        until = time.monotonic() + timeout_s
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(fd, rest) :]
            except BlockingIOError:
                left_s = until - time.monotonic()
                if left_s <= 0 or not select.select([], [fd], [], left_s)[1]:
                    raise PortLost(f"{self.path}: {len(rest)} bytes were not taken within {timeout_s} s") from None
            except OSError as error:
                raise PortLost(f"{self.path}: writing failed: {_reason(error)}") from error

    def drop_input(self) -> None:
        """Forget what has arrived and was not read."""
        with contextlib.suppress(PortLost):
            while self.wait_readable(0) and self.read():
                pass


def _readable(fd: int, timeout_s: float = 0.0) -> bool:
    return bool(select.select([fd], [], [], max(timeout_s, 0.0))[0])


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number is None and isinstance(error, serial.SerialException) and "Could not exclusively lock" in str(error):
        number = errno.EWOULDBLOCK
    if number in (errno.EWOULDBLOCK, errno.EAGAIN):
        return "another program holds it"
    return os.strerror(number) if isinstance(number, int) else str(error)
