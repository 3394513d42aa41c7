"""Read models made again from the events alone, and events taken over from a damaged log.

Nothing is decided here, and no number, time or hash is made: rows go over as they were.
"""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from controller.domain.events import RecordedEvent
from controller.eventlog.chain_check import COLUMNS, head_of, walk
from controller.eventlog.errors import LogError
from controller.eventlog.files import open_reader
from controller.eventlog.projections import changes
from controller.eventlog.state_rows import load_state

TABLES = ("passages", "plate_parts", "stays", "alarms", "devices", "orders", "overlay")
"""The read models that follow from the events alone."""

_EVENT = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_BATCH = 500


def event_of(row: tuple[Any, ...]) -> RecordedEvent:
    """The event of a row in the order of `COLUMNS`."""
    seq, id_, at, lane, type_, passage, actor, body, prev, hash_ = row
    return RecordedEvent(
        seq=seq,
        id=id_,
        at=at,
        lane=lane,
        type=type_,
        passage=passage,
        actor=actor,
        body=json.loads(body),
        prev=prev,
        hash=hash_,
    )


def rebuild(connection: sqlite3.Connection) -> int:
    """Empty the read models and make them again from the kept events, in one transaction. How many events there were.

    Rows of archived events are not kept; `orders.published` begins anew.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        for table in TABLES:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
        count = 0
        for row in connection.execute(f"SELECT {COLUMNS} FROM events ORDER BY seq"):  # noqa: S608
            _project(connection, row)
            count += 1
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise
    return count


def take_over(connection: sqlite3.Connection, old: Path) -> tuple[int, bool]:
    """Append what an old, perhaps damaged, log holds beyond this one's head and chained to it.

    How many events that were, and whether the lanes' state, which belongs to the last fact, went over too. Ends at the
    first thing that cannot be read or does not chain.
    """
    try:
        source = open_reader(old)
    except LogError:
        return 0, False
    has_state = False
    before = head_of(connection).seq
    try:
        if before == 0:
            _take_segments(connection, source)
            before = head_of(connection).seq
        whole = all(_take_batch(connection, batch) for batch in _batches(source, last_cause(connection)))
        texts = source.execute("SELECT digest, salt, clear FROM texts").fetchall()
        connection.executemany("INSERT OR IGNORE INTO texts VALUES (?, ?, ?)", texts)
        if whole and head_of(source) == head_of(connection):
            load_state(source, old)
            _take_state(connection, source)
            has_state = True
    except (sqlite3.DatabaseError, LogError):
        pass  # what was taken before the damage is in; the rest is what the centre still has
    finally:
        source.close()
    return head_of(connection).seq - before, has_state


Batch = tuple[tuple[Any, ...], list[tuple[Any, ...]]]


def last_cause(connection: sqlite3.Connection) -> int:
    """The row of the last fact, kept or archived; 0 in a new log."""
    (last,) = connection.execute(
        "SELECT max(coalesce((SELECT max(id) FROM causes), 0), coalesce((SELECT max(last_cause) FROM segments), 0))"
    ).fetchone()
    return int(last)


def _batches(source: sqlite3.Connection, after: int) -> Iterator[Batch]:
    """Each cause with its events, in order."""
    while True:
        causes = source.execute(
            "SELECT id, first_seq, last_seq, fact, known FROM causes WHERE id > ? ORDER BY id LIMIT ?", (after, _BATCH)
        ).fetchall()
        if not causes:
            return
        for cause in causes:
            events = source.execute(
                f"SELECT {COLUMNS} FROM events WHERE seq BETWEEN ? AND ? ORDER BY seq",  # noqa: S608
                cause[1:3],
            ).fetchall()
            yield cause, events
            after = cause[0]


def _take_segments(connection: sqlite3.Connection, source: sqlite3.Connection) -> None:
    """A new log goes on where the archived part of the old one ends."""
    rows = source.execute("SELECT * FROM segments").fetchall()
    connection.executemany("INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _take_batch(connection: sqlite3.Connection, batch: Batch) -> bool:
    cause, rows = batch
    reached, fault = walk(rows, head_of(connection))
    if fault is not None or reached.seq != cause[2]:
        return False
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.executemany(_EVENT, rows)
        connection.executemany("INSERT INTO outbox (seq) VALUES (?)", [(row[0],) for row in rows])
        connection.execute("INSERT INTO causes VALUES (?, ?, ?, ?, ?)", cause)
        for row in rows:
            _project(connection, row)
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise
    return True


def _take_state(connection: sqlite3.Connection, source: sqlite3.Connection) -> None:
    """Lane states and views as the old log had them: they belong to the last event, which is here too."""
    states = source.execute("SELECT lane, seq, state FROM lane_states").fetchall()
    views = source.execute("SELECT lane, seq, view FROM lane_views").fetchall()
    shared = source.execute("SELECT key, value FROM meta WHERE key = 'box_state'").fetchall()
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("DELETE FROM lane_states")
        connection.execute("DELETE FROM lane_views")
        connection.executemany("INSERT INTO lane_states VALUES (?, ?, ?)", states)
        connection.executemany("INSERT INTO lane_views VALUES (?, ?, ?)", views)
        connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", shared)
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def _project(connection: sqlite3.Connection, row: tuple[Any, ...]) -> None:
    for statement, values in changes(event_of(row)):
        connection.execute(statement, values)
