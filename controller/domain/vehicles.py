"""What happened to which vehicle, as the loops and the photocell stand: the reading of a scan into the passage's table.

Everything is judged by how the inputs stand, not by edges alone, so that a lost board or a restart hides nothing; an
unknown input is never taken for off. What follows stands in `passage.TABLE`.
"""

from controller.domain import arm, ends, places, steps
from controller.domain.passage import What, step
from controller.domain.state import IN_TRANSIT, Inputs, Passage, Phase
from controller.domain.terms import Arm, Side, Signal
from controller.domain.turn import Turn, changed

_OWN_LIFT = (Phase.OPENING, Phase.OPEN, Phase.BACKING, Phase.WITHDRAWN, Phase.CLEARING)
_STANDS_THERE = (*steps.UNDECIDED, Phase.GRANTED, Phase.OPENING, Phase.OPEN, Phase.BACKING)


def vehicles_seen(turn: Turn) -> None:
    """Take everything the loops and the photocell say of the vehicles at this lane."""
    _mark_sight(turn)
    _beyond(turn)
    _under(turn)
    sides = (Side.ENTRY, Side.EXIT) if places.is_shared(turn) else (places.own_side(turn),)
    for side in sides:
        _approach(turn, side)


def _mark_sight(turn: Turn) -> None:
    current = turn.current
    if current is None or current.sight_lost or current.phase in (*steps.UNDECIDED, Phase.GRANTED):
        return
    if Signal.UNKNOWN in (turn.inputs.closing, places.approach(turn, current.side)):
        turn.put(changed(current, sight_lost=True))


def _beyond(turn: Turn) -> None:
    current = turn.current
    if current is None:
        if turn.departing and Signal.ON not in (turn.inputs.leaving, turn.inputs.arming):
            turn.departing = False
        return
    seen_beyond = places.beyond(turn, current.side) is Signal.ON
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
        ends.end(turn, current, ending)
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
    if turn.inputs.closing is not Signal.ON or current.phase is not Phase.CROSSING:
        return
    if turn.inputs.photocell is Signal.OFF and turn.before.inputs.photocell is Signal.ON:
        turn.put(changed(current, cleared_at=turn.fact.at))
    elif turn.inputs.photocell is Signal.ON and current.cleared_at and not current.left:
        if _is_followed(turn, current):
            _followed(turn, current)
        else:
            turn.put(changed(current, cleared_at=0))


def _is_followed(turn: Turn, current: Passage) -> bool:
    """Whether what is under the arm now is another vehicle, where neither loop has cleared between the two.

    A leaving loop tells that the first has not gone forward, so it is the first again. Without one, whoever comes under
    the arm after it was clear counts as the next: a vehicle too many is seen by the guard, one too few by nobody. While
    the loop under the arm stays occupied, the photocell's gap must be shorter than backing up and coming again takes.
    """
    if current.phase is Phase.BACKING:
        return not _sees_beyond(turn)
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


def _sees_beyond(turn: Turn) -> bool:
    """Whether a loop beyond the arm is wired."""
    return turn.rules.has_leaving_loop or places.is_shared(turn)


def _off_the_arm(turn: Turn, passage: Passage) -> What:
    on_approach = places.approach(turn, passage.side) is Signal.ON
    if any(each.side is passage.side and not each.left for each in turn.waiting):
        on_approach = False  # that is the next vehicle
    if _sees_beyond(turn):
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
    side = places.own_side(turn)
    other = Side.EXIT if side is Side.ENTRY else Side.ENTRY
    came_from_beyond = places.beyond(turn, side) is Signal.ON and places.approach(turn, side) is Signal.OFF
    return other if came_from_beyond else side


def _approach(turn: Turn, side: Side) -> None:
    signal = places.approach(turn, side)
    if signal not in (Signal.ON, Signal.OFF):
        return
    passage = standing(turn, side)
    if signal is Signal.ON:
        if passage is not None:
            if passage.left or not passage.approached:
                step(turn, passage, What.ARRIVE)
        elif _may_begin(turn, side):
            steps.begin(turn, side, approached=True)
    elif passage is not None and passage.approached and not passage.left:
        step(turn, passage, What.LEAVE)


def standing(turn: Turn, side: Side) -> Passage | None:
    """The passage to which a change of the loop before the arm on that side belongs."""
    current = turn.current
    under = current is not None and current.side is side and current.phase in (Phase.CROSSING, Phase.INTRUDING)
    if under and current is not None and current.approached and not current.left:
        return current
    for each in turn.waiting:
        if each.side is side:
            return each
    if current is None or current.side is not side:
        return None
    if current.phase in _STANDS_THERE:
        return current
    return current if current.approached and not current.left else None


def _may_begin(turn: Turn, side: Side) -> bool:
    """Whether an occupied loop on that side is a new vehicle, and not one that is on its way out over it."""
    current = turn.current
    if not places.is_shared(turn):
        return True
    if current is None:
        return not turn.departing
    return current.side is side or current.phase not in (*IN_TRANSIT, Phase.BACKING)
