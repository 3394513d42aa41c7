"""The arm of a barrier: a mass on a motor, its two limit switches, and the ways in which they break.

No input, order word or time of day may be put here; the lane says when a step of time has gone by.
"""

import math
from dataclasses import dataclass
from typing import Literal

Drive = Literal["up", "down", "hold"]

OPEN_DEG = 90.0
LIMIT_DEG = 2.0
"""How near to its end the arm closes a limit switch."""
CLEAR_DEG = 55.0
"""From this angle on a car passes under the arm without touching it."""
CREEP_DEG_S = 6.0
"""Slowest motion into an end stop; without it the last degree would take for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSpec:
    """How an arm moves. The figures are those of a 3 m boom that needs about 1.6 s for its quarter turn."""

    speed_deg_s: float = 75.0
    accel_deg_s2: float = 200.0


@dataclass(slots=True)
class ArmFaults:
    """What may be wrong with an arm. A limit switch reads `None` when it tells the truth, else what it is stuck at."""

    stuck: bool = False
    limit_up: bool | None = None
    limit_down: bool | None = None


class Arm:
    """One arm. `angle_deg` 0 is down, 90 is up; `lifts` counts how often it began to rise."""

    def __init__(self, spec: ArmSpec | None = None) -> None:
        self._spec = spec or ArmSpec()
        self.angle_deg = 0.0
        self.speed_deg_s = 0.0
        self.drive: Drive = "hold"
        self.lifts = 0
        self.faults = ArmFaults()
        self.knocked_off = False

    def order(self, drive: Drive) -> None:
        """Drive up, down, or stop where it is; a new order replaces the one before at once."""
        if drive == "up" and self.drive != "up" and not self.is_up:
            self.lifts += 1
        self.drive = drive

    def step(self, dt_s: float) -> None:
        """Let `dt_s` seconds go by."""
        if self.faults.stuck:
            self.speed_deg_s = 0.0
            return
        most = self._spec.accel_deg_s2 * dt_s
        change = self._wanted_speed() - self.speed_deg_s
        self.speed_deg_s += max(-most, min(most, change))
        angle = self.angle_deg + self.speed_deg_s * dt_s
        self.angle_deg = max(0.0, min(OPEN_DEG, angle))
        if self.angle_deg != angle:
            self.speed_deg_s = 0.0
        if self._at_end():
            self.angle_deg = OPEN_DEG if self.drive == "up" else 0.0
            self.speed_deg_s = 0.0
            self.drive = "hold"

    def _wanted_speed(self) -> float:
        if self.drive == "hold":
            return 0.0
        left = OPEN_DEG - self.angle_deg if self.drive == "up" else self.angle_deg
        braking = math.sqrt(2 * self._spec.accel_deg_s2 * left)
        speed = max(CREEP_DEG_S, min(self._spec.speed_deg_s, braking))
        return speed if self.drive == "up" else -speed

    def _at_end(self) -> bool:
        if self.drive == "up":
            return self.angle_deg >= OPEN_DEG - 0.2 and self.speed_deg_s >= 0
        return self.drive == "down" and self.angle_deg <= 0.2 and self.speed_deg_s <= 0

    @property
    def is_up(self) -> bool:
        """Truly up, whatever the switch says."""
        return self.angle_deg >= OPEN_DEG - LIMIT_DEG

    @property
    def is_down(self) -> bool:
        """Truly down, whatever the switch says."""
        return self.angle_deg <= LIMIT_DEG

    @property
    def is_falling(self) -> bool:
        return self.drive == "down" or self.speed_deg_s < 0

    @property
    def is_moving(self) -> bool:
        """Something will change in the next step: it moves, or it is driven and free to move."""
        return self.speed_deg_s != 0 or (self.drive != "hold" and not self.faults.stuck)

    @property
    def blocks(self) -> bool:
        """A vehicle that came now would touch it."""
        return self.angle_deg < CLEAR_DEG and not self.knocked_off

    @property
    def limit_up(self) -> bool:
        """What the upper switch says, which is not always so."""
        return self.is_up if self.faults.limit_up is None else self.faults.limit_up

    @property
    def limit_down(self) -> bool:
        """What the lower switch says, which is not always so."""
        return self.is_down if self.faults.limit_down is None else self.faults.limit_down

    @property
    def position(self) -> str:
        """down, rising, up, falling, or between (at rest half-way)."""
        if self.is_up and self.speed_deg_s >= 0:
            return "up"
        if self.is_down and self.speed_deg_s <= 0:
            return "down"
        if self.speed_deg_s > 0:
            return "rising"
        return "falling" if self.speed_deg_s < 0 else "between"
