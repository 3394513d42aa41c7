"""How far aslant a plate may hang and still be read: pictures turned and leaned, against themselves as they are.

Drawn pictures as `python -m bench.plates` draws them, or the labelled Chinese scenes. Turned, as a camera hangs crooked
or a plate by one screw: the whole picture by some degrees to the left or right, nothing of it cut off. Leaned, as it is
seen steeply from the side: every column moved up or down by a share of its distance from the left edge.

    python -m bench.aslant [--pictures 60] [--labels FILE] [--lane] [--threads 2] [--json FILE] [--quick]

`--lane`: read as a lane does, which does not look with the head held aslant.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from bench.figure import Figure, Findings, options, run
from bench.plates import HALVES, Item, Tallies, best_of, drawn, labelled, measure, table
from controller.app.plate_tables import plates_of_region
from drivers.camera.plate_recogniser import PlateRecogniser
from drivers.camera.recogniser import Picture
from training.draw.die import measuring_dies

TURNS_DEG = (-45, -35, -28, -20, -10, 0, 10, 20, 28, 35, 45)
LEANS = (-0.7, -0.4, 0.4, 0.7)
ASKED_DEG = 20
"""As far as a plate is to be read: what is farther aslant is told, and has no aim."""


def turned(picture: Picture, degrees: float) -> Picture:
    """The picture turned to the left about its middle and as large as that takes, its border repeated outward."""
    height, width = picture.shape[:2]
    way = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cos, sin = abs(way[0, 0]), abs(way[0, 1])
    size = round(height * sin + width * cos), round(height * cos + width * sin)
    way[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    return np.asarray(cv2.warpAffine(picture, way, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def leaned(picture: Picture, share: float) -> Picture:
    """The picture with its rows falling to the right by that share of their length, rising where it is under 0."""
    height, width = picture.shape[:2]
    way = np.array(((1, 0, 0), (share, 1, max(0.0, -share) * width)), np.float32)
    size = width, round(height + abs(share) * width)
    return np.asarray(cv2.warpAffine(picture, way, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def conditions(given: Iterable[Item]) -> Iterator[Item]:
    """Every picture under every condition, grouped by condition alone."""
    for _groups, truth, picture in given:
        for degrees in TURNS_DEG:
            yield (f"turned by {degrees}",), truth, turned(picture, degrees) if degrees else picture
        for share in LEANS:
            yield (f"leaned by {share}",), truth, leaned(picture, share)


def figures(tallies: Tallies) -> list[Figure]:
    """The figure without any turn, and of what is turned as far as is asked the weaker side beside it."""
    asked = min((tallies[f"turned by {degrees}"] for degrees in (-ASKED_DEG, ASKED_DEG)), key=lambda each: each.percent)
    straight = tallies["turned by 0"]
    over = sum(tally.wrong_over for tally in tallies.values())
    pictures = f"{straight.n} pictures"
    return [
        Figure("read as they are", straight.percent, "%", beside=pictures),
        Figure(f"read when turned by {ASKED_DEG} degrees", asked.percent, "%", beside="to the weaker side"),
        Figure(
            "wrong over the threshold, all turns and leans", over, "pictures", beside=f"{len(tallies)} x {pictures}"
        ),
    ]


def findings(given: argparse.Namespace) -> Findings:
    """Reads them all."""
    cv2.setNumThreads(given.threads)
    recogniser = PlateRecogniser(plates_of_region("cn"), threads=given.threads, aslant=not given.lane)
    items: Iterable[Item] = drawn(2 if given.quick else given.pictures, given.seed, measuring_dies())
    if given.labels is not None:
        items = (item for item in labelled(given.labels) if item[0][0] in HALVES)
    tallies = measure(lambda picture: best_of(recogniser.read(picture)), conditions(items), [])
    return Findings(
        figures(tallies), table(tallies), {"groups": {group: each.row() for group, each in tallies.items()}}
    )


def main() -> int:
    """Measure and tell."""
    parser = options(__doc__)
    parser.add_argument("--pictures", type=int, default=60)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=20_266)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--lane", action="store_true")
    given = parser.parse_args()
    return run("aslant", given, lambda: findings(given))


if __name__ == "__main__":
    sys.exit(main())
