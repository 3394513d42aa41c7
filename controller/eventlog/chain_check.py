"""Checking a stretch of the chain: numbers without gaps, each `prev` the hash before it, each hash computed again.

Nothing may be written here, and no file opened.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from controller.eventlog.chain import FIRST_PREV, chained_hash, event_text

COLUMNS = "seq, id, at, lane, type, passage, actor, body, prev, hash"
TAIL_ROWS = 256


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the chain: the number of an event and its hash; (0, 64 zeros) before the first."""

    seq: int
    hash: str


START = Link(0, FIRST_PREV)


@dataclass(frozen=True, slots=True)
class Fault:
    """The first bad number of a chain, and what is wrong there."""

    seq: int
    what: str


def walk(rows: Iterable[tuple[Any, ...]], before: Link) -> tuple[Link, Fault | None]:
    """Follow the rows (in the order of `COLUMNS`) from a link on; the last good link, and the first fault if any."""
    expected, prev = before.seq + 1, before.hash
    for seq, id_, at, lane, type_, passage, actor, body, row_prev, row_hash in rows:
        if seq != expected:
            what = (
                f"event {expected} is missing, the next is {seq}" if seq > expected else f"event {seq} is out of order"
            )
            return Link(expected - 1, prev), Fault(expected, what)
        if row_prev != prev:
            return Link(expected - 1, prev), Fault(seq, "prev is not the hash of the event before it")
        try:
            text = event_text(actor=actor, at=at, body=body, id=id_, lane=lane, passage=passage, seq=seq, type=type_)
        except TypeError:
            return Link(expected - 1, prev), Fault(seq, "a column holds something that is no text")
        if chained_hash(prev, text) != row_hash:
            return Link(expected - 1, prev), Fault(seq, "the hash does not fit the event: it was changed")
        expected, prev = seq + 1, row_hash
    return Link(expected - 1, prev), None


def kept_from(connection: sqlite3.Connection) -> Link:
    """The link before the first event that is kept here: the head of the last archived segment, or the start."""
    row = connection.execute("SELECT last_seq, head FROM segments ORDER BY first_seq DESC LIMIT 1").fetchone()
    return Link(*row) if row else START


def head_of(connection: sqlite3.Connection) -> Link:
    """The last link of the chain as its last row says, unchecked."""
    row = connection.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    return Link(*row) if row else kept_from(connection)


def check_tail(connection: sqlite3.Connection, rows: int = TAIL_ROWS) -> tuple[Link, Fault | None]:
    """Check the last `rows` events only: what a start has time for. The link they end in, and the first fault."""
    head, kept = head_of(connection), kept_from(connection)
    after = max(kept.seq, head.seq - rows)
    before = kept
    if after > kept.seq:
        found = connection.execute("SELECT seq, hash FROM events WHERE seq = ?", (after,)).fetchone()
        if found is None:
            return Link(after, ""), Fault(after, f"event {after} is missing")
        before = Link(*found)
    tail = connection.execute(f"SELECT {COLUMNS} FROM events WHERE seq > ? ORDER BY seq", (after,))  # noqa: S608
    return walk(tail, before)
