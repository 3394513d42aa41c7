"""Reads a picture file for recognition, or says in one line why it cannot be read.

No recognition may be put here.
"""

import struct
import warnings
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from drivers.camera.overheard import overheard
from drivers.camera.recogniser import Picture

LARGEST_BYTES = 100 * 1024 * 1024
LARGEST_PIXELS = 60_000_000
"""A picture of so many takes 180 MB decoded and 590 MB on the way there (measured with a JPEG of 9990x6000); more would
take the memory of the lane beside it."""
LEAST_SIDE = 16
FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF")
HEAD_BYTES = 16
BITS_PER_SAMPLE = 258
"""Tag of a TIFF file."""


class PictureRefused(Exception):
    """The file holds no picture that can be read; the text says why, without the file's name."""


def read_picture(file: Path) -> Picture:
    """The picture as a camera would give it: BGR, 8 bits, turned upright as its EXIF says. Raises `PictureRefused`."""
    body = _bytes_of(file)
    with overheard(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the size and the damage are judged below, by rules of our own
        try:
            with Image.open(BytesIO(body), formats=FORMATS) as image:
                _check(image, body)
                image.load()
                ImageOps.exif_transpose(image, in_place=True)
                colored = image if image.mode == "RGB" else image.convert("RGB")
                return np.asarray(cv2.cvtColor(np.asarray(colored, np.uint8), cv2.COLOR_RGB2BGR), np.uint8)
        except UnidentifiedImageError:
            raise PictureRefused(f"no picture, or damaged: expected one of {', '.join(FORMATS)}") from None
        except Image.DecompressionBombError:
            raise PictureRefused(f"too large: expected at most {LARGEST_PIXELS // 1_000_000} megapixels") from None
        except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError, struct.error) as error:
            # what Pillow's decoders raise for damaged files
            raise PictureRefused(f"damaged or cut short: {_one_line(error)}") from None


def _bytes_of(file: Path) -> bytes:
    body = _begin_of(file, LARGEST_BYTES + 1)
    if len(body) > LARGEST_BYTES:
        raise PictureRefused(f"too large: expected at most {LARGEST_BYTES} bytes")
    if not body:
        raise PictureRefused("is empty: 0 bytes")
    return body


def head_of(file: Path, *, refuse: bool = False) -> bytes:
    """The first bytes; of a file that cannot be read none, or `PictureRefused` with why."""
    try:
        return _begin_of(file, HEAD_BYTES)
    except PictureRefused:
        if refuse:
            raise
        return b""


def _begin_of(file: Path, most: int) -> bytes:
    try:
        if file.is_dir():
            raise PictureRefused("is a folder: name the files in it")
        if file.exists() and not file.is_file():
            raise PictureRefused("is no file but a device or a pipe: expected a file")
        with file.open("rb") as opened:
            return opened.read(most)
    except FileNotFoundError:
        raise PictureRefused("there is no such file") from None
    except (OSError, ValueError) as error:
        raise PictureRefused(f"cannot be read: {_why(error)}") from None


def _check(image: Image.Image, body: bytes) -> None:
    """Refuse by the header what no camera gives, before anything is decoded."""
    width, height = image.size
    if width * height > LARGEST_PIXELS:
        most = LARGEST_PIXELS // 1_000_000
        raise PictureRefused(f"too large: {width}x{height} pixels, expected at most {most} megapixels")
    if width < LEAST_SIDE or height < LEAST_SIDE:
        raise PictureRefused(f"too small: {width}x{height} pixels, expected at least {LEAST_SIDE}x{LEAST_SIDE}")
    # a telephone puts a second, smaller picture or a map of brightness into the photo: the first is what was seen
    if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
        several = getattr(image, "n_frames", 0)
        what = f"{several} pages" if image.format == "TIFF" else f"a moving picture of {several} frames"
        raise PictureRefused(f"{what}, expected a single one")
    if image.mode in {"CMYK", "YCCK"}:
        raise PictureRefused("in printing colours (CMYK), expected RGB or grey: convert it")
    if _bits(image, body) > 8:
        raise PictureRefused(f"{_bits(image, body)} bits a channel, expected 8: convert it")


def _bits(image: Image.Image, body: bytes) -> int:
    if image.format == "PNG" and len(body) > 24:
        return body[24]
    if image.format == "TIFF":
        bits = getattr(image, "tag_v2", {}).get(BITS_PER_SAMPLE, (8,))
        return max(bits) if isinstance(bits, tuple) else int(bits)
    return 16 if image.mode.startswith(("I", "F")) else 8


def _why(error: OSError | ValueError) -> str:
    """The reason without the file's name, which stands before it."""
    return (error.strerror if isinstance(error, OSError) else None) or _one_line(error)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
