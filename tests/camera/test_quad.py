"""Where a plate is in its picture, for whoever shows it cut out."""

import numpy as np
import pytest

from drivers.camera import quad


def test_a_plate_s_place_is_the_same_in_a_copy_of_the_picture_in_another_size() -> None:
    corners = np.array(((480, 270), (576, 275), (576, 303), (480, 298)), np.float32)
    assert quad.box(corners, (960, 540)) == (5000, 2812, 6000, 3156)
    assert quad.box(corners * 2, (1920, 1080)) == quad.box(corners, (960, 540))


def test_only_the_part_that_lies_in_the_picture_counts() -> None:
    corners = ((-50, 500), (50, 500), (50, 560), (-50, 560))
    assert quad.box(corners, (1000, 540)) == (0, 5000, 500, 5400)
    assert quad.box([(x + 2000, y) for x, y in corners], (1000, 540)) == ()
    assert quad.box(((float("nan"), 0), (9, 0), (9, 9), (0, 9)), (1000, 540)) == ()


def test_a_row_that_falls_to_the_right_slopes_down() -> None:
    level = ((0, 0), (100, 0), (100, 30), (0, 30))
    falling = ((0, 0), (100, 100), (80, 130), (-20, 30))
    assert quad.slope(level) == 0.0
    assert quad.slope(falling) == pytest.approx(45.0)
    assert quad.slope([(-x, y) for x, y in (falling[1], falling[0], falling[3], falling[2])]) == pytest.approx(-45.0)
