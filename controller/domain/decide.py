"""The decision core's front door: what a fact leads to.

Only the dispatch by kind of fact stands here; each kind is handled in a module of its own. Pure: nothing is read or
written but the arguments.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from controller.domain import centre_orders, credentials, foot, guard_orders, lane, lane_timers, orders_common, scan
from controller.domain.asked import asked
from controller.domain.box import box_events, rules_loaded
from controller.domain.effects import Effect, MoveBarrier, ReleaseLock
from controller.domain.events import Event, EventType
from controller.domain.facts import (
    BarrierAnswer,
    BarrierState,
    BoxStarted,
    CardRead,
    CentreOrder,
    CodeRead,
    DeviceState,
    DoorState,
    Fact,
    GuardOrder,
    LaneFact,
    PictureFailed,
    PictureTaken,
    PlateRead,
    PlateUnseen,
    RulesLoaded,
    TimerDue,
)
from controller.domain.known import Known
from controller.domain.reasons import Reason
from controller.domain.rules import SiteRules
from controller.domain.state import BoxState, LaneState, initial_state
from controller.domain.terms import LaneKind, LaneMode, Signal
from controller.domain.turn import Turn, changed

__all__ = ["Decision", "asked", "decide"]


@dataclass(frozen=True, slots=True)
class Decision:
    """The box after a fact, what is recorded of it (in order), and what is to be done once that is on disk."""

    state: BoxState
    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()


Handler = Callable[[Turn, Any], None]

_ANY_LANE: dict[type[Fact], Handler] = {
    DeviceState: lane.device_state,
    PictureTaken: lane.picture_taken,
    PictureFailed: lane.picture_failed,
    BarrierAnswer: lane.barrier_answer,
    CentreOrder: centre_orders.centre_order,
}
_HANDLERS: dict[LaneKind, dict[type[Fact], Handler]] = {
    LaneKind.VEHICLE: _ANY_LANE
    | {
        CardRead: credentials.card_read,
        CodeRead: credentials.code_read,
        PlateRead: credentials.plate_read,
        PlateUnseen: credentials.plate_unseen,
        BarrierState: scan.scanned,
        TimerDue: lane_timers.timer_due,
        GuardOrder: guard_orders.guard_order,
    },
    LaneKind.FOOT: _ANY_LANE
    | {
        CardRead: foot.foot_card,
        CodeRead: foot.foot_code,
        DoorState: foot.door_scanned,
        TimerDue: foot.foot_timer,
        GuardOrder: foot.foot_guard_order,
    },
}


def decide(state: BoxState, fact: Fact, known: Known, rules: SiteRules) -> Decision:
    """What a fact leads to. Never raises for a fact of a known type, whatever the state."""
    if isinstance(fact, LaneFact):
        return _at_lane(state, fact, known, rules)
    if isinstance(fact, RulesLoaded):
        return Decision(*rules_loaded(state, fact))
    if isinstance(fact, BoxStarted):
        return _started(state, fact, known, rules)
    return Decision(*box_events(state, fact))


def _at_lane(state: BoxState, fact: LaneFact, known: Known, rules: SiteRules) -> Decision:
    lane_rules = rules.find(fact.lane)
    if lane_rules is None:
        return _unknown_lane(state, fact)
    before = state.lanes.get(fact.lane)
    if before is None:
        before = initial_state(rules).lanes[fact.lane]
    turn = Turn(
        before,
        lane_rules,
        rules,
        fact,
        known,
        link_alive=state.link_alive,
        fire_elsewhere=isinstance(fact, GuardOrder) and _shows_fire(state, besides=fact.lane),
    )
    handler = _HANDLERS[lane_rules.kind].get(type(fact))
    if handler is None:
        turn.observe("box", "fact_for_another_kind_of_lane", type(fact).__name__)
    else:
        handler(turn, fact)
    after = turn.finish()
    if after is not before and not turn.events:
        turn.observe("box", *_what(fact))
    events, effects = turn.events, turn.effects
    if after is not state.lanes.get(fact.lane):
        state = changed(state, lanes={**state.lanes, fact.lane: after})
    if after.mode is LaneMode.FIRE and before.mode is not LaneMode.FIRE:
        state = _fire_everywhere(state, turn, events, effects)
    if len(effects) > 1:
        effects.sort(key=_urgency)
    return Decision(state, tuple(events), tuple(effects))


def _urgency(effect: Effect) -> int:
    """What moves goes first: lights and words can wait a moment, a driver should not (S1)."""
    return 0 if isinstance(effect, (MoveBarrier, ReleaseLock)) else 1


def _what(fact: LaneFact) -> tuple[str, str]:
    return ("timer", fact.name) if isinstance(fact, TimerDue) else ("fact", type(fact).__name__)


def _shows_fire(state: BoxState, *, besides: str) -> bool:
    """Whether the fire signal is on at another lane; often the panel is wired to one board alone."""
    return any(
        (each.door.fire if each.door is not None else each.inputs.fire) is Signal.ON
        for lane, each in state.lanes.items()
        if lane != besides
    )


def _fire_everywhere(state: BoxState, first: Turn, events: list[Event], effects: list[Effect]) -> BoxState:
    """A fire signal at one lane releases every lane of the box (S8)."""
    lanes = dict(state.lanes)
    for each in first.site.lanes:
        lane_state = lanes.get(each.id)
        if lane_state is None or lane_state.mode is LaneMode.FIRE:
            continue
        turn = Turn(lane_state, each, first.site, first.fact, first.known)
        (foot.enter_fire if each.kind is LaneKind.FOOT else orders_common.enter_fire)(turn)
        lanes[each.id] = turn.finish()
        events.extend(turn.events)
        effects.extend(turn.effects)
    return changed(state, lanes=lanes)


def _started(state: BoxState, fact: BoxStarted, known: Known, rules: SiteRules) -> Decision:
    state, first = box_events(state, fact)
    events = list(first)
    lanes: dict[str, LaneState] = dict(initial_state(rules).lanes)
    effects: list[Effect] = []
    for each in rules.lanes:
        turn = Turn(state.lanes.get(each.id, lanes[each.id]), each, rules, fact, known)
        lane.restart(turn)
        lanes[each.id] = turn.finish()
        events.extend(turn.events)
        effects.extend(turn.effects)
    return Decision(changed(state, lanes=lanes), tuple(events), tuple(effects))


def _unknown_lane(state: BoxState, fact: LaneFact) -> Decision:
    """A lane that the rules do not have: an order is refused, everything else is somebody else's."""
    if isinstance(fact, CentreOrder):
        order_id, order, by, actor = fact.order_id, fact.order, fact.by, f"centre:{fact.by}"
    elif isinstance(fact, GuardOrder):
        order_id, order, by, actor = fact.id, fact.order.value, fact.user, f"user:{fact.user}"
    else:
        return Decision(state)
    reason = getattr(fact, "refusal", "") or Reason.UNKNOWN_LANE.value
    body = {"order_id": order_id, "order": order, "by": by, "reason": reason}
    return Decision(state, (Event(type=EventType.ORDER_REFUSED, actor=actor, body=body),))
