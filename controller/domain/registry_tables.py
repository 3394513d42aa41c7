"""The tables of the registry: columns, the rule of each value, and the canonical text that the registry's hash is over.

Shared by the box, which keeps them, and the centre, which sends them. No file and no SQL may be put here.
Contract, "registry/delta": `hash` is over the canonical rows of all tables, in order of table and of id.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from hashlib import sha256
from typing import Any

from controller.domain.canonical import INTEGER_LIMIT, canonical_json
from controller.domain.plates import REGIONS, normalise
from controller.domain.terms import CredentialKind, PlateColor, PlateKind, RightState

Row = Mapping[str, Any]
Value = str | int | None

LONGEST_TEXT = 200
LONGEST_ID = 64
_CARD = re.compile(r"[1-9][0-9]{0,2}:(0|[1-9][0-9]{0,9}):(0|[1-9][0-9]{0,9})\Z")
_HOURS = re.compile(r"(([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)(,(?!\Z)|\Z))*\Z")
_LIST = re.compile(r"([^,]+(,[^,]+)*)?\Z")


class BadRow(ValueError):
    """A row that the registry does not take: which table, row and column, what was expected and what came."""


@unique
class Rule(StrEnum):
    """What a column's values have to keep. `TIME` is UTC microseconds or null for no bound."""

    ID = "id"
    REFERENCE = "reference"
    TEXT = "text"
    PLATE = "plate"
    CARD = "card"
    WATCHED = "watched"
    CHOICE = "choice"
    TIME = "time"
    NUMBER = "number"
    HOURS = "hours"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `default` stands where a row leaves it out; `personal` values never leave the registry."""

    name: str
    rule: Rule
    default: Value = ""
    choices: tuple[str, ...] = ()
    most: int = 0
    personal: bool = False
    needed: bool = False


_ID = Column("id", Rule.ID, needed=True)
_STATE = Column("state", Rule.CHOICE, RightState.ACTIVE.value, tuple(RightState))
_RIGHT = (
    _ID,
    Column("vehicle", Rule.REFERENCE),
    Column("card", Rule.REFERENCE),
    Column("grp", Rule.REFERENCE),
    _STATE,
    Column("valid_from", Rule.TIME, None),
    Column("valid_to", Rule.TIME, None),
    Column("days", Rule.NUMBER, 127, most=127),
    Column("hours", Rule.HOURS),
    Column("lots", Rule.LIST),
    Column("spaces", Rule.NUMBER, 0, most=100_000),
    Column("holidays", Rule.NUMBER, 1, most=1),
    Column("purpose", Rule.TEXT),
    Column("grace_days", Rule.NUMBER, 0, most=3650),
)

TABLES: dict[str, tuple[Column, ...]] = {
    "card_vehicles": (
        _ID,
        Column("card", Rule.REFERENCE, needed=True),
        Column("vehicle", Rule.REFERENCE, needed=True),
    ),
    "cards": (
        _ID,
        Column("card", Rule.CARD, needed=True),
        _STATE,
        Column("holder", Rule.REFERENCE),
        Column("grp", Rule.REFERENCE),
        Column("valid_from", Rule.TIME, None),
        Column("valid_to", Rule.TIME, None),
    ),
    "codes": (
        *_RIGHT,
        Column("kind", Rule.CHOICE, "", (CredentialKind.TICKET, CredentialKind.VISITOR_CODE), needed=True),
        Column("value", Rule.REFERENCE, needed=True),
    ),
    "leases": (*_RIGHT, Column("space", Rule.TEXT)),
    "letters": (_ID, Column("letters", Rule.TEXT)),
    "owners": (
        _ID,
        Column("name", Rule.TEXT, personal=True),
        Column("phone", Rule.TEXT, personal=True),
        Column("note", Rule.TEXT, personal=True),
    ),
    "passes": _RIGHT,
    "permits": _RIGHT,
    "plates": (
        _ID,
        Column("vehicle", Rule.REFERENCE, needed=True),
        Column("plate", Rule.PLATE, needed=True),
        Column("kind", Rule.CHOICE, PlateKind.UNKNOWN.value, tuple(PlateKind)),
        Column("color", Rule.CHOICE, PlateColor.OTHER.value, tuple(PlateColor)),
    ),
    "texts": (_ID, Column("language", Rule.TEXT), Column("text", Rule.TEXT)),
    "units": (_ID, Column("name", Rule.TEXT), Column("owner", Rule.REFERENCE)),
    "vehicles": (
        _ID,
        Column("unit", Rule.REFERENCE),
        Column("grp", Rule.REFERENCE),
        Column("vehicle_class", Rule.TEXT, "small"),
        Column("owner", Rule.REFERENCE),
        Column("note", Rule.TEXT, personal=True),
    ),
    "watch": (_ID, Column("value", Rule.WATCHED, needed=True), Column("reason", Rule.TEXT)),
}

# Columns whose value identifies at the lane: one row each, or two vehicles would answer to one credential.
UNIQUE: tuple[tuple[str, str], ...] = (("cards", "card"), ("codes", "value"), ("plates", "plate"))


def full_row(table: str, row: Any) -> dict[str, Value]:
    """The row with every column of its table, checked. Raises BadRow for the first value that does not fit."""
    columns = TABLES.get(table)
    if columns is None:
        raise BadRow(f"unknown table {table!r}, expected one of {', '.join(TABLES)}")
    if not isinstance(row, Mapping):
        raise BadRow(f"{table}: expected a row as an object, got {type(row).__name__}")
    where = f"{table} {row.get('id')!r}"
    unknown = sorted(str(name) for name in set(row) - {column.name for column in columns})
    if unknown:
        raise BadRow(f"{where}: unknown column {unknown[0]!r}")
    return {column.name: _checked(column, row, where) for column in columns}


def _checked(column: Column, row: Row, where: str) -> Value:
    if column.name not in row:
        if column.needed:
            raise BadRow(f"{where}: column {column.name!r} is missing")
        return column.default
    value = row[column.name]
    expected = fault_of(column, value)
    if expected:
        raise BadRow(f"{where}: {column.name}: expected {expected}, got {value!r:.80}")
    return value  # type: ignore[no-any-return]


def fault_of(column: Column, value: Any) -> str:
    """What the column would have expected instead of this value, in words; "" when it fits."""
    if column.rule is Rule.TIME:
        good = value is None or (type(value) is int and abs(value) < INTEGER_LIMIT)
        return "" if good else "microseconds since 1970 or null"
    if column.rule is Rule.NUMBER:
        good = type(value) is int and 0 <= value <= column.most
        return "" if good else f"a whole number from 0 to {column.most}"
    if not isinstance(value, str) or not value.isprintable() or len(value) > LONGEST_TEXT:
        return f"a text of at most {LONGEST_TEXT} characters without control characters"
    if column.needed and not value:
        return "a text that is not empty"
    if column.rule is Rule.CHOICE:
        return "" if value in column.choices else f"one of {', '.join(column.choices)}"
    keeps, expected = _TEXT_RULES.get(column.rule, _ANY_TEXT)
    return "" if keeps(value) else expected


def _is_plate(value: str) -> bool:
    return "?" not in value and any(normalise(value, name) == value for name in REGIONS)


def _is_watched(value: str) -> bool:
    return _CARD.match(value) is not None or _is_plate(value)


_SHORT = (lambda value: len(value) <= LONGEST_ID, f"at most {LONGEST_ID} characters")
_ANY_TEXT: tuple[Callable[[str], object], str] = (str.isprintable, "")
_TEXT_RULES: dict[Rule, tuple[Callable[[str], object], str]] = {
    Rule.ID: _SHORT,
    Rule.REFERENCE: _SHORT,
    Rule.PLATE: (_is_plate, "a plate without separators, in capitals, as 粤B12345"),
    Rule.CARD: (_CARD.match, 'a card as "bits:facility:number", as 26:123:45678'),
    Rule.WATCHED: (_is_watched, "a plate as 粤B12345 or a card as 26:123:45678, as cards and plates have them"),
    Rule.HOURS: (_HOURS.match, "hours as 07:00-19:00, several with commas"),
    Rule.LIST: (_LIST.match, "names with commas between them"),
}


def canonical_row(table: str, row: Row) -> bytes:
    """The line of one full row: canonical JSON of `[table, row]` and a line feed."""
    return canonical_json([table, dict(row)]) + b"\n"


def registry_hash(rows: Mapping[str, Iterable[Row]]) -> str:
    """Lower-case hex of SHA-256 over the lines of all rows, in order of table and then of id (by code point)."""
    digest = sha256()
    for table in sorted(rows):
        for row in sorted((full_row(table, row) for row in rows[table]), key=lambda row: str(row["id"])):
            digest.update(canonical_row(table, row))
    return digest.hexdigest()
