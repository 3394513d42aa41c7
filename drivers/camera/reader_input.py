"""From the four corners of a plate to what the two readers are given. Arrays in, arrays out; no network here.

Training and gate cut plates by `reader_patch`, so that the network meets at the gate what it was trained on.
"""

import cv2
import numpy as np

from drivers.camera.quad import Floats
from drivers.camera.recogniser import Picture
from drivers.camera.rectify import band, flattened, grown, straightened

HEIGHT_PX, WIDTH_PX = 40, 160
ALONG, ACROSS = 0.06, 0.05
"""How much more than the corners is cut, in shares of the height: a tight cut loses the outer characters."""
TOP_ROW_PX = 52
"""Width of the upper row of two when both are laid side by side: two characters of seven, and a little more."""
TOP_ENDS, FOOT_STARTS = 0.42, 0.35
"""The rows overlap: corners are never exact."""
LINE_HEIGHT_PX, LINE_MOST_WIDTH_PX = 48, 640
LINE_ALONG, LINE_ACROSS = 0.10, 0.02
TOP_ROW, FOOT_ROW = (0.05, 0.40), (0.37, 0.98)
"""Shares of the height in which the two rows of a plate stand."""
TOP_SQUEEZED = 0.4
"""The upper row's width as a part of what its proportions give: its characters are wider than tall and far apart."""


def reader_patch(picture: Picture, corners: Floats, rows: int) -> Picture:
    """The plate as (HEIGHT_PX, WIDTH_PX, 3) uint8 BGR; of two rows, the upper stands left of the lower.

    `corners` (4, 2) float32 pixels clockwise from the top left; they may lie outside the picture.
    """
    around = grown(corners, ALONG, ACROSS)
    if rows == 1:
        return flattened(picture, around, WIDTH_PX, HEIGHT_PX)
    flat = flattened(picture, around, WIDTH_PX - TOP_ROW_PX, 2 * HEIGHT_PX - 16)
    height = flat.shape[0]
    top = _within(flat[: round(height * TOP_ENDS)])
    foot = flat[round(height * FOOT_STARTS) :]
    left = cv2.resize(top, (TOP_ROW_PX, HEIGHT_PX), interpolation=cv2.INTER_LINEAR)
    right = cv2.resize(foot, (WIDTH_PX - TOP_ROW_PX, HEIGHT_PX), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(np.concatenate((left, right), axis=1), np.uint8)


def reader_line(picture: Picture, corners: Floats, rows: int) -> Picture:
    """The plate as one line for the second reader: (LINE_HEIGHT_PX, by its proportions, 3) uint8 BGR; of two rows, the
    upper stands left of the lower, too: read by itself, two characters on a long plate are taken for less.
    """
    if rows == 1:
        return _line(picture, corners)
    top, foot = (_line(picture, band(corners, *shares)) for shares in (TOP_ROW, FOOT_ROW))
    size = max(1, round(TOP_SQUEEZED * top.shape[1])), LINE_HEIGHT_PX
    squeezed = cv2.resize(_within(top), size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(np.concatenate((squeezed, foot), axis=1), np.uint8)


def _line(picture: Picture, corners: Floats) -> Picture:
    return straightened(picture, grown(corners, LINE_ALONG, LINE_ACROSS), LINE_HEIGHT_PX, LINE_MOST_WIDTH_PX)


def _within(row: Picture) -> Picture:
    """An upper row without its ends, where bolts are."""
    edge = row.shape[1] // 8
    return row[:, edge : row.shape[1] - edge]
