"""The shapes of plates as the recogniser is given them: which characters may stand in which slot, on which grounds.

No table of any country may be put here: the rows come from outside as plain data (`plate_forms`), so that one table
serves the whole program.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

DIGITS = frozenset("0123456789")
MOST_LETTERS = 2
TWINS = {"0": "O", "1": "I"}
"""A digit and the letter that looks the same; where a slot takes the digit alone, what is read as the letter is it."""


@dataclass(frozen=True, slots=True)
class PlateForm:
    """One row: `slots` holds the allowed characters of each slot, `colors` the allowed grounds (empty: any).

    `serial` is the range of slots in which there is at least one digit and there are at most two letters (empty range:
    no such rule).
    """

    kind: str
    slots: tuple[str, ...]
    colors: tuple[str, ...] = ()
    serial: tuple[int, int] = (0, 0)

    def takes(self, text: str) -> bool:
        """Whether every character may stand in its slot."""
        return len(text) == len(self.slots) and all(char in slot for char, slot in zip(text, self.slots, strict=True))

    def serial_is_likely(self, text: str) -> bool:
        """Whether the letters of the serial are few enough for a plate that was ever issued."""
        start, end = self.serial
        digits = sum(char in DIGITS for char in text[start:end])
        return start == end or (digits > 0 and end - start - digits <= MOST_LETTERS)


class ShapeRow(Protocol):
    """What a row of a table elsewhere must have to become a `PlateForm`; its names are texts or string enumerations."""

    @property
    def kind(self) -> str: ...

    @property
    def slots(self) -> tuple[frozenset[str], ...]: ...

    @property
    def colors(self) -> Collection[str]: ...

    @property
    def serial(self) -> tuple[int, int]: ...


def plate_forms(rows: Iterable[ShapeRow]) -> tuple[PlateForm, ...]:
    """The rows of a table of shapes as plain data that any process may be handed."""
    return tuple(
        PlateForm(
            str(row.kind),
            tuple("".join(sorted(slot)) for slot in row.slots),
            tuple(sorted(str(color) for color in row.colors)),
            row.serial,
        )
        for row in rows
    )


class Grammar:
    """The forms compiled for decoding. A column is an output character with the characters that count as it.

    `columns`: (output character, source characters) by column number. `allowed`: (forms, slots, columns) bool.
    `lengths`: (forms,) number of slots of each form.
    """

    def __init__(self, forms: Iterable[PlateForm]) -> None:
        self.forms = tuple(forms)
        if not self.forms:
            raise ValueError("a grammar needs at least one form of plate, none was given")
        numbers: dict[tuple[str, str], int] = {}
        cells: list[tuple[int, int, int]] = []
        for row, form in enumerate(self.forms):
            for slot, chars in enumerate(form.slots):
                for char in chars:
                    twin = TWINS.get(char, "")
                    sources = char + (twin if twin and twin not in chars else "")
                    cells.append((row, slot, numbers.setdefault((char, sources), len(numbers))))
        self.columns: tuple[tuple[str, str], ...] = tuple(numbers)
        self.lengths: NDArray[np.intp] = np.array([len(form.slots) for form in self.forms], np.intp)
        self.allowed: NDArray[np.bool_] = np.zeros((len(self.forms), int(self.lengths.max()), len(numbers)), np.bool_)
        for cell in cells:
            self.allowed[cell] = True
