"""Moving a closed part of the chain to an archive file once its time is over (R2): `archive/gate-<first>-<last>.db`.

Events are never deleted out of a chain: the file is complete and on disk before the log's `segments` says that its
chain now begins later, and only then do the moved rows leave the log, a slice at a time. Contract, "Events".
"""

import sqlite3
from dataclasses import astuple, dataclass
from pathlib import Path

from controller.eventlog.chain_check import Link, kept_from
from controller.eventlog.errors import DamagedLogError
from controller.eventlog.files import open_reader, read_error, sync_file, sync_folder
from controller.eventlog.log import EventLog
from controller.eventlog.migrations import mark_all
from controller.eventlog.schema import EVENTS
from controller.eventlog.timetext import text_of
from controller.eventlog.verify import verify

MOST_EVENTS = 100_000
LEAST_EVENTS = 10_000
SLICE = 500
FOLDER = "archive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A closed part of the chain: a row of `segments`. `file` is relative to the log's folder."""

    first_seq: int
    prev: str
    last_seq: int
    head: str
    file: str
    first_cause: int
    last_cause: int
    last_at: str


def write_archive(
    path: Path, *, before_us: int, most_events: int = MOST_EVENTS, least_events: int = LEAST_EVENTS
) -> Segment | None:
    """Copy the oldest part whose time is over into a complete, verified, synced archive file; `None`: nothing is due.

    Runs beside the writer, from any thread, and changes nothing in the log: hand the result to `close_segment`.
    Only acknowledged events go, and a fact's events stay together. Raises LogError.
    """
    source = open_reader(path)
    try:
        segment = _due(source, before_us, most_events, least_events)
    except sqlite3.Error as error:
        raise read_error(path, error) from error
    finally:
        source.close()
    if segment is None:
        return None
    target = path.parent / segment.file
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    _copy(path, segment, partial)
    found = verify(partial, archives=False)
    if found.fault is not None or found.head != Link(segment.last_seq, segment.head):
        partial.unlink()
        raise DamagedLogError(f"{path}: not archived: {found.fault}", found.fault.seq if found.fault else 0)
    sync_file(partial)
    partial.replace(target)
    sync_folder(target.parent)
    sync_folder(path.parent)
    return segment


def close_segment(log: EventLog, segment: Segment) -> None:
    """Say in the log that its chain begins after the segment; the writer's thread calls it. Raises LogUnwritable."""
    with log.writing() as connection:
        if kept_from(connection) == Link(segment.first_seq - 1, segment.prev):
            connection.execute("INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?)", astuple(segment))


def sweep(log: EventLog, *, slice_rows: int = SLICE) -> int:
    """Take one slice of moved rows out of the log; 0 when nothing is left to do. To be called between two facts.

    Read models go with their events: closed stays, passages, cleared alarms, orders. What is still open stays.
    """
    with log.writing() as connection:
        row = connection.execute("SELECT max(last_seq), max(last_cause), max(last_at) FROM segments").fetchone()
        if row[0] is None:
            return 0
        told = {"kept": row[0], "cause": row[1], "until": row[2], "most": slice_rows}
        gone = sum(connection.execute(statement, told).rowcount for statement in _SWEEPS)
        plates = {plate for (plate,) in connection.execute(_PASSAGES, told).fetchall()}
        connection.executemany(_PLATE_PARTS, [(plate,) for plate in plates if plate is not None])
        return gone + len(plates)


_SWEEPS = (
    "DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE seq <= :kept ORDER BY seq LIMIT :most)",
    "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE seq <= :kept ORDER BY seq LIMIT :most)",
    "DELETE FROM causes WHERE id IN (SELECT id FROM causes WHERE id <= :cause ORDER BY id LIMIT :most)",
    "DELETE FROM stays WHERE id IN (SELECT id FROM stays WHERE exit_at <= :until LIMIT :most)",
    "DELETE FROM alarms WHERE raised_seq IN (SELECT raised_seq FROM alarms WHERE cleared_seq <= :kept LIMIT :most)",
    "DELETE FROM orders WHERE id IN (SELECT id FROM orders WHERE at <= :until LIMIT :most)",
    "DELETE FROM overlay WHERE absorbed_version IS NOT NULL AND seq <= :kept",
)
_PASSAGES = """DELETE FROM passages WHERE id IN (
 SELECT id FROM passages AS old WHERE first_seq <= :kept AND last_seq <= :kept AND NOT EXISTS (
 SELECT 1 FROM stays WHERE entry_passage = old.id AND exit_at IS NULL) ORDER BY first_seq LIMIT :most)
 RETURNING coalesce(plate, '')"""
_PLATE_PARTS = """DELETE FROM plate_parts WHERE plate = ?1
 AND NOT EXISTS (SELECT 1 FROM passages WHERE plate = ?1)"""


def _due(source: sqlite3.Connection, before_us: int, most: int, least: int) -> Segment | None:
    """The oldest part that may go: older than its time, acknowledged, ending with the last event of some fact."""
    start = kept_from(source)
    (acked,) = source.execute("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'acked_upto'").fetchone()
    limit = min(acked, start.seq + most)
    (young,) = source.execute(
        "SELECT min(seq) FROM events WHERE seq > ? AND seq <= ? AND at >= ?", (start.seq, limit, text_of(before_us))
    ).fetchone()
    limit = limit if young is None else young - 1
    first_cause = source.execute("SELECT coalesce(max(last_cause), 0) + 1 FROM segments").fetchone()[0]
    last = source.execute(
        "SELECT id, last_seq FROM causes WHERE first_seq <= ?1 AND last_seq <= ?1 ORDER BY first_seq DESC, id DESC",
        (limit,),
    ).fetchone()
    if last is None or last[1] - start.seq < max(1, least):
        return None
    head, last_at = source.execute("SELECT hash, at FROM events WHERE seq = ?", (last[1],)).fetchone()
    return Segment(
        first_seq=start.seq + 1,
        prev=start.hash,
        last_seq=last[1],
        head=head,
        file=f"{FOLDER}/gate-{start.seq + 1}-{last[1]}.db",
        first_cause=first_cause,
        last_cause=last[0],
        last_at=last_at,
    )


def _copy(path: Path, segment: Segment, partial: Path) -> None:
    for leftover in (partial, partial.with_name(partial.name + "-journal")):
        leftover.unlink(missing_ok=True)
    try:
        copy = sqlite3.connect(partial, isolation_level=None, uri=True)
        try:
            copy.execute("PRAGMA synchronous = OFF")  # synced as a whole before it gets its name
            copy.execute("ATTACH ? AS log", (f"{path.resolve().as_uri()}?mode=ro",))
            mark_all(copy)
            copy.execute("BEGIN")
            for statement in EVENTS:
                copy.execute(statement)
            bounds = (segment.first_seq, segment.last_seq)
            copy.execute("INSERT INTO main.events SELECT * FROM log.events WHERE seq BETWEEN ? AND ?", bounds)
            causes = (segment.first_cause, segment.last_cause)
            copy.execute("INSERT INTO main.causes SELECT * FROM log.causes WHERE id BETWEEN ? AND ?", causes)
            copy.execute("INSERT INTO main.meta SELECT key, value FROM log.meta WHERE key = 'epoch'")
            copy.execute("INSERT INTO main.meta VALUES ('kind', 'archive')")
            copy.execute("INSERT INTO main.segments VALUES (?, ?, ?, ?, ?, ?, ?, ?)", astuple(segment))
            copy.execute("COMMIT")
        finally:
            copy.close()
    except sqlite3.Error as error:
        raise read_error(path, error) from error
