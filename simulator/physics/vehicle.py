"""A vehicle: its size, its plate, and how it speeds up and brakes.

What its driver wants may not be put here (see `driver`), nor what a registry knows of it.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """What everybody can see of a vehicle. `plate_kind` and `plate_color` say how its plate is drawn."""

    id: str
    plate: str = ""
    plate_kind: str = "small"
    plate_color: str = "blue"
    paint: str = "silver"
    body: str = "car"
    length_m: float = 4.5
    speed_m_s: float = 2.5
    accel_m_s2: float = 1.6
    brake_m_s2: float = 3.0
    dirt: int = 0
    """How dirty the plate is, 0 to 100."""


class Motion:
    """Position and speed of one vehicle on its own axis; `front_m` is its nose."""

    def __init__(self, vehicle: Vehicle, front_m: float) -> None:
        self._vehicle = vehicle
        self.front_m = front_m
        self.speed_m_s = 0.0

    @property
    def rear_m(self) -> float:
        return self.front_m - self._vehicle.length_m

    def step_towards(self, stop_m: float, dt_s: float) -> None:
        """Drive on, so as to come to rest with the nose at `stop_m` at the latest."""
        left = stop_m - self.front_m
        braking = math.sqrt(2 * self._vehicle.brake_m_s2 * left) if left > 0 else 0.0
        wanted = min(self._vehicle.speed_m_s, braking)
        if left < 0.05:
            wanted = 0.0
        self._change(wanted, dt_s)

    def step_back(self, speed_m_s: float, dt_s: float) -> None:
        """Reverse."""
        self._change(-speed_m_s, dt_s)

    def _change(self, wanted: float, dt_s: float) -> None:
        speeding_up = abs(wanted) > abs(self.speed_m_s) and wanted * self.speed_m_s >= 0
        # The braking law is followed a little late because time goes in steps: allow more than the comfortable figure.
        most = (self._vehicle.accel_m_s2 if speeding_up else 2 * self._vehicle.brake_m_s2) * dt_s
        self.speed_m_s += max(-most, min(most, wanted - self.speed_m_s))
        if abs(self.speed_m_s) < 0.02 and wanted == 0:
            self.speed_m_s = 0.0
        self.front_m += self.speed_m_s * dt_s
