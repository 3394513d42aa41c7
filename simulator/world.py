"""All lanes of all boxes on one course of time: timers, the journal, and who is told of what.

No wire, thread or clock may be put here: time is an argument, and listeners carry things outward. Calls must come one
at a time; whoever has several threads puts a lock around it (see `app`).
"""

import heapq
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from simulator.physics.door import DoorModel, DoorSpec
from simulator.physics.driver import Plan
from simulator.physics.happening import Happening, What
from simulator.physics.lane import LaneModel, LaneSpec
from simulator.physics.person import Walker
from simulator.physics.vehicle import Vehicle

Watch = Callable[["Place", Happening], None]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One lane of one box."""

    box: str
    lane: str

    def __str__(self) -> str:
        return f"{self.box}/{self.lane}"


class Journal(Protocol):
    """Where happenings are written; `simulator.truth.TruthJournal` is the real one."""

    def write(self, box: str, lane: str | None, happening: Happening) -> None: ...


class Devices(Protocol):
    """What the world moves outside itself: readers, terminals of boards, cameras, lines, and what lies beyond."""

    def present_card(self, place: Place, side: str, card: str) -> None: ...

    def show_inputs(self, place: Place, inputs: Mapping[str, bool]) -> None: ...

    def has_target(self, box: str, kind: str, target: str) -> bool: ...

    def set_fault(self, box: str, kind: str, target: str, on: bool) -> None: ...

    def set_scene(self, light: str, rain: int, glare: int) -> None: ...

    def ask_outside(self, what: str, box: str) -> None: ...


class NoDevices:
    """A world without wires, for runs in memory."""

    def present_card(self, place: Place, side: str, card: str) -> None:
        """Nobody reads it."""

    def show_inputs(self, place: Place, inputs: Mapping[str, bool]) -> None:
        """Nobody looks."""

    def has_target(self, box: str, kind: str, target: str) -> bool:
        """Whatever is named might be there."""
        return bool(box and kind and target)

    def set_fault(self, box: str, kind: str, target: str, on: bool) -> None:
        """There is nothing to break."""

    def set_scene(self, light: str, rain: int, glare: int) -> None:
        """There is no camera."""

    def ask_outside(self, what: str, box: str) -> None:
        """There is nobody outside."""


class UnknownPlaceError(ValueError):
    """A lane that is not in this world, or a name that stands for several."""


INPUT_FAULTS: Mapping[str, tuple[str, bool]] = {
    "limit_up_off": ("limit_up", False),
    "limit_up_on": ("limit_up", True),
    "limit_down_off": ("limit_down", False),
    "limit_down_on": ("limit_down", True),
    "arming_stuck": ("arming", True),
    "closing_stuck": ("closing", True),
    "photocell_dirty": ("photocell", True),
}
"""Faults of a lane that show at one input: which, and what it is stuck at."""

LANE_FAULTS = frozenset(INPUT_FAULTS) | {"arm_stuck"}


class World:
    """The estate's gates. `advance` lets time go by; everything else happens at `now_ms`."""

    def __init__(
        self,
        lanes: Mapping[Place, LaneSpec | DoorSpec],
        journal: Journal,
        devices: Devices | None = None,
        start_ms: int = 0,
    ) -> None:
        self.now_ms = start_ms
        self.devices: Devices = devices or NoDevices()
        self._journal = journal
        self._watches: list[Watch] = []
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self.models: dict[Place, LaneModel | DoorModel] = {
            place: LaneModel(spec, start_ms) if isinstance(spec, LaneSpec) else DoorModel(spec, start_ms)
            for place, spec in lanes.items()
        }
        self._shown: dict[Place, dict[str, bool]] = {}
        self.faults: set[tuple[str, str, str]] = set()
        """Box, kind and target of everything that is broken now."""

    # --- the course of time ----------------------------------------------------------------------------------------

    def advance(self, to_ms: int) -> None:
        """Let time go on to `to_ms`, stopping wherever something happens."""
        while (wake_ms := self.next_wake()) is not None and wake_ms <= to_ms:
            self._step_to(max(wake_ms, self.now_ms))
        self._step_to(max(to_ms, self.now_ms))

    def _step_to(self, at_ms: int) -> None:
        self.now_ms = at_ms
        for model in self.models.values():
            model.advance(at_ms)
        self.settle()
        while self._timers and self._timers[0][0] <= at_ms:
            _at_ms, _number, call = heapq.heappop(self._timers)
            call()
            self.settle()

    def next_wake(self) -> int | None:
        """When something will happen next if nobody interferes; `None`: nothing ever."""
        times = [wake_ms for model in self.models.values() if (wake_ms := model.next_wake()) is not None]
        if self._timers:
            times.append(self._timers[0][0])
        return min(times, default=None)

    def after(self, delay_ms: int, call: Callable[[], None]) -> None:
        """Do something later."""
        self.at(self.now_ms + delay_ms, call)

    def at(self, at_ms: int, call: Callable[[], None]) -> None:
        """Do something at a time; at once with the next step when that has gone by."""
        heapq.heappush(self._timers, (at_ms, next(self._numbers), call))

    def watch(self, watch: Watch) -> None:
        """Be told of every happening, after it is in the journal."""
        self._watches.append(watch)

    def settle(self) -> None:
        """Carry outward what has happened: journal, cards, terminals, watches. Needed after every act from outside."""
        for place, model in self.models.items():
            happenings = model.take_happenings()
            self._show(place, model)
            for happening in happenings:
                self._journal.write(place.box, place.lane, happening)
                if happening.what is What.CARD_PRESENTED:
                    values = happening.values
                    self.devices.present_card(place, str(values["side"]), str(values["card"]))
                for watch in self._watches:
                    watch(place, happening)

    def _show(self, place: Place, model: LaneModel | DoorModel) -> None:
        inputs = model.inputs()
        if self._shown.get(place) != inputs:
            self._shown[place] = inputs
            self.devices.show_inputs(place, inputs)

    # --- places ----------------------------------------------------------------------------------------------------

    def place(self, name: str) -> Place:
        """The place called "lane" or "box/lane"; UnknownPlaceError says what there is."""
        found = [place for place in self.models if name in (place.lane, str(place))]
        if len(found) == 1:
            return found[0]
        known = ", ".join(str(place) for place in self.models)
        why = "stands for several lanes" if found else "is not here"
        raise UnknownPlaceError(f"lane {name!r} {why}; there are {known}")

    def lane(self, place: Place) -> LaneModel:
        """The vehicle lane of that place."""
        model = self.models.get(place)
        if not isinstance(model, LaneModel):
            raise UnknownPlaceError(f"{place} is no lane for vehicles")
        return model

    def door(self, place: Place) -> DoorModel:
        """The gate for people of that place."""
        model = self.models.get(place)
        if not isinstance(model, DoorModel):
            raise UnknownPlaceError(f"{place} is no gate for people")
        return model

    def boxes(self) -> list[str]:
        """The ids of all boxes."""
        return list(dict.fromkeys(place.box for place in self.models))

    # --- what people do --------------------------------------------------------------------------------------------

    def send_vehicle(self, place: Place, vehicle: Vehicle, plan: Plan, side: str = "") -> None:
        """Let a vehicle come to a lane."""
        self.lane(place).arrive(vehicle, plan, side)
        self.settle()

    def send_walker(self, place: Place, walker: Walker) -> None:
        """Let somebody come to a gate for people."""
        self.door(place).come(walker)
        self.settle()

    def swipe(self, place: Place, side: str, card: str) -> None:
        """Hold a card to a reader, whoever stands there."""
        values = {"card": card, "vehicle": "", "side": side}
        happening = Happening(at_ms=self.now_ms, what=What.CARD_PRESENTED, values=values)
        self._journal.write(place.box, place.lane, happening)
        self.devices.present_card(place, side, card)

    def relay(self, place: Place, name: str, closed: bool) -> None:
        """A relay of the lane's board changes."""
        self.models[place].relay(name, closed)
        self.settle()

    def set_fire(self, box: str, on: bool) -> None:
        """The contact of the fire alarm system at every lane of a box."""
        for place, model in self.models.items():
            if place.box == box:
                model.set_fire(on)
        self.settle()

    def check_fault(self, box: str, kind: str, target: str) -> None:
        """Raises UnknownPlaceError when that fault can strike nothing of that name at that box."""
        if kind in LANE_FAULTS:
            self.lane(Place(box, target))
        elif not self.devices.has_target(box, kind, target):
            raise UnknownPlaceError(f"fault {kind}: box {box!r} has nothing called {target!r} that it could strike")

    def set_fault(self, box: str, kind: str, target: str, on: bool) -> None:
        """Break or mend something; `target` is a lane for faults of a lane, else the id of a device or a line."""
        self.check_fault(box, kind, target)
        if kind in LANE_FAULTS:
            self._set_lane_fault(Place(box, target), kind, on)
        else:
            self.devices.set_fault(box, kind, target, on)
        (self.faults.add if on else self.faults.discard)((box, kind, target))
        lane = target if kind in LANE_FAULTS else None
        values: dict[str, str | int | bool] = {"kind": kind, "on": on, "target": target}
        self._journal.write(box, lane, Happening(at_ms=self.now_ms, what=What.FAULT, values=values))
        self.settle()

    def _set_lane_fault(self, place: Place, kind: str, on: bool) -> None:
        model = self.lane(place)
        if kind == "arm_stuck":
            model.arm.faults.stuck = on
            return
        name, value = INPUT_FAULTS[kind]
        if on:
            model.overrides[name] = value
        else:
            model.overrides.pop(name, None)

    def set_scene(self, light: str, rain: int, glare: int) -> None:
        """Light and weather from here on."""
        self.devices.set_scene(light, rain, glare)

    def ask_outside(self, what: str, box: str) -> None:
        """Ask whoever runs us for something that lies outside."""
        values: dict[str, str | int | bool] = {"do": what}
        self._journal.write(box, None, Happening(at_ms=self.now_ms, what=What.OUTSIDE, values=values))
        self.devices.ask_outside(what, box)

    def send_home(self) -> None:
        """Whoever waits in the street outside a full lane drives on."""
        for model in self.models.values():
            if isinstance(model, LaneModel):
                model.send_home()
