"""A plate whose province is hardly seen, beside what is left of it without: which of the two the lane is told."""

import numpy as np
import pytest

from controller.app.plate_tables import plates_of_region
from drivers.camera.line import Said
from drivers.camera.plate_detector import FoundPlate, PlateDetector
from drivers.camera.plate_reader import PlateReader, ReadPatch
from drivers.camera.plate_recogniser import PlateRecogniser
from drivers.camera.second_reader import OTHER_CHAR, Heard, SecondReader
from drivers.camera.third_reader import ThirdReader
from simulator.scene.glyphs import CHARACTERS

CORNERS = np.array(((400, 300), (580, 300), (580, 356), (400, 356)), np.float32)
PICTURE = np.full((720, 1280, 3), 90, np.uint8)
CHARS = CHARACTERS + OTHER_CHAR


def said(province: float, rest: str) -> Said:
    """苏 with that share in the first frame, else nothing there; the other characters surely, evenly apart."""
    log_p = np.full((40, 1 + len(CHARS)), np.log(1e-6), np.float32)
    log_p[:, 0] = -1e-4
    log_p[1, 0], log_p[1, 1 + CHARS.index("苏")] = np.log(1 - province), np.log(province)
    for char, frame in zip(rest, (7, 15, 20, 25, 30, 35), strict=True):
        log_p[frame, 0], log_p[frame, 1 + CHARS.index(char)] = np.log(1e-4), -1e-4
    return Said(log_p, rest)


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """All three see the province by one in eight, and no ground."""
    word = said(0.12, "A12345")
    first = Said(word.log_p[:, :-1], word.free)
    monkeypatch.setattr(PlateDetector, "find", lambda *_args: [FoundPlate(CORNERS, 1, 0.9)])
    monkeypatch.setattr(
        PlateReader, "read", lambda _self, patches: [ReadPatch(first, (("other", 1.0),)) for _patch in patches]
    )
    monkeypatch.setattr(SecondReader, "read", lambda *_args: Heard(word, word, word))
    monkeypatch.setattr(ThirdReader, "read", lambda *_args: word)


@pytest.mark.usefixtures("readers")
def test_in_a_chinese_lane_what_is_left_of_a_plate_is_that_plate_and_opens_nothing() -> None:
    best, *_ = PlateRecogniser(plates_of_region("cn")).read(PICTURE)
    assert best.text == "苏A12345"
    assert all(slot.doubted and slot.margin < 300 for slot in best.slots), "nor may a near plate open by it"


@pytest.mark.usefixtures("readers")
def test_where_nobody_says_which_region_it_is_the_likelier_text_stands() -> None:
    best, *_ = PlateRecogniser(plates_of_region("cn"), strict=False).read(PICTURE)
    assert best.text == "A12345"
