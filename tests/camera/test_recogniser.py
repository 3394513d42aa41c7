"""The recogniser reads every kind of plate as the project draws it, in every light, and says what it cannot know."""

import cv2
import numpy as np
import pytest

from drivers.camera.grammar import Grammar
from drivers.camera.plate_recogniser import PlateRecogniser
from drivers.camera.recogniser import Plate
from simulator.scene.plate_drawing import PlateText, draw_plate
from simulator.scene.plate_styles import STYLES
from simulator.scene.scene import SceneRenderer
from simulator.scene.state import Light, SceneState, SeenVehicle
from simulator.scene.viewpoint import Viewpoint
from tests.camera.support import FORMS

KINDS = {
    ("small", 1): ("粤B12345", "blue"),
    ("large", 1): ("京A88Q21", "yellow"),
    ("large", 2): ("湘A12345", "yellow"),
    ("trailer", 1): ("鲁H1234挂", "yellow"),
    ("trailer", 2): ("川A1234挂", "yellow"),
    ("coach", 1): ("苏E1234学", "yellow"),
    ("police", 1): ("沪A0123警", "white"),
    ("nev_small", 1): ("粤BD12345", "green"),
    ("nev_large", 1): ("浙A12345D", "yellow_green"),
    ("hong_kong", 1): ("粤Z12A4港", "black"),
    ("macau", 1): ("粤Z1234澳", "black"),
    ("embassy", 1): ("014578使", "black"),
    ("consulate", 1): ("沪A0023领", "black"),
    ("emergency", 1): ("豫X1234应急", "white"),
    ("military", 1): ("VA12345", "white"),
    ("military", 2): ("VA12345", "white"),
    ("armed_police", 1): ("WJ京1234D", "white"),
    ("aviation", 1): ("民航A0012", "green"),
    ("motorcycle", 2): ("粤B12345", "yellow"),
    ("motorcycle_blue", 2): ("粤B12345", "blue"),
}
NOT_READ = {("foreign", 1)}
"""No Chinese form; read with the tables of other regions."""
NEAR_AND_FAR = ("粤B12845", (132, 42)), ("京A67890", (110, 35))
"""Two plates, and how many pixels wide and tall they stand in a picture."""
DRAWN_AS = {"motorcycle": "large", "motorcycle_blue": "small"}
"""Names of drawings that are other kinds to the daemon."""


@pytest.fixture(scope="module")
def recogniser() -> PlateRecogniser:
    return PlateRecogniser(FORMS)


@pytest.fixture(scope="module")
def renderer() -> SceneRenderer:
    return SceneRenderer(seed=4)


def car(text: str, kind: str = "small", rows: int = 1, dirt: float = 0.0) -> SeenVehicle:
    return SeenVehicle(plate=PlateText(text=text, kind=kind, rows=rows, dirt=dirt), distance_m=-0.3, color="silver")


def test_every_kind_that_is_drawn_is_either_read_or_named_as_not_read() -> None:
    assert set(KINDS) | NOT_READ == set(STYLES)


@pytest.mark.parametrize(("kind", "rows"), KINDS)
def test_a_drawn_plate_is_read_with_its_kind_colour_and_rows(
    recogniser: PlateRecogniser, renderer: SceneRenderer, kind: str, rows: int
) -> None:
    text, color = KINDS[kind, rows]
    state = SceneState(vehicles=(car(text, kind, rows),), arm=1.0)
    best, *_ = recogniser.read(renderer.render(state))
    assert (best.text, best.kind, best.color, best.rows) == (text, DRAWN_AS.get(kind, kind), color, rows)
    assert "".join(slot.char for slot in best.slots) == text
    assert 0 <= best.margin <= 1000
    ((_text, corners),) = renderer.plates(state)
    middle = np.array(best.corners).mean(axis=0)
    assert np.abs(middle - corners.mean(axis=0)).max() < 20, "the corners stand about the plate"


@pytest.mark.parametrize(
    "scene",
    [
        SceneState(light=Light.NIGHT),
        SceneState(light=Light.DUSK, rain=0.8),
        SceneState(glare=0.4),
        SceneState(defocus_px=1.0),
    ],
)
def test_a_plate_is_read_at_night_in_rain_in_glare_and_out_of_focus(
    recogniser: PlateRecogniser, renderer: SceneRenderer, scene: SceneState
) -> None:
    from dataclasses import replace

    best, *_ = recogniser.read(renderer.render(replace(scene, vehicles=(car("粤B12345"),), arm=1.0)))
    assert best.text == "粤B12345"


@pytest.fixture(scope="module")
def patient() -> PlateRecogniser:
    """As the command line has it: it looks with the head held aslant, too."""
    return PlateRecogniser(FORMS, aslant=True)


@pytest.mark.parametrize("roll_deg", [-50.0, 50.0])
def test_a_plate_that_hangs_far_aslant_is_read_where_that_is_wished_but_opens_nothing(
    recogniser: PlateRecogniser, patient: PlateRecogniser, roll_deg: float
) -> None:
    state = SceneState(vehicles=(car("粤B12345"),), arm=1.0)
    picture = SceneRenderer(Viewpoint(roll_deg=roll_deg), seed=4).render(state)
    assert recogniser.read(picture) == []
    best, *_ = patient.read(picture)
    assert best.text == "粤B12345"
    assert best.margin < 300
    assert all(slot.doubted for slot in best.slots), "no near plate opens by it either"


def test_a_grey_picture_shows_no_ground_and_leaves_the_kind_open_where_the_colour_decides(
    recogniser: PlateRecogniser, renderer: SceneRenderer
) -> None:
    def seen(vehicle: SeenVehicle) -> Plate:
        state = SceneState(light=Light.NIGHT, infrared=True, vehicles=(vehicle,), arm=1.0)
        return recogniser.read(renderer.render(state))[0]

    blue, energy = seen(car("粤B12345")), seen(car("粤BD12345", "nev_small"))
    assert (blue.text, blue.kind, blue.color) == ("粤B12345", "unknown", "other")
    assert (energy.text, energy.kind, energy.color) == ("粤BD12345", "nev_small", "other")


def test_a_lane_without_a_plate_and_other_text_give_no_plate_that_would_open(
    recogniser: PlateRecogniser, renderer: SceneRenderer
) -> None:
    state = SceneState(vehicles=(SeenVehicle(plate=None),), stamp="2026-11-21 18:23:04 LANE 1")
    assert [plate for plate in recogniser.read(renderer.render(state)) if plate.margin >= 300] == []


def test_a_character_under_mud_lowers_the_margin(recogniser: PlateRecogniser, renderer: SceneRenderer) -> None:
    picture = renderer.render(SceneState(vehicles=(car("粤B12845"),), arm=1.0))
    clean = recogniser.read(picture)[0]
    ((_text, corners),) = renderer.plates(SceneState(vehicles=(car("粤B12845"),)))
    x0, x1 = corners[0][0], corners[1][0]
    y0, y1 = corners[0][1], corners[3][1]
    at = int(x0 + 0.61 * (x1 - x0))
    picture[int(y0 + 0.1 * (y1 - y0)) : int(y0 + 1.0 * (y1 - y0)), at - 5 : at + 6] = (70, 90, 100)
    muddy = recogniser.read(picture)
    assert not muddy or muddy[0].margin < clean.margin - 100 or muddy[0].text != "粤B12845"


NEV_STARTS_MM = (15, 69, 161, 214, 267, 320, 373, 426)
"""Where the characters of a plate of eight begin, of 480 mm."""


@pytest.mark.parametrize("covered", range(2, 7))
def test_a_grey_green_plate_that_lost_any_but_its_last_character_is_no_blue_one_that_would_open(
    recogniser: PlateRecogniser, renderer: SceneRenderer, covered: int
) -> None:
    state = SceneState(vehicles=(car("粤BD12345", "nev_small"),), arm=1.0)
    picture = cv2.cvtColor(cv2.cvtColor(renderer.render(state), cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    ((_text, corners),) = renderer.plates(state)
    x0, x1 = (corners[0][0] + (corners[1][0] - corners[0][0]) * (NEV_STARTS_MM[covered] + at) / 480 for at in (-3, 46))
    y0, y1 = (corners[0][1] + (corners[3][1] - corners[0][1]) * share for share in (0.12, 0.88))
    hidden = picture[int(y0) : int(y1), int(x0) : int(x1)]
    hidden[:] = np.percentile(hidden, 90)
    best, *_ = recogniser.read(np.asarray(picture, np.uint8))
    assert best.text != "粤BD12345"
    assert best.margin < 300, best.text


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 400), (400, 1), (3000, 1), (16, 16), (33, 2000), (2000, 33), (16, 20_000), (20_000, 16)]
)
def test_a_picture_of_any_shape_gives_a_list_and_no_error(patient: PlateRecogniser, size: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (*size, 3), dtype=np.uint8)
    assert isinstance(patient.read(picture), list)


def test_a_serial_that_no_plate_was_given_is_not_likely() -> None:
    small = next(form for form in Grammar(FORMS).forms if form.kind == "small")
    assert small.serial_is_likely("粤B12345")
    assert small.serial_is_likely("粤BA123B")
    assert not small.serial_is_likely("粤BABC12")
    assert not small.serial_is_likely("粤BABCDE")


def test_a_picture_of_a_plate_alone_is_read(recogniser: PlateRecogniser) -> None:
    for text, kind in (("粤B12345", "small"), ("京A67890", "large")):
        best, *_ = recogniser.read(draw_plate(PlateText(text=text, kind=kind), 0.5))
        assert (best.text, best.kind) == (text, kind)


def test_the_nearer_vehicle_s_plate_comes_first_though_it_is_in_doubt_and_the_farther_one_s_is_not(
    recogniser: PlateRecogniser,
) -> None:
    """It is for the guard; the other vehicle's must not open for it."""
    picture = np.full((540, 960, 3), 110, np.uint8)
    near, far = (
        cv2.resize(draw_plate(PlateText(text=text, kind="small"), 0.5), size, interpolation=cv2.INTER_AREA)
        for text, size in NEAR_AND_FAR
    )
    near[4:, 108:120] = (70, 90, 100)
    for plate, left, top in ((near, 300, 300), (far, 560, 200)):
        picture[top : top + plate.shape[0], left : left + plate.shape[1]] = plate
    first, second = recogniser.read(np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.7), np.uint8))
    assert (first.text, second.text) == tuple(text for text, _size in NEAR_AND_FAR)
    assert first.margin < 300 < second.margin
