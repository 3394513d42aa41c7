"""What was known when a decision was made: the answers of the registry and of the log, as plain values.

The lane loop fills this in before it calls `decide`; the log keeps it beside the event, so "why?" has its answer.
Holds identifiers only, never a name or a phone number. Times are UTC microseconds, `None` for "no bound".
"""

from dataclasses import dataclass

from controller.domain.terms import PlateColor, PlateKind, RightKind, RightState

PERSON = "person:"
"""Presence of people on foot: their groups begin so, and no lot counts them as vehicles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleFile:
    """A vehicle of the registry. `group` is whose presence counts (a unit, a space or the vehicle itself)."""

    id: str
    plate: str
    kind: PlateKind
    color: PlateColor
    unit: str
    group: str
    vehicle_class: str = "small"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFile:
    """A card of the registry; `vehicles` are the vehicle ids it is bound to (empty on a resident's door card)."""

    id: str
    card: str
    state: RightState
    holder: str
    group: str
    vehicles: tuple[str, ...] = ()
    valid_from: int | None = None
    valid_to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """A pass, permit or lease. `days` is a bit mask, Monday = 1; `hours` are "HH:MM-HH:MM", which may cross midnight.

    `lots` empty: every lot. `spaces`: how many vehicles of `group` may be inside at once (0: no limit).
    `holidays` says whether it is good on a holiday of the site's calendar.
    """

    id: str
    kind: RightKind
    state: RightState
    group: str
    valid_from: int | None = None
    valid_to: int | None = None
    days: int = 127
    hours: tuple[str, ...] = ()
    lots: tuple[str, ...] = ()
    spaces: int = 0
    holidays: bool = True
    purpose: str = ""
    grace_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """A registered vehicle whose plate differs from the read by what cameras confuse.

    `difference` is "confusion" (a known pair such as 5/S) or "province" (the first character alone); `position` is
    the index of the character in the plate.
    """

    vehicle: VehicleFile
    difference: str
    position: int
    rights: tuple[Right, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchEntry:
    """A plate or card on the watch list, and why."""

    id: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStay:
    """A stay that has no exit yet, here or, as the centre told, at another box of the site."""

    stay: str
    group: str
    plate: str
    vehicle: str
    lane: str
    since: int
    temporary: bool = False
    card: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryStamp:
    """Which registry answered and how old it is. `age_s` is the time since the centre last confirmed it."""

    version: int
    age_s: int
    hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything looked up for one fact. What was not asked for is empty.

    `vehicle` by exact plate; `card` by number; `card_vehicles` those bound to the card; `vehicle_rights` and
    `card_rights` theirs; `code_rights` those of the ticket or visitor's code; `stays` the open stays of every group,
    vehicle and plate concerned; `last_exit` the µs of the last
    closed stay of the group; `inside` how many vehicles are in the lot.
    """

    registry: RegistryStamp = RegistryStamp(version=0, age_s=0)
    clock_trusted: bool = True
    vehicle: VehicleFile | None = None
    vehicle_rights: tuple[Right, ...] = ()
    near: tuple[NearMiss, ...] = ()
    card: CardFile | None = None
    card_vehicles: tuple[VehicleFile, ...] = ()
    card_rights: tuple[Right, ...] = ()
    code_rights: tuple[Right, ...] = ()
    watch: tuple[WatchEntry, ...] = ()
    stays: tuple[OpenStay, ...] = ()
    last_exit: int | None = None
    last_entry: int | None = None
    inside: int = 0
    order_seen: str = ""


NOTHING = Known()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What has to be looked up for one fact; empty fields ask for nothing.

    `plate` has "?" nowhere: a read with an unknown character is never matched. `others` gives, for each character of
    the plate, what the camera would also have taken it for (for near misses). `ticket` and `visitor_code` as keyed.
    `group`, `vehicle` and `stay_plate` are asked of the log alone (open stays when a passage ends), beside the groups
    that the registry found. A group that begins with `PERSON` is somebody on foot: counted in no lot.
    """

    plate: str = ""
    others: tuple[str, ...] = ()
    card: str = ""
    ticket: str = ""
    visitor_code: str = ""
    order_id: str = ""
    group: str = ""
    vehicle: str = ""
    stay_plate: str = ""
    lot: str = "main"
