"""When sightings of a card are one presentation: a flood of frames, and a card left lying, open the barrier once.

Pure: time is passed in, in monotonic nanoseconds. No reader and no line stand here.
"""

from dataclasses import dataclass

HOLD_MS = 2_000
MOST_CARDS = 16  # on one reader at once; more than that is noise, and the oldest is forgotten


@dataclass(frozen=True, slots=True)
class Ended:
    """A presentation that is over: how many frames it had and how long it lasted. The card's text is for the caller."""

    card: str
    count: int
    lasted_ms: int


@dataclass(slots=True)
class _Open:
    began_ns: int
    seen_ns: int
    count: int


class Presentations:
    """The presentations at one reader. A card is presented anew when it was not seen for `hold_ms`."""

    def __init__(self, hold_ms: int = HOLD_MS) -> None:
        self._hold_ns = hold_ms * 1_000_000
        self._open: dict[str, _Open] = {}

    def seen(self, card: str, now_ns: int) -> bool:
        """True when this sighting begins a presentation, False when it belongs to the one that is going on."""
        going_on = self._open.pop(card, None)
        if going_on is not None and now_ns - going_on.seen_ns < self._hold_ns:
            self._open[card] = _Open(going_on.began_ns, now_ns, going_on.count + 1)
            return False
        while len(self._open) >= MOST_CARDS:
            del self._open[next(iter(self._open))]
        self._open[card] = _Open(now_ns, now_ns, 1)
        return True

    def ended(self, now_ns: int) -> list[Ended]:
        """The presentations that are over by now, each told once."""
        over = [card for card, one in self._open.items() if now_ns - one.seen_ns >= self._hold_ns]
        return [self._end(card) for card in over]

    def _end(self, card: str) -> Ended:
        one = self._open.pop(card)
        return Ended(card, one.count, (one.seen_ns - one.began_ns) // 1_000_000)
