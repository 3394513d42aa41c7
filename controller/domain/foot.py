"""A gate for people on foot (R26): reader, lock, door contact, exit button; as a transition table of its own.

The same finding as for vehicles (`entitlement`), another body: no arm, no loops. A passage is complete when the door
was opened and is closed again. Door forced and door held open are alarms; fire releases (S2, S8).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique

from controller.domain import (
    antipassback,
    credentials,
    door_lock,
    ends,
    guard_orders,
    orders_common,
    phrases,
    places,
    stay,
    steps,
)
from controller.domain.answers import Case
from controller.domain.effects import AnswerReader, TakePicture
from controller.domain.entitlement import finding
from controller.domain.events import EventType
from controller.domain.facts import CardRead, CodeRead, DoorState, GuardOrder, TimerDue
from controller.domain.reasons import Reason
from controller.domain.state import Door, Finding, Passage, Phase
from controller.domain.terms import LaneMode, Order, Side, Signal, Verdict
from controller.domain.turn import Turn, changed

_NAMES = ("door", "lock", "exit_button", "fire", "fault")


@unique
class FootWhat(StrEnum):
    """What can happen to the passage of somebody on foot."""

    GRANT = "granted"
    REFER = "referred"
    DENY = "denied"
    TURN = "the door is free for it"
    DOOR_OPEN = "door opened"
    DOOR_CLOSED = "door closed"
    UNLOCK_OVER = "release over"
    PATIENCE_OVER = "nobody decided"


@dataclass(frozen=True, slots=True)
class FootRow:
    """One row: the next phase (`None`: the passage ends) and what follows."""

    phase: Phase | None
    actions: tuple[Callable[[Turn, Passage], None], ...] = ()


# --- actions -------------------------------------------------------------------------------------------------------


def release(turn: Turn, passage: Passage) -> None:
    """Release the lock for the time of one passage."""
    door_lock.release_for(turn, passage)
    turn.stop_timer(f"patience:{passage.id}")
    turn.start_timer("unlock", turn.rules.unlock_ms)


def door_opened(turn: Turn, passage: Passage) -> None:
    """The door stands open: it must be closed again in time."""
    del passage
    turn.stop_timer("unlock")
    turn.start_timer("held", turn.rules.held_open_alarm_ms)


def end_completed(turn: Turn, passage: Passage) -> None:
    """Opened and closed: somebody went through."""
    if turn.rules.antipassback in antipassback.ENFORCED and passage.card:
        stay.account_person(turn, passage)
    _end(turn, passage, "completed")


def end_forced(turn: Turn, passage: Passage) -> None:
    """The door was opened without a release."""
    _end(turn, passage, "forced")


def end_timed_out(turn: Turn, passage: Passage) -> None:
    """Released, and nobody opened the door."""
    _end(turn, passage, "timed_out")


def end_turned_away(turn: Turn, passage: Passage) -> None:
    """Refused."""
    _end(turn, passage, "turned_away")


def end_abandoned(turn: Turn, passage: Passage) -> None:
    """Nobody decided in time."""
    _end(turn, passage, "abandoned")


FOOT_TABLE: dict[tuple[Phase, FootWhat], FootRow] = {
    (Phase.ARRIVED, FootWhat.GRANT): FootRow(Phase.GRANTED),
    (Phase.ARRIVED, FootWhat.REFER): FootRow(Phase.REFERRED),
    (Phase.ARRIVED, FootWhat.DENY): FootRow(None, (end_turned_away,)),
    (Phase.REFERRED, FootWhat.GRANT): FootRow(Phase.GRANTED),
    (Phase.REFERRED, FootWhat.DENY): FootRow(None, (end_turned_away,)),
    (Phase.REFERRED, FootWhat.PATIENCE_OVER): FootRow(None, (end_abandoned,)),
    (Phase.GRANTED, FootWhat.DENY): FootRow(None, (end_turned_away,)),
    (Phase.GRANTED, FootWhat.TURN): FootRow(Phase.OPENING, (release,)),
    (Phase.OPENING, FootWhat.GRANT): FootRow(Phase.OPENING, (release,)),
    (Phase.OPENING, FootWhat.DOOR_OPEN): FootRow(Phase.CROSSING, (door_opened,)),
    (Phase.OPENING, FootWhat.UNLOCK_OVER): FootRow(None, (end_timed_out,)),
    (Phase.CROSSING, FootWhat.DOOR_CLOSED): FootRow(None, (end_completed,)),
    (Phase.INTRUDING, FootWhat.DOOR_CLOSED): FootRow(None, (end_forced,)),
}

_WHAT = {Verdict.GRANT: FootWhat.GRANT, Verdict.REFER: FootWhat.REFER, Verdict.DENY: FootWhat.DENY}


def foot_step(turn: Turn, passage: Passage, what: FootWhat) -> None:
    """Take the table's row, if there is one, and give the door to the next who may have it."""
    row = FOOT_TABLE.get((passage.phase, what))
    if row is None:
        return
    if row.phase is not None and row.phase is not passage.phase:
        passage = turn.put(changed(passage, phase=row.phase))
    for action in row.actions:
        action(turn, turn.find(passage.id) or passage)
    current = turn.current
    if current is not None and current.phase is Phase.GRANTED:
        foot_step(turn, current, FootWhat.TURN)


# --- facts ---------------------------------------------------------------------------------------------------------


def foot_card(turn: Turn, fact: CardRead) -> None:
    """A card at the gate."""
    passage = turn.put(changed(_whose(turn, fact.side, fact.card), card=fact.card))
    _judge(turn, passage, fact.reader)


def foot_code(turn: Turn, fact: CodeRead) -> None:
    """A visitor's code at the gate."""
    passage = _whose(turn, fact.side, "")
    passage = turn.put(changed(passage, code=fact.value, code_kind=fact.kind.value))
    _judge(turn, passage, fact.reader)


def door_scanned(turn: Turn, fact: DoorState) -> None:
    """One scan of the gate's inputs."""
    was = turn.door or Door()
    turn.door = changed(was, **{name: getattr(fact, name) for name in _NAMES})
    what = [
        {"name": name, "value": getattr(turn.door, name).value}
        for name in _NAMES
        if getattr(turn.door, name) is not getattr(was, name)
    ]
    if what:
        turn.record(EventType.LANE_OBSERVED, f"board:{turn.lane}", turn.current, {"what": what})
    if fact.fire is Signal.ON and turn.mode is not LaneMode.FIRE:
        enter_fire(turn)
    elif _may_have_let_go(turn, was):
        door_lock.hold_released(turn, EventType.LANE_MODE_CHANGED, Reason.FIRE.value)
    if fact.exit_button is Signal.ON and was.exit_button is Signal.OFF:
        _let_out(turn)
    if fact.fault is Signal.ON:
        turn.raise_alarm("fault", "the gate's board reports a fault")
    elif fact.fault is Signal.OFF:
        turn.clear_alarm("fault")
    _door(turn, was)
    orders_common.confirm(turn)


def foot_timer(turn: Turn, fact: TimerDue) -> None:
    """A timer of the gate ran out."""
    if turn.timers.get(fact.name) != fact.token:
        return
    turn.timers = {name: token for name, token in turn.timers.items() if name != fact.name}
    kind, _, rest = fact.name.partition(":")
    current = turn.current
    if kind == "unlock":
        if current is not None:
            foot_step(turn, current, FootWhat.UNLOCK_OVER)
    elif kind == "patience":
        referred = turn.find(rest)
        if referred is not None:
            foot_step(turn, referred, FootWhat.PATIENCE_OVER)
    elif kind == "held":
        turn.raise_alarm("held_open", "the door stands open")
    elif kind == "lock":
        door_lock.repeat_due(turn)
    elif kind == "order":
        orders_common.overdue(turn, rest)
    elif kind == "forged":
        turn.clear_alarm("order_forged")


def foot_guard_order(turn: Turn, fact: GuardOrder) -> None:
    """An order of a person at a gate for people: the same rights as at a lane, a lock instead of an arm."""
    refusal = guard_orders.refusal(turn, fact)
    if refusal is not None:
        guard_orders.refuse_to(turn, fact, refusal)
        return
    actor, body, by = f"user:{fact.user}", guard_orders.opening_body(fact), guard_orders.by_of(fact)
    match fact.order:
        case Order.OPEN:
            _open_for(turn, turn.find(fact.passage), actor, body)
        case Order.REFUSE:
            _refuse(turn, fact, actor)
        case Order.HOLD_OPEN:
            foot_hold_open(turn, by, body)
        case Order.RELEASE | Order.RESET_FIRE:
            if fact.order is Order.RESET_FIRE and guard_orders.fire_is_on(turn):
                guard_orders.refuse_to(turn, fact, Reason.FIRE_STILL_ON)
                return
            turn.clear_alarm("fire")
            foot_lock(turn, turn.base_mode, by)
        case Order.LOCK:
            foot_lock(turn, LaneMode.LOCKED, by)
        case Order.UNLOCK:
            orders_common.set_mode(turn, turn.base_mode, by)
        case Order.CLOSE:
            door_lock.close(turn, EventType.LANE_OBSERVED, fact.reason)
        case _:
            guard_orders.refuse_to(turn, fact, Reason.UNKNOWN_ORDER)


def foot_centre_open(turn: Turn, actor: str, body: dict[str, object]) -> None:
    """The centre releases the gate once."""
    _open_for(turn, turn.current, actor, body)


def enter_fire(turn: Turn) -> None:
    """Fire releases the gate until a person with the right resets it (S8)."""
    turn.raise_alarm("fire", "the fire signal is on")
    orders_common.set_mode(turn, LaneMode.FIRE, orders_common.By("rule:fire", Reason.FIRE.value))
    door_lock.hold_released(turn, EventType.LANE_MODE_CHANGED, Reason.FIRE.value)


def foot_hold_open(turn: Turn, by: orders_common.By, body: dict[str, object]) -> None:
    """Released until somebody ends it."""
    orders_common.record_held_open(turn, by, body)
    door_lock.hold_released(turn, EventType.MANUAL_OPENING, by.reason)


def foot_lock(turn: Turn, mode: LaneMode, by: orders_common.By) -> None:
    """Lock the gate again: a lock holds a closed door, so nothing under it can be hurt."""
    orders_common.set_mode(turn, mode, by)
    door_lock.close(turn, EventType.LANE_MODE_CHANGED, by.reason)


# --- inner ---------------------------------------------------------------------------------------------------------


def _whose(turn: Turn, side: Side, card: str) -> Passage:
    current = turn.current
    for each in (current, *turn.waiting):
        if each is not None and card and each.card == card:
            return each  # one card lets one person through, however often it is presented
    if current is not None and current.phase is Phase.REFERRED:
        _end(turn, current, "abandoned")
    passage = Passage(id=turn.fact.id, side=side, started_at=turn.fact.at, approached=True)
    if turn.current is None:
        turn.current = passage
    else:
        turn.waiting = (*turn.waiting, passage)
    turn.record(EventType.VEHICLE_ARRIVED, "rule:credential", passage, {"side": side.value, "direction": side.value})
    return passage


def _judge(turn: Turn, passage: Passage, reader: str) -> None:
    case = Case(passage, turn.known, turn.rules, turn.site, turn.mode, turn.fact.at, turn.link_alive, on_foot=True)
    found = finding(case, last_word=True)
    assert found is not None
    granted = found.verdict is Verdict.GRANT
    opened = {"opened_by": "rule", "opened_reason": found.reason} if granted else {}
    passage = credentials.mark_watched(turn, passage, found)
    passage = turn.put(changed(passage, finding=found, **opened))
    credentials.record_finding(turn, passage, found, f"reader:{reader}", reader)
    turn.do(AnswerReader(lane=turn.lane, reader=reader, verdict=found.verdict))
    turn.do(phrases.show(turn, passage, found))
    if found.verdict is Verdict.REFER:
        turn.start_timer(f"patience:{passage.id}", steps.REFERRED_PATIENCE * turn.rules.pass_timeout_ms)
    foot_step(turn, passage, _WHAT[found.verdict])


def _open_for(turn: Turn, passage: Passage | None, actor: str, body: dict[str, object]) -> None:
    if passage is None:
        side = Side.EXIT if body["reason"] == Reason.EXIT_BUTTON.value else places.own_side(turn)
        passage = _whose(turn, side, "")
    passage = turn.put(changed(passage, opened_by=actor, opened_reason=str(body["reason"])))
    where = {"side": passage.side.value, "direction": passage.side.value}
    turn.record(EventType.MANUAL_OPENING, actor, passage, {**where, **body})
    foot_step(turn, passage, FootWhat.GRANT)


def _may_have_let_go(turn: Turn, was: Door) -> bool:
    """Whether, in a fire, a board or a box that was away may have locked the gate, or the signal comes anew (S8).

    To unlock is the safe direction, so this is done although nobody asks; a gate held open waits for the next who asks.
    """
    fire = turn.door.fire if turn.door is not None else Signal.UNKNOWN
    news = fire is not was.fire and (fire is Signal.ON or was.fire is Signal.UNKNOWN)
    return turn.mode is LaneMode.FIRE and news


def _let_out(turn: Turn) -> None:
    """The exit button: the lock is released at once, also while the door is another's; nobody is kept inside.

    Pressed again before the door was opened it releases anew and is no passage more: the gate would be released for
    each press once the door is free, with nobody there but whoever comes in.
    """
    reason = Reason.EXIT_BUTTON.value
    asked = (each for each in (turn.current, *turn.waiting) if each is not None and each.opened_reason == reason)
    pressed = next((each for each in asked if each.phase in (Phase.GRANTED, Phase.OPENING)), None)
    _open_for(turn, pressed, f"board:{turn.lane}", {"order": "open", "reason": reason})
    waits = turn.find(pressed.id if pressed is not None else turn.fact.id)
    if waits is not None and waits.phase is Phase.GRANTED:
        door_lock.release_for(turn, waits)


def _refuse(turn: Turn, fact: GuardOrder, actor: str) -> None:
    passage = turn.find(fact.passage)
    assert passage is not None
    found = Finding(verdict=Verdict.DENY, reason=Reason.REFUSED_BY_GUARD.value)
    passage = turn.put(changed(passage, finding=found))
    body = {"side": passage.side.value, "direction": passage.side.value, "reason": found.reason, "ground": fact.reason}
    body |= {"remark": guard_orders.remark_of(fact)} if fact.remark is not None else {}
    turn.record(EventType.ACCESS_DENIED, actor, passage, body)
    foot_step(turn, passage, FootWhat.DENY)


def _door(turn: Turn, was: Door) -> None:
    door = turn.door.door if turn.door is not None else Signal.UNKNOWN
    current = turn.current
    if door is Signal.ON:
        if current is not None and current.phase in (Phase.CROSSING, Phase.INTRUDING):
            return
        if current is not None and current.phase is Phase.OPENING:
            foot_step(turn, current, FootWhat.DOOR_OPEN)
        elif not turn.is_free and was.door is Signal.OFF:
            _forced(turn)
    elif door is Signal.OFF:
        turn.stop_timer("held")
        turn.clear_alarm("held_open")
        turn.clear_alarm("door_forced")
        if current is not None:
            foot_step(turn, current, FootWhat.DOOR_CLOSED)


def _forced(turn: Turn) -> None:
    """Opened without a release: an alarm at once, and a passage of its own."""
    passage = Passage(
        id=turn.fact.id,
        side=places.own_side(turn),
        started_at=turn.fact.at,
        phase=Phase.INTRUDING,
        forced=True,
    )
    turn.waiting = (turn.current, *turn.waiting) if turn.current is not None else turn.waiting
    turn.current = passage
    turn.raise_alarm("door_forced", "the door was opened without a release")
    turn.start_timer("held", turn.rules.held_open_alarm_ms)
    if turn.rules.cameras:
        turn.do(TakePicture(lane=turn.lane, side=passage.side, passage=passage.id, role="incident"))


def _end(turn: Turn, passage: Passage, outcome: str) -> None:
    ends.record_end(turn, passage, outcome)
    turn.stop_timer(f"patience:{passage.id}")
    for key in turn.alarms:
        if key.endswith(f":{passage.id}"):
            turn.clear_alarm(key.partition(":")[0], key=key)
    if turn.current is None or turn.current.id != passage.id:
        turn.waiting = tuple(each for each in turn.waiting if each.id != passage.id)
        return  # the release is that of the one who has the door
    turn.stop_timer("unlock")
    if not turn.is_free and turn.door is not None:
        turn.door = changed(turn.door, released=False)
    turn.current, turn.waiting = (turn.waiting[0], turn.waiting[1:]) if turn.waiting else (None, ())
