"""One direction of a serial line: bytes go in at once and come out when a UART would have them, faults included.

Pure: no clock, no thread, no file; the caller passes the time in. A byte of 8N1 takes ten bit times on the wire, so the
last byte of n bytes comes out exactly n byte times after the line was free, however coarsely it is asked.
"""

from collections import deque
from random import Random

BITS_PER_BYTE = 10
NS_PER_SECOND = 1_000_000_000


class PacedLine:
    """Bytes on their way in one direction. Faults are switched while it runs; `seed` makes flipped bits repeatable."""

    def __init__(self, baud: int, seed: int = 0) -> None:
        self.baud = baud
        self._random = Random(seed)  # noqa: S311 - a repeatable fault, not a secret
        self._on_the_way: deque[tuple[int, int]] = deque()
        self._free_at_bits = 0  # in 1/baud of a nanosecond-second, so that rounding never adds up
        self._delay_ns = 0
        self._drop = 0
        self._flip_probability = 0.0

    def push(self, data: bytes, now_ns: int) -> int:
        """Put bytes on the line behind those already there; the ns when the last of them is over is returned."""
        start = max(self._free_at_bits, now_ns * self.baud)
        for byte in data:
            start += BITS_PER_BYTE * NS_PER_SECOND
            if self._drop > 0:
                self._drop -= 1
                continue
            self._on_the_way.append((-(-start // self.baud) + self._delay_ns, self._spoiled(byte)))
        self._free_at_bits = start
        return -(-start // self.baud) + self._delay_ns

    def take(self, now_ns: int) -> bytes:
        """The bytes that have arrived by now, each once, in order."""
        arrived = bytearray()
        while self._on_the_way and self._on_the_way[0][0] <= now_ns:
            arrived.append(self._on_the_way.popleft()[1])
        return bytes(arrived)

    def next_due_ns(self) -> int | None:
        """When the next byte arrives; None when nothing is on the way."""
        return self._on_the_way[0][0] if self._on_the_way else None

    def clear(self) -> None:
        """Lose what is on the way, as a cut cable does."""
        self._on_the_way.clear()
        self._free_at_bits = 0

    def drop(self, count: int) -> None:
        """Swallow the next `count` bytes; their time on the wire passes all the same."""
        self._drop = count

    def flip(self, probability: float) -> None:
        """From now on turn one bit of a byte over with this probability; 0 ends it."""
        self._flip_probability = probability

    def delay(self, delay_ms: float) -> None:
        """From now on every byte arrives this much later, as through a slow converter; 0 ends it."""
        self._delay_ns = round(delay_ms * 1_000_000)

    def _spoiled(self, byte: int) -> int:
        if self._flip_probability and self._random.random() < self._flip_probability:
            return byte ^ (1 << self._random.randrange(8))
        return byte
