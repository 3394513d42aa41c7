"""How many plates are read exactly, and how long one picture takes, on drawn scenes and on labelled pictures if given.

Drawn: kinds, provinces and lights even, one vehicle a picture, 1280x720. Labelled: a CSV with the columns file, text,
kind, region beside its pictures. `ms` is from the decoded picture to the result; `cpu` is its processor time,
which other work on the machine does not lengthen. Aim: three frames of one vehicle well under 1.5 s.

    python -m bench.plates [--pictures 120] [--longest 800] [--threads 1] [--labels FILE] [--wrong]
        [--json FILE] [--quick]
"""

import argparse
import csv
import random
import statistics
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from bench.figure import Figure, Findings, options, run
from controller.app.plate_cli import chinese_plates
from drivers.camera.picture_file import read_picture
from drivers.camera.ppocr import PpOcrRecogniser
from drivers.camera.recogniser import Picture
from simulator.scene.glyphs import PROVINCES
from simulator.scene.plate_drawing import PlateText
from simulator.scene.scene import SceneRenderer
from simulator.scene.state import Body, Light, SceneState, SeenVehicle
from simulator.scene.vehicle import PAINTS

LIMIT_MS = 1_500
FRAMES = 3
LETTERS, DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "0123456789"
PATTERNS = {
    ("small", 1): "PLXXDDD", ("large", 1): "PLXDDDD", ("large", 2): "PLXDDDD", ("trailer", 1): "PLXDDD挂",
    ("coach", 1): "PLXDDD学", ("police", 1): "PLXDDD警", ("nev_small", 1): "PLEXDDDD", ("nev_large", 1): "PLDDDDDE",
    ("hong_kong", 1): "粤ZXXDD港", ("macau", 1): "粤ZXXDD澳", ("embassy", 1): "DDDDDD使", ("consulate", 1): "PLDDDD领",
    ("emergency", 1): "PFDDDD应急", ("military", 1): "MLDDDDD",
}  # fmt: skip
SETS = {
    "P": PROVINCES,
    "L": LETTERS,
    "D": DIGITS,
    "X": LETTERS + DIGITS,
    "E": "ABCDEFGHJK",
    "F": "XS",
    "M": "VKHBSLJNGCEZ",
}


@dataclass(slots=True)
class Tally:
    """What was measured of one group of pictures."""

    exact: int = 0
    found: int = 0
    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def row(self) -> dict[str, float]:
        count = len(self.wall_ms)
        late = sorted(self.wall_ms)[int(0.95 * (count - 1))]
        return {
            "n": count,
            "exact_percent": round(100 * self.exact / count, 1),
            "found_percent": round(100 * self.found / count, 1),
            "ms_p50": round(statistics.median(self.wall_ms)),
            "ms_p95": round(late),
            "cpu_ms_p50": round(statistics.median(self.cpu_ms)),
        }


def drawn(count: int, seed: int) -> Iterator[tuple[str, str, Picture]]:
    """(group, text, picture) of drawn scenes."""
    chosen = random.Random(seed)
    renderer = SceneRenderer(seed=seed)
    for number in range(count):
        kind, rows = list(PATTERNS)[number % len(PATTERNS)]
        slots = [SETS.get(each, each) for each in PATTERNS[kind, rows]]
        text = "".join(chosen.choice(slot) for slot in slots)
        if PATTERNS[kind, rows][0] == "P":
            text = PROVINCES[number % len(PROVINCES)] + text[1:]
        light = list(Light)[number % 3]
        vehicle = SeenVehicle(
            plate=PlateText(text=text, kind=kind, rows=rows, dirt=chosen.uniform(0, 0.4), seed=number),
            distance_m=chosen.uniform(-0.8, 1.2),
            lateral_m=chosen.uniform(-0.3, 0.3),
            yaw_deg=chosen.uniform(-12, 12),
            body=chosen.choice(list(Body)),
            color=chosen.choice(sorted(PAINTS)),
        )
        rain = chosen.choice((0.0, 0.0, 0.6))
        yield (
            f"drawn, {light}",
            text,
            renderer.render(SceneState(vehicles=(vehicle,), light=light, rain=rain, arm=1.0), number),
        )


def labelled(labels: Path) -> Iterator[tuple[str, str, Picture]]:
    """(set, text, picture) of the Chinese scenes that a CSV names; the set is the file's name up to its number."""
    with labels.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["region"] == "cn" and row["kind"] == "scene":
                path = labels.parent / row["file"]
                yield f"labelled, {path.stem.rsplit('_', 1)[0]}", row["text"], read_picture(path)


def measure(
    recogniser: PpOcrRecogniser, pictures: Iterable[tuple[str, str, Picture]], wrong: list[str]
) -> dict[str, Tally]:
    tallies: dict[str, Tally] = {}
    for group, text, picture in pictures:
        tally = tallies.setdefault(group, Tally())
        wall, cpu = time.perf_counter(), time.process_time()
        plates = recogniser.read(picture)
        tally.cpu_ms.append((time.process_time() - cpu) * 1000)
        tally.wall_ms.append((time.perf_counter() - wall) * 1000)
        best = plates[0].text if plates else "-"
        tally.exact += best == text
        tally.found += bool(plates)
        if best != text:
            wrong.append(f"{group}: {text} read as {best}, margin {plates[0].margin if plates else 0}")
    return tallies


def findings(given: argparse.Namespace) -> Findings:
    cv2.setNumThreads(given.threads)
    recogniser = PpOcrRecogniser(chinese_plates(), longest=given.longest, threads=given.threads)
    wrong: list[str] = []
    tallies = measure(recogniser, drawn(given.pictures or (3 if given.quick else 120), given.seed), wrong)
    if given.labels is not None:
        tallies |= measure(recogniser, labelled(given.labels), wrong)
    rows = {group: tally.row() for group, tally in sorted(tallies.items())}
    lines = [f"{'group':22} {'n':>5} {'exact %':>8} {'found %':>8} {'ms p50':>7} {'p95':>6} {'cpu p50':>8}"]
    lines += [f"{group:22} " + " ".join(f"{value:>7}" for value in row.values()) for group, row in rows.items()]
    if given.wrong:
        lines += wrong
    slowest = max(rows, key=lambda group: rows[group]["ms_p50"])
    exact = sum(row["exact_percent"] * row["n"] for row in rows.values()) / sum(row["n"] for row in rows.values())
    how = f"detector at most {given.longest} px, {given.threads} thread(s); slowest group {slowest!r}, its median"
    figures = [
        Figure("three frames of one vehicle read", FRAMES * rows[slowest]["ms_p50"], "ms", LIMIT_MS, beside=how),
        Figure("plates read exactly", exact, "%", beside=f"{sum(row['n'] for row in rows.values()):.0f} pictures"),
    ]
    more = {"longest": given.longest, "threads": given.threads, "groups": rows, "wrong": wrong}
    return Findings(figures, lines, more)


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--pictures", type=int)
    parser.add_argument("--longest", type=int, default=800)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--wrong", action="store_true")
    given = parser.parse_args()
    return run("plates", given, lambda: findings(given))


if __name__ == "__main__":
    sys.exit(main())
