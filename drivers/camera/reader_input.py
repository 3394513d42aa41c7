"""From the four corners of a plate to the picture that the reader is given. Arrays in, arrays out; no network here.

Training and gate cut plates by this one function, so that the network meets at the gate what it was trained on.
"""

import cv2
import numpy as np

from drivers.camera.recogniser import Picture
from drivers.camera.rectify import Floats, grown

HEIGHT_PX, WIDTH_PX = 40, 160
ALONG, ACROSS = 0.06, 0.05
"""How much more than the corners is cut, in shares of the height: a tight cut loses the outer characters."""
TOP_ROW_PX = 52
"""Width of the upper row of two when both are laid side by side: two characters of seven, and a little more."""
TOP_ENDS, FOOT_STARTS = 0.42, 0.35
"""The rows overlap: corners are never exact."""
WIDE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def reader_patch(picture: Picture, corners: Floats, rows: int) -> Picture:
    """The plate as (HEIGHT_PX, WIDTH_PX, 3) uint8 BGR; of two rows, the upper stands left of the lower.

    `corners` (4, 2) float32 pixels clockwise from the top left; they may lie outside the picture.
    """
    around = grown(corners, ALONG, ACROSS)
    if rows == 1:
        return flattened(picture, around, WIDTH_PX, HEIGHT_PX)
    flat = flattened(picture, around, WIDTH_PX - TOP_ROW_PX, 2 * HEIGHT_PX - 16)
    height, width = flat.shape[:2]
    top = flat[: round(height * TOP_ENDS), width // 8 : width - width // 8]
    foot = flat[round(height * FOOT_STARTS) :]
    left = cv2.resize(top, (TOP_ROW_PX, HEIGHT_PX), interpolation=cv2.INTER_LINEAR)
    right = cv2.resize(foot, (WIDTH_PX - TOP_ROW_PX, HEIGHT_PX), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(np.concatenate((left, right), axis=1), np.uint8)


def flattened(picture: Picture, corners: Floats, width: int, height: int) -> Picture:
    """The four-cornered region as an upright picture of exactly that size; the picture's border is repeated.

    A region much larger than asked is shrunk by areas first, so that thin strokes do not vanish between samples.
    """
    tall = (np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])) / 2
    x0, y0 = np.floor(corners.min(axis=0)).astype(int)
    x1, y1 = np.ceil(corners.max(axis=0)).astype(int) + 1
    x0, y0 = max(0, min(x0, picture.shape[1] - 2)), max(0, min(y0, picture.shape[0] - 2))
    view = picture[y0 : max(y0 + 2, y1), x0 : max(x0 + 2, x1)]
    source = (corners - np.array((x0, y0))).astype(np.float32)
    shrink = float(tall) / height
    if shrink > 1.4:
        size = max(2, round(view.shape[1] / shrink)), max(2, round(view.shape[0] / shrink))
        small = cv2.resize(view, size, interpolation=cv2.INTER_AREA)
        source = source * np.array((small.shape[1] / view.shape[1], small.shape[0] / view.shape[0]), np.float32)
        view = np.asarray(small, np.uint8)
    target = np.array(WIDE, np.float32) * np.array((width, height), np.float32)
    matrix = cv2.getPerspectiveTransform(source.astype(np.float32), target)
    flat = cv2.warpPerspective(view, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(flat, np.uint8)
