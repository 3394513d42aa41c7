"""The arm of one lane: what is ordered of it, and when it may not be.

The rules of "Safety of the arm" stand here and nowhere else: down only when the last scan shows everything under the
arm clear (the driver scans again before it writes), never because a timer ran out while something is occupied or
unknown; up beats down; an order whose outcome is not known is not repeated before the inputs have been read, and by
itself only where the arm has to be up; nothing is ordered because something came back. GB 50396 commentary (S10),
EN 12453 (S11).
"""

from controller.domain.effects import MoveBarrier
from controller.domain.events import EventType
from controller.domain.reasons import Reason
from controller.domain.state import Inputs, Lift
from controller.domain.terms import Arm, BarrierOrder, Signal
from controller.domain.turn import Turn, changed

MAX_TRIES = 3
"""Orders down for one lift before a person has to look: a motor that does not follow is not to be worked to death."""

MAX_REPEATS = 3
"""So often an order up, or a release, that was lost is repeated by itself; after that a person has to look."""

REPEAT_MS = 2_000
"""The pace of those repeats where the board said that the order was not, or perhaps not, carried out."""

_NOTHING_THERE = (Signal.OFF, Signal.ABSENT)


def is_clear(inputs: Inputs) -> bool:
    """Whether the last scan shows nothing under the arm; with neither loop nor photocell wired nobody can know."""
    closing, photocell = inputs.closing, inputs.photocell
    if closing is Signal.ABSENT and photocell is Signal.ABSENT:
        return False
    return closing in _NOTHING_THERE and photocell in _NOTHING_THERE


def is_occupied(inputs: Inputs) -> bool:
    """Whether something is seen under the arm."""
    return inputs.closing is Signal.ON or inputs.photocell is Signal.ON


def arm_of(inputs: Inputs, last: BarrierOrder | None) -> Arm:
    """Where the arm is, as its limit switches say; `last` only names the motion between them."""
    up, down = inputs.limit_up, inputs.limit_down
    if Signal.UNKNOWN in (up, down) or (up is Signal.ABSENT and down is Signal.ABSENT):
        return Arm.UNKNOWN
    if up is Signal.ON and down is Signal.ON:
        return Arm.UNKNOWN
    if up is Signal.ON:
        return Arm.UP
    if down is Signal.ON:
        return Arm.DOWN
    if last is BarrierOrder.UP:
        return Arm.RISING
    return Arm.FALLING if last is BarrierOrder.DOWN else Arm.BETWEEN


def raise_arm(turn: Turn, passage: str, because: EventType, reason: str, *, hold: bool = False) -> None:
    """Order the arm up, unless it is up or on its way: three who ask at once make one motion (R32)."""
    lift = turn.lift
    is_up = turn.arm is Arm.UP and lift.order is not BarrierOrder.DOWN
    on_its_way = lift.order is BarrierOrder.UP and not (lift.unsure and turn.arm is Arm.DOWN)
    _forget_closing(turn)
    if hold or not (is_up or on_its_way):
        anew = Lift(passage=passage, because=because.value, reason=reason, needed=hold or turn.is_free)
        _order(turn, BarrierOrder.UP, anew, hold=hold)
        turn.start_timer("open", turn.rules.open_timeout_ms)
        return
    mine = changed(lift, passage=passage, because=because.value, reason=reason, want_down=False)
    if is_up and lift.order is not BarrierOrder.UP:
        mine = changed(mine, order=None, unsure=False)
    elif not is_up and lift.unsure:
        mine = changed(mine, retry=True)
    turn.lift = mine


def keep_up(turn: Turn) -> None:
    """Somebody is under the arm or on the way there: it is not to fall; one that already falls goes up again."""
    turn.lift = changed(turn.lift, want_down=False)
    _forget_closing(turn)
    if turn.lift.order is BarrierOrder.DOWN and turn.arm is not Arm.DOWN:
        _reverse(turn)


def lower_when_clear(turn: Turn, because: EventType, reason: str) -> None:
    """Let the arm fall after the delay, once and as long as scans show everything clear. Not in a free mode."""
    if turn.is_free:
        return
    if turn.learning:
        leave_up(turn)
        return
    turn.lift = changed(turn.lift, want_down=True, because=because.value, reason=reason, retry=False)
    if "held" not in turn.timers:
        turn.start_timer("held", turn.rules.held_open_alarm_ms)
    settle(turn)


def leave_up(turn: Turn) -> None:
    """Nothing moves because the box came back: an arm that would have fallen meanwhile stays, and an alarm says so."""
    turn.lift = changed(turn.lift, want_down=False)
    if turn.arm is not Arm.DOWN:
        turn.raise_alarm("left_open", "the arm was about to fall when the box stopped; close it when the lane is clear")


def lower_now(turn: Turn, because: EventType, reason: str) -> bool:
    """Order the arm down at once, if everything is clear; False when it is not and nothing was ordered."""
    if not is_clear(turn.inputs):
        return False
    turn.lift = changed(turn.lift, because=because.value, reason=reason, want_down=True)
    _order_down(turn)
    return True


def stop_arm(turn: Turn, because: EventType, reason: str) -> None:
    """Order the arm to stop where it is; nothing else is wanted of it until somebody asks again."""
    _forget_closing(turn)
    lift = changed(turn.lift, because=because.value, reason=reason, want_down=False, retry=False)
    _order(turn, BarrierOrder.STOP, lift)
    turn.stop_timer("open")
    turn.stop_timer("close")


def settle(turn: Turn) -> None:
    """After a scan or a change of mind: guard a falling arm, and start or stop the delay before it falls."""
    lift = turn.lift
    if lift.order is BarrierOrder.DOWN and turn.arm is not Arm.DOWN:
        if is_occupied(turn.inputs):
            _reverse(turn)
        elif not is_clear(turn.inputs) and turn.arm is not Arm.UNKNOWN:
            _halt(turn)
    if lift.retry and turn.arm is Arm.DOWN:
        _order(turn, BarrierOrder.UP, changed(lift, retry=False, unsure=False))
        turn.start_timer("open", turn.rules.open_timeout_ms)
    if turn.lift.unsure and turn.lift.order is BarrierOrder.DOWN:
        _look_what_became_of_down(turn)
    if not turn.lift.want_down:
        return
    if not is_clear(turn.inputs):
        turn.stop_timer("delay")
    elif "delay" not in turn.timers and turn.lift.order is not BarrierOrder.DOWN and turn.arm is not Arm.DOWN:
        turn.start_timer("delay", turn.rules.close_delay_ms)


def _look_what_became_of_down(turn: Turn) -> None:
    """In time the inputs say whether a lost order down was carried out: an arm needs a moment to leave its place.

    Until it had that it counts as falling, so that whatever comes under it sends it up.
    """
    if turn.arm is Arm.FALLING:
        turn.lift = changed(turn.lift, unsure=False)
        turn.start_timer("close", turn.rules.close_timeout_ms)
    elif turn.arm is Arm.UP and "close" not in turn.timers:
        turn.lift = changed(turn.lift, order=None, unsure=False)


def delay_over(turn: Turn) -> None:
    """The delay after the last clear scan is over: down, if it is still wanted and still clear."""
    if not turn.lift.want_down or turn.lift.order is BarrierOrder.DOWN or not is_clear(turn.inputs):
        return
    if turn.lift.tries >= MAX_TRIES:
        turn.raise_alarm("stuck_arm", f"ordered down {MAX_TRIES} times, limit switches say {turn.arm.value}")
        return
    _order_down(turn)


def open_overdue(turn: Turn) -> None:
    """The arm was not seen up in time: an alarm. Repeated only where it has to be up; a new grant may ask again."""
    if turn.arm is Arm.UP or turn.lift.order is not BarrierOrder.UP:
        return
    has_to_be_up = _has_to_be_up(turn)
    if has_no_limits(turn.inputs) and not (has_to_be_up and turn.lift.unsure):
        return
    turn.lift = changed(turn.lift, unsure=True)
    turn.raise_alarm("stuck_arm", f"ordered up, limit switches say {turn.arm.value}")
    if not has_to_be_up:
        return
    if Signal.UNKNOWN in (turn.inputs.limit_up, turn.inputs.limit_down):
        turn.lift = changed(turn.lift, retry=True)  # not blindly: when a scan shows it still down
    elif turn.lift.repeats < MAX_REPEATS:
        _order_up_again(turn)


def up_was_lost(turn: Turn) -> None:
    """The board says that an order up may not have been carried out: looked at soon, where the arm has to be up."""
    if _has_to_be_up(turn) and turn.lift.repeats < MAX_REPEATS:
        turn.start_timer("open", min(REPEAT_MS, turn.rules.open_timeout_ms))


def down_was_lost(turn: Turn) -> None:
    """An order down may not have been carried out: soon the limit switches must tell."""
    if not has_no_limits(turn.inputs):
        turn.start_timer("close", min(REPEAT_MS, turn.rules.close_timeout_ms))


def close_overdue(turn: Turn) -> bool:
    """The arm was not seen down in time. True when it has no limit switches, so that it counts as down."""
    if turn.lift.order is not BarrierOrder.DOWN or turn.arm is Arm.DOWN:
        return False
    if turn.lift.unsure and turn.arm is Arm.UP:
        settle(turn)  # it was lost, and is as if it had never been given
        return False
    if has_no_limits(turn.inputs):
        return True
    turn.raise_alarm("stuck_arm", f"ordered down, limit switches say {turn.arm.value}")
    stands = turn.arm is Arm.UP and is_clear(turn.inputs)
    if stands and turn.lift.want_down and turn.lift.tries < MAX_TRIES:
        _order_down(turn)
    return False


def has_no_limits(inputs: Inputs) -> bool:
    """Whether no limit switch is wired, so that the arm's place is never known."""
    return inputs.limit_up is Signal.ABSENT and inputs.limit_down is Signal.ABSENT


def _has_to_be_up(turn: Turn) -> bool:
    """Whether the lift is for a fire or a lane held open that still stands, or for something that is still there."""
    return turn.lift.needed and (turn.is_free or not is_clear(turn.inputs))


def _order_up_again(turn: Turn) -> None:
    lift = changed(turn.lift, repeats=turn.lift.repeats + 1)
    _order(turn, BarrierOrder.UP, lift, hold=turn.is_free)
    turn.start_timer("open", turn.rules.open_timeout_ms)


def _order_down(turn: Turn) -> None:
    turn.stop_timer("delay")
    _order(turn, BarrierOrder.DOWN, changed(turn.lift, tries=turn.lift.tries + 1, needed=False))
    turn.stop_timer("open")
    turn.start_timer("close", turn.rules.close_timeout_ms)


def _reverse(turn: Turn) -> None:
    because = EventType.LANE_OBSERVED.value
    lift = changed(turn.lift, because=because, reason=Reason.OBSTRUCTED.value, needed=True, repeats=0)
    _order(turn, BarrierOrder.UP, lift)
    turn.stop_timer("close")
    turn.stop_timer("delay")
    turn.start_timer("open", turn.rules.open_timeout_ms)


def _halt(turn: Turn) -> None:
    lift = changed(turn.lift, because=EventType.LANE_OBSERVED.value, reason=Reason.INPUTS_UNKNOWN.value)
    _order(turn, BarrierOrder.STOP, lift)
    turn.stop_timer("close")


def _order(turn: Turn, order: BarrierOrder, lift: Lift, *, hold: bool = False) -> None:
    order_id = turn.next_id()
    turn.lift = changed(lift, order_id=order_id, order=order, unsure=False, retry=False)
    body = {"order_id": order_id, "order": order.value, "because": lift.because, "reason": lift.reason}
    turn.record(EventType.BARRIER_ORDERED, f"rule:{lift.reason}", turn.find(lift.passage), body)
    turn.do(MoveBarrier(lane=turn.lane, order_id=order_id, order=order, hold=hold))


def _forget_closing(turn: Turn) -> None:
    for name in ("delay", "close", "held"):
        turn.stop_timer(name)
