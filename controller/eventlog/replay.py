"""Deciding everything in a log again, from its causes alone, and comparing events and lane states byte by byte.

Reads only. What is decided stands in `controller.domain`; here it is only folded: state, fact, known and rules in,
state and events out (design.md, "The route").
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.domain.canonical import canonical_json
from controller.domain.codec import CodecError, from_plain
from controller.domain.decide import Decision, decide
from controller.domain.events import Event
from controller.domain.facts import Fact, RulesLoaded
from controller.domain.known import Known
from controller.domain.rules import SiteRules
from controller.domain.state import BoxState, initial_state
from controller.eventlog.errors import LogError, NotALogError
from controller.eventlog.fact_text import fact_of
from controller.eventlog.files import open_reader, read_error
from controller.eventlog.state_rows import load_state, state_text

Progress = Callable[[int, int], None]
Recorded = tuple[str, str, str | None, str | None, str]
"""Type, actor, lane, passage and body text of an event: what a decision says of it."""

_CAUSES = "SELECT id, first_seq, last_seq, fact, known FROM causes WHERE id > ? ORDER BY id"
_EVENTS = "SELECT seq, type, actor, lane, passage, body FROM events WHERE seq >= ? ORDER BY seq"
_RULES = """SELECT fact FROM causes WHERE id {} ? AND json_extract(fact, '$.type') = 'RulesLoaded'
 ORDER BY id {} LIMIT 1"""
_REPORT_EVERY = 2_000


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where deciding again gives something else: `seq` of the event, 0 for the state at the end."""

    cause: int
    seq: int
    what: str
    recorded: str
    decided: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came out of a replay: how much was decided again, and the first difference."""

    causes: int
    events: int
    difference: Difference | None


@dataclass(frozen=True, slots=True)
class Step:
    """One fact decided again: its row, what was recorded, what is decided now, and the state after it."""

    cause: int
    first_seq: int
    fact: Fact
    recorded: tuple[Recorded, ...]
    decided: tuple[Recorded, ...]
    state: BoxState


def replay(path: Path, *, progress: Progress | None = None) -> Replayed:
    """Decide a whole log again, its archived parts first. Raises LogError when it, or a part of it, cannot be read."""
    connection = open_reader(path)
    try:
        connection.execute("BEGIN")
        parts = [open_reader(file) for file in _archives(connection, path)]
        try:
            return _replay([*parts, connection], path, progress)
        finally:
            for part in parts:
                part.close()
    except sqlite3.Error as error:
        raise read_error(path, error) from error
    finally:
        connection.close()


def fold(
    connection: sqlite3.Connection, path: Path, *, after: int, state: BoxState, rules: SiteRules
) -> Iterator[Step]:
    """Decide every fact after the cause numbered `after` again. Raises LogError for one that cannot be read."""
    events = iter(())
    at_seq = None
    for cause, first, last, fact_text, known_text in connection.execute(_CAUSES, (after,)):
        if at_seq is None:
            events = connection.execute(_EVENTS, (first,))
            at_seq = first
        try:
            fact, known = fact_of(fact_text), from_plain(Known, json.loads(known_text))
        except (CodecError, ValueError) as error:
            raise LogError(f"{path}: the fact before event {first} cannot be read by this program: {error}") from None
        if isinstance(fact, RulesLoaded):
            rules = fact.rules
        decision: Decision = decide(state, fact, known, rules)
        state = decision.state
        recorded = tuple(row[1:] for row in _take(events, last - first + 1))
        yield Step(cause, first, fact, recorded, tuple(_said(event) for event in decision.events), state)


def rules_at(connection: sqlite3.Connection, cause: int) -> SiteRules | None:
    """The rules in force when a cause was taken up: the last loaded up to it, or the first loaded after it."""
    for relation, order in (("<=", "DESC"), (">", "ASC")):
        row = connection.execute(_RULES.format(relation, order), (cause,)).fetchone()
        if row is not None:
            fact = fact_of(row[0])
            assert isinstance(fact, RulesLoaded)
            return fact.rules
    return None


def _replay(parts: list[sqlite3.Connection], path: Path, progress: Progress | None) -> Replayed:
    rules = next((found for part in parts if (found := rules_at(part, 0)) is not None), None)
    causes = events = 0
    if rules is None:
        if _count(parts) == 0:
            return Replayed(0, 0, None)
        raise NotALogError(f"{path}: holds no fact RulesLoaded, so it cannot be told by which rules it was decided")
    state, total = initial_state(rules), _count(parts)
    for part in parts:
        after = _moved(part) if part is parts[-1] else 0
        for step in fold(part, path, after=after, state=state, rules=rules):
            difference = _difference(step)
            if difference is not None:
                return Replayed(causes, events, difference)
            state, causes, events = step.state, causes + 1, events + len(step.recorded)
            rules = step.fact.rules if isinstance(step.fact, RulesLoaded) else rules
            if progress is not None and (causes % _REPORT_EVERY == 0 or causes == total):
                progress(causes, total)
    return Replayed(causes, events, _state_difference(parts[-1], path, state, causes))


def _difference(step: Step) -> Difference | None:
    for number in range(max(len(step.recorded), len(step.decided))):
        was = step.recorded[number] if number < len(step.recorded) else None
        now = step.decided[number] if number < len(step.decided) else None
        if was != now:
            what = "an event differs" if was and now else "an event is missing" if was else "an event is new"
            return Difference(step.cause, step.first_seq + number, what, _told(was), _told(now))
    return None


def _state_difference(connection: sqlite3.Connection, path: Path, state: BoxState, causes: int) -> Difference | None:
    try:
        kept = load_state(connection, path)
    except LogError as error:
        return Difference(causes, 0, "the state of the lanes differs", str(error), _state(state))
    if kept is None or kept == state:
        return None
    for lane in sorted({*kept.lanes, *state.lanes}):
        was, now = kept.lanes.get(lane), state.lanes.get(lane)
        if was != now:
            return Difference(causes, 0, f"the state of lane {lane} differs", _state(was), _state(now))
    return Difference(causes, 0, "the state of the box differs", _state(kept), _state(state))


def _archives(connection: sqlite3.Connection, path: Path) -> list[Path]:
    files = [path.parent / name for (name,) in connection.execute("SELECT file FROM segments ORDER BY first_seq")]
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        raise NotALogError(f"{path}: cannot be replayed from its beginning: {missing[0]} is not in {files[0].parent}")
    return files


def _moved(connection: sqlite3.Connection) -> int:
    """The last cause that stands in an archive, whether or not its row was swept out of the log yet."""
    return int(connection.execute("SELECT coalesce(max(last_cause), 0) FROM segments").fetchone()[0])


def _count(parts: list[sqlite3.Connection]) -> int:
    own = "SELECT count(*) FROM causes WHERE id > ?"
    moved = [0] * (len(parts) - 1) + [_moved(parts[-1])]
    return sum(int(part.execute(own, (after,)).fetchone()[0]) for part, after in zip(parts, moved, strict=True))


def _take(rows: Iterator[Any], count: int) -> Iterator[Any]:
    for _ in range(count):
        row = next(rows, None)
        if row is None:
            return
        yield row


def _said(event: Event) -> Recorded:
    return (event.type.value, event.actor, event.lane, event.passage, canonical_json(event.body).decode("utf-8"))


def _told(event: Recorded | None) -> str:
    return "nothing" if event is None else " ".join("-" if part is None else part for part in event)


def _state(value: Any) -> str:
    return "nothing" if value is None else state_text(value)
