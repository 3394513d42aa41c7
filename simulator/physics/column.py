"""The vehicles that come to an arm from one side, one behind the other, and how each follows the one ahead.

The arm itself, the loops and time's course may not be put here (see `lane`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from simulator.physics.driver import Driver, Plan, Sight
from simulator.physics.geometry import Geometry
from simulator.physics.happening import What
from simulator.physics.vehicle import Motion, Vehicle

REVERSE_M_S = 1.2
ROOM_BEHIND_M = 1.2
"""Who reverses stops this far from the vehicle behind, until that one has made room."""
START_GAP_M = 1.5
"""Somebody in a queue starts only when there is this much more room than is needed."""
PASSED_M = 0.1

Report = Callable[[What, dict[str, str | int | bool]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSeen:
    """The arm as drivers see it. `lifts` counts its risings; `open_since_ms` is `None` unless it is fully up."""

    is_open: bool
    lifts: int
    open_since_ms: int | None
    is_free_under: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One step of time as a column needs it."""

    now_ms: int
    dt_s: float
    arm: ArmSeen
    has_right_of_way: bool


class Traveller:
    """One vehicle with its driver, somewhere in the lane."""

    def __init__(self, vehicle: Vehicle, plan: Plan, front_m: float) -> None:
        self.vehicle = vehicle
        self.driver = Driver(plan)
        self.motion = Motion(vehicle, front_m)
        self.arrived_ms: int | None = None
        self.head_since_ms: int | None = None
        self.lifts_before = 0
        self.has_crossed = False
        self.has_backed_out = False
        self.has_touched_arm = False
        self.wants_to_move = True


STAYS_OPEN_MS = 3_000
"""An arm that stays up this long in front of the first in the queue is taken as an invitation."""


class Column:
    """All vehicles of one side. `mirrored` for the far side of a two-way lane; `direction` is "entry" or "exit"."""

    def __init__(self, geometry: Geometry, direction: str, report: Report, *, mirrored: bool = False) -> None:
        self._geometry = geometry
        self._report = report
        self._mirrored = mirrored
        self._outside: list[tuple[Vehicle, Plan]] = []
        self.direction = direction
        self.travellers: list[Traveller] = []

    # --- who is here -----------------------------------------------------------------------------------------------

    def add(self, vehicle: Vehicle, plan: Plan) -> None:
        """Let a vehicle come; it waits in the street while the lane is full."""
        self._outside.append((vehicle, plan))

    def send_home(self) -> None:
        """Let those in the street drive on."""
        self._outside.clear()

    @property
    def waiting_outside(self) -> int:
        return len(self._outside)

    @property
    def head(self) -> Traveller | None:
        """The first who has not yet gone through."""
        return next((each for each in self.travellers if not each.has_crossed), None)

    @property
    def is_passing(self) -> bool:
        """Somebody of this side is on the way through or has not yet cleared the far loop."""
        return any(
            (each.driver.may_pass_line and each.motion.front_m > self._geometry.stop_line_m)
            or (each.has_crossed and each.motion.rear_m < self._geometry.leaving.end_m)
            for each in self.travellers
        )

    def bodies(self) -> Iterator[tuple[float, float]]:
        """Rear and front of every vehicle on the lane's axis, the lower end first."""
        for each in self.travellers:
            rear, front = each.motion.rear_m, each.motion.front_m
            yield (-front, -rear) if self._mirrored else (rear, front)

    def find(self, vehicle_id: str) -> Traveller | None:
        """The vehicle of that id, if it is in this lane."""
        return next((each for each in self.travellers if each.vehicle.id == vehicle_id), None)

    # --- the course of time ----------------------------------------------------------------------------------------

    def step(self, moment: Moment) -> None:
        """Let a step of time go by for everybody of this side."""
        self._let_in()
        for index, each in enumerate(self.travellers):
            ahead = self.travellers[index - 1] if index else None
            behind = self.travellers[index + 1] if index + 1 < len(self.travellers) else None
            self._step_one(each, ahead, behind, moment)
        self.travellers = [each for each in self.travellers if not self._has_left(each)]

    def _let_in(self) -> None:
        if not self._outside:
            return
        last_rear = min((each.motion.rear_m for each in self.travellers), default=0.0)
        if last_rear > self._geometry.mouth_m + 1.0:
            vehicle, plan = self._outside.pop(0)
            self.travellers.append(Traveller(vehicle, plan, self._geometry.mouth_m))

    def _step_one(self, one: Traveller, ahead: Traveller | None, behind: Traveller | None, moment: Moment) -> None:
        now_ms, arm = moment.now_ms, moment.arm
        is_head = one is self.head
        if is_head and one.head_since_ms is None:
            one.head_since_ms, one.lifts_before = now_ms, arm.lifts
        one.driver.look(
            Sight(
                now_ms=now_ms,
                front_m=one.motion.front_m,
                speed_m_s=one.motion.speed_m_s,
                gap_m=ahead.motion.rear_m - one.motion.front_m if ahead else None,
                is_head=is_head,
                may_go=is_head and moment.has_right_of_way and self._is_invited(one, arm, now_ms),
                arm_open=arm.is_open,
                line_m=self._geometry.stop_line_m,
            )
        )
        card = one.driver.card_due(now_ms)
        if card:
            self._report(What.CARD_PRESENTED, {"card": card, "vehicle": one.vehicle.id, "side": self.direction})
        was_moving = one.motion.speed_m_s != 0
        self._move(one, ahead, behind, moment.dt_s)
        # One more step after coming to rest, so that the driver notices having stopped.
        one.wants_to_move = was_moving or one.motion.speed_m_s != 0 or one.driver.is_backing
        self._report_progress(one, now_ms)

    def _is_invited(self, one: Traveller, arm: ArmSeen, now_ms: int) -> bool:
        """The arm is up, and it rose for us or has stayed up while we are first and nobody is under it."""
        if not arm.is_open or not arm.is_free_under or one.head_since_ms is None:
            return False
        if arm.lifts > one.lifts_before:
            return True
        since_ms = max(one.head_since_ms, arm.open_since_ms if arm.open_since_ms is not None else now_ms)
        return now_ms - since_ms >= STAYS_OPEN_MS

    def _move(self, one: Traveller, ahead: Traveller | None, behind: Traveller | None, dt_s: float) -> None:
        if one.driver.is_backing:
            room_m = one.motion.rear_m - behind.motion.front_m if behind else ROOM_BEHIND_M + 1
            one.motion.step_back(REVERSE_M_S if room_m > ROOM_BEHIND_M else 0.0, dt_s)
            return
        if one.driver.is_standing_still:
            one.motion.step_towards(one.motion.front_m, dt_s)
            return
        if ahead is not None and self._must_give_way(one, ahead):
            one.motion.step_back(REVERSE_M_S, dt_s)
            return
        one.motion.step_towards(self._stop_m(one, ahead), dt_s)

    @staticmethod
    def _must_give_way(one: Traveller, ahead: Traveller) -> bool:
        """The one ahead reverses: everybody behind has to."""
        gap_m = ahead.motion.rear_m - one.motion.front_m
        is_coming_back = ahead.driver.is_backing or ahead.motion.speed_m_s < 0
        return is_coming_back and gap_m < ROOM_BEHIND_M + 1.0

    def _stop_m(self, one: Traveller, ahead: Traveller | None) -> float:
        stop_m = self._geometry.end_m + one.vehicle.length_m + 10.0
        if not one.driver.may_pass_line and one.motion.front_m <= self._geometry.stop_line_m:
            stop_m = self._geometry.stop_line_m
        elif not one.driver.may_pass_line and not one.has_crossed:
            stop_m = one.motion.front_m  # caught beyond the line by a falling arm: stay
        if ahead is None:
            return stop_m
        behind_m = ahead.motion.rear_m - one.driver.plan.gap_m
        must_start = one.motion.speed_m_s == 0 and not one.driver.may_pass_line
        if must_start and behind_m - one.motion.front_m < START_GAP_M:
            behind_m = one.motion.front_m
        return min(stop_m, behind_m)

    # --- what of it belongs into the journal -----------------------------------------------------------------------

    def _report_progress(self, one: Traveller, now_ms: int) -> None:
        plan, who = self._geometry, {"vehicle": one.vehicle.id, "plate": one.vehicle.plate}
        front_m, rear_m = one.motion.front_m, one.motion.rear_m
        if one.arrived_ms is None and front_m > plan.arming.start_m:
            one.arrived_ms = now_ms
            self._report(What.VEHICLE_ARRIVED, {**who, "direction": self.direction})
        if not one.has_crossed and rear_m > plan.closing.end_m + PASSED_M:
            one.has_crossed = True
            self._report(What.VEHICLE_CROSSED, {**who, "direction": self.direction})
        is_leaving = one.driver.is_backing and one.arrived_ms is not None and front_m < plan.arming.start_m
        if is_leaving and not one.has_backed_out:
            one.has_backed_out = True
            self._report(What.VEHICLE_BACKED_OUT, {**who, "direction": self.direction})

    def _has_left(self, one: Traveller) -> bool:
        backed_off = one.driver.is_backing and one.motion.front_m <= self._geometry.turn_off_m
        if not backed_off and one.motion.rear_m <= self._geometry.end_m:
            return False
        self._report(
            What.VEHICLE_LEFT,
            {"vehicle": one.vehicle.id, "plate": one.vehicle.plate, "direction": self.direction},
        )
        return True

    # --- when something happens next -------------------------------------------------------------------------------

    def is_active(self) -> bool:
        """Something moves or is about to."""
        if self._outside and not self.travellers:
            return True
        return any(each.wants_to_move for each in self.travellers)

    def next_look_ms(self, now_ms: int, arm: ArmSeen) -> int | None:
        """When somebody at rest acts next, if nothing else happens before."""
        looks = (each.driver.next_look_ms(now_ms) for each in self.travellers)
        times = [at_ms for at_ms in looks if at_ms is not None]
        head = self.head
        if head is not None and head.head_since_ms is not None and arm.open_since_ms is not None:
            times.append(max(head.head_since_ms, arm.open_since_ms) + STAYS_OPEN_MS)
        return min((at_ms for at_ms in times if at_ms > now_ms), default=None)
