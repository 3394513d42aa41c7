"""Facts about the box as a whole: start, rules, registry, stays elsewhere, clock, link, alarms of its own.

None of them opens or moves anything. Their events have no lane.
"""

import hashlib
import json

from controller.domain.canonical import canonical_json
from controller.domain.codec import to_plain
from controller.domain.events import Event, EventType
from controller.domain.facts import (
    BoxAlarm,
    BoxStarted,
    ClockState,
    Fact,
    LinkState,
    RegistryChange,
    RegistryMoved,
    RemoteStay,
    RulesLoaded,
)
from controller.domain.rules import SiteRules
from controller.domain.state import BoxState, LaneState, initial_state
from controller.domain.terms import LaneKind, LaneMode
from controller.domain.turn import changed

CLOCK_STEP_ALARM_US = 5_000_000
"""A step larger than this was a clock outside its limit (S3)."""
HAPPENED = ("accounts_damaged", "clock_step", "log_restored", "registry_damaged", "unrecordable")
"""Alarms about what happened once and has no end of its own: told anew each time, and cleared at the next start."""


def box_events(state: BoxState, fact: Fact) -> tuple[BoxState, tuple[Event, ...]]:
    """The shared part of the state after a fact about the box, and its events. Lanes are handled by the caller."""
    match fact:
        case BoxStarted():
            return _started(state, fact)
        case RegistryMoved():
            body = {"version": fact.version, "hash": fact.hash, "absorbed": list(fact.absorbed)}
            return state, (Event(type=EventType.REGISTRY_MOVED, actor="box", body=body),)
        case RegistryChange():
            return state, (_registry_changed(fact),)
        case RemoteStay():
            return state, (_remote_stay(fact),)
        case ClockState():
            return _clock(state, fact)
        case LinkState():
            body = {"alive": fact.alive, "detail": fact.detail}
            link = Event(type=EventType.LINK_CHANGED, actor="box", body=body)
            return changed(state, link_alive=fact.alive), (link,)
        case BoxAlarm():
            return _alarm(state, fact.alarm, fact.on, fact.detail)
    return state, ()


def rules_loaded(state: BoxState, fact: RulesLoaded) -> tuple[BoxState, tuple[Event, ...]]:
    """The rules in force from here on; lanes that are new begin, those that went end, the others go on."""
    plain = to_plain(fact.rules)
    digest = hashlib.sha256(canonical_json(plain)).hexdigest()
    fresh = initial_state(fact.rules).lanes
    lanes = {lane: _kept(state.lanes.get(lane), start, fact.rules) for lane, start in fresh.items()}
    event = Event(type=EventType.RULES_LOADED, actor="box", body={"rules": plain, "hash": digest})
    return changed(state, lanes=lanes), (event,)


def _kept(lane: LaneState | None, fresh: LaneState, rules: SiteRules) -> LaneState:
    """A lane under new rules: what is in progress goes on; a lane that became another kind begins afresh."""
    foot = rules.lane(fresh.lane).kind is LaneKind.FOOT
    if lane is None or (lane.door is not None) is not foot:
        return fresh
    mode = fresh.configured
    if lane.configured is mode:
        return lane  # a guard who has set it otherwise since is not overruled by a restart
    follows = lane.mode in (LaneMode.NORMAL, LaneMode.STAFFED)
    return changed(lane, configured=mode, base_mode=mode, mode=mode if follows else lane.mode)


def _started(state: BoxState, fact: BoxStarted) -> tuple[BoxState, tuple[Event, ...]]:
    body = {"version": fact.version, "clock_trusted": fact.clock_trusted}
    event = Event(type=EventType.BOX_STARTED, actor="box", body=body)
    events = [event]
    for kind in HAPPENED:
        state, cleared = _alarm(state, kind, False, "")
        events += cleared
    return changed(state, clock_trusted=fact.clock_trusted, link_alive=False), tuple(events)


def _registry_changed(fact: RegistryChange) -> Event:
    row_id = _row_id(fact.row)
    body = {
        "change": fact.change,
        "table": fact.table,
        "row_id": row_id,
        "row": fact.row,
        "user": fact.user,
        "role": fact.role.value,
    }
    return Event(type=EventType.REGISTRY_CHANGED, actor=f"user:{fact.user}", body=body)


def _row_id(row: str) -> str:
    """The id of a row given as JSON text; "" when it has none (the registry then refuses it)."""
    try:
        plain = json.loads(row)
    except ValueError:
        return ""
    found = plain.get("id", "") if isinstance(plain, dict) else ""
    return found if isinstance(found, str) else ""


def _remote_stay(fact: RemoteStay) -> Event:
    body = {
        "stay": fact.stay,
        "group": fact.group,
        "plate": fact.plate,
        "from_lane": fact.from_lane,
        "since": fact.since,
        "inside": fact.inside,
        "version": fact.version,
    }
    return Event(type=EventType.REMOTE_STAY, actor="centre:stays", body=body)


def _clock(state: BoxState, fact: ClockState) -> tuple[BoxState, tuple[Event, ...]]:
    body = {"trusted": fact.trusted, "step_us": fact.step_us}
    event = Event(type=EventType.CLOCK_CHANGED, actor="box", body=body)
    state = changed(state, clock_trusted=fact.trusted)
    state, doubts = _alarm(state, "clock", not fact.trusted, "the time is not trusted")
    stepped = abs(fact.step_us) > CLOCK_STEP_ALARM_US
    state, steps = _alarm(state, "clock_step", True, f"stepped by {fact.step_us} µs") if stepped else (state, ())
    return state, (event, *doubts, *steps)


def _alarm(state: BoxState, kind: str, on: bool, detail: str) -> tuple[BoxState, tuple[Event, ...]]:
    key = f"{kind}:box"
    stands = key in state.alarms
    cleared = Event(type=EventType.ALARM_CLEARED, actor=f"rule:{kind}", body={"alarm": key, "kind": kind})
    others = tuple(each for each in state.alarms if each != key)
    if not on:
        return (changed(state, alarms=others), (cleared,)) if stands else (state, ())
    if stands and kind not in HAPPENED:
        return state, ()
    body = {"alarm": key, "kind": kind, "detail": detail}
    raised = Event(type=EventType.ALARM_RAISED, actor=f"rule:{kind}", body=body)
    return changed(state, alarms=(*others, key)), (cleared, raised) if stands else (raised,)
