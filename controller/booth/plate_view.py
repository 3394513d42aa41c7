"""How a plate is drawn: which ground, where the dot stands, which characters are red (GA 36-2018).

No HTML may be put here. A character that was not read is shown as an empty box, never guessed.
"""

from dataclasses import dataclass

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
NO_DOT = frozenset({"embassy", "military", "foreign", "aviation"})


@dataclass(frozen=True, slots=True)
class PlateChar:
    """One character: `role` is "", "red", "unread" or "differs"; `gap` stands before it."""

    char: str
    role: str = ""
    gap: bool = False


@dataclass(frozen=True, slots=True)
class PlateView:
    """A drawn plate; `text` is what a screen reader says."""

    text: str
    ground: str
    chars: tuple[PlateChar, ...]


def plate_view(text: str, color: str = "", kind: str = "", differs: int | None = None) -> PlateView:
    """The plate as it looks. The colour that was seen wins over the one that the kind would have."""
    ground = color if color in GROUNDS and color != "other" else BY_KIND.get(kind, _guess(text))
    gap_at = 0 if kind in NO_DOT else 2
    chars = tuple(
        PlateChar(char, _role(char, index, text, ground, differs), index == gap_at and gap_at > 0)
        for index, char in enumerate(text)
    )
    return PlateView(text, ground, chars)


def _guess(text: str) -> str:
    return "green" if len(text) == 8 else "blue" if text else "other"


def _role(char: str, index: int, text: str, ground: str, differs: int | None) -> str:
    if index == differs:
        return "differs"
    if char == "?":
        return "unread"
    red_here = char in RED and (index == len(text) - 1 or text.endswith("应急"))
    if red_here and ground in ("white", "black") and char not in PLAIN_TAIL:
        return "red"
    return ""
