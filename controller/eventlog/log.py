"""The event log's writer: events, causes, outbox, read models and lane states in one transaction, on disk.

Only the lane loop's thread may call it; nothing is decided here. Contract, "Events"; design.md, step 4. What cannot
be written is told by `LogUnwritable`, and then nothing of the call was saved.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.domain.events import Event, RecordedEvent
from controller.domain.facts import Fact
from controller.domain.known import Known
from controller.domain.state import BoxState
from controller.domain.view import lane_view
from controller.eventlog.chain import chained_hash, event_text
from controller.eventlog.chain_check import START, Link, check_tail
from controller.eventlog.errors import DamagedLogError, LogBusyError, LogError
from controller.eventlog.fact_text import fact_of, fact_text, personal_texts
from controller.eventlog.files import WriterLock, open_writer, read_error, suspect_mark
from controller.eventlog.plain_text import body_text, plain_text
from controller.eventlog.projections import changes
from controller.eventlog.state_rows import LaneView, StateRows, load_state, state_text
from controller.eventlog.timetext import text_of
from controller.ids import IdMaker
from controller.ports import Clock, LogUnwritable

_EVENT = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_OUTBOX = "INSERT INTO outbox (seq) VALUES (?)"
_CAUSE = "INSERT INTO causes (first_seq, last_seq, fact, known) VALUES (?, ?, ?, ?)"
_TEXT = "INSERT OR IGNORE INTO texts VALUES (?, ?, ?)"
_KEEPS_CONNECTION = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY)


@dataclass(frozen=True, slots=True)
class LogHealth:
    """The log as it is now. `error` is "" while it can be written; `unacked` counts what the centre lacks."""

    head: int
    head_hash: str
    epoch: int
    unacked: int
    writable: bool
    error: str


@dataclass(frozen=True, slots=True)
class _InDoubt:
    """A call that failed: its fact, the head it would have made, and what it would have given back."""

    fact_id: str
    head: Link
    recorded: list[RecordedEvent]


class EventLog:
    """One log file, open for writing. `view` makes a lane's view of its state."""

    def __init__(
        self, path: Path, *, clock: Clock, view: LaneView = lane_view, new_id: Callable[[], str] | None = None
    ) -> None:
        """Open or make the log. Raises LogError: newer, foreign, busy or damaged; `LogUnwritable` when it cannot."""
        self.path = path
        self._clock = clock
        self._new_id = new_id or IdMaker(clock)
        self._error = self._state_fault = ""
        self._head, self._epoch, self._acked_upto = START, 1, 0
        self._in_doubt: _InDoubt | None = None
        self._settled: _InDoubt | None = None
        self._connection: sqlite3.Connection | None = None
        self._lock = _locked(path)
        try:
            connection = self._open()
            self._loaded = self._load(connection)
        except sqlite3.Error as error:
            self.close()
            raise opening_error(path, error) from error
        except BaseException:
            self.close()
            raise
        self._rows = StateRows(view, self._loaded)

    # --- reading back ----------------------------------------------------------------------------------------------

    @property
    def epoch(self) -> int:
        """Grows each time a box is restored from a backup."""
        return self._epoch

    @property
    def head(self) -> Link:
        """Number and hash of the last event."""
        return self._head

    def load_state(self) -> BoxState | None:
        """State as committed last before this start, without replaying anything; `None` in a new log."""
        return self._loaded

    @property
    def state_fault(self) -> str:
        """Why `load_state` gives nothing although there was a state: it was written by another program; else ""."""
        return self._state_fault

    def health(self) -> LogHealth:
        """What the page and the metrics show of the log; asks the disk nothing."""
        return LogHealth(
            head=self._head.seq,
            head_hash=self._head.hash,
            epoch=self._epoch,
            unacked=self._head.seq - self._acked_upto,
            writable=not self._error,
            error=self._error,
        )

    # --- writing ---------------------------------------------------------------------------------------------------

    def record(self, fact: Fact, known: Known, state: BoxState, events: Sequence[Event]) -> list[RecordedEvent]:
        """Put one decision on disk: all of it or nothing.

        Raises LogUnwritable when the disk does not take it, and NotCanonical (before anything is written) for a body
        that the log cannot hold.
        """
        self._ready()
        if self._settled is not None and self._settled.fact_id == fact.id:
            return self._settled.recorded
        chained = list(self._chain(events))
        recorded = [event for event, _ in chained]
        head = Link(recorded[-1].seq, recorded[-1].hash) if recorded else self._head
        cause = (self._head.seq + 1, head.seq, fact_text(fact), state_text(known))
        states = list(self._rows.changes(state, head.seq))
        texts = [(each.digest, each.salt, each.clear) for each in personal_texts(fact)]
        with self._transaction(_InDoubt(fact.id, head, recorded)) as connection:
            connection.executemany(_EVENT, [_row(event, body) for event, body in chained])
            connection.executemany(_OUTBOX, [(event.seq,) for event in recorded])
            connection.execute(_CAUSE, cause)
            for event in recorded:
                for statement, values in changes(event):
                    connection.execute(statement, values)
            for statement, values in states:
                connection.execute(statement, values)
            connection.executemany(_TEXT, texts)
        self._head = head
        self._rows.commit()
        return recorded

    def mark_acked(self, upto: int, head: str) -> str | None:
        """Clear the outbox up to a number that the centre holds. `None`, or why its head is not ours (nothing cleared).

        Cumulative; an older acknowledgement than the last changes nothing. Raises LogUnwritable.
        """
        self._ready()
        if upto > self._head.seq:
            return f"head_mismatch: the centre holds event {upto}, the last one here is {self._head.seq}"
        if upto <= self._acked_upto:
            return None
        with self._reading() as connection:
            row = connection.execute("SELECT hash FROM events WHERE seq = ?", (upto,)).fetchone()
        if row is None or row[0] != head:
            return f"head_mismatch: event {upto} has hash {row[0] if row else 'none'} here and {head} at the centre"
        with self._transaction() as connection:
            connection.execute("UPDATE outbox SET acked = 1 WHERE acked = 0 AND seq <= ?", (upto,))
            connection.execute("UPDATE meta SET value = ? WHERE key = 'acked_upto'", (str(upto),))
            connection.execute("UPDATE meta SET value = ? WHERE key = 'acked_head'", (head,))
        self._acked_upto = upto
        return None

    def mark_published(self, order_id: str, *, published: bool = True) -> None:
        """Note that an order's result went out, or, with `published` False, that it has to go out once more."""
        self._ready()
        with self._transaction() as connection:
            connection.execute("UPDATE orders SET published = ? WHERE id = ?", (int(published), order_id))

    def erase_text(self, digest: str) -> bool:
        """Erase a personal text for good; its digest stays in the chain. False when there is no such text."""
        self._ready()
        with self._transaction() as connection:
            found = connection.execute("DELETE FROM texts WHERE digest = ?", (digest,)).rowcount > 0
        with self._reading() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the clear text must not live on in the WAL
        return found

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction of housekeeping by the log's own rooms (archive). Raises LogUnwritable."""
        self._ready()
        with self._transaction() as connection:
            yield connection

    def close(self) -> None:
        """Close the file and give the lock back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._lock.release()

    # --- inside ----------------------------------------------------------------------------------------------------

    def _chain(self, events: Sequence[Event]) -> Iterator[tuple[RecordedEvent, str]]:
        """The events with number, id, time and hash, and beside each the canonical text of its body."""
        prev = self._head.hash
        at = text_of(self._clock.utc_us())
        for seq, event in enumerate(events, self._head.seq + 1):
            plain_text([event.lane, event.passage, event.actor])  # refuses what has no UTF-8
            body = body_text(event.body)
            recorded = chained(event, seq=seq, id=self._new_id(), at=at, prev=prev, body=body)
            prev = recorded.hash
            yield recorded, body

    def _load(self, connection: sqlite3.Connection) -> BoxState | None:
        try:
            return load_state(connection, self.path)
        except DamagedLogError:
            raise
        except LogError as error:  # after an upgrade: the box learns its state from the inputs, the log goes on
            self._state_fault = str(error)
            return None

    def _ready(self) -> None:
        """A connection that works, opened again after an error; what the last call left behind is found out."""
        if self._connection is not None:
            return
        try:
            self._open(self._check_reopened)
        except (sqlite3.Error, OSError, LogError) as error:
            self._drop(error)
            raise LogUnwritable(f"{self.path}: cannot be opened again: {error}") from error

    def _check_reopened(self, connection: sqlite3.Connection, head: Link) -> None:
        """Hold the reopened file against what was saved, before its head is ours. Raises DamagedLogError, each time."""
        doubt = self._in_doubt
        if doubt is not None and _last_fact(connection) == doubt.fact_id:
            self._settled = doubt  # the failed commit had reached the disk after all
            self._rows.commit()
        elif self._head != head:
            raise DamagedLogError(f"{self.path}: ends in event {head.seq}, event {self._head.seq} was saved last")
        self._in_doubt = None

    def _open(self, check: Callable[[sqlite3.Connection, Link], None] | None = None) -> sqlite3.Connection:
        """Open and check the end of the chain. Raises sqlite3.Error and DamagedLogError; then nothing is taken over."""
        connection = open_writer(self.path)
        try:
            head, fault = check_tail(connection)
            if fault is not None:
                raise DamagedLogError(f"{self.path}: event {fault.seq}: {fault.what}", fault.seq)
            meta = dict(connection.execute("SELECT key, value FROM meta"))
            if check is not None:
                check(connection, head)
        except BaseException:
            connection.close()
            raise
        self._head, self._epoch = head, int(meta["epoch"])
        self._acked_upto = int(meta["acked_upto"])
        self._connection = connection
        return connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        assert self._connection is not None
        try:
            yield self._connection
        except sqlite3.Error as error:
            self._drop(error)
            raise LogUnwritable(f"{self.path}: cannot be read: {error}") from error

    @contextmanager
    def _transaction(self, doubt: _InDoubt | None = None) -> Iterator[sqlite3.Connection]:
        connection = self._connection
        assert connection is not None
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._in_doubt = doubt
            self._roll_back(connection, error)
            raise LogUnwritable(f"{self.path}: nothing was saved: {error}") from error
        except BaseException:
            connection.rollback()
            raise
        self._error = ""

    def _roll_back(self, connection: sqlite3.Connection, error: sqlite3.Error) -> None:
        """After a full disk the connection is still good; after anything else the file is opened and checked again."""
        self._error = str(error)
        code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            with suppress(OSError):  # the mark is a help for the next start, the error is told in any case
                suspect_mark(self.path).touch()
        try:
            connection.rollback()
        except sqlite3.Error as second:
            self._drop(second)
            return
        if code not in _KEEPS_CONNECTION:
            self._drop(error)
        elif code == sqlite3.SQLITE_FULL:
            with suppress(sqlite3.Error):  # moving the WAL into the log may give enough room for the next attempt
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _drop(self, error: Exception) -> None:
        self._error = str(error)
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):  # the error that led here is the one to tell
                connection.close()


def chained(event: Event, *, seq: int, id: str, at: str, prev: str, body: str) -> RecordedEvent:
    """An event in its place in the chain; `body` is its body as canonical text."""
    text = event_text(
        actor=event.actor,
        at=at,
        body=body,
        id=id,
        lane=event.lane,
        passage=event.passage,
        seq=seq,
        type=event.type.value,
    )
    return RecordedEvent(
        seq=seq,
        id=id,
        at=at,
        lane=event.lane,
        type=event.type.value,
        passage=event.passage,
        actor=event.actor,
        body=event.body,
        prev=prev,
        hash=chained_hash(prev, text),
    )


def opening_error(path: Path, error: sqlite3.Error) -> Exception:
    """What a start that SQLite refuses means: damage, a busy file, or a disk that takes nothing."""
    told = read_error(path, error)
    return told if isinstance(told, DamagedLogError | LogBusyError) else LogUnwritable(str(told))


def _locked(path: Path) -> WriterLock:
    try:
        return WriterLock(path)
    except OSError as error:
        raise LogUnwritable(f"{path}: cannot be written: {error.strerror}") from error


def _last_fact(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT fact FROM causes ORDER BY id DESC LIMIT 1").fetchone()
    return fact_of(row[0]).id if row else ""


def _row(event: RecordedEvent, body: str) -> tuple[Any, ...]:
    return (
        event.seq,
        event.id,
        event.at,
        event.lane,
        event.type,
        event.passage,
        event.actor,
        body,
        event.prev,
        event.hash,
    )
