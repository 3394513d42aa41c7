"""Draws a plate face-on: ground, frame, bolts, characters, separator, dirt; what kinds look like is in `plate_styles`.

No vehicle, no perspective and no light may be put here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.scene.glyphs import glyph
from simulator.scene.plate_styles import RED, STYLES, Bgr, PlateStyle, Row

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateText:
    """A plate as it hangs on a vehicle: its text without separators, its kind, one or two rows, and how dirty it is.

    `kind` and `rows` name a row of `STYLES`; `dirt` is 0 (clean) to 1; `seed` tells one pattern of dirt from another.
    """

    text: str
    kind: str = "small"
    rows: int = 1
    dirt: float = 0.0
    seed: int = 0

    @property
    def style(self) -> PlateStyle:
        """The row of the table; ValueError when no such plate is drawn."""
        try:
            return STYLES[self.kind, self.rows]
        except KeyError:
            raise ValueError(
                f"plate {self.text!r}: no drawing for kind {self.kind!r} with {self.rows} row(s)"
            ) from None


@dataclass(frozen=True, slots=True)
class Cell:
    """Where one character stands, in millimetres."""

    char: str
    left: float
    top: float
    width: float
    height: float


def draw_plate(plate: PlateText, px_per_mm: float = 1.0) -> Picture:
    """The plate face-on, BGR, `style.width * px_per_mm` wide. Same plate, same picture.

    Raises ValueError for a kind that is not drawn, and for a character that no plate has.
    """
    style = plate.style
    width, height = round(style.width * px_per_mm), round(style.height * px_per_mm)
    picture = _ground(style, width, height)
    _frame_and_bolts(picture, style, px_per_mm)
    last = len(plate.text) - 1
    for number, cell in enumerate(cells(plate.text, style)):
        red = number < style.red or (number > last + style.red and style.red < 0)
        _put(picture, cell, RED if red else style.ink, px_per_mm)
    for x, y in dots(plate.text, style):
        centre = round(x * px_per_mm), round(y * px_per_mm)
        cv2.circle(picture, centre, max(1, round(5 * px_per_mm)), style.ink, -1, cv2.LINE_AA)
    if plate.dirt > 0:
        _smear(picture, plate)
    return picture


def _ground(style: PlateStyle, width: int, height: int) -> Picture:
    share = np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None, None]
    column = np.array(style.top, np.float32) * (1 - share) + np.array(style.foot, np.float32) * share
    picture = np.repeat(column.astype(np.uint8), width, axis=1)
    if style.left_ground is not None:
        picture[:, : round(width * 0.29)] = style.left_ground
    return picture


def _frame_and_bolts(picture: Picture, style: PlateStyle, scale: float) -> None:
    inset, thick = round(5 * scale), max(1, round(2 * scale))
    height, width = picture.shape[:2]
    cv2.rectangle(picture, (inset, inset), (width - inset - 1, height - inset - 1), style.ink, thick, cv2.LINE_AA)
    for x in (style.width * 0.25, style.width * 0.75):
        for y in (11.0, style.height - 11.0):
            centre = round(x * scale), round(y * scale)
            cv2.circle(picture, centre, max(1, round(5 * scale)), (150, 152, 154), -1, cv2.LINE_AA)


def _rows(text: str, style: PlateStyle) -> Iterator[tuple[str, Row]]:
    rest = text
    for row in style.rows:
        count = row.cells or len(rest)
        yield rest[:count], row
        rest = rest[count:]


def _widths(text: str, row: Row) -> list[float]:
    return [row.first if row.first and number == 0 else row.width for number in range(len(text))]


def _length(text: str, row: Row) -> float:
    gaps = max(0, len(text) - 1) * row.gap
    wide = row.wide_gap - row.gap if 0 < row.wide_after < len(text) else 0.0
    return sum(_widths(text, row)) + gaps + wide


def cells(text: str, style: PlateStyle) -> Iterator[Cell]:
    """Where each character stands, row by row."""
    for part, row in _rows(text, style):
        squeeze = min(1.0, (style.width - 24) / max(1.0, _length(part, row)))
        left = (style.width - _length(part, row) * squeeze) / 2
        for number, (char, width) in enumerate(zip(part, _widths(part, row), strict=True)):
            yield Cell(char, left, row.top, width * squeeze, row.height)
            gap = row.wide_gap if number + 1 == row.wide_after else row.gap
            left += (width + gap) * squeeze


def dots(text: str, style: PlateStyle) -> Iterator[tuple[float, float]]:
    """The middles of the separators, in millimetres."""
    found = list(cells(text, style))
    first = 0
    for part, row in _rows(text, style):
        if row.dot and 0 < row.wide_after < len(part):
            before, after = found[first + row.wide_after - 1], found[first + row.wide_after]
            yield (before.left + before.width + after.left) / 2, row.top + row.height / 2
        first += len(part)


def _put(picture: Picture, cell: Cell, ink: Bgr, scale: float) -> None:
    left, top = round(cell.left * scale), round(cell.top * scale)
    try:
        shape = glyph(cell.char, max(1, round(cell.width * scale)), max(1, round(cell.height * scale)))
    except KeyError:
        raise ValueError(f"character {cell.char!r} stands on no plate that is drawn") from None
    view = picture[top : top + shape.shape[0], left : left + shape.shape[1]]
    share = shape[: view.shape[0], : view.shape[1], None].astype(np.float32) / 255
    view[:] = (view * (1 - share) + np.array(ink, np.float32) * share).astype(np.uint8)


def _smear(picture: Picture, plate: PlateText) -> None:
    """Mud thrown up from the road: thick at the foot, in soft spots; `dirt` 1 hides about a third of the ink."""
    height, width = picture.shape[:2]
    random = np.random.default_rng([plate.seed, *map(ord, plate.text)])
    spots = random.random((max(2, height // 14), max(2, width // 14)), dtype=np.float32)
    cloud = cv2.resize(spots, (width, height), interpolation=cv2.INTER_CUBIC)
    foot = np.linspace(0.55, 1.0, height, dtype=np.float32)[:, None]
    share = np.clip((cloud * foot - (1.0 - plate.dirt * 0.75)) * 3.0, 0.0, 0.9)[..., None]
    film = 0.35 * plate.dirt
    share = share + (1 - share) * film
    picture[:] = (picture * (1 - share) + np.array((72, 92, 108), np.float32) * share).astype(np.uint8)
