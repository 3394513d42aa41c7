"""The lines drawn over a camera's picture: region, plates, and how small a plate may be. Numbers in, numbers out.

No HTML and no file may be put here. All is scaled to a picture 1280 wide, so that one style sheet fits all cameras.
"""

from dataclasses import dataclass

from controller.booth.advice import SAFE_WIDTH_PX, plate_level, region_px
from controller.booth.aiming import PlateSeen, ViewSeen

WIDTH = 1280
PLATE_RATIO = 440 / 140
"""Width to height of the common plate (GA 36-2018)."""
LABEL_PX = 44
MARK_OFF_PX = 14
LABEL_HALF = 340
"""Half of the widest label, that of a telephone: its middle stays so far from the picture's sides."""


@dataclass(frozen=True, slots=True)
class Outline:
    """One plate: its polygon, and where the middle of its label stands."""

    points: str
    level: str
    x: int
    y: int
    plate: PlateSeen


@dataclass(frozen=True, slots=True)
class Rectangle:
    """An upright rectangle."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Overlay:
    """Everything over one picture; `shade` is the path of what lies outside the region."""

    width: int
    height: int
    region: Rectangle
    shade: str
    mark: Rectangle
    outlines: tuple[Outline, ...]


def overlay(view: ViewSeen) -> Overlay:
    """The lines over this view's picture."""
    scale = WIDTH / view.width
    height = round(view.height * scale)
    x0, y0, x1, y1 = (round(value * scale) for value in region_px(view))
    region = Rectangle(x0, y0, max(1, x1 - x0), max(1, y1 - y0))
    mark_width = round(SAFE_WIDTH_PX * scale)
    mark_height = round(mark_width / PLATE_RATIO)
    mark = Rectangle(x0 + MARK_OFF_PX, max(y0, y1 - mark_height - MARK_OFF_PX), mark_width, mark_height)
    shade = f"M0 0H{WIDTH}V{height}H0ZM{x0} {y0}V{y1}H{x1}V{y0}Z"
    return Overlay(WIDTH, height, region, shade, mark, tuple(_outline(each, scale, height) for each in view.plates))


def _outline(plate: PlateSeen, scale: float, height: int) -> Outline:
    points = [(round(x * scale), round(y * scale)) for x, y in plate.corners]
    xs, ys = [x for x, _y in points], [y for _x, y in points]
    above = min(ys) - LABEL_PX // 3
    return Outline(
        points=" ".join(f"{x},{y}" for x, y in points),
        level=plate_level(plate),
        x=min(WIDTH - LABEL_HALF, max(LABEL_HALF, (min(xs) + max(xs)) // 2)),
        y=above if above > LABEL_PX else min(height - LABEL_PX // 3, max(ys) + LABEL_PX),
        plate=plate,
    )
