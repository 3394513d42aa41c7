"""What every plate recogniser gives and is asked for. No network, no picture handling and no voting may be put here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from drivers.camera import quad

Picture = NDArray[np.uint8]
"""(height, width, 3), BGR."""
Corner = tuple[float, float]
Quad = tuple[Corner, Corner, Corner, Corner]
"""Pixels of the whole picture, clockwise from the top left of the plate as it is read."""
Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels of the whole picture; x1 and y1 are just outside."""
OTHER = "?"
"""Stands among the scores of a slot for every character that the plate's form does not allow there."""


@dataclass(frozen=True, slots=True)
class SlotScores:
    """One character: (character, natural log of its probability) with the best first; `OTHER` may be one of them.

    The probabilities of one slot add up to 1 or less. `doubted`: two readers of the picture contradict each other here,
    or no reader was shown such a plate, as it may be in the next picture too.
    """

    scores: tuple[tuple[str, float], ...]
    doubted: bool = False

    @property
    def char(self) -> str:
        """The best character that the form allows."""
        return next(char for char, _log_p in self.scores if char != OTHER)

    @property
    def margin(self) -> int:
        """How far the character stands before the next (0–1000): the difference of the two probabilities."""
        best = next(log_p for char, log_p in self.scores if char != OTHER)
        rest = [log_p for char, log_p in self.scores if char != self.char]
        lead = float(np.exp(best)) - (float(np.exp(max(rest))) if rest else 0.0)
        return max(0, min(1000, round(1000 * lead)))

    @property
    def others(self) -> str:
        """The next characters in order, those with at least one part in a thousand."""
        floor = float(np.log(1e-3))
        return "".join(char for char, log_p in self.scores if char not in (self.char, OTHER) and log_p >= floor)


def normalised(sums: Mapping[str, float], *, doubted: bool = False) -> SlotScores:
    """A slot of log-probabilities that need not add up to 1; at a tie `OTHER` stands last, digits before letters."""
    norm = float(np.logaddexp.reduce(list(sums.values())))
    ranked = sorted(sums.items(), key=lambda item: (-item[1], item[0] == OTHER, item[0]))
    return SlotScores(tuple((char, value - norm) for char, value in ranked), doubted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """One plate in one picture.

    `text` has no separators; `raw` is what was read without any grammar. `colors` are (colour, probability), best
    first. `score` is log P(best text of a plate) - log P(best text of any kind) + log(the detector's share), at most
    about 0: whether it is a plate at all.
    """

    text: str
    raw: str
    kind: str
    color: str
    colors: tuple[tuple[str, float], ...]
    slots: tuple[SlotScores, ...]
    corners: Quad
    rows: int
    score: float

    @property
    def margin(self) -> int:
        """The smallest slot margin (0–1000); a mean would hide a blurred province."""
        return min((slot.margin for slot in self.slots), default=0)

    @property
    def confidence(self) -> float:
        """The margin as a share of 1."""
        return self.margin / 1000

    @property
    def width(self) -> float:
        """How wide it stands in the picture, in pixels."""
        return quad.width(self.corners)

    @property
    def box(self) -> Box:
        """The upright rectangle about the corners, which may lie outside the picture."""
        xs, ys = [x for x, _y in self.corners], [y for _x, y in self.corners]
        x0, y0 = np.floor((min(xs), min(ys))).astype(int)
        x1, y1 = np.ceil((max(xs), max(ys))).astype(int)
        return int(x0), int(y0), int(x1), int(y1)


class Recogniser(Protocol):
    """Finds and reads plates; one object is used by one thread."""

    def read(self, image: Picture) -> list[Plate]:
        """Every plate in the picture, best first; an empty list where there is none. Never raises for any picture."""
        ...
