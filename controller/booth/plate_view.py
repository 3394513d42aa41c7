"""How a plate is drawn: which ground, where the dot stands, which characters are red (GA 36-2018).

No HTML may be put here. A character that was not read is shown as an empty box, never guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.domain.state import DoubtSeen

RED = frozenset("警使领港澳学挂应急")
PLAIN_TAIL = frozenset("港澳学挂")
BY_KIND = {
    "nev_small": "green",
    "nev_large": "yellow_green",
    "large": "yellow",
    "trailer": "yellow",
    "coach": "yellow",
    "police": "white",
    "emergency": "white",
    "military": "white",
    "armed_police": "white",
    "hong_kong": "black",
    "macau": "black",
    "embassy": "black",
    "consulate": "black",
    "small": "blue",
}
GROUNDS = frozenset({"blue", "yellow", "green", "yellow_green", "white", "black", "other"})
UNREAD = "?"
NO_MARKS: Mapping[int, str] = {}
EDGE_PART = 10
"""The part of the plate's width that is shown about it."""
MIDDLE = 2_800
"""Half the height of a picture of 16 to 9, in ten-thousandths of its width."""
NO_DOT = frozenset({"embassy", "military", "foreign", "aviation"})


@dataclass(frozen=True, slots=True)
class PlateChar:
    """One character: `role` is "", "red", "unread", "doubtful" or "differs"; `gap` stands before it."""

    char: str
    role: str = ""
    gap: bool = False


@dataclass(frozen=True, slots=True)
class PlateView:
    """A drawn plate; `text` is what a screen reader says."""

    text: str
    ground: str
    chars: tuple[PlateChar, ...]


@dataclass(frozen=True, slots=True)
class CloseUp:
    """The plate cut out of its picture; `view_box` in ten-thousandths of the picture's width, as SVG takes it.

    `low`: it is shown in the picture's lower corner, for the plate itself stands in the upper half.
    """

    picture: str
    view_box: str
    low: bool = False


def close_up(told: Mapping[str, Any]) -> CloseUp | None:
    """Where to look in the picture to compare it with what was read; None where nobody knows."""
    match told.get("close_up"):
        case {"picture": str(picture), "box": [int(x0), int(y0), int(x1), int(y1)]} if picture and x0 < x1 and y0 < y1:
            edge = (x1 - x0) // EDGE_PART
            view_box = f"{x0 - edge} {y0 - edge} {x1 - x0 + 2 * edge} {y1 - y0 + 2 * edge}"
            return CloseUp(picture, view_box, y0 + y1 < 2 * MIDDLE)
    return None


def plate_view(text: str, color: str = "", kind: str = "", marks: Mapping[int, str] = NO_MARKS) -> PlateView:
    """The plate as it looks. The colour that was seen wins over the one that the kind would have.

    `marks`: the role ("doubtful" or "differs") of characters by their place from 0.
    """
    ground = color if color in GROUNDS and color != "other" else BY_KIND.get(kind, _guess(text))
    gap_at = 0 if kind in NO_DOT else 2
    chars = tuple(
        PlateChar(char, marks.get(index) or _role(char, index, text, ground), index == gap_at and gap_at > 0)
        for index, char in enumerate(text)
    )
    return PlateView(text, ground, chars)


def drawn(told: Mapping[str, Any]) -> PlateView | None:
    """The plate of a passage or a lane's view, with the characters marked that the camera was in doubt of; None where
    there is none."""
    text, color, kind = (str(told.get(name) or "") for name in ("plate", "color", "plate_kind"))
    places = (each.position for each in DoubtSeen.among(told.get("doubtful")) if each.char != UNREAD)
    return plate_view(text, color, kind, dict.fromkeys(places, "doubtful")) if text else None


def _guess(text: str) -> str:
    return "green" if len(text) == 8 else "blue" if text else "other"


def _role(char: str, index: int, text: str, ground: str) -> str:
    if char == UNREAD:
        return "unread"
    red_here = char in RED and (index == len(text) - 1 or text.endswith("应急"))
    if red_here and ground in ("white", "black") and char not in PLAIN_TAIL:
        return "red"
    return ""
