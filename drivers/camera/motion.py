"""Whether something moves before a camera: the difference of small grey pictures, with hysteresis.

Pure: time is passed in. No frame source and no judgement of what moves may be put here. A picture costs a
fraction of a millisecond.
"""

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.camera.recogniser import Picture

GRID = (48, 27)
"""Columns and rows of the small picture: sensor noise and rain vanish in the mean of a cell."""
SAMPLES, LONGEST_STEP_PX = 6, 8
"""So many pixels of a cell's width go into its mean at least, and no fewer than every eighth: noise has to vanish."""
APART_NS = 350_000_000
"""Pictures are compared with one so much older, so that what creeps is seen too."""
LONGEST_GAP_NS = 10_000_000_000
"""What was seen longer ago tells nothing of movement. A slow camera may show a vehicle only once it stands."""
STIRRED = 9.0
"""Levels of grey by which a cell has changed, beside the change of the whole picture (a cloud, the exposure)."""
BEGIN_SHARE, GO_ON_SHARE = 0.025, 0.01
"""Parts of the cells that must have changed for motion to begin, and to go on."""
BEGIN_PICTURES = 2
REST_NS = 5_000_000_000
"""Without motion for so long, it is over: a vehicle stops and starts."""

Small = NDArray[np.float32]


class Motion:
    """The movement before one camera."""

    def __init__(self) -> None:
        self._past: deque[tuple[int, Small]] = deque()
        self._in_a_row = 0
        self._moved_ns: int | None = None

    def saw(self, picture: Picture, at_ns: int) -> None:
        """Take one picture, of the region alone."""
        small = small_of(picture)
        if self._past and at_ns - self._past[-1][0] > LONGEST_GAP_NS:
            self._past.clear()
        is_slow = bool(self._past) and at_ns - self._past[-1][0] >= APART_NS
        # Of pictures that come seldom the second, too, is compared with what was before the first that differed.
        while len(self._past) > 1 and at_ns - self._past[1][0] >= APART_NS and not (is_slow and self.stirs):
            self._past.popleft()
        if self._past:
            self._judge(stirred(self._past[0][1], small), at_ns)
        self._past.append((at_ns, small))

    def forget(self) -> None:
        """Nothing that comes next is compared with what was seen. What moves goes on moving."""
        self._past.clear()
        self._in_a_row = 0

    def wake(self, now_ns: int) -> None:
        """Something has moved, as is known from elsewhere."""
        self._moved_ns, self._in_a_row = now_ns, 0

    @property
    def stirs(self) -> bool:
        """Whether the picture taken last may be the first of a movement: the next one, taken soon, tells."""
        return self._in_a_row > 0

    def moves(self, now_ns: int) -> bool:
        """Whether something moves now, or did a moment ago."""
        return self._moved_ns is not None and now_ns - self._moved_ns < REST_NS

    def _judge(self, share: float, at_ns: int) -> None:
        if self.moves(at_ns):
            self._in_a_row = 0
            if share >= GO_ON_SHARE:
                self._moved_ns = at_ns
            return
        self._in_a_row = self._in_a_row + 1 if share >= BEGIN_SHARE else 0
        if self._in_a_row >= BEGIN_PICTURES:
            self._moved_ns, self._in_a_row = at_ns, 0


def small_of(picture: Picture) -> Small:
    """The grey picture of `GRID` that movement is told by."""
    step = max(1, min(LONGEST_STEP_PX, picture.shape[1] // (SAMPLES * GRID[0])))
    grey = cv2.cvtColor(np.ascontiguousarray(picture[::step, ::step]), cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(grey, GRID, interpolation=cv2.INTER_AREA), np.float32)


def stirred(before: Small, now: Small) -> float:
    """What part of the cells has changed, beside the change of the whole."""
    change = (now - before).ravel()
    middle = len(change) // 2
    whole = np.partition(change, middle)[middle]
    return np.count_nonzero(np.abs(change - whole) > STIRRED) / len(change)
