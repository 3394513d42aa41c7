"""Where things are at a lane: which side vehicles come from, and which loop lies before and beyond the arm for them.

Only the lane's plan; what happens on it is not judged here.
"""

from controller.domain.terms import LaneDirection, Side, Signal
from controller.domain.turn import Turn


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
