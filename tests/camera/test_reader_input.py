"""A plate is cut straight for the reader, whatever its size and rows, and training cuts it by the same function."""

import numpy as np
import pytest

from drivers.camera.quad import Floats
from drivers.camera.reader_input import HEIGHT_PX, LINE_HEIGHT_PX, TOP_ROW_PX, WIDTH_PX, reader_line, reader_patch
from drivers.camera.rectify import flattened


def box(x: float, y: float, wide: float, tall: float) -> Floats:
    return np.array(((x, y), (x + wide, y), (x + wide, y + tall), (x, y + tall)), np.float32)


@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("corners", [box(10, 10, 60, 20), box(-30, -10, 400, 200), box(50, 50, 0.5, 0.5)])
def test_a_cut_has_one_size_also_for_corners_outside_the_picture(rows: int, corners: Floats) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (120, 200, 3), dtype=np.uint8)
    patch = reader_patch(picture, corners, rows)
    assert (patch.shape, patch.dtype) == ((HEIGHT_PX, WIDTH_PX, 3), np.uint8)


def test_the_upper_of_two_rows_stands_left_of_the_lower() -> None:
    picture = np.zeros((140, 280, 3), np.uint8)
    picture[:60] = (255, 0, 0)
    picture[60:] = (0, 0, 255)
    patch = reader_patch(picture, box(0, 0, 280, 140), 2)
    assert patch[HEIGHT_PX // 3, TOP_ROW_PX // 2].tolist() == [255, 0, 0]
    assert patch[HEIGHT_PX // 2, (TOP_ROW_PX + WIDTH_PX) // 2].tolist() == [0, 0, 255]
    line = reader_line(picture, box(0, 0, 280, 140), 2)
    assert line[LINE_HEIGHT_PX // 2, 20].tolist() == [255, 0, 0]
    assert line[LINE_HEIGHT_PX // 2, -60].tolist() == [0, 0, 255]
    assert line.shape[1] < 3.5 * LINE_HEIGHT_PX * 280 / 140, "no longer than it must be: the time goes by the width"


@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("corners", [box(10, 10, 60, 20), box(-30, -10, 400, 200), box(50, 50, 0.5, 0.5)])
def test_a_line_has_one_height_also_for_corners_outside_the_picture(rows: int, corners: Floats) -> None:
    picture = np.random.default_rng(1).integers(0, 255, (120, 200, 3), dtype=np.uint8)
    line = reader_line(picture, corners, rows)
    assert (line.shape[0], line.dtype) == (LINE_HEIGHT_PX, np.uint8)
    assert line.shape[1] >= LINE_HEIGHT_PX


def test_a_tilted_plate_is_laid_straight() -> None:
    picture = np.zeros((200, 200, 3), np.uint8)
    corners = np.array(((20, 60), (180, 100), (180, 140), (20, 100)), np.float32)
    import cv2

    cv2.fillConvexPoly(picture, corners.astype(np.int32), (255, 255, 255))
    flat = flattened(picture, corners, 160, 40)
    assert flat[4:-4, 4:-4].min() > 250
