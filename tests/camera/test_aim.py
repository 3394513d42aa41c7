"""Aiming a camera: what is measured, that it ends by itself, and that the lane hears nothing of it."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.camera.aim import LOOK_NS, ON_NS, Sight, aim_view, region_box
from drivers.camera.messages import ReadPlates
from drivers.camera.recogniser import Picture, Plate
from drivers.camera.settings import CameraSettings
from drivers.camera.stream import Frame
from drivers.camera.worker import Worker
from drivers.readings import Condition, DeviceCondition, PlateSeen
from simulator.scene.plate_drawing import PlateText
from simulator.scene.scene import SceneRenderer
from simulator.scene.state import Light, SceneState, SeenVehicle
from tests.camera.support import FORMS, QUAD, lane, plate

WHOLE = (0, 0, 1000, 1000)
STEP_NS = 100_000_000


def noise(number: int) -> Picture:
    return np.random.default_rng(number).integers(0, 255, (720, 1280, 3), np.uint8)


class Stream:
    """A camera that gives ten pictures a second of the test's clock, until it is cut."""

    live = True

    def __init__(self) -> None:
        self.newest: Frame | None = None
        self.loss = ""
        self.gap_ns = self.behind_ns = 0
        self.cut = False
        self.picture: Picture | None = None

    def tick(self, now_ns: int) -> None:
        number = self.newest.number + 1 if self.newest else 1
        if not self.cut:
            picture = noise(number) if self.picture is None else self.picture
            self.newest = Frame(picture, now_ns, number)

    def busy_ns(self, now_ns: int) -> int:
        return 0


class Eyes:
    """A recogniser that sees the same plate in every picture and counts what it is given."""

    def __init__(self) -> None:
        self.read_pictures: list[Picture] = []

    def read(self, image: Picture) -> list[Plate]:
        self.read_pictures.append(image)
        return [plate("粤B12345")]


class Bench:
    """The worker's own loop with a clock that the test moves."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: object) -> None:
        self.now_ns = 10**12
        monkeypatch.setattr(time, "monotonic_ns", lambda: self.now_ns)
        self.preview = folder / "live" / "cam.jpg"
        self.mark, self.view = self.preview.with_suffix(".aim"), self.preview.with_suffix(".json")
        self.preview.parent.mkdir(exist_ok=True)
        self.stream, self.eyes, self.sent = Stream(), Eyes(), list[object]()
        self.settings = CameraSettings(id="cam", source="x", pictures=folder, preview=self.preview, **settings)  # type: ignore[arg-type]
        self.worker = Worker(self.settings, self.stream, self.sent.append)  # type: ignore[arg-type]
        self.worker._recogniser = self.eyes

    def run(self, seconds: float, *, aiming: bool) -> None:
        for _ in range(round(seconds * 1e9 / STEP_NS)):
            self.now_ns += STEP_NS
            self.stream.tick(self.now_ns)
            if aiming:
                self.mark.touch()
                os.utime(self.mark, ns=(self.now_ns, self.now_ns))
            self.worker.step()

    def said(self, kind: type[object]) -> list[object]:
        return [message for message in self.sent if isinstance(message, kind)]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


def test_while_nobody_aims_no_plate_is_read_and_no_view_is_written(bench: Bench) -> None:
    bench.run(5, aiming=False)
    assert bench.eyes.read_pictures == []
    assert not bench.view.exists()


def test_a_mark_left_from_before_the_start_asks_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "cam.aim").touch()
    (tmp_path / "live" / "cam.json").write_text("left over by a process that was killed")
    bench = Bench(tmp_path, monkeypatch)
    bench.run(3, aiming=False)
    assert bench.eyes.read_pictures == []
    assert not bench.view.exists()


def test_while_somebody_aims_two_frames_a_second_are_read_and_none_becomes_a_reading_of_the_lane(bench: Bench) -> None:
    bench.run(1, aiming=True)
    before = len(bench.eyes.read_pictures)
    bench.run(10, aiming=True)
    assert 18 <= len(bench.eyes.read_pictures) - before <= 20
    view = json.loads(bench.view.read_text())
    assert view["plates"][0]["text"] == "粤B12345"
    assert view["rate"] == 10.0
    assert bench.said(PlateSeen) == []


def test_aiming_ends_by_itself_some_seconds_after_the_page_is_closed_and_leaves_no_plate_behind(bench: Bench) -> None:
    bench.run(3, aiming=True)
    assert bench.view.exists()
    bench.run((ON_NS + LOOK_NS) / 1e9, aiming=False)
    assert not bench.view.exists()
    bench.eyes.read_pictures.clear()
    bench.run(5, aiming=False)
    assert bench.eyes.read_pictures == []


@pytest.mark.parametrize("jump_s", [-86_400, 86_400])
def test_a_clock_that_jumps_neither_starts_nor_prolongs_aiming(bench: Bench, jump_s: int) -> None:
    bench.run(2, aiming=True)
    os.utime(bench.mark, (time.time() + jump_s,) * 2)
    bench.run(2 * (ON_NS + LOOK_NS) / 1e9, aiming=False)
    assert not bench.view.exists()


def test_the_lane_s_own_reading_goes_on_while_somebody_aims_and_no_frame_is_read_for_both(bench: Bench) -> None:
    bench.run(2, aiming=True)
    bench.eyes.read_pictures.clear()
    bench.worker.obey(ReadPlates(on=True))
    bench.run(0.3, aiming=True)
    (seen,) = bench.said(PlateSeen)
    assert isinstance(seen, PlateSeen)
    assert (seen.text, seen.frames) == ("粤B12345", 1)
    assert len(bench.eyes.read_pictures) == 1


def test_a_frame_read_for_aiming_is_still_new_to_a_vehicle_that_comes_just_then(bench: Bench) -> None:
    bench.run(2, aiming=True)
    bench.stream.cut = True
    bench.worker.obey(ReadPlates(on=True))
    bench.run(0.2, aiming=True)
    assert len(bench.said(PlateSeen)) == 1


def test_a_lost_camera_s_last_picture_is_not_written_again_as_if_it_were_new(bench: Bench) -> None:
    bench.run(2, aiming=True)
    bench.stream.cut = True
    bench.run(0.6, aiming=True)
    written = bench.preview.stat().st_mtime_ns, bench.view.read_text()
    bench.run(8, aiming=True)
    assert (bench.preview.stat().st_mtime_ns, bench.view.read_text()) == written


def test_a_black_picture_is_shown_but_not_read(bench: Bench) -> None:
    bench.stream.picture = np.zeros((720, 1280, 3), np.uint8)
    bench.run(5, aiming=True)
    assert [each.condition for each in bench.said(DeviceCondition)][-1] is Condition.BLACK  # type: ignore[attr-defined]
    bench.eyes.read_pictures.clear()
    bench.run(3, aiming=True)
    view = json.loads(bench.view.read_text())
    assert (view["plates"], view["read_ms"], view["brightness"]) == ([], None, 0)
    assert bench.eyes.read_pictures == []


def test_corners_are_those_of_the_whole_picture_also_when_only_a_region_is_read() -> None:
    picture, region = noise(1), (250, 500, 1000, 1000)
    assert region_box(region, picture) == (320, 360, 1280, 720)
    view = aim_view(Sight(Frame(picture, 0, 7), [plate("粤B12345")], 12), region, now_ns=40_000_000, rate=9.96)
    (seen,) = view.plates
    assert seen.corners == tuple((x + 320, y + 360) for x, y in QUAD)
    assert (seen.width_px, seen.height_px, seen.tilt_deg) == (100, 30, 0.0)
    assert (view.frame, view.age_ms, view.read_ms, view.rate) == (7, 40, 12, 10.0)


@pytest.mark.parametrize("region", [(1000, 1000, 1000, 1000), (990, 0, 1000, 1000), (900, 900, 100, 100), (0, 0, 0, 0)])
def test_a_region_lies_within_the_picture_and_can_hold_a_plate_whatever_it_says(
    region: tuple[int, int, int, int],
) -> None:
    left, top, right, low = region_box(region, noise(1))
    assert 0 <= left < right <= 1280
    assert 0 <= top < low <= 720
    assert min(right - left, low - top) >= 32


@pytest.mark.parametrize("light", list(Light))
@pytest.mark.parametrize("scale", [1.0, 0.6])
def test_sharpness_tells_a_lens_out_of_focus_by_day_and_night_for_plates_near_and_far(
    light: Light, scale: float
) -> None:
    corners = ((566.5, 418.5), (714.0, 424.8), (711.8, 475.9), (564.4, 469.6))
    values = []
    for defocus in (0.0, 1.0, 2.0, 3.0):
        car = SeenVehicle(plate=PlateText(text="京A67890", seed=1), headlights=light is Light.NIGHT)
        picture = SceneRenderer(seed=1).render(SceneState(vehicles=(car,), light=light, defocus_px=defocus))
        quad = tuple((x * scale, y * scale) for x, y in corners)
        small = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        seen = _moved(plate("京A67890"), quad)
        values.append(aim_view(Sight(Frame(small, 0, 1), [seen], 1), WHOLE, now_ns=0, rate=0).plates[0].sharpness)
    assert values == sorted(values, reverse=True)
    assert values[1] > 17 > values[2] > values[3], values
    assert values[3] < 12


def _moved(seen: Plate, corners: tuple[tuple[float, float], ...]) -> Plate:
    return replace(seen, corners=corners)  # type: ignore[arg-type]


def test_beside_a_real_camera_the_page_s_mark_alone_brings_a_view_and_the_driver_says_nothing(tmp_path: Path) -> None:
    preview = tmp_path / "live" / "cam.jpg"
    preview.parent.mkdir()
    with lane(tmp_path, forms=FORMS, preview=preview) as (shown, _driver, heard):
        heard.wait(DeviceCondition, lambda said: said.condition is Condition.ONLINE, within_s=20)
        shown.scene = SceneState(vehicles=(SeenVehicle(plate=PlateText(text="粤B12345")),))
        end, text = time.monotonic() + 20, ""
        while text != "粤B12345" and time.monotonic() < end:
            preview.with_suffix(".aim").touch()
            time.sleep(0.3)
            if preview.with_suffix(".json").exists():
                view = json.loads(preview.with_suffix(".json").read_text())
                text = view["plates"][0]["text"] if view["plates"] else ""
        assert text == "粤B12345"
        assert 130 < view["plates"][0]["width_px"] < 160
        assert cv2.imread(str(preview)).shape == (720, 1280, 3)
        assert [said for said in heard.readings if isinstance(said, PlateSeen)] == []
