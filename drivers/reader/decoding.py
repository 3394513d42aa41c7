"""What a decoder of a reader's line gives: cards, or errors in its own words. No line and no thread stand here."""

from dataclasses import dataclass
from typing import Protocol

from drivers.reader.cards import Card


class LineError(ValueError):
    """What came on the line is no card; the message says what was expected and what came."""


@dataclass(frozen=True, slots=True)
class Misread:
    """Something that was no card, and why."""

    reason: str


Decoded = Card | Misread


class Decoder(Protocol):
    """Bytes in as they come, cards and misreads out. Bounded, resyncing; nothing that comes in makes it raise."""

    def feed(self, data: bytes, now_ns: int) -> list[Decoded]: ...

    def reset(self) -> None:
        """Forget a half frame: the line was lost."""
