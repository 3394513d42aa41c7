"""Near misses: the other plates for which a camera could have taken this one, one character apart.

Only texts are made here; whether a vehicle has one, and whether that opens, is decided elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from controller.domain.plates.grammar import UNKNOWN_CHARACTER, region, shapes_of

CONFUSIONS: tuple[str, ...] = ("0ODQ", "1IL", "8B", "5S", "2Z")
CONFUSION = "confusion"
PROVINCE = "province"

_CONFUSED = {
    char: "".join(sorted({other for group in CONFUSIONS if char in group for other in group} - {char}))
    for char in "".join(CONFUSIONS)
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another plate one character apart. `difference` is "confusion" or "province"; `position` counts from 0."""

    text: str
    difference: str
    position: int


def confused_with(char: str) -> str:
    """The characters that cameras take this one for, in order of their code; "" for a distinct one."""
    return _CONFUSED.get(char, "")


def near(text: str, others: Sequence[str] = (), region_name: str = "cn") -> tuple[Candidate, ...]:
    """Every plate of the region that is one known confusion, or the province alone, away from a normalised text.

    `others` gives per character what the camera also took it for. It widens nothing: it only puts the candidates that
    the camera itself thought of first, so that the likely ones are named first. A text with "?" has no near plate.
    """
    if not text or UNKNOWN_CHARACTER in text:
        return ()
    where = region(region_name)
    found = []
    for position, char in enumerate(text):
        is_place = position == 0 and char in where.first
        for other in where.first if is_place else confused_with(char):
            changed = text[:position] + other + text[position + 1 :]
            if other != char and shapes_of(changed, region_name):
                found.append(Candidate(changed, PROVINCE if is_place else CONFUSION, position))
    return tuple(sorted(found, key=lambda each: not _was_seen(each, others)))


def _was_seen(candidate: Candidate, others: Sequence[str]) -> bool:
    return candidate.position < len(others) and candidate.text[candidate.position] in others[candidate.position]
