"""The detector's map is turned into plates by what stands in it, and what it finds lies where the plates are."""

import cv2
import numpy as np
import pytest

from drivers.camera import plate_detector
from drivers.camera.models import open_own
from drivers.camera.plate_detector import STRIDE, FoundPlate, PlateDetector, overlap, plates_of, worth_a_closer_look
from drivers.camera.quad import Floats, slope
from drivers.camera.recogniser import Picture
from simulator.scene.plate_drawing import PlateText
from simulator.scene.scene import SceneRenderer
from simulator.scene.state import Light, SceneState, SeenVehicle
from simulator.scene.viewpoint import Viewpoint


def empty(rows: int = 12, columns: int = 20) -> Floats:
    output = np.zeros((10, rows, columns), np.float32)
    output[:2] = -8.0
    return output


def put(output: Floats, at: tuple[int, int], logit: float, corners: Floats, two_rows: bool = False) -> None:
    """A plate whose middle lies in the cell (row, column) with those corners in pixels."""
    y, x = at
    output[1 if two_rows else 0, y, x] = logit
    middle = (np.array((x, y), np.float32) + 0.5) * STRIDE
    output[2:, y, x] = ((corners - middle) / STRIDE).reshape(-1)


def quad(x: float, y: float, wide: float = 60.0, tall: float = 20.0) -> Floats:
    box = ((x, y), (x + wide, y), (x + wide, y + tall), (x, y + tall))
    return np.array(box, np.float32)


def test_a_peak_of_the_map_is_a_plate_with_its_four_corners_and_rows() -> None:
    output = empty()
    put(output, (5, 8), 3.0, quad(40, 35), two_rows=True)
    (plate,) = plates_of(output, 0.1)
    assert plate.rows == 2
    assert plate.share == pytest.approx(1 / (1 + np.exp(-3.0)), abs=1e-4)
    assert np.abs(plate.corners - quad(40, 35)).max() < 1e-3
    assert (plate.width, plate.height) == (60, 20)


def test_of_two_peaks_on_one_plate_the_surer_stands_and_plates_apart_both_stand() -> None:
    output = empty()
    put(output, (5, 8), 3.0, quad(40, 35))
    put(output, (5, 10), 2.0, quad(44, 36))
    put(output, (2, 2), 1.0, quad(0, 5, 40, 14))
    assert [round(plate.share, 2) for plate in plates_of(output, 0.1)] == [0.95, 0.73]


def test_what_stands_upside_down_or_has_no_area_or_is_unlikely_is_no_plate() -> None:
    output = empty()
    put(output, (5, 4), 3.0, quad(20, 35)[::-1].copy())
    put(output, (5, 12), 3.0, np.full((4, 2), 90.0, np.float32))
    put(output, (9, 4), -3.0, quad(20, 60))
    assert plates_of(output, 0.1) == []


@pytest.mark.parametrize(
    ("shares", "looks"),
    [
        ((), 0),
        ((0.9, 0.45, 0.31), 1),
        ((0.9, 0.6, 0.55), 3),
        ((0.69, 0.45, 0.31), 3),
        ((0.6, 0.5, 0.4, 0.35), 3),
        ((0.29, 0.2), 0),
    ],
)
def test_beside_a_sure_find_only_another_likely_one_is_looked_at_more_closely(
    shares: tuple[float, ...], looks: int
) -> None:
    assert worth_a_closer_look(shares) == looks


def test_overlap_is_a_share_of_the_smaller_plate() -> None:
    assert overlap(quad(0, 0), quad(0, 0)) == pytest.approx(1.0)
    assert overlap(quad(0, 0), quad(30, 0)) == pytest.approx(0.5)
    assert overlap(quad(0, 0), quad(100, 0)) == 0.0


@pytest.fixture(scope="module")
def detector() -> PlateDetector:
    return PlateDetector()


@pytest.mark.parametrize("light", list(Light))
@pytest.mark.parametrize(("yaw_deg", "rows"), [(0.0, 1), (25.0, 1), (-25.0, 1), (0.0, 2)])
def test_the_corners_lie_on_those_that_were_drawn(
    detector: PlateDetector, light: Light, yaw_deg: float, rows: int
) -> None:
    plate = PlateText(text="粤B12345", kind="large" if rows == 2 else "small", rows=rows)
    state = SceneState(vehicles=(SeenVehicle(plate=plate, yaw_deg=yaw_deg),), light=light, arm=1.0)
    renderer = SceneRenderer(seed=4)
    ((_text, corners),) = renderer.plates(state)
    found = max(detector.find(renderer.render(state), 800), key=lambda plate: plate.share)
    assert found.rows == rows
    assert np.abs(found.corners - corners).max() < 0.25 * found.height / rows


@pytest.mark.parametrize("roll_deg", [-28.0, -20.0, 20.0, 28.0])
@pytest.mark.parametrize("yaw_deg", [-25.0, 0.0, 25.0])
def test_the_corners_of_a_plate_that_slopes_lie_on_those_that_were_drawn(
    detector: PlateDetector, roll_deg: float, yaw_deg: float
) -> None:
    state = SceneState(vehicles=(SeenVehicle(plate=PlateText(text="粤B12345"), yaw_deg=yaw_deg),), arm=1.0)
    renderer = SceneRenderer(Viewpoint(roll_deg=roll_deg), seed=4)
    ((_text, corners),) = renderer.plates(state)
    found = max(detector.find(renderer.render(state), 800), key=lambda plate: plate.share)
    assert np.abs(found.corners - corners).max() < 0.2 * found.height


@pytest.mark.parametrize("turned_deg", [-45.0, -25.0, 25.0, 45.0])
def test_what_is_found_with_the_head_aslant_lies_where_it_lies_in_the_picture(
    detector: PlateDetector, turned_deg: float
) -> None:
    state = SceneState(vehicles=(SeenVehicle(plate=PlateText(text="粤B12345")),), arm=1.0)
    renderer = SceneRenderer(Viewpoint(roll_deg=turned_deg), seed=4)
    ((_text, corners),) = renderer.plates(state)
    found = max(detector.find(renderer.render(state), 640, -turned_deg), key=lambda plate: plate.share)
    assert np.abs(found.corners - corners).max() < 0.25 * found.height


@pytest.mark.parametrize("turned_deg", [-15.0, 15.0])
def test_with_the_head_aslant_what_stands_level_is_not_given_again(detector: PlateDetector, turned_deg: float) -> None:
    state = SceneState(vehicles=(SeenVehicle(plate=PlateText(text="粤B12345")),), arm=1.0)
    picture = SceneRenderer(seed=4).render(state)
    assert max(plate.share for plate in detector.find(picture, 640)) > 0.5
    assert all(abs(slope(plate.corners)) > 10 for plate in detector.find(picture, 640, turned_deg))


@pytest.mark.parametrize("light", list(Light))
def test_in_eight_bits_the_network_sees_what_it_sees_in_full(light: Light) -> None:
    state = SceneState(vehicles=(SeenVehicle(plate=PlateText(text="粤B12345")),), light=light, arm=1.0)
    picture = cv2.resize(SceneRenderer(seed=4).render(state), (640, 384), interpolation=cv2.INTER_AREA)
    floats = picture.transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1
    (in_full,) = open_own("detector.onnx", 1).run(None, {"x": floats})
    (in_bits,) = open_own("detector_int8.onnx", 1).run(None, {"x": picture[None]})
    (full, *_), (bits, *_) = plates_of(in_full[0], 0.3), plates_of(in_bits[0], 0.3)
    assert bits.share == pytest.approx(full.share, abs=0.05)
    assert np.abs(bits.corners - full.corners).max() < 0.1 * full.height


@pytest.mark.parametrize("turned_deg", [0.0, -30.0])
@pytest.mark.parametrize("size", [(1, 1), (1, 400), (400, 1), (31, 33), (1200, 40), (20_000, 1)])
def test_a_picture_of_any_shape_is_looked_at_without_an_error(
    detector: PlateDetector, size: tuple[int, int], turned_deg: float
) -> None:
    picture: Picture = np.random.default_rng(1).integers(0, 255, (*size, 3), dtype=np.uint8)
    assert isinstance(detector.find(picture, 800, turned_deg), list)


@pytest.mark.parametrize("turned_deg", [0.0, 30.0])
@pytest.mark.parametrize("middle", [(-90.0, 50.0), (50.0, -90.0), (330.0, 50.0), (50.0, 260.0)])
def test_what_the_network_finds_beside_the_picture_is_nothing(
    detector: PlateDetector, monkeypatch: pytest.MonkeyPatch, middle: tuple[float, float], turned_deg: float
) -> None:
    sloping = quad(middle[0] - 30, middle[1] - 10) + np.array(((0, 0), (0, 30), (0, 30), (0, 0)), np.float32)
    monkeypatch.setattr(plate_detector._View, "in_picture", lambda *_: [FoundPlate(sloping, 1, 0.9)])
    assert detector.find(np.zeros((200, 300, 3), np.uint8), 800, turned_deg) == []
