"""What a person may do from the page: the shape of each act, and what it does in the world.

No HTTP and no thread may be put here. Every act raises ValueError with words for the person when it cannot be done.
"""

import dataclasses
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.physics.driver import Manner, Plan
from simulator.physics.person import Walker, Way
from simulator.traffic.fleet import Fleet
from simulator.traffic.script import CameraKind, DeviceKind, LaneFaultKind, LineKind
from simulator.wire.cards import card_bits
from simulator.world import Place, World

TAILGATE_GAP_M = 1.6
PERSON_MS = 5_000


class Act(BaseModel):
    """Every act: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid")


class AtLane(Act):
    """An act at one lane."""

    box: str
    lane: str

    @property
    def place(self) -> Place:
        return Place(self.box, self.lane)


class SendVehicle(AtLane):
    """Let a vehicle of the fleet come. `card`: the driver's own, none, or any text."""

    do: Literal["vehicle"]
    vehicle: str
    manner: Manner = Manner.NORMAL
    card: str = "own"
    side: Literal["", "entry", "exit"] = ""
    dirt: Annotated[int, Field(ge=0, le=100)] = 0


class Swipe(AtLane):
    """Hold a card to the readers of one side."""

    do: Literal["swipe"]
    card: Annotated[str, Field(pattern=r"^\d{2}:\d{1,6}:\d{1,6}$")]
    side: Literal["entry", "exit"]


class Press(AtLane):
    """The open button, or the exit button of a gate for people."""

    do: Literal["button"]


class StepUnder(AtLane):
    """Somebody walks under the arm."""

    do: Literal["person"]


class Drive(AtLane):
    """Tell the driver of a vehicle in the lane what to do now."""

    do: Literal["driver"]
    vehicle: str
    act: Literal["back_out", "force"]


class Walk(AtLane):
    """Somebody comes to a gate for people."""

    do: Literal["walker"]
    vehicle: str = ""
    way: Way = Way.CARD
    direction: Literal["entry", "exit"] = "entry"
    hold_s: Annotated[int, Field(ge=0, le=600)] = 0


class SetFire(Act):
    """The fire alarm contact of a box."""

    do: Literal["fire"]
    box: str
    on: bool


class SetFault(Act):
    """Break or mend something."""

    do: Literal["fault"]
    box: str
    kind: CameraKind | LineKind | DeviceKind | LaneFaultKind
    target: str
    on: bool


class SetScene(Act):
    """Light and weather."""

    do: Literal["scene"]
    light: Literal["day", "dusk", "night"]
    rain: Annotated[int, Field(ge=0, le=100)] = 0
    glare: Annotated[int, Field(ge=0, le=100)] = 0


AnyAct = Annotated[
    SendVehicle | Swipe | Press | StepUnder | Drive | Walk | SetFire | SetFault | SetScene, Field(discriminator="do")
]


def carry_out(act: AnyAct, world: World, fleet: Fleet) -> None:
    """Do it. Raises ValueError, in words, when it cannot be done."""
    _TABLE[type(act)](act, world, fleet)


def _send_vehicle(act: SendVehicle, world: World, fleet: Fleet) -> None:
    member = fleet.find(act.vehicle)
    if member is None:
        raise ValueError(f"vehicle {act.vehicle!r} is not in the fleet")
    if any(_is_in(world, place, act.vehicle) for place in world.models):
        raise ValueError(f"vehicle {act.vehicle!r} is in a lane already")
    card = {"own": member.card, "none": ""}.get(act.card, act.card)
    if card:
        card_bits(card)
    plan = Plan(manner=act.manner, card=card)
    if act.manner is Manner.TAILGATE:
        plan = dataclasses.replace(plan, gap_m=TAILGATE_GAP_M)
    world.send_vehicle(act.place, dataclasses.replace(member.vehicle, dirt=act.dirt), plan, act.side)


def _is_in(world: World, place: Place, vehicle: str) -> bool:
    find = getattr(world.models[place], "find", None)
    return find is not None and find(vehicle) is not None


def _swipe(act: Swipe, world: World, _fleet: Fleet) -> None:
    card_bits(act.card)
    world.swipe(act.place, act.side, act.card)


def _drive(act: Drive, world: World, _fleet: Fleet) -> None:
    traveller = world.lane(act.place).find(act.vehicle)
    if traveller is None or traveller.has_crossed:
        raise ValueError(f"vehicle {act.vehicle!r} does not stand before the arm of {act.place}")
    (traveller.driver.back_out if act.act == "back_out" else traveller.driver.force)()
    traveller.wants_to_move = True


def _press(act: Press, world: World, _fleet: Fleet) -> None:
    if act.place not in world.models:
        raise ValueError(f"lane {act.place} is not here")
    world.models[act.place].press_button()


def _walk(act: Walk, world: World, fleet: Fleet) -> None:
    member = fleet.find(act.vehicle)
    who = Walker(
        id=act.vehicle or "somebody",
        card=member.card if member else "",
        way=act.way,
        direction=act.direction,
        hold_ms=act.hold_s * 1_000,
    )
    world.send_walker(act.place, who)


def _set_fire(act: SetFire, world: World, _fleet: Fleet) -> None:
    if act.box not in world.boxes():
        raise ValueError(f"box {act.box!r} is not here")
    world.set_fire(act.box, act.on)


def _person(act: StepUnder, world: World, _fleet: Fleet) -> None:
    world.lane(act.place).person_under_arm(PERSON_MS)


def _fault(act: SetFault, world: World, _fleet: Fleet) -> None:
    world.set_fault(act.box, act.kind, act.target, act.on)


def _scene(act: SetScene, world: World, _fleet: Fleet) -> None:
    world.set_scene(act.light, act.rain, act.glare)


_TABLE: dict[type, Callable[[Any, World, Fleet], None]] = {
    SendVehicle: _send_vehicle,
    Swipe: _swipe,
    Press: _press,
    StepUnder: _person,
    Drive: _drive,
    Walk: _walk,
    SetFire: _set_fire,
    SetFault: _fault,
    SetScene: _scene,
}
