"""The rules in force at a box: what the configuration says, as plain values for the core.

Made from the configuration in `controller.config`; recorded in the log whenever they change. Durations are
milliseconds unless the name says otherwise.
"""

from dataclasses import dataclass, field

from controller.domain.terms import AntiPassback, Evidence, LaneDirection, LaneKind


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRules:
    """How one lane decides. `temporary` is "admit", "refer" or "deny" for a vehicle without any right (R4, R7)."""

    id: str
    name: str
    kind: LaneKind = LaneKind.VEHICLE
    direction: LaneDirection = LaneDirection.ENTRY
    lot: str = "main"
    evidence: Evidence = Evidence.EITHER
    staffed: bool = False
    temporary: str = "refer"
    unregistered_exit: str = "refer"
    antipassback: AntiPassback = AntiPassback.SOFT
    antipassback_minutes: int = 10
    readers: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()
    evidence_window_ms: int = 8_000
    plate_wait_ms: int = 1_500
    plate_margin: int = 300
    open_timeout_ms: int = 8_000
    pass_timeout_ms: int = 30_000
    close_delay_ms: int = 500
    close_timeout_ms: int = 8_000
    reverse_clear_ms: int = 2_000
    unlock_ms: int = 5_000
    held_open_alarm_ms: int = 30_000
    degraded_open: bool = True
    has_leaving_loop: bool = False
    has_closing_loop: bool = True
    has_photocell: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeLimit:
    """How old the registry may be, in hours, for a kind of credential to open by itself (0: no limit)."""

    kind: str
    hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRules:
    """All rules of one box. `letters` are the known second letters per province, "粤ABC…", for a warning only."""

    site: str
    box: str
    region: str = "cn"
    utc_offset_minutes: int = 480
    lanes: tuple[LaneRules, ...] = ()
    age_limits: tuple[AgeLimit, ...] = ()
    letters: tuple[str, ...] = ()
    wrong_credentials_alarm: int = 5
    capacity: int = 0
    holidays: tuple[str, ...] = ()
    languages: tuple[str, ...] = field(default=("zh-Hans", "en"))

    def lane(self, lane_id: str) -> LaneRules:
        """The rules of one lane; KeyError for one that the configuration does not know."""
        found = self.find(lane_id)
        if found is None:
            raise KeyError(lane_id)
        return found

    def find(self, lane_id: str) -> LaneRules | None:
        """The rules of one lane, if the configuration knows it."""
        for lane in self.lanes:
            if lane.id == lane_id:
                return lane
        return None
