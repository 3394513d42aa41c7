"""The person at the wheel: what they wait for, how long, and what they do when the arm stays down.

No position or speed may be kept here (see `vehicle`), and nothing of the rules of the car park: a driver knows only
what can be seen from the seat.
"""

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Manner(StrEnum):
    """How somebody drives through a gate."""

    NORMAL = "normal"
    TAILGATE = "tailgate"
    FORCE = "force"
    BACK_OUT = "back_out"
    BACK_OUT_UNDER_ARM = "back_out_under_arm"
    HESITATE = "hesitate"
    ABANDON = "abandon"


@unique
class Phase(StrEnum):
    """Where a driver is in the drive."""

    APPROACH = "approach"
    AT_LINE = "at_line"
    GO = "go"
    PAUSED = "paused"
    BACKING = "backing"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a driver is going to do. `card` is canonical text, "" for somebody who has none.

    `patience_ms` counts from coming to rest at the line; then the driver backs out, or forces the way, or, with
    `Manner.ABANDON`, walks away and comes back after `away_ms`. `gap_m` is kept to the vehicle ahead.
    """

    manner: Manner = Manner.NORMAL
    card: str = ""
    card_after_ms: int = 1_500
    card_times: int = 1
    card_every_ms: int = 4_000
    reaction_ms: int = 800
    patience_ms: int = 20_000
    pause_ms: int = 6_000
    away_ms: int = 60_000
    gap_m: float = 1.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What is seen from the seat in this moment, on the vehicle's own axis.

    `may_go` is the arm up for this vehicle; `arm_open` the arm high enough and not coming down. `gap_m` is the room to
    the vehicle ahead, `None` when there is none.
    """

    now_ms: int
    front_m: float
    speed_m_s: float
    gap_m: float | None
    is_head: bool
    may_go: bool
    arm_open: bool
    line_m: float


REACHED_LINE_M = 0.6
"""Who stands this near to the stop line stands at it."""
COMMITTED_M = -0.4
"""With the nose beyond this point nobody stops for an arm any more."""


class Driver:
    """One driver's course through the lane: asked once in each step of time, answers with what the feet do."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.phase = Phase.APPROACH
        self._line_since_ms: int | None = None
        self._go_at_ms: int | None = None
        self._until_ms: int | None = None
        self._cards_shown = 0
        self._has_paused = False

    # --- what the feet do ------------------------------------------------------------------------------------------

    def look(self, sight: Sight) -> None:
        """Take in what is seen and change one's mind where it calls for it."""
        if self.phase is Phase.APPROACH:
            self._approach(sight)
        elif self.phase is Phase.AT_LINE:
            self._wait(sight)
        elif self.phase is Phase.GO:
            self._go(sight)
        elif self.phase in (Phase.PAUSED, Phase.ABANDONED):
            self._rest(sight)

    @property
    def may_pass_line(self) -> bool:
        return self.phase is Phase.GO

    @property
    def is_standing_still(self) -> bool:
        return self.phase in (Phase.PAUSED, Phase.ABANDONED)

    @property
    def is_backing(self) -> bool:
        return self.phase is Phase.BACKING

    def back_out(self) -> None:
        """Give up: reverse out of the lane."""
        self.phase = Phase.BACKING

    def force(self) -> None:
        """Drive on, whatever the arm does."""
        self.plan = _with_manner(self.plan, Manner.FORCE)
        self.phase = Phase.GO

    def _approach(self, sight: Sight) -> None:
        if not sight.is_head:
            if self.plan.manner is Manner.TAILGATE and sight.arm_open and sight.gap_m is not None:
                self.phase = Phase.GO
            return
        if self._may_start(sight):
            self.phase = Phase.GO
        elif sight.speed_m_s == 0 and sight.line_m - sight.front_m < REACHED_LINE_M:
            self.phase = Phase.AT_LINE
            self._line_since_ms = sight.now_ms
        elif self.plan.manner is Manner.TAILGATE and sight.arm_open:
            self.phase = Phase.GO

    def _wait(self, sight: Sight) -> None:
        assert self._line_since_ms is not None
        waited_ms = sight.now_ms - self._line_since_ms
        if self._may_start(sight):
            self.phase = Phase.GO
        elif waited_ms >= self.plan.patience_ms:
            self._lose_patience(sight)

    def _may_start(self, sight: Sight) -> bool:
        """The arm is up for us, and we have noticed."""
        if self.plan.manner in (Manner.BACK_OUT, Manner.ABANDON) or not sight.may_go:
            self._go_at_ms = None
            return False
        if self._go_at_ms is None:
            self._go_at_ms = sight.now_ms + self.plan.reaction_ms
        return sight.now_ms >= self._go_at_ms

    def _lose_patience(self, sight: Sight) -> None:
        if self.plan.manner is Manner.FORCE:
            self.phase = Phase.GO
        elif self.plan.manner is Manner.ABANDON:
            self.phase = Phase.ABANDONED
            self._until_ms = sight.now_ms + self.plan.away_ms
        else:
            self.phase = Phase.BACKING

    def _go(self, sight: Sight) -> None:
        if self.plan.manner in (Manner.HESITATE, Manner.BACK_OUT_UNDER_ARM) and not self._has_paused:
            if sight.front_m > 0.8:
                self._has_paused = True
                self.phase = Phase.PAUSED
                self._until_ms = sight.now_ms + self.plan.pause_ms
            return
        if self.plan.manner is Manner.FORCE or sight.front_m > COMMITTED_M or sight.arm_open:
            return
        self.phase = Phase.APPROACH  # the arm came down again before we were there
        self._go_at_ms = None

    def _rest(self, sight: Sight) -> None:
        if self._until_ms is not None and sight.now_ms >= self._until_ms:
            goes_on = self.phase is Phase.PAUSED and self.plan.manner is Manner.HESITATE
            self.phase = Phase.GO if goes_on else Phase.BACKING

    # --- what the hand does ----------------------------------------------------------------------------------------

    def card_due(self, now_ms: int) -> str:
        """The card that is held to the reader in this moment, or ""."""
        at_ms = self._card_at_ms()
        if at_ms is None or now_ms < at_ms:
            return ""
        self._cards_shown += 1
        return self.plan.card

    def _card_at_ms(self) -> int | None:
        if self.phase is not Phase.AT_LINE or self._line_since_ms is None or not self.plan.card:
            return None
        if self._cards_shown >= self.plan.card_times:
            return None
        return self._line_since_ms + self.plan.card_after_ms + self._cards_shown * self.plan.card_every_ms

    # --- when to look again ----------------------------------------------------------------------------------------

    def next_look_ms(self, now_ms: int) -> int | None:
        """When this driver does something next although nothing moves; `None`: only when something changes."""
        times = [self._card_at_ms(), self._go_at_ms]
        if self.phase is Phase.AT_LINE and self._line_since_ms is not None:
            times.append(self._line_since_ms + self.plan.patience_ms)
        if self.is_standing_still:
            times.append(self._until_ms)
        known = [at_ms for at_ms in times if at_ms is not None and at_ms > now_ms]
        return min(known, default=None)


def _with_manner(plan: Plan, manner: Manner) -> Plan:
    values = {name: getattr(plan, name) for name in Plan.__slots__}
    return Plan(**{**values, "manner": manner})
