"""The lane loop's time for a fact while the booth page suffers: a sign-in flood and exports, beside peace (F27).

The whole daemon on real wires, two lanes at 38400 baud with cars one after the other, broker and centre. Peace and
storm take turns. In a storm, many callers from several addresses try names and passwords as fast as they are answered,
and the log is exported again and again (`gatehouse log export`) on the same machine. A fact's time runs from its origin
(last byte of the reading, or the timer's due time) until its effects are handed over. What the storm takes from the
processors is part of the figure: the ratio says what a car notices.

    python -m bench.lane_latency [--rounds 4] [--seconds 15] [--callers 8] [--json FILE] [--quick]
"""

import argparse
import http.client
import itertools
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import big_data
from bench.figure import Figure, Findings, options, percentile, run
from tests.support.wired_box import ROOT, RunningDaemon, Swipe, WiredBox, WiredLane

BAUD = 38_400
LANES = ("a", "b")
WAIT_S = 0.05
SETTLE_S = 1.0
AIM_RATIO = 2.0
ANSWER_S = 30.0


@dataclass(slots=True)
class Storm:
    """Callers who try to sign in, and exports, until told to stop; counts what was answered."""

    box: WiredBox
    callers: int
    stop: threading.Event = field(default_factory=threading.Event)
    answers: dict[int, int] = field(default_factory=dict)
    exports: int = 0

    def call(self, number: int) -> None:
        """Try one name after the other; every caller has an address of its own on loopback."""
        source = (f"127.0.1.{number + 1}", 0)
        while not self.stop.is_set():
            line = http.client.HTTPConnection("127.0.0.1", self.box.page_port, timeout=ANSWER_S, source_address=source)
            try:
                self._try(line)
            except (OSError, http.client.HTTPException):
                self._count(0)
            finally:
                line.close()

    def _try(self, line: http.client.HTTPConnection) -> None:
        line.request("GET", "/sign-in")
        form = line.getresponse()
        cookies = [value.partition(";")[0] for name, value in form.getheaders() if name.lower() == "set-cookie"]
        page = form.read().decode()
        token = page.partition('name="csrf" value="')[2].partition('"')[0]
        for number in itertools.count():
            if self.stop.is_set():
                return
            fields = {"csrf": token, "name": f"guard{number % 50}", "password": "not the right one"}
            body = urllib.parse.urlencode(fields)
            headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": "; ".join(cookies)}
            line.request("POST", "/sign-in", body, headers)
            answer = line.getresponse()
            answer.read()
            self._count(answer.status)

    def _count(self, status: int) -> None:
        self.answers[status] = self.answers.get(status, 0) + 1

    def export(self) -> None:
        """Export the whole log again and again, each time by a process of its own."""
        command = [sys.executable, "-m", "controller.cli", "log", "export", str(self.box.data / "gate.db")]
        while not self.stop.is_set():
            subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
            self.exports += 1


@contextmanager
def storm(box: WiredBox, callers: int) -> Iterator[Storm]:
    raging = Storm(box, callers)
    with ThreadPoolExecutor(callers + 1, "storm") as pool:
        calls = [pool.submit(raging.call, number) for number in range(callers)] + [pool.submit(raging.export)]
        try:
            yield raging
        finally:
            raging.stop.set()
    for each in calls:
        each.result()


def traffic(lanes: list[WiredLane], cards: Iterator[int], seconds: float) -> list[Swipe]:
    """Cars at every lane, one after the other, for so long."""
    until = time.monotonic() + seconds
    lock = threading.Lock()

    def drive(lane: WiredLane) -> list[Swipe]:
        made = []
        while time.monotonic() < until:
            with lock:
                card = big_data.card(next(cards))
            made.append(lane.drive_in(card, WAIT_S))
        return made

    with ThreadPoolExecutor(len(lanes), "lane") as pool:
        return [swipe for made in pool.map(drive, lanes) for swipe in made]


@dataclass(slots=True)
class Times:
    """What one kind of weather gave."""

    windows: list[tuple[int, int]] = field(default_factory=list)
    swipes_ms: list[float] = field(default_factory=list)
    facts_ms: list[float] = field(default_factory=list)
    taken_ms: list[float] = field(default_factory=list)


def weather(box: WiredBox, daemon: RunningDaemon, given: argparse.Namespace) -> tuple[Times, Times, list[Storm]]:
    """Peace and storm in turns, then the daemon's own times of all facts."""
    rounds, seconds = (1, 2.0) if given.quick else (given.rounds, given.seconds)
    peace, stormy, storms = Times(), Times(), []
    cards = iter(big_data.residents(20_000))
    traffic(box.lanes, cards, 1.0)
    for _ in range(rounds):
        spell(peace, box, cards, seconds)
        with storm(box, 2 if given.quick else given.callers) as raging:
            time.sleep(SETTLE_S)
            spell(stormy, box, cards, seconds)
        storms.append(raging)
        time.sleep(SETTLE_S)
    assert daemon.stop() == 0, daemon.last_words()
    sort_facts(box, peace, stormy)
    return peace, stormy, storms


def sort_facts(box: WiredBox, *weathers: Times) -> None:
    """What `bench.timed_daemon` wrote when it ended, put to the weather in whose spells it happened."""
    for line in (box.folder / "times").read_text(encoding="ascii").splitlines():
        _, began, waited_us, took_us = line.split()
        for times in weathers:
            if any(start <= int(began) <= end for start, end in times.windows):
                times.facts_ms.append((int(waited_us) + int(took_us)) / 1000)
                times.taken_ms.append(int(took_us) / 1000)


def spell(times: Times, box: WiredBox, cards: Iterator[int], seconds: float) -> None:
    """Cars for so long, in this weather."""
    start = time.monotonic_ns()
    times.swipes_ms += [swipe.ms for swipe in traffic(box.lanes, cards, seconds)]
    times.windows.append((start, time.monotonic_ns()))


def measure(given: argparse.Namespace) -> Findings:
    registry = big_data.registry(1_000 if given.quick else 100_000)
    with tempfile.TemporaryDirectory() as folder, WiredBox(Path(folder), list(LANES), BAUD) as box:
        shutil.copyfile(registry, box.data / "registry.db")
        daemon = box.start(["-m", "bench.timed_daemon"])
        box.await_ready(daemon)
        peace, stormy, storms = weather(box, daemon, given)
    tried: dict[int, int] = {}
    for each in storms:
        for status, count in each.answers.items():
            tried[status] = tried.get(status, 0) + count
    assert set(tried) - {0}, "nobody was answered: there was no storm"
    p99, storm_p99 = percentile(peace.facts_ms, 0.99), percentile(stormy.facts_ms, 0.99)
    figures = [
        Figure("lane loop per fact in peace, p99", p99, "ms", beside=f"{len(peace.facts_ms)} facts"),
        Figure("lane loop per fact in a storm, p99", storm_p99, "ms", beside=f"{len(stormy.facts_ms)} facts"),
        Figure("the storm beside peace", storm_p99 / p99, "×", AIM_RATIO),
    ]
    lines = [in_words("peace", peace), in_words("storm", stormy)]
    answered = ", ".join(f"{status or 'no answer'}: {count}" for status, count in sorted(tried.items()))
    lines.append(f"tries to sign in by status {answered}; exports {sum(each.exports for each in storms)}")
    return Findings(figures, lines, {"peace_ms": peace.facts_ms, "storm_ms": stormy.facts_ms})


def in_words(name: str, times: Times) -> str:
    """One kind of weather as a line."""
    return (
        f"{name}: fact p50 {statistics.median(times.facts_ms):.1f}  p99 {percentile(times.facts_ms, 0.99):.1f}  "
        f"longest {max(times.facts_ms):.1f} ms, of it in the loop p50 {statistics.median(times.taken_ms):.1f}  "
        f"p99 {percentile(times.taken_ms, 0.99):.1f} ms; {len(times.swipes_ms)} swipes, "
        f"swipe to order p50 {statistics.median(times.swipes_ms):.1f}  p99 {percentile(times.swipes_ms, 0.99):.1f} ms"
    )


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--callers", type=int, default=8)
    given = parser.parse_args()
    return run("lane_latency", given, lambda: measure(given))


if __name__ == "__main__":
    sys.exit(main())
