"""The channel that libosdp reads and writes through: whole and fitting replies only, a damaged one asked for again.

libosdp as built for Python forgets what it has of a frame at every refresh, takes a wrong check for a reason to leave
the reader alone for 300 s, and swallows exceptions of a channel. So this channel never raises, hands over one whole
reply to each command, and keeps a lost line for its owner to see. No state of a reader stands here.
"""

from drivers.reader.osdp_frames import NAK, Frame, FrameAssembler
from drivers.serial_port import PortLost, SerialPort

BUSY = 0x79
MOST_REPEATS = 2  # of one command, within the 200 ms that libosdp waits


class OsdpChannel:
    """One line for all readers of a bus. `read`, `write` and `flush` are called by libosdp, the rest by the bus."""

    id = 1  # readers with the same id share the line: libosdp takes turns

    def __init__(self, port: SerialPort) -> None:
        self._port = port
        self._assembler = FrameAssembler()
        self._handed = bytearray()
        self._repeats = 0
        self.lost: PortLost | None = None
        self.command: Frame | None = None
        """The last command sent."""
        self.reply: Frame | None = None
        """The reply to it, once it has come."""
        self.reply_ns = 0
        """When the last byte of that reply was read."""
        self.is_waiting = False
        """A command is out and its reply has not come."""
        self.writes = 0
        self.repeated = 0
        """Commands sent again because the reply was damaged."""

    def reset(self) -> None:
        """The line was opened anew."""
        self._assembler.clear()
        self._handed.clear()
        self.lost = self.command = self.reply = None
        self.is_waiting = False

    def write(self, data: bytes) -> int:
        """libosdp sends a command."""
        frames = FrameAssembler().feed(data, 0)
        self.command = frames[0] if frames else None
        self.reply = None
        self.is_waiting = True
        self.writes += 1
        self._repeats = 0
        return len(data) if self._send(data) else -1

    def read(self, most: int) -> bytes:
        """libosdp takes the next piece of a reply; nothing as long as it is not whole."""
        piece = bytes(self._handed[:most])
        del self._handed[:most]
        return piece

    def flush(self) -> None:
        """libosdp forgets what came before its next command."""
        self._assembler.clear()
        self._handed.clear()

    def receive(self, now_ns: int) -> bool:
        """Take what the line has, when it is readable; True when the reply is now whole."""
        try:
            data = self._port.read()
        except PortLost as lost:
            self.lost = lost
            return False
        damaged = self._assembler.damaged
        for frame in self._assembler.feed(data, now_ns):
            if self._fits(frame):
                self.reply, self.reply_ns, self.is_waiting = frame, now_ns, False
                self._handed += frame.data
                return True
        if self._assembler.damaged > damaged and not len(self._assembler):
            self._repeat()
        return False

    def check_stale(self, now_ns: int) -> None:
        """Ask again when the rest of a reply is overdue."""
        if self.is_waiting and self._assembler.is_stale(now_ns):
            self._repeat()

    def _fits(self, frame: Frame) -> bool:
        """Late, doubled and foreign frames, and our own echo on two wires, are not the reply we wait for."""
        command = self.command
        if not self.is_waiting or command is None or not frame.is_reply or frame.address != command.address:
            return False
        return frame.sequence == command.sequence or frame.code in (NAK, BUSY)

    def _repeat(self) -> None:
        """The same command with the same sequence number: the reader then sends its last reply again."""
        if self.is_waiting and self.command is not None and self._repeats < MOST_REPEATS:
            self._repeats += 1
            self.repeated += 1
            self._send(b"\xff" + self.command.data)

    def _send(self, data: bytes) -> bool:
        try:
            self._port.write(data)
        except PortLost as lost:
            self.lost = lost
            return False
        return True
