"""Plates are drawn as the standard has them, each kind by its row of the table."""

import numpy as np
import pytest

from simulator.scene.plate_drawing import PlateText, draw_plate
from simulator.scene.plate_styles import STYLES

TEXTS = {
    ("small", 1): "粤B12345",
    ("large", 1): "京A88Q21",
    ("large", 2): "湘A12345",
    ("trailer", 1): "鲁H1234挂",
    ("trailer", 2): "川A1234挂",
    ("coach", 1): "苏E1234学",
    ("police", 1): "沪A0123警",
    ("nev_small", 1): "粤BD12345",
    ("nev_large", 1): "浙A12345D",
    ("hong_kong", 1): "粤Z12A4港",
    ("macau", 1): "粤Z1234澳",
    ("embassy", 1): "014578使",
    ("consulate", 1): "沪A0023领",
    ("emergency", 1): "豫X1234应急",
    ("military", 1): "VA12345",
    ("military", 2): "VA12345",
    ("armed_police", 1): "WJ京1234D",
    ("aviation", 1): "民航A0012",
    ("motorcycle", 2): "琼A1B2C3",
    ("motorcycle_blue", 2): "琼A1B2C3",
    ("foreign", 1): "SKL4719",
}


def test_every_kind_of_the_table_has_a_text_here() -> None:
    assert set(TEXTS) == set(STYLES)


@pytest.mark.parametrize(("kind", "rows"), STYLES)
def test_a_plate_has_the_proportions_of_its_kind_and_ink_in_every_cell(kind: str, rows: int) -> None:
    plate = PlateText(text=TEXTS[kind, rows], kind=kind, rows=rows)
    picture = draw_plate(plate, 2.0)
    assert picture.shape == (plate.style.height * 2, plate.style.width * 2, 3)
    bare = draw_plate(PlateText(text="", kind=kind, rows=rows), 2.0)
    inked = np.abs(picture.astype(int) - bare).max(axis=2) > 60
    columns = inked.any(axis=0)
    runs = np.flatnonzero(np.diff(columns.astype(int)) == 1)
    assert len(runs) >= len(plate.text) // rows - 1, "characters run into each other"


def test_the_same_plate_gives_the_same_picture_and_another_seed_another_dirt() -> None:
    plate = PlateText(text="粤B12345", dirt=0.7, seed=3)
    assert np.array_equal(draw_plate(plate), draw_plate(plate))
    other = PlateText(text="粤B12345", dirt=0.7, seed=4)
    assert not np.array_equal(draw_plate(plate), draw_plate(other))


def test_a_kind_that_is_not_drawn_is_refused_with_its_name() -> None:
    with pytest.raises(ValueError, match="no drawing for kind 'airship'"):
        draw_plate(PlateText(text="粤B12345", kind="airship"))


def test_a_character_that_stands_on_no_plate_is_refused_with_the_character() -> None:
    with pytest.raises(ValueError, match="'@'"):
        draw_plate(PlateText(text="粤B@2345"))
