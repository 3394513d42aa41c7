"""Whole training and test samples: a plate cut for the reader, and a scene with the corners of its plates."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.camera import quad
from drivers.camera.quad import Floats
from drivers.camera.reader_input import reader_line, reader_patch
from drivers.camera.rectify import band, grown
from training.draw import clutter
from training.draw.backgrounds import Backgrounds
from training.draw.camera import paste, posed
from training.draw.die import Dies
from training.draw.plates import draw
from training.draw.texts import KINDS, Kind, any_kind, text_of
from training.draw.wear import blurred, developed, dirty, lamplight, rainy, shaded

Picture = NDArray[np.uint8]
Random = np.random.Generator
NOT_SEEN = "other"
NO_PLATES = 0.14
"""Share of the reader's cuts that show no plate."""
LEAST_SEVERITY = 0.25
"""Cuts for the reader are spoilt by this share of the draughtsman's severity at least."""


@dataclass(frozen=True, slots=True)
class Hung:
    """A plate in a scene. `corners` (4, 2) pixels clockwise from the top left; `color` is "other" by infrared light."""

    kind: Kind
    text: str
    corners: Floats
    color: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A place in a picture (BGR) that a detector took for a plate: corners (4, 2), rows; the text on it ("" where it is
    no plate) and the colour of its ground."""

    picture: Picture
    corners: Floats
    rows: int
    text: str
    color: str


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture, BGR, and the plates in it."""

    picture: Picture
    plates: tuple[Hung, ...]


class Draughtsman:
    """Draws samples from one stream of random numbers, one set of dies and one half of the photographs.

    `severity` scales dirt, blur and bad exposure: 1 goes beyond what a person can read.
    """

    def __init__(self, seed: int, dies: Dies, *, test: bool = False, severity: float = 1.0) -> None:
        self._severity = severity
        self.random = np.random.default_rng(seed)
        self._dies = dies
        self._grounds = Backgrounds(self.random, test=test)

    def plate_patch(self) -> tuple[Picture, str, str]:
        """What the reader is given, the text on it and the colour of its ground."""
        cut = self._cut()
        return reader_patch(cut.picture, cut.corners, cut.rows), cut.text, cut.color

    def plate_line(self) -> tuple[Picture, str]:
        """What the second reader is given, and the text on it: the same plates as `plate_patch` draws."""
        cut = self._cut()
        return reader_line(cut.picture, cut.corners, cut.rows), cut.text

    def _cut(self) -> Cut:
        random = self.random
        if random.random() < NO_PLATES:
            return self._no_plate()
        kind = any_kind(random)
        severity = self._severity * float(random.uniform(LEAST_SEVERITY, 1.0))
        text = text_of(kind, random)
        plate = draw(kind, text, self._dies, random)
        as_crop = kind.rows == 1 and random.random() < 0.22
        wide = float(np.exp(random.uniform(np.log(48 if kind.rows == 1 else 44), np.log(260))))
        if kind.region == "us":
            wide *= 1.15
        corners = posed(plate.shape[1] / plate.shape[0], wide, random, steep=0.55 if as_crop else 1.0)
        frame, corners = self._framed(plate, corners)
        infrared = random.random() < 0.12
        tall = float(np.linalg.norm(corners[3] - corners[0]))
        frame = blurred(frame, random, tall * 0.6 / kind.rows * severity)
        frame = developed(frame, random, infrared, severity)
        found = self._found(corners, as_crop, tall_plate=kind.region == "us")
        return Cut(frame, found, kind.rows, text, NOT_SEEN if infrared else kind.color)

    def _framed(self, plate: Picture, corners: Floats) -> tuple[Picture, Floats]:
        """The plate hung before a piece of background just large enough."""
        random = self.random
        low, high = corners.min(axis=0), corners.max(axis=0)
        size = np.ceil((high - low) * 1.25 + 12).astype(int)
        frame = self._grounds.piece(int(size[1]), int(size[0]))
        corners = (corners - low + (high - low) * 0.125 + 6).astype(np.float32)
        if random.random() < 0.6:
            clutter.bodywork(frame, corners, random)
        paste(frame, shaded(dirty(plate, random), random), corners)
        return frame, corners

    def _found(self, corners: Floats, as_crop: bool, tall_plate: bool = False) -> Floats:
        """The corners as a detector would give them: a little off; or the upright box that people cut plates by.

        Of a tall plate the edges over and under the characters are often taken for its own; and now and then an end is
        cut off, as the edge of a picture does.
        """
        random = self.random
        if tall_plate and random.random() < 0.7:
            corners = band(corners, float(random.uniform(0.0, 0.24)), 1.0 - float(random.uniform(0.0, 0.12)))
        tall = quad.height(corners)
        if as_crop:
            low, high = corners.min(axis=0), corners.max(axis=0)
            corners = np.array((low, (high[0], low[1]), high, (low[0], high[1])), np.float32)
            shrink = np.float32(0.05 * tall)  # the cut adds its own margin; such boxes have none
            inward = np.array(((1, 1), (-1, 1), (-1, -1), (1, -1)), np.float32) * shrink
            if random.random() < 0.3:
                lost = float(random.uniform(0.0, 0.22)) * tall
                if random.random() < 0.7:
                    inward[(0, 3), 0] += lost
                else:
                    inward[(1, 2), 0] -= lost
            return (corners + inward + random.normal(0, 0.05 * tall, (4, 2))).astype(np.float32)
        if random.random() < 0.3:  # a frame around it taken for the plate's edge, or the plate's border line for it
            corners = grown(corners, float(random.uniform(-0.05, 0.3)), float(random.uniform(-0.06, 0.18)))
        shift = random.normal(0, 0.035 * tall, (1, 2)) + random.normal(0, 0.045 * tall, (4, 2))
        return (corners + shift).astype(np.float32)

    def _no_plate(self) -> Cut:
        """A cut of what is no plate: ground, a sign, a stamp, a piece of a plate's edge."""
        random = self.random
        frame = self._grounds.piece(120, 320)
        latin, hanzi = self._dies.latin, self._dies.hanzi
        if random.random() < 0.75:
            board = clutter.sign(
                hanzi[int(random.integers(len(hanzi)))], latin[int(random.integers(len(latin)))], random
            )
            corners = posed(board.shape[1] / board.shape[0], float(random.uniform(80, 260)), random, 0.5)
            paste(frame, shaded(board, random), corners + np.array((160, 60), np.float32))
        elif random.random() < 0.5:
            clutter.stamp(frame, random)
        frame = developed(blurred(frame, random, 24), random, random.random() < 0.12)
        wide = float(random.uniform(60, 280))
        cut = posed(float(random.uniform(2.0, 5.0)), wide, random, 0.5) + np.array((160, 60), np.float32)
        return Cut(frame, cut, 1 if random.random() < 0.8 else 2, "", NOT_SEEN)

    # --- scenes ----------------------------------------------------------------------------------------------------

    def scene(
        self, height: int, width: int, plates: int, least_px: float, most_px: float, kind: Kind | None = None
    ) -> Scene:
        """A scene with so many plates, `least_px` to `most_px` wide face-on; those that do not fit are left out."""
        random = self.random
        frame = self._grounds.piece(height, width)
        clutter.litter(frame, self._dies.hanzi, self._dies.latin, random)
        infrared = random.random() < 0.12
        night = random.random() < 0.22
        if night:
            frame = np.asarray(cv2.convertScaleAbs(frame, alpha=float(random.uniform(0.08, 0.45))), np.uint8)
        hung: list[Hung] = []
        for _ in range(plates):
            plate = self._hang(frame, hung, kind or any_kind(random), infrared, night, (least_px, most_px))
            if plate is not None:
                hung.append(plate)
        if random.random() < 0.25:
            clutter.stamp(frame, random, [plate.corners for plate in hung])
        if night and hung:
            frame = lamplight(frame, random, self._lamps(hung))
        if random.random() < 0.15:
            frame = rainy(frame, random)
        tall = min((float(np.ptp(each.corners[:, 1])) for each in hung), default=24.0)
        frame = developed(blurred(frame, random, tall * 0.6 * self._severity), random, infrared, self._severity)
        return Scene(frame, tuple(hung))

    def negative(self, height: int, width: int) -> Picture:
        """A scene full of what is taken for plates, and no plate in it."""
        random = self.random
        frame = self._grounds.piece(height, width)
        latin, hanzi = self._dies.latin, self._dies.hanzi
        for _ in range(int(random.integers(1, 5))):
            board = clutter.sign(
                hanzi[int(random.integers(len(hanzi)))], latin[int(random.integers(len(latin)))], random
            )
            wide = float(np.exp(random.uniform(np.log(60), np.log(320))))
            corners = posed(board.shape[1] / board.shape[0], wide, random)
            place = corners + random.uniform((0, 0), (width, height)).astype(np.float32)
            if random.random() < 0.5:
                clutter.bodywork(frame, place.astype(np.float32), random)
            paste(frame, shaded(board, random), place.astype(np.float32))
        clutter.litter(frame, hanzi, latin, random)
        clutter.stamp(frame, random)
        return developed(blurred(frame, random, 24 * self._severity), random, random.random() < 0.12, self._severity)

    def clip(
        self, height: int, width: int, frames: int, least_px: float, most_px: float, kind: Kind
    ) -> tuple[str, list[Picture]]:
        """The text of a plate, and frames in which its vehicle comes nearer, each with a blur and noise of its own."""
        random = self.random
        text = text_of(kind, random)
        plate = shaded(dirty(draw(kind, text, self._dies, random), random, 0.8 * self._severity), random)
        pose = posed(plate.shape[1] / plate.shape[0], 1.0, random)
        pose -= pose.mean(axis=0)
        ground = self._grounds.piece(height, width)
        night, infrared = random.random() < 0.22, random.random() < 0.12
        if night:
            ground = np.asarray(cv2.convertScaleAbs(ground, alpha=float(random.uniform(0.1, 0.45))), np.uint8)
        start = float(np.exp(random.uniform(np.log(least_px), np.log(most_px * 0.6))))
        growth = float(random.uniform(1.0, 1.06))
        at = random.uniform((0.35, 0.35), (0.65, 0.6)) * (width, height)
        step = random.normal(0, 4, 2)
        pictures = []
        for number in range(frames):
            corners = (pose * min(most_px, start * growth**number) + at + step * number).astype(np.float32)
            frame = ground.copy()
            paste(frame, plate, corners)
            if random.random() < 0.15:
                frame = rainy(frame, random)
            tall = float(np.ptp(corners[:, 1]))
            frame = blurred(frame, random, tall * 0.6 * self._severity)
            pictures.append(developed(frame, random, infrared, self._severity))
        return text, pictures

    def _lamps(self, hung: list[Hung]) -> list[tuple[float, float, float]]:
        """Two headlights beside and above each plate."""
        places = []
        for plate in hung:
            middle, width = plate.corners.mean(axis=0), float(np.ptp(plate.corners[:, 0]))
            out, up = self.random.uniform(0.9, 1.6), self.random.uniform(0.2, 0.9)
            radius = width * float(self.random.uniform(0.08, 0.22))
            places += [
                (float(middle[0] + side * out * width), float(middle[1] - up * width), radius) for side in (-1, 1)
            ]
        return places

    def _hang(
        self, frame: Picture, hung: list[Hung], kind: Kind, infrared: bool, night: bool, sizes: tuple[float, float]
    ) -> Hung | None:
        random = self.random
        height, width = frame.shape[:2]
        text = text_of(kind, random)
        plate = draw(kind, text, self._dies, random)
        wide = float(np.exp(random.uniform(np.log(sizes[0]), np.log(min(sizes[1], width * 0.9)))))
        wide = max(sizes[0], wide * plate.shape[1] / 330 if plate.shape[1] < 300 else wide)
        corners = posed(plate.shape[1] / plate.shape[0], wide, random)
        low, high = corners.min(axis=0), corners.max(axis=0)
        room = np.array((width, height)) - (high - low) - 4
        if (room <= 0).any():
            return None
        corners = (corners - low + 2 + random.uniform((0, 0), room)).astype(np.float32)
        if any(_near(corners, each.corners) for each in hung):
            return None
        alone = not any(_near(corners, each.corners, 5.5) for each in hung)
        if alone and random.random() < 0.8:  # a panel must not be painted over a plate that hangs already
            clutter.bodywork(frame, corners, random)
            if night:  # paint reflects little of the lamp, the plate much of it
                self._darken_around(frame, corners)
        paste(frame, shaded(dirty(plate, random, 0.8 * self._severity), random), corners)
        return Hung(kind, text, corners, NOT_SEEN if infrared else kind.color)

    def _darken_around(self, frame: Picture, corners: Floats) -> None:
        reach = 2.4 * np.ptp(corners, axis=0)
        low = np.maximum(corners.min(axis=0) - reach, 0).astype(int)
        high = (corners.max(axis=0) + reach).astype(int)
        view = frame[low[1] : high[1], low[0] : high[0]]
        view[:] = cv2.convertScaleAbs(view, alpha=float(self.random.uniform(0.1, 0.5)))


def _near(one: Floats, other: Floats, apart: float = 1.2) -> bool:
    gap = np.abs(one.mean(axis=0) - other.mean(axis=0))
    size = (np.ptp(one, axis=0) + np.ptp(other, axis=0)) / 2
    return bool((gap < size * apart).all())


__all__ = ["KINDS", "Draughtsman", "Hung", "Scene"]
