"""Painting of lit polygons, warped pictures and glows on a frame. Nothing here knows what a vehicle is."""

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.scene.viewpoint import Points

Picture = NDArray[np.uint8]
Color = tuple[float, float, float]
SHIFT = 4
"""Sub-pixel bits of OpenCV's fixed-point corners: a slow vehicle must not jump from pixel to pixel."""
FARTHEST_PX = 20_000.0


def fill(frame: Picture, corners: Points, color: Color) -> None:
    """Fill a convex polygon with an anti-aliased edge."""
    if len(corners) >= 3:
        fixed = np.round(np.clip(corners, -FARTHEST_PX, FARTHEST_PX) * (1 << SHIFT)).astype(np.int32)
        cv2.fillConvexPoly(frame, fixed, color, cv2.LINE_AA, SHIFT)


def paste(frame: Picture, picture: Picture, corners: Points) -> None:
    """Warp `picture` so that its corners (clockwise from the top left) fall on `corners`, and lay it over the frame."""
    height, width = frame.shape[:2]
    x0, y0 = np.floor(corners.min(axis=0)).astype(int) - 1
    x1, y1 = np.ceil(corners.max(axis=0)).astype(int) + 2
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    if x1 <= x0 or y1 <= y0:
        return
    rows, columns = picture.shape[:2]
    source = np.array(((0, 0), (columns, 0), (columns, rows), (0, rows)), np.float32)
    matrix = cv2.getPerspectiveTransform(source, (corners - (x0, y0)).astype(np.float32))
    size = int(x1 - x0), int(y1 - y0)
    warped = cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros((size[1], size[0]), np.uint8)
    fill(mask, corners - (x0, y0), (255, 255, 255))
    share = cv2.merge((mask, mask, mask)).astype(np.float32) / 255
    view = frame[y0:y1, x0:x1]
    view[:] = (view * (1 - share) + warped * share).astype(np.uint8)


def glow(frame: Picture, centre: Points, radius: float, color: Color) -> None:
    """Add a round light that fades to nothing at `radius` pixels."""
    height, width = frame.shape[:2]
    size = max(2, min(int(radius), 2 * width))
    left, top = int(centre[0]) - size, int(centre[1]) - size
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + 2 * size, width), min(top + 2 * size, height)
    if x1 <= x0 or y1 <= y0:
        return
    across = (np.arange(x0, x1, dtype=np.float32) - left - size) / size
    along = (np.arange(y0, y1, dtype=np.float32) - top - size) / size
    fade = np.exp(-5.0 * (across[None, :] ** 2 + along[:, None] ** 2))
    light = np.clip(fade[..., None] * np.array(color, np.float32), 0, 255).astype(np.uint8)
    view = frame[y0:y1, x0:x1]
    cv2.add(view, light, dst=view)


def box(left: float, right: float, low: float, high: float, depth: float) -> Points:
    """An upright rectangle across the lane, clockwise from its top left as the camera sees it."""
    return np.array(((left, high, depth), (right, high, depth), (right, low, depth), (left, low, depth)))
