"""Plays a traffic script on a world: the same script, seed and fleet give the same arrivals at the same times.

No physics may be put here, and nothing of what the car park allows: the player knows only who is inside in truth.
"""

import dataclasses
from collections.abc import Callable, Mapping
from random import Random

from simulator.physics.driver import Manner, Plan
from simulator.physics.happening import Happening, What
from simulator.physics.person import Walker
from simulator.physics.vehicle import Vehicle
from simulator.traffic import script as steps
from simulator.traffic.fleet import Fleet, Member
from simulator.world import Place, UnknownPlaceError, World

TAILGATE_GAP_M = 1.6
FORCE_AFTER_MS = 4_000
LEAST_APART_MS = 1_500
CARD_AFTER_MS = (900, 2_600)
REACTION_MS = (500, 1_400)


class Presence:
    """Who is where in truth: in a lane, inside (and by which box), or out in the street. Scripts may share one."""

    def __init__(self, world: World) -> None:
        world.watch(self.note)
        self.in_lane: set[str] = set()
        self.inside: dict[str, str] = {}

    def note(self, place: Place, happening: Happening) -> None:
        """Follow what happens."""
        vehicle = str(happening.values.get("vehicle") or happening.values.get("person") or "")
        if happening.what in (What.VEHICLE_CROSSED, What.PERSON_CROSSED):
            if happening.values["direction"] == "entry":
                self.inside[vehicle] = place.box
            else:
                self.inside.pop(vehicle, None)
        elif happening.what is What.VEHICLE_ARRIVED:
            self.in_lane.add(vehicle)  # also one that somebody sent from the page
        elif happening.what in (What.VEHICLE_LEFT, What.PERSON_LEFT):
            self.in_lane.discard(vehicle)


class Player:
    """Puts everything that a script names into the world's timers."""

    def __init__(
        self,
        script: steps.Script,
        fleet: Fleet,
        world: World,
        *,
        seed: int | None = None,
        presence: Presence | None = None,
    ) -> None:
        self._script = script
        self._fleet = fleet
        self._world = world
        self._seed = script.seed if seed is None else seed
        self._random = Random(f"{self._seed}/steps")  # noqa: S311 - repeatable traffic, not a secret
        self._presence = presence or Presence(world)
        self._pending: list[Callable[[Place, Happening], bool]] = []
        self._closes_at_ms: int | None = None
        self.attempts = 0
        world.watch(self._ask_pending)

    @property
    def presence(self) -> Presence:
        return self._presence

    def start(self) -> None:
        """Begin; times of the script count from the world's present time. Raises UnknownPlaceError for a wrong lane."""
        for index, flow in enumerate(self._script.flows):
            self._start_flow(index, flow)
        for step in self._script.steps:
            self._check_place(step)
            for time in range(step.times if step.every else 1):
                at_ms = self._world.now_ms + step.at + time * (step.every or 0)
                self._world.at(at_ms, lambda step=step: self._do(step))  # type: ignore[misc]

    def close_at(self, at_ms: int) -> None:
        """From then on nobody comes and nothing breaks any more, so that what has begun can end."""
        self._closes_at_ms = at_ms
        self._world.at(at_ms, self._world.send_home)

    @property
    def _is_closed(self) -> bool:
        return self._closes_at_ms is not None and self._world.now_ms >= self._closes_at_ms

    def _check_place(self, step: steps.Step) -> None:
        lane = getattr(step, "lane", None)
        if lane is not None:
            self._world.place(lane)
        if isinstance(step, steps.FaultStep):
            self._world.check_fault(step.box, step.kind, step.target)
        if isinstance(step, steps.FireStep) and step.box not in self._world.boxes():
            raise UnknownPlaceError(f"fire: box {step.box!r} is not here; there are {', '.join(self._world.boxes())}")

    # --- flows -----------------------------------------------------------------------------------------------------

    def _start_flow(self, index: int, flow: steps.Flow) -> None:
        random = Random(f"{self._seed}/flow/{index}")  # noqa: S311 - repeatable traffic, not a secret
        start_ms, place = self._world.now_ms, self._world.place(flow.lane)
        until_ms = None if flow.until is None else start_ms + flow.until

        def come() -> None:
            if not self._is_closed:
                self._come_in_flow(flow, place, random)
                plan_next()

        def plan_next() -> None:
            wait_ms = max(LEAST_APART_MS, round(random.expovariate(flow.per_hour / 3_600_000)))
            at_ms = max(self._world.now_ms, start_ms + flow.start) + wait_ms
            if until_ms is None or at_ms < until_ms:
                self._world.at(at_ms, come)

        plan_next()

    def _come_in_flow(self, flow: steps.Flow, place: Place, random: Random) -> None:
        shows_card = random.randrange(100) < flow.card_share
        member = self._choose(flow.who, place, random)
        if member is None:
            return
        plan = self._plan(random, patience_ms=flow.patience, card=member.card if shows_card else "")
        self._send(place, member.vehicle, plan)

    # --- choosing --------------------------------------------------------------------------------------------------

    def _choose(self, who: str, place: Place, random: Random) -> Member | None:
        """Somebody of a drawer who can come now: not in a lane, and on the right side of the gate."""
        here = self._presence
        if who == "inside":
            ids = sorted(each for each, box in here.inside.items() if box == place.box and each not in here.in_lane)
            members = [member for each in ids if (member := self._fleet.find(each)) is not None]
            members = [member for member in members if member.vehicle.plate]
        else:
            members = [each for each in self._fleet.of(who) if each.vehicle.id not in here.in_lane]
            members = [each for each in members if each.vehicle.id not in here.inside]
        return random.choice(members) if members else None

    def _plan(self, random: Random, *, patience_ms: int, card: str) -> Plan:
        return Plan(
            card=card,
            card_after_ms=random.randint(*CARD_AFTER_MS),
            reaction_ms=random.randint(*REACTION_MS),
            patience_ms=patience_ms,
        )

    def _send(self, place: Place, vehicle: Vehicle, plan: Plan, side: str = "") -> None:
        self.attempts += 1
        self._presence.in_lane.add(vehicle.id)
        self._world.send_vehicle(place, vehicle, plan, side)

    # --- steps -----------------------------------------------------------------------------------------------------

    def _do(self, step: steps.Step) -> None:
        table: Mapping[type, Callable[..., None]] = {
            steps.VehicleStep: self._vehicle,
            steps.WalkerStep: self._walker,
            steps.UnderArmStep: self._under_arm,
            steps.ButtonStep: self._button,
            steps.FireStep: self._fire,
            steps.FaultStep: self._fault,
            steps.SceneStep: self._scene,
            steps.OutsideStep: self._outside,
        }
        if not self._is_closed:
            table[type(step)](step)

    def _vehicle(self, step: steps.VehicleStep) -> None:
        place = self._world.place(step.lane)
        member = self._fleet.find(step.vehicle) if step.vehicle else self._choose(step.who, place, self._random)
        if member is None or member.vehicle.id in self._presence.in_lane:
            return
        plan = self._plan(self._random, patience_ms=step.patience, card=self._card(step, member))
        plan = dataclasses.replace(
            plan,
            manner=step.manner,
            pause_ms=step.pause,
            away_ms=step.away,
            gap_m=step.gap_m or (TAILGATE_GAP_M if step.manner is Manner.TAILGATE else plan.gap_m),
            patience_ms=min(step.patience, FORCE_AFTER_MS) if step.manner is Manner.FORCE else step.patience,
        )
        vehicle = dataclasses.replace(member.vehicle, dirt=step.dirt) if step.dirt else member.vehicle
        self._send(place, vehicle, plan, step.side)

    def _card(self, step: steps.VehicleStep, member: Member) -> str:
        if step.card == "own":
            return member.card
        if step.card == "none":
            return ""
        if step.card == "unknown":
            return f"26:{self._random.randrange(200, 256)}:{self._random.randrange(1, 65536)}"
        drawer = "lost" if step.card == "lost" else "resident"
        cards = [each.card for each in self._fleet.of(drawer) if each.card and each.vehicle.id != member.vehicle.id]
        return self._random.choice(cards) if cards else ""

    def _walker(self, step: steps.WalkerStep) -> None:
        place = self._world.place(step.lane)
        people = self._fleet.of(step.who)
        member = self._random.choice(people) if people else None
        walker = Walker(
            id=member.vehicle.id if member else "somebody",
            card=member.card if member else "",
            way=step.way,
            direction=step.direction,
            hold_ms=step.hold,
        )
        self._world.send_walker(place, walker)

    def _under_arm(self, step: steps.UnderArmStep) -> None:
        place = self._world.place(step.lane)
        lane = self._world.lane(place)
        if step.when == "now":
            lane.person_under_arm(step.stay)
            return

        def is_moment(where: Place, happening: Happening) -> bool:
            if where != place:
                return False
            if step.when == "arm_falls":
                is_it = happening.what is What.ARM and happening.values["position"] == "falling"
            else:
                left = happening.what is What.UNDER_ARM and happening.values["occupied"] is False
                is_it = left and lane.arm.is_up
            if is_it:
                self._world.after(100, lambda: lane.person_under_arm(step.stay))
            return is_it

        self._pending.append(is_moment)

    def _ask_pending(self, place: Place, happening: Happening) -> None:
        if self._pending:
            self._pending = [each for each in self._pending if not each(place, happening)]

    def _button(self, step: steps.ButtonStep) -> None:
        self._world.models[self._world.place(step.lane)].press_button()

    def _fire(self, step: steps.FireStep) -> None:
        self._world.set_fire(step.box, True)
        self._world.after(step.stay, lambda: self._world.set_fire(step.box, False))

    def _fault(self, step: steps.FaultStep) -> None:
        self._world.set_fault(step.box, step.kind, step.target, True)
        self._world.after(step.stay, lambda: self._world.set_fault(step.box, step.kind, step.target, False))

    def _scene(self, step: steps.SceneStep) -> None:
        self._world.set_scene(step.light, step.rain, step.glare)

    def _outside(self, step: steps.OutsideStep) -> None:
        self._world.ask_outside(step.what, step.box)
