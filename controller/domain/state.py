"""State of a box between two facts: frozen values, written to the log's `lane_states` in each transaction.

What changes with nearly every fact has no slots: a copy with some fields changed is then one copy of a dict (see
`turn.changed`). Nothing here may hold a monotonic time or act. The transitions of a passage stand in `passage`, those
of a gate for people on foot in `foot`.
"""

from dataclasses import dataclass, field
from enum import StrEnum, unique

from controller.domain.facts import SlotReading
from controller.domain.rules import SiteRules
from controller.domain.terms import (
    Arm,
    BarrierOrder,
    LaneKind,
    LaneMode,
    PlateColor,
    PlateKind,
    Side,
    Signal,
    Verdict,
)


@unique
class Phase(StrEnum):
    """Where the passage of one vehicle (or person) stands."""

    ARRIVED = "arrived"
    """At the arm, nothing decided yet (evidence may still be awaited)."""
    REFERRED = "referred"
    """A person has to decide."""
    DENIED = "denied"
    """Refused; waiting for the vehicle to leave."""
    GRANTED = "granted"
    """May pass; the arm still belongs to the one before."""
    OPENING = "opening"
    """Up is ordered; the arm is not yet seen up."""
    OPEN = "open"
    """The arm is up, the vehicle not yet under it."""
    CROSSING = "crossing"
    """Under the arm, with leave."""
    INTRUDING = "intruding"
    """Under the arm without leave."""
    BACKING = "backing"
    """Was under the arm and went back; still before it."""
    CLEARING = "clearing"
    """Off the closing loop, not yet seen beyond it (lanes with a leaving loop)."""
    WITHDRAWN = "withdrawn"
    """Opened and not used: the arm is to fall; ends as `outcome` when it is down."""


IN_TRANSIT = (Phase.CROSSING, Phase.CLEARING, Phase.INTRUDING)
"""Phases of a vehicle that is under the arm or just beyond it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The inputs of a vehicle lane as last scanned together."""

    limit_up: Signal = Signal.UNKNOWN
    limit_down: Signal = Signal.UNKNOWN
    arming: Signal = Signal.UNKNOWN
    closing: Signal = Signal.UNKNOWN
    leaving: Signal = Signal.UNKNOWN
    photocell: Signal = Signal.UNKNOWN
    fire: Signal = Signal.UNKNOWN
    button: Signal = Signal.UNKNOWN
    fault: Signal = Signal.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtSeen:
    """A character that the camera was in doubt of: its place from 0, its margin (0–1000), what else it may be."""

    position: int
    char: str
    margin: int
    others: str

    @classmethod
    def among(cls, told: object) -> tuple["DoubtSeen", ...]:
        """Those that an event or a view tells of; what is none (another version may have written it) is left out."""
        found = []
        for each in told if isinstance(told, list) else ():
            match each:
                case {"position": int(position), "char": str(char), "margin": int(margin), "others": str(others)} if (
                    position >= 0
                ):
                    found.append(cls(position=position, char=char, margin=margin, others=others))
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateSeen:
    """The plate that the camera read for a passage (or a guard typed: margin 1000, no slots).

    `doubtful` are its characters under the lane's margin; `picture` is the one that it was read in, `box` where it is
    in there (see `PlateRead`).
    """

    text: str
    kind: PlateKind
    color: PlateColor
    margin: int
    slots: tuple[SlotReading, ...] = ()
    frames: int = 1
    device: str = ""
    vehicle_color: str = ""
    vehicle_color_confidence: int = 0
    doubtful: tuple[DoubtSeen, ...] = ()
    picture: str = ""
    box: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NearSeen:
    """A registered plate that is near to the one read: what the guard is told."""

    plate: str
    vehicle: str
    unit: str
    difference: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was decided about a passage, and on what ground. `since` is the `at` of the decision."""

    verdict: Verdict
    reason: str
    vehicle: str = ""
    plate: str = ""
    group: str = ""
    right: str = ""
    right_kind: str = ""
    temporary: bool = False
    priority: bool = False
    near: tuple[NearSeen, ...] = ()
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One vehicle (or person) at a lane. `id` is the id of the fact that began it.

    `approached`: was on the loop before the arm. `left`: has left that loop while under the arm, so it moves forward.
    `card_at` and `reader`: when and where the card was presented; `plate_awaited`: it has waited for the camera;
    `mismatched`: the plate read after opening is another vehicle's. `unseen_frames`: in so many pictures the camera saw
    the vehicle and no plate (R25), 0 while it has not said so. `other_plate`: another vehicle's plate that it had read
    here before, while nothing was decided.
    `beyond`: was seen on the loop beyond. `cleared_at`: when it was last seen to clear the photocell (or the loop under
    the arm) while it was under it, 0 for never: is it backing, or is another one close behind? `sight_lost`: an input
    it depends on was unknown meanwhile. `vanishing`: left that loop while the one ahead was under the arm.
    `tailgated`, `forced`: how it came under the arm. `watched`: was once found on the watch list, whatever came later.
    """

    id: str
    side: Side
    started_at: int
    phase: Phase = Phase.ARRIVED
    plate: PlateSeen | None = None
    card: str = ""
    card_at: int = 0
    reader: str = ""
    plate_awaited: bool = False
    mismatched: bool = False
    unseen_frames: int = 0
    other_plate: str = ""
    code: str = ""
    code_kind: str = ""
    finding: Finding | None = None
    opened_by: str = ""
    opened_reason: str = ""
    outcome: str = ""
    picture: str = ""
    approached: bool = False
    left: bool = False
    beyond: bool = False
    cleared_at: int = 0
    sight_lost: bool = False
    vanishing: bool = False
    tailgated: bool = False
    forced: bool = False
    watched: bool = False


def identified(passage: Passage) -> Finding | None:
    """The finding, where it says whose vehicle this is: a refused card, or another vehicle's, does not (R5)."""
    found = passage.finding
    opened = found is not None and (found.verdict is Verdict.GRANT or passage.opened_by not in ("", "rule"))
    return found if opened and not passage.mismatched else None


@dataclass(frozen=True, kw_only=True)
class Lift:
    """What was last asked of the arm. `answered`: the board confirmed it; `unsure`: its outcome is not known.

    `passage` is whose lift it is; `because` the event type that recorded the reason. `used`: somebody went through
    on it. `want_down`: the arm is to fall as soon as a scan shows everything under it clear. `retry`: asked for again
    while the outcome was not known; to be ordered when a scan shows the arm still down. `needed`: up for a fire, for a
    lane held open or for something under a falling arm, so that a lost order is repeated; `repeats`: how often it was.
    """

    order_id: str = ""
    order: BarrierOrder | None = None
    passage: str = ""
    because: str = ""
    reason: str = ""
    unsure: bool = False
    used: bool = False
    want_down: bool = False
    retry: bool = False
    tries: int = 0
    needed: bool = False
    repeats: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingOrder:
    """An order of the centre that is done only when the inputs say so. `want` is "up", "down" or a lane mode."""

    order_id: str
    order: str
    by: str
    want: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A gate for people on foot: its inputs as last scanned, and whether somebody has leave to open it.

    `order_id` and `for_ms` are those of the last order to the lock. `unheld`: it is to stand released, and the board
    did not surely do that; `repeats`: how often that order was repeated.
    """

    door: Signal = Signal.UNKNOWN
    lock: Signal = Signal.UNKNOWN
    exit_button: Signal = Signal.UNKNOWN
    fire: Signal = Signal.UNKNOWN
    fault: Signal = Signal.UNKNOWN
    released: bool = False
    order_id: str = ""
    for_ms: int = 0
    unheld: bool = False
    repeats: int = 0


@dataclass(frozen=True, kw_only=True)
class LaneState:
    """One lane. `door` is set on a gate for people on foot and only there.

    `current` has (or waits first for) the arm; `waiting` stand behind it or on the other side, at most one per side.
    `departing`: the last vehicle still stands on the loop beyond. `alarms` are the keys of those raised and not
    cleared; `timers` name and token of those running; `wrong` the wrong credentials in a row per
    reader; `last_plate` that of the vehicle that went last (its late reads mean nothing).
    `base_mode` is what the lane goes back to, `configured` what the configuration last said of that; a guard may have
    said otherwise since. `learning`: the box has started and not yet seen the lane; what it learns from the first scan
    moves nothing.
    """

    lane: str
    mode: LaneMode = LaneMode.NORMAL
    base_mode: LaneMode = LaneMode.NORMAL
    configured: LaneMode = LaneMode.NORMAL
    inputs: Inputs = Inputs()
    arm: Arm = Arm.UNKNOWN
    lift: Lift = Lift()
    current: Passage | None = None
    waiting: tuple[Passage, ...] = ()
    departing: bool = False
    door: Door | None = None
    orders: tuple[PendingOrder, ...] = ()
    alarms: tuple[str, ...] = ()
    devices: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, int] = field(default_factory=dict)
    timers: dict[str, str] = field(default_factory=dict)
    last_plate: str = ""
    learning: bool = False
    updated_at: int = 0


@dataclass(frozen=True, kw_only=True)
class BoxState:
    """All lanes of a box, and what they share. A fact about one lane leaves the others' objects untouched,
    but for a fire signal, which releases every lane (S8).
    """

    lanes: dict[str, LaneState] = field(default_factory=dict)
    alarms: tuple[str, ...] = ()
    clock_trusted: bool = True
    link_alive: bool = False


def initial_state(rules: SiteRules) -> BoxState:
    """The state of a box that has no log yet: every lane of the rules, every input unknown, nothing in progress."""
    lanes = {}
    for each in rules.lanes:
        mode = LaneMode.STAFFED if each.staffed else LaneMode.NORMAL
        door = Door() if each.kind is LaneKind.FOOT else None
        lanes[each.id] = LaneState(lane=each.id, mode=mode, base_mode=mode, configured=mode, door=door)
    return BoxState(lanes=lanes)
