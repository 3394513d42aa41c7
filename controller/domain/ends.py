"""How a passage ends: its event, its stay, what becomes of the arm, and who comes forward.

Which end applies stands in `passage.TABLE`; money is settled elsewhere. R8, R12, R25, T10.
"""

from controller.domain import arm, stay
from controller.domain.effects import ReadPlates
from controller.domain.events import EventType
from controller.domain.places import beyond, is_shared
from controller.domain.reasons import Reason
from controller.domain.state import Lift, Passage, identified
from controller.domain.terms import Arm, BarrierOrder, Signal
from controller.domain.turn import Turn, changed

OUTCOMES = {
    "completed": EventType.PASSAGE_COMPLETED,
    "turned_away": EventType.PASSAGE_TURNED_AWAY,
    "reversed_out": EventType.PASSAGE_REVERSED_OUT,
    "tailgated": EventType.PASSAGE_TAILGATED,
    "forced": EventType.PASSAGE_FORCED,
    "timed_out": EventType.PASSAGE_TIMED_OUT,
    "abandoned": EventType.PASSAGE_ABANDONED,
}
WENT_THROUGH = ("completed", "tailgated", "forced")
"""Outcomes of a vehicle that is now on the other side: only these touch a stay."""


def withdraw_refused(turn: Turn, passage: Passage) -> None:
    """A person took the leave back."""
    _withdraw(turn, passage, "turned_away")


def withdraw_reversed(turn: Turn, passage: Passage) -> None:
    """It went away backwards: no passage, no fee (T10)."""
    _withdraw(turn, passage, "abandoned" if passage.sight_lost else "reversed_out")


def withdraw_unused(turn: Turn, passage: Passage) -> None:
    """Opened, and nobody drove: nobody came, or the driver left the vehicle standing."""
    if not passage.approached or passage.left:
        _withdraw(turn, passage, "timed_out")
        return
    turn.alarm_of(passage, "abandoned", "stands before the open arm and does not drive")
    _withdraw(turn, passage, "abandoned")


def end_through(turn: Turn, passage: Passage) -> None:
    """Through: completed, or tailgated when the lift was another's and nobody had granted it."""
    end(turn, passage, "tailgated" if passage.tailgated else "completed")


def end_forced(turn: Turn, passage: Passage) -> None:
    """Through without leave."""
    end(turn, passage, "forced")


def end_reversed(turn: Turn, passage: Passage) -> None:
    """Gone before anything was opened for it."""
    end(turn, passage, "reversed_out" if passage.approached else "abandoned")


def end_turned_away(turn: Turn, passage: Passage) -> None:
    """Refused, and gone: that is a passage too (R8)."""
    end(turn, passage, "turned_away")


def end_timed_out(turn: Turn, passage: Passage) -> None:
    """Granted, and gone before the arm was free."""
    end(turn, passage, "timed_out")


def end_unused(turn: Turn, passage: Passage) -> None:
    """The arm came down before the vehicle drove."""
    end(turn, passage, passage.outcome or "timed_out")


def end_withdrawn(turn: Turn, passage: Passage) -> None:
    """The arm is down after an opening that was not used."""
    end(turn, passage, passage.outcome or "timed_out")


def end(turn: Turn, passage: Passage, outcome: str) -> None:
    """Record how it ended, settle its stay, let the arm fall, and let the next one come forward."""
    went = outcome in WENT_THROUGH
    record_end(turn, passage, outcome)
    if went:
        stay.account(turn, passage, outcome)
        whose = identified(passage)
        known = whose.plate if whose is not None else ""
        turn.last_plate = passage.plate.text if passage.plate is not None else known
        turn.departing = is_shared(turn) and beyond(turn, passage.side) is not Signal.OFF
    _remove(turn, passage)
    if turn.current is not None and turn.current.vanishing and not went:
        turn.current = changed(turn.current, vanishing=False)
    if went:
        turn.lift = changed(turn.lift, used=True)
        if turn.arm is not Arm.DOWN or turn.lift.order is BarrierOrder.UP:
            arm.lower_when_clear(turn, OUTCOMES[outcome], Reason.VEHICLE_THROUGH.value)


def record_end(turn: Turn, passage: Passage, outcome: str) -> None:
    """The event of a passage's end."""
    turn.record(OUTCOMES[outcome], f"board:{turn.lane}", passage, _end_body(turn, passage, outcome))


def _withdraw(turn: Turn, passage: Passage, outcome: str) -> None:
    turn.stop_timer(f"grace:{passage.side.value}")
    turn.stop_timer("pass")
    turn.stop_timer(f"back:{passage.side.value}")
    if turn.arm is Arm.DOWN and "open" not in turn.timers:
        turn.lift = Lift()
        end(turn, passage, outcome)
        return
    if turn.is_free:
        end(turn, passage, outcome)
        return
    turn.put(changed(passage, outcome=outcome))
    arm.lower_when_clear(turn, EventType.LANE_OBSERVED, Reason.UNUSED.value)


def _remove(turn: Turn, passage: Passage) -> None:
    """Take it off the lane; the timers of its side are forgotten unless somebody else stands on that side."""
    side = passage.side
    if turn.current is not None and turn.current.id == passage.id:
        turn.stop_timer("pass")
        turn.stop_timer(f"back:{side.value}")
        turn.current, turn.waiting = (turn.waiting[0], turn.waiting[1:]) if turn.waiting else (None, ())
    else:
        turn.waiting = tuple(each for each in turn.waiting if each.id != passage.id)
    if any(each is not None and each.side is side for each in (turn.current, *turn.waiting)):
        return
    for name in ("grace", "wait", "evidence", "back"):
        turn.stop_timer(f"{name}:{side.value}")
    if turn.rules.cameras:
        turn.do(ReadPlates(lane=turn.lane, side=side, on=False))


_END_REASONS = {
    "reversed_out": Reason.BACKED_OUT,
    "timed_out": Reason.NOBODY_CAME,
    "forced": Reason.NO_OPENING,
    "tailgated": Reason.FOLLOWED_ON_ONE_LIFT,
}


def _end_body(turn: Turn, passage: Passage, outcome: str) -> dict[str, object]:
    found = passage.finding
    whose = identified(passage)
    plate = passage.plate
    reason = passage.opened_reason or (found.reason if found is not None else "")
    if outcome == "abandoned":
        reason = (Reason.SIGHT_LOST if passage.sight_lost else Reason.DROVE_AWAY).value
    elif outcome in _END_REASONS:
        reason = _END_REASONS[outcome].value
    return {
        "side": passage.side.value,
        "direction": passage.side.value,
        "plate": plate.text if plate is not None else "",
        "plate_kind": plate.kind.value if plate is not None else "",
        "color": plate.color.value if plate is not None else "",
        "card": passage.card,
        "vehicle": whose.vehicle if whose is not None else "",
        "group": whose.group if whose is not None else "",
        "verdict": found.verdict.value if found is not None else "",
        "reason": reason,
        "temporary": whose.temporary if whose is not None else True,
        "picture": passage.picture,
        "duration_ms": max(0, (turn.fact.at - passage.started_at) // 1000),
    }
