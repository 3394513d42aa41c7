"""Messages that wait for the thread that applies them: as many as there are, up to a number of bytes.

A snapshot comes in as many parts as it needs, one after another, faster than they are put on disk. What finds no room
is not kept, and that it was lost is told once.
"""

import threading
from collections import deque

BYTES_HELD = 64 * 2**20
"""Some 320 parts of a snapshot, of 200 kB each as the contract has them."""
LEAST_COST = 1024
"""What a small message counts for: what Python keeps around it is more than itself."""

Waited = tuple[str, bytes]


class Waiting:
    """A queue of topics and payloads with one reader; `put` never waits."""

    def __init__(self, bytes_held: int = BYTES_HELD) -> None:
        self._items: deque[Waited] = deque()
        self._changed = threading.Condition()
        self._room = bytes_held
        self._has_lost = False
        self._closed = False

    def put(self, name: str, payload: bytes) -> bool:
        """Keep a message; False when there is no room for it."""
        with self._changed:
            if _cost(payload) > self._room:
                self._has_lost = True
                return False
            self._room -= _cost(payload)
            self._items.append((name, payload))
            self._changed.notify()
            return True

    def get(self) -> Waited | None:
        """The next message, as long as it takes; None once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._closed)
            if self._closed:
                return None
            name, payload = self._items.popleft()
            self._room += _cost(payload)
            return name, payload

    def told_lost(self) -> bool:
        """Whether messages were lost and everything that was kept is taken; once for each time."""
        with self._changed:
            lost = self._has_lost and not self._items
            self._has_lost = self._has_lost and not lost
            return lost

    def close(self) -> None:
        """Let the reader end; what still waits is left."""
        with self._changed:
            self._closed = True
            self._changed.notify()


def _cost(payload: bytes) -> int:
    return max(len(payload), LEAST_COST)
