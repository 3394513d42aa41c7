"""The reader's side of OSDP framing: whole, right frames out of a stream of bytes; the rest is dropped.

Pure. The simulator's own, so that the daemon's is not checked against itself. SIA OSDP 2.2, packet structure.
"""

SOM = 0x53
SHORTEST, LONGEST = 7, 255
WITH_CRC = 0x04
SILENCE_NS = 150_000_000  # a frame whose next byte is later is never completed; a loaded machine is late by some 10 ms


def crc16(data: bytes) -> int:
    """CRC-16 with polynomial 0x1021 and start 0x1D0F."""
    crc = 0x1D0F
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
        crc &= 0xFFFF
    return crc


def is_right(frame: bytes) -> bool:
    """CRC or checksum, whichever the control byte says, fits."""
    if frame[4] & WITH_CRC:
        return len(frame) > SHORTEST and crc16(frame[:-2]) == frame[-2] | frame[-1] << 8
    return sum(frame) & 0xFF == 0


class FrameFinder:
    """Finds frames in pieces of any size."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._last_ns = 0

    def feed(self, data: bytes, now_ns: int) -> list[bytes]:
        """The frames that end in these bytes, without their mark."""
        if now_ns - self._last_ns > SILENCE_NS:
            self._bytes.clear()
        self._last_ns = now_ns
        self._bytes += data
        frames: list[bytes] = []
        while (start := self._bytes.find(SOM)) >= 0:
            del self._bytes[:start]
            if len(self._bytes) < 5:
                return frames
            length = self._bytes[2] | self._bytes[3] << 8
            if SHORTEST <= length <= LONGEST and len(self._bytes) < length:
                return frames
            frame = bytes(self._bytes[:length])
            if SHORTEST <= length <= LONGEST and is_right(frame):
                frames.append(frame)
                del self._bytes[:length]
            else:
                del self._bytes[0]
        self._bytes.clear()
        return frames
