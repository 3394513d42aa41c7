"""Where things lie along a lane, in metres from the arm, and how a loop or a photocell sees a body.

Nothing that moves or decides may be put here. A vehicle's own axis points the way it drives: the arm lies at 0, the
vehicle comes from negative positions. For one that comes from the other side of a two-way lane the axis is mirrored.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A stretch of the lane."""

    start_m: float
    end_m: float

    def overlap_m(self, rear_m: float, front_m: float) -> float:
        """How much of the zone a body from `rear_m` to `front_m` covers."""
        return max(0.0, min(self.end_m, front_m) - max(self.start_m, rear_m))

    def mirrored(self) -> "Zone":
        """The same zone seen by somebody who comes from the other side."""
        return Zone(start_m=-self.end_m, end_m=-self.start_m)


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """A lane's plan. The figures are those of a common single lane with a 3 m boom."""

    mouth_m: float = -16.0
    """Where vehicles come into the lane."""
    turn_off_m: float = -9.0
    """Who has backed out this far leaves the lane sideways."""
    arming: Zone = Zone(start_m=-5.0, end_m=-2.5)
    stop_line_m: float = -1.8
    closing: Zone = Zone(start_m=-0.5, end_m=1.5)
    photocell_m: float = 0.2
    leaving: Zone = Zone(start_m=4.0, end_m=6.0)
    end_m: float = 14.0
    """Where a vehicle that went through leaves the picture."""

    def for_both_ways(self) -> "Geometry":
        """The plan of a two-way lane: the loop beyond the arm is the arming loop of the other side."""
        return Geometry(leaving=self.arming.mirrored(), closing=Zone(start_m=-1.0, end_m=1.0), photocell_m=0.0)


SEEN_M = 0.3
"""A loop notices a body that covers this much of it."""


class Detector:
    """Debounce of a loop or photocell: `sensed` follows what is there after a delay; each way has its own."""

    def __init__(self, on_ms: int, off_ms: int) -> None:
        self._on_ms = on_ms
        self._off_ms = off_ms
        self._since_ms: int | None = None
        self.sensed = False

    def look(self, now_ms: int, there: bool) -> None:
        """Take what is there now."""
        if there == self.sensed:
            self._since_ms = None
            return
        if self._since_ms is None:
            self._since_ms = now_ms
        if now_ms - self._since_ms >= (self._on_ms if there else self._off_ms):
            self.sensed = there
            self._since_ms = None

    @property
    def is_settling(self) -> bool:
        """It is about to change unless what it sees changes back."""
        return self._since_ms is not None
