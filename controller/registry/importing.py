"""Import of a sheet: read it whole, show what it would change and every row that is wrong, then make a new version.

Nothing is written as long as a row is wrong, unless bad rows are to be skipped; what is written is one version, whole
or not at all. Columns stand in `columns`, what a row comes to in `planning`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from controller.registry.cells import Cell, CellFault, Locale
from controller.registry.columns import KEPT_WHEN_BLANK, VEHICLES, WATCH, Field, Parsed, field_by_header, folded
from controller.registry.errors import BadMessage, BadSheet
from controller.registry.planning import Planner, RowFault
from controller.registry.sheets import Sheet, read_sheets
from controller.registry.store import RegistryWriter, Version

FAULTS_KEPT = 10_000

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class BadCell:
    """One thing wrong with one row: where, and in words what was expected, what came and what to do."""

    sheet: str
    row: int
    what: str

    def __str__(self) -> str:
        return f"{self.sheet}: row {self.row}: {self.what}"


@dataclass(slots=True)
class Preview:
    """What a file would change. Counts are rows of the file."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0
    faults: list[BadCell] = field(default_factory=list)
    ignored_columns: list[str] = field(default_factory=list)

    def line(self) -> str:
        """The counts in one line."""
        return f"{self.new} new, {self.changed} changed, {self.unchanged} unchanged, {self.bad} bad"


def no_progress(rows: int) -> None:
    """For whoever does not wait."""


class Import:
    """One file on its way into the registry: `read` it, look at `preview`, then `apply` it."""

    def __init__(self, writer: RegistryWriter, locale: Locale | None = None) -> None:
        self._writer = writer
        self._locale = locale or Locale()
        self._planner = Planner(writer.find, self._locale)
        self._planned_on: Version | None = None
        self.preview = Preview()

    def read(self, path: Path, progress: Progress = no_progress) -> Preview:
        """Read every row. Raises BadSheet for a file that holds no list of vehicles at all."""
        self._planned_on = self._writer.version()
        sheets = 0
        for sheet in read_sheets(path):
            layout = self._layout(sheet)
            if layout is not None:
                sheets += 1
                self._read_rows(sheet, layout, progress)
        if not sheets:
            raise BadSheet(
                f"{path}: no sheet with a header row that names a plate, card or watch column"
                " (see docs/registry.md for the names)"
            )
        return self.preview

    def apply(self, at_us: int) -> Version:
        """Make the next version of what was read; without any change the version in force stays.

        Raises BadSheet, also when another version came into force since the file was read: what was planned are whole
        rows of the version before, and a card reported lost meanwhile would be active again (R13).
        """
        try:
            with self._writer.transaction():
                before = self._writer.version()
                self._refuse_moved(before)
                upserts, deletes = self._planner.changes()
                if not upserts and not deletes:
                    return before
                for table, ids in deletes.items():
                    self._writer.delete(table, ids)
                for table, rows in upserts.items():
                    self._writer.upsert(table, rows)
                if double := self._writer.find_double(upserts):
                    raise BadMessage(double)
                version = Version(before.version + 1, self._writer.hash(), at_us, at_us)
                self._writer.put_version(version)
                return version
        except BadMessage as error:
            raise BadSheet(f"nothing was imported: {error}") from error

    def _refuse_moved(self, now: Version) -> None:
        planned = self._planned_on or now
        if (planned.version, planned.hash) != (now.version, now.hash):
            raise BadMessage(
                f"version {now.version} of the registry came into force while the file was read on version"
                f" {planned.version}; import it again"
            )

    def _layout(self, sheet: Sheet) -> list[Field | None] | None:
        """The column that each cell of a row stands for; None for a sheet of something else."""
        for fields, anchors in ((VEHICLES, {"plate", "card", "vehicle_id"}), (WATCH, {"watch"})):
            by_header = field_by_header(fields)
            found = [by_header.get(folded(header)) for header in sheet.header]
            names = [each.name for each in found if each]
            if not anchors & set(names):
                continue
            double = next((name for name in names if names.count(name) > 1), None)
            if double:
                raise BadSheet(f"{sheet.name}: two columns are headed as {double!r}; take one out")
            pairs = zip(sheet.header, found, strict=True)
            self.preview.ignored_columns += [header for header, each in pairs if each is None and header.strip()]
            return found
        return None

    def _read_rows(self, sheet: Sheet, layout: Sequence[Field | None], progress: Progress) -> None:
        for number, cells in sheet.rows:
            if any(not isinstance(cell, str) or cell.strip() for cell in cells):
                self._read_row(sheet.name, number, cells, layout)
            progress(number)

    def _read_row(self, sheet: str, number: int, cells: Sequence[Cell], layout: Sequence[Field | None]) -> None:
        values: dict[str, Parsed] = {}
        faults = list(self._parse(cells, layout, values))
        if not faults:
            try:
                outcome = self._planner.add(number, values)
                setattr(self.preview, outcome, getattr(self.preview, outcome) + 1)
                return
            except RowFault as fault:
                faults = [str(fault)]
        self.preview.bad += 1
        room = FAULTS_KEPT - len(self.preview.faults)
        self.preview.faults += [BadCell(sheet, number, fault) for fault in faults[:room]]

    def _parse(self, cells: Sequence[Cell], layout: Sequence[Field | None], values: dict[str, Parsed]) -> Iterator[str]:
        """Fill `values` by the row's cells and give every fault in words."""
        if len(cells) > len(layout) and any(str(cell).strip() for cell in cells[len(layout) :]):
            yield f"expected {len(layout)} columns, got {len(cells)}; look for a separator too many"
        for index, column in enumerate(layout):
            if column is None:
                continue
            cell = cells[index] if index < len(cells) else ""
            if isinstance(cell, str) and not cell.strip():
                if column.name not in KEPT_WHEN_BLANK:
                    values[column.name] = ""
                continue
            try:
                values[column.name] = column.read(cell, self._locale)
            except CellFault as fault:
                yield f"{column.name}: expected {fault}, got {str(cell)[:80]!r}; correct the cell"
