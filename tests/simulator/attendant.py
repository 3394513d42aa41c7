"""A plain gate in memory for tests of the world: opens for every card it likes, closes once the way is clear."""

from simulator.physics.happening import Happening, What
from simulator.physics.lane import LaneModel, LaneSpec
from simulator.world import NoDevices, Place, World


class Recorded:
    def __init__(self):
        self.lines = []

    def write(self, box: str, lane: str | None, happening: Happening) -> None:
        self.lines.append((box, lane, happening))

    def of(self, what: What):
        return [happening for _box, _lane, happening in self.lines if happening.what is what]


class Attendant(NoDevices):
    """Opens for cards not in `refuses`; lowers when the closing loop clears."""

    def __init__(self, refuses=()):
        self.world: World | None = None
        self.refuses = set(refuses)
        self.last = {}
        self.cards = []
        self.faults = []
        self.asked = []
        self.scenes = []

    def present_card(self, place, side, card):
        self.cards.append((place, side, card))
        if card not in self.refuses:
            self.world.after(100, lambda: self.pulse(place, "unlock" if card.startswith("37") else "up"))

    def pulse(self, place, name):
        self.world.relay(place, name, True)
        self.world.after(700, lambda: self.world.relay(place, name, False))

    def show_inputs(self, place, inputs):
        before, self.last[place] = self.last.get(place, {}), dict(inputs)
        if before.get("closing") and not inputs["closing"]:
            self.world.after(300, lambda: self.lower(place))

    def lower(self, place):
        now = self.last[place]
        if not now["closing"] and not now["photocell"]:
            self.pulse(place, "down")

    def has_target(self, box, kind, target):
        return target in ("cam", "bus")

    def set_fault(self, box, kind, target, on):
        self.faults.append((box, kind, target, on))

    def set_scene(self, light, rain, glare):
        self.scenes.append((light, rain, glare))

    def ask_outside(self, what, box):
        self.asked.append(what)


def world_of(*specs, refuses=(), box="north"):
    attendant, journal = Attendant(refuses), Recorded()
    world = World({Place(box, spec.id): spec for spec in specs}, journal, attendant)
    attendant.world = world
    return world, attendant, journal


def run_lane(lane: LaneModel, to_ms: int, on_inputs=None, step_ms=None):
    """Every change of the inputs as (ms, name, value), with all happenings."""
    changes, happened, last = [], [], lane.inputs()
    while lane.now_ms < to_ms:
        wake_ms = lane.next_wake()
        next_ms = lane.now_ms + step_ms if step_ms else (wake_ms if wake_ms is not None else to_ms)
        lane.advance(min(next_ms, to_ms))
        happened += lane.take_happenings()
        inputs = lane.inputs()
        changed = [(lane.now_ms, name, value) for name, value in inputs.items() if last[name] != value]
        last = inputs
        changes += changed
        if on_inputs and changed:
            on_inputs(lane, {name: value for _ms, name, value in changed})
    return changes, happened


def closes_when_clear(lane, changed):
    if changed.get("closing") is False:
        lane.order("down")


def new_lane(**values) -> LaneModel:
    return LaneModel(LaneSpec(id="in", **values))
