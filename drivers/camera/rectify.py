"""Cuts a four-cornered region out of a picture and lays it straight. Arrays in, arrays out; no reading here."""

import cv2
import numpy as np

from drivers.camera import quad
from drivers.camera.quad import Floats
from drivers.camera.recogniser import Picture

WIDE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
MOST_SHRINK = 1.4
"""Samples are taken between the pixels of a picture up to so many times as large as what is asked."""


def grown(corners: Floats, along: float, across: float) -> Floats:
    """The corners moved outward: `along` and `across` are shares of the height, added at each end and at top and foot.

    Boxes that are tight cut the eighth character of a plate.
    """
    top_left, top_right, low_right, low_left = corners
    height = float(np.linalg.norm(low_left - top_left))
    right = _unit(top_right - top_left) * height * along
    down = _unit(low_left - top_left) * height * across
    return np.stack(
        (top_left - right - down, top_right + right - down, low_right + right + down, low_left - right + down)
    )


def band(corners: Floats, top: float, foot: float) -> Floats:
    """The part of the region between two shares of its height, 0 at its top and 1 at its foot."""
    left, right = corners[3] - corners[0], corners[2] - corners[1]
    return np.stack(
        (corners[0] + left * top, corners[1] + right * top, corners[1] + right * foot, corners[0] + left * foot)
    ).astype(np.float32)


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / max(1e-6, float(np.linalg.norm(vector))), np.float32)


def straightened(picture: Picture, corners: Floats, height: int, most_width: int) -> Picture:
    """The region as an upright picture of that height, its width by its proportions."""
    ratio = quad.width(corners) / max(1.0, quad.height(corners))
    width = int(np.clip(round(height * ratio), height, most_width))
    return flattened(picture, corners, width, height, cv2.INTER_CUBIC)


def laid_out(picture: Picture, frame: Floats, width: int, height: int) -> Picture:
    """What a parallelogram of the picture holds, as a picture of that size; the picture's border is repeated beyond it.

    `frame` (4, 2): its corners in pixels, clockwise from what comes to the top left. Edges come to lie on edges, to a
    part of a pixel, so that a place in the one is a place in the other by proportion alone.
    """
    view, origin, factor = _shrunk(picture, frame, quad.height(frame) / height)
    along, down = (frame[1] - frame[0]) / width, (frame[3] - frame[0]) / height
    middle_of_first = (frame[0] + (along + down) / 2 - origin) * factor - 0.5
    way = np.column_stack((along * factor, down * factor, middle_of_first)).astype(np.float64)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(view, way, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(laid, np.uint8)


def flattened(picture: Picture, corners: Floats, width: int, height: int, way: int = cv2.INTER_LINEAR) -> Picture:
    """The region as an upright picture of exactly that size; the picture's border is repeated. `way`: interpolation.

    A region much larger than asked is shrunk by areas first, so that thin strokes do not vanish between samples.
    """
    view, origin, factor = _shrunk(picture, corners, quad.height(corners) / height)
    source = (corners - origin) * factor
    target = np.array(WIDE, np.float32) * np.array((width, height), np.float32)
    matrix = cv2.getPerspectiveTransform(source.astype(np.float32), target)
    flat = cv2.warpPerspective(view, matrix, (width, height), flags=way, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(flat, np.uint8)


def _shrunk(picture: Picture, corners: Floats, shrink: float) -> tuple[Picture, Floats, Floats]:
    """The upright part of the picture about the corners, shrunk by areas where it is much larger than asked; where it
    begins, in pixels of the picture, and what part of their width and height its pixels have left."""
    x0, y0 = np.floor(corners.min(axis=0)).astype(int)
    x1, y1 = np.ceil(corners.max(axis=0)).astype(int) + 1
    x0, y0 = max(0, min(x0, picture.shape[1] - 2)), max(0, min(y0, picture.shape[0] - 2))
    view, factor = picture[y0 : max(y0 + 2, y1), x0 : max(x0 + 2, x1)], np.ones(2, np.float32)
    if shrink > MOST_SHRINK:
        size = max(2, round(view.shape[1] / shrink)), max(2, round(view.shape[0] / shrink))
        factor = np.array((size[0] / view.shape[1], size[1] / view.shape[0]), np.float32)
        view = np.asarray(cv2.resize(view, size, interpolation=cv2.INTER_AREA), np.uint8)
    return view, np.array((x0, y0), np.float32), factor
