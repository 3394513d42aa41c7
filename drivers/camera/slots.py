"""From a decoded line to slot scores and to the form that text and colour agree on. Values in, values out.

No network may be put here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from drivers.camera.ctc import Floats, Reading, Search, text_log_p
from drivers.camera.grammar import TWINS, Grammar
from drivers.camera.line import Line, without_gaps
from drivers.camera.plate_form import DIGITS, PlateForm
from drivers.camera.recogniser import OTHER, SlotScores, normalised

ALTERNATIVES = 4
COLOR_WEIGHT = 1.5
NOT_SEEN, UNSEEN = "other", 0.3
"""The name of a ground that was not seen; so much of its share counts for every colour."""
FOREIGN = -3.0
"""Added to the log-probability of a text of another region."""
ABROAD_AT_BEST = FOREIGN
"""Hardly a reading of another region's plate comes to more, score and prior together: by some hundredths, where the
ground is sure or frames of nothing were left out."""
RARE = -4.0
"""Added where only a loose form takes the text: one plate in ten has no serial of its state's pattern, and such a form
takes some hundred times as many texts."""
PLAIN_PRIOR = -1.0
"""A form that agrees so well with the ground is not outdone by another that needs a less likely text."""
TIE = 1e-3
"""Readings no farther apart than this are as good as one another."""
NEAR_PRIOR = 1.0
"""Forms that agree with the ground less by so much are tried after the others."""
TWIN_DIGITS = str.maketrans({char: twin for char, twin in TWINS.items() if twin in DIGITS})
RATIO_SPREAD, RATIO_AT_WORST = 0.1, -3.0
"""How far ratios of width to height as plates are found differ from a form's, as a logarithm (drawn plates: 0.07 to
0.11); and what the most unlike one costs, for seen from the side a plate is as narrow as one of another land."""
CLEAR_GAP, HOLE = 1.15, 1.55
"""So many times as far apart as any others stand two characters that part a row; two that lost one between them."""
FIRST_LATEST = 0.45
"""Where the first character of a serial stands in the cut, as a share of its width: drawn plates of seven 0.34 to
0.41, 628 real ones 0.29 to 0.44. Where the last one stands tells less: seen aslant, where a plate of eight has it."""
GAP_ELSEWHERE = -3.0
"""Added where a row is parted where such plates are not."""
UNLIKELY_SERIAL = -4.0
"""Added to the log-probability of a text whose serial no plate was ever given."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a plate of one row tells beside its characters: `ratio` of width to height as it was found (0: not known),
    and the `middles` of the characters that were seen, from left to right."""

    ratio: float = 0.0
    middles: tuple[float, ...] = ()

    def lacks_one(self, form: PlateForm) -> bool:
        """Whether a character of the serial was not seen: two of it stand apart, where none of such plates is parted,
        or it begins too far within. A green plate that loses one of its eight is a blue one by its pattern."""
        start, end = form.serial
        if start == end or len(self.middles) != len(form.slots):
            return False
        serial = self.middles[start:end]
        return serial[0] > FIRST_LATEST or _widest_gap(serial)[1] >= HOLE

    def is_parted_elsewhere(self, form: PlateForm) -> bool:
        """Whether the row is parted where such plates are not; False where either is not known."""
        if not form.gaps or len(self.middles) != len(form.slots):
            return False
        after, times = _widest_gap(self.middles)
        return times >= CLEAR_GAP and after not in form.gaps


def _widest_gap(middles: tuple[float, ...]) -> tuple[int, float]:
    """After how many characters the next one stands farthest away, and how many times as far as anywhere else; (0, 0.0)
    of fewer than three."""
    apart = [right - left for left, right in pairwise(middles)]
    if len(apart) < 2:
        return 0, 0.0
    widest = apart.index(max(apart))
    return widest + 1, apart[widest] / max(apart[:widest] + apart[widest + 1 :])


NO_LAYOUT = Layout()


@dataclass(frozen=True, slots=True)
class Decoded:
    """The best text of a plate in one line. `score` is log P(text) - log P(best free text); `prior` how well the form
    agrees with the ground that was seen, as a log-probability."""

    form: PlateForm
    text: str
    slots: tuple[SlotScores, ...]
    score: float
    prior: float = 0.0


def decode(
    line: Line,
    colors: tuple[tuple[str, float], ...],
    grammar: Grammar,
    beside: PlateForm | None = None,
    layout: Layout = NO_LAYOUT,
) -> Decoded | None:
    """The text, its form and its slots; None where no form fits the line at all. `beside`: the form that another reader
    found there, which is taken where another fits no better."""
    line = without_gaps(line)
    shares = dict(colors)
    by_ratio = {ratios: log_ratio(layout.ratio, ratios) for ratios in grammar.ratios}
    priors = [_log_prior(form, shares) + by_ratio[form.ratios] + _log_gap(form, layout) for form in grammar.forms]
    found = _plain_readings(line, priors, grammar)
    rated = _rated(found, priors, grammar) if found else _searched(line, priors, grammar)
    if not rated:
        return None
    reading = _chosen(rated, grammar, beside)
    form = grammar.forms[reading.form]
    slots = likely_slots(_slots(line, reading, grammar), form)
    return Decoded(form, text_of(slots), slots, reading.log_p - line.free_log_p, priors[reading.form])


def _chosen(rated: list[tuple[float, Reading]], grammar: Grammar, beside: PlateForm | None) -> Reading:
    """The best; of those as good that differ in O and 0 or I and 1 alone, where both count alike, that of the form
    `beside`, else that of most digits."""
    best, reading = max(rated, key=lambda entry: entry[0])
    if len(rated) == 1:
        return reading
    folded = _text(reading.columns, grammar).translate(TWIN_DIGITS)
    alike = {}
    for total, each in rated:
        text = _text(each.columns, grammar)
        if total >= best - TIE and text.translate(TWIN_DIGITS) == folded:
            alike[each] = grammar.forms[each.form] is beside, sum(char in DIGITS for char in text), total
    return max(alike, key=lambda each: alike[each])


def _rated(readings: Iterable[Reading], priors: list[float], grammar: Grammar) -> list[tuple[float, Reading]]:
    """Each reading with what speaks for it: the line, the ground and whether its serial is one that is given."""
    rated = []
    for reading in readings:
        is_likely = grammar.forms[reading.form].serial_is_likely(_text(reading.columns, grammar))
        rated.append((reading.log_p + (0.0 if is_likely else UNLIKELY_SERIAL) + priors[reading.form], reading))
    return rated


def _searched(line: Line, priors: list[float], grammar: Grammar) -> list[tuple[float, Reading]]:
    """The best texts of the forms that agree with the ground; of the others only where one of them may still be better
    than all of those, which is seldom."""
    near = max(priors) - NEAR_PRIOR
    rated = _best_of([form for form, prior in enumerate(priors) if prior >= near], line, priors, grammar)
    most = float(np.maximum(line.log_chars.max(axis=1), line.log_blank).sum())  # no path is likelier
    best = max((total for total, _reading in rated), default=-np.inf)
    rest = [form for form, prior in enumerate(priors) if prior < near and most + prior > best]
    return rated + _best_of(rest, line, priors, grammar) if rest else rated


def _best_of(forms: list[int], line: Line, priors: list[float], grammar: Grammar) -> list[tuple[float, Reading]]:
    """The texts of these forms, rated, down to where no other can be as good as the best."""
    search = Search(line.log_chars, line.log_blank, grammar, forms)
    rated: list[tuple[float, Reading]] = []
    best = -np.inf
    for form in sorted(search.log_p, key=lambda form: -search.log_p[form] - priors[form]):
        if search.log_p[form] + priors[form] < best - TIE:
            break
        rated += _rated((search.reading(form),), priors, grammar)
        best = max(best, rated[-1][0])
    return rated


def _plain_readings(line: Line, priors: list[float], grammar: Grammar) -> list[Reading]:
    """The free text as a reading of each form that takes it as it is; none where no such form agrees with the ground.

    No other text has a likelier path, so nothing has to be searched for: most plates are read this way, in a third of
    the time.
    """
    found = []
    for number, form in enumerate(grammar.forms):
        if len(form.slots) == len(line.free):
            columns = grammar.columns_of(number, line.free)
            if columns is not None and form.serial_is_likely(_text(columns, grammar)):
                found.append(Reading(number, columns, line.free_log_p))
    agreeing = any(priors[reading.form] > PLAIN_PRIOR for reading in found)
    return found if agreeing else []


def _text(columns: tuple[int, ...], grammar: Grammar) -> str:
    return "".join(grammar.columns[column][0] for column in columns)


def _log_prior(form: PlateForm, shares: dict[str, float]) -> float:
    """How well the ground agrees, and whether the form is at home; a form of any colour stands behind a seen one."""
    unseen = UNSEEN * shares.get(NOT_SEEN, 0.0)
    rated = [shares.get(color, 0.0) + (0.0 if color == NOT_SEEN else unseen) for color in form.colors]
    back = (FOREIGN if form.foreign else 0.0) + (RARE if form.rare else 0.0)
    return COLOR_WEIGHT * float(np.log(max(rated, default=0.25) + 0.01)) + back


def log_ratio(ratio: float, ratios: tuple[float, float]) -> float:
    """How well a ratio of width to height agrees with a form's, as a log-probability of 0 at best."""
    least, most = ratios
    if not ratio or not most:
        return 0.0
    off = float(np.log(ratio / min(max(ratio, least), most))) / RATIO_SPREAD
    return max(-0.5 * off * off, RATIO_AT_WORST)


def _log_gap(form: PlateForm, layout: Layout) -> float:
    return GAP_ELSEWHERE if layout.is_parted_elsewhere(form) else 0.0


def _slots(line: Line, reading: Reading, grammar: Grammar) -> tuple[SlotScores, ...]:
    """For each slot: the text with another character there, summed over all paths, for the likeliest few characters.

    `OTHER` of each slot is scored as a column of its own behind the grammar's: what no form allows anywhere, and what
    other forms allow but not this slot.
    """
    width = line.log_chars.shape[1]
    others = [_log_other(line, grammar, reading.form, slot) for slot in range(len(reading.columns))]
    log_chars = np.concatenate((line.log_chars, np.stack(others, axis=1)), axis=1)
    peaks: Floats = np.asarray(line.log_chars.max(axis=0), np.float32)
    centres = _peak_frames(line, reading.columns)
    tried: list[list[int]] = []
    for slot, column in enumerate(reading.columns):
        near = _near(line, centres[slot], grammar.taken(reading.form, slot), peaks)
        tried.append(list(dict.fromkeys([column, *near, width + slot])))
    texts = np.tile(np.array(reading.columns, np.intp), (sum(map(len, tried)), 1))
    rows = iter(range(len(texts)))
    for slot, columns in enumerate(tried):
        for column in columns:
            texts[next(rows), slot] = column
    log_p = iter(text_log_p(log_chars, line.log_blank, texts).tolist())
    return tuple(_normalised([(column, next(log_p)) for column in columns], grammar) for columns in tried)


def _log_other(line: Line, grammar: Grammar, form: int, slot: int) -> Floats:
    """(frames,): the likeliest of everything that may not stand in the slot; what counts as an allowed one is not."""
    barred = grammar.barred(form, slot)
    if not len(barred):
        return line.log_other
    return np.asarray(np.maximum(line.log_other, line.log_chars[:, barred].max(axis=1)), np.float32)


def _near(line: Line, centre: int, options: NDArray[np.intp], peaks: Floats) -> list[int]:
    """The likeliest columns near where the slot's character stands: about its own peak frame, else anywhere."""
    window = (line.log_chars[max(0, centre - 1) : centre + 2].max(axis=0) + np.float32(1e-3) * peaks)[options]
    nearest: list[int] = options[np.argsort(-window)[:ALTERNATIVES]].tolist()
    return nearest


def _peak_frames(line: Line, columns: tuple[int, ...]) -> list[int]:
    """The frame of each slot in which its character stands highest, in order."""
    frames = len(line.log_blank)
    best = np.full((len(columns), frames), -1e9)
    came = np.zeros((len(columns), frames), np.intp)
    emit = line.log_chars[:, list(columns)].T
    best[0] = emit[0]
    for number in range(1, len(columns)):
        running = np.maximum.accumulate(best[number - 1])
        at = np.maximum.accumulate(np.where(best[number - 1] >= running, np.arange(frames), 0))
        best[number, 1:] = running[:-1] + emit[number, 1:]
        came[number, 1:] = at[:-1]
    found = [int(best[-1].argmax())]
    for number in range(len(columns) - 1, 0, -1):
        found.append(int(came[number, found[-1]]))
    return found[::-1]


def _normalised(rated: list[tuple[int, float]], grammar: Grammar) -> SlotScores:
    """A slot's scores of its columns, each with the log-probability of the text that has it there."""
    most = max(value for _column, value in rated)
    total = most + log(sum(exp(value - most) for _column, value in rated))
    named: dict[str, float] = {}
    for column, value in rated:
        char = OTHER if column >= len(grammar.columns) else grammar.columns[column][0]
        named[char] = max(value - total, named.get(char, -1e9))
    return SlotScores(tuple(sorted(named.items(), key=lambda item: -item[1])))


def text_of(slots: tuple[SlotScores, ...]) -> str:
    """The best character of each slot."""
    return "".join(slot.char for slot in slots)


def likely_slots(slots: tuple[SlotScores, ...], form: PlateForm) -> tuple[SlotScores, ...]:
    """The same slots with a likely serial; where it has too many letters, the least sure of them give way to digits.

    Such a digit then stands first in its slot, by no margin where the letter was far clearer: the margin is the text's.
    """
    start, end = form.serial
    while not form.serial_is_likely(text_of(slots)):
        swaps = [
            (slots[at].scores[0][1] - log_p, at, char)
            for at in range(start, end)
            if slots[at].char not in DIGITS
            for char, log_p in slots[at].scores
            if char in DIGITS
        ]
        if not swaps:
            break
        _cost, at, char = min(swaps)
        slots = (*slots[:at], _with_digit(slots[at], char), *slots[at + 1 :])
    return slots


def _with_digit(slot: SlotScores, digit: str) -> SlotScores:
    """The slot with its letters as much less likely as a serial is that no plate was given, and this digit first."""
    unlikely = {char: 0.0 if char in DIGITS or char == OTHER else UNLIKELY_SERIAL for char, _log_p in slot.scores}
    scores = {char: log_p + unlikely[char] for char, log_p in slot.scores}
    scores[digit] = max(log_p for char, log_p in scores.items() if char != OTHER)
    return normalised(scores, doubted=slot.doubted)  # at a tie digits stand before letters
