"""What two readers say of one plate, as one: slots are added up where they read as many, doubt is raised where not.

Values in, values out. The readers err differently (one on provinces, one on characters that run together), so what both
say is worth more than either, and what they differ in must not open a barrier.
"""

from dataclasses import replace

import numpy as np

from drivers.camera.recogniser import OTHER, SlotScores
from drivers.camera.slots import Decoded

FLOOR = float(np.log(1e-3))
"""What a reader gives a character that it did not think of: it may be wrong."""
FIRST, SECOND = 0.5, 1.0
"""How much each reader's word counts: the second has seen more shapes of characters than can be drawn."""
DOUBT = 0.3
"""Where the two differ in length or in a slot, or only the second reads at all, log-probabilities are flattened to this
share: what they differ in leaves a margin that opens nothing."""
HEARD_SCORE = -4.0
"""A second reading that is so much worse than free text is no reading of a plate at all: its text is not heard."""
LEAST_SCORE = -9.0
"""A first reading under this is none."""
LEAST_LIKE = 2.0
"""The second reader's form is not taken where the ground speaks so much more for the first one's."""


def agreed(first: Decoded | None, second: Decoded | None) -> Decoded | None:
    """One reading of both, or None where neither read a plate. Where they differ in length the surer one stands."""
    if first is not None and first.score < LEAST_SCORE:
        first = None
    if second is not None and not is_heard(second):
        return _doubted(first)
    if first is None or second is None:
        return first if first is not None else _doubted(second)
    if len(first.text) != len(second.text):
        return _doubted(second if margin(second) > margin(first) else first)
    slots = tuple(_added(own, other) for own, other in zip(first.slots, second.slots, strict=True))
    text = "".join(slot.char for slot in slots)
    score = max(first.score, second.score)
    if first.form.takes(text):
        return replace(first, text=text, slots=slots, score=score)
    if second.form.takes(text) and second.prior > first.prior - LEAST_LIKE:
        return replace(second, text=text, slots=slots, score=score)
    return _doubted(first)  # a mixture of two forms is a plate of neither, and blue letters stand on no army's plate


def is_heard(second: Decoded) -> bool:
    """Whether the second reader read a plate at all; where it did not, that is a doubt of what the first one read."""
    return second.score >= HEARD_SCORE


def margin(reading: Decoded) -> int:
    """The smallest of the slots' margins, 0 to 1000."""
    return min((slot.margin for slot in reading.slots), default=0)


def _added(own: SlotScores, other: SlotScores) -> SlotScores:
    one, two = dict(own.scores), dict(other.scores)
    chars = set(one) | (set(two) - {OTHER})
    share = DOUBT if own.char != other.char else 1.0
    return _normalised(
        {
            char: share * (FIRST * max(one.get(char, FLOOR), FLOOR) + SECOND * max(two.get(char, FLOOR), FLOOR))
            for char in chars
        }
    )


def _doubted(reading: Decoded | None) -> Decoded | None:
    if reading is None:
        return None
    slots = [{char: DOUBT * max(log_p, FLOOR) for char, log_p in slot.scores} for slot in reading.slots]
    return replace(reading, slots=tuple(map(_normalised, slots)))


def _normalised(sums: dict[str, float]) -> SlotScores:
    top = max(sums.values())
    norm = top + float(np.log(sum(np.exp(value - top) for value in sums.values())))
    ranked = sorted(sums.items(), key=lambda item: (-item[1], item[0] == OTHER, item[0]))
    return SlotScores(tuple((char, value - norm) for char, value in ranked))
