"""The words of the trade as closed lists, one name for one thing.

Nothing that acts or decides may be put here. Source of the words: the glossary in docs/glossary.md.
"""

from enum import StrEnum, unique


@unique
class LaneKind(StrEnum):
    """What passes: vehicles under an arm, or people through a locked door (R26)."""

    VEHICLE = "vehicle"
    FOOT = "foot"


@unique
class LaneDirection(StrEnum):
    """Which way a lane may be used; `BOTH` lanes have one owner at a time."""

    ENTRY = "entry"
    EXIT = "exit"
    BOTH = "both"


@unique
class Side(StrEnum):
    """The side of the arm on which somebody stands; who comes from `ENTRY` is on the way in."""

    ENTRY = "entry"
    EXIT = "exit"


@unique
class LaneMode(StrEnum):
    """How a lane works just now. In every mode each vehicle is recorded (R2)."""

    NORMAL = "normal"
    STAFFED = "staffed"
    LOCKED = "locked"
    HELD_OPEN = "held_open"
    FIRE = "fire"


@unique
class Evidence(StrEnum):
    """What a lane asks for before it opens by itself (R6)."""

    CARD = "card"
    PLATE = "plate"
    EITHER = "either"
    BOTH = "both"
    GUARD = "guard"


@unique
class Signal(StrEnum):
    """One input as last read. `UNKNOWN` is never `OFF`; `ABSENT` means that nothing is wired there."""

    OFF = "off"
    ON = "on"
    UNKNOWN = "unknown"
    ABSENT = "absent"


@unique
class Arm(StrEnum):
    """Where the arm is, as its limit switches say; never as an order would have it."""

    DOWN = "down"
    RISING = "rising"
    UP = "up"
    FALLING = "falling"
    BETWEEN = "between"
    UNKNOWN = "unknown"


@unique
class CredentialKind(StrEnum):
    """What identifies at the lane."""

    PLATE = "plate"
    CARD = "card"
    TICKET = "ticket"
    VISITOR_CODE = "visitor_code"


@unique
class RightKind(StrEnum):
    """On what ground a vehicle or a person may enter."""

    PASS = "pass"  # noqa: S105 - the trade's word, no password
    PERMIT = "permit"
    LEASE = "lease"


@unique
class RightState(StrEnum):
    """Life of a pass, permit, lease or card. `LOST` and `SUSPENDED` always win over anything newer (R13)."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    LOST = "lost"
    RETURNED = "returned"


@unique
class AntiPassback(StrEnum):
    """What happens when a group that is inside asks to enter again, or one outside asks to leave."""

    OFF = "off"
    HARD = "hard"
    SOFT = "soft"
    TIMED = "timed"
    FORGIVING = "forgiving"


@unique
class Verdict(StrEnum):
    """The answer to a credential: open, do not open, or let a person decide."""

    GRANT = "grant"
    DENY = "deny"
    REFER = "refer"


@unique
class Order(StrEnum):
    """What a person or the centre may ask of a lane."""

    OPEN = "open"
    CLOSE = "close"
    STOP = "stop"
    REFUSE = "refuse"
    CORRECT_PLATE = "correct_plate"
    PULL_ASIDE = "pull_aside"
    LOCK = "lock"
    UNLOCK = "unlock"
    HOLD_OPEN = "hold_open"
    RELEASE = "release"
    STAFF = "staff"
    UNSTAFF = "unstaff"
    RESET_FIRE = "reset_fire"


@unique
class BarrierOrder(StrEnum):
    """What the board is told to do with the arm, or with a lock."""

    UP = "up"
    DOWN = "down"
    STOP = "stop"
    UNLOCK = "unlock"
    LOCK = "lock"


@unique
class OrderOutcome(StrEnum):
    """What is known of an order to the board. `UNKNOWN`: it was sent and no answer came; never repeated blindly."""

    WRITTEN = "written"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@unique
class Role(StrEnum):
    """Who gives an order. The order of the members is the order of rights."""

    GUARD = "guard"
    LEADER = "leader"
    SUPERVISOR = "supervisor"
    OFFICE = "office"


@unique
class PlateKind(StrEnum):
    """Kinds of plate, by pattern, colour and length together (GA 36-2018)."""

    SMALL = "small"
    LARGE = "large"
    TRAILER = "trailer"
    COACH = "coach"
    POLICE = "police"
    NEV_SMALL = "nev_small"
    NEV_LARGE = "nev_large"
    HONG_KONG = "hong_kong"
    MACAU = "macau"
    EMBASSY = "embassy"
    CONSULATE = "consulate"
    EMERGENCY = "emergency"
    MILITARY = "military"
    ARMED_POLICE = "armed_police"
    AVIATION = "aviation"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"


@unique
class PlateColor(StrEnum):
    """The colour of a plate's ground."""

    BLUE = "blue"
    YELLOW = "yellow"
    GREEN = "green"
    YELLOW_GREEN = "yellow_green"
    WHITE = "white"
    BLACK = "black"
    OTHER = "other"
