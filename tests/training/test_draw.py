"""What the networks are trained and measured on: the same for the same seed, even over kinds, apart for the test."""

import cv2
import numpy as np
import pytest

from drivers.camera.reader_input import LINE_HEIGHT_PX
from simulator.scene.glyphs import CHARACTERS, PROVINCES
from simulator.scene.plate_styles import STYLES
from training.draw import fonts
from training.draw.abroad import mark_beside
from training.draw.die import MM, Die, Dies, measuring_dies
from training.draw.hanzi_strokes import lines_of
from training.draw.plates import draw
from training.draw.samples import Draughtsman
from training.draw.strokes import stroke_glyph
from training.draw.texts import KINDS, text_of

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def test_no_font_that_measures_is_trained_on() -> None:
    assert not set(fonts.HANZI_TRAIN) & set(fonts.HANZI_TEST)
    assert not set(fonts.LATIN_TRAIN) & set(fonts.LATIN_TEST)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_text_of_each_kind_is_as_long_as_its_pattern_and_every_kind_can_be_drawn(kind: object) -> None:
    random = np.random.default_rng(3)
    assert kind in KINDS
    for each in (each for each in KINDS if each is kind):
        assert each.region != "cn" or (each.style, each.rows) in STYLES
        for _ in range(20):
            text = text_of(each, random)
            assert len(text) in {len(pattern) for pattern in each.patterns}
            assert set(text) <= set(CHARACTERS)
        picture = draw(each, text, measuring_dies(), random)
        assert picture.shape[1] > picture.shape[0]
        assert picture.std() > 3, "something stands on it"


def test_every_province_is_drawn_about_as_often() -> None:
    random = np.random.default_rng(1)
    small = next(kind for kind in KINDS if kind.name == "small")
    counts = dict.fromkeys(PROVINCES, 0)
    for _ in range(3_100):
        counts[text_of(small, random)[0]] += 1
    assert min(counts.values()) > 60
    assert max(counts.values()) < 150


@pytest.mark.parametrize("char", ALPHABET)
def test_every_letter_and_digit_has_strokes_that_fill_their_cell(char: str) -> None:
    cell = stroke_glyph(char, 0.22, np.random.default_rng(1))
    rows = np.flatnonzero(cell.max(axis=1) > 128)
    assert rows[0] < 8
    assert rows[-1] > cell.shape[0] - 9


@pytest.mark.parametrize("char", "CG")
def test_a_letter_that_is_open_at_its_right_stays_open_however_heavy_it_is_drawn(char: str) -> None:
    """A G that closes is a 6 to whoever learns from it, and a C that closes is a 0."""
    random = np.random.default_rng(4)
    for _ in range(200):
        cell = stroke_glyph(char, 0.29, random, straight=True)
        inked = cell[: cell.shape[0] // 2, -3:].max(axis=1) > 128
        assert np.flatnonzero(inked).size > 4, "its upper bow reaches the right edge"
        assert (~inked[np.flatnonzero(inked)[0] :]).sum() > 5, "and ends there: a gap is to be seen under it"


def test_where_bows_are_flat_an_o_still_has_no_corner_on_its_left_as_a_d_has() -> None:
    for seed in range(60):
        o, d = (stroke_glyph(char, 0.2, np.random.default_rng(seed)) for char in "OD")
        assert o[:10, :10].mean() < d[:10, :10].mean() - 25, f"seed {seed}"


def test_the_roof_of_the_die_of_anhui_is_pitched_and_other_characters_follow_fonts() -> None:
    points = lines_of("皖", np.random.default_rng(1))
    assert points is not None
    roof = [points[np.abs(points[:, 0] - x) < 0.03, 1].min() for x in (0.40, 0.68, 0.96)]
    assert roof[0] > roof[1] + 0.15 < roof[2]
    assert lines_of("京", np.random.default_rng(1)) is None


def test_a_mark_beside_a_number_keeps_to_the_room_that_is_taken_from_the_number() -> None:
    """Wheelchair, stacked letters, trees: before the characters of the United States' plates, never under them."""
    random = np.random.default_rng(11)
    for _ in range(60):
        picture = np.full((114, 229, 3), 230, np.uint8)
        taken = mark_beside(picture, 10.0, 40.0, 70.0, (30.0, 30.0, 30.0), random)
        drawn = np.flatnonzero((picture != 230).any(axis=(0, 2)))
        assert drawn.size > 3
        assert drawn[0] >= round(10.0 * MM) - 1
        assert drawn[-1] <= (10.0 + taken) * MM


def test_a_mask_is_worn_down_to_lines_one_pixel_wide_that_still_hang_together() -> None:
    mask = np.zeros((60, 60), np.bool_)
    mask[5:55, 25:33] = mask[26:34, 5:55] = True
    line = fonts.thinned(mask)
    assert 80 < line.sum() < 110
    assert cv2.connectedComponents(line.astype(np.uint8), connectivity=8)[0] == 2, "the ground and one cross"


def test_every_province_drawn_with_even_strokes_fills_its_cell_and_leaves_ground_between() -> None:
    dies = measuring_dies()
    die = Die(Dies(dies.hanzi, dies.latin, 1.0, dies.hanzi[:1], 1.0), np.random.default_rng(2))
    for char in PROVINCES:
        cell = die.glyph(char, 34, 68)
        ys, xs = np.nonzero(cell > 128)
        assert cell.shape == (68, 34)
        assert np.ptp(ys) > 56, char
        assert np.ptp(xs) > 22, char
        assert 0.08 < (cell > 128).mean() < 0.62, char


def test_the_same_seed_draws_the_same_scene() -> None:
    first, second = (Draughtsman(5, measuring_dies(), test=True).scene(160, 240, 1, 50, 120) for _ in range(2))
    assert np.array_equal(first.picture, second.picture)
    assert [plate.text for plate in first.plates] == [plate.text for plate in second.plates]


def test_the_corners_of_a_scene_stand_about_its_plate() -> None:
    draughtsman = Draughtsman(8, measuring_dies(), test=True)
    for _ in range(10):
        for plate in draughtsman.scene(240, 320, 2, 60, 160).plates:
            assert plate.corners.shape == (4, 2)
            assert plate.corners.min() >= 0
            assert (plate.corners.max(axis=0) <= (320, 240)).all()


def test_both_readers_are_taught_by_the_same_plates() -> None:
    first, second = (Draughtsman(21, measuring_dies(), severity=0.85) for _ in range(2))
    for _ in range(12):
        _patch, text, _color = first.plate_patch()
        line, same = second.plate_line()
        assert same == text
        assert line.shape[0] == LINE_HEIGHT_PX
