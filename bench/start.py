"""A log of 1,000,000 events: how long a start takes, how fast it verifies, how long the page's questions take.

The log is built once by the log's own code, without syncs, and kept in the system's folder for temporary files. Aim:
open with its state, at most 3 s together with the registry's part.

    python -m bench.start [--events 1000000] [--json]
"""

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.traffic import SECOND_US, START_US, facts_of_passage, plate_of
from controller.domain.known import NOTHING, Asked
from controller.eventlog.log import EventLog
from controller.eventlog.schema import EVENTS, READ_MODELS
from controller.eventlog.verify import verify
from controller.eventlog.views import LogReader

AIM_S = 3.0
EVENTS_OF_PASSAGE = 8
_START = """import sys, time
from pathlib import Path
from controller.clock import SystemClock
from controller.eventlog.backup import open_or_recover
began = time.perf_counter()
log, restored = open_or_recover(Path(sys.argv[1]), clock=SystemClock(), backups=Path(sys.argv[1]).parent / "none")
assert restored is None and log.load_state() is not None
print(time.perf_counter() - began)
log.close()"""


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


def build(path: Path, events: int) -> float:
    """A log of at least so many events; the seconds it took."""
    partial = path.with_name(path.name + ".building")
    for suffix in ("", "-wal", "-shm"):
        partial.with_name(partial.name + suffix).unlink(missing_ok=True)
    clock = PassingClock()
    log = EventLog(partial, clock=clock)
    connection = log._connection
    assert connection is not None
    connection.execute("PRAGMA synchronous = OFF")
    log._connection = Batched(connection)  # type: ignore[assignment]
    connection.execute("BEGIN")
    began = time.perf_counter()
    for number in range(events // EVENTS_OF_PASSAGE):
        clock.us = START_US + number * 30 * SECOND_US
        for fact, state, made in facts_of_passage(number):
            log.record(fact, NOTHING, state, made)
        if number % 2_000 == 0:
            connection.execute("COMMIT")
            connection.execute("BEGIN")
        if number % 2_000 == 0 and sys.stderr.isatty():
            print(f"\r  building {log.head.seq} events", end="", file=sys.stderr)
    connection.execute("COMMIT")
    log.close()
    partial.replace(path)
    return time.perf_counter() - began


def median_ms(question: Callable[[], object], times: int = 15) -> float:
    """Median time of a question in milliseconds, after one that warms the cache."""
    question()
    taken = []
    for _ in range(times):
        began = time.perf_counter_ns()
        question()
        taken.append((time.perf_counter_ns() - began) / 1e6)
    return round(statistics.median(taken), 2)


def questions(path: Path, events: int) -> dict[str, float]:
    reader = LogReader(path)
    passages = events // EVENTS_OF_PASSAGE
    one, day = str(reader.passages(limit=1)[0]["id"]), 24 * 3600 * SECOND_US
    last = START_US + passages * 30 * SECOND_US
    asked = {
        "lane views": reader.lane_views,
        "last 50 passages": reader.passages,
        "of one lane": lambda: reader.passages(lane="north-out"),
        "by outcome, none": lambda: reader.passages(outcome="forced"),
        "by plate": lambda: reader.passages(plate=plate_of(5)),
        "by fragment, Chinese": lambda: reader.passages(plate="粤B1"),
        "by fragment, none": lambda: reader.passages(plate="湘"),
        "of a day, long ago": lambda: reader.passages(since=START_US + day, until=START_US + 2 * day),
        "a page far back": lambda: reader.passages(before=events // 2),
        "why": lambda: (reader.passage(one), reader.passage_events(one), reader.cause_of(events - 5)),
        "inside": reader.inside,
        "alarms": reader.alarms,
        "outbox": lambda: (reader.outbox_depth(), reader.oldest_unacked_at()),
        "day's figures": lambda: reader.outcomes(since=last - day, until=last),
        "day's flow": lambda: reader.flow(since=last - day, until=last),
        "for a decision": lambda: reader.with_stays(NOTHING, Asked(plate=plate_of(5), card="26:1:5")),
    }
    found = {name: median_ms(question) for name, question in asked.items()}
    reader.close()
    return found


def starts_s(path: Path, times: int = 5) -> list[float]:
    """Seconds to open the log with its state, each time in a process of its own."""
    command = [sys.executable, "-c", _START, str(path)]
    return [float(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(times)]


def measure(events: int) -> dict[str, object]:
    folder = Path(tempfile.gettempdir()) / f"gatehouse-bench-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    shape = zlib.crc32("".join((*EVENTS, *READ_MODELS)).encode())
    path = folder / f"gate-{events}-{shape:08x}.db"
    built_s = 0.0 if path.exists() else build(path, events)
    with sqlite3.connect(path) as connection:
        (count,) = connection.execute("SELECT max(seq) FROM events").fetchone()
    connection.close()
    starts = starts_s(path)
    began = time.perf_counter()
    checked = verify(path)
    verify_s = time.perf_counter() - began
    assert checked.fault is None
    return {
        "events": count,
        "megabytes": path.stat().st_size // 2**20,
        "built_per_s": round(count / built_s) if built_s else None,
        "start_s": round(statistics.median(starts), 3),
        "start_worst_s": round(max(starts), 3),
        "verified_per_s": round(count / verify_s),
        "questions_ms": questions(path, count),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = measure(given.events)
    if given.json:
        print(json.dumps(found))
        return
    print(f"{found['events']} events, {found['megabytes']} MB")
    print(f"  open with state  median {found['start_s']} s, worst {found['start_worst_s']} s, aim at most {AIM_S} s")
    print(f"  verify           {found['verified_per_s']} events a second")
    answers = found["questions_ms"]
    assert isinstance(answers, dict)
    for name, taken in answers.items():
        print(f"  {name:<22}{taken:9.2f} ms")


if __name__ == "__main__":
    main()
