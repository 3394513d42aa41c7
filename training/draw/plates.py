"""Draws one plate face-on with everything by which plates of one kind differ: ground, ink, die, bolts, frame, age.

Proportions come from the table of `simulator.scene.plate_styles`; plates of other regions are laid out here. No
perspective and no camera may be put here.
"""

from dataclasses import replace

import cv2
import numpy as np

from simulator.scene.glyphs import PROVINCES
from simulator.scene.plate_drawing import Cell, cells, dots
from simulator.scene.plate_styles import RED, STYLES, PlateStyle
from training.draw.abroad import american, brazilian, european
from training.draw.die import MM, Die, Dies, Ink, Picture, Random, jittered, lay
from training.draw.texts import Kind

OLD_ARMED_POLICE = 9
"""Characters of such a plate."""


def draw(kind: Kind, text: str, dies: Dies, random: Random) -> Picture:
    """The plate face-on, BGR, MM pixels per millimetre."""
    die = Die(dies, random, kind.region == "cn")
    if kind.region == "cn":
        return _chinese(STYLES[kind.style, kind.rows], text, die, random)
    return {"eu": european, "br": brazilian, "us": american}[kind.region](text, die, random)


def _ground(style: PlateStyle, width: int, height: int, random: Random) -> Picture:
    top, foot = jittered(style.top, random), jittered(style.foot, random)
    if style.top == style.foot:
        foot = top
    elif style.left_ground is None and random.random() < 0.3:
        top = (float(random.uniform(200, 245)),) * 3
    share = np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None, None]
    column = np.array(top, np.float32) * (1 - share) + np.array(foot, np.float32) * share
    picture = np.repeat(column.astype(np.uint8), width, axis=1)
    if style.left_ground is not None:
        picture[:, : round(width * random.uniform(0.26, 0.31))] = jittered(style.left_ground, random)
    return picture


def _chinese(style: PlateStyle, text: str, die: Die, random: Random) -> Picture:
    width, height = round(style.width * MM), round(style.height * MM)
    picture = _ground(style, width, height, random)
    ink = jittered(style.ink, random, 0.5)
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
        lay(picture, shape, round(left * MM), round(top * MM), jittered(RED, random) if red else ink, die.relief)
    if random.random() < 0.85:
        radius = max(1, round(random.uniform(3.5, 6.5) * MM))
        for x, y in () if old else dots(text, style):
            cv2.circle(picture, (round((x + shift_x) * MM), round((y + shift_y) * MM)), radius, ink, -1, cv2.LINE_AA)
    _bolts(picture, random)
    return picture


def _old_cells(text: str, picture: Picture, ink: Ink, die: Die, random: Random) -> list[Cell]:
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
    lay(picture, name, round((found[2].left + small - 13) * MM), round(27 * MM), ink, die.relief)
    scale = min(1.0, 422 / left)
    return [replace(cell, left=9 + cell.left * scale, width=cell.width * scale) for cell in found]


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
