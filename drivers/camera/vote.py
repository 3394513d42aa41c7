"""One reading from several frames of one vehicle: log-probabilities are summed slot by slot. Values in, values out.

No frame and no time may be put here.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from drivers.camera.recogniser import OTHER, Plate, SlotScores, normalised

FLOOR = float(np.log(2e-3))
"""What a frame gives a character that it did not think of: one blurred frame must not outvote two clear ones."""
LEAST_SHARE = 0.02
"""What a frame gives a colour of the ground that it did not see."""
OTHER_AGREES = float(np.log(0.3))
"""How much two frames agree that both see some other character: it need not be the same one."""

LEAST_WORD = 0.3
"""How much a frame of which some character is wholly in doubt counts beside a sure one: what hides or blurs a part of a
plate spoils what is read of the rest, too, and two such frames must not outvote a clear one in any slot."""
LEAST_EVIDENCE = 200
"""A character opens only if one of the frames saw it with this margin: of a plate that is half hidden several frames
guess the same, and guesses that agree are no reading."""
HELD_LEAD = 0.4
"""By how much, in log-probability, a held character stands before the next: with two of them a margin of 200."""


@dataclass(frozen=True, slots=True)
class Voted:
    """The reading of a vehicle. `best` is the frame's plate that agrees with the text with the largest margin."""

    text: str
    raw: str
    kind: str
    color: str
    slots: tuple[SlotScores, ...]
    frames: int
    best: Plate

    @property
    def margin(self) -> int:
        """The smallest slot margin after the vote (0-1000)."""
        return min((slot.margin for slot in self.slots), default=0)


def vote(plates: Sequence[Plate]) -> Voted | None:
    """The text that all frames together say; None without any.

    Frames are grouped by length first, the group with the most summed confidence speaks; frames of other lengths do not
    take part in its slots. A frame counts the less beside the surest, the less sure its weakest slot is. Slots in which
    two readers contradicted each other count together as one frame: what one of them takes for another character in
    this picture it takes for it in the next. A character that no frame saw and a text that none read are held: guesses
    may agree, or be put together to what stands on no plate. The colour is that of the summed log-probabilities of the
    frames that agree with the text, the kind that which most of those give it that saw this colour.
    """
    if not plates:
        return None
    groups: dict[int, list[Plate]] = {}
    for plate in plates:
        groups.setdefault(len(plate.text), []).append(plate)
    group = max(groups.values(), key=_weight)
    words = [LEAST_WORD + (1 - LEAST_WORD) * plate.confidence for plate in group]
    words = [word / max(words) for word in words]
    slots = tuple(_summed([plate.slots[at] for plate in group], words) for at in range(len(group[0].slots)))
    text = "".join(slot.char for slot in slots)
    agreeing = [plate for plate in group if plate.text == text]
    if not agreeing:
        agreeing, slots = group, tuple(map(_held, slots))
    best = max(agreeing, key=lambda plate: plate.margin)
    color = _color(agreeing)
    kind = _most(plate.kind for plate in agreeing if plate.color == color for _times in range(1 + plate.margin // 100))
    return Voted(text, best.raw, kind, color, slots, len(group), best)


def _color(plates: Sequence[Plate]) -> str:
    """The ground that all frames together say, of those that one of them settled on."""
    shares = [dict(plate.colors) or {plate.color: 1.0} for plate in plates]
    sums = {
        color: sum(float(np.log(max(share.get(color, 0.0), LEAST_SHARE))) for share in shares)
        for color in dict.fromkeys(plate.color for plate in plates)
    }
    return max(sums, key=lambda color: sums[color])


def _most(values: Iterable[str]) -> str:
    return Counter(values).most_common(1)[0][0]


def _weight(group: Sequence[Plate]) -> float:
    """Frames count by their confidence, and a little by being there at all."""
    return sum(plate.confidence + 0.1 for plate in group)


def _summed(slots: Sequence[SlotScores], words: Sequence[float]) -> SlotScores:
    chars = {char for slot in slots for char, _log_p in slot.scores}
    doubted = sum(slot.doubted for slot in slots)
    tables = [
        (dict(slot.scores), word / doubted if slot.doubted else word) for slot, word in zip(slots, words, strict=True)
    ]
    sums = {char: sum(weight * max(table.get(char, FLOOR), FLOOR) for table, weight in tables) for char in chars}
    if OTHER in sums:
        sums[OTHER] += (sum(weight for _table, weight in tables) - 1) * OTHER_AGREES
    voted = normalised(sums, doubted=doubted == len(slots))
    is_seen = any(slot.char == voted.char and slot.margin >= LEAST_EVIDENCE for slot in slots)
    return voted if is_seen else _held(voted)


def _held(slot: SlotScores) -> SlotScores:
    """The same order with a margin of LEAST_EVIDENCE at most, which opens nothing."""
    if slot.margin <= LEAST_EVIDENCE or len(slot.scores) == 1:
        return slot
    lead = slot.scores[0][1] - slot.scores[1][1]
    return normalised({char: log_p * HELD_LEAD / lead for char, log_p in slot.scores}, doubted=slot.doubted)
