"""One lane with its arm: the course of time over vehicles, arm, loops and photocell, and what the inputs then say.

No wire, thread, time of day or decision may be put here. Time is an argument in milliseconds; instead of sleeping the
lane says when it wants to be woken. Figures of force and reversing: EN 12453 (reversing on obstruction is the
barrier's own board's work, and therefore physics here).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.physics.arm import Arm, ArmSpec
from simulator.physics.column import ArmSeen, Column, Moment, Traveller
from simulator.physics.driver import Plan
from simulator.physics.geometry import SEEN_M, Detector, Geometry
from simulator.physics.happening import Happening, What
from simulator.physics.person import UnderArm
from simulator.physics.vehicle import Vehicle

TICK_MS = 20
OPEN_DEG = 80.0
"""From this angle on a driver takes the arm as up."""
UNDER_M = 0.3
"""Half the width of the strip in which the arm would come down on somebody."""
BUTTON_MS = 400
STEPPED_IN_MS = 300
"""Who comes under a falling arm in its last moment has run into it; a person still steps back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneSpec:
    """What stands at a lane. `direction` is "entry", "exit" or "both".

    `own_safety`: the barrier's board reverses by itself when closing loop or photocell see something under a falling
    arm, and does not start to lower onto it. `button_opens`: the booth's button is wired to the barrier as well.
    """

    id: str
    direction: str = "entry"
    arm: ArmSpec = field(default_factory=ArmSpec)
    own_safety: bool = True
    button_opens: bool = True
    repair_ms: int = 10_000


class LaneModel:
    """One lane. `advance` lets time go by, `order` moves the arm, `inputs` is what a board's terminals would show."""

    def __init__(self, spec: LaneSpec, start_ms: int = 0) -> None:
        self.spec = spec
        self.now_ms = start_ms
        self.arm = Arm(spec.arm)
        is_shared = spec.direction == "both"
        self.geometry = Geometry().for_both_ways() if is_shared else Geometry()
        first = "entry" if is_shared else spec.direction
        self.columns = [Column(self.geometry, first, self._report)]
        if is_shared:
            self.columns.append(Column(self.geometry, "exit", self._report, mirrored=True))
        self.overrides: dict[str, bool] = {}
        self.fire = False
        self._happenings: list[Happening] = []
        self._person: UnderArm | None = None
        self._button_until_ms = 0
        self._repair_at_ms: int | None = None
        self._open_since_ms: int | None = None
        self._position = self.arm.position
        self._under = ""
        self._blocked = True
        self._under_since_ms = start_ms
        self._relays: set[str] = set()
        self._detectors = {
            "arming": Detector(60, 120),
            "closing": Detector(60, 120),
            "leaving": Detector(60, 120),
            "photocell": Detector(20, 40),
        }

    # --- the course of time ----------------------------------------------------------------------------------------

    def advance(self, to_ms: int) -> None:
        """Let time go on to `to_ms`. Earlier times are ignored: time does not go back."""
        while (wake_ms := self.next_wake()) is not None and wake_ms <= to_ms:
            self.now_ms = wake_ms
            self._step()
        self.now_ms = max(self.now_ms, to_ms)

    def next_wake(self) -> int | None:
        """When something will happen next if nobody interferes; `None`: nothing ever."""
        tick_ms = (self.now_ms // TICK_MS + 1) * TICK_MS
        if self._is_active():
            return tick_ms
        seen = self._arm_seen()
        times = [each for column in self.columns if (each := column.next_look_ms(self.now_ms, seen)) is not None]
        if self._person is not None:
            times.append(self._person.until_ms)
        if self._button_until_ms > self.now_ms:
            times.append(self._button_until_ms)
        if self._repair_at_ms is not None:
            times.append(self._repair_at_ms)
        later = [-(-each // TICK_MS) * TICK_MS for each in times if each > self.now_ms]
        return max(tick_ms, min(later)) if later else None

    def take_happenings(self) -> list[Happening]:
        """Everything that happened since this was last asked."""
        taken, self._happenings = self._happenings, []
        return taken

    def _is_active(self) -> bool:
        return (
            self.arm.is_moving
            or any(each.is_active() for each in self.columns)
            or any(each.is_settling for each in self._detectors.values())
            or any(self._sees(name) != each.sensed for name, each in self._detectors.items())
        )

    def _step(self) -> None:
        dt_s = TICK_MS / 1000
        seen = self._arm_seen()
        for column in self.columns:
            may_go = self._has_right_of_way(column)
            column.step(Moment(now_ms=self.now_ms, dt_s=dt_s, arm=seen, has_right_of_way=may_go))
        if self._person is not None and self.now_ms >= self._person.until_ms:
            self._person = None
            self._report(What.PERSON_UNDER_ARM, {"on": False})
        self._repair()
        self.arm.step(dt_s)
        self._touch()
        for name, detector in self._detectors.items():
            detector.look(self.now_ms, self._sees(name))
        self._own_safety()
        self._report_arm()

    def _arm_seen(self) -> ArmSeen:
        is_open = (self.arm.angle_deg >= OPEN_DEG and not self.arm.is_falling) or self.arm.knocked_off
        return ArmSeen(
            is_open=is_open,
            lifts=self.arm.lifts,
            open_since_ms=self._open_since_ms if is_open else None,
            is_free_under=not self._is_under(),
        )

    def _has_right_of_way(self, column: Column) -> bool:
        """On a two-way lane: nobody comes through from the other side, and nobody there was first."""
        for other in self.columns:
            if other is column or other.head is None:
                if other is not column and other.is_passing:
                    return False
                continue
            mine = column.head.arrived_ms if column.head else None
            theirs = other.head.arrived_ms
            if other.is_passing or (theirs is not None and (mine is None or theirs < mine)):
                return False
        return True

    # --- arm and bodies --------------------------------------------------------------------------------------------

    def _travellers(self) -> list[Traveller]:
        return [each for column in self.columns for each in column.travellers]

    def _vehicle_under(self) -> Traveller | None:
        for each in self._travellers():
            if each.motion.rear_m < UNDER_M and each.motion.front_m > -UNDER_M:
                return each
        return None

    def _is_under(self) -> str:
        if self._person is not None:
            return "person"
        found = self._vehicle_under()
        return found.vehicle.id if found else ""

    def _touch(self) -> None:
        """The arm and a body meet: who moved into whom decides who struck."""
        under, was_under, hit = self._is_under(), self._under, self._vehicle_under()
        if under and not was_under:
            self._under_since_ms = self.now_ms
        if under != self._under:
            self._report(What.UNDER_ARM, {"occupied": bool(under), "by": under or self._under})
            self._under = under
        came_down, self._blocked = self.arm.blocks and not self._blocked, self.arm.blocks
        stood_there = self.now_ms - self._under_since_ms > STEPPED_IN_MS
        meets = hit is not None and (was_under != hit.vehicle.id or came_down)
        if under and came_down and self.arm.speed_deg_s < 0 and stood_there:
            self._report(What.ARM_STRUCK, {"by": "arm", "vehicle": under})
            self.arm.order("up")
        elif self.arm.blocks and hit is not None and meets and not hit.has_touched_arm:
            hit.has_touched_arm = True
            self.arm.knocked_off = True
            self._repair_at_ms = self.now_ms + self.spec.repair_ms
            self._report(What.ARM_STRUCK, {"by": "vehicle", "vehicle": hit.vehicle.id, "plate": hit.vehicle.plate})

    def _repair(self) -> None:
        """Somebody puts the boom back, when nothing is in the way."""
        if self._repair_at_ms is not None and self.now_ms >= self._repair_at_ms:
            if self._is_under():
                self._repair_at_ms = self.now_ms + 1_000
                return
            self._repair_at_ms = None
            self.arm.knocked_off = False
            self._report(What.FAULT, {"kind": "boom_off", "on": False})

    def _own_safety(self) -> None:
        if self.spec.own_safety and self.arm.is_falling:
            for name in ("photocell", "closing"):
                if self._detectors[name].sensed:
                    self._report(What.ARM_REVERSED, {"because": name})
                    self.arm.order("up")
                    return

    def _sees(self, name: str) -> bool:
        """What is truly there for a detector, before its delay."""
        bodies = [each for column in self.columns for each in column.bodies()]
        if name == "photocell":
            at_m = self.geometry.photocell_m
            return self._person is not None or any(rear < at_m < front for rear, front in bodies)
        zone = getattr(self.geometry, name)
        return any(zone.overlap_m(rear, front) >= SEEN_M for rear, front in bodies)

    def _report_arm(self) -> None:
        position = self.arm.position
        if position != self._position:
            self._position = position
            self._report(What.ARM, {"position": position, "angle": round(self.arm.angle_deg)})
            self._open_since_ms = self.now_ms if position == "up" else None

    def _report(self, what: What, values: Mapping[str, str | int | bool]) -> None:
        self._happenings.append(Happening(at_ms=self.now_ms, what=what, values=dict(values)))

    # --- terminals -------------------------------------------------------------------------------------------------

    def inputs(self) -> dict[str, bool]:
        """Every input by its name in the board's profile, as the terminals show it now."""
        shown = {name: each.sensed for name, each in self._detectors.items()}
        shown["limit_up"] = self.arm.limit_up
        shown["limit_down"] = self.arm.limit_down
        shown["fire"] = self.fire
        shown["button"] = self.now_ms < self._button_until_ms
        shown["fault"] = self.arm.knocked_off
        return {**shown, **self.overrides}

    def order(self, name: str) -> None:
        """A contact for "up", "down" or "stop" closes. Other names belong to other kinds of lane and do nothing."""
        if name == "stop":
            self.arm.order("hold")
        elif name == "up":
            self.arm.order("up")
        elif name == "down" and not self._refuses_down():
            self.arm.order("down")
        self._report_arm()

    def relay(self, name: str, closed: bool) -> None:
        """A relay changes: its closing is the order; "up" held closed keeps the arm up against any "down"."""
        if closed and name not in self._relays:
            self._relays.add(name)
            self.order(name)
        elif not closed:
            self._relays.discard(name)

    def _refuses_down(self) -> bool:
        if "up" in self._relays or self.now_ms < self._button_until_ms:
            return True
        sensed = [name for name in ("photocell", "closing") if self._detectors[name].sensed]
        if self.spec.own_safety and sensed and not self.arm.is_down:
            self._report(What.DOWN_VETOED, {"because": sensed[0]})
            return True
        return False

    # --- what people do --------------------------------------------------------------------------------------------

    def arrive(self, vehicle: Vehicle, plan: Plan, side: str = "") -> None:
        """Let a vehicle come to the lane; `side` says from where on a two-way lane ("entry" or "exit")."""
        for column in self.columns:
            if not side or column.direction == side or len(self.columns) == 1:
                column.add(vehicle, plan)
                return
        raise ValueError(f"lane {self.spec.id}: side {side!r} is neither 'entry' nor 'exit'")

    def send_home(self) -> None:
        """Whoever waits in the street because the lane is full drives on."""
        for column in self.columns:
            column.send_home()

    def find(self, vehicle_id: str) -> Traveller | None:
        """The vehicle of that id, if it is in the lane."""
        return next((found for column in self.columns if (found := column.find(vehicle_id))), None)

    @property
    def has_person(self) -> bool:
        """Somebody on foot is under the arm."""
        return self._person is not None

    def person_under_arm(self, for_ms: int) -> None:
        """Somebody walks under the arm and is there for a while."""
        if self._person is None:
            self._report(What.PERSON_UNDER_ARM, {"on": True})
        self._person = UnderArm(until_ms=self.now_ms + for_ms)

    def press_button(self) -> None:
        """The booth's open button."""
        self._button_until_ms = self.now_ms + BUTTON_MS
        self._report(What.BUTTON, {"name": "open"})
        if self.spec.button_opens:
            self.arm.order("up")

    def set_fire(self, on: bool) -> None:
        """The contact of the fire alarm system."""
        if on != self.fire:
            self.fire = on
            self._report(What.FIRE, {"on": on})
