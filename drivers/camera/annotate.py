"""Draws what was read into a picture: corners, text, margins. No reading may be put here."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from drivers.camera.recogniser import Picture, Plate

FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
)
"""Debian's fonts with Chinese characters; without any of them those characters are drawn as boxes."""
GOOD, DOUBTFUL = (70, 200, 60), (40, 60, 230)
GOOD_MARGIN = 300


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for font in FONTS:
        if Path(font).is_file():
            return ImageFont.truetype(font, size)
    return ImageFont.load_default(size)


def annotated(picture: Picture, plates: list[Plate]) -> Picture:
    """A copy of the picture with every plate's corners, its text, and its slot margins in tenths under it."""
    drawn = picture.copy()
    size = max(16, picture.shape[1] // 45)
    for plate in plates:
        color = GOOD if plate.margin >= GOOD_MARGIN else DOUBTFUL
        corners = np.array(plate.corners).round().astype(np.int32)
        cv2.polylines(drawn, [corners], True, color, max(1, size // 10), cv2.LINE_AA)
    image = Image.fromarray(np.ascontiguousarray(drawn[..., ::-1]))
    pen = ImageDraw.Draw(image)
    for plate in plates:
        x0, y0, _x1, y1 = plate.box
        words = f"{plate.text} {plate.kind} {plate.color}"
        margins = " ".join(f"{slot.char}{slot.margin // 10}" for slot in plate.slots)
        _write(pen, words, x0, y0 - round(1.5 * size), size)
        _write(pen, margins, x0, y1 + size // 4, round(size * 0.7))
    return np.ascontiguousarray(np.asarray(image, np.uint8)[..., ::-1])


def _write(pen: ImageDraw.ImageDraw, words: str, x: int, y: int, size: int) -> None:
    font = _font(size)
    at = max(0, x), max(0, y)
    pen.rectangle(pen.textbbox(at, words, font=font), fill=(16, 16, 16))
    pen.text(at, words, fill=(255, 255, 255), font=font)
