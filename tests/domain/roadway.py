"""A pure model of one lane's roadway for the state machine: an arm that obeys orders, and vehicles as intervals.

Vehicles drive towards larger x; the arm stands at 0. The loops are where a real lane has them: the one before the arm
ends a metre before it, the other lies under it.
"""

from dataclasses import dataclass, field

from controller.domain.terms import BarrierOrder, Signal

ARMING, CLOSING, PHOTOCELL = (-4.7, -2.8), (-0.2, 1.2), (0.15, 0.25)
STOP_LINE, GONE, BACK_OUT, GAP = -1.8, 8.0, -16.0, 1.6
CAR, MOTORCYCLE = 4.5, 2.0


@dataclass
class Vehicle:
    """One vehicle: its front, its length, and whether it has been under the arm."""

    front: float
    length: float
    was_under: bool = False

    @property
    def rear(self) -> float:
        return self.front - self.length

    def covers(self, loop: tuple[float, float]) -> bool:
        return self.rear < loop[1] and self.front > loop[0]


@dataclass
class Roadway:
    """Arm (0 down, 1000 up), vehicles in order from the front one, and whether the inputs can be read."""

    position: int = 0
    going: int = 0
    stuck: bool = False
    person: bool = False
    lost: bool = False
    fire: bool = False
    button: bool = False
    vehicles: list[Vehicle] = field(default_factory=list)
    crossed: int = 0
    ambiguous: bool = False
    struck: bool = False

    # --- arm -------------------------------------------------------------------------------------------------------

    def obey(self, order: BarrierOrder) -> None:
        if not self.stuck:
            self.going = {BarrierOrder.UP: 1, BarrierOrder.DOWN: -1}.get(order, 0)

    def tick(self) -> None:
        before = self.position
        self.position = max(0, min(1000, self.position + 350 * self.going))
        if self.going < 0 and self.position < before and self._under_arm():
            self.struck = True
        if self.position in (0, 1000):
            self.going = 0

    def _under_arm(self) -> bool:
        return self.person or any(each.covers(PHOTOCELL) for each in self.vehicles)

    # --- vehicles --------------------------------------------------------------------------------------------------

    def arrive(self, length: float, gap: float) -> None:
        front = -3.0
        if self.vehicles:
            front = min(front, self.vehicles[-1].rear - gap)
        if front >= BACK_OUT:
            self.vehicles.append(Vehicle(front=front, length=length))

    def forward(self, index: int, metres: float, *, force: bool) -> None:
        vehicle = self.vehicles[index]
        goal = vehicle.front + metres
        if not force and self.position < 1000 and vehicle.front <= STOP_LINE:
            goal = min(goal, STOP_LINE)
        if index > 0:
            goal = min(goal, self.vehicles[index - 1].rear - GAP)
        if goal <= vehicle.front:
            return
        vehicle.front = goal
        vehicle.was_under = vehicle.was_under or vehicle.covers(CLOSING)
        if self.lost:
            self.ambiguous = True
        if vehicle.rear > CLOSING[1] and vehicle.front - metres - vehicle.length <= CLOSING[1]:
            self.crossed += 1
        if vehicle.rear > GONE:
            self.vehicles.pop(index)

    def backward(self, index: int, metres: float, *, alone: bool = False) -> None:
        vehicle = self.vehicles[index]
        limit = self.vehicles[index + 1].front + GAP + vehicle.length if index + 1 < len(self.vehicles) else -99.0
        goal = max(vehicle.front - metres, limit)
        if goal >= vehicle.front or vehicle.rear >= ARMING[1]:
            return
        if self.lost or (vehicle.was_under and not alone):
            self.ambiguous = True
        vehicle.front = goal
        if vehicle.front < BACK_OUT:
            self.vehicles.pop(index)

    # --- inputs ----------------------------------------------------------------------------------------------------

    def inputs(self) -> dict[str, Signal]:
        def seen(on: bool) -> Signal:
            if self.lost:
                return Signal.UNKNOWN
            return Signal.ON if on else Signal.OFF

        return {
            "limit_up": seen(self.position == 1000),
            "limit_down": seen(self.position == 0),
            "arming": seen(any(each.covers(ARMING) for each in self.vehicles)),
            "closing": seen(any(each.covers(CLOSING) for each in self.vehicles)),
            "leaving": Signal.ABSENT,
            "photocell": seen(self._under_arm()),
            "fire": seen(self.fire),
            "button": seen(self.button),
            "fault": seen(False),
        }
