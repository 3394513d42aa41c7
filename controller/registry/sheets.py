"""CSV and XLSX files as sheets of numbered rows, and back: encodings, separators, cells, and guarded formulas.

What the columns mean is not known here. Only BadSheet may come out for a file that is not what it should be.
"""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.exceptions import InvalidFileException

from controller.registry.cells import Cell
from controller.registry.errors import BadSheet

LARGEST_FILE = 512 * 2**20
LARGEST_UNPACKED = 2 * 2**30  # a workbook is a zip file; more than this is no list of vehicles
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "'")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name, the cells of its first row, and the rows below with their numbers as a person counts."""

    name: str
    header: Sequence[str]
    rows: Iterable[tuple[int, Sequence[Cell]]]


def read_sheets(path: Path) -> Iterator[Sheet]:
    """The sheets of a file, one after the other; each is to be read before the next. Raises BadSheet."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise BadSheet(f"{path}: {size} bytes, at most {LARGEST_FILE} are taken; split the file")
        if path.suffix.lower() in {".xlsx", ".xlsm"}:
            yield from _read_workbook(path)
        elif path.suffix.lower() in {".csv", ".txt", ".tsv"}:
            yield _read_csv(path)
        else:
            raise BadSheet(f"{path}: expected a .csv or .xlsx file, got {path.suffix or 'none of these'}")
    except OSError as error:
        raise BadSheet(f"{path}: cannot be read: {error.strerror or error}") from error


def decoded(raw: bytes, where: str) -> str:
    """The text of a CSV file: UTF-8 with or without mark, UTF-16 with one, else GBK as Chinese spreadsheets write."""
    marked = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encodings = ["utf-16"] if marked else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadSheet(f"{where}: neither UTF-8 nor GBK text; save it as CSV (UTF-8)")


def _read_csv(path: Path) -> Sheet:
    text = decoded(path.read_bytes(), str(path))
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    rows = _csv_rows(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), str(path))
    _, header = next(rows, (0, []))
    return Sheet(path.name, header, rows)


def _csv_rows(reader: Any, where: str) -> Iterator[tuple[int, list[str]]]:
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise BadSheet(f"{where}: row {number}: no CSV: {error}; look for a quotation mark left open") from error
        if cells is None:
            return
        yield number, [unguarded(cell) for cell in cells]


def _read_workbook(path: Path) -> Iterator[Sheet]:
    book = None
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(each.file_size for each in packed.infolist()) > LARGEST_UNPACKED:
                raise BadSheet(f"{path}: larger than {LARGEST_UNPACKED} bytes when unpacked; split the file")
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        for sheet in book.worksheets:
            rows = ((n, [_cell(value) for value in row]) for n, row in enumerate(sheet.iter_rows(values_only=True), 1))
            _, header = next(rows, (0, []))
            yield Sheet(sheet.title, [cell if isinstance(cell, str) else str(cell) for cell in header], rows)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, ParseError, EOFError) as error:
        if isinstance(error, BadSheet):
            raise
        raise BadSheet(f"{path}: no readable XLSX workbook: {error}") from error
    finally:
        if book is not None:
            book.close()


def _cell(value: Any) -> Cell:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (datetime, date)):
        return value
    return unguarded(str(value))


def guarded(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula: an apostrophe before what could begin one."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def unguarded(text: str) -> str:
    """The text without the apostrophe that `guarded` put before it."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(_FORMULA_STARTS) else text


def write_sheets(path: Path, sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[str]]]]) -> None:
    """Write named sheets (header, rows of texts). A CSV file takes the first alone. Raises BadSheet."""
    try:
        if path.suffix.lower() == ".xlsx":
            _write_workbook(path, sheets)
        elif path.suffix.lower() == ".csv":
            _, header, rows = next(iter(sheets))
            # the mark at the start tells spreadsheets that this is UTF-8
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(header)
                writer.writerows([guarded(cell) for cell in row] for row in rows)
        else:
            raise BadSheet(f"{path}: expected a name that ends in .csv or .xlsx")
    except OSError as error:
        raise BadSheet(f"{path}: cannot be written: {error.strerror or error}") from error


def _write_workbook(path: Path, sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[str]]]]) -> None:
    book = openpyxl.Workbook(write_only=True)
    for name, header, rows in sheets:
        sheet = book.create_sheet(name)
        sheet.append(list(header))
        for row in rows:
            cells = []
            for text in row:
                cell = WriteOnlyCell(sheet, guarded(text))
                cell.data_type = "s"  # never a formula, a number or a date of the program's own making
                cells.append(cell)
            sheet.append(cells)
    book.save(path)
