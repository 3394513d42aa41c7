"""From the swipe to the order to open, on the whole daemon: measured beside what poll interval and frame times set.

`gatehouse run` is a process of its own, with broker and centre, and a registry of 100,000 vehicles. One OSDP reader
alone on its bus, secure channel; one Waveshare board alone on its line; both at the far ends of ptys paced to the baud
rate. No camera. The time runs from the moment at which the simulated reader has the whole card to the moment at which
the last byte of the write is out of the master's line, at the pace of the line. Every swipe is another resident's card.

    python -m bench.swipe [--swipes 200] [--baud 9600 38400] [--json FILE] [--quick]
"""

import argparse
import json
import random
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import big_data
from bench.figure import Figure, Findings, options, percentile, run
from bench.limits import Limit, swipe_limits
from bench.swipe_reader import limits_ms as reader_limits_ms
from tests.support.wired_box import Swipe, WiredBox

PROFILE = "waveshare-relay-d"
LANE = "in"
WARM_UP = 3
AIM_OF_LIMIT = 1.5
AIM_FAST_MS = 150.0
FAST_BAUD = 38_400
LEAST_WAIT_S = 0.03


def swipes_of(box: WiredBox, baud: int, count: int, seed: int) -> list[Swipe]:
    """So many passages, each with its swipe at another moment of the poll cycle."""
    chance = random.Random(seed)
    cycle_s = reader_limits_ms(baud)["cycle"] / 1000
    lane = box.lanes[0]
    made = [
        lane.drive_in(big_data.card(number), LEAST_WAIT_S + chance.random() * 2 * cycle_s)
        for number in big_data.residents(WARM_UP + count)
    ]
    return made[WARM_UP:]


def told(data: Path, made: list[Swipe]) -> list[float]:
    """Milliseconds of the order's leg, as the log has them; every swipe must have been granted, one passage each."""
    with sqlite3.connect(f"file:{data / 'gate.db'}?mode=ro", uri=True) as connection:
        granted = [json.loads(body)["card"] for (body,) in _events(connection, "AccessGranted")]
        answered = [json.loads(body) for (body,) in _events(connection, "BarrierAnswered")]
        completed = len(_events(connection, "PassageCompleted"))
    connection.close()
    assert granted[WARM_UP:] == [swipe.card for swipe in made], "every swipe is granted, once, in order"
    assert completed in (len(granted), len(granted) - 1), f"{completed} passages of {len(granted)} cards"
    legs = [each["since_origin_us"] / 1000 for each in answered if each["order"] == "up"]
    return legs[WARM_UP:]


def _events(connection: sqlite3.Connection, event_type: str) -> list[tuple[str]]:
    return connection.execute("SELECT body FROM events WHERE type = ? ORDER BY seq", (event_type,)).fetchall()


def measure_at(baud: int, count: int, vehicles: int, seed: int) -> dict[str, Any]:
    """Everything found at one baud rate."""
    with tempfile.TemporaryDirectory() as folder, WiredBox(Path(folder), [LANE], baud) as box:
        shutil.copyfile(big_data.registry(vehicles), box.data / "registry.db")
        daemon = box.start()
        box.await_ready(daemon)
        made = swipes_of(box, baud, count, seed)
        daemon.stop()
        order_legs = told(box.data, made)
    whole = [swipe.ms for swipe in made]
    reader_legs = [all_ms - order_ms for all_ms, order_ms in zip(whole, order_legs, strict=True)]
    return {"baud": baud, "whole": whole, "reader": reader_legs, "order": order_legs}


def figures_of(found: dict[str, Any], limits: dict[str, Limit]) -> list[Figure]:
    baud, whole = found["baud"], found["whole"]
    limit = limits["whole"]
    aim = AIM_FAST_MS if baud >= FAST_BAUD else AIM_OF_LIMIT * limit.p99
    p50, p99 = percentile(whole, 0.5), percentile(whole, 0.99)
    return [
        Figure(f"swipe to order at {baud}, p50", p50, "ms", None, beside=f"limit {limit.p50:.1f} ms"),
        Figure(
            f"swipe to order at {baud}, p99", p99, "ms", aim,
            beside=f"limit {limit.p99:.1f} ms, {p99 / limit.p99:.2f} of it; {len(whole)} swipes",
        ),
    ]  # fmt: skip


def legs_of(found: dict[str, Any], limits: dict[str, Limit]) -> list[str]:
    """Where the time goes, in lines."""
    lines = []
    for name, text in (("reader", "card to the reader's last byte"), ("order", "that byte to the write's last byte")):
        p50, p99 = percentile(found[name], 0.5), percentile(found[name], 0.99)
        limit = limits[name]
        lines.append(
            f"{found['baud']:>6} baud, {text:<36} p50 {p50:6.1f}  p99 {p99:6.1f} ms"
            f" | limit p50 {limit.p50:6.1f}  p99 {limit.p99:6.1f}  worst {limit.worst:6.1f} ms"
        )
    return lines


def measure(given: argparse.Namespace) -> Findings:
    count = given.swipes or (5 if given.quick else 200)
    vehicles = 1_000 if given.quick else 100_000
    figures, lines, more = [], [], []
    for baud in given.baud[:1] if given.quick else given.baud:
        found, limits = measure_at(baud, count, vehicles, given.seed), swipe_limits(baud, PROFILE)
        figures += figures_of(found, limits)
        lines += legs_of(found, limits)
        more.append(found)
    return Findings(figures, lines, {"runs": more})


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--swipes", type=int)
    parser.add_argument("--baud", type=int, nargs="+", default=[9600, FAST_BAUD])
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    return run("swipe", given, lambda: measure(given))


if __name__ == "__main__":
    sys.exit(main())
