"""One scan of a vehicle lane's inputs: what changed is recorded, then fire, button, fault, the arm's place, vehicles.

What the loops say of the vehicles stands in `vehicles`; what may be ordered of the arm, in `arm`.
"""

from dataclasses import fields

from controller.domain import arm, orders_common
from controller.domain.events import EventType
from controller.domain.facts import BarrierState
from controller.domain.passage import What, settle_turns, step
from controller.domain.reasons import Reason
from controller.domain.state import Inputs, Lift, Phase
from controller.domain.terms import Arm, BarrierOrder, LaneMode, Signal
from controller.domain.turn import Turn, changed
from controller.domain.vehicles import vehicles_seen

_NAMES = tuple(each.name for each in fields(Inputs))
_LIMITS = ("limit_up", "limit_down")
_AT_REST = frozenset(
    (
        "forced",
        "arm_struck",
        "tailgated",
        "mismatch",
        "passback",
        "unregistered_exit",
        "watch_list",
        "void_plate",
        "lost_card",
        "abandoned",
    )
)
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
    vehicles_seen(turn)
    arm.settle(turn)
    settle_turns(turn)
    orders_common.confirm(turn)
    clear_at_rest(turn)
    if turn.learning:
        turn.learning = any(signal is Signal.UNKNOWN for signal in (fact.limit_up, fact.limit_down, fact.closing))


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
    elif turn.mode is LaneMode.FIRE and turn.arm is Arm.DOWN and "open" not in turn.timers:
        # not blindly: the arm is seen down in a fire, as after a power cut or a kill between record and act
        arm.raise_arm(turn, "", EventType.LANE_MODE_CHANGED, Reason.FIRE.value, hold=True)
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
        arm_is_down(turn)
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


def arm_is_down(turn: Turn) -> None:
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


def clear_at_rest(turn: Turn) -> None:
    """End the alarms about vehicles when nobody is at the lane and the arm is where it belongs."""
    if not turn.alarms or turn.current is not None:
        return
    if not (turn.is_free or turn.arm is Arm.DOWN) or not arm.is_clear(turn.inputs):
        return
    for key in turn.alarms:
        kind, _, _ = key.partition(":")
        if kind in _AT_REST:
            turn.clear_alarm(kind, key=key)
