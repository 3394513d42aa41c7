"""Where motion is watched for: in the substream while it shows the present, in the main picture when it does not."""

from pathlib import Path

import numpy as np
import pytest

from drivers.camera.lookout import Lookout
from drivers.camera.settings import CameraSettings
from drivers.camera.sources import source_of
from drivers.camera.stream import Frame, FrameStream
from tests.camera.support import FORMS

MS = 1_000_000
STALE_MS = 2_000


class Watched:
    """A lookout, its two streams of pictures and the time, all of the test's own."""

    def __init__(self, *, has_substream: bool = True, region: tuple[int, int, int, int] = (0, 0, 1000, 1000)) -> None:
        self.now = 1_000_000 * MS
        source = source_of("rtsp://nowhere/2", open_timeout_ms=500, read_timeout_ms=500)
        self.substream = FrameStream(source, "cam")
        settings = CameraSettings(
            id="cam", source="", pictures=Path(), stale_ms=STALE_MS, wake="motion", forms=FORMS, region=region
        )
        self.lookout = Lookout(settings, self.substream if has_substream else None, now_ns=self.now)
        self.rng = np.random.default_rng(2)
        self.number = 0

    def frame(self, car_x: int | None, width: int) -> Frame:
        self.number += 1
        picture = self.rng.integers(90, 96, (width * 9 // 16, width, 3), np.uint8)
        if car_x is not None:
            left = car_x * width // 640
            picture[width // 4 : width // 2, left : left + width // 3] = 200
        return Frame(picture, self.now, self.number)

    def pass_by(self, small: int | None, main: int | None, *, heed: bool = True, sub: bool = True) -> None:
        """One more moment: where a vehicle stands in either picture (None: nowhere)."""
        self.now += 350 * MS
        if sub:
            self.substream._newest, self.substream.loss = self.frame(small, 320), ""
        self.lookout.look(self.now, heed=heed)
        self.lookout.saw_main(self.frame(main, 640))

    @property
    def moves(self) -> bool:
        return self.lookout.moves(self.now)


def test_motion_is_seen_in_the_substream_and_the_main_picture_need_not_be_watched() -> None:
    watched = Watched()
    assert watched.lookout.is_on_main, "until a picture has come from the substream"
    for _ in range(4):
        watched.pass_by(None, None)
    assert (watched.lookout.is_on_main, watched.lookout.trouble) == (False, "")
    for x in (0, 100, 200):
        watched.pass_by(None, x)
    assert not watched.moves, "nobody looks at the main picture"
    watched.pass_by(0, None)
    assert watched.lookout.gap_ns == 0, "the next small picture tells"
    assert not watched.lookout.needs_main_soon
    watched.pass_by(100, None)
    assert watched.moves


@pytest.mark.parametrize("way", ["stale", "frozen", "lost"])
def test_f10_whatever_becomes_of_the_substream_motion_is_seen_in_the_main_picture_then(way: str) -> None:
    watched = Watched()
    for _ in range(4):
        watched.pass_by(None, None)
    still = watched.frame(None, 320)
    for _ in range(7):
        if way == "frozen":
            still.number += 1
            still.at_ns = watched.now
            watched.substream._newest = still
        if way == "lost":
            watched.substream.loss = "rtsp://nowhere/2: no answer"
        watched.pass_by(None, None, sub=False)
    assert watched.lookout.is_on_main
    words = {"stale": "no picture for", "frozen": "the same picture", "lost": "no answer"}
    assert words[way] in str(watched.lookout.trouble)
    for x in (0, 100, 200):
        watched.pass_by(None, x, sub=False)
    assert watched.moves
    watched.pass_by(None, None)
    assert (watched.lookout.is_on_main, watched.lookout.trouble) == (False, ""), "it is back"


def test_that_one_picture_is_not_the_other_is_no_motion() -> None:
    watched = Watched()
    for _ in range(4):
        watched.pass_by(None, 100)
    for _ in range(7):
        watched.pass_by(None, 100, sub=False)
    assert watched.lookout.is_on_main
    for _ in range(4):
        watched.pass_by(None, 100)
    assert not watched.moves


def test_only_the_region_of_the_small_picture_counts() -> None:
    watched = Watched(region=(0, 0, 1000, 400))
    for _ in range(4):
        watched.pass_by(None, None)
    for x in (0, 100, 200, 300):
        watched.pass_by(x, None)
    assert not watched.moves


def test_while_the_lane_asks_motion_is_of_no_use_and_afterwards_what_changed_meanwhile_is_none() -> None:
    watched = Watched()
    for _ in range(4):
        watched.pass_by(None, None)
    for x in (0, 100, 200):
        watched.pass_by(x, None, heed=False)
    for _ in range(3):
        watched.pass_by(200, None)
    assert not watched.moves


def test_without_a_substream_the_main_picture_is_watched_and_nobody_is_told_of_trouble() -> None:
    watched = Watched(has_substream=False)
    for _ in range(4):
        watched.pass_by(None, None)
    assert (watched.lookout.is_on_main, watched.lookout.trouble) == (True, None)
    watched.pass_by(None, 0)
    assert watched.lookout.needs_main_soon
    watched.pass_by(None, 100)
    assert watched.moves
