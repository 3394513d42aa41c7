"""Watches for motion before one camera: in its substream, where it has one that shows the present, else in its picture.

A camera's substream is a second, smaller picture of the same view. To watch video everything of it must be decoded,
which costs a few times less there; the main picture rests meanwhile. No reading of plates may be put here.
"""

from drivers.camera.aim import region_box
from drivers.camera.health import NS_PER_MS, PictureHealth, look_at
from drivers.camera.motion import APART_NS, Motion
from drivers.camera.settings import CameraSettings
from drivers.camera.stream import Frame, FrameStream
from drivers.readings import Condition

GAPS_TO_STALE = 4
"""At least so many pictures are looked at before a camera counts as stale or frozen."""


class Lookout:
    """What one camera is watched with. `substream`: None where it has none."""

    def __init__(self, settings: CameraSettings, substream: FrameStream | None, *, now_ns: int) -> None:
        self._settings = settings
        self._substream = substream
        self._health = PictureHealth(settings.stale_ms, live=substream is not None and substream.live, now_ns=now_ns)
        self._motion = Motion()
        self._number: int | None = None
        self.is_on_main = True
        """Whether motion is watched for in the main picture now."""
        self.trouble: str | None = None if substream is None else ""
        """Why the substream is of no use ("": it is); None where there is none."""

    @property
    def gap_ns(self) -> int:
        """What lies between two pictures that are looked at, at most."""
        if self._motion.stirs:
            return 0
        return min(APART_NS, self._settings.stale_ms * NS_PER_MS // GAPS_TO_STALE)

    @property
    def needs_main_soon(self) -> bool:
        """Whether the very next main picture tells whether something moves."""
        return self.is_on_main and self._motion.stirs

    def moves(self, now_ns: int) -> bool:
        """Whether something moves now, or did a moment ago."""
        return self._motion.moves(now_ns)

    def busy_ns(self, now_ns: int) -> int:
        """For how long the substream's thread has sat in one call."""
        return 0 if self._substream is None else self._substream.busy_ns(now_ns)

    def saw_main(self, frame: Frame) -> None:
        """A main picture came."""
        if self.is_on_main:
            self._saw(frame)

    def look(self, now_ns: int, *, heed: bool) -> None:
        """Take up what the substream shows, once round. `heed`: whether motion is of any use now."""
        if self._substream is None:
            return
        self._substream.gap_ns = self.gap_ns
        frame = self._substream.newest
        is_new = frame is not None and frame.number != self._number
        if frame is not None and is_new:
            self._number = frame.number
            self._health.saw(look_at(frame.glance), frame.at_ns, repeated=frame.repeated)
        condition, detail = self._health.condition(now_ns, self._substream.loss)
        is_on_main = condition is not Condition.ONLINE
        if is_on_main is not self.is_on_main:
            self._motion.forget()  # the two are not alike enough to be compared
        self.is_on_main, self.trouble = is_on_main, detail
        if frame is not None and is_new and heed and not is_on_main:
            self._saw(frame)

    def _saw(self, frame: Frame) -> None:
        left, top, right, low = region_box(self._settings.region, frame.glance)
        self._motion.saw(frame.glance[top:low, left:right], frame.at_ns)
