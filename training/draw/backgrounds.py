"""Pieces of background: photographs of Debian's wallpaper and documentation packages, and drawn ones.

The photographs stay where their packages put them (CC-BY-SA and Apache licences); only weights are made with them.
"""

import zlib
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.draw.wear import cloud

Picture = NDArray[np.uint8]
Random = np.random.Generator
PLACES = ("/usr/share/backgrounds", "/usr/share/wallpapers", "/usr/share/doc/opencv-doc")
BARRED = ("plate", "licence", "license", "car_", "screenshot")
"""Pictures that might show a plate stay out: what is there would be taken for background."""
LONGEST = 1400


@lru_cache(maxsize=2)
def files(test: bool) -> tuple[str, ...]:
    """The photographs of one half: a file is of one half by its name alone, the same on every machine."""
    found = []
    for place in PLACES:
        for file in sorted(Path(place).rglob("*")):
            fits = file.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp") and file.stat().st_size > 30_000
            is_test = zlib.crc32(file.name.encode()) % 5 == 0
            if fits and is_test is test and not any(word in file.name.lower() for word in BARRED):
                found.append(str(file))
    return tuple(found)


class Backgrounds:
    """Gives pieces of picture. Keeps `kept` photographs decoded and changes one from time to time."""

    def __init__(self, random: Random, *, test: bool = False, kept: int = 24) -> None:
        self._random = random
        self._files = files(test)
        self._kept: list[Picture] = []
        self._most = kept
        self._drawn = 0

    def piece(self, height: int, width: int) -> Picture:
        """(height, width, 3), BGR."""
        random = self._random
        if not self._files or random.random() < 0.2:
            return self._painted(height, width)
        photograph = self._photograph()
        rows, columns = photograph.shape[:2]
        scale = float(np.exp(random.uniform(np.log(0.4), np.log(2.5))))
        tall = min(rows, max(8, round(height * scale)))
        wide = min(columns, max(8, round(width * scale)))
        top, left = int(random.integers(0, rows - tall + 1)), int(random.integers(0, columns - wide + 1))
        view = photograph[top : top + tall, left : left + wide]
        piece = cv2.resize(view, (width, height), interpolation=cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR)
        if random.random() < 0.5:
            piece = piece[:, ::-1]
        gain = float(random.uniform(0.4, 1.2))
        lit = cv2.addWeighted(np.ascontiguousarray(piece), gain, piece, 0.0, float(random.uniform(-15, 25)))
        return np.asarray(lit, np.uint8)

    def _photograph(self) -> Picture:
        self._drawn += 1
        if len(self._kept) < self._most or self._drawn % 60 == 0:
            name = self._files[int(self._random.integers(len(self._files)))]
            picture = cv2.imread(name, cv2.IMREAD_COLOR)
            if picture is not None and min(picture.shape[:2]) > 60:
                shrink = LONGEST / max(picture.shape[:2])
                if shrink < 1:
                    picture = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
                self._kept = [*self._kept[-(self._most - 1) :], np.asarray(picture, np.uint8)]
        if not self._kept:
            return self._painted(400, 600)
        return self._kept[int(self._random.integers(len(self._kept)))]

    def _painted(self, height: int, width: int) -> Picture:
        """A road, a wall, a sheet of metal: a slope of colour under soft noise."""
        random = self._random
        ends = random.integers(10, 245, (2, 2, 3)).astype(np.float32)
        if random.random() < 0.6:
            ends = ends.mean(axis=2, keepdims=True) + random.normal(0, 12, (2, 2, 3)).astype(np.float32)
        ground = cv2.resize(ends.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
        ground += (cloud(height, width, int(random.integers(3, 60)), random)[..., None] - 0.5) * random.uniform(0, 90)
        return np.clip(ground, 0, 255).astype(np.uint8)
