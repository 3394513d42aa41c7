"""What orders of people, of the centre, of the booth's button and of the fire signal have in common.

Who may order what stands in `guard_orders` and `centre_orders`. Whatever is opened here has its reason recorded first.
"""

from dataclasses import dataclass, replace

from controller.domain import arm, places, steps
from controller.domain.events import EventType
from controller.domain.passage import What, settle_turns, step
from controller.domain.reasons import Reason
from controller.domain.state import IN_TRANSIT, Passage, PendingOrder, Phase
from controller.domain.terms import Arm, BarrierOrder, LaneMode, Signal
from controller.domain.turn import Turn, changed

CONFIRM_SLACK_MS = 2_000
"""How long after the arm's own time an order of the centre may still be confirmed."""


@dataclass(frozen=True, slots=True)
class By:
    """Who changes a lane's mode, and why, as events name them. `approver`: the second person, where one agreed;
    `remark`: the digest of what was written to it."""

    actor: str
    reason: str
    user: str = ""
    approver: str = ""
    remark: str = ""


_ON_ITS_WAY = (Phase.OPENING, Phase.OPEN, Phase.CROSSING, Phase.CLEARING, Phase.BACKING)


def focus(turn: Turn) -> Passage | None:
    """The passage that a person who looks at the lane means: the one that stands before the arm."""
    current = turn.current
    if current is not None and current.phase in IN_TRANSIT and turn.waiting:
        return turn.waiting[0]
    return current


def open_for(turn: Turn, passage: Passage | None, actor: str, body: dict[str, object]) -> None:
    """Open for a passage (or for whoever comes), by a person's or the button's decision, which is recorded first."""
    if passage is None:
        side = places.own_side(turn)
        passage = steps.begin(turn, side, approached=places.approach(turn, side) is Signal.ON)
    passage = turn.put(changed(passage, opened_by=actor, opened_reason=str(body["reason"])))
    found = passage.finding
    where = {"side": passage.side.value, "direction": passage.side.value}
    what = {
        "plate": passage.plate.text if passage.plate is not None else "",
        "vehicle": found.vehicle if found is not None else "",
    }
    turn.record(EventType.MANUAL_OPENING, actor, passage, {**where, **what, **body})
    if passage.phase in (Phase.CROSSING, Phase.CLEARING):
        arm.keep_up(turn)
        return
    step(turn, passage, What.GRANT)
    again = turn.current
    if again is not None and again.id == passage.id and again.phase is Phase.GRANTED:
        step(turn, again, What.TURN)


def set_mode(turn: Turn, mode: LaneMode, by: By) -> None:
    """Change the mode and record it."""
    was, turn.mode = turn.mode, mode
    body = {"mode": mode.value, "was": was.value, "reason": by.reason, "user": by.user}
    agreed = {"approver": by.approver, "remark": by.remark}
    body |= {key: value for key, value in agreed.items() if value}
    turn.record(EventType.LANE_MODE_CHANGED, by.actor, turn.current, body)


def record_held_open(turn: Turn, by: By, body: dict[str, object]) -> None:
    """The opening and the mode, at a lane or at a gate for people, before anything moves."""
    turn.record(EventType.MANUAL_OPENING, by.actor, turn.current, {"side": places.own_side(turn).value, **body})
    set_mode(turn, LaneMode.HELD_OPEN, replace(by, remark=""))  # the opening has it


def hold_open(turn: Turn, by: By, body: dict[str, object]) -> None:
    """Arm up and staying up; every vehicle is still recorded (R12, R20)."""
    record_held_open(turn, by, body)
    arm.raise_arm(turn, "", EventType.MANUAL_OPENING, by.reason, hold=True)
    settle_turns(turn)


def lock(turn: Turn, by: By) -> None:
    """No rule lets anybody in; an arm that stands up and is nobody's on the way through falls on a clear scan."""
    if turn.mode is LaneMode.LOCKED:
        return
    was_free = turn.is_free
    set_mode(turn, LaneMode.LOCKED, by)
    moving = turn.current is not None and turn.current.phase not in (*steps.UNDECIDED, Phase.GRANTED)
    if (was_free or turn.lift.order is BarrierOrder.UP) and not moving:
        arm.lower_when_clear(turn, EventType.LANE_MODE_CHANGED, by.reason)


def leave_free_mode(turn: Turn, by: By) -> None:
    """Back to how the lane works otherwise; the arm falls on a clear scan, after whoever is on the way through."""
    set_mode(turn, turn.base_mode, by)
    current = turn.current
    if current is not None and current.phase in _ON_ITS_WAY:
        turn.lift = changed(turn.lift, passage=current.id)
        return
    arm.lower_when_clear(turn, EventType.LANE_MODE_CHANGED, by.reason)


def enter_fire(turn: Turn) -> None:
    """The fire signal: arm up and staying up until a person with the right resets it (R19, S8)."""
    turn.raise_alarm("fire", "the fire signal is on")
    set_mode(turn, LaneMode.FIRE, By("rule:fire", Reason.FIRE.value))
    arm.raise_arm(turn, "", EventType.LANE_MODE_CHANGED, Reason.FIRE.value, hold=True)
    settle_turns(turn)


def open_by_button(turn: Turn) -> None:
    """The open button in the booth: who pressed it is not known, that it was pressed is on record."""
    open_for(turn, focus(turn), f"board:{turn.lane}", {"order": "open", "reason": Reason.BUTTON_PRESSED.value})


# --- orders of the centre: done is what the inputs say -------------------------------------------------------------


def pend(turn: Turn, order: PendingOrder) -> None:
    """Remember an order until the inputs show that it is done."""
    turn.orders = (*turn.orders, order)
    longest = max(turn.rules.open_timeout_ms, turn.rules.close_timeout_ms) + turn.rules.close_delay_ms
    turn.start_timer(f"order:{order.order_id}", longest + CONFIRM_SLACK_MS)
    confirm(turn)


def confirm(turn: Turn) -> None:
    """Say of every order that is now seen to be carried out that it is done."""
    for each in turn.orders:
        if _is_seen(turn, each.want):
            _close(turn, each)
            body = {"order_id": each.order_id, "order": each.order, "by": each.by}
            turn.record(EventType.ORDER_DONE, f"centre:{each.by}", turn.current, body)


def overdue(turn: Turn, order_id: str) -> None:
    """What became of an order could not be read back in time: unknown, and said so."""
    for each in turn.orders:
        if each.order_id == order_id:
            _close(turn, each)
            refuse(turn, f"centre:{each.by}", order_id, each.order, by=each.by, reason=Reason.NOT_CONFIRMED.value)


def refuse(turn: Turn, actor: str, order_id: str, order: str, *, by: str, reason: str) -> None:
    """Record that an order was not carried out, and why."""
    body = {"order_id": order_id, "order": order, "by": by, "reason": reason}
    turn.record(EventType.ORDER_REFUSED, actor, turn.current, body)


def _is_seen(turn: Turn, want: str) -> bool:
    if want == "up":
        return turn.arm is Arm.UP
    if want == "down":
        return turn.arm is Arm.DOWN
    if want == "unlocked":
        return turn.door is not None and Signal.ON in (turn.door.lock, turn.door.door)
    return turn.mode.value == want


def _close(turn: Turn, order: PendingOrder) -> None:
    turn.orders = tuple(each for each in turn.orders if each.order_id != order.order_id)
    turn.stop_timer(f"order:{order.order_id}")
