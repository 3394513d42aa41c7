"""The passage of one vehicle at a lane, as a transition table: phase, what happened, next phase, what follows.

Rules are rows here; what a row does stands in `steps`, what a scan means in `scan`, the arm's safety in `arm`. The
drawing in docs/decision-core.md is made from `TABLE`. R2, R6, R8, R12, R25.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique

from controller.domain import ends, steps
from controller.domain.state import Passage, Phase
from controller.domain.turn import Turn, changed


@unique
class What(StrEnum):
    """What can happen to a passage."""

    ARRIVE = "on the loop before the arm"
    LEAVE = "off the loop before the arm"
    UNDER = "under the arm, on its own lift"
    UNDER_FREE = "under the arm, which stands open for all"
    UNDER_TAIL = "under the arm on another's lift"
    UNDER_FORCED = "under the arm without a lift"
    THROUGH = "off the arm, forward"
    BACK = "off the arm, backward"
    MAYBE = "off the arm, not yet seen beyond"
    BEYOND = "on the loop beyond"
    VANISHED = "gone while the one ahead was under the arm"
    NEXT_SEEN = "another vehicle identified before the arm"
    FOLLOWED = "another vehicle close behind it"
    BACK_DUE = "time to back out over"
    GRANT = "granted"
    REFER = "referred"
    DENY = "denied"
    TURN = "the arm is free for it"
    TURN_FREE = "the arm stands open for all"
    WITHDRAW = "leave withdrawn"
    ARM_UP = "arm seen up"
    ARM_DOWN = "arm seen down"
    GRACE_DUE = "grace over"
    PASS_DUE = "passing time over"  # noqa: S105 - the trade's word, no password


Action = Callable[[Turn, Passage], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the next phase (`None`: the passage ends) and what follows, in order."""

    phase: Phase | None
    actions: tuple[Action, ...] = ()


Table = dict[tuple[Phase, What], Row]


def _undecided(phase: Phase, outcome: Action) -> Table:
    """Rows shared by the phases before a grant; `outcome` is how such a vehicle ends when it goes away."""
    return {
        (phase, What.ARRIVE): Row(phase, (steps.mark_approached, steps.stop_grace)),
        (phase, What.LEAVE): Row(phase, (steps.mark_left, steps.start_grace)),
        (phase, What.GRACE_DUE): Row(None, (outcome,)),
        (phase, What.PASS_DUE): Row(None, (outcome,)),
        (phase, What.GRANT): Row(Phase.GRANTED, (steps.take_turn,)),
        (phase, What.REFER): Row(Phase.REFERRED),
        (phase, What.DENY): Row(Phase.DENIED),
        (phase, What.UNDER_FREE): Row(Phase.CROSSING, (steps.pass_free, steps.enter)),
        (phase, What.UNDER_TAIL): Row(Phase.CROSSING, (steps.tailgate, steps.enter)),
        (phase, What.UNDER_FORCED): Row(Phase.INTRUDING, (steps.intrude, steps.enter)),
        (phase, What.VANISHED): Row(Phase.CLEARING, (steps.tailgate, steps.restart_grace)),
    }


TABLE: Table = {
    **_undecided(Phase.ARRIVED, ends.end_reversed),
    **_undecided(Phase.REFERRED, ends.end_reversed),
    **_undecided(Phase.DENIED, ends.end_turned_away),
    # may pass, the arm is not yet its own
    (Phase.GRANTED, What.TURN): Row(Phase.OPENING, (steps.open_arm,)),
    (Phase.GRANTED, What.TURN_FREE): Row(Phase.OPEN, (steps.open_free,)),
    (Phase.GRANTED, What.ARRIVE): Row(Phase.GRANTED, (steps.mark_approached, steps.stop_grace)),
    (Phase.GRANTED, What.LEAVE): Row(Phase.GRANTED, (steps.mark_left, steps.start_grace)),
    (Phase.GRANTED, What.GRACE_DUE): Row(None, (ends.end_reversed,)),
    (Phase.GRANTED, What.PASS_DUE): Row(None, (ends.end_timed_out,)),
    (Phase.GRANTED, What.GRANT): Row(Phase.GRANTED, (steps.take_turn,)),
    (Phase.GRANTED, What.REFER): Row(Phase.REFERRED),
    (Phase.GRANTED, What.DENY): Row(Phase.DENIED),
    (Phase.GRANTED, What.WITHDRAW): Row(Phase.DENIED),
    (Phase.GRANTED, What.UNDER_FREE): Row(Phase.CROSSING, (steps.pass_free, steps.enter)),
    (Phase.GRANTED, What.UNDER_TAIL): Row(Phase.CROSSING, (steps.follow, steps.enter)),
    (Phase.GRANTED, What.UNDER_FORCED): Row(Phase.CROSSING, (steps.follow, steps.enter)),
    (Phase.GRANTED, What.VANISHED): Row(Phase.CLEARING, (steps.follow, steps.restart_grace)),
    # the arm is ordered up for it
    (Phase.OPENING, What.ARM_UP): Row(Phase.OPEN, (steps.watch_gap,)),
    (Phase.OPENING, What.ARRIVE): Row(Phase.OPENING, (steps.mark_approached,)),
    (Phase.OPENING, What.LEAVE): Row(Phase.OPENING, (steps.mark_left,)),
    (Phase.OPENING, What.UNDER): Row(Phase.CROSSING, (steps.enter,)),
    (Phase.OPENING, What.UNDER_FREE): Row(Phase.CROSSING, (steps.pass_free, steps.enter)),
    (Phase.OPENING, What.GRANT): Row(Phase.OPENING, (steps.open_arm,)),
    (Phase.OPENING, What.WITHDRAW): Row(Phase.WITHDRAWN, (ends.withdraw_refused,)),
    (Phase.OPENING, What.PASS_DUE): Row(Phase.WITHDRAWN, (ends.withdraw_unused,)),
    # the arm is up, the vehicle before it
    (Phase.OPEN, What.ARRIVE): Row(Phase.OPEN, (steps.mark_approached, steps.stop_grace)),
    (Phase.OPEN, What.LEAVE): Row(Phase.OPEN, (steps.mark_left, steps.start_grace)),
    (Phase.OPEN, What.UNDER): Row(Phase.CROSSING, (steps.enter,)),
    (Phase.OPEN, What.UNDER_FREE): Row(Phase.CROSSING, (steps.pass_free, steps.enter)),
    (Phase.OPEN, What.GRANT): Row(Phase.OPEN, (steps.open_arm,)),
    (Phase.OPEN, What.WITHDRAW): Row(Phase.WITHDRAWN, (ends.withdraw_refused,)),
    (Phase.OPEN, What.GRACE_DUE): Row(Phase.WITHDRAWN, (ends.withdraw_reversed,)),
    (Phase.OPEN, What.PASS_DUE): Row(Phase.WITHDRAWN, (ends.withdraw_unused,)),
    (Phase.OPEN, What.ARM_DOWN): Row(None, (ends.end_unused,)),
    # under the arm, with leave
    (Phase.CROSSING, What.LEAVE): Row(Phase.CROSSING, (steps.mark_left,)),
    (Phase.CROSSING, What.BEYOND): Row(Phase.CROSSING, (steps.mark_beyond,)),
    (Phase.CROSSING, What.THROUGH): Row(None, (ends.end_through,)),
    (Phase.CROSSING, What.BACK): Row(Phase.BACKING, (steps.go_back,)),
    (Phase.CROSSING, What.FOLLOWED): Row(None, (ends.end_through,)),
    (Phase.CROSSING, What.MAYBE): Row(Phase.CLEARING, (steps.restart_grace,)),
    (Phase.CROSSING, What.PASS_DUE): Row(Phase.CROSSING, (steps.alarm_standing,)),
    # off the closing loop, not yet seen beyond
    (Phase.CLEARING, What.BEYOND): Row(None, (ends.end_through,)),
    (Phase.CLEARING, What.THROUGH): Row(None, (ends.end_through,)),
    (Phase.CLEARING, What.BACK): Row(Phase.BACKING, (steps.go_back,)),
    (Phase.CLEARING, What.UNDER): Row(Phase.CROSSING, (steps.enter,)),
    (Phase.CLEARING, What.UNDER_FREE): Row(Phase.CROSSING, (steps.enter,)),
    # went back, still on the loop before the arm
    (Phase.BACKING, What.UNDER): Row(Phase.CROSSING, (steps.enter,)),
    (Phase.BACKING, What.UNDER_FREE): Row(Phase.CROSSING, (steps.enter,)),
    (Phase.BACKING, What.LEAVE): Row(Phase.WITHDRAWN, (steps.mark_left, ends.withdraw_reversed)),
    (Phase.BACKING, What.WITHDRAW): Row(Phase.WITHDRAWN, (ends.withdraw_refused,)),
    (Phase.BACKING, What.GRANT): Row(Phase.OPENING, (steps.open_arm,)),
    (Phase.BACKING, What.NEXT_SEEN): Row(Phase.CLEARING, (steps.mark_beyond, steps.settle_soon)),
    (Phase.BACKING, What.FOLLOWED): Row(None, (ends.end_through,)),
    (Phase.BACKING, What.BACK_DUE): Row(None, (ends.end_through,)),
    # under the arm without leave
    (Phase.INTRUDING, What.LEAVE): Row(Phase.INTRUDING, (steps.mark_left,)),
    (Phase.INTRUDING, What.BEYOND): Row(Phase.INTRUDING, (steps.mark_beyond,)),
    (Phase.INTRUDING, What.GRANT): Row(Phase.CROSSING, (steps.forgive, steps.open_arm)),
    (Phase.INTRUDING, What.UNDER_FREE): Row(Phase.CROSSING, (steps.forgive, steps.pass_free)),
    (Phase.INTRUDING, What.THROUGH): Row(None, (ends.end_forced,)),
    (Phase.INTRUDING, What.MAYBE): Row(None, (ends.end_forced,)),
    (Phase.INTRUDING, What.BACK): Row(Phase.ARRIVED, (steps.forgive,)),
    # opened and not used: ends when the arm is down
    (Phase.WITHDRAWN, What.ARM_DOWN): Row(None, (ends.end_withdrawn,)),
    (Phase.WITHDRAWN, What.LEAVE): Row(Phase.WITHDRAWN, (steps.mark_left,)),
    (Phase.WITHDRAWN, What.UNDER): Row(Phase.CROSSING, (steps.enter,)),
    (Phase.WITHDRAWN, What.UNDER_FREE): Row(Phase.CROSSING, (steps.pass_free, steps.enter)),
    (Phase.WITHDRAWN, What.GRANT): Row(Phase.OPENING, (steps.open_arm,)),
}


def step(turn: Turn, passage: Passage, what: What) -> None:
    """Take the table's row for what happened, if it has one; else the passage stays as it is."""
    row = TABLE.get((passage.phase, what))
    if row is None:
        return
    if row.phase is not None and row.phase is not passage.phase:
        passage = turn.put(changed(passage, phase=row.phase))
    for action in row.actions:
        action(turn, turn.find(passage.id) or passage)
    settle_turns(turn)


def settle_turns(turn: Turn) -> None:
    """Give the arm to whoever may have it now: the first that is granted, one at a time."""
    claimant = steps.claimant(turn)
    if claimant is not None:
        step(turn, claimant, What.TURN_FREE if turn.is_free else What.TURN)
    current = turn.current
    if current is not None and steps.has_vanished(turn, current):
        step(turn, current, What.VANISHED)
