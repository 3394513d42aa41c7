"""People on their feet: one who walks under the arm, and one who wants to go through a gate for people.

No input of a board may be put here: what senses a person stands in `lane` and `door`.
"""

from dataclasses import dataclass
from enum import StrEnum, unique


@dataclass(slots=True)
class UnderArm:
    """A person under the arm until `until_ms`. Loops do not see people; the photocell does (R25)."""

    until_ms: int


@unique
class Way(StrEnum):
    """How somebody goes through a gate for people."""

    CARD = "card"
    EXIT_BUTTON = "exit_button"
    FORCE = "force"
    KEY = "key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walker:
    """Somebody at a gate for people on foot. `hold_ms` is how long the door is kept from closing."""

    id: str
    card: str = ""
    way: Way = Way.CARD
    direction: str = "entry"
    act_after_ms: int = 800
    reaction_ms: int = 500
    patience_ms: int = 6_000
    walk_ms: int = 1_500
    hold_ms: int = 0
