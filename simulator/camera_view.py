"""From what stands in a lane to what a camera there has before it.

No pixels and no physics may be put here: both sides are values.
"""

from dataclasses import dataclass

from simulator.physics.vehicle import Vehicle
from simulator.scene.glyphs import CHARACTERS
from simulator.scene.plate_drawing import PlateText
from simulator.scene.plate_styles import STYLES
from simulator.scene.state import Body, Light, SceneState, SeenVehicle
from simulator.sight import LaneSight, VehicleSight

FARTHEST_M = 13.0
NEAREST_M = -2.5
"""Beyond the stop line a front is too near to the camera to be in view."""
STEP_M = 0.05
"""A picture is drawn anew only when something has moved this far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenery:
    """Light and weather, the same for all cameras."""

    light: str = "day"
    rain: int = 0
    glare: int = 0


def plate_of(vehicle: Vehicle) -> PlateText | None:
    """The plate as it is drawn; ValueError when no such kind of plate can be."""
    if not vehicle.plate:
        return None
    rows = 1 if (vehicle.plate_kind, 1) in STYLES else 2
    seed = sum(vehicle.id.encode())
    plate = PlateText(text=vehicle.plate, kind=vehicle.plate_kind, rows=rows, dirt=vehicle.dirt / 100, seed=seed)
    assert plate.style is not None
    strange = [char for char in plate.text if char not in CHARACTERS]
    if strange:
        raise ValueError(f"plate {vehicle.plate!r}: no plate has the character {strange[0]!r}")
    return plate


def view_of(sight: LaneSight, side: str, scenery: Scenery, stamp: str) -> SceneState:
    """The scene before the camera of that side."""
    return SceneState(
        vehicles=tuple(_seen(each, sight, scenery) for each in sight.vehicles if _is_in_view(each, sight, side)),
        arm=sight.arm,
        light=Light(scenery.light),
        rain=scenery.rain / 100,
        glare=scenery.glare / 100 if sight.vehicles else 0.0,
        stamp=stamp,
    )


def _distance_m(one: VehicleSight, sight: LaneSight) -> float:
    return round(round((sight.stop_line_m - one.front_m) / STEP_M) * STEP_M, 2)


def _is_in_view(one: VehicleSight, sight: LaneSight, side: str) -> bool:
    is_on_side = one.side == side or sight.direction != "both"
    return is_on_side and not one.has_crossed and NEAREST_M <= _distance_m(one, sight) <= FARTHEST_M


def _seen(one: VehicleSight, sight: LaneSight, scenery: Scenery) -> SeenVehicle:
    spread = sum(one.vehicle.id.encode()) % 11 - 5  # nobody stops exactly straight; each vehicle in its own way
    return SeenVehicle(
        plate=plate_of(one.vehicle),
        distance_m=_distance_m(one, sight),
        body=Body(one.vehicle.body),
        color=one.vehicle.paint,
        lateral_m=spread * 0.03,
        yaw_deg=spread * 0.8,
        headlights=scenery.light != "day",
    )
