"""How well a picture is read when it is taken a little otherwise: each so many times, against itself.

What is chosen by 171 pictures fits those. The same ones a little nearer or farther, turned by up to 6 degrees, sheared,
lighter or darker, softer, noisier and packed harder are not quite those any more, and ten times as many: a choice that
is worth one in two hundred shows in them. Drawn pictures as `python -m bench.plates` draws them, or the labelled ones.

    python -m bench.varied [--pictures 60] [--labels FILE [--sets easypr ccpd misc]] [--times 8] [--threads 2] [--wrong]
        [--json FILE] [--quick]
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from bench.figure import Figure, Findings, options, run
from bench.plates import ABROAD, HALVES, Item, Tallies, best_of, drawn, labelled, measure, summed, table
from controller.app.plate_tables import plates_of_any_region, plates_of_region
from drivers.camera.plate_recogniser import PlateRecogniser
from drivers.camera.recogniser import Picture
from training.draw.die import measuring_dies

AS_IT_IS, VARIED = "as they are", "varied"
SCENE_SIZES, CROP_SIZES = (0.65, 1.4), (0.8, 1.3)
"""So many times its size; the second of a picture of a plate alone, which is small as it is."""
TURN_DEG, SHEAR = 6.0, 0.06
GAMMA, CONTRAST, BRIGHTER = 0.35, (0.75, 1.15), 15.0
SOFT_PX, NOISE, QUALITY = (0.3, 0.9), (1.0, 6.0), (55, 95)
CROP_PX = 160
"""What is no taller is a picture of a plate alone: it stays upright."""


def taken_otherwise(picture: Picture, random: np.random.Generator) -> Picture:
    """The picture as another moment and another camera in the same place might have it; of about its own size."""
    height, width = picture.shape[:2]
    is_scene = height > CROP_PX
    scale = random.uniform(*(SCENE_SIZES if is_scene else CROP_SIZES))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), random.uniform(-TURN_DEG, TURN_DEG), 1.0)
    across, along = random.uniform(-SHEAR, SHEAR, 2)
    if is_scene:
        way = np.array(((1, across), (along, 1))) @ turn
        picture = np.asarray(cv2.warpAffine(picture, way, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    shrunk = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    light = 255 * (shrunk / 255) ** np.exp(random.uniform(-GAMMA, GAMMA))
    light = (light - 128) * random.uniform(*CONTRAST) + 128 + random.uniform(-BRIGHTER, BRIGHTER)
    if random.random() < 0.5:
        light = cv2.GaussianBlur(light, (0, 0), random.uniform(*SOFT_PX))
    if random.random() < 0.5:
        light = light + random.normal(0, random.uniform(*NOISE), light.shape)
    packed = cv2.imencode(
        ".jpg", np.clip(light, 0, 255).astype(np.uint8), (cv2.IMWRITE_JPEG_QUALITY, int(random.integers(*QUALITY)))
    )[1]
    return cast(Picture, cv2.imdecode(packed, cv2.IMREAD_COLOR))


def variants(given: Iterable[Item], times: int, seed: int) -> Iterator[Item]:
    """Every picture as it is and so many times otherwise, always in the same ways."""
    for number, (groups, truth, picture) in enumerate(given):
        name = groups[0].split(",")[0]
        yield (f"{name}, {AS_IT_IS}",), truth, picture
        for time in range(times):
            random = np.random.default_rng((seed, number, time))
            yield (f"{name}, {VARIED}",), truth, taken_otherwise(picture, random)


def figures(tallies: Tallies, *, folded: bool) -> list[Figure]:
    """The share that is read, as they are and varied, and how many wrong texts would open. `folded`: O and I count as 0
    and 1."""
    found = []
    for how in (AS_IT_IS, VARIED):
        whole = summed(tallies, {group for group in tallies if group.endswith(how)})
        found += [
            Figure(
                f"read, {how}", whole.folded_percent if folded else whole.percent, "%", beside=f"{whole.n} pictures"
            ),
            Figure(
                f"wrong over the threshold, {how}", 100 * whole.wrong_over / whole.n, "%", beside=f"{whole.wrong_over}"
            ),
        ]
    return found


def findings(given: argparse.Namespace) -> Findings:
    """Reads them all: Chinese ones as a lane in China does, others as the command line does unasked."""
    cv2.setNumThreads(given.threads)
    items: Iterable[Item] = drawn(2 if given.quick else given.pictures, given.seed, measuring_dies())
    if given.labels is not None:
        items = (item for item in labelled(given.labels) if item[0][0] in given.sets)
    abroad = given.labels is not None and set(given.sets) <= set(ABROAD)
    forms = plates_of_any_region() if abroad else plates_of_region("cn")
    recogniser = PlateRecogniser(forms, threads=given.threads, strict=not abroad, aslant=abroad)
    wrong: list[str] = []
    varied = variants(items, 2 if given.quick else given.times, given.seed)
    tallies = measure(lambda picture: best_of(recogniser.read(picture)), varied, wrong)
    counted = [f"{count:3} x {text}" for text, count in Counter(wrong).most_common()] if given.wrong else []
    return Findings(
        figures(tallies, folded=abroad),
        [*table(tallies), *counted],
        {"groups": {group: each.row() for group, each in tallies.items()}},
    )


def main() -> int:
    """Measure and tell."""
    parser = options(__doc__)
    parser.add_argument("--pictures", type=int, default=60)
    parser.add_argument("--times", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=20_267)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--sets", nargs="+", default=sorted(HALVES), help="whose names the labelled files begin with")
    parser.add_argument("--wrong", action="store_true")
    given = parser.parse_args()
    return run("varied", given, lambda: findings(given))


if __name__ == "__main__":
    sys.exit(main())
