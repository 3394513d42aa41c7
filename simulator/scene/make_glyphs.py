"""Renders the atlas `glyphs.png` of plate characters from an openly licensed font; run by hand, never at run time.

    python -m simulator.scene.make_glyphs /usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc

The font is Noto Sans CJK SC Bold (SIL Open Font License 1.1; Debian package fonts-noto-cjk). Its licence puts no terms
on pictures drawn with it; the atlas holds pictures of 78 characters and no outlines.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from simulator.scene.glyphs import ATLAS, CELL_HEIGHT, CELL_WIDTH, CHARACTERS, COLUMNS

SLIM = {"1": 0.5, "I": 0.3, "J": 0.9, "L": 0.95}
"""Characters that do not fill the width of their cell on a plate, and the share that they take."""


def glyph(char: str, font: ImageFont.FreeTypeFont) -> Image.Image:
    """The ink of one character, stretched to the cell that the standard gives it."""
    left, top, right, bottom = (int(edge) for edge in font.getbbox(char))
    ink = Image.new("L", (right - left, bottom - top), 0)
    ImageDraw.Draw(ink).text((-left, -top), char, fill=255, font=font)
    width = round(CELL_WIDTH * SLIM.get(char, 1.0))
    cell = Image.new("L", (CELL_WIDTH, CELL_HEIGHT), 0)
    cell.paste(ink.resize((width, CELL_HEIGHT), Image.Resampling.LANCZOS), ((CELL_WIDTH - width) // 2, 0))
    return cell


def main(font_file: str) -> int:
    """Write the atlas beside this file."""
    font = ImageFont.truetype(font_file, size=400, index=2)
    rows = -(-len(CHARACTERS) // COLUMNS)
    atlas = Image.new("L", (COLUMNS * CELL_WIDTH, rows * CELL_HEIGHT), 0)
    for number, char in enumerate(CHARACTERS):
        row, column = divmod(number, COLUMNS)
        atlas.paste(glyph(char, font), (column * CELL_WIDTH, row * CELL_HEIGHT))
    atlas.quantize(16).convert("L").save(ATLAS, optimize=True)
    print(
        f"{ATLAS}: {len(CHARACTERS)} characters, {Path(ATLAS).stat().st_size} bytes, ink {np.asarray(atlas).mean():.0f}"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
