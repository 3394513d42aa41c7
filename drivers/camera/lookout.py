"""Watches for motion before one camera: in its substream, where it has one that shows the present, else in its picture.

A camera's substream is a second, smaller picture of the same view. To watch video everything of it must be decoded,
which costs a few times less there; the main picture rests meanwhile. No vehicle may be missed for it: at the first
doubt about the substream the main picture is watched. No reading of plates may be put here.
"""

from drivers.camera.aim import region_box
from drivers.camera.health import NS_PER_MS, look_at
from drivers.camera.motion import APART_NS, Motion
from drivers.camera.settings import CameraSettings
from drivers.camera.stream import Frame, FrameStream

GAPS_TO_STALE = 4
"""At least so many pictures are looked at before a camera counts as stale or frozen."""
SLOWEST_MS, LATEST_MS, UNCHANGED_MS = 800, 1_200, 2_500
"""Small pictures lie no further apart, the newest is no older, and one differs after so long: a group may repeat one.
Motion is not seen in what comes more seldom."""
TRUSTED_NS = 5_000_000_000
"""For so long a substream shows the present before the main picture rests."""


class Lookout:
    """What one camera is watched with. `substream`: None where it has none."""

    def __init__(self, settings: CameraSettings, substream: FrameStream | None, *, now_ns: int) -> None:
        self._settings = settings
        self._substream = substream
        self._is_live = substream is not None and substream.live
        self._main, self._small = Motion(), Motion()
        self._number: int | None = None
        self._digest, self._is_black = b"", False
        self._came_ns = self._changed_ns = self._doubted_ns = self._looked_ns = now_ns
        self._gap_ms = 0
        self.is_on_main = True
        """Whether motion is watched for in the main picture now."""
        self.trouble: str | None = None if substream is None else ""
        """What speaks against the substream ("": nothing); None where there is none."""

    @property
    def gap_ns(self) -> int:
        """What lies between two pictures that are looked at, at most."""
        return 0 if self._small.stirs or self._main.stirs else self._rest_ns

    @property
    def main_gap_ns(self) -> int:
        """The same of the main pictures, while they are watched."""
        return 0 if self._main.stirs else self._rest_ns

    @property
    def _rest_ns(self) -> int:
        return min(APART_NS, self._settings.stale_ms * NS_PER_MS // GAPS_TO_STALE)

    def moves(self, now_ns: int) -> bool:
        """Whether something moves now, or did a moment ago."""
        return self._small.moves(now_ns) or self._main.moves(now_ns)

    def saw_main(self, frame: Frame) -> None:
        """A main picture came, while motion is of use."""
        if self.is_on_main:
            self._saw(self._main, frame)

    def look(self, now_ns: int, *, heed: bool) -> None:
        """Take up what the substream shows, once round. `heed`: whether motion is of any use now."""
        if self._substream is None:
            return
        if not heed:
            self._small.forget()
        self._substream.gap_ns = 0 if self._small.stirs else self._rest_ns
        frame = self._substream.newest
        if frame is not None and frame.number != self._number:
            self._take_up(frame, now_ns - self._looked_ns)
            if heed:
                self._saw(self._small, frame)
        self._looked_ns = now_ns
        self.trouble = self._doubt(now_ns, self._substream.loss)
        if self.trouble:
            self._doubted_ns = now_ns
            if not self.is_on_main and heed:
                self._main.wake(now_ns)  # what came in the moment before nobody has seen
            self.is_on_main = True
        elif now_ns - self._doubted_ns >= TRUSTED_NS:
            self.is_on_main = False

    def _take_up(self, frame: Frame, away_ns: int) -> None:
        """`away_ns`: for so long nobody has looked; what came and went meanwhile is not held against the camera."""
        self._gap_ms = 0 if self._number is None else (frame.at_ns - self._came_ns - away_ns) // NS_PER_MS
        self._number, self._came_ns = frame.number, frame.at_ns
        look = look_at(frame.glance)
        self._is_black = look.black
        if look.digest != self._digest and not frame.repeated:
            self._digest, self._changed_ns = look.digest, frame.at_ns

    def _doubt(self, now_ns: int, loss: str) -> str:
        """Why the substream may not show the present; "" where nothing speaks against it."""
        waited_ms, still_ms = ((now_ns - since) // NS_PER_MS for since in (self._came_ns, self._changed_ns))
        if loss:
            return loss
        if self._is_live and (waited_ms > LATEST_MS or self._gap_ms > SLOWEST_MS):
            slow_ms = max(waited_ms, self._gap_ms)
            return f"no picture for {slow_ms} ms, expected one each {SLOWEST_MS} ms at least"
        if self._is_live and still_ms > UNCHANGED_MS:
            return f"the same picture for {still_ms} ms"
        return "the picture is black" if self._is_black else ""

    def _saw(self, motion: Motion, frame: Frame) -> None:
        left, top, right, low = region_box(self._settings.region, frame.glance)
        motion.saw(frame.glance[top:low, left:right], frame.at_ns)
