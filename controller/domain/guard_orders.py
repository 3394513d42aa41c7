"""Orders from the booth page: who may order what, when it is refused, and what it does.

The table says which role and which mode an order needs; how the arm moves stands in `arm`. R6, R12, R19, R25.
"""

from collections.abc import Callable
from dataclasses import dataclass

from controller.domain import arm, credentials
from controller.domain.effects import ShowPhrase, TakePicture
from controller.domain.events import EventType
from controller.domain.facts import GuardOrder
from controller.domain.orders_common import By, focus, hold_open, leave_free_mode, lock, open_for, refuse, set_mode
from controller.domain.passage import What, step
from controller.domain.plates import classify
from controller.domain.reasons import Reason
from controller.domain.state import Finding, Passage, Phase, PlateSeen
from controller.domain.terms import (
    Arm,
    LaneMode,
    Order,
    PlateColor,
    Role,
    Signal,
    Verdict,
)
from controller.domain.turn import Turn, changed

EMERGENCY = "emergency"
"""The one reason with which every guard may hold a lane open at once (R12)."""

CLEARS_WATCHED = frozenset({Order.OPEN, Order.CORRECT_PLATE})
"""Orders that may let a vehicle of the watch list go on: a guard needs a second person for them (R12)."""

RANKS = {role: rank for rank, role in enumerate(Role)}
_ANY = frozenset(LaneMode)
_NOT_FIRE = _ANY - {LaneMode.FIRE}
_CLOSED = _NOT_FIRE - {LaneMode.HELD_OPEN}

Act = Callable[[Turn, GuardOrder, Passage | None], None]


@dataclass(frozen=True, slots=True)
class Permit:
    """What an order needs: the least role, the modes it makes sense in, and whether it is about one passage."""

    act: Act
    role: Role = Role.GUARD
    modes: frozenset[LaneMode] = _ANY
    of_passage: bool = False
    needs_passage: bool = False
    needs_reason: bool = True


def guard_order(turn: Turn, fact: GuardOrder) -> None:
    """Carry out an order of a person, or record why not."""
    why_not = refusal(turn, fact)
    if why_not is not None:
        refuse_to(turn, fact, why_not)
        return
    PERMITS[fact.order].act(turn, fact, _meant(turn, fact))


def refusal(turn: Turn, fact: GuardOrder) -> Reason | None:
    """Why an order is not carried out; `None` when it is."""
    return _refusal(turn, fact, PERMITS[fact.order], _meant(turn, fact))


def refuse_to(turn: Turn, fact: GuardOrder, reason: Reason) -> None:
    """Record that the order was not carried out."""
    refuse(turn, f"user:{fact.user}", fact.id, fact.order.value, by=fact.user, reason=reason.value)


def fire_is_on(turn: Turn) -> bool:
    """Whether the fire signal is on at this lane or at any other of the box: it released them all (S8)."""
    fire = turn.door.fire if turn.door is not None else turn.inputs.fire
    return fire is Signal.ON or turn.fire_elsewhere


def opening_body(fact: GuardOrder) -> dict[str, object]:
    """What is recorded of a person who opens."""
    return {
        "order": fact.order.value,
        "reason": fact.reason,
        "user": fact.user,
        "role": fact.role.value,
        "remark": remark_of(fact),
        **_approved(fact),
    }


def by_of(fact: GuardOrder) -> By:
    """The person of an order, and who agreed to it."""
    return By(f"user:{fact.user}", fact.reason, fact.user, fact.approver, remark_of(fact))


def remark_of(fact: GuardOrder) -> str:
    """The digest of what was written to an order; empty where nothing was."""
    return fact.remark.digest if fact.remark is not None else ""


def _approved(fact: GuardOrder) -> dict[str, object]:
    """Who agreed to it, where a second person had to: the role that is recorded is then that one's."""
    return {"approver": fact.approver} if fact.approver else {}


def _meant(turn: Turn, fact: GuardOrder) -> Passage | None:
    return turn.find(fact.passage) if fact.passage else focus(turn)


def _refusal(turn: Turn, fact: GuardOrder, permit: Permit, passage: Passage | None) -> Reason | None:
    urgent = fact.order is Order.HOLD_OPEN and fact.reason == EMERGENCY
    if permit.needs_reason and not fact.reason.strip():
        return Reason.REASON_MISSING
    if RANKS[fact.role] < RANKS[permit.role] and not urgent:
        return Reason.ROLE_TOO_LOW
    if turn.mode not in permit.modes:
        return Reason.WRONG_MODE
    if not permit.of_passage:
        return None
    if passage is None:
        return Reason.OTHER_PASSAGE if fact.passage else (Reason.NO_PASSAGE if permit.needs_passage else None)
    if fact.passage != passage.id:
        return Reason.OTHER_PASSAGE
    return Reason.ROLE_TOO_LOW if _clears_watched(fact, passage) else None


def _clears_watched(fact: GuardOrder, passage: Passage) -> bool:
    """Whether a guard alone would let a vehicle of the watch list go on (R12); an emergency asks nobody."""
    alone = RANKS[fact.role] < RANKS[Role.LEADER] and fact.reason != EMERGENCY
    return passage.watched and fact.order in CLEARS_WATCHED and alone


# --- what each does ------------------------------------------------------------------------------------------------


def _open(turn: Turn, fact: GuardOrder, passage: Passage | None) -> None:
    open_for(turn, passage, f"user:{fact.user}", opening_body(fact))
    if turn.rules.cameras and passage is not None:
        turn.do(TakePicture(lane=turn.lane, side=passage.side, passage=passage.id, role="decision"))


def _close(turn: Turn, fact: GuardOrder, passage: Passage | None) -> None:
    del passage
    if turn.arm is Arm.DOWN:
        return
    if not arm.lower_now(turn, EventType.LANE_OBSERVED, fact.reason):
        refuse_to(turn, fact, Reason.NOT_CLEAR)
        return
    current = turn.current
    if current is not None:
        step(turn, current, What.WITHDRAW)


def _stop(turn: Turn, fact: GuardOrder, passage: Passage | None) -> None:
    del passage
    arm.stop_arm(turn, EventType.LANE_OBSERVED, fact.reason or "stop")


def _refuse(turn: Turn, fact: GuardOrder, passage: Passage | None) -> None:
    _answer(turn, fact, passage, Verdict.DENY, Reason.REFUSED_BY_GUARD)


def _pull_aside(turn: Turn, fact: GuardOrder, passage: Passage | None) -> None:
    _answer(turn, fact, passage, Verdict.REFER, Reason.PULLED_ASIDE)


def _answer(turn: Turn, fact: GuardOrder, passage: Passage | None, verdict: Verdict, reason: Reason) -> None:
    assert passage is not None
    found = passage.finding
    after = (
        changed(found, verdict=verdict, reason=reason.value)
        if found is not None
        else Finding(verdict=verdict, reason=reason.value)
    )
    passage = turn.put(changed(passage, finding=after, opened_by="", opened_reason=""))
    turn.stop_timer(f"evidence:{passage.side.value}")
    body = {"side": passage.side.value, "direction": passage.side.value, "reason": reason.value}
    body |= {"remark": remark_of(fact), "ground": fact.reason}
    turn.record(credentials.EVENTS[verdict], f"user:{fact.user}", passage, body)
    phrase = "refused" if verdict is Verdict.DENY else "held"
    turn.do(ShowPhrase(lane=turn.lane, phrase=phrase, side=passage.side))
    if passage.phase in (Phase.OPENING, Phase.OPEN, Phase.BACKING):
        step(turn, passage, What.WITHDRAW)
        return
    step(turn, passage, What.DENY if verdict is Verdict.DENY else What.REFER)


def _correct_plate(turn: Turn, fact: GuardOrder, passage: Passage | None) -> None:
    assert passage is not None
    was, known = passage.plate, turn.known.vehicle
    color = was.color if was is not None else PlateColor.OTHER
    seen = PlateSeen(
        text=fact.plate,
        kind=known.kind if known is not None else classify(fact.plate, color, turn.site.region).kind,
        color=color,
        margin=1000,
        device=f"user:{fact.user}",
        vehicle_color=was.vehicle_color if was is not None else "",
        vehicle_color_confidence=was.vehicle_color_confidence if was is not None else 0,
        picture=was.picture if was is not None else "",
        box=was.box if was is not None else (),
    )
    passage = turn.put(changed(passage, plate=seen, other_plate=""))
    body = {"was": was.text if was is not None else "", "plate": fact.plate, "user": fact.user, "reason": fact.reason}
    body |= {"remark": remark_of(fact)} if fact.remark is not None else {}
    turn.record(EventType.PLATE_CORRECTED, f"user:{fact.user}", passage, {**body, **_approved(fact)})
    credentials.judge(turn, passage, f"user:{fact.user}", "")


def _lock(turn: Turn, fact: GuardOrder, passage: Passage | None) -> None:
    del passage
    lock(turn, by_of(fact))


def _unlock(turn: Turn, fact: GuardOrder, passage: Passage | None) -> None:
    del passage
    set_mode(turn, turn.base_mode, by_of(fact))


def _hold_open(turn: Turn, fact: GuardOrder, passage: Passage | None) -> None:
    del passage
    if turn.mode is not LaneMode.HELD_OPEN:
        hold_open(turn, by_of(fact), opening_body(fact))


def _release(turn: Turn, fact: GuardOrder, passage: Passage | None) -> None:
    del passage
    leave_free_mode(turn, by_of(fact))


def _staff(turn: Turn, fact: GuardOrder, passage: Passage | None) -> None:
    del passage
    mode = LaneMode.STAFFED if fact.order is Order.STAFF else LaneMode.NORMAL
    turn.base_mode = mode
    if turn.mode in (LaneMode.NORMAL, LaneMode.STAFFED) and turn.mode is not mode:
        set_mode(turn, mode, by_of(fact))


def _reset_fire(turn: Turn, fact: GuardOrder, passage: Passage | None) -> None:
    del passage
    if fire_is_on(turn):
        refuse_to(turn, fact, Reason.FIRE_STILL_ON)
        return
    turn.clear_alarm("fire")
    leave_free_mode(turn, by_of(fact))


PERMITS: dict[Order, Permit] = {
    Order.OPEN: Permit(_open, of_passage=True),
    Order.CLOSE: Permit(_close, modes=_CLOSED),
    Order.STOP: Permit(_stop, needs_reason=False),
    Order.REFUSE: Permit(_refuse, of_passage=True, needs_passage=True),
    Order.CORRECT_PLATE: Permit(_correct_plate, of_passage=True, needs_passage=True),
    Order.PULL_ASIDE: Permit(_pull_aside, of_passage=True, needs_passage=True),
    Order.LOCK: Permit(_lock, modes=_NOT_FIRE),
    Order.UNLOCK: Permit(_unlock, modes=frozenset({LaneMode.LOCKED})),
    Order.HOLD_OPEN: Permit(_hold_open, role=Role.LEADER, modes=_NOT_FIRE),
    Order.RELEASE: Permit(_release, role=Role.LEADER, modes=frozenset({LaneMode.HELD_OPEN})),
    Order.STAFF: Permit(_staff),
    Order.UNSTAFF: Permit(_staff),
    Order.RESET_FIRE: Permit(_reset_fire, role=Role.LEADER, modes=frozenset({LaneMode.FIRE})),
}
"""Every order, and what it needs."""
