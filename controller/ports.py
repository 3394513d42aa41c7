"""The small boundaries that the lane loop needs from the rooms beside it; each is small enough for a real fake.

No implementation may be put here.
"""

from collections.abc import Sequence
from typing import Protocol

from controller.domain.effects import Effect
from controller.domain.events import Event, RecordedEvent
from controller.domain.facts import Fact
from controller.domain.known import Known
from controller.domain.rules import SiteRules
from controller.domain.state import BoxState


class LogUnwritable(Exception):
    """The event log took nothing: disk full, an I/O error, a file that is gone. Nothing of the call was saved."""


class Clock(Protocol):
    """The one source of time. `utc_us` for records, `monotonic_ns` for deadlines."""

    def utc_us(self) -> int: ...

    def monotonic_ns(self) -> int: ...


class LookUp(Protocol):
    """The registry and the log's read models, asked before each decision. Reads only; never blocks on a writer."""

    def known_for(self, state: BoxState, fact: Fact, rules: SiteRules) -> Known: ...


class Recorder(Protocol):
    """The event log's writer: events, outbox rows, read models and lane states in one transaction, on disk."""

    def record(self, fact: Fact, known: Known, state: BoxState, events: Sequence[Event]) -> Sequence[RecordedEvent]: ...


class Actor(Protocol):
    """Carries an effect to the drivers; returns at once."""

    def act(self, effect: Effect, origin_ns: int) -> None: ...
