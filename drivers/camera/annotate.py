"""Draws what was read into a picture: corners, text, margins; keeps such pictures in a folder. No reading here."""

from collections.abc import Iterable
from functools import cache
from itertools import count
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


class Gallery:
    """A folder for drawn pictures, in which no file of one call takes the place of another, nor of what is read.

    `spared` are the files that are read: they may stand in the same folder.
    """

    def __init__(self, folder: Path, spared: Iterable[Path] = ()) -> None:
        """Raises `OSError` where the folder cannot be made."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._taken: set[str] = set()
        self._spared = {_identity(file) for file in spared} - {None}

    def write(self, stem: str, picture: Picture, plates: list[Plate]) -> Path:
        """Draw and write, under the stem or, where that is taken, under the stem with a number. Raises `OSError`."""
        file = self._folder / f"{self._free(stem)}.jpg"
        done, jpeg = cv2.imencode(".jpg", annotated(picture, plates))
        if not done:
            raise OSError(f"{file}: the picture could not be encoded")
        file.write_bytes(jpeg.tobytes())
        return file

    def _free(self, stem: str) -> str:
        names = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
        name = next(each for each in names if self._is_free(each))
        self._taken.add(name.casefold())
        return name

    def _is_free(self, name: str) -> bool:
        return name.casefold() not in self._taken and _identity(self._folder / f"{name}.jpg") not in self._spared


def _identity(file: Path) -> tuple[int, int] | None:
    """What tells a file from all others, under whatever name; None where there is none."""
    try:
        status = file.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


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
