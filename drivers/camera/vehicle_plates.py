"""The plates of one vehicle, frame by frame: which plate of a picture is its own, and which is another vehicle's. Pure.

No time, no frame source and no voting may be put here. A plate is another vehicle's when it differs clearly, in
characters that both readings are sure of; a blurred reading of the same plate does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np

from drivers.camera.edits import edits
from drivers.camera.recogniser import Plate, Quad, SlotScores

Shot = TypeVar("Shot")
"""Whatever the plates were read in: kept beside them and never looked into."""

EXCLUDED = 0.02
"""A reading that gives a character less than this excludes it; one that it does not name has none."""
SURE_SLOT, SURE_TEXT = 300, 300
"""Margins from which on a character, and a whole reading, are held against another."""
CLEARLY, CLEARLY_FROM_DOUBT = 2, 3
"""So many characters that differ are no misreading of one plate; a single one is, unless it stands elsewhere too."""
NEARER = 1.25
"""A plate so many times as wide as the vehicle's own stands before it: that is the vehicle at the arm."""
LIKELY_SCORE = -4.0
"""Under it lie signs and time stamps: large as they are, they are not taken for the nearest plate."""
SHOTS_KEPT = 2


class Text(Protocol):
    """A reading or a vote: what can be compared."""

    @property
    def text(self) -> str: ...

    @property
    def slots(self) -> tuple[SlotScores, ...]: ...


@dataclass(frozen=True, slots=True)
class Kept(Generic[Shot]):
    """A plate and what it was read in."""

    plate: Plate
    shot: Shot


class VehiclePlates(Generic[Shot]):
    """The readings of one vehicle, in order; of what they were read in, only the best few are kept."""

    def __init__(self) -> None:
        self.plates: list[Plate] = []
        self.corners: Quad | None = None
        self._kept: list[Kept[Shot]] = []

    def add(self, plate: Plate, shot: Shot) -> None:
        """One more frame of this vehicle."""
        self.plates.append(plate)
        self.corners = plate.corners
        best = sorted([*self._kept, Kept(plate, shot)], key=lambda kept: -kept.plate.margin)
        texts: dict[str, Kept[Shot]] = {}
        for kept in best:
            texts.setdefault(kept.plate.text, kept)
        self._kept = list(texts.values())[:SHOTS_KEPT]

    def best(self, text: str) -> Kept[Shot]:
        """The clearest frame that shows this text, else the clearest of all."""
        return next((kept for kept in self._kept if kept.plate.text == text), self._kept[0])


def choose(plates: Sequence[Plate], own: Text | None, corners: Quad | None) -> tuple[Plate, bool]:
    """The plate of a picture that counts, and whether it is another vehicle's than `own`, last seen at `corners`.

    Without `own`, the nearest, which is the widest. With it: the vehicle's own, wherever others stand behind it or
    beside it; another's, where that is clearly nearer or its own is not there. `plates` is never empty.
    """
    nearest = _nearest(plates)
    if own is None or corners is None:
        return nearest, False
    mine = [plate for plate in plates if not is_another(plate, own, corners)]
    if not mine:
        return nearest, True
    best = max(mine, key=lambda plate: (plate.text == own.text, overlap(plate.corners, corners), plate.margin))
    if nearest not in mine and nearest.width >= NEARER * best.width:
        return nearest, True
    return best, False


def is_another(plate: Plate, own: Text, corners: Quad) -> bool:
    """Whether a plate can only be another vehicle's."""
    differing = _differing(plate, own)
    if differing == 1:
        return overlap(plate.corners, corners) == 0.0 and min(_margin(plate), _margin(own)) >= SURE_TEXT
    return differing >= (CLEARLY if _margin(own) >= SURE_TEXT else CLEARLY_FROM_DOUBT)


def _margin(each: Text) -> int:
    return min((slot.margin for slot in each.slots), default=0)


def _differing(one: Text, other: Text) -> int:
    """How many characters each reading excludes that the other has. A dropped character alone makes no difference."""
    if len(one.slots) != len(other.slots):
        changes = edits(one.text, other.text)
        return changes if changes > CLEARLY else 0
    return sum(1 for slot, own in zip(one.slots, other.slots, strict=True) if _exclude_each_other(slot, own))


def _exclude_each_other(one: SlotScores, other: SlotScores) -> bool:
    least = float(np.log(EXCLUDED))
    return (
        min(one.margin, other.margin) >= SURE_SLOT
        and dict(one.scores).get(other.char, least - 1) < least
        and dict(other.scores).get(one.char, least - 1) < least
    )


def _nearest(plates: Sequence[Plate]) -> Plate:
    likely = [plate for plate in plates if plate.score >= LIKELY_SCORE]
    return max(likely, key=lambda plate: plate.width) if likely else plates[0]


def overlap(one: Quad, other: Quad) -> float:
    """What two upright rectangles about the corners share, of what both cover together (0–1)."""
    ax0, ay0, ax1, ay1 = _box(one)
    bx0, by0, bx1, by1 = _box(other)
    shared = max(0.0, min(ax1, bx1) - max(ax0, bx0)) * max(0.0, min(ay1, by1) - max(ay0, by0))
    both = (ax1 - ax0) * (ay1 - ay0) + (bx1 - bx0) * (by1 - by0) - shared
    return shared / both if both > 0 else 0.0


def _box(quad: Quad) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _y in quad], [y for _x, y in quad]
    return min(xs), min(ys), max(xs), max(ys)
