"""What readers say of one plate, as one: slots are added up where they read as many, doubt is raised where not.

Values in, values out. The readers err differently (one on provinces, one on characters that run together), so what both
say is worth more than either, and what they differ in must not open a barrier.
"""

import string
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from drivers.camera.plate_form import DIGITS
from drivers.camera.recogniser import OTHER, Plate, SlotScores, normalised
from drivers.camera.slots import Decoded, likely_slots, text_of

FLOOR = float(np.log(1e-3))
"""What a reader gives a character that it did not think of: it may be wrong."""
FIRST, SECOND = 0.5, 1.0
"""How much each reader's word counts: the second has seen more shapes of characters than can be drawn."""
EXPECTED_DIGITS = 2.25
"""How much likelier each digit is than each letter in a serial of a Chinese plate as they are drawn, as a logarithm."""
LETTERS_BACK = (FIRST + SECOND - 1.0) * EXPECTED_DIGITS
"""What readers expect is in what they say. Added up, it counts FIRST + SECOND times, and should once: G was 6 by it."""
FIRST_ABROAD = 0.25
"""The first reader's on plates outside China, where every land and state has characters of its own shape."""
DOUBT, GREAT_DOUBT = 0.3, 0.15
"""Where the two differ in a slot, its log-probabilities are flattened to the first share; where they differ in length,
or only the second reads at all, all slots to the other: what they differ in leaves a margin that opens nothing."""
MOST_APART = 0.55
"""So far apart, as logarithms, stand the best two of a slot in which the two differ: a margin of 270 at most."""
SURE, SURE_SECOND = 985, 700
"""One of the two has to give a character so much more than the next by itself: on a blurred plate both take the same
thing for the same other one, and each says so only half."""
STRANGE_SHARE = 0.005
"""So much of the share of what cannot stand in a slot goes to each character that can."""
DECIDED_MARGIN = 700
"""What two readers leave in less doubt needs no third word."""
HEARD_SCORE = -4.0
"""A second reading that is so much worse than free text is no reading of a plate at all: its text is not heard."""
LEAST_SCORE = -9.0
"""A first reading under this is none."""
NOTHING_SEEN = -3.0
"""What counts as its score where it saw nothing at all, as it was taught to where no plate is."""
FOREIGN_KIND = "foreign"
"""Plates outside China: slogans and seals stand on them too, which are no part of the text."""
LETTERS = frozenset(string.ascii_uppercase)
LEAST_LIKE = 2.0
"""The second reader's form is not taken where the ground speaks so much more for the first one's."""


def agreed(first: Decoded | None, second: Decoded | None) -> Decoded | None:
    """One reading of both, or None where neither read a plate.

    Where they differ in length the surer one stands, but the first where the second only leaves out something of it:
    the small digits of old plates, which it was never shown.
    """
    own_score = NOTHING_SEEN if first is None else None if first.form.foreign else first.score
    if first is not None and first.score < LEAST_SCORE:
        first = None
    if second is not None and not is_heard(second):
        return first and doubted(first)
    if second is None:
        return first
    second = replace(second, score=_score(own_score, second.score))
    if first is None:
        return doubted(second)
    if len(first.text) != len(second.text):
        is_whole = first.form.kind != FOREIGN_KIND and _leaves_out(second.text, first.text)
        return doubted(second if margin(second) > margin(first) and not is_whole else first)
    added = _added_abroad if first.form.kind == FOREIGN_KIND else _added
    slots = tuple(map(added, first.slots, second.slots))
    score = max(first.score, second.score)  # of the second the blended one
    forms = (first, second) if second.prior > first.prior - LEAST_LIKE else (first,)
    for reading in forms:
        likely = likely_slots(slots, reading.form)
        if reading.form.takes(text_of(likely)):
            return replace(reading, text=text_of(likely), slots=likely, score=score)
    return doubted(first)  # a mixture of two forms is a plate of neither, and blue letters stand on no army's plate


def reconsidered(first: Decoded | None, before: Decoded, words: Iterable[Decoded | None]) -> Decoded:
    """What two readers left in doubt, read anew by the first one and the mean of `words`: each of the second reader's
    two by itself, and the third reader's. `before`: what the two came to.

    That may be another text; it is no surer of being a plate, and opens nothing that was held before, no near plate
    either: three may take a blurred character for the same other one as well as two. So the same text keeps what was
    said of it, and another one has two doubtful characters at least, by one of which no near plate opens.
    """
    heard = [word for word in words if word is not None and is_heard(word)]
    after = agreed(first, _mean_of(heard)) if heard else before
    if after is None or len(after.text) != len(before.text):
        return doubted(before)
    if after.text == before.text:
        return before
    slots = [
        _held(slot) if slot.char != was.char or was.margin < DECIDED_MARGIN else was
        for slot, was in zip(after.slots, before.slots, strict=True)
    ]
    if sum(slot.doubted for slot in slots) == 1:
        least = min((slot.margin, at) for at, slot in enumerate(slots) if not slot.doubted)[1]
        slots[least] = _held(slots[least])
    return replace(after, slots=tuple(slots), score=before.score)


def _mean_of(words: list[Decoded]) -> Decoded:
    """The mean of the words that have as many characters as the first, slot by slot, as logarithms."""
    alike = [word for word in words if len(word.text) == len(words[0].text)]
    slots = tuple(map(_mean, *(word.slots for word in alike))) if len(alike) > 1 else words[0].slots
    for word in alike:
        likely = likely_slots(slots, word.form)
        if word.form.takes(text_of(likely)):
            return replace(word, text=text_of(likely), slots=likely)
    return words[0]


def _mean(*slots: SlotScores) -> SlotScores:
    given = [dict(slot.scores) for slot in slots]
    chars = {char for scores in given for char in scores}
    return normalised(
        {char: sum(max(scores.get(char, FLOOR), FLOOR) for scores in given) / len(given) for char in chars}
    )


Doubtful = TypeVar("Doubtful", Decoded, Plate)


def doubted(reading: Doubtful) -> Doubtful:
    """The same text with margins under what opens."""
    slots = [{char: GREAT_DOUBT * max(log_p, FLOOR) for char, log_p in slot.scores} for slot in reading.slots]
    return replace(reading, slots=tuple(normalised(slot, doubted=True) for slot in slots))


def _score(own: float | None, other: float) -> float:
    """How well a plate's text agrees with what both read: the first reader was trained on what is no plate, and where
    it sees less of one than the second, its word counts twice."""
    return other if own is None or own >= other else (2 * max(own, LEAST_SCORE) + other) / 3


def is_heard(second: Decoded) -> bool:
    """Whether the second reader read a plate at all; where it did not, that is a doubt of what the first one read."""
    return second.score >= HEARD_SCORE


def margin(reading: Decoded) -> int:
    """The smallest of the slots' margins, 0 to 1000."""
    return min((slot.margin for slot in reading.slots), default=0)


def _leaves_out(text: str, whole: str) -> bool:
    """Whether the text is the whole without some characters from within it."""
    rest = iter(whole)
    return len(text) < len(whole) and text[0] == whole[0] and text[-1] == whole[-1] and all(c in rest for c in text)


def _added(own: SlotScores, other: SlotScores) -> SlotScores:
    sums = _sums(own, other, FIRST)
    if not DIGITS.isdisjoint(sums):
        sums = {char: value + LETTERS_BACK * (char in LETTERS) for char, value in sums.items()}
    return _summed(own, other, sums)


def _added_abroad(own: SlotScores, other: SlotScores) -> SlotScores:
    return _summed(own, other, _sums(own, other, FIRST_ABROAD))


def _sums(own: SlotScores, other: SlotScores, weight: float) -> dict[str, float]:
    chars = {char for char, _log_p in own.scores} | {char for char, _log_p in other.scores if char != OTHER}
    return {char: weight * _word(own, char) + SECOND * _word(other, char) for char in chars}


def _summed(own: SlotScores, other: SlotScores, sums: dict[str, float]) -> SlotScores:
    """Flattened where the two differ, the more the surer both are, where neither said what comes out, and where neither
    is sure of what both say: no margin of such a slot opens anything."""
    likeliest = max((char for char in sums if char != OTHER), key=lambda char: sums[char])
    is_sure = own.margin >= SURE or other.margin >= SURE_SECOND
    if own.char == other.char == likeliest and is_sure:
        return normalised(sums)
    return _flattened(sums)


def _held(slot: SlotScores) -> SlotScores:
    return _flattened(dict(slot.scores)) if len(slot.scores) > 1 else slot


def _flattened(sums: dict[str, float]) -> SlotScores:
    """To the share DOUBT at most, and so far that no margin of the slot opens anything."""
    second, best = sorted(sums.values())[-2:]
    share = min(DOUBT, MOST_APART / max(best - second, MOST_APART))
    return normalised({char: share * value for char, value in sums.items()}, doubted=True)


def _word(slot: SlotScores, char: str) -> float:
    """What a reader says for a character, as a log-probability.

    The share of what cannot stand there goes to all that can: a reader that saw such a thing does not know which of
    them it was, and its second thought must not outvote the other reader's first.
    """
    scores = dict(slot.scores)
    if char == OTHER:
        return max(scores.get(OTHER, FLOOR), FLOOR)
    strange = float(np.exp(scores[OTHER])) * STRANGE_SHARE if OTHER in scores else 0.0
    return max(float(np.log(np.exp(scores.get(char, FLOOR)) + strange)), FLOOR)
