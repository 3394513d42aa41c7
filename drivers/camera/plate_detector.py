"""Finds plates with the project's own network: four corners each, one row or two. Arrays in, values out.

A plate is looked for in the whole picture first, shrunk; the likely finds are then looked at again, cut out at the size
at which the network is most exact, and laid level where they slope. No reading and no grammar here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from drivers.camera import quad
from drivers.camera.models import open_own
from drivers.camera.quad import Floats
from drivers.camera.recogniser import Picture
from drivers.camera.rectify import laid_out

STRIDE, DEEPEST = 8, 32
"""Pixels of a cell of the map; sides of what the network is given are multiples of the second."""
LEAST_SHARE = 0.12
"""A cell under this is no plate's middle. Low: the reader says in the end what is a plate."""
MOST_PLATES = 6
OVERLAP = 0.35
"""Two finds that share more of the smaller one's box are one plate."""
CLOSER_LOOKS, CLOSER_SHARE = 3, 0.3
"""The surest few are looked at again, if they are sure enough to be worth it."""
SURE_SHARE, BESIDE_SHARE = 0.7, 0.5
"""Beside a find so sure, one has to be surer to be worth it: the others then are signs and lamps as a rule."""
ZOOM_WIDTH, ZOOM_HEIGHT, ZOOM_PLATE_PX = 192, 128, 120.0
"""The second look: so large a cut, in which the plate is about so wide."""
ZOOM_TALLEST_PX = 70.0
LEVEL_FROM_DEG = 12.0
"""A find whose row slopes by so much is laid level for the second look, its ends upright: such plates it knows best."""
ASLANT_FROM_DEG = 15.0
"""What slopes less is seen with the head upright."""
ZOOM_DRIFT = 0.35
"""The second look's plate is the first look's if their middles are no farther apart, in its widths."""


@dataclass(frozen=True, slots=True)
class FoundPlate:
    """`corners` (4, 2) float32 pixels clockwise from the top left as the plate is read; `share` 0 to 1."""

    corners: Floats
    rows: int
    share: float

    @property
    def width(self) -> float:
        """From end to end, in pixels."""
        return quad.width(self.corners)

    @property
    def height(self) -> float:
        """From top to foot, in pixels."""
        return quad.height(self.corners)


class PlateDetector:
    """One network, in eight bits for the whole picture, which halves the time, in full for the closer looks, whose
    corners are exact; used by one thread."""

    def __init__(self, threads: int = 1) -> None:
        self._wide, self._close = open_own("detector_int8.onnx", threads), open_own("detector.onnx", threads)

    def find(self, picture: Picture, longest: int, turned_deg: float = 0.0) -> list[FoundPlate]:
        """The plates of a BGR picture in its own pixels, surest first; `longest` bounds the side it is shrunk to.

        `turned_deg`: the picture is turned so far to the left for the first look, as a head is held aslant; then only
        what slopes in the picture is given, for the rest is seen better without.
        """
        view = _turned(picture, longest, turned_deg) if turned_deg else _whole(picture, longest)
        least_deg = ASLANT_FROM_DEG if turned_deg else 0.0
        found = [
            plate
            for plate in view.in_picture(_plates(self._wide, _bytes(view.pixels), LEAST_SHARE))
            if _is_within(plate, picture) and _slopes(plate, least_deg)
        ]
        closer = worth_a_closer_look([plate.share for plate in found])
        return [self._looked_closer(picture, plate) if number < closer else plate for number, plate in enumerate(found)]

    def _looked_closer(self, picture: Picture, plate: FoundPlate) -> FoundPlate:
        """The same plate with corners from a cut around it; as it was where the second look finds none there."""
        view = _levelled(picture, plate) if _slopes(plate, LEVEL_FROM_DEG) else _around(picture, plate)
        middle = plate.corners.mean(axis=0)
        for other in view.in_picture(_plates(self._close, _blob(view.pixels), LEAST_SHARE / 2)):
            if float(np.linalg.norm(other.corners.mean(axis=0) - middle)) < ZOOM_DRIFT * plate.width:
                return FoundPlate(other.corners, other.rows, max(plate.share, other.share))
        return plate


@dataclass(frozen=True, slots=True)
class _View:
    """A part of a picture as the network is given it. `frame` (4, 2) float32: where its corners lie in the picture, in
    pixels, clockwise from the top left; its sides are straight and opposite ones parallel."""

    pixels: Picture
    frame: Floats

    def in_picture(self, found: Sequence[FoundPlate]) -> list[FoundPlate]:
        """What was found in the view, where it lies in the picture."""
        along = (self.frame[1] - self.frame[0]) / self.pixels.shape[1]
        down = (self.frame[3] - self.frame[0]) / self.pixels.shape[0]
        way = np.stack((along, down))
        return [
            FoundPlate((plate.corners @ way + self.frame[0]).astype(np.float32), plate.rows, plate.share)
            for plate in found
        ]


def _whole(picture: Picture, longest: int) -> _View:
    """All of it, shrunk."""
    height, width = picture.shape[:2]
    size = _size(picture, longest)
    pixels = _shrunk(picture, size) if size[0] < width or size[1] < height else picture
    return _View(pixels, _upright(0, 0, width, height))


def _turned(picture: Picture, longest: int, turned_deg: float) -> _View:
    """All of it, shrunk, turned to the left; what the corners of the view hold beside it repeats its border."""
    height, width = picture.shape[:2]
    cos, sin = np.cos(np.radians(turned_deg)), np.sin(np.radians(turned_deg))
    reach, fall = width * cos + height * abs(sin), width * abs(sin) + height * cos
    along, down = np.array((cos, sin), np.float32) * reach, np.array((-sin, cos), np.float32) * fall
    frame = _frame(np.array((width / 2, height / 2), np.float32), along, down)
    scale = _scale(picture, longest)
    return _View(laid_out(picture, frame, ceil(reach * scale), ceil(fall * scale)), frame)


def _around(picture: Picture, plate: FoundPlate) -> _View:
    """The plate and what is around it, at the size that the network knows best."""
    factor = _zoom(plate)
    middle = plate.corners.mean(axis=0)
    half = np.array((ZOOM_WIDTH, ZOOM_HEIGHT), np.float32) / 2
    x0, y0 = np.floor(middle - half / factor).astype(int)
    x1, y1 = np.ceil(middle + half / factor).astype(int)
    x0, y0, x1, y1 = max(0, x0), max(0, y0), min(picture.shape[1], x1), min(picture.shape[0], y1)
    size = max(8, round((x1 - x0) * factor)), max(8, round((y1 - y0) * factor))
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    pixels = cv2.resize(picture[y0:y1, x0:x1], size, interpolation=way)
    return _View(np.asarray(pixels, np.uint8), _upright(x0, y0, x1, y1))


def _levelled(picture: Picture, plate: FoundPlate) -> _View:
    """The same, its row laid level and its ends upright."""
    factor = _zoom(plate)
    along, down = quad.spans(plate.corners)
    along, down = along * (ZOOM_WIDTH / factor / plate.width), down * (ZOOM_HEIGHT / factor / plate.height)
    frame = _frame(np.asarray(plate.corners.mean(axis=0), np.float32), along, down)
    return _View(laid_out(picture, frame, ZOOM_WIDTH, ZOOM_HEIGHT), frame)


def _zoom(plate: FoundPlate) -> float:
    return min(ZOOM_PLATE_PX / max(8.0, plate.width), ZOOM_TALLEST_PX / max(3.0, plate.height), 4.0)


def _frame(middle: Floats, along: Floats, down: Floats) -> Floats:
    """The corners of what reaches so far along and down about its middle."""
    return np.stack([middle + x * along + y * down for x, y in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))])


def _upright(x0: int, y0: int, x1: int, y1: int) -> Floats:
    return np.array(((x0, y0), (x1, y0), (x1, y1), (x0, y1)), np.float32)


def _slopes(plate: FoundPlate, least_deg: float) -> bool:
    return abs(quad.slope(plate.corners)) >= least_deg


def _is_within(plate: FoundPlate, picture: Picture) -> bool:
    """Whether its middle lies in the picture: a view goes on beside it."""
    middle = plate.corners.mean(axis=0)
    return bool((middle >= 0).all() and (middle < picture.shape[1::-1]).all())


def _scale(picture: Picture, longest: int) -> float:
    return float(min(1.0, longest / max(picture.shape[:2])))


def _size(picture: Picture, longest: int) -> tuple[int, int]:
    """Width and height with the longer one at `longest` at most."""
    scale = _scale(picture, longest)
    return max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))


def worth_a_closer_look(shares: Sequence[float]) -> int:
    """How many of the finds, surest first, are looked at again."""
    least = BESIDE_SHARE if shares and shares[0] >= SURE_SHARE else CLOSER_SHARE
    return sum(share > least for share in shares[:CLOSER_LOOKS])


def _plates(
    network: onnxruntime.InferenceSession, blob: Floats | NDArray[np.uint8], least_share: float
) -> list[FoundPlate]:
    (maps,) = network.run(None, {"x": blob})
    return plates_of(maps[0], least_share)


def _shrunk(picture: Picture, size: tuple[int, int]) -> Picture:
    """By areas to a half, a third … first, which is fast, then between samples: by areas alone it takes 8 ms."""
    times = picture.shape[1] // size[0]
    if times > 1:
        halved = picture.shape[1] // times, max(1, picture.shape[0] // times)
        picture = np.asarray(cv2.resize(picture, halved, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _bytes(picture: Picture) -> NDArray[np.uint8]:
    """(1, h, w, 3) as it is, the right and lower edge filled up to multiples of DEEPEST with middle grey."""
    below, right = (-side % DEEPEST for side in picture.shape[:2])
    filled = cv2.copyMakeBorder(picture, 0, below, 0, right, cv2.BORDER_CONSTANT, value=(128, 128, 128))
    return np.asarray(filled, np.uint8)[None]


def _blob(picture: Picture) -> Floats:
    """(1, 3, h, w) from -1 to 1, filled up likewise."""
    return _bytes(picture).transpose(0, 3, 1, 2) * np.float32(1 / 127.5) - np.float32(1)


def plates_of(output: Floats, least_share: float) -> list[FoundPlate]:
    """The plates in the network's map (10, rows, columns), in pixels of what it was given, surest first."""
    logits = output[:2].max(axis=0)
    limit = float(np.log(least_share / (1 - least_share)))
    peaks = (logits >= cv2.dilate(logits, np.ones((3, 3), np.uint8))) & (logits > limit)
    ys, xs = np.nonzero(peaks)
    order = np.argsort(-logits[ys, xs])[: 3 * MOST_PLATES]
    kept: list[FoundPlate] = []
    boxes: list[_Box] = []
    for y, x in zip(ys[order], xs[order], strict=True):
        middle = (np.array((x, y), np.float32) + np.float32(0.5)) * STRIDE
        corners = output[2:, y, x].reshape(4, 2) * np.float32(STRIDE) + middle
        rows = 1 + int(output[1, y, x] > output[0, y, x])
        plate = FoundPlate(corners.astype(np.float32), rows, float(1 / (1 + np.exp(-logits[y, x]))))
        box = _box(plate.corners)
        if _is_sound(plate) and all(_shared(box, other) < OVERLAP for other in boxes):
            kept.append(plate)
            boxes.append(box)
            if len(kept) == MOST_PLATES:
                break
    return kept


def _is_sound(plate: FoundPlate) -> bool:
    """Whether the corners stand clockwise and make something wider than tall."""
    area = float(cv2.contourArea(plate.corners, oriented=True))
    return area > 12.0 and plate.width > 0.9 * plate.height


_Box = tuple[float, float, float, float]
"""Left, top, right and foot. Plain numbers: numpy takes ten times as long over so few."""


def overlap(one: Floats, other: Floats) -> float:
    """Shared area of the two upright boxes as a part of the smaller one."""
    return _shared(_box(one), _box(other))


def _box(corners: Floats) -> _Box:
    xs, ys = corners.T.tolist()
    return min(xs), min(ys), max(xs), max(ys)


def _shared(one: _Box, other: _Box) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    tall = min(one[3], other[3]) - max(one[1], other[1])
    if wide <= 0 or tall <= 0:
        return 0.0
    return wide * tall / max(1.0, min(_area(one), _area(other)))


def _area(box: _Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
