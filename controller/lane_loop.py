"""The lane loop: the one thread that owns all lane state and is the only writer of the event log.

Decide, record, act, observe, in that order; nothing is done whose record is not on disk, but for known vehicles when
the disk fails (F3). No rule of the estate may be put here.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from controller.domain.canonical import NotCanonical
from controller.domain.decide import decide
from controller.domain.effects import Effect, StartTimer, StopTimer
from controller.domain.events import Event
from controller.domain.facts import BoxAlarm, Fact, RulesLoaded, TimerDue
from controller.domain.known import Known
from controller.domain.rules import SiteRules
from controller.domain.state import BoxState
from controller.domain.unrecorded import may_act_unrecorded
from controller.inbox import Inbox, Incoming, Job
from controller.ports import Actor, Clock, LogUnwritable, LookUp, Recorder
from controller.timers import Timers

UNRECORDED_HELD = 20_000
RETRY_EVERY_S = 2.0
CATCH_UP_NS = 50_000_000
"""So long at a time is written what a full disk held back; a fact that comes meanwhile need not wait for all of it."""

log = structlog.get_logger("lane_loop")


@dataclass(frozen=True, slots=True)
class _Unrecorded:
    fact: Fact
    known: Known
    state: BoxState
    events: Sequence[Event]


@dataclass(slots=True)
class LoopFigures:
    """What the loop did, for /metrics: counts, and the time facts took from take-up to effects handed over."""

    facts: int = 0
    events: int = 0
    unrecorded: int = 0
    last_fact_ms: float = 0.0
    slowest_fact_ms: float = 0.0


class LaneLoop:
    """Takes facts from the inbox, one at a time, until told to stop."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        clock: Clock,
        look_up: LookUp,
        recorder: Recorder,
        actor: Actor,
        new_id: Callable[[], str],
        state: BoxState,
        rules: SiteRules,
        recorded: Callable[[], None] = lambda: None,
    ) -> None:
        self._inbox = inbox
        self._clock = clock
        self._look_up = look_up
        self._recorder = recorder
        self._actor = actor
        self._new_id = new_id
        self._state = state
        self._rules = rules
        self._recorded = recorded
        self._timers = Timers()
        self._unrecorded: deque[_Unrecorded] = deque()
        self._retry_at_ns = 0
        self._stopping = False
        self.figures = LoopFigures()

    @property
    def state(self) -> BoxState:
        """State after the last fact."""
        return self._state

    @property
    def log_is_writable(self) -> bool:
        """Whether everything decided so far is on disk."""
        return not self._unrecorded

    def stop(self) -> None:
        """Ask the loop to end after what it is doing; callable from a signal handler or any thread."""
        self._stopping = True
        self._inbox.put(Job("stop", lambda: None))

    def run(self) -> None:
        """Work until `stop`."""
        while not self._stopping:
            self.step(self._wait_s())

    def step(self, wait_s: float | None) -> None:
        """Take up at most one item and every timer that is due."""
        item = self._inbox.get(wait_s)
        self._retry_unrecorded()
        match item:
            case Incoming(fact=fact, origin_ns=origin_ns):
                self.take_up(fact, origin_ns)
            case Job(name=name, run=run):
                self._do(name, run)
        for due in self._timers.due(self._clock.monotonic_ns()):
            fact = TimerDue(id=self._new_id(), at=self._clock.utc_us(), lane=due.lane, name=due.name, token=due.token)
            self.take_up(fact, due.due_ns)

    def take_up(self, fact: Fact, origin_ns: int) -> None:
        """Decide on one fact, record what follows from it, and act. A fault of ours costs the fact, never the loop."""
        try:
            self._take_up(fact, origin_ns)
        except (
            Exception
        ) as error:  # the edge of the gate's one thread: what it cannot handle it leaves out, and says so
            log.exception("a fact could not be taken up; it is left out", fact=fact.id, kind=type(fact).__name__)
            if not isinstance(fact, BoxAlarm):
                self._alarm("unrecordable", on=True, detail=f"{type(fact).__name__}: {error!a}"[:200])

    def _take_up(self, fact: Fact, origin_ns: int) -> None:
        started_ns = self._clock.monotonic_ns()
        fact = replace(fact, waited_us=max(0, (started_ns - origin_ns) // 1000))
        if isinstance(fact, RulesLoaded):
            self._rules = fact.rules
        known = self._look_up.known_for(self._state, fact, self._rules)
        decision = decide(self._state, fact, known, self._rules)
        changed = decision.state != self._state or bool(decision.events)
        try:
            on_disk = not changed or self._record(_Unrecorded(fact, known, decision.state, decision.events))
        except NotCanonical as error:
            log.error("the log cannot hold what follows from a fact; it is left out", fact=fact.id, why=str(error))
            self._alarm("unrecordable", on=True, detail=str(error))
            return
        self._state = decision.state
        for effect in decision.effects:
            self._hand_over(effect, origin_ns, allowed=on_disk or self._may_act_unrecorded(effect))
        self._count(len(decision.events), started_ns)
        if decision.events:
            self._recorded()

    # --- record ----------------------------------------------------------------------------------------------------

    def _record(self, entry: _Unrecorded) -> bool:
        if self._unrecorded:
            self._hold(entry)
            return False
        try:
            self._recorder.record(entry.fact, entry.known, entry.state, entry.events)
        except LogUnwritable as error:
            log.error("the event log cannot be written; known vehicles still pass", why=str(error))
            self._hold(entry)
            self._retry_at_ns = self._next_try_ns()
            self._alarm("disk", on=True, detail=str(error))
            return False
        return True

    def _hold(self, entry: _Unrecorded) -> None:
        self._unrecorded.append(entry)
        self.figures.unrecorded = len(self._unrecorded)

    def _retry_unrecorded(self, most_ns: int | None = CATCH_UP_NS) -> None:
        """Write what could not be written, oldest first, as soon as the disk takes it again; for so long at a time."""
        if not self._unrecorded or self._clock.monotonic_ns() < self._retry_at_ns:
            return
        began_ns = self._clock.monotonic_ns()
        self._retry_at_ns = self._next_try_ns()
        while self._unrecorded:
            if most_ns is not None and self._clock.monotonic_ns() - began_ns > most_ns:
                self._retry_at_ns = 0  # the disk takes it again: the rest between the facts that come meanwhile
                break
            entry = self._unrecorded[0]
            try:
                self._recorder.record(entry.fact, entry.known, entry.state, entry.events)
            except LogUnwritable as error:
                log.error("the event log still cannot be written", why=str(error), waiting=len(self._unrecorded))
                break
            except Exception as error:  # one entry that the log can never hold must not hold up all behind it
                log.exception("what was held back cannot be recorded; it is left out", fact=entry.fact.id)
                self._alarm("unrecordable", on=True, detail=f"{type(entry.fact).__name__}: {error!a}"[:200])
            self._unrecorded.popleft()
        self.figures.unrecorded = len(self._unrecorded)
        if not self._unrecorded:
            self._alarm("disk", on=False, detail="")

    def flush(self) -> None:
        """A last try before the log is closed; what the disk still does not take is lost, and is said so."""
        self._retry_at_ns = 0
        self._retry_unrecorded(most_ns=None)
        if self._unrecorded:
            log.error("what was decided without a disk is lost with this stop", facts=len(self._unrecorded))

    def _next_try_ns(self) -> int:
        return self._clock.monotonic_ns() + int(RETRY_EVERY_S * 1e9)

    def _alarm(self, alarm: str, *, on: bool, detail: str) -> None:
        fact = BoxAlarm(id=self._new_id(), at=self._clock.utc_us(), alarm=alarm, on=on, detail=detail)
        self._inbox.put(Incoming(fact, self._clock.monotonic_ns()))

    # --- act -------------------------------------------------------------------------------------------------------

    def _hand_over(self, effect: Effect, origin_ns: int, *, allowed: bool) -> None:
        """Do one effect; what goes wrong with it must not keep the others, timers among them, from being done."""
        try:
            self._act(effect, origin_ns, allowed=allowed)
        except Exception:  # a driver's refusal of an order is its fault or ours, not the gate's end
            log.exception("an effect could not be handed over", lane=effect.lane, effect=type(effect).__name__)

    def _do(self, name: str, run: Callable[[], None]) -> None:
        try:
            run()
        except Exception:  # work for the log's writer that fails is told; the lanes go on
            log.exception("a job between two facts failed", job=name)

    def _act(self, effect: Effect, origin_ns: int, *, allowed: bool) -> None:
        match effect:
            case StartTimer(lane=lane, name=name, token=token, after_ms=after_ms):
                self._timers.start(lane, name, token, self._clock.monotonic_ns() + after_ms * 1_000_000)
            case StopTimer(lane=lane, name=name):
                self._timers.stop(lane, name)
            case _ if allowed:
                self._actor.act(effect, origin_ns)
            case _:
                log.error("not done because it could not be recorded", lane=effect.lane, effect=type(effect).__name__)

    def _may_act_unrecorded(self, effect: Effect) -> bool:
        room = len(self._unrecorded) < UNRECORDED_HELD
        return may_act_unrecorded(effect, self._state.lanes.get(effect.lane), self._rules, room=room)

    # --- time ------------------------------------------------------------------------------------------------------

    def _wait_s(self) -> float | None:
        waits = [self._timers.seconds_to_next(self._clock.monotonic_ns())]
        if self._unrecorded:
            waits.append(RETRY_EVERY_S if self._retry_at_ns else 0.0)
        return min((wait for wait in waits if wait is not None), default=None)

    def _count(self, events: int, started_ns: int) -> None:
        took_ms = (time.monotonic_ns() - started_ns) / 1e6
        self.figures.facts += 1
        self.figures.events += events
        self.figures.last_fact_ms = took_ms
        self.figures.slowest_fact_ms = max(self.figures.slowest_fact_ms, took_ms)
