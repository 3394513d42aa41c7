"""The overlay: rows that the booth changed while the centre could not be asked, laid over the registry at once.

Only the laying-over stands here; the changes themselves are events and stand in the log. Lost and suspended always
win, whichever of the two is newer (R13): a stale list or a hasty click must not bring a lost card back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controller.domain.registry_tables import TABLES, BadRow, Value, full_row
from controller.domain.terms import RightState

RowValues = tuple[Value, ...]
FetchRow = Callable[[str, str], "RowValues | None"]

# The greater wins where the registry and the booth do not agree and either stands above ACTIVE and RETURNED.
_WINS = {RightState.LOST: 2, RightState.SUSPENDED: 1}


@dataclass(frozen=True, slots=True)
class OverlayRow:
    """One change of the booth that no delta has absorbed yet. `row` may leave columns out; None takes the row away."""

    table: str
    row_id: str
    row: Mapping[str, Any] | None
    seq: int = 0


Overlay = Callable[[], Sequence[OverlayRow]]
"""Gives the changes in force. Asked at every look-up: cheap, and the same object as long as nothing changed."""


def no_overlay() -> Sequence[OverlayRow]:
    """For a reader beside which no booth changes anything."""
    return ()


class KeptOverlay:
    """The changes in force as the log gave them last, so that a look-up need not ask the log.

    `read` gives rows with `seq`, `tbl`, `row_id` and `row` (an object, or None). The lane loop alone makes and absorbs
    changes: it calls `renew` after it recorded a RegistryChanged or a RegistryMoved event, and at the start.
    """

    def __init__(self, read: Callable[[], Sequence[Mapping[str, Any]]]) -> None:
        self._read = read
        self._changes: tuple[OverlayRow, ...] = ()
        self.renew()

    def __call__(self) -> Sequence[OverlayRow]:
        return self._changes

    def renew(self) -> None:
        """Ask the log again."""
        self._changes = tuple(
            OverlayRow(str(each["tbl"]), str(each["row_id"]), each["row"], int(each["seq"])) for each in self._read()
        )


class Shadows:
    """The rows that stand in the place of the registry's own, each already merged with it."""

    def __init__(self, changes: Sequence[OverlayRow], fetch: FetchRow) -> None:
        self._tables: dict[str, dict[str, RowValues | None]] = {}
        self.faults: tuple[str, ...] = ()
        for change in sorted(changes, key=lambda each: each.seq):
            self._lay(change, fetch)

    def __bool__(self) -> bool:
        return bool(self._tables)

    def touches(self, *tables: str) -> bool:
        """Whether any row of these tables is changed."""
        return any(table in self._tables for table in tables)

    def over(self, table: str, column: int, values: Sequence[str], found: list[RowValues]) -> list[RowValues]:
        """What was found for these values of the column, as the booth's changes leave it, in order of id."""
        shadows = self._tables.get(table)
        if not shadows:
            return found
        kept = [row for row in found if row[0] not in shadows]
        kept += [row for row in shadows.values() if row is not None and row[column] in values]
        return sorted(kept, key=lambda row: str(row[0]))

    def _lay(self, change: OverlayRow, fetch: FetchRow) -> None:
        if change.table not in TABLES:
            self.faults += (f"change {change.seq}: unknown table {change.table!r}",)
            return
        shadows = self._tables.setdefault(change.table, {})
        below = shadows[change.row_id] if change.row_id in shadows else fetch(change.table, change.row_id)
        try:
            shadows[change.row_id] = None if change.row is None else merged(change, below)
        except BadRow as error:
            shadows.setdefault(change.row_id, below)
            self.faults += (f"change {change.seq}: {error}",)


def merged(change: OverlayRow, below: RowValues | None) -> RowValues:
    """The change laid over the row below it. Raises BadRow when what comes out is no row of the table."""
    names = [column.name for column in TABLES[change.table]]
    base = dict(zip(names, below, strict=True)) if below is not None else {}
    row = full_row(change.table, {**base, **(change.row or {}), "id": change.row_id})
    if "state" in base:
        row["state"] = max(str(row["state"]), str(base["state"]), key=lambda each: _WINS.get(RightState(each), 0))
    return tuple(row.values())
