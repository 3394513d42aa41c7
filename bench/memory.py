"""Memory of the daemon without cameras: at rest, and after 2,000 passages.

`gatehouse run` with six lanes, six OSDP readers with secure channel, six boards, broker, centre, a registry of
100,000 vehicles, and the booth page open. RSS counts shared libraries in full, PSS this process's share of them; the
aim is kept by the greater, RSS. The lines run at 115200 baud, so that many passages take little time.

    python -m bench.memory [--passages 2000] [--json FILE] [--quick]
"""

import argparse
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from bench import big_data
from bench.figure import Figure, Findings, options, run
from tests.support.wired_box import WiredBox, WiredLane

AIM_MB = 150
LANES = ("a", "b", "c", "d", "e", "f")
BAUD = 115_200
REST_S = 2.0
WAIT_S = 0.03
MB = 2**20


def drive_all(lanes: list[WiredLane], cards: list[int]) -> float:
    """A passage for each card, shared among the lanes; the seconds it took."""
    began = time.monotonic()

    def drive(number: int) -> None:
        for card in cards[number :: len(lanes)]:
            lanes[number].drive_in(big_data.card(card), WAIT_S)

    with ThreadPoolExecutor(len(lanes), "lane") as pool:
        for done in [pool.submit(drive, number) for number in range(len(lanes))]:
            done.result()
    return time.monotonic() - began


def memory_mb(process: psutil.Process) -> dict[str, float]:
    found = process.memory_full_info()
    return {"rss": found.rss / MB, "pss": found.pss / MB, "threads": process.num_threads(), "files": process.num_fds()}


def measure(given: argparse.Namespace) -> Findings:
    passages = given.passages or (12 if given.quick else 2_000)
    registry = big_data.registry(1_000 if given.quick else 100_000)
    with tempfile.TemporaryDirectory() as folder, WiredBox(Path(folder), list(LANES), BAUD) as box:
        shutil.copyfile(registry, box.data / "registry.db")
        daemon = box.start()
        box.await_ready(daemon)
        process = psutil.Process(daemon.process.pid)
        time.sleep(REST_S)
        idle = memory_mb(process)
        cards = big_data.residents(passages)
        took_s = drive_all(box.lanes, cards[: passages // 2])
        half = memory_mb(process)
        took_s += drive_all(box.lanes, cards[passages // 2 :])
        after = memory_mb(process)
        assert daemon.stop() == 0, daemon.last_words()
    figures = [
        Figure("memory at rest, RSS", idle["rss"], "MB", AIM_MB, beside=f"PSS {idle['pss']:.0f} MB"),
        Figure(
            f"memory after {passages:,} passages, RSS", after["rss"], "MB", AIM_MB,
            beside=f"PSS {after['pss']:.0f} MB; half-way RSS {half['rss']:.0f} MB",
        ),
    ]  # fmt: skip
    lines = [
        f"{len(LANES)} lanes, {passages:,} passages in {took_s:.0f} s;"
        f" threads {idle['threads']:.0f} then {after['threads']:.0f},"
        f" files {idle['files']:.0f} then {after['files']:.0f}"
    ]
    return Findings(figures, lines, {"idle": idle, "half": half, "after": after})


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--passages", type=int)
    given = parser.parse_args()
    return run("memory", given, lambda: measure(given))


if __name__ == "__main__":
    sys.exit(main())
