"""The one queue into the lane loop: facts from the station, orders, and small jobs for the log's only writer.

Bounded where it may be: under pressure the oldest plate read goes (counted); a loop fact or an order never does.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from controller.domain.facts import Fact, PlateRead, PlateUnseen

PLATE_READS_HELD = 64


@dataclass(frozen=True, slots=True)
class Incoming:
    """A fact and the monotonic nanosecond of its origin, which may not stand in the fact itself."""

    fact: Fact
    origin_ns: int


@dataclass(frozen=True, slots=True)
class Job:
    """Work that only the log's writer may do, done between two facts; `name` is for the log file."""

    name: str
    run: Callable[[], None]


class Inbox:
    """Queue of what the lane loop has to take up, in order of arrival."""

    def __init__(self, plate_reads_held: int = PLATE_READS_HELD) -> None:
        self._items: deque[Incoming | Job] = deque()
        self._changed = threading.Condition()
        self._plate_reads_held = plate_reads_held
        self._plate_reads = 0
        self.dropped_plate_reads = 0

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: Incoming | Job) -> None:
        """Add an item; returns at once."""
        with self._changed:
            if _is_plate_read(item):
                self._make_room()
                self._plate_reads += 1
            self._items.append(item)
            self._changed.notify()

    def get(self, timeout_s: float | None) -> Incoming | Job | None:
        """The next item, or None when `timeout_s` passed without one (None: wait as long as it takes)."""
        with self._changed:
            if not self._items and not self._changed.wait_for(lambda: bool(self._items), timeout_s):
                return None
            item = self._items.popleft()
            if _is_plate_read(item):
                self._plate_reads -= 1
            return item

    def _make_room(self) -> None:
        """Drop the oldest plate read when too many wait: a newer frame says the same, better."""
        if self._plate_reads < self._plate_reads_held:
            return
        for index, item in enumerate(self._items):
            if _is_plate_read(item):
                del self._items[index]
                self._plate_reads -= 1
                self.dropped_plate_reads += 1
                return


def _is_plate_read(item: Incoming | Job) -> bool:
    return isinstance(item, Incoming) and isinstance(item.fact, (PlateRead, PlateUnseen))
