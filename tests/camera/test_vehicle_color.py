"""The colour of a vehicle from the body about its plate, on drawn scenes; where it cannot be known none is named."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.camera.vehicle_color import COLORS, vehicle_color
from simulator.scene.plate_drawing import PlateText
from simulator.scene.scene import SceneRenderer
from simulator.scene.state import Body, Light, SceneState, SeenVehicle
from simulator.scene.vehicle import PAINTS

RENDERER = SceneRenderer(seed=2)
PLATES = (
    PlateText(text="粤B12345"),
    PlateText(text="京A12345", kind="large"),
    PlateText(text="粤BD12345", kind="nev_small"),
)


def scene(
    color: str, body: Body = Body.CAR, plate: PlateText = PLATES[0], distance_m: float = 0.0, **weather: object
) -> tuple[np.ndarray, np.ndarray]:
    """The picture of one vehicle, and the corners of its plate."""
    car = SeenVehicle(plate=plate, color=color, body=body, distance_m=distance_m)
    state = SceneState(vehicles=(car,), arm=1.0, **weather)  # type: ignore[arg-type]
    return RENDERER.render(state), RENDERER.plates(state)[0][1]


def test_the_names_are_those_of_every_paint_that_is_drawn() -> None:
    assert set(COLORS) == set(PAINTS)


@pytest.mark.parametrize("color", PAINTS)
def test_by_day_each_paint_of_a_car_is_named_with_confidence_whatever_its_plate(color: str) -> None:
    for plate in PLATES:
        found, confidence = vehicle_color(*scene(color, plate=plate))
        assert found == color
        assert 300 <= confidence <= 1000


@pytest.mark.parametrize(("light", "least"), [(Light.DAY, 0.93), (Light.DUSK, 0.85)])
def test_of_all_bodies_distances_and_rain_nearly_all_paints_are_named(light: Light, least: float) -> None:
    right = [
        vehicle_color(*scene(color, body, plate, distance_m, light=light, rain=rain))[0] == color
        for color in PAINTS
        for body in Body
        for plate, distance_m, rain in ((PLATES[0], 0.0, 0.0), (PLATES[1], 1.5, 0.0), (PLATES[2], 3.0, 0.5))
    ]
    assert np.mean(right) >= least


@pytest.mark.parametrize("color", ["white", "red", "black"])
def test_by_night_and_by_infrared_light_no_colour_is_named(color: str) -> None:
    assert vehicle_color(*scene(color, light=Light.NIGHT)) == ("", 0)
    assert vehicle_color(*scene(color, infrared=True)) == ("", 0)


def test_a_picture_of_the_plate_alone_shows_no_vehicle() -> None:
    picture, corners = scene("red")
    x0, y0 = np.floor(corners.min(axis=0)).astype(int) - 4
    x1, y1 = np.ceil(corners.max(axis=0)).astype(int) + 4
    assert vehicle_color(picture[y0:y1, x0:x1], corners - (x0, y0)) == ("", 0)


def test_a_vehicle_half_out_of_the_picture_is_still_named() -> None:
    picture, corners = scene("red")
    left = int(corners[:, 0].min())
    assert vehicle_color(picture[:, left:], corners - (left, 0))[0] == "red"


@pytest.mark.parametrize("scale", [0.5, 2.5])
def test_the_size_of_the_picture_makes_no_difference(scale: float) -> None:
    picture, corners = scene("blue")
    resized = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    assert vehicle_color(resized, corners * scale)[0] == "blue"


def test_the_picture_and_the_corners_are_left_as_they_were() -> None:
    picture, corners = scene("green")
    before = picture.copy(), corners.copy()
    vehicle_color(picture, corners)
    assert np.array_equal(picture, before[0])
    assert np.array_equal(corners, before[1])


PLACES = st.floats(min_value=-1e7, max_value=1e7) | st.sampled_from([float("nan"), float("inf"), 0.0, 40.0])


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(0, 255),
    st.lists(st.tuples(PLACES, PLACES), min_size=4, max_size=4) | st.just([(5, 20), (35, 20), (35, 30), (5, 30)]),
)
def test_any_picture_with_any_corners_gives_an_answer(
    height: int, width: int, level: int, corners: list[tuple[float, float]]
) -> None:
    picture = np.full((height, width, 3), level, np.uint8)
    picture[::3, ::2] = (10, 200, 90)
    name, confidence = vehicle_color(picture, np.array(corners))
    assert name in {"", *COLORS}
    assert (confidence > 0) == bool(name)
