"""What the judge looks at: the truth journal, the boxes' databases, what the centre received, the fleet. Reads only.

Nothing is judged here, and nothing of the daemon or the simulator is imported: what is read stands in the contract.
"""

import csv
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

OUTCOMES: Mapping[str, str] = {
    "PassageCompleted": "completed",
    "PassageTurnedAway": "turned_away",
    "PassageReversedOut": "reversed_out",
    "PassageTailgated": "tailgated",
    "PassageForced": "forced",
    "PassageTimedOut": "timed_out",
    "PassageAbandoned": "abandoned",
}
THROUGH = ("completed", "tailgated", "forced")
"""Outcomes that say that somebody went through."""


class EvidenceError(ValueError):
    """A file that the judge needs and cannot read; says which, and why."""


def seconds_of(text: str) -> float:
    """Seconds since 1970 of a time as the contract writes it."""
    return (datetime.fromisoformat(text) - _EPOCH) / timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where everything stands. `boxes` names each box's `gate.db`; `received` is the centre's database, or lines.

    `fleet` is the file that traffic was drawn from; `strangers` are those of its drawers that have no right to enter.
    """

    truth: Path
    boxes: Mapping[str, Path]
    received: Path | None = None
    fleet: Path | None = None
    strangers: tuple[str, ...] = ("stranger", "lost", "expired", "suspended")


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthLine:
    """One line of the journal; `t` in seconds."""

    t: float
    box: str
    lane: str
    what: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEvent:
    """One row of `events`; `t` in seconds; `row` is what is hashed, as it stands in the table."""

    seq: int
    t: float
    lane: str
    type: str
    passage: str
    actor: str
    body: Mapping[str, Any]
    row: Mapping[str, Any]


@dataclass(slots=True)
class LoggedPassage:
    """All events of one passage of one box, in order."""

    box: str
    id: str
    lane: str
    events: list[LoggedEvent] = field(default_factory=list)

    @property
    def started(self) -> float:
        return self.events[0].t

    @property
    def end(self) -> LoggedEvent | None:
        return next((each for each in self.events if each.type in OUTCOMES), None)

    @property
    def outcome(self) -> str:
        return OUTCOMES[self.end.type] if self.end else ""

    def said(self, key: str) -> str:
        """The last that any event of the passage says under this key, or ""."""
        for each in reversed(self.events):
            value = each.body.get(key)
            if value:
                return str(value)
        return ""

    def has(self, *types: str) -> bool:
        """Whether it has an event of one of these types."""
        return any(each.type in types for each in self.events)


@dataclass(slots=True)
class BoxLog:
    """What a box's database says."""

    box: str
    events: list[LoggedEvent]
    segments: list[tuple[int, str]]
    """Last number and head of each archived segment."""
    passages: dict[str, dict[str, Any]]
    stays: dict[str, dict[str, Any]]
    unacked: set[int]
    acked: set[int]

    def by_passage(self) -> list[LoggedPassage]:
        """The passages as the events tell them, in the order in which they began."""
        found: dict[str, LoggedPassage] = {}
        for event in self.events:
            if event.passage:
                one = found.setdefault(event.passage, LoggedPassage(box=self.box, id=event.passage, lane=event.lane))
                one.events.append(event)
        return list(found.values())


@dataclass(slots=True)
class Case:
    """Everything that was read, ready to be judged."""

    truth: list[TruthLine]
    logs: dict[str, BoxLog]
    received: dict[str, list[dict[str, Any]]] | None
    fleet: dict[str, dict[str, str]]
    strangers: tuple[str, ...]

    def lines(self, *whats: str) -> list[TruthLine]:
        """The journal's lines of these kinds, in order."""
        return [line for line in self.truth if line.what in whats]

    def foot_lanes(self) -> set[tuple[str, str]]:
        """Gates for people, told by the truth: only people come to them."""
        return {(line.box, line.lane) for line in self.lines("person_arrived", "door")}

    def ends_at(self) -> float:
        """The time of the journal's last line."""
        return self.truth[-1].t if self.truth else 0.0


def read_case(evidence: Evidence) -> Case:
    """Read everything. Raises EvidenceError when something is missing or broken."""
    return Case(
        truth=_read_truth(evidence.truth),
        logs={box: _read_log(box, path) for box, path in evidence.boxes.items()},
        received=_read_received(evidence.received) if evidence.received else None,
        fleet=_read_fleet(evidence.fleet) if evidence.fleet else {},
        strangers=evidence.strangers,
    )


def _lines_of(path: Path) -> list[dict[str, Any]]:
    try:
        texts = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise EvidenceError(f"{path}: cannot be read: {error.strerror}") from None
    found = []
    for number, text in enumerate(texts, start=1):
        try:
            line = json.loads(text)
        except ValueError:
            raise EvidenceError(f"{path}:{number}: expected a JSON object, got {text[:60]!r}") from None
        if not isinstance(line, dict):
            raise EvidenceError(f"{path}:{number}: expected a JSON object, got {type(line).__name__}")
        found.append(line)
    return found


def _read_truth(path: Path) -> list[TruthLine]:
    found = []
    for number, line in enumerate(_lines_of(path), start=1):
        try:
            known = {"t": seconds_of(line["t"]), "box": line["box"], "lane": line["lane"] or "", "what": line["what"]}
        except (KeyError, TypeError, ValueError) as error:
            raise EvidenceError(f"{path}:{number}: expected t, box, lane and what, got {error!r}") from None
        values = {key: value for key, value in line.items() if key not in ("t", "box", "lane", "what")}
        found.append(TruthLine(**known, values=values))
    return sorted(found, key=lambda line: line.t)


def _read_received(path: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for line in _rows_of(path) if path.suffix == ".db" else _lines_of(path):
        found.setdefault(str(line.get("box", "")), []).append(line)
    return found


def _rows_of(path: Path) -> list[dict[str, Any]]:
    """What the centre keeps in its database, in the order in which it came."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
            base.row_factory = sqlite3.Row
            return [dict(row) for row in base.execute("SELECT box, seq, hash FROM events ORDER BY rowid")]
    except sqlite3.Error as error:
        raise EvidenceError(f"{path}: {error}") from None


def _read_fleet(path: Path) -> dict[str, dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return {row["vehicle"]: row for row in csv.DictReader(file)}
    except (OSError, KeyError) as error:
        raise EvidenceError(f"{path}: no fleet: {error}") from None


def _read_log(box: str, path: Path) -> BoxLog:
    if not path.is_file():
        raise EvidenceError(f"{path}: box {box} has left no database")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
            base.row_factory = sqlite3.Row
            return _read_tables(box, base)
    except sqlite3.Error as error:
        raise EvidenceError(f"{path}: {error}") from None


def _read_tables(box: str, base: sqlite3.Connection) -> BoxLog:
    base.execute("BEGIN")  # all tables as of one moment
    outbox = {row["seq"]: bool(row["acked"]) for row in base.execute("SELECT seq, acked FROM outbox")}
    return BoxLog(
        box=box,
        events=[_event(row) for row in base.execute("SELECT * FROM events ORDER BY seq")],
        segments=[(row["last_seq"], row["head"]) for row in base.execute("SELECT * FROM segments ORDER BY last_seq")],
        passages={row["id"]: dict(row) for row in base.execute("SELECT * FROM passages")},
        stays={row["id"]: dict(row) for row in base.execute("SELECT * FROM stays")},
        unacked={seq for seq, acked in outbox.items() if not acked},
        acked={seq for seq, acked in outbox.items() if acked},
    )


def _event(row: sqlite3.Row) -> LoggedEvent:
    return LoggedEvent(
        seq=row["seq"],
        t=seconds_of(row["at"]),
        lane=row["lane"] or "",
        type=row["type"],
        passage=row["passage"] or "",
        actor=row["actor"],
        body=json.loads(row["body"]),
        row=dict(row),
    )
