"""What the second reader (PP-OCRv4) takes letters and digits for: the table of `drivers/camera/mistakes.py`, anew.

Plates drawn with the dies of training, not those that measure, cut as at the gate and read by the second reader alone.
Only a reading as long as the truth, with at most three characters wrong, tells what was taken for what; each slot
counts by its probabilities.

    python -m bench.mistakes [--pictures 6000] [--json FILE] [--quick]
"""

import argparse
import math
import sys
from collections import defaultdict
from collections.abc import Mapping

import cv2

from bench.figure import Figure, Findings, options, run
from bench.plates import drawn
from controller.app.plate_tables import plates_of_region
from drivers.camera.grammar import Grammar
from drivers.camera.plate_detector import PlateDetector
from drivers.camera.plate_reader import PlateReader
from drivers.camera.plate_recogniser import LONGEST
from drivers.camera.ppocr_reader import PpOcrColumns, PpOcrReader
from drivers.camera.reader_input import reader_line, reader_patch
from drivers.camera.recogniser import OTHER, Picture
from drivers.camera.slots import Decoded, decode
from training.draw.die import training_dies

LEAST_SHARE = 0.002
MOST_WRONG = 3
Taken = Mapping[str, Mapping[str, float]]
"""Of each true character, how much of it was read as which."""


class SecondReader:
    """The second reader alone, on the likeliest plate of a picture."""

    def __init__(self) -> None:
        self._detector, self._first, self._reader = PlateDetector(), PlateReader(), PpOcrReader()
        self._grammar = Grammar(tuple(form for form in plates_of_region("cn") if not form.foreign))
        self._columns = PpOcrColumns(self._grammar, self._reader.charset)

    def read(self, picture: Picture) -> Decoded | None:
        """What it reads there; the ground is the first reader's word, as at the gate."""
        places = self._detector.find(picture, LONGEST)
        if not places:
            return None
        place = max(places, key=lambda each: each.share)
        (patch,) = self._first.read([reader_patch(picture, place.corners, place.rows)])
        heard = self._reader.read(reader_line(picture, place.corners, place.rows))
        return decode(self._columns.line(heard), patch.colors, self._grammar)


def taken_for(count: int, seed: int) -> Taken:
    """What was taken for what on so many drawn plates."""
    reader = SecondReader()
    taken: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for _groups, truth, picture in drawn(count, seed, training_dies()):
        reading = reader.read(picture)
        if reading is None or len(reading.text) != len(truth):
            continue
        if sum(read != true for read, true in zip(reading.text, truth, strict=True)) > MOST_WRONG:
            continue
        for slot, true in zip(reading.slots, truth, strict=True):
            for char, log_p in slot.scores:
                taken[true][char] += math.exp(log_p)
    return taken


def lines_of(taken: Taken) -> list[str]:
    """The table as Python, in thousandths."""
    lines = []
    for true, row in sorted(taken.items()):
        shares = {char: count / sum(row.values()) for char, count in row.items()}
        others = sorted(shares.items(), key=lambda item: -item[1])
        told = {
            char: round(1000 * share)
            for char, share in others
            if share >= LEAST_SHARE and char.isascii() and char not in (true, OTHER)
        }
        if told and true.isascii():
            lines.append(f"{true!r}: {told},".replace("'", '"'))
    return lines


def findings(given: argparse.Namespace) -> Findings:
    count = 60 if given.quick else given.pictures
    taken = taken_for(count, given.seed)
    share = sum(row[true] for true, row in taken.items()) / sum(sum(row.values()) for row in taken.values())
    figure = Figure(
        "the second reader's share for the true character", 100 * share, "%", beside=f"{count} drawn plates"
    )
    return Findings([figure], lines_of(taken))


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--pictures", type=int, default=6_000)
    parser.add_argument("--seed", type=int, default=7_770)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    return run("mistakes", given, lambda: findings(given))


if __name__ == "__main__":
    sys.exit(main())
