"""Near misses: the other plates for which a camera could have taken this one, one character apart.

Only texts are made here; whether a vehicle has one, and whether that opens, is decided elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from controller.domain.plates.grammar import UNKNOWN_CHARACTER, foreign_shapes, region, serial_fault, shapes_of_length
from controller.domain.plates.shapes import DIGITS, Shape

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

    A foreign text has near ones of its own shape beside them.
    `others` gives per character what the camera also took it for. It widens nothing: it only puts the candidates that
    the camera itself thought of first, so that the likely ones are named first. A text with "?" has no near plate.
    """
    if not text or UNKNOWN_CHARACTER in text:
        return ()
    first = region(region_name).first
    options = [first if not index and char in first else confused_with(char) for index, char in enumerate(text)]
    shapes = shapes_of_length(len(text), region_name) + foreign_shapes(text, region_name)
    allowed = {change for shape in shapes for change in _changes(shape, text, options)}
    found = [
        Candidate(text[:position] + other + text[position + 1 :], _difference(other, first), position)
        for position, others_here in enumerate(options)
        for other in others_here
        if (position, other) in allowed
    ]
    return tuple(sorted(found, key=lambda each: not _was_seen(each, others)) if others else found)


def _changes(shape: Shape, text: str, options: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The single changes that make the text one of this shape: a wrong slot can only be put right itself."""
    wrong = [position for position, char in enumerate(text) if char not in shape.slots[position]]
    if len(wrong) > 1:
        return
    start, end = shape.serial
    digits = sum(char in DIGITS for char in text[start:end])
    for position in wrong or range(len(text)):
        slot, char = shape.slots[position], text[position]
        in_serial = start <= position < end
        for other in options[position]:
            now = digits + (other in DIGITS) - (char in DIGITS) if in_serial else digits
            if other != char and other in slot and serial_fault(shape, now) is None:
                yield position, other


def _difference(other: str, first: str) -> str:
    return PROVINCE if other in first else CONFUSION


def _was_seen(candidate: Candidate, others: Sequence[str]) -> bool:
    return candidate.position < len(others) and candidate.text[candidate.position] in others[candidate.position]
