"""Something that moves wakes recognition; light, rain and noise do not. It costs next to nothing."""

import itertools
import time
from dataclasses import replace

import cv2
import numpy as np
import pytest

from drivers.camera.motion import REST_NS, Motion
from drivers.camera.recogniser import Picture
from drivers.camera.stream import REDUCED
from simulator.scene.plate_drawing import PlateText
from simulator.scene.scene import SceneRenderer
from simulator.scene.state import Light, SceneState, SeenVehicle

MS = 1_000_000
PERIOD_NS = 125 * MS
CAR = SeenVehicle(plate=PlateText(text="粤B12345"))
RENDERER = SceneRenderer(seed=5)
NOISE = itertools.cycle(np.random.default_rng(1).normal(0, 1, (3, 1080, 1920, 3)).astype(np.float32))


class Run:
    """Pictures eight times a second."""

    def __init__(self) -> None:
        self.motion = Motion()
        self.now = 10_000 * MS

    def show(self, *pictures: Picture) -> bool:
        for picture in pictures:
            self.now += PERIOD_NS
            self.motion.saw(picture, self.now)
        return self.motion.moves(self.now)


def noisy(picture: Picture, sigma: float = 4.0) -> Picture:
    """With a sensor's noise: three pictures of it take turns."""
    noise = (next(NOISE)[: picture.shape[0], : picture.shape[1]] * sigma).astype(np.int16)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def in_eighths(picture: Picture) -> Picture:
    """Sent as a JPEG and looked at at an eighth of its size."""
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", picture)[1], REDUCED[8]), np.uint8)


def scene(*vehicles: SeenVehicle, light: Light = Light.DAY, rain: float = 0.0, number: int = 0) -> Picture:
    return RENDERER.render(SceneState(vehicles=vehicles, light=light, rain=rain), number)


@pytest.mark.parametrize("light", list(Light))
def test_a_vehicle_that_rolls_up_is_motion_and_one_that_stands_is_none(light: Light) -> None:
    run = Run()
    assert not run.show(*[noisy(scene(light=light)) for _ in range(8)])
    coming = [scene(replace(CAR, distance_m=3.0 - 0.25 * number), light=light) for number in range(12)]
    assert run.show(*map(noisy, coming))
    standing = scene(CAR, light=light)
    assert run.show(*[noisy(standing) for _ in range(16)]), "it may go on at any moment"
    run.show(*[noisy(standing) for _ in range(REST_NS // PERIOD_NS + 8)])
    assert not run.motion.moves(run.now)


def test_noise_rain_and_a_change_of_light_are_no_motion() -> None:
    empty = scene()
    run = Run()
    assert not run.show(*[noisy(empty, 9.0) for _ in range(16)])
    run = Run()
    assert not run.show(*[noisy(scene(rain=0.6, number=number)) for number in range(10)])
    run = Run()
    darker = [cv2.convertScaleAbs(empty, alpha=1.0 - 0.02 * number) for number in range(16)]
    assert not run.show(*map(noisy, darker))


def test_a_single_picture_that_differs_is_no_motion() -> None:
    run = Run()
    run.show(*[noisy(scene()) for _ in range(8)])
    assert not run.show(np.full_like(scene(CAR), 128) // 2 + scene(CAR) // 2)


def test_a_picture_costs_some_milliseconds_at_most() -> None:
    motion, picture = Motion(), noisy(cv2.resize(scene(CAR), (1920, 1080)))
    motion.saw(picture, 0)
    began = time.process_time()
    for number in range(20):
        motion.saw(picture, number * PERIOD_NS)
    assert (time.process_time() - began) / 20 < 0.003


def test_after_a_first_picture_that_differs_the_next_one_tells_whether_it_was_motion() -> None:
    run = Run()
    run.show(*[noisy(scene()) for _ in range(8)])
    assert not run.motion.stirs
    run.show(noisy(scene(CAR)))
    assert run.motion.stirs
    assert run.show(noisy(scene(CAR)))
    assert not run.motion.stirs, "it is known by now"
    run = Run()
    run.show(*[noisy(scene()) for _ in range(8)])
    run.show(noisy(scene(CAR)), noisy(scene()))
    assert not run.motion.stirs, "it was nothing"


@pytest.mark.parametrize("light", list(Light))
def test_a_vehicle_is_motion_and_rain_is_none_in_the_means_of_blocks_as_a_jpeg_gives_them(light: Light) -> None:
    run = Run()
    assert not run.show(*[in_eighths(noisy(scene(light=light, rain=0.6, number=number))) for number in range(10)])
    coming = [scene(replace(CAR, distance_m=3.0 - 0.25 * number), light=light) for number in range(12)]
    assert run.show(*[in_eighths(noisy(picture)) for picture in coming])


@pytest.mark.parametrize("period_ms", [400, 700, 1_000, 1_500, 3_000, 9_000])
def test_a_vehicle_that_a_slow_camera_shows_only_when_it_stands_is_motion_and_a_single_other_picture_is_none(
    period_ms: int,
) -> None:
    run = Run()
    wait = period_ms * MS - PERIOD_NS
    for picture in (*[scene()] * 4, scene(CAR), *[scene()] * 4):
        run.now += wait
        assert not run.show(noisy(picture))
    for _ in range(2):
        run.now += wait
        moves = run.show(noisy(scene(CAR)))
    assert moves
    for _ in range(3):
        run.now += max(wait, 5_000 * MS)
        moves = run.show(noisy(scene(CAR)))
    assert not moves, "it stands"


def test_what_was_seen_before_a_pause_tells_nothing_of_movement() -> None:
    run = Run()
    run.show(*[noisy(scene()) for _ in range(4)])
    run.now += 60_000 * MS
    assert not run.show(*[noisy(scene(CAR)) for _ in range(8)])


@pytest.mark.parametrize("width", [640, 1280, 1920])
def test_the_noise_of_a_night_is_no_motion_at_any_size(width: int) -> None:
    run, random = Run(), np.random.default_rng(2)
    still = cv2.resize(scene(light=Light.NIGHT), (width, width * 9 // 16), interpolation=cv2.INTER_AREA)
    for _picture in range(24):
        noise = random.normal(0, 12, (*still.shape[:2], 1))
        assert not run.show(np.clip(still + noise, 0, 255).astype(np.uint8))
