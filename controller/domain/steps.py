"""What the rows of the passage's table do: marks on the passage, orders to the arm, and how a passage ends.

Each action takes the turn and the passage. No transition is decided here (that is `passage.TABLE`), and nothing is
ordered of the arm but through `arm`.
"""

from controller.domain import arm, places
from controller.domain.effects import ReadPlates, ShowPhrase, TakePicture
from controller.domain.events import EventType
from controller.domain.reasons import Reason
from controller.domain.state import IN_TRANSIT, Passage, Phase
from controller.domain.terms import Arm, BarrierOrder, Evidence, LaneMode, Side, Signal
from controller.domain.turn import Turn, changed

UNDECIDED = (Phase.ARRIVED, Phase.REFERRED, Phase.DENIED)
BACK_PATIENCE = 3
"""So many times the grace a vehicle gets to back off the lane; one that stands there longer is the next one."""
REFERRED_PATIENCE = 4
"""A referred vehicle that never came onto the loop is waited for so many passing times: a guard needs his minutes."""


# --- beginning -----------------------------------------------------------------------------------------------------


def begin(turn: Turn, side: Side, *, approached: bool) -> Passage:
    """A new passage at this lane, with its event, its picture and the recogniser awake."""
    both_at_once = turn.find(turn.fact.id) is not None  # one scan, as the first one, may find a vehicle at either side
    passage_id = turn.next_id() if both_at_once else turn.fact.id
    passage = Passage(id=passage_id, side=side, started_at=turn.fact.at, approached=approached)
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
    turn.put(changed(passage, left=True, vanishing=_went_after(turn, passage)))


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
    """Granted: the turn is given when the arm is free (`passage.settle_turns`), and its time to pass with it."""
    if turn.current is not None and turn.current.id == passage.id:  # else it is that of the one ahead
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
    on_approach = places.approach(turn, passage.side) is Signal.ON
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
        turn.alarm_of(passage, "unregistered_exit", "left through a held-open exit without a record that agrees")


def tailgate(turn: Turn, passage: Passage) -> None:
    """On another's lift: a passage of its own, with a flag, a picture and an alarm (R25)."""
    turn.put(changed(passage, tailgated=True, opened_by=passage.opened_by or "rule"))
    _incident(turn, passage)
    turn.alarm_of(passage, "tailgated", "a second vehicle on one lift")
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


def alarm_standing(turn: Turn, passage: Passage) -> None:
    """It stands under the arm longer than a passage takes; the arm stays up."""
    turn.alarm_of(passage, "abandoned", "stands under the arm")


def has_vanished(turn: Turn, passage: Passage) -> bool:
    """Whether it left the loop before the arm while the one ahead was under it, who is now through."""
    return passage.vanishing and turn.lift.used and passage.phase in (*UNDECIDED, Phase.GRANTED)


# --- inner ---------------------------------------------------------------------------------------------------------


def _went_after(turn: Turn, passage: Passage) -> bool:
    """Whether it left the loop forward, close behind the one under the arm: the photocell saw the gap between them."""
    ahead = turn.current
    if ahead is None or ahead.id == passage.id or ahead.side is not passage.side or ahead.phase not in IN_TRANSIT:
        return False
    photocell = turn.inputs.photocell
    return photocell is Signal.ABSENT or (photocell is Signal.ON and ahead.cleared_at != 0)


def _arm_is_free(turn: Turn, passage: Passage) -> bool:
    lift = turn.lift
    done = lift.used and not lift.want_down  # left up by a restart: the next vehicle's, and it falls behind that one
    return turn.is_free or done or lift.passage in ("", passage.id) or lift.order in (None, BarrierOrder.STOP)


def _incident(turn: Turn, passage: Passage) -> None:
    if turn.rules.cameras:
        turn.do(TakePicture(lane=turn.lane, side=passage.side, passage=passage.id, role="incident"))
