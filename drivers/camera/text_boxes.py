"""From a text detector's probability map to four-cornered boxes (differentiable binarisation). Arrays in, arrays out.

No network and no reading may be put here.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
MAP_THRESHOLD = 0.3
BOX_THRESHOLD = 0.45
UNCLIP = 1.7
"""The map marks shrunken text; a box grows by area x this / perimeter."""
LEAST_SIDE_PX = 3.0
MOST_BOXES = 200


@dataclass(frozen=True, slots=True)
class TextBox:
    """`corners` (4, 2) float32 pixels clockwise from the top left; `score` is the mean of the map within, 0 to 1."""

    corners: Floats
    score: float

    @property
    def width(self) -> float:
        return float(np.linalg.norm(self.corners[1] - self.corners[0]))

    @property
    def height(self) -> float:
        return float(np.linalg.norm(self.corners[3] - self.corners[0]))


def boxes_of(heat: Floats, scale_x: float, scale_y: float) -> list[TextBox]:
    """The boxes in a map of (rows, columns), 0 to 1, in pixels of the picture that is `scale` times the map."""
    mask = cv2.dilate((heat > MAP_THRESHOLD).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _tree = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in sorted(contours, key=len, reverse=True)[:MOST_BOXES]:
        centre, (width, height), angle = cv2.minAreaRect(contour)
        if min(width, height) < LEAST_SIDE_PX:
            continue
        score = _mean_within(heat, contour)
        if score < BOX_THRESHOLD:
            continue
        grow = width * height * UNCLIP / (2 * (width + height))
        corners = cv2.boxPoints((centre, (width + 2 * grow, height + 2 * grow), angle))
        scaled = corners * np.array((scale_x, scale_y), np.float32)
        found.append(TextBox(clockwise(np.asarray(scaled, np.float32)), score))
    return found


def _mean_within(heat: Floats, contour: NDArray[Any]) -> float:
    x, y, width, height = cv2.boundingRect(contour)
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [contour - np.array((x, y))], (1,))
    return float(cv2.mean(heat[y : y + height, x : x + width], mask)[0])


def clockwise(corners: Floats) -> Floats:
    """The same corners from the top left on, so that the text runs from the first to the second."""
    middle = corners.mean(axis=0)
    angles = np.arctan2(corners[:, 1] - middle[1], corners[:, 0] - middle[0])
    ring = corners[np.argsort(angles)]
    starts = [np.roll(ring, -first, axis=0) for first in range(4)]
    return max(starts, key=_leads_right)


def _leads_right(ring: Floats) -> float:
    """How much the first side is long and leads to the right."""
    side = ring[1] - ring[0]
    return float(side[0] - 0.5 * abs(side[1]))
