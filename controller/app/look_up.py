"""Asks registry and log what is known of a fact, on connections of the lane loop's own. Decides nothing."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import structlog

from controller.domain.decide import asked
from controller.domain.facts import ClockState, Fact, RegistryChange, RegistryMoved
from controller.domain.known import Asked, Known
from controller.domain.rules import SiteRules
from controller.domain.state import BoxState
from controller.eventlog.errors import LogError
from controller.registry.errors import RegistryError

log = structlog.get_logger("look_up")


class Registry(Protocol):
    """What is asked of the registry."""

    def look_up(self, asked: Asked, at_us: int) -> Known: ...

    def refresh(self, at_us: int | None = None) -> int: ...


class Overlay(Protocol):
    """What the booth changed; read again when told to."""

    def renew(self) -> None: ...


class Stays(Protocol):
    """What is asked of the log."""

    def with_stays(self, known: Known, asked: Asked) -> Known: ...


class CombinedLookUp:
    """Registry first, then the log's stays. What cannot be asked is empty, and an alarm says so."""

    def __init__(
        self,
        registry: Registry,
        stays: Stays,
        *,
        overlay: Overlay,
        clock_trusted: bool,
        alarm: Callable[[str, bool, str], None],
    ) -> None:
        self._registry = registry
        self._stays = stays
        self._overlay = overlay
        self._clock_trusted = clock_trusted
        self._alarm = alarm
        self._failing: set[str] = set()
        self._stale = True
        self.list_version = -1  # the newest of the registry that a fact told of

    @property
    def clock_trusted(self) -> bool:
        """Whether the time may be relied on, as the last `ClockState` said."""
        return self._clock_trusted

    def known_for(self, state: BoxState, fact: Fact, rules: SiteRules) -> Known:
        """Everything known for a fact, as of now."""
        if isinstance(fact, ClockState):
            self._clock_trusted = fact.trusted
        if isinstance(fact, RegistryMoved):
            self.list_version = max(self.list_version, fact.version)
        if self._stale or isinstance(fact, RegistryMoved):
            self._stale = False
            self._guarded("log", self._overlay.renew)
            self._guarded("registry", lambda: self._registry.refresh(fact.at))
        if isinstance(fact, RegistryChange | RegistryMoved):
            self._stale = True  # what this fact records is in force from the next one on
        question = asked(state, fact, rules)
        known = self._guarded("registry", lambda: self._registry.look_up(question, fact.at)) or Known()
        known = self._guarded("log", lambda: self._stays.with_stays(known, question)) or known
        return replace(known, clock_trusted=self._clock_trusted)

    def _guarded(self, what: str, ask: Callable[[], Known | int | None]) -> Known | None:
        """The answer, or None when a database cannot be read: told once when it begins and once when it ends."""
        try:
            answer = ask()
        except (sqlite3.Error, RegistryError, LogError) as error:
            if what not in self._failing:
                self._failing.add(what)
                log.error("cannot be read", what=what, why=str(error))
                self._alarm(f"{what}_unreadable", True, str(error))
            return None
        if what in self._failing:
            self._failing.discard(what)
            self._alarm(f"{what}_unreadable", False, "")
        return answer if isinstance(answer, Known) else None
