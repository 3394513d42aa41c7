"""One vehicle's turn before the camera: which frames to read, when to say what was read. Pure: time is passed in.

No recogniser and no frame source may be put here. A turn begins when recognition is woken (arming loop occupied) and
ends when it is rested.
"""

from drivers.camera.recogniser import Plate
from drivers.camera.vote import Voted, vote

SURE_MARGIN = 800
"""A single frame in which every slot stands so far before the next needs no second look."""
SURE_SCORE = -2.0
OLDEST_FRAME_MS = 1_000
"""A frame older than this is the past: nothing is decided from it."""
BEFORE_MS = 2_000
"""The picture must have changed at most so long before the turn began: a frozen one shows another vehicle."""
LOOK_AGAIN_MS, LOOK_LATER_MS = 250, 1_000
EAGER_MS = 10_000
NS_PER_MS = 1_000_000


class Turn:
    """The readings of the vehicle that stands at the loop, `frames` of them at most, then one second look at a time.

    `began_ns` is when recognition was woken.
    """

    def __init__(self, frames: int, began_ns: int) -> None:
        self._frames = frames
        self.began_ns = began_ns
        self._plates: list[Plate] = []
        self._looked_ns: int | None = None
        self._said: Voted | None = None

    @property
    def changed_since_ns(self) -> int:
        """The picture must have changed at or after this to count."""
        return self.began_ns - BEFORE_MS * NS_PER_MS

    def wants(self, frame_ns: int, now_ns: int) -> bool:
        """Whether a frame of that age is to be read now."""
        if now_ns - frame_ns > OLDEST_FRAME_MS * NS_PER_MS or frame_ns < self.changed_since_ns:
            return False
        if self._is_settled() or len(self._plates) >= 3 * self._frames:
            return False
        return self._looked_ns is None or now_ns - self._looked_ns >= self._gap_ms(now_ns) * NS_PER_MS

    def _gap_ms(self, now_ns: int) -> int:
        if self._said is not None or now_ns - self.began_ns > EAGER_MS * NS_PER_MS:
            return LOOK_LATER_MS
        return 0 if self._plates else LOOK_AGAIN_MS

    def read(self, plates: list[Plate], now_ns: int) -> Voted | None:
        """A frame was read; gives the reading to report now, or None when there is nothing (new) to say."""
        self._looked_ns = now_ns
        if not plates:
            return None
        self._plates.append(plates[0])
        voted = vote(self._plates)
        if voted is None or not self._is_worth_saying(voted):
            return None
        self._said = voted
        return voted

    def _is_worth_saying(self, voted: Voted) -> bool:
        if self._said is None:
            return self._is_sure(voted) or len(self._plates) >= self._frames
        return self._is_sure(voted) or (voted.text != self._said.text and voted.margin > self._said.margin)

    def _is_settled(self) -> bool:
        return self._said is not None and self._is_sure(self._said)

    @staticmethod
    def _is_sure(voted: Voted) -> bool:
        return voted.margin >= SURE_MARGIN and voted.best.score >= SURE_SCORE
