"""One fact being decided at one lane: the lane's state as it changes, and the events and effects gathered so far.

A `Turn` lives for one call of `decide` and is seen by nobody else; what it hands back is frozen. No rule stands here.
"""

from dataclasses import fields, replace
from typing import Any, TypeVar

from controller.domain.effects import Effect, StartTimer, StopTimer
from controller.domain.events import Event, EventType
from controller.domain.facts import Fact
from controller.domain.known import Known
from controller.domain.rules import LaneRules, SiteRules
from controller.domain.state import LaneState, Passage
from controller.domain.terms import LaneMode

T = TypeVar("T")

FREE_MODES = (LaneMode.HELD_OPEN, LaneMode.FIRE)
"""Modes in which the arm stands up for everybody; each vehicle is still recorded."""


def changed(value: T, **changes: Any) -> T:
    """A copy of a frozen value with some fields changed; AttributeError for a field it has not.

    Many times as fast as `dataclasses.replace`, which calls `__init__` again; none of these types checks there.
    """
    held = getattr(value, "__dict__", None)
    if held is None:
        return replace(value, **changes)  # type: ignore[type-var]
    if not changes.keys() <= held.keys():
        raise AttributeError(f"{type(value).__name__} has no {', '.join(changes.keys() - held.keys())}")
    copy = object.__new__(type(value))
    copy.__dict__.update(held, **changes)
    return copy


_COUNTS = (int, bool)
"""Values of these types are kept in a body also when they are 0 or false."""


_KEPT = tuple(each.name for each in fields(LaneState) if each.name not in ("lane", "configured", "updated_at"))


class Turn:
    """The lane in hand while one fact is decided; `finish` gives its new state."""

    __slots__ = (
        "alarms",
        "arm",
        "base_mode",
        "before",
        "count",
        "current",
        "departing",
        "devices",
        "door",
        "effects",
        "events",
        "fact",
        "fire_elsewhere",
        "inputs",
        "known",
        "lane",
        "last_plate",
        "learning",
        "lift",
        "link_alive",
        "mode",
        "orders",
        "rules",
        "site",
        "timers",
        "waiting",
        "wrong",
    )

    def __init__(
        self,
        before: LaneState,
        rules: LaneRules,
        site: SiteRules,
        fact: Fact,
        known: Known,
        *,
        link_alive: bool = True,
        fire_elsewhere: bool = False,
    ) -> None:
        self.before = before
        self.rules = rules
        self.site = site
        self.fact = fact
        self.known = known
        self.count = 0
        self.link_alive = link_alive
        self.fire_elsewhere = fire_elsewhere
        self.events: list[Event] = []
        self.effects: list[Effect] = []
        self.lane = before.lane
        self.mode = before.mode
        self.base_mode = before.base_mode
        self.inputs = before.inputs
        self.arm = before.arm
        self.lift = before.lift
        self.current = before.current
        self.waiting = before.waiting
        self.departing = before.departing
        self.door = before.door
        self.orders = before.orders
        self.alarms = before.alarms
        self.devices = before.devices
        self.wrong = before.wrong
        self.timers = before.timers
        self.last_plate = before.last_plate
        self.learning = before.learning

    @property
    def is_free(self) -> bool:
        """Whether the arm stands up for everybody."""
        return self.mode in FREE_MODES

    def finish(self) -> LaneState:
        """The lane after the fact; the same object when nothing changed."""
        held = self.before.__dict__
        changes = {}
        for name in _KEPT:
            now, was = getattr(self, name), held[name]
            if now is not was and now != was:
                changes[name] = now
        return changed(self.before, updated_at=self.fact.at, **changes) if changes else self.before

    # --- what is gathered ----------------------------------------------------------------------------------------

    def record(self, type_: EventType, actor: str, passage: Passage | None, body: dict[str, Any]) -> None:
        """Add an event; keys whose value is empty or not known are left out of its body."""
        self.record_of(passage.id if passage is not None else None, type_, actor, body)

    def record_of(self, passage_id: str | None, type_: EventType, actor: str, body: dict[str, Any]) -> None:
        """The same for a passage that may have left the lane already."""
        kept = {key: value for key, value in body.items() if value or type(value) in _COUNTS}
        self.events.append(Event(type=type_, actor=actor, lane=self.lane, passage=passage_id or None, body=kept))

    def observe(self, actor: str, name: str, value: str) -> None:
        """Record something seen that is no event of its own."""
        body = {"what": [{"name": name, "value": value}]}
        self.record_of(None, EventType.LANE_OBSERVED, actor, body)

    def do(self, effect: Effect) -> None:
        """Add an effect."""
        self.effects.append(effect)

    def next_id(self) -> str:
        """An id for an order to the board: made from the fact's id, the same at every replay."""
        self.count += 1
        return f"{self.fact.id}:{self.lane}:{self.count}"

    # --- timers --------------------------------------------------------------------------------------------------

    def start_timer(self, name: str, after_ms: int) -> None:
        """Start the timer of that name anew; an older one of the same name becomes stale."""
        token = f"{self.fact.id}:{name}"
        self.timers = {**self.timers, name: token}
        self.effects.append(StartTimer(lane=self.lane, name=name, token=token, after_ms=after_ms))

    def stop_timer(self, name: str) -> None:
        """Forget the timer of that name, if it runs."""
        if name in self.timers:
            self.timers = {key: token for key, token in self.timers.items() if key != name}
            self.effects.append(StopTimer(lane=self.lane, name=name))

    # --- alarms --------------------------------------------------------------------------------------------------

    def raise_alarm(self, kind: str, detail: str = "", device: str = "", key: str = "") -> None:
        """Raise an alarm once; while it stands, raising it again does nothing."""
        alarm = key or f"{kind}:{device or self.lane}"
        if alarm in self.alarms:
            return
        self.alarms = (*self.alarms, alarm)
        body = {"alarm": alarm, "kind": kind, "device": device, "detail": detail}
        self.record(EventType.ALARM_RAISED, f"rule:{kind}", self.current, body)

    def alarm_of(self, passage: Passage, kind: str, detail: str) -> None:
        """An alarm about one passage; it is cleared when the lane is at rest again."""
        self.raise_alarm(kind, detail, key=f"{kind}:{self.lane}:{passage.id}")

    def clear_alarm(self, kind: str, device: str = "", key: str = "") -> None:
        """Clear an alarm, if it stands."""
        alarm = key or f"{kind}:{device or self.lane}"
        if alarm not in self.alarms:
            return
        self.alarms = tuple(each for each in self.alarms if each != alarm)
        self.record(
            EventType.ALARM_CLEARED, f"rule:{kind}", self.current, {"alarm": alarm, "kind": kind, "device": device}
        )

    # --- passages ------------------------------------------------------------------------------------------------

    def put(self, passage: Passage) -> Passage:
        """Put a changed passage back where the one with its id stands."""
        if self.current is not None and self.current.id == passage.id:
            self.current = passage
        else:
            self.waiting = tuple(passage if each.id == passage.id else each for each in self.waiting)
        return passage

    def find(self, passage_id: str) -> Passage | None:
        """The passage of that id, if it is still at this lane."""
        if self.current is not None and self.current.id == passage_id:
            return self.current
        for each in self.waiting:
            if each.id == passage_id:
                return each
        return None
