"""UUIDv7 (RFC 9562): ids that sort by the time they were made. The clock is passed in."""

import secrets
import threading

from controller.ports import Clock


class IdMaker:
    """Makes UUIDv7 texts; those of one maker grow even when the clock stands or goes back. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last_ms = 0
        self._count = 0
        self._lock = threading.Lock()

    def __call__(self) -> str:
        """A new id: 48 bits of milliseconds, a 12-bit count within one, 62 random bits."""
        with self._lock:
            now_ms = self._clock.utc_us() // 1000
            if now_ms > self._last_ms:
                self._last_ms, self._count = now_ms, 0
            else:
                self._count += 1
                if self._count > 0xFFF:
                    self._last_ms, self._count = self._last_ms + 1, 0
            ms, count = self._last_ms, self._count
        number = (ms << 80) | (0x7 << 76) | (count << 64) | (0b10 << 62) | secrets.randbits(62)
        text = f"{number:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
