"""The serial port of a barrier line: opened, written with the time its last byte left, read, closed.

No Modbus may be put here.
"""

import termios
import time
from pathlib import Path

from drivers.barrier.exchange import LineLost
from drivers.barrier.profiles import LineSettings
from drivers.serial_port import PortLost, SerialPort


class SerialLine:
    """One open port, for one thread. Every failure of it is a `LineLost`."""

    def __init__(self, settings: LineSettings) -> None:
        """Open the device path for ourselves alone. Raises `LineLost`."""
        self._byte_ns = settings.byte_ns
        self._port = SerialPort(Path(settings.device), settings.baud, settings.parity)
        try:
            self._port.open()
        except PortLost as lost:
            raise LineLost(str(lost)) from lost

    def send(self, data: bytes) -> int:
        """Write all of it; the monotonic ns when its last byte had left.

        A converter may report that all is out while bytes are still in it, so the wire's own time is the least.
        """
        begin_ns = time.monotonic_ns()
        try:
            self._port.write(data)
            termios.tcdrain(self._port.fileno())
        except (PortLost, termios.error, OSError) as lost:
            raise LineLost(f"writing: {lost}", sent=True) from lost
        return max(time.monotonic_ns(), begin_ns + len(data) * self._byte_ns)

    def receive(self, timeout_s: float) -> bytes:
        """What has arrived, at once when there is something; b"" when nothing came in time."""
        try:
            return self._port.read() if self._port.wait_readable(timeout_s) else b""
        except (PortLost, OSError) as lost:
            raise LineLost(f"reading: {lost}") from lost

    def close(self) -> None:
        self._port.close()
