"""OSDP frames on the wire: found by start mark and length, checked, and told apart; nothing is decrypted here.

Pure: bytes and time in, whole frames out. No port, no thread and no libosdp stand here.
SIA OSDP 2.2 / IEC 60839-11-5, packet structure: SOM, address, length (LSB, MSB), control, [security block], code,
data, [MAC], CRC-16 or checksum.
"""

import binascii
from dataclasses import dataclass

MARK = 0xFF
SOM = 0x53
HEADER = 5
SHORTEST = HEADER + 2  # a code and a checksum
LONGEST = 255  # libosdp keeps 256 bytes with the mark
REPLY = 0x80
BROADCAST = 0x7F
SEQUENCE, WITH_CRC, SECURE = 0x03, 0x04, 0x08
NAK, NAK_UNKNOWN_COMMAND, NAK_UNABLE = 0x41, 0x03, 0x09
CRC_START = 0x1D0F
STALE_NS = 100_000_000  # between two bytes of a frame the text allows 20 ms; a loaded converter or machine adds to it


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole frame whose check was right, without its mark byte."""

    data: bytes

    @property
    def address(self) -> int:
        return self.data[1] & 0x7F

    @property
    def is_reply(self) -> bool:
        return bool(self.data[1] & REPLY)

    @property
    def sequence(self) -> int:
        return self.data[4] & SEQUENCE

    @property
    def is_secure(self) -> bool:
        """It has a security block: part of the handshake, or of the channel."""
        return bool(self.data[4] & SECURE)

    @property
    def code(self) -> int:
        """The code of the command or reply; it is never encrypted."""
        offset = HEADER + (self.data[HEADER] if self.is_secure else 0)
        return self.data[offset] if offset < len(self.data) else 0


def cannot_do(reply: Frame) -> bool:
    """A refusal of this very command, for ever: not one that only says that the secure channel has been lost."""
    if reply.code != NAK:
        return False
    return reply.is_secure or reply.data[HEADER + 1] in (NAK_UNKNOWN_COMMAND, NAK_UNABLE)


def crc16(data: bytes) -> int:
    """CRC-16 of the OSDP text: polynomial 0x1021, start 0x1D0F, sent low byte first."""
    return binascii.crc_hqx(data, CRC_START)


def checksum(data: bytes) -> int:
    """The one-byte check: all bytes and this one add up to 0 modulo 256."""
    return -sum(data) & 0xFF


def is_whole(frame: bytes) -> bool:
    """The check at the end is the one of the bytes before it."""
    if frame[4] & WITH_CRC:
        return len(frame) > SHORTEST and crc16(frame[:-2]) == int.from_bytes(frame[-2:], "little")
    return checksum(frame[:-1]) == frame[-1]


class FrameAssembler:
    """Puts frames together from pieces of any size. `damaged` counts the frames that came and were not whole."""

    def __init__(self) -> None:
        self.damaged = 0
        self._buffer = bytearray()
        self._fed_ns = 0

    def feed(self, data: bytes, now_ns: int) -> list[Frame]:
        """The frames that these bytes complete. Never more than one unfinished frame is kept."""
        is_late = bool(self._buffer) and now_ns - self._fed_ns > STALE_NS
        self._fed_ns = now_ns
        self._buffer += data
        if frames := self._take_frames():
            return frames  # also when the rest came late: a loaded machine reads late, and the check was right
        if is_late:
            self.damaged += 1
            self._buffer[:] = data
            return self._take_frames()
        return []

    def _take_frames(self) -> list[Frame]:
        frames: list[Frame] = []
        while self._find_start():
            length = self._length()
            if length is None:
                break
            if not SHORTEST <= length <= LONGEST:
                del self._buffer[0]  # no frame begins here: look for the next start mark
                continue
            if len(self._buffer) < length:
                break
            frame = bytes(self._buffer[:length])
            if is_whole(frame):
                frames.append(Frame(frame))
                del self._buffer[:length]
            else:
                self.damaged += 1
                del self._buffer[0]  # a start mark may stand within what was taken for a frame
        return frames

    def is_stale(self, now_ns: int) -> bool:
        """Part of a frame came and the rest is overdue; it is dropped and counted."""
        if not self._buffer or now_ns - self._fed_ns <= STALE_NS:
            return False
        self.damaged += 1
        self._buffer.clear()
        return True

    def clear(self) -> None:
        """Forget an unfinished frame."""
        self._buffer.clear()

    def __len__(self) -> int:
        return len(self._buffer)

    def _find_start(self) -> bool:
        start = self._buffer.find(SOM)
        if start < 0:
            self._buffer.clear()
            return False
        del self._buffer[:start]
        return True

    def _length(self) -> int | None:
        return int.from_bytes(self._buffer[2:4], "little") if len(self._buffer) >= HEADER else None
