"""Pictures of characters from the fonts of Debian packages, cut to their ink and kept; and which fonts draw what.

Two families of sets: those for training and those that only measure. A font of one never stands in the other.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Grey = NDArray[np.uint8]
ROOT = Path("/usr/share/fonts")
CELL_HEIGHT = 144


@dataclass(frozen=True, slots=True)
class Font:
    """A font file of a Debian package. `index` is the face within a collection."""

    file: str
    index: int = 0

    @property
    def path(self) -> Path:
        return ROOT / self.file

    @property
    def is_there(self) -> bool:
        return self.path.is_file()


def _all(*names: str, index: int = 0) -> tuple[Font, ...]:
    return tuple(Font(name, index) for name in names)


NOTO = "opentype/noto/NotoSansCJK-"
HANZI_TRAIN = (
    *_all(*(f"{NOTO}{weight}.ttc" for weight in ("Medium", "Regular", "Black", "DemiLight")), index=2),
    *_all("truetype/wqy/wqy-microhei.ttc", "truetype/droid/DroidSansFallbackFull.ttf"),
    *_all("truetype/lxgw-wenkai/LXGWWenKai-Bold.ttf"),
)
HANZI_BONES = (
    *_all(*(f"{NOTO}{weight}.ttc" for weight in ("Thin", "Light", "DemiLight")), index=2),
    *_all("truetype/wqy/wqy-microhei.ttc", "truetype/droid/DroidSansFallbackFull.ttf"),
    *_all("truetype/lxgw-wenkai/LXGWWenKai-Light.ttf"),
)
"""Of these only the middle lines of the strokes are used, drawn with one weight as the dies of plates are."""
HANZI_TEST = (Font(f"{NOTO}Bold.ttc", 2), *_all("truetype/wqy/wqy-zenhei.ttc"))
LATIN_TRAIN = _all(
    *(f"truetype/dejavu/DejaVuSansCondensed{face}.ttf" for face in ("", "-Bold")),
    *(f"truetype/liberation/LiberationSans{face}.ttf" for face in ("Narrow-Bold", "Narrow-Regular", "-Bold")),
    *(f"truetype/lato/Lato-{face}.ttf" for face in ("Bold", "Medium")),
    *(f"truetype/open-sans/OpenSans-{face}.ttf" for face in ("CondBold", "Semibold")),
    *(f"truetype/roboto/unhinted/RobotoCondensed-{face}.ttf" for face in ("Bold", "Medium", "Regular")),
    *(f"truetype/roboto/unhinted/RobotoTTF/Roboto-{face}.ttf" for face in ("Bold", "Medium")),
    "truetype/freefont/FreeSansBold.ttf",
    "truetype/crosextra/Carlito-Bold.ttf",
    "truetype/oxygen/Oxygen-Sans-Bold.ttf",
    *(f"truetype/clear-sans/ClearSans-{face}.ttf" for face in ("Bold", "Medium")),
    *(f"truetype/manrope/Manrope-{face}.ttf" for face in ("Bold", "SemiBold")),
    "opentype/bebas-neue/BebasNeue-Bold.otf",
    "opentype/bebas-neue/BebasNeue-Regular.otf",
    *(f"opentype/mplus/Mplus{face}.otf" for face in ("1-Bold", "2-Medium", "2-Bold", "Code60-Bold", "Code50-Bold")),
    *(f"opentype/dosis/Dosis-{face}.otf" for face in ("Bold", "SemiBold", "ExtraBold")),
    *(f"opentype/inter/Inter-{face}.otf" for face in ("Bold", "SemiBold")),
    "opentype/yanone-kaffeesatz/YanoneKaffeesatz-Bold.otf",
    "opentype/cantarell/Cantarell-Bold.otf",
    *(f"opentype/urw-base35/NimbusSans{face}-Bold.otf" for face in ("", "Narrow")),
)
LATIN_TEST = _all(
    "truetype/dejavu/DejaVuSans-Bold.ttf",
    "truetype/karla/Karla-Bold.otf",
    "opentype/b612/B612-Bold.otf",
    "opentype/cabin/Cabin-Bold.otf",
    "opentype/cabin/Cabin-SemiBold.otf",
    "opentype/jura/Jura-Bold.otf",
    "opentype/league-spartan/LeagueSpartan-SemiBold.otf",
)


@lru_cache(maxsize=512)
def _opened(font: Font, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font.path), size=size, index=font.index)


@lru_cache(maxsize=20_000)
def ink(font: Font, char: str) -> Grey:
    """Coverage of one character cut to its ink, CELL_HEIGHT tall whatever its own height; its own width."""
    face = _opened(font, 180)
    left, top, right, bottom = (int(edge) for edge in face.getbbox(char))
    picture = Image.new("L", (max(2, right - left), max(2, bottom - top)), 0)
    ImageDraw.Draw(picture).text((-left, -top), char, fill=255, font=face)
    found = np.asarray(picture, np.uint8)
    box = cv2.boundingRect((found > 64).astype(np.uint8))
    if box[2] > 1 and box[3] > 1:
        found = found[box[1] : box[1] + box[3], box[0] : box[0] + box[2]]
    width = max(4, round(found.shape[1] * CELL_HEIGHT / found.shape[0]))
    width = min(width, 4 * CELL_HEIGHT)
    return np.asarray(cv2.resize(found, (width, CELL_HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


@lru_cache(maxsize=4_000)
def bones(font: Font, char: str) -> NDArray[np.float32]:
    """Points (n, 2), x and y from 0 to 1 within the character's ink, along the middle of its strokes."""
    shape = ink(font, char)
    ys, xs = np.nonzero(thinned(shape > 110))
    points = np.stack((xs, ys), axis=1).astype(np.float32)
    low, high = points.min(axis=0), points.max(axis=0)
    return np.asarray((points - low) / np.maximum(high - low, 1), np.float32)


def thinned(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask worn down to lines one pixel wide (Zhang and Suen, 1984)."""
    field = np.pad(mask, 1)
    while True:
        before = int(field.sum())
        for turn in (0, 2):
            # the eight neighbours, clockwise from above
            p = [
                np.roll(field, (-dy, -dx), (0, 1))
                for dy, dx in ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
            ]
            count = np.sum(p, axis=0, dtype=np.int8)
            rises = np.sum([~one & other for one, other in zip(p, p[1:] + p[:1], strict=True)], axis=0, dtype=np.int8)
            first, second, third, fourth = p[0], p[2], p[4], p[6]
            if turn:
                kept = (first & second & fourth) | (first & third & fourth)
            else:
                kept = (first & second & third) | (second & third & fourth)
            field = field & ~((count >= 2) & (count <= 6) & (rises == 1) & ~kept)
        if int(field.sum()) == before:
            return np.asarray(field[1:-1, 1:-1], np.bool_)


@lru_cache(maxsize=4_000)
def words(font: Font, text: str) -> Grey:
    """Coverage of a line of text as the font sets it, 48 pixels tall or so, for signs and badges."""
    face = _opened(font, 48)
    left, top, right, bottom = (int(edge) for edge in face.getbbox(text))
    picture = Image.new("L", (max(2, right - left), max(2, bottom - top)), 0)
    ImageDraw.Draw(picture).text((-left, -top), text, fill=255, font=face)
    return np.asarray(picture, np.uint8)


def there(fonts: tuple[Font, ...]) -> tuple[Font, ...]:
    """Those of the fonts that are installed; ValueError with the packages to install when none is."""
    found = tuple(font for font in fonts if font.is_there)
    if not found:
        raise ValueError(f"none of {len(fonts)} fonts is installed; expected for example {fonts[0].path}")
    return found
