"""Look-ups a second in registries of 10,000, 100,000 and 1,000,000 vehicles, with the memory and what a delta costs.

    python -m bench.registry [--sizes 10000 100000 1000000] [--seconds 2] [--rounds 5] [--json FILE] [--quick]

Every size runs in a process of its own, so that its memory is its own: the growth from before the reader was opened to
after the last look-up. The figures are medians over the rounds, the ratio is to the smallest size. Every vehicle has a
plate, a pass and a card; credentials are drawn at random over the whole registry, so that no page is favoured. Aim:
8,000 look-ups a second for cards and exact plates; memory and time about the same at every size.
"""

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from bench import big_data
from bench.figure import Figure, Findings, options, run
from bench.registry_rows import LETTERS, US, plate
from controller.domain.known import Asked
from controller.domain.registry_tables import full_row
from controller.registry.delta import apply_delta
from controller.registry.reader import RegistryReader
from controller.registry.store import RegistryWriter

AIM_PER_S = 8_000


def questions(size: int, seed: int) -> dict[str, Callable[[], Asked]]:
    chance = random.Random(seed)

    def card() -> Asked:
        number = chance.randrange(size)
        return Asked(card=f"34:{number // 65536}:{number % 65536}")

    def exact() -> Asked:
        return Asked(plate=plate(chance.randrange(size)))

    def near() -> Asked:
        text = plate(chance.randrange(size))
        return Asked(plate=chance.choice("桂琼赣") + text[1:])  # the province misread: every near plate is looked up

    def stranger() -> Asked:
        return Asked(plate=f"云{chance.choice(LETTERS)}W{chance.choice('MNPRT')}{chance.randrange(1000):03}")

    def unknown_card() -> Asked:
        return Asked(card=f"26:{chance.randrange(256)}:{chance.randrange(65536)}")

    def both() -> Asked:
        number = chance.randrange(size)
        return Asked(plate=plate(number), card=f"34:{number // 65536}:{number % 65536}")

    return {
        "card": card, "plate": exact, "card and plate": both, "near miss": near, "stranger": stranger,
        "unknown card": unknown_card,
    }  # fmt: skip


def per_second(reader: RegistryReader, ask: Callable[[], Asked], seconds: float, rounds: int) -> tuple[float, float]:
    """Look-ups a second by the clock, and by this thread's processor time (what an idle machine would give)."""
    found, by_processor = [], []
    for _ in range(rounds):
        asked = [ask() for _ in range(2_000)]
        done, began, used = 0, time.perf_counter(), time.thread_time()
        while (spent := time.perf_counter() - began) < seconds / rounds:
            for each in asked[:200]:
                reader.look_up(each, US)
            asked = asked[200:] + asked[:200]
            done += 200
        found.append(done / spent)
        by_processor.append(done / (time.thread_time() - used))
    return statistics.median(found), statistics.median(by_processor)


def delta_cost(path: Path, reader: RegistryReader) -> tuple[float, float]:
    """Milliseconds of a delta of one row, and the longest look-up meanwhile, in milliseconds."""
    row = {"id": "c0000000", "card": "34:0:0", "state": "lost"}
    with RegistryWriter(path) as writer:
        with writer.transaction():  # what the hash will be is found out, and the row put back
            writer.upsert("cards", [full_row("cards", row)])
            expected = writer.hash()
            writer.upsert("cards", [full_row("cards", {**row, "state": "active"})])
        message = {"version": 2, "base": 1, "upserts": {"cards": [row]}, "hash": expected}
        longest, done = 0.0, threading.Event()
        took: list[float] = []

        def apply() -> None:
            began = time.perf_counter()
            applied = apply_delta(writer, message, US)
            took.append(time.perf_counter() - began)
            assert applied.moved, applied.reason
            done.set()

        thread = threading.Thread(target=apply, name="delta")
        thread.start()
        asked = Asked(card="34:0:1")
        while not done.is_set():
            began = time.perf_counter()
            reader.look_up(asked, US)
            longest = max(longest, time.perf_counter() - began)
            time.sleep(0.001)
        thread.join()
    return took[0] * 1000, longest * 1000


def measure(size: int, seconds: float, rounds: int) -> dict[str, float]:
    process = psutil.Process()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "registry.db"
        shutil.copyfile(big_data.registry(size), path)  # built by the parent, whose memory is not counted here
        before = process.memory_info().rss
        reader = RegistryReader(path)
        found = {}
        for name, ask in questions(size, 7).items():
            found[name], found[f"{name}, processor time"] = per_second(reader, ask, seconds, rounds)
        grown = (process.memory_info().rss - before) / 2**20
        delta_ms, longest_ms = delta_cost(path, reader)
        reader.close()
        return {
            **found, "memory of the reader, MB": grown, "delta of one row, ms": delta_ms,
            "longest look-up meanwhile, ms": longest_ms, "file, MB": path.stat().st_size / 2**20,
        }  # fmt: skip


def findings(given: argparse.Namespace) -> Findings:
    sizes = given.sizes or ([1_000, 2_000] if given.quick else [10_000, 100_000, 1_000_000])
    seconds, rounds = (0.1, 1) if given.quick else (given.seconds, given.rounds)
    found: dict[int, dict[str, float]] = {}
    for size in sizes:
        print(f"{size:,} vehicles …", file=sys.stderr, flush=True)
        big_data.registry(size)
        options = ["--one", "--sizes", str(size), "--seconds", str(seconds), "--rounds", str(rounds)]
        command = [sys.executable, "-m", "bench.registry", *options]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found[size] = json.loads(done.stdout)
    last = found[sizes[-1]]
    figures = [
        Figure(
            f"look-ups by {name}, {sizes[-1]:,} vehicles", last[f"{name}, processor time"], "/s", AIM_PER_S,
            at_least=True, beside=f"of processor time; {last[name]:,.0f} by the wall clock",
        )
        for name in ("card", "plate")
    ]  # fmt: skip
    memory = "memory of the reader, MB"
    figures.append(Figure("memory of the registry's reader", last[memory], "MB", beside=f"at {sizes[-1]:,} vehicles"))
    return Findings(figures, table_of(found), {"sizes": {str(size): values for size, values in found.items()}})


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--sizes", type=int, nargs="+")
    parser.add_argument("--seconds", type=float, default=2.0, help="per question")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.sizes[0], given.seconds, given.rounds)))
        return 0
    return run("registry", given, lambda: findings(given))


def table_of(found: dict[int, dict[str, float]]) -> list[str]:
    sizes = list(found)
    lines = [f"{'look-ups a second':34}" + "".join(f"{size:>14,}" for size in sizes) + "   ratio of last to first"]
    for name in found[sizes[0]]:
        values = [found[size][name] for size in sizes]
        ratio = f"{values[-1] / values[0]:10.2f}" if values[0] > 0 else "         –"
        lines.append(f"{name:34}" + "".join(f"{value:14,.1f}" for value in values) + ratio)
    return lines


if __name__ == "__main__":
    sys.exit(main())
