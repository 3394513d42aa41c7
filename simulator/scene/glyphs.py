"""The pictures of single plate characters, cut from the atlas that is shipped beside this file.

No layout may be put here. `make_glyphs.py` says where the pictures come from and under what licence.
"""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
MARKS = "警学挂港澳使领应急民航"
CHARACTERS = PROVINCES + MARKS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + "0123456789"
ATLAS = Path(__file__).with_name("glyphs.png")
CELL_WIDTH, CELL_HEIGHT, COLUMNS = 72, 144, 13


@cache
def _cells() -> dict[str, Grey]:
    atlas = cv2.imread(str(ATLAS), cv2.IMREAD_GRAYSCALE)
    if atlas is None:
        raise FileNotFoundError(f"{ATLAS}: the atlas of plate characters is missing; install the package again")
    cells = {}
    for number, char in enumerate(CHARACTERS):
        row, column = divmod(number, COLUMNS)
        top, left = row * CELL_HEIGHT, column * CELL_WIDTH
        cells[char] = np.asarray(atlas[top : top + CELL_HEIGHT, left : left + CELL_WIDTH], np.uint8)
    return cells


def glyph(char: str, width: int, height: int) -> Grey:
    """Coverage (0–255) of one character in a cell of `width` by `height` pixels; KeyError for a character not drawn."""
    cell = _cells()[char]
    shrinks = width * height < CELL_WIDTH * CELL_HEIGHT
    return np.asarray(
        cv2.resize(cell, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC), np.uint8
    )
