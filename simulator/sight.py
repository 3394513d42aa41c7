"""What stands where at one moment, as values that other threads may keep: for the cameras and for the page.

Nothing that changes may be put here; the world's thread makes a new one after each step.
"""

from dataclasses import dataclass

from simulator.physics.door import DoorModel
from simulator.physics.lane import LaneModel
from simulator.physics.vehicle import Vehicle
from simulator.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleSight:
    """One vehicle on its own axis: `front_m` is its nose, the arm lies at 0."""

    vehicle: Vehicle
    side: str
    front_m: float
    has_crossed: bool
    phase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneSight:
    """One lane or gate for people. `arm` is 0 (down) to 1 (up), for a door 0 (shut) or 1 (open)."""

    box: str
    lane: str
    kind: str
    direction: str
    arm: float
    position: str
    boom_off: bool
    person: str
    inputs: tuple[tuple[str, bool], ...]
    vehicles: tuple[VehicleSight, ...] = ()
    waiting: int = 0
    stop_line_m: float = 0.0


Sights = dict[tuple[str, str], LaneSight]


def sights_of(world: World) -> Sights:
    """The present moment of every lane."""
    found: Sights = {}
    for place, model in world.models.items():
        sight = _lane(place.box, model) if isinstance(model, LaneModel) else _door(place.box, model)
        found[place.box, place.lane] = sight
    return found


def _lane(box: str, model: LaneModel) -> LaneSight:
    return LaneSight(
        box=box,
        lane=model.spec.id,
        kind="vehicle",
        direction=model.spec.direction,
        arm=round(model.arm.angle_deg / 90, 2),
        position=model.arm.position,
        boom_off=model.arm.knocked_off,
        person="under_arm" if model.has_person else "",
        inputs=tuple(model.inputs().items()),
        vehicles=tuple(
            VehicleSight(
                vehicle=each.vehicle,
                side=column.direction,
                front_m=round(each.motion.front_m, 2),
                has_crossed=each.has_crossed,
                phase=each.driver.phase.value,
            )
            for column in model.columns
            for each in column.travellers
        ),
        waiting=sum(column.waiting_outside for column in model.columns),
        stop_line_m=model.geometry.stop_line_m,
    )


def _door(box: str, model: DoorModel) -> LaneSight:
    return LaneSight(
        box=box,
        lane=model.spec.id,
        kind="foot",
        direction="both",
        arm=1.0 if model.is_open else 0.0,
        position="open" if model.is_open else "shut",
        boom_off=False,
        person=model.walker_id,
        inputs=tuple(model.inputs().items()),
        waiting=model.waiting,
    )
