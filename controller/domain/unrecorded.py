"""What may be done although nothing of it can be recorded (F3): what makes a lane safer always, opening by policy."""

from controller.domain.effects import Effect, MoveBarrier, ReleaseLock
from controller.domain.reasons import Reason
from controller.domain.rules import SiteRules
from controller.domain.state import LaneState
from controller.domain.terms import BarrierOrder, LaneMode


def may_act_unrecorded(effect: Effect, lane: LaneState | None, rules: SiteRules, *, room: bool) -> bool:
    """Whether to do it. `lane` as it is after the decision, None where there is no such lane any more.

    `room`: more of what cannot be written can be held back.
    """
    match effect:
        case MoveBarrier(order=BarrierOrder.UP) | ReleaseLock():
            return _makes_safer(lane) or (room and rules.lane(effect.lane).degraded_open)
    return True


def _makes_safer(lane: LaneState | None) -> bool:
    """A way out for fire, or an arm that goes up again from what it falls on: nobody is let in by that."""
    return lane is not None and (lane.mode is LaneMode.FIRE or lane.lift.reason == Reason.OBSTRUCTED.value)
