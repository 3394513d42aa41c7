"""What may be done although nothing of it can be recorded (F3): what makes a lane safer always, opening by policy."""

from controller.domain.effects import Effect, MoveBarrier, ReleaseLock
from controller.domain.rules import SiteRules
from controller.domain.state import LaneState
from controller.domain.terms import Arm, BarrierOrder, LaneMode


def may_act_unrecorded(
    effect: Effect, before: LaneState | None, after: LaneState | None, rules: SiteRules, *, room: bool
) -> bool:
    """Whether to do it; `before` and `after` the fact the lane was in these states (None: there was no such lane).

    `room`: more of what cannot be written can be held back.
    """
    match effect:
        case MoveBarrier(order=BarrierOrder.UP) | ReleaseLock():
            return _makes_safer(before, after) or (room and rules.lane(effect.lane).degraded_open)
    return True


def _makes_safer(before: LaneState | None, after: LaneState | None) -> bool:
    """A way out for fire, or an arm that goes up again because it was falling: nobody is let in by that."""
    if after is not None and after.mode is LaneMode.FIRE:
        return True
    return before is not None and before.lift.order is BarrierOrder.DOWN and before.arm is not Arm.DOWN
