"""How well and how fast plates are read: drawn scenes, clips, hard negatives, labelled pictures, beside a known peer.

Drawn pictures use fonts, photographs and seeds that no network was trained on (`training.draw`, its test half). `exact`
is the best plate's text against the truth, `folded` the same with O as 0 and I as 1, which labels of other regions mix
up; `wrong over` counts wrong texts that stand over the opening threshold (of other regions: wrong also when folded).
Times are from the decoded picture to the result. The peer is `rapidocr-onnxruntime` as shipped, its best text by the
grammar of plates, on the same pictures in the same run.

    python -m bench.plates [--pictures 5000] [--clips 1000] [--negatives 2000] [--labels FILE] [--threads 2]
        [--wrong] [--into DIR] [--json FILE] [--quick]
"""

import argparse
import csv
import re
import statistics
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import cv2

from bench.figure import Figure, Findings, options, run
from controller.app.plate_tables import plates_of_any_region, plates_of_region
from controller.domain.plates import classify, normalise
from controller.domain.terms import PlateColor
from drivers.camera import quad
from drivers.camera.picture_file import PictureRefused, read_picture
from drivers.camera.plate_recogniser import PlateRecogniser
from drivers.camera.quad import Floats
from drivers.camera.recogniser import Picture, Plate
from drivers.camera.vote import vote
from training.draw.die import Dies, measuring_dies
from training.draw.samples import Draughtsman
from training.draw.texts import BY_NAME, KINDS, Kind

THRESHOLD = 300
"""`plate_margin` as it is set by default: what opens a barrier."""
THRESHOLDS = (100, 200, THRESHOLD, 400, 500, 600, 700, 800, 900)
"""What else it may be set to: how many right and wrong texts would stand over each is told."""
SEVERITY = 0.3
"""How bad dirt, blur and light get in the drawn test: as far as a person still reads the plate."""
HEIGHT, WIDTH = 540, 960
LEAST_PX, MOST_PX = 60.0, 400.0
ROUNDS = 3
"""How often the large pictures are read; see `paced`."""
WIDTHS_PX = (60, 80, 120, 200)
"""Limits of the groups by width; a plate seen from the side is narrower than it was drawn."""
BY_WIDTH = (
    f"drawn under {WIDTHS_PX[0]} px",
    *(f"drawn {least} to {below} px" for least, below in pairwise(WIDTHS_PX)),
    f"drawn from {WIDTHS_PX[-1]} px",
)
DRAWN = "drawn, "
UNTABLED = "armed_police_to_2012"
"""Gone since 2012 and in no table of the estate's, but read: counted beside the kinds."""
CHINESE = tuple(kind for kind in KINDS if kind.region == "cn" and kind.name not in {"black_small", UNTABLED})
"""The kinds of the estate's table; white letters on black are drawn for training, and stand in none of today."""
HALVES = {"easypr", "ccpd", "misc"}
ABROAD = {"openalpr_eu": "eu", "openalpr_br": "br", "openalpr_us": "us"}
"""Sets of other regions: read as the command line does unasked, and as a lane that stands there."""
Read = Callable[[Picture], tuple[str, int]]
"""The best text in a picture and its margin; "" and 0 without any."""


@dataclass(slots=True)
class Tally:
    """What was found in one group of pictures."""

    n: int = 0
    exact: int = 0
    folded: int = 0
    found: int = 0
    wall_ms: list[float] = field(default_factory=list)
    rights: list[int] = field(default_factory=list)
    wrongs: list[int] = field(default_factory=list)
    """The margins of right and of wrong texts."""

    def add(self, text: str, margin: int, truth: str, wall_ms: float, fold: bool = False) -> bool:
        """Whether it is right; `fold`: O for 0 and I for 1 are not wrong, though not exact either."""
        exact, folded = text == truth, _folded(text) == _folded(truth)
        right = folded if fold else exact
        self.n += 1
        self.exact += exact
        self.folded += folded
        self.found += bool(text)
        if text:
            (self.rights if right else self.wrongs).append(margin)
        self.wall_ms.append(wall_ms)
        return right

    def over(self, threshold: int) -> tuple[int, int]:
        """How many right and wrong texts a barrier would open for, were this the threshold."""
        right, wrong = (sum(margin >= threshold for margin in margins) for margins in (self.rights, self.wrongs))
        return right, wrong

    @property
    def wrong_over(self) -> int:
        return self.over(THRESHOLD)[1]

    @property
    def percent(self) -> float:
        return 100 * self.exact / max(1, self.n)

    @property
    def folded_percent(self) -> float:
        return 100 * self.folded / max(1, self.n)

    def row(self) -> dict[str, float]:
        ordered = sorted(self.wall_ms) or [0.0]
        return {
            "n": self.n,
            "exact_percent": round(self.percent, 2),
            "folded_percent": round(self.folded_percent, 2),
            "found_percent": round(100 * self.found / max(1, self.n), 1),
            "wrong_over_threshold": self.wrong_over,
            "ms_p50": round(statistics.median(ordered), 1),
            "ms_p95": round(ordered[int(0.95 * (len(ordered) - 1))], 1),
        }


Tallies = dict[str, Tally]
Item = tuple[tuple[str, ...], str, Picture]
"""Groups that it counts in, truth, picture."""


def drawn(count: int, seed: int, dies: Dies, kinds: tuple[Kind, ...] = CHINESE) -> Iterator[Item]:
    """Scenes of one plate each, kinds in turn and so even; provinces are even within them."""
    draughtsman = Draughtsman(seed, dies, test=True, severity=SEVERITY)
    made = 0
    while made < count:
        kind = kinds[made % len(kinds)]
        scene = draughtsman.scene(HEIGHT, WIDTH, 1, LEAST_PX, MOST_PX, kind)
        if scene.plates:
            made += 1
            plate = scene.plates[0]
            yield (f"{DRAWN}{kind.name}", _by_width(plate.corners)), plate.text, scene.picture


def _by_width(corners: Floats) -> str:
    """The group of plates as wide as this one."""
    return BY_WIDTH[bisect_right(WIDTHS_PX, quad.width(corners))]


def clip(draughtsman: Draughtsman, kind: Kind) -> tuple[str, list[Picture]]:
    """5 to 15 frames of one vehicle that comes nearer, each with its own blur and noise; the text on its plate."""
    return draughtsman.clip(HEIGHT, WIDTH, int(draughtsman.random.integers(5, 16)), LEAST_PX, MOST_PX, kind)


def labelled(labels: Path) -> Iterator[Item]:
    """The pictures that a CSV names; the set is the file's name up to its number."""
    with labels.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            path = labels.parent / row["file"]
            try:
                yield (path.stem.rsplit("_", 1)[0],), row["text"], read_picture(path)
            except PictureRefused as error:
                sys.exit(f"{path}: {error}")


def plain(text: str) -> str:
    """Capitals without separators."""
    return re.sub(r"[\s·•.\-—_]", "", text).upper()


def _folded(text: str) -> str:
    """O as 0 and I as 1, for labels that mix them up."""
    return text.replace("O", "0").replace("I", "1")


def best_of(plates: list[Plate]) -> tuple[str, int]:
    return (plates[0].text, plates[0].margin) if plates else ("", 0)


def measure(read: Read, items: Iterator[Item], wrong: list[str]) -> Tallies:
    """Every picture read and told apart by group."""
    tallies: Tallies = {}
    for groups, truth, picture in items:
        began = time.perf_counter()
        text, margin = read(picture)
        wall_ms = (time.perf_counter() - began) * 1000
        fold = groups[0].startswith(tuple(ABROAD))
        seen = (plain(text), margin, plain(truth), wall_ms, fold)
        right = [tallies.setdefault(group, Tally()).add(*seen) for group in groups]
        if not right[0]:
            wrong.append(f"{groups[0]}: {truth} read as {text or '-'}, margin {margin}")
    return tallies


def voted(recogniser: PlateRecogniser, count: int, seed: int, dies: Dies, wrong: list[str]) -> Tally:
    """Clips, each read frame by frame and voted over."""
    draughtsman, tally = Draughtsman(seed, dies, test=True, severity=SEVERITY), Tally()
    for number in range(count):
        truth, frames = clip(draughtsman, CHINESE[number % len(CHINESE)])
        began = time.perf_counter()
        seen = [plates[0] for plates in map(recogniser.read, frames) if plates]
        result = vote(seen)
        text, margin = (result.text, result.margin) if result else ("", 0)
        if not tally.add(text, margin, truth, (time.perf_counter() - began) * 1000 / len(frames)):
            wrong.append(f"clip: {truth} read as {text or '-'}, margin {margin}, {len(seen)} of {len(frames)} frames")
    return tally


def called_plates(recogniser: PlateRecogniser, count: int, seed: int, dies: Dies, wrong: list[str]) -> int:
    """Of so many pictures of text that is no plate: in how many something stands over the opening threshold."""
    draughtsman, called = Draughtsman(seed, dies, test=True, severity=SEVERITY), 0
    for _ in range(count):
        plates = [plate for plate in recogniser.read(draughtsman.negative(HEIGHT, WIDTH)) if plate.margin >= THRESHOLD]
        called += bool(plates)
        wrong += [f"no plate, but read as {plate.text}, margin {plate.margin}" for plate in plates]
    return called


def large(seed: int, dies: Dies, count: int) -> list[Picture]:
    """Pictures of 1920 x 1080 with one plate."""
    draughtsman = Draughtsman(seed, dies, test=True, severity=SEVERITY)
    return [draughtsman.scene(1080, 1920, 1, 90.0, 400.0, CHINESE[n % len(CHINESE)]).picture for n in range(count)]


def paced(read: Callable[[Picture], object], pictures: list[Picture]) -> list[float]:
    """Milliseconds of each picture, the middle of ROUNDS: what the machine did meanwhile is no picture's doing."""
    read(pictures[0])
    rounds = [[_timed(read, picture) for picture in pictures] for _round in range(ROUNDS)]
    return sorted(map(statistics.median, zip(*rounds, strict=True)))


def _timed(read: Callable[[Picture], object], picture: Picture) -> float:
    began = time.perf_counter()
    read(picture)
    return (time.perf_counter() - began) * 1000


def peer() -> Read:
    """`rapidocr-onnxruntime` as shipped: its surest line of text that is a plate, else its surest line."""
    from rapidocr_onnxruntime import RapidOCR  # noqa: PLC0415 # heavy, and only wanted here

    engine = RapidOCR()

    def read(picture: Picture) -> tuple[str, int]:
        lines, _times = engine(picture)
        texts = [(normalise(str(text)), float(score)) for _box, text, score in lines or ()]
        plates = [(text, score) for text, score in texts if classify(text, PlateColor.OTHER).by_pattern]
        text, score = max(plates or texts or [("", 0.0)], key=lambda pair: pair[1])
        return text, round(1000 * score)

    return read


def table(tallies: Tallies) -> list[str]:
    heads = ("n", "exact %", "folded %", "found %", "wrong over", "ms p50", "95 %")
    lines = [f"{'group':26} " + " ".join(f"{head:>10}" for head in heads)]
    return lines + [
        f"{group:26} " + " ".join(f"{value:>10}" for value in tally.row().values()) for group, tally in tallies.items()
    ]


def choices(tallies: Tallies) -> list[str]:
    """What each threshold would leave to the guard, and what it would open for by mistake."""
    lines = [f"{'right / wrong over':26} " + " ".join(f"{threshold:>10}" for threshold in THRESHOLDS)]
    for group, tally in tallies.items():
        told = ("{} / {}".format(*tally.over(threshold)) for threshold in THRESHOLDS)
        lines.append(f"{group:26} " + " ".join(f"{each:>10}" for each in told))
    return lines


def summed(tallies: Tallies, names: set[str]) -> Tally:
    """Several groups as one."""
    total = Tally()
    for name in names & set(tallies):
        each = tallies[name]
        total.n, total.exact, total.found = total.n + each.n, total.exact + each.exact, total.found + each.found
        total.folded += each.folded
        total.rights, total.wrongs = total.rights + each.rights, total.wrongs + each.wrongs
        total.wall_ms += each.wall_ms
    return total


def kept(into: Path, count: int, seed: int, dies: Dies) -> list[str]:
    """Writes drawn pictures as files named by kind and text, to look at, or to read with `gatehouse plate read`."""
    into.mkdir(parents=True, exist_ok=True)
    for (kind, _wide), truth, picture in drawn(count, seed, dies):
        cv2.imwrite(str(into / f"{kind.removeprefix(DRAWN)}-{truth}.jpg"), picture)
    return [f"{count} pictures under {into}"]


def findings(given: argparse.Namespace) -> Findings:
    cv2.setNumThreads(given.threads)
    if given.into is not None:
        count = given.pictures
        return Findings([Figure("pictures written", count, "")], kept(given.into, count, given.seed, measuring_dies()))
    quick, dies, wrong = given.quick, measuring_dies(), []
    recogniser = PlateRecogniser(plates_of_region("cn"), threads=given.threads)
    figures: list[Figure] = []
    times = paced(recogniser.read, large(given.seed + 3, dies, 3 if quick else 60))
    middle, late = statistics.median(times), times[int(0.95 * (len(times) - 1))]
    figures += [
        Figure("one picture of 1920x1080, median", middle, "ms", 50, beside=f"{given.threads} threads"),
        Figure("one picture of 1920x1080, 95 %", late, "ms", 100, beside=f"{given.threads} threads"),
    ]
    count = len(CHINESE) if quick else given.pictures
    tallies = measure(_by(recogniser), drawn(count, given.seed, dies), wrong)
    tallies |= {group: tallies.pop(group) for group in BY_WIDTH if group in tallies}  # behind the kinds, in order
    kinds = {group for group in tallies if group.startswith(DRAWN)}
    whole = summed(tallies, kinds)
    weakest = min(sorted(kinds), key=lambda group: tallies[group].percent)
    figures += [
        Figure("drawn plates read exactly", whole.percent, "%", 98.5, at_least=True, beside=f"{whole.n} scenes"),
        Figure("weakest drawn kind", tallies[weakest].percent, "%", 97, at_least=True, beside=weakest),
        Figure(
            "drawn, wrong over the threshold", 100 * whole.wrong_over / whole.n, "%", 0.1, beside=f"{whole.wrong_over}"
        ),
    ]
    beside = drawn(max(2, count // len(CHINESE)), given.seed + 4, dies, (BY_NAME[UNTABLED],))
    tallies |= measure(_by(recogniser), (((f"beside, {UNTABLED}",), *item[1:]) for item in beside), wrong)
    clips = voted(recogniser, 4 if quick else given.clips, given.seed + 1, dies, wrong)
    figures.append(Figure("drawn clips, voted", clips.percent, "%", 99.7, at_least=True, beside=f"{clips.n} clips"))
    negatives = 10 if quick else given.negatives
    called = called_plates(recogniser, negatives, given.seed + 2, dies, wrong)
    figures.append(
        Figure("no plate, but called one", 100 * called / negatives, "%", 0.1, beside=f"{called} of {negatives}")
    )
    tallies["clips, voted"] = clips
    lines = [*table(tallies), *choices({"drawn": whole, "clips, voted": clips})]
    if given.labels is not None:
        figures += _labelled(given, recogniser, tallies, wrong, lines)
    if given.wrong:
        lines += wrong
    rows = {group: tally.row() for group, tally in tallies.items()}
    return Findings(figures, lines, {"threads": given.threads, "groups": rows, "wrong": wrong})


def _labelled(
    given: argparse.Namespace, recogniser: PlateRecogniser, tallies: Tallies, wrong: list[str], lines: list[str]
) -> list[Figure]:
    """The labelled sets, and the peer on the Chinese scenes among them."""
    items = (item for item in labelled(given.labels) if item[0][0] not in ABROAD)
    own = measure(_by(recogniser), items, wrong) | _abroad(given, wrong)
    scenes = summed(own, HALVES)
    items = (item for item in labelled(given.labels) if item[0][0] in HALVES)
    theirs = summed(measure(peer(), items, []), HALVES)
    lines += table({**own, "Chinese scenes": scenes, "peer, Chinese scenes": theirs})
    lines += choices({"Chinese scenes": scenes, **{name: each for name, each in own.items() if name not in HALVES}})
    aims = {"lprnet_crops": 99.0, "openalpr_eu": 93.0, "openalpr_br": 92.0, "openalpr_us": 85.0}
    aims |= {f"{name}, own region": aims[name] for name in ABROAD}
    faster = statistics.median(theirs.wall_ms) / statistics.median(scenes.wall_ms)
    tallies |= own
    return [
        Figure("labelled Chinese scenes", scenes.percent, "%", 98, at_least=True, beside=f"{scenes.n} pictures"),
        Figure("labelled scenes, wrong over the threshold", scenes.wrong_over, "pictures", 0),
        *(Figure(f"labelled {name}", own[name].percent, "%", aims[name], True) for name in aims
          if name in own and not name.startswith("openalpr_eu")),
        *(Figure(f"labelled {name}, O and I folded", own[name].folded_percent, "%", aims[name], True)
          for name in aims if name in own and name.startswith("openalpr")),
        Figure("points better than the peer", scenes.percent - theirs.percent, "points", 8, at_least=True,
               beside=f"the peer reads {theirs.percent:.1f} %"),
        Figure("times faster than the peer", faster, "x", 6, at_least=True,
               beside=f"the peer takes {statistics.median(theirs.wall_ms):.0f} ms"),
    ]  # fmt: skip


def _abroad(given: argparse.Namespace, wrong: list[str]) -> Tallies:
    """The sets of other regions, by the tables of any region and then each by those of its own."""
    anywhere = PlateRecogniser(plates_of_any_region(), threads=given.threads, strict=False, aslant=True)
    items = (item for item in labelled(given.labels) if item[0][0] in ABROAD)
    tallies = measure(_by(anywhere), items, wrong)
    for name, region in ABROAD.items():
        there = PlateRecogniser(plates_of_region(region), threads=given.threads)
        items = (((f"{name}, own region",), *item[1:]) for item in labelled(given.labels) if item[0] == (name,))
        tallies |= measure(_by(there), items, wrong)
    return tallies


def _by(recogniser: PlateRecogniser) -> Read:
    return lambda picture: best_of(recogniser.read(picture))


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--pictures", type=int, default=5_000)
    parser.add_argument("--clips", type=int, default=1_000)
    parser.add_argument("--negatives", type=int, default=2_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=20_261)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--into", type=Path, help="write the drawn pictures there instead of measuring")
    parser.add_argument("--wrong", action="store_true")
    given = parser.parse_args()
    return run("plates", given, lambda: findings(given))


if __name__ == "__main__":
    sys.exit(main())
