"""What the kinds of plate look like: size, ground, ink, rows, cells, as one table (GA 36-2018 and what came after it).

Drawing stands in `plate_drawing`; whether a text may stand on a kind of plate is no matter of this file.
"""

from dataclasses import dataclass

Bgr = tuple[int, int, int]

BLUE, YELLOW, WHITE, BLACK = (168, 62, 14), (22, 178, 246), (242, 242, 240), (26, 24, 24)
GREEN_TOP, GREEN_FOOT, DEEP_GREEN = (236, 246, 232), (108, 186, 52), (70, 118, 22)
RED = (38, 30, 208)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of characters in millimetres: top edge, cell width and height, gap, and where the wide gap stands.

    `wide_after` is the number of characters before the wide gap of `wide_gap` mm (0: none); `dot` draws the separator
    in it. `cells` is how many characters the row takes (0: all that are left). `first` is another width of cell one.
    """

    top: float
    width: float
    height: float
    gap: float
    wide_after: int = 0
    wide_gap: float = 0.0
    dot: bool = False
    cells: int = 0
    first: float = 0.0


@dataclass(frozen=True, slots=True)
class PlateStyle:
    """One kind of plate: `width` and `height` in mm, ground from top to foot, ink, and which characters are red.

    `red` counts characters from the front (positive) or from the end (negative). `left_ground` covers the first two
    characters where a plate has two grounds.
    """

    width: int
    height: int
    top: Bgr
    foot: Bgr
    ink: Bgr
    rows: tuple[Row, ...]
    red: int = 0
    left_ground: Bgr | None = None


ONE_ROW = (Row(25, 45, 90, 12, wide_after=2, wide_gap=34, dot=True),)
EIGHT = (Row(25, 43, 90, 9, wide_after=2, wide_gap=49, first=45),)
EIGHT_DOT = (Row(25, 43, 90, 9, wide_after=2, wide_gap=49, dot=True, first=45),)
TWO_ROWS = (Row(15, 80, 60, 60, cells=2, wide_after=1, wide_gap=60, dot=True), Row(90, 65, 110, 15))
MOTORCYCLE_ROWS = (Row(10, 40, 45, 34, cells=2, wide_after=1, wide_gap=34, dot=True), Row(66, 30, 64, 8))
EMBASSY_ROW = (Row(25, 45, 90, 12, wide_after=3, wide_gap=34, dot=True),)
EIGHT_NARROW = (Row(25, 42, 90, 9),)
FOREIGN_ROW = (Row(16, 44, 80, 9),)

STYLES: dict[tuple[str, int], PlateStyle] = {
    ("small", 1): PlateStyle(440, 140, BLUE, BLUE, WHITE, ONE_ROW),
    ("large", 1): PlateStyle(440, 140, YELLOW, YELLOW, BLACK, ONE_ROW),
    ("large", 2): PlateStyle(440, 220, YELLOW, YELLOW, BLACK, TWO_ROWS),
    ("trailer", 1): PlateStyle(440, 140, YELLOW, YELLOW, BLACK, ONE_ROW),
    ("trailer", 2): PlateStyle(440, 220, YELLOW, YELLOW, BLACK, TWO_ROWS),
    ("coach", 1): PlateStyle(440, 140, YELLOW, YELLOW, BLACK, ONE_ROW),
    ("police", 1): PlateStyle(440, 140, WHITE, WHITE, BLACK, ONE_ROW, red=-1),
    ("nev_small", 1): PlateStyle(480, 140, GREEN_TOP, GREEN_FOOT, BLACK, EIGHT),
    ("nev_large", 1): PlateStyle(480, 140, GREEN_FOOT, GREEN_FOOT, BLACK, EIGHT, left_ground=YELLOW),
    ("hong_kong", 1): PlateStyle(440, 140, BLACK, BLACK, WHITE, ONE_ROW),
    ("macau", 1): PlateStyle(440, 140, BLACK, BLACK, WHITE, ONE_ROW),
    ("embassy", 1): PlateStyle(440, 140, BLACK, BLACK, WHITE, EMBASSY_ROW, red=-1),
    ("consulate", 1): PlateStyle(440, 140, BLACK, BLACK, WHITE, ONE_ROW, red=-1),
    ("emergency", 1): PlateStyle(480, 140, WHITE, WHITE, BLACK, EIGHT_DOT, red=-2),
    ("military", 1): PlateStyle(440, 140, WHITE, WHITE, BLACK, ONE_ROW, red=2),
    ("military", 2): PlateStyle(440, 220, WHITE, WHITE, BLACK, TWO_ROWS, red=2),
    ("armed_police", 1): PlateStyle(440, 140, WHITE, WHITE, BLACK, EIGHT_NARROW, red=2),
    ("aviation", 1): PlateStyle(440, 140, DEEP_GREEN, DEEP_GREEN, WHITE, ONE_ROW),
    ("motorcycle", 2): PlateStyle(220, 140, YELLOW, YELLOW, BLACK, MOTORCYCLE_ROWS),
    ("motorcycle_blue", 2): PlateStyle(220, 140, BLUE, BLUE, WHITE, MOTORCYCLE_ROWS),
    ("foreign", 1): PlateStyle(520, 112, WHITE, WHITE, BLACK, FOREIGN_ROW),
}
"""By kind and number of rows. `motorcycle` is drawn here only: to the daemon it is a small or a large one."""
