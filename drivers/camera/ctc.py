"""Decoding of a recogniser's frame-by-frame probabilities under a grammar of plates (CTC). Arrays in, values out.

No model and no picture may be put here. `log_chars` is (frames, columns) and `log_blank` (frames,), natural logarithms,
float32; a column is one of `Grammar.columns`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.camera.grammar import Grammar

Floats = NDArray[np.float32]
NEVER = np.float32(-1e9)
THOUGHT_OF = np.float32(np.log(1e-4))
STAY, AFTER_BLANK, AFTER_CHAR = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Reading:
    """The best text of one form: `columns` by slot, its best-path log-probability."""

    form: int
    columns: tuple[int, ...]
    log_p: float


def best_readings(log_chars: Floats, log_blank: Floats, grammar: Grammar) -> list[Reading]:
    """The best text of every form by the best path, best first; forms that cannot stand in so few frames are left out.

    All forms run at once: state (form, slot, column) is "this slot is being written with this character", and a second
    array (form, slot) is "so many slots are written and a blank stands after them".
    """
    columns = _in_question(log_chars, grammar)
    walk = _Walk(grammar, columns)
    chars = log_chars[:, columns]
    for frame in range(len(log_blank)):
        walk.step(chars[frame], log_blank[frame])
    return [
        Reading(reading.form, tuple(int(columns[column]) for column in reading.columns), reading.log_p)
        for reading in walk.readings()
    ]


def _in_question(log_chars: Floats, grammar: Grammar) -> NDArray[np.intp]:
    """The columns that the network thought of in any frame, and the best that each form has for each of its slots.

    A best path takes no other: what is left out makes decoding several times faster, and changes nothing.
    """
    peaks = log_chars.max(axis=0)
    best = np.where(grammar.allowed, peaks, NEVER).argsort(axis=2)[..., -2:]
    wanted = np.zeros(len(peaks), np.bool_)
    wanted[best[grammar.allowed.any(axis=2)].ravel()] = True
    return np.flatnonzero(wanted | (peaks > THOUGHT_OF))


class _Walk:
    """The best path of each form, frame by frame, with what is needed to walk back; over some of the columns."""

    def __init__(self, grammar: Grammar, columns: NDArray[np.intp]) -> None:
        self._grammar = grammar
        allowed = grammar.allowed[:, :, columns]
        forms, slots, _columns = allowed.shape
        self._closed = np.where(allowed, np.float32(0), NEVER)
        self._chars = np.full(allowed.shape, NEVER, np.float32)
        self._blanks = np.full((forms, slots + 1), NEVER, np.float32)
        self._blanks[:, 0] = 0
        self._moves: list[NDArray[np.uint8]] = []
        self._tops: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []
        self._closings: list[NDArray[np.bool_]] = []

    def step(self, chars: Floats, blank: np.float32) -> None:
        """One frame more."""
        first, second, best, runner = self._two_best()
        previous = np.full_like(self._chars, NEVER)
        previous[:, 1:] = best[:, :-1, None]
        rows, slots = np.indices(first[:, :-1].shape)
        previous[rows, slots + 1, first[:, :-1]] = runner[:, :-1]
        blanks = self._blanks[:, :-1, None]
        fresh = np.maximum(blanks, previous)
        # numpy's argmax over three is ten times slower than two comparisons
        move = np.where(self._chars >= fresh, STAY, np.where(blanks >= previous, AFTER_BLANK, AFTER_CHAR)).astype(
            np.uint8
        )
        closing = best > self._blanks[:, 1:]
        self._moves.append(move)
        self._tops.append((first, second))
        self._closings.append(closing)
        self._blanks[:, 1:] = np.maximum(self._blanks[:, 1:], best) + blank
        self._blanks[:, 0] += blank
        self._chars = np.maximum(np.maximum(self._chars, fresh) + chars + self._closed, NEVER)

    def _two_best(self) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats, Floats]:
        """Per form and slot: the best column, the second, and their scores."""
        first = self._chars.argmax(axis=2)
        best = np.take_along_axis(self._chars, first[..., None], 2)[..., 0]
        rest = self._chars.copy()
        np.put_along_axis(rest, first[..., None], NEVER, 2)
        second = rest.argmax(axis=2)
        return first, second, best, np.take_along_axis(rest, second[..., None], 2)[..., 0]

    def readings(self) -> list[Reading]:
        """Every form's best text."""
        found = []
        for form, length in enumerate(self._grammar.lengths):
            last = int(length) - 1
            column = int(self._chars[form, last].argmax())
            written, closed = float(self._chars[form, last, column]), float(self._blanks[form, last + 1])
            if max(written, closed) > float(NEVER) / 2:
                found.append(Reading(form, self._back(form, last, column, closed >= written), max(written, closed)))
        return sorted(found, key=lambda reading: -reading.log_p)

    def _back(self, form: int, slot: int, column: int, in_blank: bool) -> tuple[int, ...]:
        columns: list[int] = []
        for frame in range(len(self._moves) - 1, -1, -1):
            first, second = self._tops[frame]
            if in_blank:
                if slot >= 0 and self._closings[frame][form, slot]:
                    in_blank, column = False, int(first[form, slot])
                continue
            move = self._moves[frame][form, slot, column]
            if move == STAY:
                continue
            columns.append(column)
            slot -= 1
            if move == AFTER_BLANK:
                in_blank = True
            else:
                before = int(first[form, slot])
                column = before if before != column else int(second[form, slot])
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
    score = np.full((count, states), NEVER, np.float32)
    score[:, :2] = emit[0, :, :2]
    for frame in range(1, frames):
        step = np.full_like(score, NEVER)
        step[:, 1:] = score[:, :-1]
        skip = np.full_like(score, NEVER)
        skip[:, 2:] = score[:, :-2]
        skip[~may_skip] = NEVER
        score = np.logaddexp(np.logaddexp(score, step), skip) + emit[frame]
    return np.asarray(np.logaddexp(score[:, -1], score[:, -2]), np.float32)
