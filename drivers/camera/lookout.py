"""Watches for motion before one camera: in its substream, where it has one that shows the present, else in its picture.

A camera's substream is a second, smaller picture of the same view. To watch video everything of it must be decoded,
which costs a few times less there; the main picture rests meanwhile. No vehicle may be missed for it: at the first
doubt about the substream the main picture is watched, and compared with what it showed before. No reading of plates may
be put here.
"""

from collections import deque

from drivers.camera.aim import region_box
from drivers.camera.health import NS_PER_MS, look_at
from drivers.camera.motion import APART_NS, BEGIN_SHARE, Motion, Small, small_of, stirred
from drivers.camera.recogniser import Picture
from drivers.camera.settings import CameraSettings
from drivers.camera.stream import Frame, FrameStream

GAPS_TO_STALE = 4
"""At least so many pictures are looked at before a camera counts as stale or frozen."""
SLOWEST_MS, LATEST_MS, UNCHANGED_MS = 800, 1_200, 3_500
"""Small pictures lie no further apart, the newest came no longer ago, and one differs after so long: a group of them
may repeat one. Motion is not seen in what comes more seldom."""
STRICTER = 0.8
"""So much of these before the main picture may rest, so that it does not come and go."""
TRUSTED_NS = 5_000_000_000
"""For so long nothing speaks against a substream before the main picture rests."""
REMEMBERED_NS = 8_000_000_000
"""Main pictures of before anything could go wrong unseen."""
USUAL_ROUND_NS = 200_000_000
"""The process looks so often at least, but where a picture is read meanwhile or the machine is crowded."""


class Lookout:
    """What one camera is watched with. `substream`: None where it has none."""

    def __init__(self, settings: CameraSettings, substream: FrameStream | None, *, now_ns: int) -> None:
        self._settings = settings
        self._substream = substream
        self._main, self._small = Motion(), Motion()
        self._number: int | None = None
        self._at_ns, self._gap_ms = 0, 0
        self._digest, self._is_black = b"", False
        self._taken_ns = self._changed_ns = self._doubted_ns = self._looked_ns = now_ns
        self._remembered: deque[tuple[int, Small]] = deque()
        self._is_unsure = False
        self.is_on_main = True
        """Whether motion is watched for in the main picture now."""
        self.trouble: str | None = None if substream is None else ""
        """What speaks against the substream ("": nothing); None where there is none."""

    @property
    def gap_ns(self) -> int:
        """What lies between two pictures that are looked at, at most."""
        return 0 if self._small.stirs else self.main_gap_ns

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
        picture = self._region(frame.glance)
        if self.is_on_main:
            self._main.saw(picture, frame.at_ns)
        if self._substream is not None:
            self._compare(small_of(picture), frame.at_ns)

    def look(self, now_ns: int, *, heed: bool) -> None:
        """Take up what the substream shows, once round. `heed`: whether motion is of any use now."""
        if not heed:
            self._rest()
            self._small.forget()
        if self._substream is None:
            return
        self._substream.gap_ns = 0 if self._small.stirs else self._rest_ns
        away_ns = max(0, now_ns - self._looked_ns - USUAL_ROUND_NS)
        self._looked_ns = now_ns
        self._taken_ns, self._changed_ns = self._taken_ns + away_ns, self._changed_ns + away_ns
        frame = self._substream.newest
        if frame is not None and frame.number != self._number:
            self._take_up(frame, now_ns, away_ns)
            if self._is_black:
                self._small.forget()  # that it went dark is no motion
            elif heed:
                self._small.saw(self._region(frame.glance), frame.at_ns)
        self._decide(now_ns, self._doubt(now_ns, self._substream), heed=heed)

    def _decide(self, now_ns: int, trouble: str, *, heed: bool) -> None:
        self.trouble = trouble
        if trouble:
            self._doubted_ns = now_ns
            self._is_unsure = self._is_unsure or (heed and not self.is_on_main)
            self.is_on_main = True
        elif self.is_on_main and now_ns - self._doubted_ns >= TRUSTED_NS:
            self.is_on_main = False
            self._rest()

    def _rest(self) -> None:
        """What the main picture shows next is compared with nothing."""
        self._main.forget()
        self._remembered.clear()
        self._is_unsure = False

    def _compare(self, small: Small, at_ns: int) -> None:
        """Where the substream has just failed, what came meanwhile nobody has seen: it shows beside what was before."""
        if self._is_unsure and self._remembered:
            self._is_unsure = False
            if stirred(self._remembered[0][1], small) >= BEGIN_SHARE:
                self._main.wake(at_ns)
        self._remembered.append((at_ns, small))
        while len(self._remembered) > 1 and at_ns - self._remembered[1][0] >= REMEMBERED_NS:
            self._remembered.popleft()

    def _take_up(self, frame: Frame, now_ns: int, away_ns: int) -> None:
        """`away_ns`: for so long nobody has looked; what came and went meanwhile is not held against the camera."""
        self._gap_ms = 0 if self._number is None else (frame.at_ns - self._at_ns - away_ns) // NS_PER_MS
        self._number, self._at_ns, self._taken_ns = frame.number, frame.at_ns, now_ns
        look = look_at(frame.glance)
        self._is_black = look.black
        if look.digest != self._digest and not frame.repeated:
            self._digest, self._changed_ns = look.digest, now_ns

    def _doubt(self, now_ns: int, substream: FrameStream) -> str:
        """Why the substream may not show the present; "" where nothing speaks against it."""
        if substream.loss or self._is_black or not substream.live:
            return substream.loss or ("the picture is black" if self._is_black else "")
        part = STRICTER if self.is_on_main else 1.0
        waited_ms, still_ms = ((now_ns - since) // NS_PER_MS for since in (self._taken_ns, self._changed_ns))
        if waited_ms > part * LATEST_MS or self._gap_ms > part * SLOWEST_MS:
            expected_ms = round(part * SLOWEST_MS)
            return f"no picture for {max(waited_ms, self._gap_ms)} ms, expected one each {expected_ms} ms at least"
        return f"the same picture for {still_ms} ms" if still_ms > part * UNCHANGED_MS else ""

    def _region(self, picture: Picture) -> Picture:
        left, top, right, low = region_box(self._settings.region, picture)
        return picture[top:low, left:right]
