"""Orders from the centre, after the intake has judged signature, box and time: each acts once, done is read back.

How an order is published and signed is not known here. F17, F19, F21; contract, "orders".
"""

from controller.domain import arm, foot
from controller.domain.events import EventType
from controller.domain.facts import CentreOrder
from controller.domain.orders_common import (
    By,
    focus,
    hold_open,
    leave_free_mode,
    lock,
    open_for,
    pend,
    refuse,
    set_mode,
)
from controller.domain.passage import What, step
from controller.domain.reasons import Reason
from controller.domain.state import PendingOrder
from controller.domain.terms import Arm, LaneMode
from controller.domain.turn import Turn

FORGED = frozenset({"unsigned", "bad_signature", "unknown_key", "wrong_box", "malformed", "retained"})
"""Refusals of the intake that no honest centre causes: an alarm (F19)."""

FORGED_SHOWN_MS = 600_000
ORDERS = ("open", "close", "lock", "unlock", "hold_open", "release")


def centre_order(turn: Turn, fact: CentreOrder) -> None:
    """Carry out an order of the centre once, or record why not."""
    actor = f"centre:{fact.by}"
    if fact.refusal in FORGED:  # before anything else: it may carry the id of a true order, whose result stays as it is
        _refuse_forged(turn, fact, actor)
        return
    if turn.known.order_seen or any(each.order_id == fact.order_id for each in turn.orders):
        what = [{"name": "order_seen", "value": fact.order_id}]
        turn.record(EventType.LANE_OBSERVED, actor, None, {"what": what})
        return
    refusal = fact.refusal or _refusal(turn, fact)
    if refusal:
        refuse(turn, actor, fact.order_id, fact.order, by=fact.by, reason=refusal)
        return
    want = _at_gate(turn, fact, actor) if turn.door is not None else _carry_out(turn, fact, actor)
    pend(turn, PendingOrder(order_id=fact.order_id, order=fact.order, by=fact.by, want=want))


def _refuse_forged(turn: Turn, fact: CentreOrder, actor: str) -> None:
    refuse(turn, actor, fact.order_id, fact.order, by=fact.by, reason=fact.refusal)
    turn.raise_alarm("order_forged", fact.refusal)
    turn.start_timer("forged", FORGED_SHOWN_MS)


def _refusal(turn: Turn, fact: CentreOrder) -> str:
    if fact.order not in ORDERS:
        return Reason.UNKNOWN_ORDER.value
    if not turn.known.clock_trusted:
        return "clock_untrusted"
    if fact.expires_at <= turn.fact.at:
        return "expired"
    fire = turn.mode is LaneMode.FIRE and fact.order != "open"
    held = turn.mode is LaneMode.HELD_OPEN and fact.order == "close"
    idle = fact.order == "release" and turn.mode is not LaneMode.HELD_OPEN
    free = fact.order == "unlock" and turn.mode is not LaneMode.LOCKED
    if fire or held or idle or free:
        return Reason.WRONG_MODE.value
    if fact.order == "close" and turn.door is None and turn.arm is not Arm.DOWN and not arm.is_clear(turn.inputs):
        return Reason.NOT_CLEAR.value
    return ""


def _at_gate(turn: Turn, fact: CentreOrder, actor: str) -> str:
    """The same at a gate for people: its lock says whether it is done."""
    reason = fact.reason or Reason.CENTRE_OPENED.value
    body: dict[str, object] = {"order": fact.order, "reason": reason, "user": fact.by, "role": "centre"}
    by = By(actor, reason, fact.by)
    match fact.order:
        case "open":
            foot.foot_centre_open(turn, actor, body)
            return "unlocked"
        case "hold_open":
            foot.foot_hold_open(turn, by, body)
            return "unlocked"
        case "lock":
            foot.foot_lock(turn, LaneMode.LOCKED, by)
            return LaneMode.LOCKED.value
        case _:
            foot.foot_lock(turn, turn.base_mode, by)
    return turn.mode.value


def _carry_out(turn: Turn, fact: CentreOrder, actor: str) -> str:
    """Do it, and say what has to be seen for it to be done."""
    reason = fact.reason or Reason.CENTRE_OPENED.value
    body: dict[str, object] = {"order": fact.order, "reason": reason, "user": fact.by, "role": "centre"}
    by = By(actor, reason, fact.by)
    match fact.order:
        case "open":
            open_for(turn, focus(turn), actor, body)
            return "up"
        case "hold_open":
            if turn.mode is not LaneMode.HELD_OPEN:
                hold_open(turn, by, body)
            return "up"
        case "close":
            if turn.arm is not Arm.DOWN:
                arm.lower_now(turn, EventType.LANE_OBSERVED, reason)
                if turn.current is not None:
                    step(turn, turn.current, What.WITHDRAW)
            return "down"
        case "lock":
            lock(turn, by)
            return LaneMode.LOCKED.value
        case "unlock":
            set_mode(turn, turn.base_mode, by)
        case _:
            leave_free_mode(turn, by)
    return turn.mode.value
