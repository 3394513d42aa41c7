"""Lengths and directions of a plate by its four corners, clockwise from the top left as it is read. No picture here."""

from collections.abc import Sequence
from math import atan2, degrees

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Corners = Floats | Sequence[tuple[float, float]]
"""(4, 2) pixels."""
PARTS = 10_000


def spans(corners: Corners) -> tuple[Floats, Floats]:
    """The way from the middle of the left end to that of the right, and from the middle of the top to that of the foot,
    (2,) each in pixels."""
    a, b, c, d = np.asarray(corners, np.float32)
    return (b - a + c - d) / 2, (d - a + c - b) / 2


def width(corners: Corners) -> float:
    """How wide the plate stands in the picture, in pixels."""
    return float(np.linalg.norm(spans(corners)[0]))


def height(corners: Corners) -> float:
    """How tall it stands there, in pixels."""
    return float(np.linalg.norm(spans(corners)[1]))


def slope(corners: Corners) -> float:
    """Degrees by which the plate's row falls to the right."""
    along = spans(corners)[0]
    return degrees(atan2(float(along[1]), float(along[0])))


def box(corners: Corners, size: tuple[int, int]) -> tuple[int, ...]:
    """x0, y0, x1, y1 of the part of the corners that lies in the picture, in ten-thousandths of the picture's width: a
    copy in another size has the same. Nothing where none of it does, or a corner is nowhere.

    `size`: width and height in pixels.
    """
    if not np.isfinite(corners).all():
        return ()
    low, high = np.min(corners, axis=0), np.max(corners, axis=0)
    edges = (*np.clip(low, 0, size), *np.clip(high, 0, size))
    x0, y0, x1, y1 = (round(float(edge) * PARTS / size[0]) for edge in edges)
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else ()
