"""A log of 1,000,000 events: how long it takes to open, how fast it verifies, how long the page's questions take.

python -m bench.log_questions [--events 1000000] [--json FILE] [--quick]
"""

import argparse
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.big_log import EVENTS_OF_PASSAGE, big_log
from bench.figure import Figure, Findings, options, run
from bench.traffic import SECOND_US, START_US, plate_of
from controller.domain.known import NOTHING, Asked
from controller.eventlog.verify import verify
from controller.eventlog.views import LogReader

OPEN_TIMES = 5
_START = """import sys, time
from pathlib import Path
from controller.clock import SystemClock
from controller.eventlog.backup import open_or_recover
began = time.perf_counter()
log, restored = open_or_recover(Path(sys.argv[1]), clock=SystemClock(), backups=Path(sys.argv[1]).parent / "none")
assert restored is None and log.load_state() is not None
print(time.perf_counter() - began)
log.close()"""


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


def opened_s(path: Path, times: int) -> list[float]:
    """Seconds to open the log with its state, each time in a process of its own."""
    command = [sys.executable, "-c", _START, str(path)]
    return [float(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(times)]


def measure(given: argparse.Namespace) -> Findings:
    events = given.events or (4_000 if given.quick else 1_000_000)
    path = big_log(events)
    with sqlite3.connect(path) as connection:
        (count,) = connection.execute("SELECT max(seq) FROM events").fetchone()
    connection.close()
    opened = opened_s(path, 1 if given.quick else OPEN_TIMES)
    began = time.perf_counter()
    checked = verify(path)
    verify_s = time.perf_counter() - began
    assert checked.fault is None
    answers = questions(path, count)
    slowest = max(answers, key=lambda name: answers[name])
    figures = [
        Figure("open the log with its state", statistics.median(opened) * 1000, "ms", beside=f"{count:,} events"),
        Figure("verify the log's chain", count / verify_s, "events/s"),
        Figure("slowest question of the page", answers[slowest], "ms", beside=f"{slowest}; of {len(answers)}"),
    ]
    lines = [f"{count:,} events, {path.stat().st_size // 2**20} MB"]
    lines += [f"{name:<22}{taken:9.2f} ms" for name, taken in answers.items()]
    return Findings(figures, lines, {"questions_ms": answers, "opened_s": opened})


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--events", type=int)
    given = parser.parse_args()
    return run("log_questions", given, lambda: measure(given))


if __name__ == "__main__":
    sys.exit(main())
