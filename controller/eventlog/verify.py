"""Verifying a whole log or an archived part: the chain event by event, and that outbox, causes and segments fit it.

Reads only. Contract: `log verify` names the first bad number; a cut tail shows against the head that the centre holds.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from controller.eventlog.chain_check import COLUMNS, Fault, Link, head_of, kept_from, walk
from controller.eventlog.errors import LogError
from controller.eventlog.files import open_reader, read_error

Progress = Callable[[int, int], None]

STRETCH = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What came out. `fault` is `None` when all is whole; `notes` tell what could not be looked at."""

    path: Path
    first_seq: int
    head: Link
    events: int
    fault: Fault | None
    notes: tuple[str, ...] = ()


def verify(
    path: Path, *, head: Link | None = None, archives: bool = True, progress: Progress | None = None
) -> Verified:
    """Verify a log or an archive file. `head` is what somebody else holds of it: that event must be here, unchanged.

    Raises LogError for a file that is no log at all. A file that cannot be read to its end is a fault, no error.
    """
    connection = open_reader(path)
    try:
        connection.execute("BEGIN")  # one view of the log, while the daemon goes on writing
        start, end = kept_from(connection), head_of(connection)
        if _kind(connection) == "archive":
            start = _archive_start(connection)
        notes: list[str] = []
        fault = _segments_fault(connection, path, notes) if archives else None
        reached, broken = _walk_all(connection, start, end, progress)
        fault = fault or broken or _beside_fault(connection, start, reached) or _head_fault(connection, head, reached)
    except sqlite3.Error as error:
        return _unreadable(path, str(read_error(path, error)))
    finally:
        connection.close()
    return Verified(
        path=path,
        first_seq=start.seq + 1,
        head=reached,
        events=reached.seq - start.seq,
        fault=fault,
        notes=tuple(notes),
    )


def _walk_all(
    connection: sqlite3.Connection, start: Link, end: Link, progress: Progress | None
) -> tuple[Link, Fault | None]:
    reached, total = start, max(0, end.seq - start.seq)
    while reached.seq < end.seq:
        question = f"SELECT {COLUMNS} FROM events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT {STRETCH}"  # noqa: S608
        try:
            before = reached
            reached, fault = walk(connection.execute(question, (before.seq, end.seq)), before)
        except sqlite3.DatabaseError as error:
            return reached, _first_unreadable(connection, reached, end, str(error))
        if progress is not None:
            progress(reached.seq - start.seq, total)
        if fault is not None:
            return reached, fault
    return reached, None


def _first_unreadable(connection: sqlite3.Connection, before: Link, end: Link, why: str) -> Fault:
    """The first event that cannot be read, found one by one within a stretch that could not be read as a whole."""
    question = f"SELECT {COLUMNS} FROM events WHERE seq = ?"  # noqa: S608 - our own columns
    reached = before
    for seq in range(before.seq + 1, min(end.seq, before.seq + STRETCH) + 1):
        try:
            reached, fault = walk(connection.execute(question, (seq,)), reached)
        except sqlite3.DatabaseError as error:
            return Fault(seq, f"cannot be read: {error}")
        if fault is not None or reached.seq != seq:
            return fault or Fault(seq, f"event {seq} is missing")
    return Fault(reached.seq + 1, f"cannot be read: {why}")


def _kind(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT value FROM meta WHERE key = 'kind'").fetchone()
    return str(row[0]) if row else ""


def _archive_start(connection: sqlite3.Connection) -> Link:
    row = connection.execute("SELECT first_seq, prev FROM segments ORDER BY first_seq LIMIT 1").fetchone()
    if row is None:
        raise sqlite3.DatabaseError("an archive without its row in segments")
    return Link(row[0] - 1, row[1])


def _segments_fault(connection: sqlite3.Connection, path: Path, notes: list[str]) -> Fault | None:
    """Each archived part begins where the one before ended, and its file, when it is here, ends where it should."""
    if _kind(connection) == "archive":
        row = connection.execute("SELECT last_seq, head FROM segments").fetchone()
        ends = head_of(connection)
        return None if Link(*row) == ends else Fault(ends.seq + 1, f"the archive should end in event {row[0]}")
    expected = Link(0, "0" * 64)
    segments = connection.execute("SELECT first_seq, prev, last_seq, head, file FROM segments ORDER BY first_seq")
    for first, prev, last, head, name in segments.fetchall():
        if first != expected.seq + 1 or prev != expected.hash:
            return Fault(expected.seq + 1, f"segment {first} does not follow event {expected.seq}")
        expected = Link(last, head)
        file = path.parent / name
        if not file.is_file():
            notes.append(f"events {first} to {last} stand in {name}, which is not here")
            continue
        fault = _archive_fault(file, Link(first - 1, prev), expected)
        if fault is not None:
            return Fault(fault.seq, f"{name}: {fault.what}")
    return None


def _archive_fault(file: Path, before: Link, last: Link) -> Fault | None:
    try:
        found = verify(file, archives=False)
    except LogError as error:
        return Fault(before.seq + 1, str(error))
    if found.fault is not None:
        return found.fault
    if found.first_seq != before.seq + 1 or found.head != last:
        return Fault(before.seq + 1, f"holds events {found.first_seq} to {found.head.seq}, not {last.seq}")
    return None


def _beside_fault(connection: sqlite3.Connection, start: Link, head: Link) -> Fault | None:
    """Whatever stands beside the chain has to fit it: causes always, the outbox where there is one."""
    for check in (_causes_fault, _outbox_fault) if _kind(connection) == "gate" else (_causes_fault,):
        fault = check(connection, start, head)
        if fault is not None:
            return fault
    return None


def _causes_fault(connection: sqlite3.Connection, start: Link, head: Link) -> Fault | None:
    expected = start.seq + 1
    causes = connection.execute("SELECT first_seq, last_seq FROM causes WHERE first_seq > ? ORDER BY id", (start.seq,))
    for first, last in causes:
        if first != expected or last < first - 1:
            return Fault(expected, f"the cause of event {expected} is missing or tells events {first} to {last}")
        if last > head.seq:
            return Fault(head.seq + 1, f"the log ends in event {head.seq}, but facts led to {last}: its tail was cut")
        expected = last + 1
    return None if expected == head.seq + 1 else Fault(expected, f"the cause of event {expected} is missing")


def _outbox_fault(connection: sqlite3.Connection, start: Link, head: Link) -> Fault | None:
    missing = connection.execute(
        "SELECT min(seq) FROM events WHERE seq > ? AND seq NOT IN (SELECT seq FROM outbox)", (start.seq,)
    ).fetchone()[0]
    if missing is not None:
        return Fault(missing, "has no row in the outbox")
    extra = connection.execute("SELECT min(seq) FROM outbox WHERE seq > ?", (head.seq,)).fetchone()[0]
    if extra is not None:
        return Fault(extra, f"stands in the outbox, but the log ends in event {head.seq}: its tail was cut")
    meta = dict(connection.execute("SELECT key, value FROM meta WHERE key LIKE 'acked%'"))
    upto = int(meta["acked_upto"])
    unsent = connection.execute("SELECT min(seq) FROM outbox WHERE acked = 0 AND seq <= ?", (upto,)).fetchone()[0]
    if unsent is not None:
        return Fault(unsent, f"is marked as not acknowledged, but the centre acknowledged up to {upto}")
    return _head_fault(connection, Link(upto, meta["acked_head"]), head) if upto > start.seq else None


def _head_fault(connection: sqlite3.Connection, told: Link | None, head: Link) -> Fault | None:
    """Whether the event that somebody else holds the hash of is here, with that hash."""
    if told is None or told.seq == 0:
        return None
    if told.seq > head.seq:
        return Fault(head.seq + 1, f"the log ends in event {head.seq}, but event {told.seq} was acknowledged: cut tail")
    row = connection.execute("SELECT hash FROM events WHERE seq = ?", (told.seq,)).fetchone()
    if row is None:
        row = connection.execute("SELECT head FROM segments WHERE last_seq = ?", (told.seq,)).fetchone()
    if row is not None and row[0] != told.hash:
        return Fault(told.seq, f"has hash {row[0]} here, {told.hash} was acknowledged: this is another chain")
    return None


def _unreadable(path: Path, why: str) -> Verified:
    return Verified(path=path, first_seq=0, head=Link(0, ""), events=0, fault=Fault(0, why))
