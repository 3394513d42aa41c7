"""The lane's picture follows the scene: what stands there, where, in which light."""

from dataclasses import replace

import numpy as np
import pytest

from simulator.scene.plate_drawing import PlateText
from simulator.scene.scene import SceneRenderer
from simulator.scene.state import Body, Light, SceneState, SeenVehicle
from simulator.scene.vehicle import PAINTS, plate_corners
from simulator.scene.viewpoint import Viewpoint

CAR = SeenVehicle(plate=PlateText(text="粤B12345"))


@pytest.fixture(scope="module")
def renderer() -> SceneRenderer:
    return SceneRenderer(seed=5)


def test_the_same_state_seed_and_tick_give_the_same_picture(renderer: SceneRenderer) -> None:
    state = SceneState(vehicles=(CAR,), rain=0.5, glare=0.3)
    again = SceneRenderer(seed=5)
    assert np.array_equal(renderer.render(state, 3), again.render(state, 3))
    assert not np.array_equal(renderer.render(state, 3), renderer.render(state, 4))


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_the_picture_has_the_size_of_the_camera(size: tuple[int, int]) -> None:
    picture = SceneRenderer(Viewpoint(width=size[0], height=size[1])).render(SceneState(vehicles=(CAR,)))
    assert picture.shape == (size[1], size[0], 3)
    assert picture.dtype == np.uint8


@pytest.mark.parametrize("body", Body)
@pytest.mark.parametrize("light", Light)
def test_every_vehicle_is_drawn_in_every_light(renderer: SceneRenderer, body: Body, light: Light) -> None:
    empty = renderer.render(SceneState(light=light))
    seen = renderer.render(
        SceneState(light=light, vehicles=(replace(CAR, body=body, color=sorted(PAINTS)[len(body)]),))
    )
    assert np.abs(seen.astype(int) - empty).max(axis=2).mean() > 2


def test_the_plate_grows_as_the_vehicle_comes_and_leaves_the_picture_behind_the_camera() -> None:
    view = Viewpoint()
    widths = []
    for distance in (8.0, 4.0, 2.0, 0.0, -2.0):
        corners = plate_corners(view, replace(CAR, distance_m=distance))
        assert corners is not None
        widths.append(float(np.ptp(corners[:, 0])))
    assert widths == sorted(widths)
    assert 100 < widths[3] < 220, "at the stopping place a plate is as wide as gate cameras are aimed for"
    assert plate_corners(view, replace(CAR, distance_m=-8.0)) is None


def test_the_plate_stands_where_the_truth_says(renderer: SceneRenderer) -> None:
    state = SceneState(vehicles=(CAR,), arm=1.0)
    ((text, corners),) = renderer.plates(state)
    assert text == "粤B12345"
    x, y = corners.mean(axis=0).astype(int)
    patch = renderer.render(state)[y - 8 : y + 8, x - 20 : x + 20].reshape(-1, 3).astype(int)
    blue = (patch[:, 0] > patch[:, 2] + 60).mean()
    assert blue > 0.3


def test_night_is_darker_than_dusk_and_dusk_than_day(renderer: SceneRenderer) -> None:
    means = [renderer.render(SceneState(light=light)).mean() for light in (Light.NIGHT, Light.DUSK, Light.DAY)]
    assert means == sorted(means)


def test_an_infrared_camera_shows_no_colour(renderer: SceneRenderer) -> None:
    picture = renderer.render(replace(SceneState(vehicles=(CAR,), light=Light.NIGHT), infrared=True))
    tinted = np.abs(picture[..., 0].astype(int) - picture[..., 2])
    assert np.median(tinted) < 12


def test_a_vehicle_that_passes_the_camera_never_breaks_the_drawing(renderer: SceneRenderer) -> None:
    for step in range(60):
        vehicle = replace(CAR, distance_m=6.0 - step * 0.4, body=list(Body)[step % 5], yaw_deg=step % 21 - 10)
        picture = renderer.render(SceneState(vehicles=(vehicle,), arm=step / 60), step)
        assert picture.shape == (720, 1280, 3)
