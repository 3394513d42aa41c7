"""What a commit of the event log costs beside raw SQLite inserts of the very same rows, under the same pragmas.

Both write one transaction for each fact of a scripted passage: events, outbox, causes, read models, lane state. The
raw side gets its rows ready made (no JSON, no hash, no projection) and writes them as plain statements. The two take
turns, fact by fact, so that a busy disk hits both alike. Aim: at most 3 times raw.

    python -m bench.commit [--passages 200] [--json FILE] [--quick]
"""

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.figure import Figure, Findings, options, percentile, run
from bench.traffic import facts_of_passage
from controller.domain.known import NOTHING
from controller.eventlog.files import open_writer
from controller.eventlog.log import EventLog
from tests.eventlog.support import open_log

AIM = 3.0

Statement = tuple[str, Any]


class Tap:
    """Stands where the connection stands and notes what is written, so that raw SQLite can write the same."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.statements: list[Statement] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
        self.statements.append((sql, values))
        return self._connection.execute(sql, values)

    def executemany(self, sql: str, values: Any) -> sqlite3.Cursor:
        rows = list(values)
        self.statements.append((sql, rows))
        return self._connection.executemany(sql, rows)


@contextmanager
def tapped(log: EventLog) -> Iterator[Tap]:
    connection = log._connection
    assert connection is not None
    tap = Tap(connection)
    log._connection = tap  # type: ignore[assignment]
    try:
        yield tap
    finally:
        log._connection = connection


def script(folder: Path, passages: int) -> list[list[Statement]]:
    """The statements of each transaction, noted once."""
    log = open_log(folder / "noted.db")
    noted = []
    for number in range(passages):
        for fact, state, events in facts_of_passage(number):
            with tapped(log) as tap:
                log.record(fact, NOTHING, state, events)
            noted.append(tap.statements)
    log.close()
    return noted


def raw(connection: sqlite3.Connection, statements: list[Statement]) -> None:
    for sql, values in statements:
        if isinstance(values, list):
            connection.executemany(sql, values)
        else:
            connection.execute(sql, values)


def measure(passages: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        noted = script(folder, passages)
        log = open_log(folder / "log.db")
        beside = open_writer(folder / "raw.db")
        ours, theirs = [], []
        turns = [each for number in range(passages) for each in facts_of_passage(number)]
        for (fact, state, events), statements in zip(turns, noted, strict=True):
            began = time.perf_counter_ns()
            log.record(fact, NOTHING, state, events)
            between = time.perf_counter_ns()
            raw(beside, statements)
            theirs.append(time.perf_counter_ns() - between)
            ours.append(between - began)
        log.close()
        beside.close()
    return {
        "commits": len(ours),
        "events": sum(len(each) for _, _, each in turns),
        "log_us": statistics.median(ours) / 1e3,
        "raw_us": statistics.median(theirs) / 1e3,
        "log_p99_us": percentile(ours, 0.99) / 1e3,
        "raw_p99_us": percentile(theirs, 0.99) / 1e3,
    }


def findings(given: argparse.Namespace) -> Findings:
    found = measure(given.passages or (5 if given.quick else 200))
    lines = [
        f"{found['commits']} commits with {found['events']} events, each in its own synced transaction",
        f"event log   median {found['log_us']:8.1f} us   p99 {found['log_p99_us']:8.1f} us",
        f"raw SQLite  median {found['raw_us']:8.1f} us   p99 {found['raw_p99_us']:8.1f} us",
    ]
    beside = f"{found['log_us']:.0f} us beside {found['raw_us']:.0f} us, medians"
    ratio = Figure("commit beside raw SQLite", found["log_us"] / found["raw_us"], "×", AIM, beside=beside)
    return Findings([ratio], lines, {"found": found})


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--passages", type=int)
    given = parser.parse_args()
    return run("commit", given, lambda: findings(given))


if __name__ == "__main__":
    sys.exit(main())
