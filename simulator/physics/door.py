"""A gate for people on foot: lock, door leaf, door contact, exit button, and the people who go through (R26).

No wire, thread, time of day or decision may be put here. It is driven like a lane: `advance`, `inputs`, `order`,
`next_wake`.
"""

from dataclasses import dataclass
from enum import Enum, auto

from simulator.physics.happening import Happening, What
from simulator.physics.person import Walker, Way

TICK_MS = 20
SWING_MS = 400
"""From the hand on the leaf to the contact that says the door is open."""
CLOSER_MS = 1_200
"""What the door closer needs once nobody holds the door."""
BUTTON_MS = 300


class Step(Enum):
    """Where a walker is."""

    COMES = auto()
    WAITS = auto()
    OPENS = auto()
    WALKS = auto()
    CLOSES = auto()


@dataclass(slots=True)
class AtDoor:
    """The one walker who is at the door now, and until when the present step lasts."""

    walker: Walker
    step: Step
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorSpec:
    """What stands at a gate for people. `button_releases`: the exit button is wired to the lock as well."""

    id: str
    button_releases: bool = False


class DoorModel:
    """One gate for people. People go through one at a time, in the order in which they came."""

    def __init__(self, spec: DoorSpec, start_ms: int = 0) -> None:
        self.spec = spec
        self.now_ms = start_ms
        self.is_open = False
        self.is_released = False
        self.fire = False
        self.overrides: dict[str, bool] = {}
        self._happenings: list[Happening] = []
        self._queue: list[Walker] = []
        self._at: AtDoor | None = None
        self._button_until_ms = 0

    # --- the course of time ----------------------------------------------------------------------------------------

    def advance(self, to_ms: int) -> None:
        """Let time go on to `to_ms`."""
        while (wake_ms := self.next_wake()) is not None and wake_ms <= to_ms:
            self.now_ms = wake_ms
            self._step()
        self.now_ms = max(self.now_ms, to_ms)

    def next_wake(self) -> int | None:
        """When something will happen next if nobody interferes; `None`: nothing ever."""
        tick_ms = (self.now_ms // TICK_MS + 1) * TICK_MS
        if self._at is None:
            times = [tick_ms] if self._queue else []
        elif self._at.step is Step.WAITS and self._can_pull(self._at.walker):
            times = [tick_ms]
        else:
            times = [self._at.until_ms]
        if self._button_until_ms > self.now_ms:
            times.append(self._button_until_ms)
        return max(tick_ms, min(times)) if times else None

    def take_happenings(self) -> list[Happening]:
        """Everything that happened since this was last asked."""
        taken, self._happenings = self._happenings, []
        return taken

    def _step(self) -> None:
        if self._at is None:
            if self._queue:
                self._begin(self._queue.pop(0))
            return
        at = self._at
        if at.step is Step.WAITS and self._can_pull(at.walker):
            self._go_on(at, Step.OPENS, at.walker.reaction_ms + SWING_MS)
        elif self.now_ms >= at.until_ms:
            self._next_step(at)

    def _begin(self, walker: Walker) -> None:
        self._report(What.PERSON_ARRIVED, self._who(walker))
        self._at = AtDoor(walker=walker, step=Step.COMES, until_ms=self.now_ms + walker.act_after_ms)

    def _next_step(self, at: AtDoor) -> None:
        walker = at.walker
        if at.step is Step.COMES:
            self._act(walker)
            self._go_on(at, Step.WAITS, walker.patience_ms)
        elif at.step is Step.WAITS:
            self._leave(walker)
        elif at.step is Step.OPENS:
            self._set_door(True, walker)
            self._go_on(at, Step.WALKS, walker.walk_ms + walker.hold_ms)
        elif at.step is Step.WALKS:
            self._report(What.PERSON_CROSSED, {**self._who(walker), "direction": walker.direction})
            self._go_on(at, Step.CLOSES, CLOSER_MS)
        else:
            self._set_door(False, walker)
            self._leave(walker)

    def _act(self, walker: Walker) -> None:
        if walker.way is Way.CARD and walker.card:
            side = walker.direction
            self._report(What.CARD_PRESENTED, {"card": walker.card, "vehicle": walker.id, "side": side})
        elif walker.way is Way.EXIT_BUTTON:
            self.press_button()

    def _can_pull(self, walker: Walker) -> bool:
        return self.is_released or walker.way in (Way.FORCE, Way.KEY)

    def _go_on(self, at: AtDoor, step: Step, for_ms: int) -> None:
        at.step, at.until_ms = step, self.now_ms + for_ms

    def _leave(self, walker: Walker) -> None:
        self._report(What.PERSON_LEFT, self._who(walker))
        self._at = None

    def _set_door(self, is_open: bool, walker: Walker) -> None:
        self.is_open = is_open
        self._report(What.DOOR, {"open": is_open, "forced": is_open and walker.way is Way.FORCE})

    @staticmethod
    def _who(walker: Walker) -> dict[str, str | int | bool]:
        return {"person": walker.id, "card": walker.card, "way": walker.way.value}

    def _report(self, what: What, values: dict[str, str | int | bool]) -> None:
        self._happenings.append(Happening(at_ms=self.now_ms, what=what, values=values))

    # --- terminals and people --------------------------------------------------------------------------------------

    def inputs(self) -> dict[str, bool]:
        """Every input by its name in the board's profile."""
        shown = {
            "door": self.is_open,
            "lock_released": self.is_released,
            "exit_button": self.now_ms < self._button_until_ms,
            "fire": self.fire,
            "fault": False,
        }
        return {**shown, **self.overrides}

    def order(self, name: str) -> None:
        """ "unlock" releases the lock, "lock" ends it; the board's relay says both."""
        if name in ("unlock", "lock"):
            self.is_released = name == "unlock"

    def relay(self, name: str, closed: bool) -> None:
        """The lock is released for as long as its relay is closed."""
        if name == "unlock":
            self.order("unlock" if closed else "lock")
        elif name == "lock" and closed:
            self.order("lock")

    @property
    def walker_id(self) -> str:
        """Who is at the door now, or ""."""
        return self._at.walker.id if self._at else ""

    @property
    def waiting(self) -> int:
        """How many wait behind."""
        return len(self._queue)

    def come(self, walker: Walker) -> None:
        """Let somebody come to the gate."""
        self._queue.append(walker)

    def press_button(self) -> None:
        """The exit button on the inner side."""
        self._button_until_ms = self.now_ms + BUTTON_MS
        self._report(What.BUTTON, {"name": "exit"})
        if self.spec.button_releases:
            self.is_released = True

    def set_fire(self, on: bool) -> None:
        """The contact of the fire alarm system."""
        if on != self.fire:
            self.fire = on
            self._report(What.FIRE, {"on": on})
