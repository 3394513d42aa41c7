"""The shapes of plates as plain data: which characters may stand in which slot, on which grounds.

No table of any country may be put here: the rows come from outside (`plate_forms`), so that one table serves the whole
program. Nor anything that needs numpy: the daemon hands these rows to its cameras' processes and needs none itself.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

DIGITS = frozenset("0123456789")
MOST_LETTERS = 2


@dataclass(frozen=True, slots=True)
class PlateForm:
    """One row: `slots` holds the allowed characters of each slot, `colors` the allowed grounds (empty: any).

    `serial` is the range of slots in which there is at least one digit and there are at most two letters (empty range:
    no such rule). `foreign`: of another region; it stands back where one of the region's own plates is as likely.
    `rare`: a loose form for the few plates that none of the others takes; it stands back behind those. `ratios`: least
    and most width to height of such plates of one row as they are found face on ((0, 0): any). `gaps`: after how many
    characters such a row may be parted (empty: anywhere).
    """

    kind: str
    slots: tuple[str, ...]
    colors: tuple[str, ...] = ()
    serial: tuple[int, int] = (0, 0)
    foreign: bool = False
    rare: bool = False
    ratios: tuple[float, float] = (0.0, 0.0)
    gaps: tuple[int, ...] = ()

    def takes(self, text: str) -> bool:
        """Whether every character may stand in its slot."""
        return len(text) == len(self.slots) and all(char in slot for char, slot in zip(text, self.slots, strict=True))

    def takes_after_first(self, text: str) -> bool:
        """Whether it is what is left of such a plate without its first character."""
        return len(text) == len(self.slots) - 1 and all(map(str.__contains__, self.slots[1:], text))

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

    @property
    def rare(self) -> bool: ...

    @property
    def ratios(self) -> tuple[float, float]: ...

    @property
    def gaps(self) -> tuple[int, ...]: ...


def plate_forms(rows: Iterable[ShapeRow]) -> tuple[PlateForm, ...]:
    """The rows of a table of shapes as plain data that any process may be handed."""
    return tuple(
        PlateForm(
            str(row.kind),
            tuple("".join(sorted(slot)) for slot in row.slots),
            tuple(sorted(str(color) for color in row.colors)),
            row.serial,
            rare=row.rare,
            ratios=row.ratios,
            gaps=row.gaps,
        )
        for row in rows
    )
