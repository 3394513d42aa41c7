"""Where motion is watched for: in the substream while it shows the present, in the main picture at the first doubt."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from drivers.camera.lookout import Lookout
from drivers.camera.settings import CameraSettings
from drivers.camera.sources import source_of
from drivers.camera.stream import Frame, FrameStream
from tests.camera.support import FORMS

MS = 1_000_000
STEP_MS = 50
EMPTY = None
ROLLS_MS = 2_500
"""So long a vehicle rolls through the picture before it stands."""


class Watched:
    """A lookout, its two streams of pictures and the time, all of the test's own."""

    def __init__(
        self,
        *,
        has_substream: bool = True,
        stale_ms: int = 5_000,
        region: tuple[int, int, int, int] = (0, 0, 1000, 1000),
    ) -> None:
        self.now_ms = 1_000_000
        source = source_of("rtsp://nowhere/2", open_timeout_ms=500, read_timeout_ms=500)
        self.substream = FrameStream(source, "cam")
        self.substream.loss = ""
        settings = CameraSettings(
            id="cam", source="", pictures=Path(), stale_ms=stale_ms, wake="motion", forms=FORMS, region=region
        )
        self.lookout = Lookout(settings, self.substream if has_substream else None, now_ns=self.now_ms * MS)
        self.rng = np.random.default_rng(2)
        self.number = 0
        self.came: int | None = None
        self.is_in_main = self.is_in_small = self.heed = True
        self.small_due: Callable[[int], bool] = lambda now_ms: now_ms % 100 == 0
        self.is_frozen = self.is_repeated = self.is_black = False
        self.watched_ms = 0

    def frame(self, width: int, *, has_car: bool) -> Frame:
        self.number += 1
        picture = self.rng.integers(90, 96, (width * 9 // 16, width, 3), np.uint8)
        if has_car and self.came is not None:
            rolled = min(ROLLS_MS, self.now_ms - self.came) / ROLLS_MS
            left = round(width * 0.6 * rolled)
            picture[width // 4 : width // 2, left : left + width // 3] = 200
        return Frame(picture, self.now_ms * MS, self.number)

    def go_on(self, for_ms: int) -> int | None:
        """The time goes on; after how many ms motion was seen, or None."""
        began = self.now_ms
        while self.now_ms - began < for_ms:
            self.now_ms += STEP_MS
            if self.small_due(self.now_ms):
                frame = self.frame(320, has_car=self.is_in_small)
                before = self.substream._newest
                shown = before.glance if before is not None and self.is_frozen else frame.glance
                shown = np.zeros_like(shown) if self.is_black else shown
                frame = Frame(shown, self.now_ms * MS, self.number, repeated=self.is_repeated)
                self.substream._newest = frame
            self.lookout.look(self.now_ms * MS, heed=self.heed)
            if self.now_ms % (350 if self.lookout.is_on_main else 2_000) == 0 and self.heed:
                self.lookout.saw_main(self.frame(640, has_car=self.is_in_main))
            self.watched_ms += STEP_MS * self.lookout.is_on_main
            if self.lookout.moves(self.now_ms * MS):
                return self.now_ms - began
        return None

    def settle(self, for_ms: int = 8_000) -> None:
        """An empty lane, until nothing that was seen at first counts any more."""
        self.go_on(for_ms)
        while self.lookout.moves(self.now_ms * MS):
            self.go_on(STEP_MS)
        self.watched_ms = 0

    def arrive(self, within_ms: int = 10_000) -> int | None:
        """A vehicle rolls up and stands: after how many ms that was noticed."""
        self.came = self.now_ms
        return self.go_on(within_ms)


def test_motion_is_seen_in_the_substream_and_the_main_picture_rests() -> None:
    watched = Watched()
    assert watched.lookout.is_on_main, "until the substream has shown what it is worth"
    watched.settle()
    assert (watched.lookout.is_on_main, watched.lookout.trouble) == (False, "")
    watched.is_in_main = False
    seen_ms = watched.arrive()
    assert seen_ms is not None
    assert seen_ms <= 600
    assert watched.watched_ms == 0


def test_a_stir_in_the_substream_asks_for_the_next_small_picture_and_for_no_main_one() -> None:
    watched = Watched()
    watched.settle()
    watched.came = watched.now_ms - 1_000
    watched.go_on(100)
    assert watched.lookout.gap_ns == 0
    assert watched.lookout.main_gap_ns > 0


@pytest.mark.parametrize("stale_ms", [500, 5_000, 10_000])
@pytest.mark.parametrize("before_ms", [0, 500, 1_000, 2_000, 4_000])
@pytest.mark.parametrize("way", ["lost", "silent", "frozen", "frozen, coded anew", "black"])
def test_f10_a_vehicle_is_noticed_whenever_before_it_the_substream_has_failed(
    way: str, before_ms: int, stale_ms: int
) -> None:
    watched = Watched(stale_ms=stale_ms)
    watched.settle()
    if way == "lost":
        watched.substream.loss = "rtsp://nowhere/2: no answer"
    elif way == "silent":
        watched.small_due = lambda _now_ms: False
    else:
        watched.is_in_small = False
        watched.is_frozen = way == "frozen"
        watched.is_repeated = way == "frozen, coded anew"
        watched.is_black = way == "black"
    watched.go_on(before_ms)
    while watched.lookout.moves(watched.now_ms * MS):
        watched.go_on(STEP_MS)
    seen_ms = watched.arrive()
    assert seen_ms is not None
    assert seen_ms <= 4_200
    assert watched.lookout.is_on_main
    assert watched.lookout.trouble


@pytest.mark.parametrize("stale_ms", [500, 1_000, 2_000, 5_000])
@pytest.mark.parametrize("period_ms", [50, 200, 350, 500, 600, 750, 900, 1_000, 1_050, 1_500, 2_500, 5_000])
def test_f10_a_vehicle_is_noticed_however_slow_the_substream_is(period_ms: int, stale_ms: int) -> None:
    watched = Watched(stale_ms=stale_ms)
    watched.small_due = lambda now_ms: now_ms % period_ms == 0
    watched.settle()
    seen_ms = watched.arrive()
    assert seen_ms is not None
    assert seen_ms <= 1_800
    assert watched.lookout.is_on_main is (period_ms > 640)


def test_a_substream_that_comes_and_goes_is_trusted_only_after_a_while() -> None:
    watched = Watched()
    watched.small_due = lambda now_ms: now_ms % 100 == 0 and now_ms % 4_000 < 2_500
    watched.settle(20_000)
    watched.go_on(20_000)
    assert watched.watched_ms == 20_000


@pytest.mark.parametrize("way", ["lost", "silent", "frozen", "black"])
def test_a_vehicle_that_stood_there_before_is_not_read_again_for_every_failure_of_the_substream(way: str) -> None:
    watched = Watched()
    assert watched.arrive() is not None
    watched.settle(20_000)
    for _ in range(3):
        if way == "lost":
            watched.substream.loss = "rtsp://nowhere/2: no answer"
        watched.is_black, watched.is_frozen = way == "black", way == "frozen"
        if way == "silent":
            watched.small_due = lambda _now_ms: False
        assert watched.go_on(6_000) is None
        assert watched.lookout.is_on_main
        watched.substream.loss = ""
        watched.is_black = watched.is_frozen = False
        watched.small_due = lambda now_ms: now_ms % 100 == 0
        assert watched.go_on(10_000) is None
        assert not watched.lookout.is_on_main


@pytest.mark.parametrize("late_ms", [0, 300])
@pytest.mark.parametrize("repeats_ms", [1_000, 2_000, 2_400, 2_600, 3_000, 3_500, 4_000, 8_000])
def test_a_substream_whose_pictures_repeat_is_trusted_or_not_and_never_now_and_then(
    repeats_ms: int, late_ms: int
) -> None:
    watched = Watched()
    shown: dict[int, Frame] = {}
    plain = watched.frame

    def repeating(width: int, *, has_car: bool) -> Frame:
        frame = plain(width, has_car=has_car)
        if width != 320:
            return frame
        first = shown.setdefault(watched.now_ms // repeats_ms, frame)
        return Frame(first.glance, (watched.now_ms - late_ms) * MS, frame.number)

    watched.frame = repeating  # type: ignore[method-assign]
    watched.settle(15_000)
    watched.go_on(60_000)
    assert watched.watched_ms in (0, 60_000)


def test_what_stirred_in_the_main_picture_when_it_came_to_rest_is_forgotten() -> None:
    watched = Watched()
    watched.is_in_small = False
    watched.go_on(4_800)
    watched.came = watched.now_ms - 1_200
    watched.go_on(300)
    assert not watched.lookout.is_on_main
    watched.settle()
    assert watched.lookout.gap_ns > 0


def test_what_the_process_was_too_busy_to_look_at_is_not_held_against_the_substream() -> None:
    watched = Watched()
    watched.settle()
    for _ in range(5):
        watched.now_ms += 1_500
        watched.substream._newest = watched.frame(320, has_car=False)
        watched.lookout.look(watched.now_ms * MS, heed=True)
        assert not watched.lookout.is_on_main


def test_a_standing_vehicle_is_no_motion_when_the_substream_is_trusted_again() -> None:
    watched = Watched()
    watched.small_due = lambda _now_ms: False
    watched.is_in_small = False
    watched.settle()
    watched.arrive()
    watched.settle()
    watched.small_due = lambda now_ms: now_ms % 100 == 0
    assert watched.go_on(10_000) is None
    assert not watched.lookout.is_on_main


def test_only_the_region_of_the_small_picture_counts() -> None:
    watched = Watched(region=(0, 0, 1000, 300))
    watched.settle()
    assert watched.arrive() is None


def test_while_the_lane_asks_nothing_is_watched_for_and_afterwards_what_changed_meanwhile_is_no_motion() -> None:
    watched = Watched()
    watched.settle()
    watched.came = watched.now_ms - 1_000
    watched.go_on(100)
    watched.heed = False
    assert watched.go_on(8_000) is None
    assert watched.lookout.gap_ns > 0, "the substream rests as well"
    watched.heed = True
    assert watched.go_on(5_000) is None


def test_without_a_substream_the_main_picture_is_watched_and_nobody_is_told_of_trouble() -> None:
    watched = Watched(has_substream=False)
    watched.settle()
    assert (watched.lookout.is_on_main, watched.lookout.trouble) == (True, None)
    seen_ms = watched.arrive()
    assert seen_ms is not None
    assert seen_ms <= 1_100
