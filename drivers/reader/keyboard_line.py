"""A USB reader that types: which device, which number format. Records and formats are `keyboard_decoder`'s.

The device may be any path that gives `input_event` records: /dev/input/by-id/…, a pty or a FIFO. A real event device is
grabbed, so that what is swiped does not also land on the booth's screen.
"""

import contextlib
import fcntl
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from drivers.reader.keyboard_decoder import EVENT, KeyboardDecoder, KeyboardFormat
from drivers.reader.line_driver import LineDriver
from drivers.readings import Emit
from drivers.serial_port import PortLost

INPUT_MAJOR = 13  # of /dev/input/event*, Linux's list of device numbers
EVIOCGRAB = 0x40044590  # _IOW('E', 0x90, int) of <linux/input.h>


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyboardLineSettings:
    """One USB reader. `bits` tells which card format its decimal or hexadecimal number stands for."""

    id: str
    device: Path
    reader: str
    format: KeyboardFormat = "decimal10"
    bits: Literal[26, 34, 37] = 26
    grab: bool = True


class EventDevice:
    """A file that gives `input_event` records."""

    def __init__(self, path: Path, grab: bool) -> None:
        self.path = path
        self.grab = grab
        self._fd: int | None = None

    def open(self) -> None:
        """Open, and grab when it is a real event device; `PortLost` says why not."""
        try:
            kind = self.path.stat()
            # A FIFO opened for reading alone ends whenever its writer goes; opened both ways it waits for the next.
            access = os.O_RDWR if stat.S_ISFIFO(kind.st_mode) else os.O_RDONLY
            if stat.S_ISREG(kind.st_mode):
                raise PortLost(f"{self.path}: expected a device or a FIFO, got a regular file")
            self._fd = os.open(self.path, access | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
            if self.grab and stat.S_ISCHR(kind.st_mode) and os.major(kind.st_rdev) == INPUT_MAJOR:
                fcntl.ioctl(self._fd, EVIOCGRAB, 1)
        except OSError as error:
            self.close()
            raise PortLost(f"{self.path}: cannot be opened: {error.strerror}") from error

    def close(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            with contextlib.suppress(OSError):
                os.close(fd)

    def fileno(self) -> int:
        if self._fd is None:
            raise PortLost(f"{self.path}: is not open")
        return self._fd

    def read(self) -> bytes:
        """What is there now; call when readable, then no data means that the reader was unplugged."""
        try:
            data = os.read(self.fileno(), EVENT.size * 64)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise PortLost(f"{self.path}: reading failed: {error.strerror}") from error
        if not data:
            raise PortLost(f"{self.path}: ready to read but no data came; the reader was unplugged")
        return data


class KeyboardLine(LineDriver):
    """The driver of one USB reader."""

    def __init__(self, settings: KeyboardLineSettings, emit: Emit) -> None:
        device = EventDevice(settings.device, settings.grab)
        super().__init__(settings.id, settings.reader, device, KeyboardDecoder(settings.format, settings.bits), emit)
