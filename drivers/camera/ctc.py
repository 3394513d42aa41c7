"""Decoding of a recogniser's frame-by-frame probabilities under a grammar of plates (CTC). Arrays in, values out.

No model and no picture may be put here. `log_chars` is (frames, columns) and `log_blank` (frames,), natural logarithms,
float32; a column is one of `Grammar.columns`.
"""

from collections.abc import Iterator, Sequence
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


def best_readings(
    log_chars: Floats, log_blank: Floats, grammar: Grammar, forms: Sequence[int] | None = None
) -> list[Reading]:
    """The best text of every form by the best path, best first; forms that cannot stand in so few frames are left out.

    `forms`: numbers of those to be tried, by default all. They run at once: state (form, slot, column) is "this slot is
    being written with this character", and a second array (form, slot) is "so many slots are written and a blank stands
    after them".
    """
    numbers = np.arange(len(grammar.forms)) if forms is None else np.array(forms, np.intp)
    lengths = grammar.lengths[numbers]
    allowed = grammar.allowed[numbers, : lengths.max()]
    columns = _in_question(log_chars, allowed)
    walk = _Walk(allowed[:, :, columns], lengths)
    chars = log_chars[:, columns]
    for frame in range(len(log_blank)):
        walk.step(chars[frame], log_blank[frame])
    found = (
        Reading(int(numbers[form]), tuple(int(columns[column]) for column in text), log_p)
        for form, text, log_p in walk.texts()
    )
    return sorted(found, key=lambda reading: -reading.log_p)


def _in_question(log_chars: Floats, allowed: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The columns that the network thought of in any frame, and the best that each form has for each of its slots.

    The best path of what is a plate takes no other, and decoding is several times faster. Only where next to nothing
    was seen, far under what is reported, may another text come out.
    """
    peaks = log_chars.max(axis=0)
    best = np.where(allowed, peaks, NEVER).argsort(axis=2)[..., -2:]
    wanted = np.zeros(len(peaks), np.bool_)
    wanted[best[allowed.any(axis=2)].ravel()] = True
    return np.flatnonzero(wanted | (peaks > THOUGHT_OF))


@dataclass(frozen=True, slots=True)
class _Before:
    """How all stood before a frame: what a walk back asks for. `first`, `best`, `second` and `runner` (forms, slots):
    the likeliest column of each slot and its score, the next one and its."""

    chars: Floats
    blanks: Floats
    first: NDArray[np.intp]
    best: Floats
    second: NDArray[np.intp]
    runner: Floats


class _Walk:
    """The best path of each form, frame by frame, with what is needed to walk back. `allowed` (forms, slots, columns),
    `lengths` (forms,)."""

    def __init__(self, allowed: NDArray[np.bool_], lengths: NDArray[np.intp]) -> None:
        forms, slots, _columns = allowed.shape
        self._lengths = lengths
        self._closed = np.where(allowed, np.float32(0), NEVER)
        self._at = np.indices((forms, slots))
        self._chars = np.full(allowed.shape, NEVER, np.float32)
        self._blanks = np.full((forms, slots + 1), NEVER, np.float32)
        self._blanks[:, 0] = 0
        self._before: list[_Before] = []

    def step(self, chars: Floats, blank: np.float32) -> None:
        """One frame more. A slot goes on, or begins after a blank or after the slot before: after the same character
        only through a blank."""
        first, best, second, runner = self._two_best()
        self._before.append(_Before(self._chars, self._blanks, first, best, second, runner))
        entered = self._blanks[:, :-1].copy()
        entered[:, 1:] = np.maximum(entered[:, 1:], best[:, :-1])
        after_same = np.maximum(self._blanks[:, 1:-1], runner[:, :-1])
        rows, slots = self._at[:, :, 1:]
        stayed = self._chars[rows, slots, first[:, :-1]]
        new = np.maximum(self._chars, entered[:, :, None])
        new[rows, slots, first[:, :-1]] = np.maximum(stayed, after_same)
        new += chars
        new += self._closed
        self._chars = new
        blanks = self._blanks.copy()
        blanks[:, 1:] = np.maximum(blanks[:, 1:], best)
        self._blanks = blanks + blank

    def _two_best(self) -> tuple[NDArray[np.intp], Floats, NDArray[np.intp], Floats]:
        """Per form and slot: the best column and its score, the second and its."""
        rows, slots = self._at
        first = self._chars.argmax(axis=2)
        best = self._chars[rows, slots, first]
        self._chars[rows, slots, first] = -np.inf  # for the moment: a copy takes longer
        second = self._chars.argmax(axis=2)
        runner = self._chars[rows, slots, second]
        self._chars[rows, slots, first] = best
        return first, best, second, runner

    def texts(self) -> Iterator[tuple[int, tuple[int, ...], float]]:
        """Every form that can stand in the frames: its number, its best text and that one's log-probability."""
        for form, length in enumerate(self._lengths):
            last = int(length) - 1
            column = int(self._chars[form, last].argmax())
            written, closed = float(self._chars[form, last, column]), float(self._blanks[form, last + 1])
            if max(written, closed) > float(NEVER) / 2:
                yield form, self._back(form, last, column, closed >= written), max(written, closed)

    def _back(self, form: int, slot: int, column: int, in_blank: bool) -> tuple[int, ...]:
        columns: list[int] = []
        for before in reversed(self._before):
            if in_blank:
                if slot >= 0 and before.best[form, slot] > before.blanks[form, slot + 1]:
                    in_blank, column = False, int(before.first[form, slot])
                continue
            blank, previous, source = before.blanks[form, slot], NEVER, column
            if slot:
                is_same = int(before.first[form, slot - 1]) == column
                previous = (before.runner if is_same else before.best)[form, slot - 1]
                source = int((before.second if is_same else before.first)[form, slot - 1])
            if before.chars[form, slot, column] >= max(blank, previous):
                continue
            columns.append(column)
            slot -= 1
            in_blank, column = bool(blank >= previous), source
            if slot < 0:
                break
        return tuple(reversed(columns))


def text_log_p(log_chars: Floats, log_blank: Floats, texts: NDArray[np.intp]) -> Floats:
    """log P of each text summed over all paths; `texts` is (texts, length) of columns. Returns (texts,)."""
    count, length = texts.shape
    frames = len(log_blank)
    states = 2 * length + 1
    emit = np.empty((frames, count, states), np.float32)
    emit[:, :, 0::2] = log_blank[:, None, None]
    emit[:, :, 1::2] = log_chars[:, texts]
    may_skip = np.zeros((count, states), np.bool_)
    may_skip[:, 3::2] = texts[:, 1:] != texts[:, :-1]
    barred = np.where(may_skip, np.float32(0), NEVER)
    score = np.full((count, 2 + states), NEVER, np.float32)  # two columns of nothing before the first
    score[:, 2:4] = emit[0, :, :2]
    for frame in range(1, frames):
        stayed, stepped, skipped = score[:, 2:], score[:, 1:-1], score[:, :-2] + barred
        score[:, 2:] = np.logaddexp(np.logaddexp(stayed, stepped), skipped) + emit[frame]
    return np.asarray(np.logaddexp(score[:, -1], score[:, -2]), np.float32)
