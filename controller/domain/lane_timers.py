"""What each timer of a vehicle lane means when it is due. A timer alone never moves the arm down (see `arm`).

How long each runs stands in the lane's rules; who starts it, in `steps`, `ends` and `arm`.
"""

from collections.abc import Callable

from controller.domain import arm, credentials, orders_common, places, steps
from controller.domain.facts import TimerDue
from controller.domain.passage import What, settle_turns, step
from controller.domain.scan import arm_is_down, clear_at_rest
from controller.domain.state import IN_TRANSIT, Phase
from controller.domain.terms import Arm, Side, Signal
from controller.domain.turn import Turn
from controller.domain.vehicles import standing, vehicles_seen


def timer_due(turn: Turn, fact: TimerDue) -> None:
    """A timer ran out; one that was replaced or forgotten meanwhile means nothing."""
    if turn.timers.get(fact.name) != fact.token:
        return
    turn.timers = {name: token for name, token in turn.timers.items() if name != fact.name}
    kind, _, rest = fact.name.partition(":")
    due = _TIMERS.get(kind)
    if due is not None:
        due(turn, rest)
    vehicles_seen(turn)
    arm.settle(turn)
    settle_turns(turn)
    clear_at_rest(turn)


def _pass_due(turn: Turn) -> None:
    if turn.current is not None:
        step(turn, turn.current, What.PASS_DUE)


def _wait_due(turn: Turn, side: Side) -> None:
    passage = standing(turn, side)
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
        still_there = places.approach(turn, side) is Signal.ON and not turn.waiting and not current.beyond
        step(turn, current, What.BACK if still_there else What.THROUGH)
        return
    passage = standing(turn, side)
    if passage is None:
        return
    if passage is not current and current is not None and current.side is side and current.phase in IN_TRANSIT:
        steps.start_grace(turn, passage)
        return
    if passage.left:
        step(turn, passage, What.GRACE_DUE)


def _close_due(turn: Turn, rest: str) -> None:
    del rest
    if arm.close_overdue(turn):
        arm_is_down(turn)


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
