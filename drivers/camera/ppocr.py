"""The recogniser that runs on the PP-OCR models: text detector, reader, grammar. A `recogniser.Recogniser`.

It finds text and asks of each line whether it is a plate; it knows no vehicle and no camera.
"""

import re
from collections.abc import Iterable
from itertools import permutations

import cv2
import numpy as np

from drivers.camera.color import ground_colors
from drivers.camera.grammar import Grammar
from drivers.camera.plate_form import PlateForm
from drivers.camera.ppocr_detector import PpOcrDetector
from drivers.camera.ppocr_reader import HEIGHT_PX, MOST_WIDTH_PX, Line, PpOcrReader, joined
from drivers.camera.recogniser import Picture, Plate
from drivers.camera.rectify import Floats, grown, straightened
from drivers.camera.slots import Decoded, decode
from drivers.camera.text_boxes import TextBox

LEAST_HEIGHT_PX = 9.0
ONE_ROW = (1.6, 8.0)
TOP_ROW = (1.2, 6.0)
"""Width to height of what may be a plate of one row, and the upper row of two."""
MOST_LINES = 8
LEAST_SCORE = -9.0
"""A text under this is no plate: the free text is so much likelier."""
ALONG, ACROSS = 0.12, 0.04
LEAST_CHARS = 4
"""A line in which the network saw fewer characters of any kind is not decoded: no plate is that short."""
CLEAR_SCORE = -3.0
"""A text above this is a plate beyond doubt."""
FOOT_CHARS = re.compile(r"[0-9A-Za-z]{4,5}[挂学警]?")
"""What the lower of two rows reads like."""
LEAST_COLOR_SHARE = 0.15
DARK_MEDIAN = 60.0
GAMMA = 0.45
CROP_HEIGHT_PX, CROP_RATIO = 160, (2.0, 6.0)


class PpOcrRecogniser:
    """Reads plates of the given forms. `longest` bounds the picture given to the detector, in pixels."""

    def __init__(self, forms: Iterable[PlateForm], *, longest: int = 960, threads: int = 1) -> None:
        self._grammar = Grammar(forms)
        self._detector = PpOcrDetector(longest, threads)
        self._reader = PpOcrReader(self._grammar, threads)

    def read(self, image: Picture) -> list[Plate]:
        """Every plate in the picture, best first. A dark picture without one is looked at again, brightened."""
        plates = self._look(image)
        if not plates and _is_crop(image):
            plates = self._plates(image, self._line(image, _border(image)), _border(image), rows=1)
        if (not plates or plates[0].score < CLEAR_SCORE) and _is_dark(image):
            plates = _apart(plates + self._look(_brightened(image)))
        return plates

    def _look(self, image: Picture) -> list[Plate]:
        boxes = [box for box in self._detector.find(image) if box.height >= LEAST_HEIGHT_PX]
        boxes = [box for box in boxes if TOP_ROW[0] <= box.width / box.height <= ONE_ROW[1]]
        boxes = sorted(boxes, key=_promise, reverse=True)[:MOST_LINES]
        lines = [self._line(image, box.corners) for box in boxes]
        plates = []
        for box, line in zip(boxes, lines, strict=True):
            plates += self._plates(image, line, box.corners, rows=1)
        for top, foot in permutations(range(len(boxes)), 2):
            if _stand_together(boxes[top], boxes[foot]):
                corners = _about(boxes[top].corners, boxes[foot].corners)
                plates += self._plates(image, joined((lines[top], lines[foot])), corners, rows=2)
        if not plates:
            plates = self._with_unseen_top(image, boxes, lines)
        return _apart(plates)

    def _with_unseen_top(self, image: Picture, boxes: list[TextBox], lines: list[Line]) -> list[Plate]:
        """Plates of two rows of which only the large lower one was found: its upper one is read where it must stand."""
        plates: list[Plate] = []
        likely = [number for number, line in enumerate(lines) if FOOT_CHARS.fullmatch(line.free)]
        for number in likely[:2]:
            foot = boxes[number].corners
            top = _above(foot)
            both = joined((self._line(image, top), lines[number]))
            plates += self._plates(image, both, _about(top, foot), rows=2)
        return plates

    def _line(self, image: Picture, corners: Floats) -> Line:
        return self._reader.read(straightened(image, grown(corners, ALONG, ACROSS), HEIGHT_PX, MOST_WIDTH_PX))

    def _plates(self, image: Picture, line: Line, corners: Floats, rows: int) -> list[Plate]:
        if len(line.free) < LEAST_CHARS:
            return []
        colors = ground_colors(straightened(image, corners, HEIGHT_PX, MOST_WIDTH_PX))
        decoded = decode(line, colors, self._grammar)
        if decoded is None or decoded.score < LEAST_SCORE:
            return []
        color = _color(decoded.form, colors)
        a, b, c, d = ((float(x), float(y)) for x, y in corners)
        return [
            Plate(
                text=decoded.text,
                raw=line.free,
                kind=_kind(decoded, color, self._grammar),
                color=color,
                colors=colors,
                slots=decoded.slots,
                corners=(a, b, c, d),
                rows=rows,
                score=decoded.score,
            )
        ]


def _color(form: PlateForm, colors: tuple[tuple[str, float], ...]) -> str:
    """The likeliest ground that the form may have, when it was seen at all; else "other", which means not seen.

    A grey picture by infrared light shows no ground: it must not be called a black one.
    """
    if not form.colors:
        return colors[0][0]
    return next((color for color, share in colors if color in form.colors and share > LEAST_COLOR_SHARE), "other")


def _kind(decoded: Decoded, color: str, grammar: Grammar) -> str:
    """The form's kind; "unknown" where the ground was not seen and the text may stand on plates of several kinds."""
    if color != "other":
        return decoded.form.kind
    kinds = {form.kind for form in grammar.forms if form.takes(decoded.text)}
    return decoded.form.kind if len(kinds) <= 1 else "unknown"


def _promise(box: TextBox) -> float:
    """How likely a box is to be a plate by its proportions and size alone; only the order in which lines are read."""
    ratio = box.width / max(1.0, box.height)
    return -abs(float(np.log(ratio / 3.4))) + 0.15 * float(np.log(max(1.0, box.height))) + box.score


def _stand_together(top: TextBox, foot: TextBox) -> bool:
    """Whether two lines may be the two rows of one plate: one above the other, near, the lower one larger."""
    gap = foot.corners[:2].mean(axis=0) - top.corners[2:].mean(axis=0)
    middles = foot.corners.mean(axis=0) - top.corners.mean(axis=0)
    return (
        0 < middles[1] < 1.6 * foot.height
        and abs(float(middles[0])) < 0.35 * foot.width
        and abs(float(gap[1])) < 0.6 * foot.height
        and 0.3 < top.height / foot.height < 1.3
        and 0.25 < top.width / foot.width < 1.1
    )


def _above(foot: Floats) -> Floats:
    """Where the upper row stands above the lower: 220 of 385 mm wide, 60 of 110 mm tall, 15 mm off."""
    right, down = foot[1] - foot[0], foot[3] - foot[0]
    left_low = foot[0] + right * 0.19 - down * 0.06
    left_top = left_low - down * 0.66
    return np.stack((left_top, left_top + right * 0.62, left_low + right * 0.62, left_low)).astype(np.float32)


def _is_crop(image: Picture) -> bool:
    """Whether the picture is about a plate alone: then a text detector finds no ground around it."""
    height, width = image.shape[:2]
    return bool(height <= CROP_HEIGHT_PX and CROP_RATIO[0] <= width / height <= CROP_RATIO[1])


def _border(image: Picture) -> Floats:
    height, width = image.shape[:2]
    return np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float32)


def _is_dark(image: Picture) -> bool:
    return float(np.median(image[::8, ::8])) < DARK_MEDIAN


def _brightened(image: Picture) -> Picture:
    table = (255 * (np.arange(256) / 255) ** GAMMA).round().astype(np.uint8)
    return np.asarray(cv2.LUT(image, table), np.uint8)


def _about(top: Floats, foot: Floats) -> Floats:
    """The four corners about two rows: the lower row's sides, drawn up to the upper row's top."""
    up = (top[:2].mean(axis=0) - foot[:2].mean(axis=0)).astype(np.float32)
    return np.stack((foot[0] + up, foot[1] + up, foot[2], foot[3]))


def _apart(plates: list[Plate]) -> list[Plate]:
    """The best of those that overlap, best first."""
    kept: list[Plate] = []
    for plate in sorted(plates, key=_doubt):
        if all(_overlap(plate, other) < 0.3 for other in kept):
            kept.append(plate)
    return kept


def _overlap(one: Plate, other: Plate) -> float:
    """Shared area as a part of the smaller box."""
    ax0, ay0, ax1, ay1 = one.box
    bx0, by0, bx1, by1 = other.box
    shared = max(0, min(ax1, bx1) - max(ax0, bx0)) * max(0, min(ay1, by1) - max(ay0, by0))
    return shared / max(1, min((ax1 - ax0) * (ay1 - ay0), (bx1 - bx0) * (by1 - by0)))


def _doubt(plate: Plate) -> tuple[float, float]:
    """The likeliest to be a plate first; among those equally near to free text the margin counts."""
    return round(-plate.score / 2), -plate.margin
