"""Decoding of a recogniser's frame-by-frame probabilities under a grammar of plates (CTC). Arrays in, values out.

No model and no picture may be put here. `log_chars` is (frames, columns) and `log_blank` (frames,), natural logarithms,
float32; a column is one of `Grammar.columns`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.camera.grammar import Grammar

Floats = NDArray[np.float32]
NEVER = np.float32(-1e9)
THOUGHT_OF = np.float32(np.log(1e-4))


@dataclass(frozen=True, slots=True)
class Reading:
    """The best text of one form: `columns` by slot, its best-path log-probability."""

    form: int
    columns: tuple[int, ...]
    log_p: float


@dataclass(frozen=True, slots=True)
class _Before:
    """How all stood before a frame: what a walk back asks for. `first`, `best`, `second` and `runner` (prefixes,): the
    likeliest column of each prefix's last slot and its score, the next one and its."""

    chars: Floats
    blanks: Floats
    first: NDArray[np.intp]
    best: Floats
    second: NDArray[np.intp]
    runner: Floats


class Search:
    """The best path of every form, frame by frame, and what is needed to walk back.

    State (prefix, column) is "the last slot of this prefix is being written with this character", and a second array
    (prefixes,) "this prefix is written and a blank stands after it". `log_p`: by form, the log-probability of its best
    text; forms that cannot stand in so few frames are left out.
    """

    def __init__(
        self, log_chars: Floats, log_blank: Floats, grammar: Grammar, forms: Sequence[int] | None = None
    ) -> None:
        """`forms`: numbers of those to be tried, by default all."""
        self._prefixes = grammar.prefixes(None if forms is None else tuple(forms))
        columns = _in_question(log_chars, self._prefixes.allowed)
        allowed = self._prefixes.allowed[:, columns]
        self._columns: list[int] = columns.tolist()
        self._parents = self._prefixes.parents
        self._rows = np.arange(len(allowed))
        self._closed = np.where(allowed, np.float32(0), NEVER)
        self._chars = np.full(allowed.shape, NEVER, np.float32)
        self._blanks = np.full(len(allowed), NEVER, np.float32)
        self._blanks[0] = 0
        self._before: list[_Before] = []
        for chars, blank in zip(log_chars[:, columns], log_blank, strict=True):
            self._step(chars, blank)
        last, written = self._chars.argmax(axis=1), self._chars.max(axis=1)
        likeliest = np.maximum(written, self._blanks)
        self._ends = {
            form: (int(last[prefix]), bool(self._blanks[prefix] >= written[prefix]))
            for form, prefix in self._prefixes.whole.items()
            if likeliest[prefix] > NEVER / 2
        }
        self.log_p = {form: float(likeliest[self._prefixes.whole[form]]) for form in self._ends}

    def _step(self, chars: Floats, blank: np.float32) -> None:
        """One frame more. A slot goes on, or begins after a blank or after the slot before: after the same character
        only through a blank."""
        first, best, second, runner = self._two_best()
        self._before.append(_Before(self._chars, self._blanks, first, best, second, runner))
        blanks, same = self._blanks[self._parents], first[self._parents]
        new = np.maximum(self._chars, np.maximum(blanks, best[self._parents])[:, None])
        after_same = np.maximum(blanks, runner[self._parents])
        new[self._rows, same] = np.maximum(self._chars[self._rows, same], after_same)
        new += chars
        new += self._closed
        self._chars = new
        self._blanks = np.maximum(self._blanks, best) + blank

    def _two_best(self) -> tuple[NDArray[np.intp], Floats, NDArray[np.intp], Floats]:
        """Per prefix: the best column of its last slot and its score, the second and its."""
        first = self._chars.argmax(axis=1)
        best = self._chars[self._rows, first]
        self._chars[self._rows, first] = -np.inf  # for the moment: a copy takes longer
        second = self._chars.argmax(axis=1)
        runner = self._chars[self._rows, second]
        self._chars[self._rows, first] = best
        return first, best, second, runner

    def reading(self, form: int) -> Reading:
        """The best text of one of the forms in `log_p`."""
        prefix = self._prefixes.whole[form]
        column, in_blank = self._ends[form]
        columns: list[int] = []
        for before in reversed(self._before):
            if in_blank:
                if prefix and before.best[prefix] > before.blanks[prefix]:
                    in_blank, column = False, int(before.first[prefix])
                continue
            parent = int(self._parents[prefix])
            is_same = int(before.first[parent]) == column
            blank, previous = before.blanks[parent], (before.runner if is_same else before.best)[parent]
            if before.chars[prefix, column] >= max(blank, previous):
                continue
            columns.append(self._columns[column])
            column = int((before.second if is_same else before.first)[parent])
            prefix, in_blank = parent, bool(blank >= previous)
            if not prefix:
                break
        return Reading(form, tuple(reversed(columns)), self.log_p[form])


def _in_question(log_chars: Floats, allowed: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The columns that the network thought of in any frame, and the best that each prefix has for its last slot.

    The best path of what is a plate takes no other, and decoding is several times faster. Only where next to nothing
    was seen, far under what is reported, may another text come out.
    """
    peaks = log_chars.max(axis=0)
    best = np.where(allowed, peaks, NEVER)[1:].argsort(axis=1)[:, -2:]
    wanted = np.zeros(len(peaks), np.bool_)
    wanted[best.ravel()] = True
    return np.flatnonzero(wanted | (peaks > THOUGHT_OF))


def text_log_p(log_chars: Floats, log_blank: Floats, texts: NDArray[np.intp]) -> NDArray[np.float64]:
    """log P of each text summed over all paths; `texts` is (texts, length) of columns. Returns (texts,).

    Summed as shares beside each frame's likeliest label, which is several times as fast as sums of logarithms; a text
    that is less likely than 1e-300 of those, or has no path, counts as never.
    """
    count, length = texts.shape
    frames = len(log_blank)
    likeliest = np.maximum(log_chars.max(axis=1), log_blank).astype(np.float64)
    emit = np.empty((frames, count, 2 * length + 1))
    emit[:, :, 0::2] = np.exp(log_blank - likeliest)[:, None, None]
    emit[:, :, 1::2] = np.exp(log_chars - likeliest[:, None])[:, texts]
    may_skip = np.zeros((count, 2 * length + 1))
    may_skip[:, 3::2] = texts[:, 1:] != texts[:, :-1]
    share = np.zeros((count, 2 + 2 * length + 1))  # two columns of nothing before the first
    share[:, 2:4] = emit[0, :, :2]
    for frame in range(1, frames):
        share[:, 2:] = (share[:, 2:] + share[:, 1:-1] + share[:, :-2] * may_skip) * emit[frame]
    whole = share[:, -1] + share[:, -2]
    log_p = np.full(count, float(NEVER))
    np.log(whole, out=log_p, where=whole > 0)
    log_p += likeliest.sum()
    return log_p
