"""The lock of a gate for people on foot: what is ordered of it, and what follows when an order was lost.

A lock holds a closed door, so nothing under it can be hurt, and to release it is the safe direction. In a free mode it
is released until somebody ends that, and such an order is repeated where the board did not carry it out. R26, S8.
"""

from controller.domain.arm import MAX_REPEATS, REPEAT_MS
from controller.domain.effects import MoveBarrier, ReleaseLock
from controller.domain.events import EventType
from controller.domain.facts import BarrierAnswer
from controller.domain.reasons import Reason
from controller.domain.state import Door, Passage
from controller.domain.terms import BarrierOrder, LaneMode, OrderOutcome, Signal
from controller.domain.turn import Turn, changed


def release_for(turn: Turn, passage: Passage) -> None:
    """Release the lock for one passage; in a free mode for good, or the end of its time would lock the gate again.

    A lock that cannot be held released, as one that has only its board's pulse, is released for the time it can be.
    """
    because = EventType.MANUAL_OPENING if passage.opened_by not in ("", "rule") else EventType.ACCESS_GRANTED
    for_good = turn.is_free and not _door(turn).unheld
    for_ms = 0 if for_good else turn.rules.unlock_ms
    _order(turn, BarrierOrder.UNLOCK, because, passage.opened_reason, passage=passage, for_ms=for_ms)


def hold_released(turn: Turn, because: EventType, reason: str) -> None:
    """Release the lock until somebody ends that."""
    turn.door = changed(_door(turn), unheld=False, repeats=0)
    _order(turn, BarrierOrder.UNLOCK, because, reason)


def close(turn: Turn, because: EventType, reason: str) -> None:
    """Lock the gate."""
    turn.door = changed(_door(turn), unheld=False, repeats=0)
    turn.stop_timer("lock")
    _order(turn, BarrierOrder.LOCK, because, reason)


def answered(turn: Turn, fact: BarrierAnswer) -> None:
    """What became of an order to the lock: one that was lost is an alarm, and repeated where it is to stand."""
    door = _door(turn)
    if fact.order_id != door.order_id:
        return
    lost = fact.outcome is not OrderOutcome.WRITTEN
    if not door.for_ms:
        turn.door = changed(door, unheld=lost and fact.order is BarrierOrder.UNLOCK)
    if lost:
        turn.raise_alarm(
            "stuck_lock", f"the board answered {fact.order.value} with {fact.outcome.value}: {fact.detail}"
        )
    elif not _door(turn).unheld:
        turn.clear_alarm("stuck_lock")
    if _door(turn).unheld and turn.is_free and door.repeats < MAX_REPEATS:
        turn.start_timer("lock", REPEAT_MS)


def repeat_due(turn: Turn) -> None:
    """Release the lock again, as long as the fire or the hold stands."""
    door = _door(turn)
    if not (turn.is_free and door.unheld) or door.lock is Signal.ON:
        return
    turn.door = changed(door, repeats=door.repeats + 1)
    reason = Reason.FIRE if turn.mode is LaneMode.FIRE else Reason.HELD_OPEN
    _order(turn, BarrierOrder.UNLOCK, EventType.LANE_MODE_CHANGED, reason.value)


def _door(turn: Turn) -> Door:
    return turn.door if turn.door is not None else Door()


def _order(
    turn: Turn,
    order: BarrierOrder,
    because: EventType,
    reason: str,
    *,
    passage: Passage | None = None,
    for_ms: int = 0,
) -> None:
    order_id = turn.next_id()
    body = {"order_id": order_id, "order": order.value, "because": because.value, "reason": reason}
    turn.record(EventType.BARRIER_ORDERED, f"rule:{reason}", passage or turn.current, body)
    turn.door = changed(_door(turn), released=order is BarrierOrder.UNLOCK, order_id=order_id, for_ms=for_ms)
    if order is BarrierOrder.UNLOCK:
        turn.do(ReleaseLock(lane=turn.lane, order_id=order_id, for_ms=for_ms))
    else:
        turn.do(MoveBarrier(lane=turn.lane, order_id=order_id, order=order))
