"""Where the camera stands, and how points of the lane fall on its picture (a pinhole camera). Arrays in, arrays out.

The lane: x to the camera's right, y up, z away from the camera, metres; the camera stands at x 0, z 0. No drawing here.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
NEAR_M = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewpoint:
    """A camera on a post beside the lane, aimed at where the front of a vehicle comes to rest."""

    width: int = 1280
    height: int = 720
    fov_deg: float = 42.0
    camera_height_m: float = 1.5
    lane_x_m: float = -1.35
    stop_z_m: float = 5.0
    roll_deg: float = 0.0

    def rotation(self) -> Points:
        """Rows: the camera's right, down and forward axes in lane coordinates."""
        target = np.array((self.lane_x_m, 0.75, self.stop_z_m))
        forward = target - np.array((0.0, self.camera_height_m, 0.0))
        forward /= np.linalg.norm(forward)
        right = np.cross(np.array((0.0, 1.0, 0.0)), forward)
        right /= np.linalg.norm(right)
        down = np.cross(forward, right) * -1.0
        cos, sin = math.cos(math.radians(self.roll_deg)), math.sin(math.radians(self.roll_deg))
        return np.stack((cos * right + sin * down, cos * down - sin * right, forward))

    def project(self, points: Points) -> Points:
        """(n, 3) metres in the lane to (m, 2) pixels; a polygon is cut at the near plane, so m may differ from n."""
        seen = (points - np.array((0.0, self.camera_height_m, 0.0))) @ self.rotation().T
        seen = _cut(seen)
        focal = self.width / 2 / math.tan(math.radians(self.fov_deg) / 2)
        if not len(seen):
            return np.empty((0, 2))
        pixels: Points = seen[:, :2] / seen[:, 2:] * focal + np.array((self.width / 2, self.height / 2))
        return pixels


def _cut(polygon: Points) -> Points:
    """The part of a polygon in front of the near plane (Sutherland–Hodgman against one plane)."""
    inside = polygon[:, 2] >= NEAR_M
    if inside.all():
        return polygon
    kept: list[Points] = []
    for here, there, here_in, there_in in zip(
        polygon, np.roll(polygon, -1, axis=0), inside, np.roll(inside, -1), strict=True
    ):
        if here_in:
            kept.append(here)
        if here_in != there_in:
            share = (NEAR_M - here[2]) / (there[2] - here[2])
            kept.append(here + share * (there - here))
    return np.array(kept) if kept else np.empty((0, 3))
