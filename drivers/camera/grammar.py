"""The shapes of plates compiled for decoding.

What a shape is stands in `plate_form`; no table of any country may be put here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from drivers.camera.plate_form import PlateForm

TWINS = {"0": "O", "1": "I", "O": "0", "I": "1"}
"""A digit and the letter that looks the same; where a slot takes the one alone, what is read as the other is it.

Not in forms of other regions: telephone numbers and badges would become plates by it.
"""
SUBSETS_KEPT = 64
"""Of so many choices of forms, as grounds leave them, the tree is kept."""


@dataclass(frozen=True, slots=True)
class Prefixes:
    """Forms that begin alike, as a tree: what they share is searched once. Number 0 is nothing at all.

    `parents` (prefixes,): the prefix one slot shorter, which has a smaller number. `allowed` (prefixes, columns) bool:
    what the last slot takes. `whole`: by form, the prefix that is all of it.
    """

    parents: NDArray[np.intp]
    allowed: NDArray[np.bool_]
    whole: dict[int, int]


class Grammar:
    """The forms compiled for decoding. A column is an output character with the characters that count as it.

    `columns`: (output character, source characters) by column number. `allowed`: (forms, slots, columns) bool.
    `lengths`: (forms,) number of slots of each form.
    """

    def __init__(self, forms: Iterable[PlateForm]) -> None:
        self.forms = tuple(forms)
        self.ratios = frozenset(form.ratios for form in self.forms)
        if not self.forms:
            raise ValueError("a grammar needs at least one form of plate, none was given")
        numbers: dict[tuple[str, str], int] = {}
        cells: list[tuple[int, int, int]] = []
        for row, form in enumerate(self.forms):
            for slot, chars in enumerate(form.slots):
                for char in chars:
                    twin = "" if form.foreign else TWINS.get(char, "")
                    sources = char + (twin if twin and twin not in chars else "")
                    cells.append((row, slot, numbers.setdefault((char, sources), len(numbers))))
        self.columns: tuple[tuple[str, str], ...] = tuple(numbers)
        self.lengths: NDArray[np.intp] = np.array([len(form.slots) for form in self.forms], np.intp)
        self.allowed: NDArray[np.bool_] = np.zeros((len(self.forms), int(self.lengths.max()), len(numbers)), np.bool_)
        for cell in cells:
            self.allowed[cell] = True
        self.prefixes = lru_cache(maxsize=SUBSETS_KEPT)(self._prefixes_of)
        """Of the forms with these numbers, or of all (None)."""
        self._taken = [[np.flatnonzero(slot) for slot in form] for form in self.allowed]
        self._barred: dict[tuple[int, int], NDArray[np.intp]] = {}
        self._by_slot: list[list[dict[str, int]]] = [[{} for _slot in form.slots] for form in self.forms]
        for row, slot, column in cells:
            for source in self.columns[column][1]:
                self._by_slot[row][slot][source] = column

    def _prefixes_of(self, forms: tuple[int, ...] | None) -> Prefixes:
        numbers: dict[tuple[int, bytes], int] = {}
        parents, allowed, whole = [0], [np.zeros(len(self.columns), np.bool_)], {}
        for form in range(len(self.forms)) if forms is None else forms:
            at = 0
            for slot in self.allowed[form, : self.lengths[form]]:
                key = at, slot.tobytes()
                if key not in numbers:
                    numbers[key] = len(parents)
                    parents.append(at)
                    allowed.append(slot)
                at = numbers[key]
            whole[form] = at
        return Prefixes(np.array(parents, np.intp), np.array(allowed), whole)

    def taken(self, form: int, slot: int) -> NDArray[np.intp]:
        """The columns that may stand in the slot."""
        return self._taken[form][slot]

    def barred(self, form: int, slot: int) -> NDArray[np.intp]:
        """The columns that may not stand in the slot, and count as nothing that may."""
        found = self._barred.get((form, slot))
        if found is None:
            taken = {char for column in np.flatnonzero(self.allowed[form, slot]) for char in self.columns[column][1]}
            strange = [n for n, (char, sources) in enumerate(self.columns) if not taken & {char, *sources}]
            found = self._barred[form, slot] = np.array(strange, np.intp)
        return found

    def columns_of(self, form: int, text: str) -> tuple[int, ...] | None:
        """The columns by which a form takes the text, one for each slot; None where it does not take it."""
        slots = self._by_slot[form]
        if len(text) != len(slots):
            return None
        found = [slot.get(char) for slot, char in zip(slots, text, strict=True)]
        columns = tuple(column for column in found if column is not None)
        return columns if len(columns) == len(found) else None
