"""What the rows of the passage's table do: marks on the passage, orders to the arm, and how a passage ends.

Each action takes the turn and the passage. No transition is decided here (that is `passage.TABLE`), and nothing is
ordered of the arm but through `arm`.
"""

from controller.domain import arm, stay
from controller.domain.effects import ReadPlates, ShowPhrase, TakePicture
from controller.domain.events import EventType
from controller.domain.reasons import Reason
from controller.domain.state import IN_TRANSIT, Lift, Passage, Phase, identified
from controller.domain.terms import Arm, BarrierOrder, Evidence, LaneDirection, LaneMode, Side, Signal
from controller.domain.turn import Turn, changed

UNDECIDED = (Phase.ARRIVED, Phase.REFERRED, Phase.DENIED)
BACK_PATIENCE = 3
"""So many times the grace a vehicle gets to back off the lane; one that stands there longer is the next one."""
REFERRED_PATIENCE = 4
"""A referred vehicle that never came onto the loop is waited for so many passing times: a guard needs his minutes."""

OUTCOMES = {
    "completed": EventType.PASSAGE_COMPLETED,
    "turned_away": EventType.PASSAGE_TURNED_AWAY,
    "reversed_out": EventType.PASSAGE_REVERSED_OUT,
    "tailgated": EventType.PASSAGE_TAILGATED,
    "forced": EventType.PASSAGE_FORCED,
    "timed_out": EventType.PASSAGE_TIMED_OUT,
    "abandoned": EventType.PASSAGE_ABANDONED,
}
WENT_THROUGH = ("completed", "tailgated", "forced")
"""Outcomes of a vehicle that is now on the other side: only these touch a stay."""


# --- beginning -----------------------------------------------------------------------------------------------------


def begin(turn: Turn, side: Side, *, approached: bool) -> Passage:
    """A new passage at this lane, with its event, its picture and the recogniser awake."""
    passage = Passage(id=turn.fact.id, side=side, started_at=turn.fact.at, approached=approached)
    if turn.current is None:
        turn.current = passage
    else:
        turn.waiting = (*turn.waiting, passage)
    actor = f"board:{turn.lane}" if approached else "rule:credential"
    turn.record(EventType.VEHICLE_ARRIVED, actor, passage, {"side": side.value, "direction": side.value})
    if turn.rules.cameras:
        turn.do(TakePicture(lane=turn.lane, side=side, passage=passage.id, role="arrival"))
        turn.do(ReadPlates(lane=turn.lane, side=side, on=True))
    if not approached:
        turn.start_timer(f"wait:{side.value}", turn.rules.pass_timeout_ms)
    elif turn.rules.cameras and turn.rules.evidence in (Evidence.PLATE, Evidence.EITHER):
        turn.start_timer(f"evidence:{side.value}", turn.rules.evidence_window_ms)
    return passage


# --- marks ---------------------------------------------------------------------------------------------------------


def mark_approached(turn: Turn, passage: Passage) -> None:
    """It stands on the loop before the arm (again)."""
    turn.put(changed(passage, approached=True, left=False, vanishing=False))
    turn.stop_timer(f"wait:{passage.side.value}")


def mark_left(turn: Turn, passage: Passage) -> None:
    """It is off the loop before the arm; behind one that is under the arm, it may have gone under it too."""
    ahead = turn.current
    vanishing = ahead is not None and ahead.id != passage.id and ahead.side is passage.side
    turn.put(changed(passage, left=True, vanishing=vanishing and ahead is not None and ahead.phase in IN_TRANSIT))


def mark_beyond(turn: Turn, passage: Passage) -> None:
    """It was seen beyond the arm: it went forward."""
    turn.put(changed(passage, beyond=True))


def start_grace(turn: Turn, passage: Passage) -> None:
    """Between two loops, or gone: a short vehicle gets the time to reach the next loop."""
    turn.start_timer(f"grace:{passage.side.value}", turn.rules.reverse_clear_ms)


def stop_grace(turn: Turn, passage: Passage) -> None:
    """It is seen again."""
    turn.stop_timer(f"grace:{passage.side.value}")


restart_grace = start_grace


def settle_soon(turn: Turn, passage: Passage) -> None:
    """It is known to be through; it ends with the next fact, for which its stay is looked up."""
    turn.start_timer(f"grace:{passage.side.value}", 1)


def go_back(turn: Turn, passage: Passage) -> None:
    """Off the loop under the arm with the one before it occupied: it backs, or it is through and the next is close.

    The arm falls either way, on a clear scan. Who backs out is off the lane in some seconds; who is still there then
    is the next vehicle. A leaving loop, a card or a plate tells it sooner.
    """
    if not passage.cleared_at:
        turn.put(changed(passage, cleared_at=turn.fact.at))
    turn.stop_timer("pass")
    turn.start_timer(f"back:{passage.side.value}", BACK_PATIENCE * turn.rules.reverse_clear_ms)
    arm.lower_when_clear(turn, EventType.LANE_OBSERVED, Reason.UNUSED.value)


def watch_gap(turn: Turn, passage: Passage) -> None:
    """The arm is up: whoever left the loop before it has the grace from now on, not from when it waited."""
    if passage.left:
        start_grace(turn, passage)


# --- the arm -------------------------------------------------------------------------------------------------------


def claimant(turn: Turn) -> Passage | None:
    """The passage that is granted and may have the arm now; it becomes the current one."""
    current = turn.current
    if current is not None and current.phase is Phase.GRANTED:
        return current if _arm_is_free(turn, current) else None
    if current is not None and current.phase not in UNDECIDED:
        return None
    for each in turn.waiting:
        if each.phase is Phase.GRANTED and _arm_is_free(turn, each):
            rest = tuple(other for other in turn.waiting if other.id != each.id)
            turn.current, turn.waiting = each, ((current, *rest) if current is not None else rest)
            return each
    return None


def take_turn(turn: Turn, passage: Passage) -> None:
    """Granted: nothing more to do here, the turn is given when the arm is free (`passage.settle_turns`)."""
    del passage
    turn.stop_timer("pass")


def open_arm(turn: Turn, passage: Passage) -> None:
    """Order the arm up for this passage, for the reason that was just recorded."""
    because = EventType.MANUAL_OPENING if passage.opened_by not in ("", "rule") else EventType.ACCESS_GRANTED
    arm.raise_arm(turn, passage.id, because, passage.opened_reason or Reason.PASS_VALID.value)
    if passage.outcome or passage.cleared_at:
        turn.put(changed(passage, outcome="", cleared_at=0))
    for name in ("wait", "back"):
        turn.stop_timer(f"{name}:{passage.side.value}")
    turn.start_timer("pass", turn.rules.pass_timeout_ms)
    rest = turn.find(passage.id)
    if turn.arm is Arm.UP and rest is not None and rest.phase is Phase.OPENING:
        turn.put(changed(rest, phase=Phase.OPEN))
        watch_gap(turn, rest)


def open_free(turn: Turn, passage: Passage) -> None:
    """The arm stands open for all: no order, but the passing time runs."""
    turn.stop_timer(f"wait:{passage.side.value}")
    turn.start_timer("pass", turn.rules.pass_timeout_ms)


def enter(turn: Turn, passage: Passage) -> None:
    """It is under the arm: which must not fall, and the loop before the arm tells whether it has left that already."""
    on_approach = approach(turn, passage.side) is Signal.ON
    approached = passage.approached or on_approach
    turn.put(changed(passage, left=not on_approach, approached=approached, outcome="", cleared_at=0))
    for name in ("grace", "wait", "back"):
        turn.stop_timer(f"{name}:{passage.side.value}")
    arm.keep_up(turn)
    turn.start_timer("pass", turn.rules.pass_timeout_ms)


def pass_free(turn: Turn, passage: Passage) -> None:
    """It passes under an arm that stands open for all: recorded like any other."""
    reason = Reason.FIRE if turn.mode is LaneMode.FIRE else Reason.HELD_OPEN
    if not passage.opened_by:
        passage = turn.put(changed(passage, opened_by="rule", opened_reason=reason.value))
    granted = passage.finding is not None and passage.finding.verdict.value == "grant"
    if turn.mode is LaneMode.HELD_OPEN and passage.side is Side.EXIT and not granted:
        alarm(turn, passage, "unregistered_exit", "left through a held-open exit without a record that agrees")


def tailgate(turn: Turn, passage: Passage) -> None:
    """On another's lift: a passage of its own, with a flag, a picture and an alarm (R25)."""
    turn.put(changed(passage, tailgated=True, opened_by=passage.opened_by or "rule"))
    _incident(turn, passage)
    alarm(turn, passage, "tailgated", "a second vehicle on one lift")
    turn.do(ShowPhrase(lane=turn.lane, phrase="one_by_one", side=passage.side))


def follow(turn: Turn, passage: Passage) -> None:
    """Granted, but on the lift of the one ahead: it may pass; the lift was not its own."""
    turn.put(changed(passage, opened_reason=Reason.FOLLOWED_ON_ONE_LIFT.value))


def intrude(turn: Turn, passage: Passage) -> None:
    """Under the arm without leave: an incident with a picture and an alarm at once (R12)."""
    turn.put(changed(passage, forced=True))
    _incident(turn, passage)
    turn.raise_alarm("forced", "a vehicle under the arm that nobody opened")


def forgive(turn: Turn, passage: Passage) -> None:
    """It got leave, or backed away from the arm: no forced passage after all."""
    turn.put(changed(passage, forced=False))
    turn.clear_alarm("forced")


def withdraw_refused(turn: Turn, passage: Passage) -> None:
    """A person took the leave back."""
    _withdraw(turn, passage, "turned_away")


def withdraw_reversed(turn: Turn, passage: Passage) -> None:
    """It went away backwards: no passage, no fee (T10)."""
    _withdraw(turn, passage, "abandoned" if passage.sight_lost else "reversed_out")


def withdraw_unused(turn: Turn, passage: Passage) -> None:
    """Opened, and nobody drove: nobody came, or the driver left the vehicle standing."""
    if not passage.approached or passage.left:
        _withdraw(turn, passage, "timed_out")
        return
    alarm(turn, passage, "abandoned", "stands before the open arm and does not drive")
    _withdraw(turn, passage, "abandoned")


def alarm_standing(turn: Turn, passage: Passage) -> None:
    """It stands under the arm longer than a passage takes; the arm stays up."""
    alarm(turn, passage, "abandoned", "stands under the arm")


# --- ends ----------------------------------------------------------------------------------------------------------


def end_through(turn: Turn, passage: Passage) -> None:
    """Through: completed, or tailgated when the lift was another's and nobody had granted it."""
    end(turn, passage, "tailgated" if passage.tailgated else "completed")


def end_forced(turn: Turn, passage: Passage) -> None:
    """Through without leave."""
    end(turn, passage, "forced")


def end_reversed(turn: Turn, passage: Passage) -> None:
    """Gone before anything was opened for it."""
    end(turn, passage, "reversed_out" if passage.approached else "abandoned")


def end_turned_away(turn: Turn, passage: Passage) -> None:
    """Refused, and gone: that is a passage too (R8)."""
    end(turn, passage, "turned_away")


def end_timed_out(turn: Turn, passage: Passage) -> None:
    """Granted, and gone before the arm was free."""
    end(turn, passage, "timed_out")


def end_unused(turn: Turn, passage: Passage) -> None:
    """The arm came down before the vehicle drove."""
    end(turn, passage, passage.outcome or "timed_out")


def end_withdrawn(turn: Turn, passage: Passage) -> None:
    """The arm is down after an opening that was not used."""
    end(turn, passage, passage.outcome or "timed_out")


def end(turn: Turn, passage: Passage, outcome: str) -> None:
    """Record how it ended, settle its stay, let the arm fall, and let the next one come forward."""
    went = outcome in WENT_THROUGH
    record_end(turn, passage, outcome)
    if went:
        stay.account(turn, passage, outcome)
        whose = identified(passage)
        known = whose.plate if whose is not None else ""
        turn.last_plate = passage.plate.text if passage.plate is not None else known
        turn.departing = is_shared(turn) and beyond(turn, passage.side) is not Signal.OFF
    _remove(turn, passage)
    if turn.current is not None and turn.current.vanishing and not went:
        turn.current = changed(turn.current, vanishing=False)
    if went:
        turn.lift = changed(turn.lift, used=True)
        if turn.arm is not Arm.DOWN or turn.lift.order is BarrierOrder.UP:
            arm.lower_when_clear(turn, OUTCOMES[outcome], Reason.VEHICLE_THROUGH.value)


def record_end(turn: Turn, passage: Passage, outcome: str) -> None:
    """The event of a passage's end."""
    turn.record(OUTCOMES[outcome], f"board:{turn.lane}", passage, _end_body(turn, passage, outcome))


def has_vanished(turn: Turn, passage: Passage) -> bool:
    """Whether it left the loop before the arm while the one ahead was under it, who is now through."""
    return passage.vanishing and turn.lift.used and passage.phase in (*UNDECIDED, Phase.GRANTED)


# --- places --------------------------------------------------------------------------------------------------------


def is_shared(turn: Turn) -> bool:
    """Whether the lane is used both ways."""
    return turn.rules.direction is LaneDirection.BOTH


def own_side(turn: Turn) -> Side:
    """The side from which vehicles come on a lane of one direction."""
    return Side.EXIT if turn.rules.direction is LaneDirection.EXIT else Side.ENTRY


def side_of(turn: Turn, side: Side) -> Side:
    """The side of a device as the passage counts it: a lane of one direction has but one."""
    return side if is_shared(turn) else own_side(turn)


def approach(turn: Turn, side: Side) -> Signal:
    """The loop before the arm for somebody who comes from `side`."""
    swapped = is_shared(turn) and side is Side.EXIT
    return turn.inputs.leaving if swapped else turn.inputs.arming


def beyond(turn: Turn, side: Side) -> Signal:
    """The loop beyond the arm for somebody who comes from `side`."""
    swapped = is_shared(turn) and side is Side.EXIT
    return turn.inputs.arming if swapped else turn.inputs.leaving


def alarm(turn: Turn, passage: Passage, kind: str, detail: str) -> None:
    """An alarm about one passage; it is cleared when the lane is at rest again."""
    turn.raise_alarm(kind, detail, key=f"{kind}:{turn.lane}:{passage.id}")


# --- inner ---------------------------------------------------------------------------------------------------------


def _arm_is_free(turn: Turn, passage: Passage) -> bool:
    lift = turn.lift
    return turn.is_free or lift.passage in ("", passage.id) or lift.order in (None, BarrierOrder.STOP)


def _withdraw(turn: Turn, passage: Passage, outcome: str) -> None:
    stop_grace(turn, passage)
    turn.stop_timer("pass")
    turn.stop_timer(f"back:{passage.side.value}")
    if turn.arm is Arm.DOWN and "open" not in turn.timers:
        turn.lift = Lift()
        end(turn, passage, outcome)
        return
    if turn.is_free:
        end(turn, passage, outcome)
        return
    turn.put(changed(passage, outcome=outcome))
    arm.lower_when_clear(turn, EventType.LANE_OBSERVED, Reason.UNUSED.value)


def _remove(turn: Turn, passage: Passage) -> None:
    side = passage.side.value
    for name in (f"grace:{side}", f"wait:{side}", f"evidence:{side}", f"back:{side}"):
        turn.stop_timer(name)
    if turn.current is None or turn.current.id != passage.id:
        turn.waiting = tuple(each for each in turn.waiting if each.id != passage.id)
        return
    turn.stop_timer("pass")
    turn.current, turn.waiting = (turn.waiting[0], turn.waiting[1:]) if turn.waiting else (None, ())
    if turn.current is None and turn.rules.cameras:
        turn.do(ReadPlates(lane=turn.lane, side=passage.side, on=False))


def _incident(turn: Turn, passage: Passage) -> None:
    if turn.rules.cameras:
        turn.do(TakePicture(lane=turn.lane, side=passage.side, passage=passage.id, role="incident"))


_END_REASONS = {
    "reversed_out": Reason.BACKED_OUT,
    "timed_out": Reason.NOBODY_CAME,
    "forced": Reason.NO_OPENING,
    "tailgated": Reason.FOLLOWED_ON_ONE_LIFT,
}


def _end_body(turn: Turn, passage: Passage, outcome: str) -> dict[str, object]:
    found = passage.finding
    whose = identified(passage)
    plate = passage.plate
    reason = passage.opened_reason or (found.reason if found is not None else "")
    if outcome == "abandoned":
        reason = (Reason.SIGHT_LOST if passage.sight_lost else Reason.DROVE_AWAY).value
    elif outcome in _END_REASONS:
        reason = _END_REASONS[outcome].value
    return {
        "side": passage.side.value,
        "direction": passage.side.value,
        "plate": plate.text if plate is not None else "",
        "plate_kind": plate.kind.value if plate is not None else "",
        "color": plate.color.value if plate is not None else "",
        "card": passage.card,
        "vehicle": whose.vehicle if whose is not None else "",
        "group": whose.group if whose is not None else "",
        "verdict": found.verdict.value if found is not None else "",
        "reason": reason,
        "temporary": whose.temporary if whose is not None else True,
        "picture": passage.picture,
        "duration_ms": max(0, (turn.fact.at - passage.started_at) // 1000),
    }
