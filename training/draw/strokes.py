"""Letters and digits drawn as strokes of even weight on the 45 x 90 mm cell of a plate.

The dies of number plates follow no text font: bows run into straight sides, ends are blunt, every character fills its
cell. The skeletons here are our own; what varies from plate to plate (weight, roundness, slant of a flag) is drawn at
random, so that a network learns the character and not one die. No Chinese characters.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Path = NDArray[np.float32]
Random = np.random.Generator

WIDTH, HEIGHT = 72, 144
ARC = 14
"""So many points stand for an arc."""


def _arc(cx: float, cy: float, rx: float, ry: float, start: float, end: float) -> list[tuple[float, float]]:
    """Degrees, 0 to the right, growing clockwise as pictures grow downward."""
    turns = np.radians(np.linspace(start, end, ARC))
    return [(cx + rx * float(np.cos(turn)), cy + ry * float(np.sin(turn))) for turn in turns]


Strokes = list[list[tuple[float, float]]]


def _over(r: float, q: float) -> list[tuple[float, float]]:
    """From the left side over the top to the right one: two corners of width q and height r, flat between them."""
    return [*_arc(q, r, q, r, 180, 270), *_arc(1 - q, r, q, r, 270, 360)]


def _under(r: float, q: float) -> list[tuple[float, float]]:
    """From the right side under the foot to the left one."""
    return [(1 - x, 1 - y) for x, y in _over(r, q)]


def _ring(r: float, q: float) -> list[tuple[float, float]]:
    return [*_over(r, q), *_under(r, q), (0, r)]


def _open(r: float, q: float, end: float) -> list[tuple[float, float]]:
    """The bow of C and G: from the upper right, `end` under the top, over the left to the lower right.

    Its ends stay well apart: a bow that nearly closes is a 0 or a 6.
    """
    r = min(r, end)
    return [(1, end), *reversed(_over(r, q)), *reversed(_under(r, q)), (1, 1 - end)]


def _six(r: float, slanted: bool, low: float) -> Strokes:
    bowl = [*_arc(0.5, low, 0.5, 1 - low, 0, 360)]
    if slanted:
        return [bowl, [(0.68, 0.0), (0.22, low - 0.17), (0.04, low - 0.06)]]
    return [bowl, [*_arc(0.5, r, 0.5, r, -15, -180), (0, low)]]


def _turned(strokes: Strokes) -> Strokes:
    return [[(1 - x, 1 - y) for x, y in stroke] for stroke in strokes]


def skeleton(char: str, random: Random, straight: bool = False) -> Strokes:
    """Strokes in the unit square of one character (A-Z, 0-9); KeyError for any other.

    Bows are round or, as many abroad, flat with small corners, where O and D differ in those of the left side alone.
    `straight`: the stems of 6 and 9 are straight, as on every Chinese plate (GA 36); elsewhere many are bows.
    """
    r = float(random.uniform(0.18 if straight else 0.12, 0.34))
    q = float(random.uniform(0.35, 0.5) if straight else random.choice((0.5, random.uniform(0.14, 0.5))))
    u = float(random.random())
    waist = float(random.uniform(0.45, 0.53))
    bow = min(waist, 1 - waist)
    table: dict[str, Callable[[], Strokes]] = {
        "0": lambda: [_ring(r, q)],
        "O": lambda: [_ring(r, q)],
        "Q": lambda: [_ring(r, q), [(0.52, 0.70 + 0.08 * u), (1.02, 1.0)]],
        "1": lambda: [[(0.12 + 0.2 * u, 0.10 + 0.06 * u), (0.55, 0.0), (0.55, 1.0)]],
        "2": lambda: [[*_arc(0.5, 0.28, 0.5, 0.28, 180, 380), (0.0, 1.0), (1.0, 1.0)]],
        "3": lambda: [
            [*_arc(0.48, 0.25, 0.48, 0.25, 190, 450), *_arc(0.5, 0.74, 0.5, 0.26, -90, 170)]
            if u < 0.75
            else [(0.05, 0), (0.95, 0), (0.45, 0.4), *_arc(0.5, 0.7, 0.5, 0.3, -90, 170)]
        ],
        "4": lambda: [
            [(0.50 + 0.2 * u, 0.0), (0.0, 0.70), (1.0, 0.70)],
            [(0.76, 0.38 if u < 0.6 else 0.5), (0.76, 1.0)],
        ],
        "5": lambda: [[(0.93, 0.0), (0.10, 0.0), (0.05, 0.46), *_arc(0.48, 0.69, 0.52, 0.31, -140, 165)]],
        "6": lambda: _six(r, straight or u < 0.4, 0.66 + 0.06 * u),
        "7": lambda: [[(0.0, 0.0), (1.0, 0.0), (0.38 + 0.12 * u, 1.0)]],
        "8": lambda: [
            [*_arc(0.5, 0.24, 0.43 + 0.05 * u, 0.24, 0, 360)],
            [*_arc(0.5, 0.73, 0.5, 0.27, 0, 360)],
        ],
        "9": lambda: _turned(_six(r, straight or u < 0.4, 0.66 + 0.06 * u)),
        "A": lambda: [[(0.0, 1.0), (0.5, 0.0), (1.0, 1.0)], [(0.18, 0.70), (0.82, 0.70)]],
        "B": lambda: [
            [(0.0, 0.0), (0.5, 0.0), *_arc(0.55, waist / 2, 0.4, waist / 2, -90, 90), (0.0, waist)],
            [(0.5, waist), *_arc(0.55, (1 + waist) / 2, 0.45, (1 - waist) / 2, -90, 90), (0.0, 1.0), (0.0, 0.0)],
        ],
        "C": lambda: [_open(r, q, 0.21 + 0.11 * u)],
        "D": lambda: [[(0.0, 0.0), *_over(r, q)[ARC:], *_under(r, q)[:ARC], (0.0, 1.0), (0.0, 0.0)]],
        "E": lambda: [[(1.0, 0.0), (0.0, 0.0), (0.0, 1.0), (1.0, 1.0)], [(0.0, waist), (0.85, waist)]],
        "F": lambda: [[(1.0, 0.0), (0.0, 0.0), (0.0, 1.0)], [(0.0, waist), (0.85, waist)]],
        "G": lambda: [[*_open(r, q, 0.19 + 0.09 * u), (1.0, 0.52 + 0.05 * waist), (0.5, 0.52 + 0.05 * waist)]],
        "H": lambda: [[(0.0, 0.0), (0.0, 1.0)], [(1.0, 0.0), (1.0, 1.0)], [(0.0, waist), (1.0, waist)]],
        "I": lambda: [[(0.5, 0.0), (0.5, 1.0)]],
        "J": lambda: [[(0.9, 0.0), (0.9, 1 - r), *_arc(0.45, 1 - r, 0.45, r, 0, 180), (0.0, 0.72)]],
        "K": lambda: [[(0.0, 0.0), (0.0, 1.0)], [(0.95, 0.0), (0.0, 0.62)], [(0.32, 0.42), (1.0, 1.0)]],
        "L": lambda: [[(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)]],
        "M": lambda: [[(0.0, 1.0), (0.0, 0.0), (0.5, 0.45 + 0.35 * u), (1.0, 0.0), (1.0, 1.0)]],
        "N": lambda: [[(0.0, 1.0), (0.0, 0.0), (1.0, 1.0), (1.0, 0.0)]],
        "P": lambda: [[(0.0, 1.0), (0.0, 0.0), (0.5, 0.0), *_arc(0.5, bow / 2 + 0.04, 0.5, bow / 2 + 0.04, -90, 90),
                       (0.0, bow + 0.08)]],
        "R": lambda: [[(0.0, 1.0), (0.0, 0.0), (0.5, 0.0), *_arc(0.5, bow / 2 + 0.03, 0.5, bow / 2 + 0.03, -90, 90),
                       (0.0, bow + 0.06)], [(0.45, bow + 0.06), (1.0, 1.0)]],
        "S": lambda: [[*_arc(0.5, 0.25, 0.48, 0.25, -10, -270), *_arc(0.5, 0.74, 0.5, 0.26, -90, 170)]],
        "T": lambda: [[(0.0, 0.0), (1.0, 0.0)], [(0.5, 0.0), (0.5, 1.0)]],
        "U": lambda: [[(1.0, 0.0), *_under(r, q), (0.0, 0.0)]],
        "V": lambda: [[(0.0, 0.0), (0.5, 1.0), (1.0, 0.0)]],
        "W": lambda: [[(0.0, 0.0), (0.24, 1.0), (0.5, 0.25 + 0.3 * u), (0.76, 1.0), (1.0, 0.0)]],
        "X": lambda: [[(0.0, 0.0), (1.0, 1.0)], [(1.0, 0.0), (0.0, 1.0)]],
        "Y": lambda: [[(0.0, 0.0), (0.5, 0.48), (1.0, 0.0)], [(0.5, 0.48), (0.5, 1.0)]],
        "Z": lambda: [[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]],
    }  # fmt: skip
    return table[char]()


def stroke_glyph(char: str, weight: float, random: Random, straight: bool = False) -> Grey:
    """Coverage (HEIGHT, WIDTH) of the character; `weight` is the stroke as a share of the cell's width (0.16-0.32)."""
    wide: Any = WIDTH * (0.72 if char in "1" else 1.0)
    thick = max(4, round(WIDTH * weight))
    cell = np.zeros((HEIGHT, WIDTH), np.uint8)
    left, top = (WIDTH - wide) / 2 + thick / 2, thick / 2
    scale = np.array((wide - thick, HEIGHT - thick), np.float32)
    for stroke in skeleton(char, random, straight):
        points = np.array(stroke, np.float32) * scale + np.array((left, top), np.float32)
        cv2.polylines(cell, [np.round(points * 16).astype(np.int32)], False, 255, thick, cv2.LINE_AA, 4)
    return cell
