"""What truly happens at a lane, in the words of the truth journal.

No time of day may be put here: the world turns `at_ms` into it when it writes the journal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique


@unique
class What(StrEnum):
    """Every kind of line of the truth journal that physics can cause."""

    VEHICLE_ARRIVED = "vehicle_arrived"
    VEHICLE_CROSSED = "vehicle_crossed"
    VEHICLE_BACKED_OUT = "vehicle_backed_out"
    VEHICLE_LEFT = "vehicle_left"
    CARD_PRESENTED = "card_presented"
    ARM = "arm"
    ARM_STRUCK = "arm_struck"
    ARM_REVERSED = "arm_reversed"
    DOWN_VETOED = "down_vetoed"
    UNDER_ARM = "under_arm"
    PERSON_UNDER_ARM = "person_under_arm"
    BUTTON = "button"
    FIRE = "fire"
    PERSON_ARRIVED = "person_arrived"
    PERSON_CROSSED = "person_crossed"
    PERSON_LEFT = "person_left"
    DOOR = "door"
    FAULT = "fault"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happened at `at_ms` of the lane's own time."""

    at_ms: int
    what: What
    values: Mapping[str, str | int | bool] = field(default_factory=dict)
