"""A log of a million events, built once by the log's own code, without syncs; several benches begin with it.

Nothing is measured here.
"""

import shutil
import sqlite3
import sys
from inspect import getsource
from pathlib import Path
from typing import Any

from bench.big_data import folder, kept, shape_of
from bench.traffic import SECOND_US, START_US, facts_of_passage
from controller.domain.known import NOTHING
from controller.domain.view import lane_view
from controller.eventlog.log import EventLog
from controller.eventlog.schema import EVENTS, READ_MODELS

EVENTS_OF_PASSAGE = 8
AT_ONCE = 2_000  # passages in one transaction while building


class PassingClock:
    """A clock that the script moves on."""

    def __init__(self) -> None:
        self.us = START_US

    def utc_us(self) -> int:
        return self.us

    def monotonic_ns(self) -> int:
        return self.us * 1000


class Batched:
    """Stands where the connection stands and lets many of the log's transactions be one: only for building."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, sql: str, values: Any = ()) -> Any:
        if sql in ("BEGIN IMMEDIATE", "COMMIT"):
            return None
        return self._connection.execute(sql, values)


def build(path: Path, events: int) -> None:
    """A log of at least so many events."""
    clock = PassingClock()
    log = EventLog(path, clock=clock, view=lane_view)
    connection = log._connection
    assert connection is not None
    connection.execute("PRAGMA synchronous = OFF")
    log._connection = Batched(connection)  # type: ignore[assignment]
    connection.execute("BEGIN")
    for number in range(events // EVENTS_OF_PASSAGE):
        clock.us = START_US + number * 30 * SECOND_US
        for fact, state, made in facts_of_passage(number):
            log.record(fact, NOTHING, state, made)
        if number % AT_ONCE == 0:
            connection.execute("COMMIT")
            connection.execute("BEGIN")
            if sys.stderr.isatty():
                print(f"\r  building {log.head.seq} events", end="", file=sys.stderr)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    log.close()


def big_log(events: int) -> Path:
    """The log, built if it is not there; copy it before anybody writes to it."""
    shape = shape_of(*EVENTS, *READ_MODELS, getsource(facts_of_passage), getsource(build))
    return kept(folder() / f"gate-{events}-{shape}.db", lambda path: build(path, events))


def copy(source: Path, target: Path) -> None:
    """A copy for a daemon to write to."""
    shutil.copyfile(source, target)
