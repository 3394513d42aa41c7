"""Events: what is recorded. A closed list of types, each with the keys its body may have.

The core makes events without number, time or hash; the event log gives them those. Bodies hold strings, integers below
2^53, booleans, null, lists and mappings, and no name, phone number or free text about a person (see `PersonalText`).
Names others rely on stand in the contract; the keys are drawn into docs/events.md from this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Any

Body = Mapping[str, Any]


@unique
class EventType(StrEnum):
    """Every type of event."""

    # at the lane
    ACCESS_GRANTED = "AccessGranted"
    ACCESS_DENIED = "AccessDenied"
    ACCESS_REFERRED = "AccessReferred"
    MANUAL_OPENING = "ManualOpening"
    BARRIER_ORDERED = "BarrierOrdered"
    BARRIER_ANSWERED = "BarrierAnswered"
    BARRIER_MOVED = "BarrierMoved"
    LANE_OBSERVED = "LaneObserved"
    LANE_MODE_CHANGED = "LaneModeChanged"
    VEHICLE_ARRIVED = "VehicleArrived"
    PLATE_CORRECTED = "PlateCorrected"
    PICTURE_TAKEN = "PictureTaken"
    PASSAGE_COMPLETED = "PassageCompleted"
    PASSAGE_TURNED_AWAY = "PassageTurnedAway"
    PASSAGE_REVERSED_OUT = "PassageReversedOut"
    PASSAGE_TAILGATED = "PassageTailgated"
    PASSAGE_FORCED = "PassageForced"
    PASSAGE_TIMED_OUT = "PassageTimedOut"
    PASSAGE_ABANDONED = "PassageAbandoned"
    STAY_OPENED = "StayOpened"
    STAY_CLOSED = "StayClosed"
    ORDER_DONE = "OrderDone"
    ORDER_REFUSED = "OrderRefused"
    ALARM_RAISED = "AlarmRaised"
    ALARM_CLEARED = "AlarmCleared"
    DEVICE_LOST = "DeviceLost"
    DEVICE_BACK = "DeviceBack"
    # of the box
    BOX_STARTED = "BoxStarted"
    RULES_LOADED = "RulesLoaded"
    REGISTRY_MOVED = "RegistryMoved"
    REGISTRY_CHANGED = "RegistryChanged"
    REMOTE_STAY = "RemoteStay"
    CLOCK_CHANGED = "ClockChanged"
    LINK_CHANGED = "LinkChanged"
    # money and shifts: recorded by the parts that settle
    FEE_QUOTED = "FeeQuoted"
    PAYMENT_TAKEN = "PaymentTaken"
    RECEIPT_ISSUED = "ReceiptIssued"
    SHIFT_OPENED = "ShiftOpened"
    SHIFT_CLOSED = "ShiftClosed"


BY_PEOPLE = frozenset({EventType.MANUAL_OPENING, EventType.PLATE_CORRECTED, EventType.LANE_MODE_CHANGED})
"""Their reason is the ground that a person gave; others have it beside the reason, as `ground`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event before it is numbered. `actor` is a device, a rule or a user: "reader:r1", "rule:R5", "user:wang"."""

    type: EventType
    actor: str
    lane: str | None = None
    passage: str | None = None
    body: Body = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """An event as it stands in the log: numbered, timed and chained (contract, "Events")."""

    seq: int
    id: str
    at: str
    lane: str | None
    type: str
    passage: str | None
    actor: str
    body: Body
    prev: str
    hash: str
