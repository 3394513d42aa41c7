"""How a plate hangs before a camera: its corners in the picture under yaw, pitch and roll, and its pasting there."""

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.camera import quad
from drivers.camera.quad import Floats

Picture = NDArray[np.uint8]
Random = np.random.Generator


def posed(ratio: float, width_px: float, random: Random, steep: float = 1.0) -> Floats:
    """Corners (4, 2) about the origin, clockwise from the top left, of a plate `ratio` times as wide as tall.

    Yaw to 48 degrees, pitch to 32, roll to 22, mostly far less; `steep` scales them. Face-on it is `width_px` wide.
    """
    yaw = float(np.clip(random.normal(0, 17), -48, 48)) * steep
    pitch = float(np.clip(random.normal(8, 9), -25, 32)) * steep
    roll = float(np.clip(random.normal(0, 6.5), -22, 22)) * steep
    half = np.array((0.5, 0.5 / ratio))
    flat = np.array(((-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0))) * np.array((*half, 1.0))
    a, b, c = np.radians((yaw, pitch, roll))
    about_y = np.array(((np.cos(a), 0, np.sin(a)), (0, 1, 0), (-np.sin(a), 0, np.cos(a))))
    about_x = np.array(((1, 0, 0), (0, np.cos(b), -np.sin(b)), (0, np.sin(b), np.cos(b))))
    about_z = np.array(((np.cos(c), -np.sin(c), 0), (np.sin(c), np.cos(c), 0), (0, 0, 1)))
    turned = flat @ (about_z @ about_x @ about_y).T
    far = float(random.uniform(3.0, 14.0))
    seen = turned[:, :2] * far / (far + turned[:, 2:3])
    if random.random() < 0.3:  # the camera itself is oblique: a shear
        seen[:, 1] += seen[:, 0] * float(random.normal(0, 0.10)) * steep
    return (seen * width_px).astype(np.float32)


def paste(frame: Picture, plate: Picture, corners: Floats) -> None:
    """Warp the plate so that its corners fall there, and lay it over the frame with soft edges."""
    height, width = frame.shape[:2]
    x0, y0 = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 1, 0)
    x1, y1 = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 2, (width, height))
    if x1 <= x0 or y1 <= y0:
        return
    shrink = plate.shape[1] / max(4.0, quad.width(corners))
    if shrink > 1.3:
        size = max(4, round(plate.shape[1] / shrink)), max(3, round(plate.shape[0] / shrink))
        plate = np.asarray(cv2.resize(plate, size, interpolation=cv2.INTER_AREA), np.uint8)
    rows, columns = plate.shape[:2]
    source = np.array(((0, 0), (columns, 0), (columns, rows), (0, rows)), np.float32)
    matrix = cv2.getPerspectiveTransform(source, (corners - (x0, y0)).astype(np.float32))
    size = int(x1 - x0), int(y1 - y0)
    warped = cv2.warpPerspective(plate, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillConvexPoly(mask, np.round((corners - (x0, y0)) * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    share = mask[..., None].astype(np.float32) / 255
    view = frame[y0:y1, x0:x1]
    view[:] = (view * (1 - share) + warped * share).astype(np.uint8)
