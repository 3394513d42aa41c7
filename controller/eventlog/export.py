"""Exporting events as JSON lines, CSV or XLSX, guarded against formulas (a plate or remark that begins with `=`).

Reads only; a row at a time, whatever the size of the log.
"""

import csv
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from controller.eventlog.chain_check import COLUMNS
from controller.eventlog.errors import LogError
from controller.eventlog.files import open_reader, read_error, sync_file

HEADER = tuple(COLUMNS.split(", "))
XLSX_ROWS = 1_048_575
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Format(StrEnum):
    """How events are exported."""

    JSONL = "jsonl"
    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which events: `begin` (included) and `end` (not) as texts of time, "" for no bound; one lane or all."""

    begin: str = ""
    end: str = ""
    lane: str = ""


def selected(path: Path, selection: Selection) -> Iterator[dict[str, Any]]:
    """The events of a log or an archive, in order, with the body as JSON text. Raises LogError."""
    where, values = ["1"], []
    for condition, value in (("at >= ?", selection.begin), ("at < ?", selection.end), ("lane = ?", selection.lane)):
        if value:
            where.append(condition)
            values.append(value)
    question = f"SELECT {COLUMNS} FROM events WHERE {' AND '.join(where)} ORDER BY seq"  # noqa: S608 - our own words
    connection = open_reader(path)
    try:
        for row in connection.execute(question, values):
            yield dict(zip(HEADER, row, strict=True))
    except sqlite3.Error as error:
        raise read_error(path, error) from error
    finally:
        connection.close()


def guarded(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: an apostrophe before what would begin one."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value


@contextmanager
def written_whole(out: Path) -> Iterator[Path]:
    """A file beside `out`, which takes its name once all of it is on disk; after an error nothing is left of it."""
    partial = out.with_name(out.name + ".partial")
    try:
        yield partial
        sync_file(partial)
        partial.replace(out)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def write_file(form: Format, events: Iterator[dict[str, Any]], out: Path) -> int:
    """The events in a file of their own; how many."""
    if form is Format.XLSX:
        return write_xlsx(events, out)
    with out.open("w", encoding="utf-8", newline="") as file:
        return write_text(form, events, file)


def write_text(form: Format, events: Iterator[dict[str, Any]], out: TextIO) -> int:
    """The events as lines, of JSON or of CSV; how many."""
    return (write_csv if form is Format.CSV else write_jsonl)(events, out)


def write_jsonl(events: Iterator[dict[str, Any]], out: TextIO) -> int:
    """One object a line, the body decoded; how many."""
    count = 0
    for event in events:
        out.write(json.dumps({**event, "body": json.loads(event["body"])}, ensure_ascii=False) + "\n")
        count += 1
    return count


def write_csv(events: Iterator[dict[str, Any]], out: TextIO) -> int:
    """A header and one row for each event; how many events."""
    rows = csv.writer(out)
    rows.writerow(HEADER)
    count = 0
    for event in events:
        rows.writerow([guarded(event[name]) for name in HEADER])
        count += 1
    return count


def write_xlsx(events: Iterator[dict[str, Any]], out: Path) -> int:
    """A sheet `events`; how many. Raises LogError when there are more than a sheet can hold."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("events")
    sheet.append(HEADER)
    count = 0
    for event in events:
        if count == XLSX_ROWS:
            raise LogError(f"{out}: a sheet holds {XLSX_ROWS} events; choose a shorter time, or csv")
        sheet.append([_cell(event[name]) for name in HEADER])
        count += 1
    book.save(out)
    return count


def _cell(value: Any) -> Any:
    return guarded(ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)) if isinstance(value, str) else value
