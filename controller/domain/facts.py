"""Facts: readings with their place and time, as the station puts them into the inbox. No judgement is in them.

Every fact is a frozen value that the codec can write and read back, because the log keeps the fact beside what was
decided from it. Times are UTC microseconds (`at`); durations carry their unit in the name. Nothing here may hold a
monotonic time: those mean nothing after a restart.
"""

from dataclasses import dataclass

from controller.domain.rules import SiteRules
from controller.domain.terms import (
    BarrierOrder,
    CredentialKind,
    Order,
    OrderOutcome,
    PlateColor,
    PlateKind,
    Role,
    Side,
    Signal,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalText:
    """A text about a person. `digest` (salted SHA-256, hex) goes into the log; the clear text stands in a side table.

    `clear` and `salt` are empty when read back from the log: erasing a person keeps the chain whole.
    """

    digest: str
    clear: str = ""
    salt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What every fact has: `id` (UUIDv7, given by the station), `at` (UTC µs), and how long it waited.

    `waited_us` is the time from the reading's origin (last byte of a credential, exposure of a frame, key press) to
    the moment the lane loop took the fact up. The lane loop fills it in; it is a duration and may be stored.
    """

    id: str
    at: int
    waited_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneFact(Fact):
    """A fact that happened at one lane."""

    lane: str


# --- credentials ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRead(LaneFact):
    """A card was presented once. `card` is canonical text "bits:facility:number"; `raw` the bits as read ("0"/"1")."""

    reader: str
    side: Side
    card: str
    raw: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRead(LaneFact):
    """A ticket or a visitor's code was read or keyed in."""

    reader: str
    side: Side
    kind: CredentialKind
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotReading:
    """One character of a plate: the best character, its margin over the next (0–1000), and the next ones in order."""

    char: str
    margin: int
    others: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateRead(LaneFact):
    """A plate as the camera read it: raw text, normalised text, kind, colour, slots, and the picture's SHA-256.

    `text` has no separators and "?" for a character that was not recognised. `margin` is the smallest slot margin
    (0–1000). `frames` counts the frames voted over. `picture` is "" until one is saved. `another`: the camera has read
    another vehicle's plate for the same arrival before. `vehicle_color` is what the bodywork looks like ("" for not
    known) with its confidence (0–1000): a suggestion for the register (R4), never a ground for a decision. `box`: where
    the plate is in the picture, x0, y0, x1, y1 in ten-thousandths of the picture's width; () where that is not known.
    """

    camera: str
    side: Side
    text: str
    raw: str
    kind: PlateKind
    color: PlateColor
    margin: int
    slots: tuple[SlotReading, ...] = ()
    frames: int = 1
    picture: str = ""
    another: bool = False
    vehicle_color: str = ""
    vehicle_color_confidence: int = 0
    box: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateUnseen(LaneFact):
    """A vehicle stands before the camera and no plate is seen in any of `frames` pictures (R25). It opens nothing."""

    camera: str
    side: Side
    frames: int
    picture: str = ""


# --- hardware ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BarrierState(LaneFact):
    """All inputs of a vehicle lane as read together in one scan; emitted when any of them changed.

    `arming` is the loop on the entry side of the arm (on an exit lane: where the vehicle comes from), `closing` the
    one under the arm, `leaving` the loop beyond it (on a shared lane: the arming loop of the other side).
    """

    limit_up: Signal
    limit_down: Signal
    arming: Signal
    closing: Signal
    leaving: Signal
    photocell: Signal
    fire: Signal
    button: Signal
    fault: Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorState(LaneFact):
    """All inputs of a gate for people on foot. `door` is ON when the door stands open; `lock` when released."""

    door: Signal
    lock: Signal
    exit_button: Signal
    fire: Signal
    fault: Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class BarrierAnswer(LaneFact):
    """What became of an order to the board. `order_id` is that of the effect that asked for it.

    `since_origin_us`: from the origin of the reading that led to the order to the last byte of the write leaving.
    """

    order_id: str
    order: BarrierOrder
    outcome: OrderOutcome
    detail: str = ""
    since_origin_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState(LaneFact):
    """A device of a lane changed its condition: online, lost, tamper, stale, frozen, black, fault …"""

    device: str
    device_kind: str
    condition: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureTaken(LaneFact):
    """A picture is on disk (already synced) for a passage. `role` is "arrival", "decision" or "incident"."""

    camera: str
    passage: str
    role: str
    sha256: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFailed(LaneFact):
    """A picture was asked for and could not be taken; the passage goes on with null."""

    camera: str
    passage: str
    role: str
    detail: str


# --- time ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerDue(LaneFact):
    """A timer that `StartTimer` asked for has run out; `token` tells a stale one from the newest of that name."""

    name: str
    token: str


# --- people and the centre -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardOrder(LaneFact):
    """An order from the booth page, by a person who is signed in. `reason` is a code from the site's list.

    `passage` names the passage the person was looking at ("" for none); an order for another one than the current is
    refused, so that a slow click cannot open for the next vehicle. `plate` is set for `CORRECT_PLATE`. `approver` is
    the second person who agreed, where the order needs one.
    """

    user: str
    role: Role
    order: Order
    reason: str
    passage: str = ""
    plate: str = ""
    remark: PersonalText | None = None
    approver: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreOrder(LaneFact):
    """A signed order from the centre as the intake judged it. `refusal` is "" when signature, box and time are right.

    `refusal` otherwise is one of: retained, unsigned, bad_signature, unknown_key, wrong_box, expired, clock_untrusted,
    malformed, unknown_lane. A refused one does nothing but leave an event.
    """

    order_id: str
    order: str
    by: str
    reason: str
    issued_at: int
    expires_at: int
    refusal: str = ""


# --- the box as a whole (lane is null in the log) ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxStarted(Fact):
    """The daemon came up. All inputs are unknown until read; nothing moves because of this fact."""

    version: str
    clock_trusted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesLoaded(Fact):
    """The rules in force from here on, in full, so that the log alone can replay what follows."""

    rules: SiteRules


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryMoved(Fact):
    """The registry went to another version; `changed_cards` etc. are not repeated here, the version is the key."""

    version: int
    hash: str
    absorbed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryChange(Fact):
    """A change that the booth makes while the centre may be away: effective at once as an overlay (design.md).

    `table` and `row` as in the registry; `row` is canonical JSON text.
    """

    user: str
    role: Role
    change: str
    table: str
    row: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteStay(Fact):
    """Somebody came in (`inside`) or left at another box of the site, as the centre tells."""

    stay: str
    group: str
    plate: str
    from_lane: str
    since: int
    inside: bool
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockState(Fact):
    """The quality of the clock changed, or it stepped by `step_us`."""

    trusted: bool
    step_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState(Fact):
    """The link to the centre: alive by the age of the last answer, never by what the library believes."""

    alive: bool
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxAlarm(Fact):
    """Something of the box itself: disk, log, web server, recogniser, dropped facts. `on` False clears it."""

    alarm: str
    on: bool
    detail: str = ""
