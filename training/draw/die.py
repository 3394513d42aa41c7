"""How the characters of one plate are cut, and how they are laid on its ground. No layout and no camera here."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.scene.plate_styles import Bgr
from training.draw import fonts
from training.draw.hanzi_strokes import lines_of
from training.draw.strokes import stroke_glyph

Picture = NDArray[np.uint8]
Grey = NDArray[np.uint8]
Random = np.random.Generator
Ink = tuple[float, float, float]
"""BGR, 0 to 255."""
CHINESE_STROKES = 0.85
"""At least so many Chinese plates are drawn by strokes: their die is one, and like no font."""
OWN_LINES = 0.7
"""So many of the even characters that have lines of their own (`hanzi_strokes`) follow them and no font."""
SLIM = {"1": 0.55, "I": 0.3}
SWAY_CELLS, SWAY_FINE = 4, 64
"""A rubber sheet is pulled at so many places each way, and laid out so finely."""
FINE = 2
MOST_INKED = 0.57
"""Even strokes are drawn so many times finer, and cover no more than this share of their cell."""
MM: float = 0.75
"""Pixels per millimetre at which plates are drawn: 330 pixels for 440 mm."""


@dataclass(frozen=True, slots=True)
class Dies:
    """The sets of fonts that one family of drawn plates uses; `strokes` is the share whose letters and digits are drawn
    by strokes of our own, `even` that whose Chinese characters follow the middle lines of the fonts `bones`."""

    hanzi: tuple[fonts.Font, ...]
    latin: tuple[fonts.Font, ...]
    strokes: float
    bones: tuple[fonts.Font, ...] = ()
    even: float = 0.0


def training_dies() -> Dies:
    """What the networks are trained on."""
    return Dies(
        fonts.there(fonts.HANZI_TRAIN), fonts.there(fonts.LATIN_TRAIN), 0.65, fonts.there(fonts.HANZI_BONES), 0.8
    )


def measuring_dies() -> Dies:
    """What only measures: no font of these is trained on."""
    return Dies(fonts.there(fonts.HANZI_TEST), fonts.there(fonts.LATIN_TEST), 0.0)


class Die:
    """How the characters of one plate are cut: one font or our own strokes, one weight, for all of them."""

    def __init__(self, dies: Dies, random: Random, chinese: bool = True) -> None:
        self._random, self._chinese = random, chinese
        self._hanzi = dies.hanzi[int(random.integers(len(dies.hanzi)))]
        self._latin = dies.latin[int(random.integers(len(dies.latin)))]
        strokes = max(dies.strokes, CHINESE_STROKES) if chinese and dies.strokes else dies.strokes
        self._by_strokes = random.random() < strokes
        self._bones: fonts.Font | None = None
        if dies.bones and random.random() < dies.even:
            self._bones = dies.bones[int(random.integers(len(dies.bones)))]
        self.relief = float(random.choice((-1, 1)) * random.uniform(0.1, 0.5)) if random.random() < 0.35 else 0.0
        self._bone_weight = float(random.uniform(0.10, 0.20))
        self._weight = float(random.uniform(0.14, 0.29))
        self._grow = int(random.choice((-3, 0, 0, 0, 3, 5)))
        self._broad = int(random.choice((0, 0, 2, 4, 6)))
        self._own_lines = random.random() < OWN_LINES
        self._sway = float(random.choice((0.0, 0.01, 0.02, 0.03)))
        self._proportions = float(random.choice((0.0, 0.15, 0.25, 0.32)))

    def glyph(self, char: str, width: int, height: int, fill: bool = True) -> Grey:
        """Coverage (height, width); with `fill` the ink is stretched to the cell, else it keeps its proportions."""
        if char.isascii():
            return self._sized(self._latin_ink(char), char, width, height, fill)
        if self._bones is not None and fill:
            return self._by_bones(self._bones, char, width, height)
        found = self._grown(fonts.ink(self._hanzi, char))
        if self._broad:
            # squeezed to half its width an upright stroke gets thin; the dies of plates cut all strokes alike
            found = np.asarray(cv2.dilate(found, np.ones((1, self._broad + 1), np.uint8)), np.uint8)
        if self._proportions:
            found = _reproportioned(found, self._proportions, self._random)
        return self._sized(found, char, width, height, fill)

    def _by_bones(self, font: fonts.Font, char: str, width: int, height: int) -> Grey:
        """The middle lines of the strokes stretched to the cell, then drawn with one weight, as dies are cut."""
        own = lines_of(char, self._random) if self._own_lines else None
        points = fonts.bones(font, char) if own is None else own
        if self._proportions:
            points = np.stack([_bent(points[:, axis], self._proportions, self._random) for axis in (0, 1)], axis=1)
        if self._sway:
            points = _swayed(points, self._sway, self._random)
        wide, tall = FINE * max(2, width), FINE * max(2, height)
        # a character of many strokes is cut with thinner ones, or they would run together
        length = len(points) * tall / fonts.CELL_HEIGHT
        thick = max(3, round(min(self._bone_weight * wide, MOST_INKED * wide * tall / length)))
        room = np.array((wide - thick, tall - thick), np.float32)
        places = np.round(points * room + thick / 2).astype(int)
        cell = np.zeros((tall, wide), np.uint8)
        cell[np.clip(places[:, 1], 0, tall - 1), np.clip(places[:, 0], 0, wide - 1)] = 255
        pen = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thick, thick))
        drawn = cv2.dilate(cell, pen)
        return np.asarray(cv2.resize(drawn, (wide // FINE, tall // FINE), interpolation=cv2.INTER_AREA), np.uint8)

    def _latin_ink(self, char: str) -> Grey:
        if self._by_strokes:
            return stroke_glyph(char, self._weight, self._random, straight=self._chinese)
        found = self._grown(fonts.ink(self._latin, char))
        return _reproportioned(found, 0.5 * self._proportions, self._random) if self._proportions else found

    def _grown(self, ink: Grey) -> Grey:
        if self._grow == 0:
            return ink
        kernel = np.ones((abs(self._grow), abs(self._grow)), np.uint8)
        framed = cv2.copyMakeBorder(ink, 3, 3, 3, 3, cv2.BORDER_CONSTANT, value=0)
        grown = cv2.dilate(framed, kernel) if self._grow > 0 else cv2.erode(framed, kernel)
        return np.asarray(grown, np.uint8)

    def _sized(self, ink: Grey, char: str, width: int, height: int, fill: bool) -> Grey:
        share = SLIM.get(char, 1.0)
        if not fill:
            share = min(1.0, ink.shape[1] / ink.shape[0] * height / max(1, width))
        own = max(2, round(width * share))
        sized = cv2.resize(ink, (own, max(2, height)), interpolation=cv2.INTER_AREA)
        cell = np.zeros((max(2, height), max(2, width)), np.uint8)
        left = (cell.shape[1] - own) // 2
        cell[:, left : left + own] = sized[:, : cell.shape[1] - left]
        return cell


def _bent(places: NDArray[np.float32], spread: float, random: Random) -> NDArray[np.float32]:
    """Places from 0 to 1 moved so that three parts between get larger or smaller; the ends stay."""
    cuts = np.array((0.0, *sorted(random.uniform(0.2, 0.8, 2)), 1.0))
    sizes = np.diff(cuts) * np.exp(random.normal(0, spread, 3))
    moved = np.concatenate(([0.0], np.cumsum(sizes / sizes.sum())))
    return np.interp(places, cuts, moved).astype(np.float32)


def _swayed(points: NDArray[np.float32], spread: float, random: Random) -> NDArray[np.float32]:
    """Points (n, 2) from 0 to 1 moved as on a rubber sheet: level strokes come to slope and upright ones to lean."""
    pull = random.normal(0, spread, (SWAY_CELLS, SWAY_CELLS, 2)).astype(np.float32)
    sheet = cv2.resize(pull, (SWAY_FINE, SWAY_FINE), interpolation=cv2.INTER_CUBIC)
    at = np.clip((points * SWAY_FINE).astype(int), 0, SWAY_FINE - 1)
    moved = points + sheet[at[:, 1], at[:, 0]]
    low, high = moved.min(axis=0), moved.max(axis=0)
    return np.asarray((moved - low) / (high - low), np.float32)


def _reproportioned(ink: Grey, spread: float, random: Random) -> Grey:
    """The same character with its parts in other proportions: three bands across and three along, each stretched.

    The dies of plates draw the parts of a character larger and smaller than any text font does.
    """
    for axis in (0, 1):
        whole = ink.shape[axis]
        if whole < 12:
            continue
        cuts = [0, *sorted(int(whole * each) for each in random.uniform(0.2, 0.8, 2)), whole]
        sizes = np.diff(cuts) * np.exp(random.normal(0, spread, 3))
        sizes = np.maximum(1, np.round(sizes * whole / sizes.sum())).astype(int)
        bands = []
        for start, end, size in zip(cuts[:-1], cuts[1:], sizes, strict=True):
            band = ink[start:end] if axis == 0 else ink[:, start:end]
            if band.size:
                shape = (band.shape[1], int(size)) if axis == 0 else (int(size), band.shape[0])
                bands.append(cv2.resize(band, shape, interpolation=cv2.INTER_LINEAR))
        ink = np.asarray(np.concatenate(bands, axis=axis), np.uint8)
    return ink


def jittered(color: Bgr, random: Random, share: float = 1.0) -> Ink:
    """The colour as age, light and another maker change it; `share` of the usual change."""
    hsv = cv2.cvtColor(np.array([[color]], np.uint8), cv2.COLOR_BGR2HSV)[0, 0].astype(np.float32)
    hsv[0] = (hsv[0] + random.normal(0, 4.0) * share) % 180
    hsv[1] = np.clip(hsv[1] * random.uniform(1 - 0.35 * share, 1 + 0.15 * share), 0, 255)
    hsv[2] = np.clip(hsv[2] * random.uniform(1 - 0.35 * share, 1 + 0.25 * share), 0, 255)
    blue, green, red = cv2.cvtColor(hsv[None, None].astype(np.uint8), cv2.COLOR_HSV2BGR)[0, 0]
    return float(blue), float(green), float(red)


def lay(picture: Picture, shape: Grey, left: int, top: int, ink: Ink, relief: float = 0.0) -> None:
    """Ink a character's coverage into the picture, its upper left corner there in pixels; what lies outside is cut off.

    `relief`: how strongly light and shadow show that it is pressed; its sign says from where the light comes.
    """
    left, top = max(0, left), max(0, top)
    view = picture[top : top + shape.shape[0], left : left + shape.shape[1]]
    if view.size == 0:
        return
    shape = shape[: view.shape[0], : view.shape[1]]
    share = shape[..., None].astype(np.float32) / 255
    laid = view * (1 - share) + np.array(ink, np.float32) * share
    if relief:  # the characters are pressed: their upper edges catch the light, their lower ones lie in shadow
        soft = cv2.GaussianBlur(shape, (0, 0), 1.2).astype(np.float32)
        laid += relief * (np.roll(soft, -2, axis=0) - np.roll(soft, 2, axis=0))[..., None]
    view[:] = np.clip(laid, 0, 255).astype(np.uint8)
