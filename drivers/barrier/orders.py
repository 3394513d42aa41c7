"""The waiting orders of one line: which is next, and which a newer one makes void.

No port and no input may be read here. Stop beats open beats close, whatever came first (design: safety of the arm).
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

MOST_WAITING = 64

RANK = {"stop": 0, "up": 1, "unlock": 1, "lock": 2, "down": 3}

VOIDS = {"stop": ("up", "down"), "up": ("down",), "unlock": ("lock",)}
"""A newer order of the left makes waiting ones of the right void on the same board."""

YIELDS_TO = {"down": ("stop", "up")}
"""An order of the left is refused while one of the right waits on the same board."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingOrder:
    """An order on its way to a board."""

    board: str
    order_id: str
    order: str
    for_ms: int


@dataclass(frozen=True, slots=True)
class VoidOrder:
    """An order that will not be carried out, and why."""

    waiting: WaitingOrder
    reason: str


class OrderQueue:
    """Waiting orders, put in by any thread and taken out by the line's own."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[WaitingOrder] = []
        self._void: list[VoidOrder] = []
        self._awake = False

    def put(self, new: WaitingOrder) -> None:
        """Queue an order; what it makes void, or what it yields to, comes out of `take_void`. Never blocks for long."""
        with self._changed:
            self._void_older(new)
            if reason := self._refusal(new):
                self._void.append(VoidOrder(new, reason))
            else:
                self._waiting.append(new)
            self._changed.notify()

    def take(self) -> WaitingOrder | None:
        """The next order by rank, the oldest of a rank first."""
        with self._changed:
            if not self._waiting:
                return None
            best = min(self._waiting, key=lambda waiting: RANK[waiting.order])
            self._waiting.remove(best)
            return best

    def overtaking(self, current: WaitingOrder) -> WaitingOrder | None:
        """An order that came while this one was being prepared, and that makes it void."""
        with self._changed:
            for other in self._waiting:
                if other.board == current.board and current.order in VOIDS.get(other.order, ()):
                    return other
        return None

    def take_void(self) -> list[VoidOrder]:
        with self._changed:
            void, self._void = self._void, []
            return void

    def void_all(self, reason: str, chosen: Callable[[WaitingOrder], bool] = lambda _: True) -> None:
        """Make every chosen waiting order void, because its board is lost or the line stops."""
        with self._changed:
            self._void += [VoidOrder(waiting, reason) for waiting in self._waiting if chosen(waiting)]
            self._waiting = [waiting for waiting in self._waiting if not chosen(waiting)]

    def has_waiting(self) -> bool:
        with self._changed:
            return bool(self._waiting or self._void)

    def has_stop(self) -> bool:
        with self._changed:
            return any(waiting.order == "stop" for waiting in self._waiting)

    def wake(self) -> None:
        """End the present or the next `wait` at once."""
        with self._changed:
            self._awake = True
            self._changed.notify()

    def wait(self, timeout_s: float) -> None:
        """Until there is an order, somebody wakes us, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting or self._void or self._awake), max(timeout_s, 0.0))
            self._awake = False

    def _void_older(self, new: WaitingOrder) -> None:
        for old in list(self._waiting):
            if old.board == new.board and old.order in VOIDS.get(new.order, ()):
                self._waiting.remove(old)
                self._void.append(VoidOrder(old, f"a newer '{new.order}' ({new.order_id}) took its place"))

    def _refusal(self, new: WaitingOrder) -> str:
        for old in self._waiting:
            if old.board == new.board and old.order in YIELDS_TO.get(new.order, ()):
                return f"'{old.order}' ({old.order_id}) waits on this board and goes first"
        if len(self._waiting) >= MOST_WAITING:
            return f"{MOST_WAITING} orders already wait on this line"
        return ""
