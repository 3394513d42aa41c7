"""Draws one vehicle from its front: body, glass, lights, plate, shadow; far parts first.

Nothing of the lane and no weather may be put here.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from simulator.scene.canvas import Picture, box, fill, glow, paste
from simulator.scene.lighting import LAMPS, lit
from simulator.scene.plate_drawing import PlateText, draw_plate
from simulator.scene.plate_styles import Bgr
from simulator.scene.state import Body, Light, SceneState, SeenVehicle
from simulator.scene.viewpoint import Points, Viewpoint

PAINTS: dict[str, Bgr] = {
    "white": (226, 228, 228),
    "silver": (176, 176, 172),
    "grey": (112, 110, 106),
    "black": (38, 36, 36),
    "red": (40, 36, 168),
    "blue": (142, 84, 36),
    "brown": (56, 76, 104),
    "green": (84, 112, 60),
    "yellow": (44, 176, 216),
}
GLASS: Bgr = (92, 84, 74)
RUBBER: Bgr = (30, 30, 30)
LAMP_GLASS: Bgr = (214, 218, 220)


@dataclass(frozen=True, slots=True)
class Shape:
    """Metres: half the width, foot and top of the front, bonnet length, roof height and length, height of the plate."""

    half: float
    foot: float
    nose: float
    bonnet: float
    roof: float
    length: float
    plate: float


SHAPES: dict[Body, Shape] = {
    Body.CAR: Shape(0.90, 0.22, 0.86, 1.0, 1.46, 4.6, 0.48),
    Body.SUV: Shape(0.95, 0.28, 1.02, 0.9, 1.72, 4.7, 0.58),
    Body.VAN: Shape(0.92, 0.26, 1.05, 0.4, 1.95, 5.0, 0.52),
    Body.TRUCK: Shape(1.20, 0.35, 1.25, 0.02, 2.75, 8.0, 0.60),
    Body.BUS: Shape(1.22, 0.32, 1.15, 0.02, 3.05, 10.0, 0.58),
}


def draw_vehicle(frame: Picture, view: Viewpoint, state: SceneState, vehicle: SeenVehicle) -> None:
    """Lay one vehicle over the frame."""
    shape = SHAPES[vehicle.body]
    depth = view.stop_z_m + vehicle.distance_m
    nearness = max(0.0, min(1.0, 1.4 - depth / 9.0))
    for corners, color in _faces(shape, PAINTS[vehicle.color]):
        fill(frame, view.project(_placed(corners, view, vehicle)), lit(color, state, nearness))
    if vehicle.plate is not None and depth > 1.0:
        quad = plate_corners(view, vehicle)
        if quad is not None:
            paste(frame, _lit_plate(vehicle.plate, state, nearness, float(np.ptp(quad[:, 0]))), quad)
    if vehicle.headlights or state.light is Light.NIGHT:
        _headlights(frame, view, state, vehicle)


def plate_corners(view: Viewpoint, vehicle: SeenVehicle) -> Points | None:
    """Where the plate's four corners fall, (4, 2) pixels clockwise from its top left; None when it is not in view."""
    if vehicle.plate is None:
        return None
    style, shape = vehicle.plate.style, SHAPES[vehicle.body]
    half, tall = style.width / 2000, style.height / 2000
    quad = box(-half, half, shape.plate - tall, shape.plate + tall, -0.03)
    corners = view.project(_placed(quad, view, vehicle))
    return corners if len(corners) == 4 else None


def _placed(corners: Points, view: Viewpoint, vehicle: SeenVehicle) -> Points:
    """From the vehicle's own metres (z 0 at its front, growing to its rear) to the lane's."""
    turn = math.radians(vehicle.yaw_deg)
    cos, sin = math.cos(turn), math.sin(turn)
    x, z = corners[:, 0] * cos + corners[:, 2] * sin, corners[:, 2] * cos - corners[:, 0] * sin
    at = view.lane_x_m + vehicle.lateral_m, view.stop_z_m + vehicle.distance_m
    return np.stack((x + at[0], corners[:, 1], z + at[1]), axis=1)


def _shade(color: Bgr, share: float) -> Bgr:
    return tuple(round(channel * share) for channel in color)  # type: ignore[return-value]


def _faces(shape: Shape, paint: Bgr) -> list[tuple[Points, Bgr]]:
    """The body's visible faces, far ones first."""
    half, foot, nose, roof = shape.half, shape.foot, shape.nose, shape.roof
    glass_foot, glass_top = shape.bonnet, shape.bonnet + (roof - nose) * 0.9
    inner = half * 0.86
    ground = np.array(
        ((-half, 0.01, shape.length), (half, 0.01, shape.length), (half, 0.01, -0.1), (-half, 0.01, -0.1))
    )
    top = np.array(
        ((-inner, roof, shape.length), (inner, roof, shape.length), (inner, roof, glass_top), (-inner, roof, glass_top))
    )
    flank = ((half, nose, 0.0), (half, nose, shape.length), (half, foot, shape.length), (half, foot, 0.0))
    cabin = (
        (half, nose, glass_foot),
        (inner, roof, glass_top),
        (inner, roof, shape.length),
        (half, nose, shape.length),
    )
    bonnet = ((-half, nose + 0.06, glass_foot), (half, nose + 0.06, glass_foot), (half, nose, 0.0), (-half, nose, 0.0))
    screen = (
        (-inner, roof, glass_top),
        (inner, roof, glass_top),
        (half, nose + 0.05, glass_foot),
        (-half, nose + 0.05, glass_foot),
    )
    faces: list[tuple[Points, Bgr]] = [
        (ground, (24, 24, 24)),
        (top, _shade(paint, 1.05) if max(paint) < 240 else paint),
        (np.array(cabin), _shade(paint, 0.72)),
        (np.array(flank), _shade(paint, 0.78)),
        (np.array(screen), GLASS),
        (np.array(bonnet), _shade(paint, 0.96)),
        (box(-half, half, foot, nose, 0.0), _shade(paint, 0.88)),
    ]
    lamp_low, lamp_high = nose - 0.24, nose - 0.08
    grille_low, grille_high = shape.plate + 0.13, max(shape.plate + 0.16, nose - 0.06)
    faces += [
        (box(-half * 0.52, half * 0.52, grille_low, grille_high, -0.005), (44, 42, 42)),
        (box(-half, half, foot, foot + 0.10, -0.005), (52, 50, 50)),
        (box(-half * 0.97, -half * 0.60, lamp_low, lamp_high, -0.01), LAMP_GLASS),
        (box(half * 0.60, half * 0.97, lamp_low, lamp_high, -0.01), LAMP_GLASS),
        (box(-half * 0.95, -half * 0.70, 0.0, foot, 0.3), RUBBER),
        (box(half * 0.70, half * 0.95, 0.0, foot, 0.3), RUBBER),
    ]
    return faces


def _lit_plate(plate: PlateText, state: SceneState, nearness: float, width_px: float) -> Picture:
    """The plate at about the size it has in the picture, in the scene's light."""
    scale = max(0.12, min(2.0, 1.3 * width_px / plate.style.width))
    picture = draw_plate(plate, round(scale, 1) or 0.1)
    lamp = LAMPS[state.light]
    share = lamp.plate * (0.55 + 0.45 * nearness) if state.light is Light.NIGHT else lamp.plate
    sky = 60.0 * state.rain * lamp.ambient[1]
    return cv2.convertScaleAbs(picture, alpha=share * (1 - 0.25 * state.rain), beta=sky)  # type: ignore[return-value]


def _headlights(frame: Picture, view: Viewpoint, state: SceneState, vehicle: SeenVehicle) -> None:
    shape, depth = SHAPES[vehicle.body], view.stop_z_m + vehicle.distance_m
    if depth < 0.8:
        return
    strength = 1.0 if state.light is Light.NIGHT else 0.6
    for side in (-0.78, 0.78):
        spot = np.array(((side * shape.half, shape.nose - 0.16, -0.02),))
        centres = view.project(_placed(spot, view, vehicle))
        if len(centres):
            radius = view.width * 0.62 / max(2.0, depth)
            glow(frame, centres[0], radius * 0.5, (200 * strength, 225 * strength, 240 * strength))
            glow(frame, centres[0], radius, (60 * strength, 66 * strength, 70 * strength))
