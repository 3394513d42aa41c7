"""Deadlines of the lanes, on the monotonic clock; the lane loop asks what is due. Decides nothing."""

import heapq
from dataclasses import dataclass, field


@dataclass(order=True, slots=True)
class _Entry:
    due_ns: int
    order: int
    lane: str = field(compare=False)
    name: str = field(compare=False)
    token: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Due:
    """A timer that has run out."""

    lane: str
    name: str
    token: str
    due_ns: int


class Timers:
    """Named timers per lane; starting one again replaces it."""

    def __init__(self) -> None:
        self._heap: list[_Entry] = []
        self._live: dict[tuple[str, str], int] = {}
        self._count = 0

    def start(self, lane: str, name: str, token: str, due_ns: int) -> None:
        """Set the timer `name` of a lane to run out at `due_ns`."""
        self._count += 1
        self._live[lane, name] = self._count
        heapq.heappush(self._heap, _Entry(due_ns, self._count, lane, name, token))

    def stop(self, lane: str, name: str) -> None:
        """Forget a timer; one that is not running is no error."""
        self._live.pop((lane, name), None)

    def seconds_to_next(self, now_ns: int) -> float | None:
        """Seconds until the next one is due, 0 when one is; None when none runs."""
        self._drop_stale()
        if not self._heap:
            return None
        return max(0.0, (self._heap[0].due_ns - now_ns) / 1e9)

    def due(self, now_ns: int) -> list[Due]:
        """Those that have run out, oldest first; each is told once."""
        found = []
        self._drop_stale()
        while self._heap and self._heap[0].due_ns <= now_ns:
            entry = heapq.heappop(self._heap)
            del self._live[entry.lane, entry.name]
            found.append(Due(entry.lane, entry.name, entry.token, entry.due_ns))
            self._drop_stale()
        return found

    def _drop_stale(self) -> None:
        while self._heap and self._live.get((self._heap[0].lane, self._heap[0].name)) != self._heap[0].order:
            heapq.heappop(self._heap)
