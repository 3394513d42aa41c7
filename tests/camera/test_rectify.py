"""How a part of a picture is laid out as a picture of its own."""

import cv2
import numpy as np
import pytest

from drivers.camera.quad import Floats
from drivers.camera.recogniser import Picture
from drivers.camera.rectify import laid_out

BLOB = np.array((311.3, 207.8))
"""Where the middle of a bright spot lies, its pixels' edges at whole numbers."""


def spot() -> Picture:
    ys, xs = np.mgrid[0:400, 0:600] + 0.5
    bright = 250 * np.exp(-((xs - BLOB[0]) ** 2 + (ys - BLOB[1]) ** 2) / (2 * 6.0**2))
    return np.repeat(bright[..., None], 3, axis=2).astype(np.uint8)


def middle(picture: Picture) -> Floats:
    grey = picture[..., 0].astype(np.float64)
    ys, xs = np.mgrid[0 : grey.shape[0], 0 : grey.shape[1]] + 0.5
    return np.array(((xs * grey).sum(), (ys * grey).sum()), np.float32) / np.float32(grey.sum())


@pytest.mark.parametrize("degrees", [0.0, 20.0, -45.0])
@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_a_place_in_what_is_laid_out_is_a_place_in_the_picture_by_proportion(degrees: float, scale: float) -> None:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    width, height = round(120 * scale), round(80 * scale)
    along, down = np.array((cos, sin)) * 120, np.array((-sin, cos)) * 80
    origin = np.array((305.0, 210.0)) - (along + down) / 2
    frame = np.stack((origin, origin + along, origin + along + down, origin + down)).astype(np.float32)
    x, y = middle(laid_out(spot(), frame, width, height))
    assert frame[0] + along * x / width + down * y / height == pytest.approx(BLOB, abs=0.12)


def test_beside_the_picture_its_border_goes_on() -> None:
    picture = cv2.merge([np.tile(np.arange(0, 200, 2, dtype=np.uint8), (60, 1))] * 3)
    frame = np.array(((-20, 10), (20, 10), (20, 30), (-20, 30)), np.float32)
    row = laid_out(np.asarray(picture, np.uint8), frame, 40, 20)[10, :, 0]
    assert row[:20].max() == 0
    assert (np.diff(row[20:].astype(int)) == 2).all()
