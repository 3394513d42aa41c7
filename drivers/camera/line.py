"""What a reading network says of one line of characters, and how a grammar sees that: the meeting point of the readers.

No network and no picture may be put here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.camera.ctc import Floats
from drivers.camera.grammar import Grammar

BLANK = 0
FLOOR = np.float32(1e-7)


@dataclass(frozen=True, slots=True)
class Said:
    """What a reading network says of one line, before any grammar: `log_p` (frames, 1 + characters), column 0 "nothing
    here", natural logarithms; `free` its best path as text."""

    log_p: Floats
    free: str


def written(log_p: Floats, chars: str) -> str:
    """The best path as text, without any grammar."""
    best: NDArray[np.intp] = log_p.argmax(axis=1)
    changed = np.concatenate(([True], best[1:] != best[:-1]))
    return "".join(chars[number - 1] for number in best[changed] if number != BLANK)


def middles(log_p: Floats) -> tuple[float, ...]:
    """Where the middle of each character of the best path stands, as shares of the line."""
    best: NDArray[np.intp] = log_p.argmax(axis=1)
    begins = np.flatnonzero(np.concatenate(([True], best[1:] != best[:-1])))
    ends = np.append(begins[1:], len(best))
    found: list[float] = ((begins + ends) / (2 * len(best)))[best[begins] != BLANK].tolist()
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Line:
    """What the network said of one line, in natural logarithms.

    `log_chars` (frames, columns of the grammar), `log_other` (frames,) every other character together, `log_blank`
    (frames,) nothing or a separator; `free` is the best path over all characters, `free_log_p` its log-probability.
    """

    log_chars: Floats
    log_other: Floats
    log_blank: Floats
    free: str
    free_log_p: float


class Sums:
    """A network's shares summed by column; no product of matrices, whose threads would spin on at others' cost."""

    def __init__(self, columns: Sequence[Sequence[int]]) -> None:
        """`columns`: the numbers of the characters that count as each column; a column may have none."""
        self._filled = [column for column, numbers in enumerate(columns) if numbers]
        self._numbers = np.array([number for numbers in columns for number in numbers], np.intp)
        sizes = [len(columns[column]) for column in self._filled]
        self._starts = np.cumsum([0, *sizes[:-1]])
        self._count = len(columns)

    def of(self, shares: Floats) -> Floats:
        """(frames, columns) of shares (frames, characters)."""
        sums = np.zeros((len(shares), self._count), np.float32)
        sums[:, self._filled] = np.add.reduceat(shares[:, self._numbers], self._starts, axis=1)
        return sums


class Columns:
    """A network's characters sorted into the columns of one grammar."""

    def __init__(self, grammar: Grammar, chars: str) -> None:
        self.grammar = grammar
        numbers = {char: number + 1 for number, char in enumerate(chars)}
        columns = [[numbers[char] for char in sources if char in numbers] for _char, sources in grammar.columns]
        used = {number for sources in columns for number in sources}
        others = [number for number in range(1, len(chars) + 1) if number not in used]
        self._sums = Sums((*columns, others))

    def line(self, said: Said) -> Line:
        """The line as that grammar sees it."""
        shares = np.exp(said.log_p)
        sums = np.log(np.maximum(self._sums.of(shares), FLOOR))
        return Line(
            sums[:, :-1],
            sums[:, -1],
            np.log(np.maximum(shares[:, BLANK], FLOOR)),
            said.free,
            float(said.log_p.max(axis=1).sum()),
        )


SURE_BLANK = np.float32(-0.01)


def without_gaps(line: Line) -> Line:
    """The same line with each run of frames that surely hold nothing cut to one: decoding takes half the time."""
    blank = line.log_blank > SURE_BLANK
    kept = ~blank
    kept[1:] |= blank[1:] & ~blank[:-1]
    kept[0] = True
    return Line(line.log_chars[kept], line.log_other[kept], line.log_blank[kept], line.free, line.free_log_p)
