"""From the start of the process to a box that works: the real daemon, 100,000 vehicles and 1,000,000 events.

`gatehouse run` on four lanes at 9600 baud whose readers and boards answer. Two moments are taken: when the lane loop
begins to take up facts (the daemon says "ready"), and when /readyz answers 200. Registry and log are copies of files
that are built once and kept. Where the time goes is found in further starts, in which the parts are timed from inside.

    python -m bench.start [--events 1000000] [--vehicles 100000] [--times 5] [--json FILE] [--quick]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import big_data
from bench.big_log import big_log, copy
from bench.figure import Figure, Findings, options, run
from bench.traffic import LANES
from tests.support.wired_box import ROOT, RunningDaemon, WiredBox

AIM_S = 3.0
BAUD = 9600
GIVE_UP_S = 120.0


def began_s(box: WiredBox) -> tuple[float, float, RunningDaemon]:
    """Seconds to "ready" and to /readyz of one start, and the daemon."""
    words = box.folder / "daemon.log"
    words.unlink(missing_ok=True)
    began = time.monotonic()
    daemon = box.start()
    loop_s = page_s = 0.0
    while not (loop_s and page_s):
        now = time.monotonic() - began
        if now > GIVE_UP_S:
            raise TimeoutError(f"the daemon is not ready after {GIVE_UP_S} s:\n{daemon.last_words()}")
        if not loop_s and b"page=" in words.read_bytes():
            loop_s = time.monotonic() - began
        if loop_s and box.is_ready(daemon):  # the page is up before the loop begins: no need to ask earlier
            page_s = time.monotonic() - began
        time.sleep(0.005)
    return loop_s, page_s, daemon


def forget_cached(*files: Path) -> None:
    """Have the kernel forget what it keeps of these files, as after the power came back."""
    for file in files:
        with file.open("rb") as open_file:
            os.fsync(open_file.fileno())
            os.posix_fadvise(open_file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def parts_ms(box: WiredBox) -> dict[str, float]:
    """Milliseconds of each part of a start, timed from inside; the daemon ends before its loop begins."""
    command = [sys.executable, "-m", "bench.start_parts", str(box.config), str(time.monotonic_ns())]
    with (box.folder / "parts.log").open("ab") as words:
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, stderr=words, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(given: argparse.Namespace) -> Findings:
    events = given.events or (4_000 if given.quick else 1_000_000)
    vehicles = given.vehicles or (1_000 if given.quick else 100_000)
    times = given.times or (1 if given.quick else 5)
    registry, log = big_data.registry(vehicles), big_log(events)
    loops, pages, colds, parts = [], [], [], []
    with tempfile.TemporaryDirectory() as folder, WiredBox(Path(folder), list(LANES), BAUD, with_centre=False) as box:
        copy(registry, box.data / "registry.db")
        copy(log, box.data / "gate.db")
        for number in range(times + 1):
            if cold := number == times:
                forget_cached(box.data / "registry.db", box.data / "gate.db")
            loop_s, page_s, daemon = began_s(box)
            assert daemon.stop() == 0, daemon.last_words()
            if cold:
                colds.append(page_s)
            else:
                loops.append(loop_s)
                pages.append(page_s)
        parts = [parts_ms(box) for _ in range(min(3, times))]
    said = {name: statistics.median(each[name] for each in parts) for name in parts[0]}
    what = f"{vehicles:,} vehicles, {events:,} events"
    figures = [
        Figure(
            "start to /readyz, median", statistics.median(pages), "s", AIM_S, beside=f"worst {max(pages):.2f} s; {what}"
        ),
        Figure(
            "start to the lane loop, median", statistics.median(loops), "s", AIM_S, beside=f"worst {max(loops):.2f} s"
        ),
        Figure("start to /readyz, files not cached", colds[0], "s", AIM_S, beside="once"),
    ]  # fmt: skip
    lines = ["where the time goes (medians):"]
    lines += [f"  {name:<34}{taken:8.0f} ms" for name, taken in said.items()]
    return Findings(figures, lines, {"loops_s": loops, "pages_s": pages, "parts_ms": said})


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--events", type=int)
    parser.add_argument("--vehicles", type=int)
    parser.add_argument("--times", type=int)
    given = parser.parse_args()
    return run("start", given, lambda: measure(given))


if __name__ == "__main__":
    sys.exit(main())
