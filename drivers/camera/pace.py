"""Tells a picture of the present from one that has waited in a buffer, of the line or of this process.

No frame source may be put here. After a gap on the line, what was sent meanwhile comes in a burst, oldest first: it is
the past, though it arrives now; the first picture that had to be waited for again is the present. Where this process
itself stood still (stopped, or starved of the processor), how fast pictures come says nothing: then the connection has
to be made anew.
"""

import threading
import time

GAP_S, GAP_PERIODS = 1.0, 3.0
"""A pause is a gap from both of these on: a second, and three times the usual time between pictures."""
BURST_PERIODS = 0.5
"""Pictures that come within less than this part of the usual time come from a buffer."""
USUAL_S, WEIGHT = 0.1, 0.5


class Pace:
    """The times at which the pictures of one connection came."""

    def __init__(self) -> None:
        self._came_s: float | None = None
        self._usual_s = USUAL_S
        self._caught_up_s: float | None = None
        """While it catches up: when it is done at the latest. What was sent in a gap, and comes at twice the pace, has
        come after as long as the gap was; what still comes as fast then is of a camera that has become faster."""

    def is_present(self, came_s: float) -> bool:
        """Whether the picture that came then (monotonic seconds) shows the present."""
        before, self._came_s = self._came_s, came_s
        if before is None:
            return True
        pause_s = came_s - before
        if self._caught_up_s is not None:
            if pause_s < BURST_PERIODS * self._usual_s and came_s < self._caught_up_s:
                return False
            self._caught_up_s = None
        elif pause_s >= max(GAP_S, GAP_PERIODS * self._usual_s):
            self._caught_up_s = came_s + pause_s
            return False
        self._usual_s += WEIGHT * (pause_s - self._usual_s)
        return True


TICK_S, STALL_S = 0.2, 1.0


class Stalls:
    """Whether this process stood still, told by a clock that ticks in a thread of its own."""

    def __init__(self) -> None:
        self._ticked_s = time.monotonic()
        self._stalled_s = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="stalls", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def since(self, then_s: float) -> bool:
        """Whether it stood still at some time after `then_s` (monotonic seconds)."""
        return self._stalled_s >= then_s or time.monotonic() - self._ticked_s >= STALL_S

    def _tick(self) -> None:
        while not self._stopping.wait(TICK_S):
            now = time.monotonic()
            if now - self._ticked_s >= STALL_S:
                self._stalled_s = now
            self._ticked_s = now
