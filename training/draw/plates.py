"""Draws one plate face-on with everything by which plates of one kind differ: ground, ink, die, bolts, frame, age.

Proportions come from the table of `simulator.scene.plate_styles`; plates of other regions are laid out here. No
perspective and no camera may be put here.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.scene.glyphs import PROVINCES
from simulator.scene.plate_drawing import Cell, cells, dots
from simulator.scene.plate_styles import RED, STYLES, Bgr, PlateStyle
from training.draw import fonts
from training.draw.strokes import stroke_glyph
from training.draw.texts import Kind

Picture = NDArray[np.uint8]
Grey = NDArray[np.uint8]
Random = np.random.Generator
CHINESE_STROKES = 0.85
"""At least so many Chinese plates are drawn by strokes: their die is one, and like no font."""
OLD_ARMED_POLICE = 9
"""Characters of such a plate."""
SLIM = {"1": 0.55, "I": 0.3}
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
        self._weight = float(random.uniform(0.17, 0.30))
        self._grow = int(random.choice((-3, 0, 0, 0, 3, 5)))
        self._broad = int(random.choice((0, 0, 2, 4, 6)))
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
        points = fonts.bones(font, char)
        if self._proportions:
            points = np.stack([_bent(points[:, axis], self._proportions, self._random) for axis in (0, 1)], axis=1)
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


def draw(kind: Kind, text: str, dies: Dies, random: Random) -> Picture:
    """The plate face-on, BGR, MM pixels per millimetre."""
    die = Die(dies, random, kind.region == "cn")
    if kind.region == "cn":
        return _chinese(STYLES[kind.style, kind.rows], text, die, random)
    return {"eu": _european, "br": _brazilian, "us": _american}[kind.region](text, die, random)


# --- China ---------------------------------------------------------------------------------------------------------


def _jittered(color: Bgr, random: Random, share: float = 1.0) -> tuple[float, float, float]:
    hsv = cv2.cvtColor(np.array([[color]], np.uint8), cv2.COLOR_BGR2HSV)[0, 0].astype(np.float32)
    hsv[0] = (hsv[0] + random.normal(0, 4.0) * share) % 180
    hsv[1] = np.clip(hsv[1] * random.uniform(1 - 0.35 * share, 1 + 0.15 * share), 0, 255)
    hsv[2] = np.clip(hsv[2] * random.uniform(1 - 0.35 * share, 1 + 0.25 * share), 0, 255)
    blue, green, red = cv2.cvtColor(hsv[None, None].astype(np.uint8), cv2.COLOR_HSV2BGR)[0, 0]
    return float(blue), float(green), float(red)


def _ground(style: PlateStyle, width: int, height: int, random: Random) -> Picture:
    top, foot = _jittered(style.top, random), _jittered(style.foot, random)
    if style.top == style.foot:
        foot = top
    elif style.left_ground is None and random.random() < 0.3:
        top = (float(random.uniform(200, 245)),) * 3
    share = np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None, None]
    column = np.array(top, np.float32) * (1 - share) + np.array(foot, np.float32) * share
    picture = np.repeat(column.astype(np.uint8), width, axis=1)
    if style.left_ground is not None:
        picture[:, : round(width * random.uniform(0.26, 0.31))] = _jittered(style.left_ground, random)
    return picture


def _chinese(style: PlateStyle, text: str, die: Die, random: Random) -> Picture:
    width, height = round(style.width * MM), round(style.height * MM)
    picture = _ground(style, width, height, random)
    ink = _jittered(style.ink, random, 0.5)
    if random.random() < 0.75:
        inset, thick = round(random.uniform(3, 8) * MM), max(1, round(random.uniform(1, 3.5) * MM))
        cv2.rectangle(picture, (inset, inset), (width - inset - 1, height - inset - 1), ink, thick, cv2.LINE_AA)
    shift_x, shift_y = random.normal(0, 1.5), random.normal(0, 2.0)
    size = float(random.uniform(0.93, 1.05))
    last = len(text) - 1
    old = text.startswith("WJ") and len(text) == OLD_ARMED_POLICE and random.random() < 0.8
    for number, cell in enumerate(_old_cells(text, picture, ink, die, random) if old else cells(text, style)):
        red = number < style.red or (number > last + style.red and style.red < 0)
        stretch_x, stretch_y = size * random.uniform(0.96, 1.03), size * random.uniform(0.98, 1.02)
        left = cell.left + cell.width * (1 - stretch_x) / 2 + shift_x + random.normal(0, 0.5)
        top = cell.top + cell.height * (1 - stretch_y) / 2 + shift_y
        shape = die.glyph(cell.char, round(cell.width * stretch_x * MM), round(cell.height * stretch_y * MM))
        _lay(picture, shape, round(left * MM), round(top * MM), _jittered(RED, random) if red else ink, die.relief)
    if random.random() < 0.85:
        radius = max(1, round(random.uniform(3.5, 6.5) * MM))
        for x, y in () if old else dots(text, style):
            cv2.circle(picture, (round((x + shift_x) * MM), round((y + shift_y) * MM)), radius, ink, -1, cv2.LINE_AA)
    _bolts(picture, random)
    return picture


def _old_cells(text: str, picture: Picture, ink: tuple[float, float, float], die: Die, random: Random) -> list[Cell]:
    """An armed police plate as it was to 2012: the two digits of the province small, under its name, smaller still."""
    left, small = 18.0, float(random.uniform(22, 30))
    found = []
    for number, char in enumerate(text):
        if number in (2, 3):
            tall = float(random.uniform(44, 50))
            found.append(Cell(char, left, 115 - tall, small, tall))
            left += small + 2
            continue
        found.append(Cell(char, left, 25, 44, 90))
        left += 44 + (12 if number in (1, 4) else 9)
    name = die.glyph(PROVINCES[int(random.integers(len(PROVINCES)))], round(26 * MM), round(34 * MM))
    _lay(picture, name, round((found[2].left + small - 13) * MM), round(27 * MM), ink, die.relief)
    scale = min(1.0, 422 / left)
    return [replace(cell, left=9 + cell.left * scale, width=cell.width * scale) for cell in found]


def _lay(
    picture: Picture, shape: Grey, left: int, top: int, ink: tuple[float, float, float], relief: float = 0.0
) -> None:
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


def _bolts(picture: Picture, random: Random) -> None:
    """Bolts in two or four of their holes: bright, dark or the ground's colour, some with a seal around them."""
    if random.random() < 0.2:
        return
    height, width = picture.shape[:2]
    grey = float(random.uniform(40, 240))
    radius = max(1, round(random.uniform(3, 8) * MM))
    rows = [0.08, 0.92] if random.random() < 0.6 else [0.08]
    for x in (0.25 + random.normal(0, 0.01), 0.75 + random.normal(0, 0.01)):
        for y in rows:
            if random.random() < 0.85:
                centre = round(width * x), round(height * y)
                cv2.circle(picture, centre, radius, (grey, grey, grey), -1, cv2.LINE_AA)
                if random.random() < 0.4:
                    cv2.circle(picture, centre, max(1, radius // 2), (grey * 0.5,) * 3, -1, cv2.LINE_AA)


# --- other regions -------------------------------------------------------------------------------------------------


def _row(
    picture: Picture, text: str, die: Die, box: tuple[float, float, float, float], ink: tuple[float, float, float],
    random: Random, gaps: tuple[int, ...] = (), gap_mm: float = 18.0, fill: bool = False,
) -> list[float]:  # fmt: skip
    """Characters in one row within a box of left, top, width, height in mm; gives where the wide gaps stand."""
    left, top, wide, tall = box
    pitch = (wide - gap_mm * len(gaps)) / len(text)
    pitch = min(pitch, tall * random.uniform(0.62, 0.82))
    total = pitch * len(text) + gap_mm * len(gaps)
    at = left + (wide - total) / 2
    places = []
    for number, char in enumerate(text):
        if number in gaps:
            places.append(at + gap_mm / 2)
            at += gap_mm
        shape = die.glyph(char, round(pitch * 0.86 * MM), round(tall * MM), fill=fill)
        _lay(picture, shape, round((at + pitch * 0.07) * MM), round(top * MM), ink, die.relief)
        at += pitch
    return places


def _european(text: str, die: Die, random: Random) -> Picture:
    tall = float(random.choice((112, 112, 110, 120)))
    width, height = round(520 * MM), round(tall * MM)
    yellow = random.random() < 0.2
    ground = _jittered((30, 200, 245) if yellow else (238, 240, 240), random, 0.5)
    picture = np.full((height, width, 3), ground, np.uint8)
    band = round(random.uniform(38, 50) * MM) if random.random() < 0.85 else 0
    if band:
        picture[:, :band] = _jittered((150, 50, 10), random)
        cv2.circle(
            picture, (band // 2, height // 3), max(2, band // 4), (30, 200, 240), max(1, band // 16), cv2.LINE_AA
        )
        cv2.putText(picture, str(random.choice(("D", "F", "SK", "CZ", "PL", "GB"))), (band // 5, round(height * 0.85)),
                    cv2.FONT_HERSHEY_SIMPLEX, 0.5, (240, 240, 240), 1, cv2.LINE_AA)  # fmt: skip
    if random.random() < 0.15:
        picture[:, -(band or 30) :] = _jittered((150, 50, 10), random)
    ink = float(random.uniform(5, 45))
    if random.random() < 0.7:
        cv2.rectangle(picture, (2, 2), (width - 3, height - 3), (ink,) * 3, max(1, round(3 * MM)), cv2.LINE_AA)
    gaps = tuple(sorted(set(random.integers(1, len(text), int(random.integers(0, 3))).tolist())))
    places = _row(picture, text, die, (band / MM + 8, 16, 504 - band / MM, tall - 32), (ink,) * 3, random, gaps,
                  float(random.uniform(14, 50)))  # fmt: skip
    for at in places:
        _between(picture, at, tall / 2, ink, random)
    return picture


def _between(picture: Picture, at_mm: float, middle_mm: float, ink: float, random: Random) -> None:
    """What stands in a wide gap: nothing, a stroke, or seals."""
    x, y = round(at_mm * MM), round(middle_mm * MM)
    drawn = random.random()
    if drawn < 0.25:
        cv2.rectangle(picture, (x - 5, y - 2), (x + 5, y + 2), (ink,) * 3, -1)
    elif drawn < 0.5:
        for off in (-14, 14):
            color = [float(each) for each in random.integers(30, 230, 3)]
            cv2.circle(picture, (x, y + off), 9, color, -1, cv2.LINE_AA)


def _emblem(picture: Picture, x_mm: float, y_mm: float, random: Random) -> None:
    """A dot, a seal, or the shape of a state in the middle of the text."""
    color = [float(each) for each in random.integers(20, 200, 3)]
    middle, size = np.array((x_mm, y_mm)) * MM, float(random.uniform(3, 12)) * MM
    if random.random() < 0.5:
        cv2.circle(picture, (round(middle[0]), round(middle[1])), round(size), color, -1)
    else:
        points = middle + random.normal(0, 0.7 * size, (7, 2))
        cv2.fillPoly(picture, [np.round(points).astype(np.int32)], color, cv2.LINE_AA)


def _brazilian(text: str, die: Die, random: Random) -> Picture:
    width, height = round(400 * MM), round(130 * MM)
    if text[4].isalpha() or random.random() < 0.15:
        picture = np.full((height, width, 3), _jittered((236, 238, 238), random, 0.4), np.uint8)
        picture[: round(30 * MM)] = _jittered((150, 60, 10), random)
        cv2.putText(picture, "BRASIL", (width // 2 - 26, round(22 * MM)), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (240,) * 3, 1,
                    cv2.LINE_AA)  # fmt: skip
        _row(picture, text, die, (20, 40, 365, 78), (25,) * 3, random)
        return picture
    grounds: list[Bgr] = [(178, 178, 176), (178, 178, 176), (200, 200, 198), (40, 40, 180), (235, 235, 235)]
    base = grounds[int(random.integers(len(grounds)))]
    picture = np.full((height, width, 3), _jittered(base, random, 0.5), np.uint8)
    ink = (235.0,) * 3 if base == (40, 40, 180) else (float(random.uniform(10, 60)),) * 3
    cv2.rectangle(picture, (2, 2), (width - 3, height - 3), ink, 1, cv2.LINE_AA)
    _small_words(picture, 0.5, 0.17, ink, random, 0.42)
    places = _row(picture, text, die, (14, 46, 372, 70), ink, random, (3,), float(random.uniform(16, 34)))
    cv2.circle(picture, (round(places[0] * MM), round(82 * MM)), max(2, round(4 * MM)), ink, -1, cv2.LINE_AA)
    return picture


def _american(text: str, die: Die, random: Random) -> Picture:
    width, height = round(305 * MM), round(152 * MM)
    top, foot = (np.array(_jittered((230, 225, 220), random, 1.0)) for _ in range(2))
    if random.random() < 0.15:
        top = foot = np.full(3, random.uniform(120, 210))
    elif random.random() < 0.35:
        top = np.array([float(each) for each in random.integers(90, 250, 3)])
    share = np.linspace(0, 1, height, dtype=np.float32)[:, None, None] ** float(random.uniform(0.4, 2.0))
    picture = np.repeat((top * (1 - share) + foot * share).astype(np.uint8), width, axis=1)
    if random.random() < 0.5:  # a landscape, a seal, a shape of a state behind the characters
        for _ in range(int(random.integers(1, 5))):
            points = np.stack((random.integers(0, width, 5), random.integers(0, height, 5)), axis=1).astype(np.int32)
            color = [float(each) for each in np.clip(foot + random.normal(0, 30, 3), 0, 255)]
            cv2.fillPoly(picture, [points], color, cv2.LINE_AA)
    ink = tuple(float(each) for each in random.choice(((40, 30, 25), (120, 50, 20), (30, 30, 140), (40, 80, 30))))
    _small_words(picture, 0.5, 0.16, ink if random.random() < 0.5 else (30, 40, 170), random, 0.6)
    if random.random() < 0.6:
        _small_words(picture, 0.5, 0.95, ink, random, 0.35)
    gaps = (len(text) // 2,) if random.random() < 0.6 else ()
    box = (10.0, float(random.uniform(36, 46)), 285.0, float(random.uniform(62, 78)))
    places = _row(picture, text, die, box, (ink[0], ink[1], ink[2]), random, gaps, float(random.uniform(6, 26)))
    if places and random.random() < 0.5:
        _emblem(picture, places[0], 76.0, random)
    for x in (0.22, 0.78):
        if random.random() < 0.6:
            cv2.circle(picture, (round(width * x), 6), 4, (90,) * 3, -1, cv2.LINE_AA)
    if random.random() < 0.5:
        color = [float(each) for each in random.integers(20, 230, 3)]
        cv2.rectangle(picture, (4, 4), (30, 22), color, -1)
    return picture


PLACES = ("TEXAS", "New York", "FLORIDA", "Ohio", "ILLINOIS", "RJ - RIO DE JANEIRO", "SP - SAO PAULO", "GEORGIA",
          "California", "PR - CURITIBA", "sunshine state", "The Empire State", "VIRGINIA", "garden state")  # fmt: skip


def _small_words(picture: Picture, x: float, y: float, ink: tuple[float, ...], random: Random, size: float) -> None:
    """A line of small words about a point given in shares of the plate; its letters matter to nobody."""
    words = PLACES[int(random.integers(len(PLACES)))]
    face = int(random.choice((cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX)))
    (wide, tall), _base = cv2.getTextSize(words, face, size, 1)
    height, width = picture.shape[:2]
    at = round(width * x - wide / 2), min(height - 2, round(height * y + tall / 2))
    cv2.putText(picture, words, at, face, size, ink, int(random.integers(1, 3)), cv2.LINE_AA)
