"""What a scan of a vehicle lane's inputs means: the arm's place, fire, button, and what happened to which vehicle.

Everything is judged by how the inputs stand, not by edges alone, so that a lost board or a restart hides nothing.
What follows from it stands in `passage.TABLE`; an unknown input is never taken for off.
"""

from collections.abc import Callable
from dataclasses import fields

from controller.domain import arm, credentials, orders_common, steps
from controller.domain.events import EventType
from controller.domain.facts import BarrierState, TimerDue
from controller.domain.passage import What, settle_turns, step
from controller.domain.state import IN_TRANSIT, Inputs, Lift, Passage, Phase
from controller.domain.terms import Arm, BarrierOrder, LaneMode, Side, Signal
from controller.domain.turn import Turn, changed

_NAMES = tuple(each.name for each in fields(Inputs))
_LIMITS = ("limit_up", "limit_down")
_OWN_LIFT = (Phase.OPENING, Phase.OPEN, Phase.BACKING, Phase.WITHDRAWN, Phase.CLEARING)
_STANDS_THERE = (*steps.UNDECIDED, Phase.GRANTED, Phase.OPENING, Phase.OPEN, Phase.BACKING)
_AT_REST = ("forced", "arm_struck", "tailgated", "mismatch", "passback", "unregistered_exit", "watch_list", "abandoned")
"""Kinds of alarm that end when nobody is at the lane and the arm is where it belongs."""


def scanned(turn: Turn, fact: BarrierState) -> None:
    """One scan of all inputs."""
    was, was_arm = turn.inputs, turn.arm
    turn.inputs = Inputs(
        limit_up=fact.limit_up,
        limit_down=fact.limit_down,
        arming=fact.arming,
        closing=fact.closing,
        leaving=fact.leaving,
        photocell=fact.photocell,
        fire=fact.fire,
        button=fact.button,
        fault=fact.fault,
    )
    turn.arm = arm.arm_of(turn.inputs, turn.lift.order)
    _observe(turn, was, was_arm)
    _special_inputs(turn, was)
    _arm_moved(turn, was_arm)
    _vehicles(turn)
    arm.settle(turn)
    settle_turns(turn)
    orders_common.confirm(turn)
    _clear_at_rest(turn)


def timer_due(turn: Turn, fact: TimerDue) -> None:
    """A timer ran out; one that was replaced or forgotten meanwhile means nothing."""
    if turn.timers.get(fact.name) != fact.token:
        return
    turn.timers = {name: token for name, token in turn.timers.items() if name != fact.name}
    kind, _, rest = fact.name.partition(":")
    due = _TIMERS.get(kind)
    if due is not None:
        due(turn, rest)
    _vehicles(turn)
    arm.settle(turn)
    settle_turns(turn)
    _clear_at_rest(turn)


# --- inputs --------------------------------------------------------------------------------------------------------


def _observe(turn: Turn, was: Inputs, was_arm: Arm) -> None:
    now = turn.inputs
    what = [
        {"name": name, "value": getattr(now, name).value}
        for name in _NAMES
        if name not in _LIMITS and getattr(now, name) is not getattr(was, name)
    ]
    actor = f"board:{turn.lane}"
    if what:
        turn.record(EventType.LANE_OBSERVED, actor, turn.current, {"what": what})
    if turn.arm is not was_arm:
        body = {"arm": turn.arm.value, "limit_up": now.limit_up.value, "limit_down": now.limit_down.value}
        turn.record(EventType.BARRIER_MOVED, actor, turn.find(turn.lift.passage), body)


def _special_inputs(turn: Turn, was: Inputs) -> None:
    now = turn.inputs
    if now.fire is Signal.ON and turn.mode is not LaneMode.FIRE:
        orders_common.enter_fire(turn)
    if now.button is Signal.ON and was.button is Signal.OFF:
        orders_common.open_by_button(turn)
    if now.fault is Signal.ON:
        turn.raise_alarm("fault", "the barrier's board reports a fault")
    elif now.fault is Signal.OFF:
        turn.clear_alarm("fault")
    if now.limit_up is Signal.ON and now.limit_down is Signal.ON:
        turn.raise_alarm("limit_switch", "both limit switches say that the arm is there")
    elif Signal.UNKNOWN not in (now.limit_up, now.limit_down):
        turn.clear_alarm("limit_switch")


# --- the arm -------------------------------------------------------------------------------------------------------


def _arm_moved(turn: Turn, was: Arm) -> None:
    now = turn.arm
    if now is Arm.UP and turn.lift.order is not BarrierOrder.DOWN:
        _arm_is_up(turn)
    elif now is Arm.DOWN and (turn.lift.order is not BarrierOrder.UP or _fell_by_itself(turn, was)):
        _arm_is_down(turn)
    elif was is Arm.DOWN and now in (Arm.BETWEEN, Arm.RISING, Arm.FALLING, Arm.UP):
        _left_its_place(turn)


def _fell_by_itself(turn: Turn, was: Arm) -> bool:
    """Whether an arm that was seen up since it was ordered up is down again; one still on its way up is not."""
    return "open" not in turn.timers and was not in (Arm.DOWN, Arm.UNKNOWN)


def _arm_is_up(turn: Turn) -> None:
    turn.stop_timer("open")
    if turn.lift.order is BarrierOrder.UP:
        turn.clear_alarm("stuck_arm")
        if turn.lift.unsure:
            turn.lift = changed(turn.lift, unsure=False, retry=False)
    if turn.current is not None and turn.current.id == turn.lift.passage:
        step(turn, turn.current, What.ARM_UP)


def _arm_is_down(turn: Turn) -> None:
    """The lift is over; whoever had it and did not use it ends here."""
    owner = turn.lift.passage
    if turn.lift != Lift():
        turn.lift = Lift()
    for name in ("open", "close", "delay", "held"):
        turn.stop_timer(name)
    turn.clear_alarm("stuck_arm")
    turn.clear_alarm("held_open")
    turn.clear_alarm("left_open")
    current = turn.current
    if current is None:
        return
    if current.id == owner or current.phase in (Phase.OPEN, Phase.WITHDRAWN):
        step(turn, current, What.ARM_DOWN)


def _left_its_place(turn: Turn) -> None:
    if turn.lift.order is not None or turn.is_free:
        return
    if arm.is_occupied(turn.inputs):
        turn.raise_alarm("arm_struck", "the arm left its place with something under it, and no order")
        return
    turn.raise_alarm("forced", "the arm left its place without an order")


# --- vehicles ------------------------------------------------------------------------------------------------------


def _vehicles(turn: Turn) -> None:
    _mark_sight(turn)
    _beyond(turn)
    _under(turn)
    sides = (Side.ENTRY, Side.EXIT) if steps.is_shared(turn) else (steps.own_side(turn),)
    for side in sides:
        _approach(turn, side)


def _mark_sight(turn: Turn) -> None:
    current = turn.current
    if current is None or current.sight_lost or current.phase in (*steps.UNDECIDED, Phase.GRANTED):
        return
    if Signal.UNKNOWN in (turn.inputs.closing, steps.approach(turn, current.side)):
        turn.put(changed(current, sight_lost=True))


def _beyond(turn: Turn) -> None:
    current = turn.current
    if current is None:
        if turn.departing and Signal.ON not in (turn.inputs.leaving, turn.inputs.arming):
            turn.departing = False
        return
    seen_beyond = steps.beyond(turn, current.side) is Signal.ON
    if seen_beyond and current.phase in IN_TRANSIT and not current.beyond:
        step(turn, current, What.BEYOND)


def _entered(inputs: Inputs) -> bool:
    """Whether a vehicle is under the arm: by the loop; by the photocell only where there is no loop."""
    return inputs.closing is Signal.ON or (inputs.closing is Signal.ABSENT and inputs.photocell is Signal.ON)


def _under(turn: Turn) -> None:
    current = turn.current
    if current is not None and current.phase in (Phase.CROSSING, Phase.INTRUDING):
        _crossing(turn, current)
        return
    if not _entered(turn.inputs):
        return
    if current is not None and current.phase in (Phase.WITHDRAWN, Phase.CLEARING) and _next_is_ahead(turn, current):
        ending = "completed" if current.phase is Phase.CLEARING else (current.outcome or "timed_out")
        steps.end(turn, current, ending)
        current = turn.current
    elif current is not None and current.phase is Phase.BACKING and _is_followed(turn, current):
        _followed(turn, current)
        return
    if current is None:
        current = steps.begin(turn, _unseen_side(turn), approached=False)
        turn.stop_timer(f"wait:{current.side.value}")
    step(turn, current, _how_under(turn, current))


def _crossing(turn: Turn, current: Passage) -> None:
    """Somebody is under the arm: gone, gone back, or followed so closely that the loop never clears."""
    if turn.is_free and current.phase is Phase.INTRUDING:
        step(turn, current, What.UNDER_FREE)
        current = turn.current or current
    if arm.is_clear(turn.inputs):
        step(turn, current, _off_the_arm(turn, current))
        return
    if current.left or turn.inputs.closing is not Signal.ON or current.phase is not Phase.CROSSING:
        return
    if turn.inputs.photocell is Signal.OFF and turn.before.inputs.photocell is Signal.ON:
        turn.put(changed(current, cleared_at=turn.fact.at))
    elif turn.inputs.photocell is Signal.ON and current.cleared_at:
        if _is_followed(turn, current):
            _followed(turn, current)
        else:
            turn.put(changed(current, cleared_at=0))


def _is_followed(turn: Turn, current: Passage) -> bool:
    """Whether what is under the arm now is another vehicle: it came sooner than one could back up and come again."""
    if current.phase is Phase.BACKING and turn.lift.passage != current.id:
        return True
    since_us = turn.fact.at - current.cleared_at
    return bool(current.cleared_at) and 0 <= since_us < turn.rules.reverse_clear_ms * 1000


def _followed(turn: Turn, current: Passage) -> None:
    step(turn, current, What.FOLLOWED)
    following = turn.current
    if following is None:
        following = steps.begin(turn, current.side, approached=True)
    step(turn, following, _how_under(turn, following))


def _how_under(turn: Turn, passage: Passage) -> What:
    if passage.phase in _OWN_LIFT and not turn.is_free:
        return What.UNDER
    if turn.is_free:
        return What.UNDER_FREE
    lifted = turn.arm is not Arm.DOWN and bool(turn.lift.order_id)
    return What.UNDER_TAIL if lifted else What.UNDER_FORCED


def _off_the_arm(turn: Turn, passage: Passage) -> What:
    on_approach = steps.approach(turn, passage.side) is Signal.ON
    if any(each.side is passage.side and each.approached and not each.left for each in turn.waiting):
        on_approach = False  # that is the next vehicle
    if turn.rules.has_leaving_loop or steps.is_shared(turn):
        if passage.beyond:
            return What.THROUGH
        return What.BACK if on_approach and not passage.left else What.MAYBE
    return What.THROUGH if passage.left or not on_approach else What.BACK


def _next_is_ahead(turn: Turn, current: Passage) -> bool:
    """Whether the vehicle now under the arm is the next one: it came onto the loop after the current one had gone."""
    gone = current.left or not current.approached
    return gone and any(each.side is current.side and each.approached for each in turn.waiting)


def _unseen_side(turn: Turn) -> Side:
    """Where a vehicle came from that no loop before the arm has seen: from beyond, if that loop is occupied."""
    side = steps.own_side(turn)
    other = Side.EXIT if side is Side.ENTRY else Side.ENTRY
    came_from_beyond = steps.beyond(turn, side) is Signal.ON and steps.approach(turn, side) is Signal.OFF
    return other if came_from_beyond else side


def _approach(turn: Turn, side: Side) -> None:
    signal = steps.approach(turn, side)
    if signal not in (Signal.ON, Signal.OFF):
        return
    passage = _standing(turn, side)
    if signal is Signal.ON:
        if passage is not None:
            if passage.left or not passage.approached:
                step(turn, passage, What.ARRIVE)
        elif _may_begin(turn, side):
            steps.begin(turn, side, approached=True)
    elif passage is not None and passage.approached and not passage.left:
        step(turn, passage, What.LEAVE)


def _standing(turn: Turn, side: Side) -> Passage | None:
    """The passage to which a change of the loop before the arm on that side belongs."""
    for each in turn.waiting:
        if each.side is side:
            return each
    current = turn.current
    if current is None or current.side is not side:
        return None
    if current.phase in _STANDS_THERE:
        return current
    return current if current.approached and not current.left else None


def _may_begin(turn: Turn, side: Side) -> bool:
    """Whether an occupied loop on that side is a new vehicle, and not one that is on its way out over it."""
    current = turn.current
    if not steps.is_shared(turn):
        return True
    if current is None:
        return not turn.departing
    return current.side is side or current.phase not in (*IN_TRANSIT, Phase.BACKING)


# --- time ----------------------------------------------------------------------------------------------------------


def _pass_due(turn: Turn) -> None:
    if turn.current is not None:
        step(turn, turn.current, What.PASS_DUE)


def _wait_due(turn: Turn, side: Side) -> None:
    passage = _standing(turn, side)
    if passage is None or passage.approached:
        return
    step(turn, passage, What.PASS_DUE)


def _back_due(turn: Turn, side: Side) -> None:
    current = turn.current
    if current is not None and current.side is side:
        step(turn, current, What.BACK_DUE)


def _grace_due(turn: Turn, side: Side) -> None:
    current = turn.current
    if current is not None and current.side is side and current.phase is Phase.CLEARING:
        still_there = steps.approach(turn, side) is Signal.ON and not turn.waiting and not current.beyond
        step(turn, current, What.BACK if still_there else What.THROUGH)
        return
    passage = _standing(turn, side)
    if passage is None:
        return
    if passage is not current and current is not None and current.side is side and current.phase in IN_TRANSIT:
        steps.start_grace(turn, passage)
        return
    step(turn, passage, What.GRACE_DUE)


def _clear_at_rest(turn: Turn) -> None:
    if not turn.alarms or turn.current is not None:
        return
    if not (turn.is_free or turn.arm is Arm.DOWN) or not arm.is_clear(turn.inputs):
        return
    for key in turn.alarms:
        kind, _, _ = key.partition(":")
        if kind in _AT_REST:
            turn.clear_alarm(kind, key=key)


def _close_due(turn: Turn, rest: str) -> None:
    del rest
    if arm.close_overdue(turn):
        _arm_is_down(turn)


def _held_due(turn: Turn, rest: str) -> None:
    del rest
    if not turn.is_free and turn.arm is not Arm.DOWN:
        turn.raise_alarm("held_open", f"the arm is {turn.arm.value} and should be down")


_TIMERS: dict[str, Callable[[Turn, str], None]] = {
    "open": lambda turn, _: arm.open_overdue(turn),
    "delay": lambda turn, _: arm.delay_over(turn),
    "close": _close_due,
    "held": _held_due,
    "pass": lambda turn, _: _pass_due(turn),
    "wait": lambda turn, side: _wait_due(turn, Side(side)),
    "grace": lambda turn, side: _grace_due(turn, Side(side)),
    "back": lambda turn, side: _back_due(turn, Side(side)),
    "evidence": lambda turn, side: credentials.evidence_due(turn, Side(side)),
    "order": orders_common.overdue,
    "forged": lambda turn, _: turn.clear_alarm("order_forged"),
}
"""What each timer of a vehicle lane means when it is due; the part after ":" of its name is the side or the order."""
