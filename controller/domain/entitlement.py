"""Who may pass: from the credentials of a passage and what is known of them to a finding (grant, deny, refer).

Pure judgement in a fixed order; when it is asked and what is done with it stands in `credentials`. R4–R7, R10, R12,
R13, R15, R25, S12.
"""

from controller.domain import antipassback
from controller.domain.answers import Answer, Case, card_answer, code_answer, in_doubt, plate_answer
from controller.domain.antipassback import own_stays
from controller.domain.known import PERSON
from controller.domain.likeness import named
from controller.domain.reasons import Reason
from controller.domain.state import Finding
from controller.domain.terms import (
    CredentialKind,
    Evidence,
    LaneMode,
    PlateKind,
    Side,
    Verdict,
)

ON_DUTY = (PlateKind.EMERGENCY, PlateKind.MILITARY, PlateKind.POLICE)
"""Kinds that are never charged or locked in by the machine; a pattern alone proves nothing (R12, S12)."""

_NEVER_ADMITTED = (Reason.CARD_LOST, Reason.UNKNOWN_CARD, Reason.UNKNOWN_CODE)
_POLICY = {"admit": Verdict.GRANT, "refer": Verdict.REFER, "deny": Verdict.DENY}


def finding(case: Case, *, last_word: bool = False) -> Finding | None:
    """The verdict on a passage; `None` while the lane still waits for a second credential.

    `last_word`: the time for a second credential is over.
    """
    special = _special(case)
    if special is not None:
        return special
    card = card_answer(case) if case.passage.card else None
    plate = plate_answer(case) if case.passage.plate is not None else None
    code = code_answer(case) if case.passage.code else None
    answer = _combine(case, card, plate, code, last_word=last_word)
    if answer is None:
        return None
    if not answer.good:
        return _without_right(case, answer)
    return _with_right(case, answer)


# --- before anything else ------------------------------------------------------------------------------------------


def _special(case: Case) -> Finding | None:
    plate = case.passage.plate
    if case.known.watch:
        return _made(case, Verdict.REFER, Reason.WATCH_LIST, alarms=("watch_list",), priority=True)
    if plate is not None and plate.kind is PlateKind.ARMED_POLICE:
        return _made(case, Verdict.REFER, Reason.VOID_PLATE, alarms=("void_plate",), priority=True)
    if case.mode is LaneMode.LOCKED:
        if plate is not None and plate.kind in ON_DUTY:
            return _made(case, Verdict.REFER, Reason.ON_DUTY_PLATE, priority=True)
        return _made(case, Verdict.DENY, Reason.LANE_LOCKED)
    return None


# --- together ------------------------------------------------------------------------------------------------------


def _combine(
    case: Case, card: Answer | None, plate: Answer | None, code: Answer | None, *, last_word: bool
) -> Answer | None:
    """One answer from those given, by the evidence that the lane asks for."""
    given = [each for each in (card, code, plate) if each is not None]
    if not given:
        return Answer(False, _no_plate(case), refer=True) if last_word else None
    for each in given:
        if each.reason in (Reason.CARD_LOST, Reason.CARD_OTHER_VEHICLE):
            return each
    match case.rules.evidence:
        case Evidence.CARD:
            return card or code or _missing(plate, Reason.CARD_MISSING, last_word=last_word)
        case Evidence.PLATE:
            return plate or code or _missing(card, _no_plate(case), last_word=last_word)
        case Evidence.BOTH:
            return _both(case, card or code, plate, last_word=last_word)
        case _:
            if case.expects_plate and not last_word and card is not None and card.good and case.known.card_vehicles:
                return None  # R5: a borrowed card never opens in silence, so the camera is given a moment
            return next((each for each in given if each.good), None) or _worst(given)


def _no_plate(case: Case) -> Reason:
    """Whether the camera says that none is to be seen, or has said nothing at all."""
    return Reason.PLATE_UNSEEN if case.passage.unseen_frames else Reason.PLATE_MISSING


def _both(case: Case, card: Answer | None, plate: Answer | None, *, last_word: bool) -> Answer | None:
    if card is None:
        return _missing(plate, Reason.CARD_MISSING, last_word=last_word)
    if plate is None:
        return _missing(card, _no_plate(case), last_word=last_word)
    if not card.good:
        return card
    return card if plate.good or plate.reason is Reason.NEAR_MISS else plate


def _missing(given: Answer | None, reason: Reason, *, last_word: bool) -> Answer | None:
    """The other credential is not there: wait for it, unless what is there is already no good."""
    if given is not None and not given.good and given.reason in _NEVER_ADMITTED:
        return given
    if not last_word:
        return None
    if given is None:
        return Answer(False, reason, refer=True)
    return in_doubt(given, reason)


def _worst(given: list[Answer]) -> Answer:
    """The answer that a person should see: one that must be looked at, else the first with something known."""
    for each in given:
        if each.refer:
            return each
    return next((each for each in given if each.right is not None or each.vehicle is not None), given[0])


# --- the verdict ---------------------------------------------------------------------------------------------------


def _with_right(case: Case, answer: Answer) -> Finding:
    known, rules, side = case.known, case.rules, case.passage.side
    if _is_too_old(case):
        return _made(case, Verdict.REFER, Reason.REGISTRY_TOO_OLD, answer)
    if case.on_foot:
        return _on_foot(case, answer)
    vehicle = answer.vehicle.id if answer.vehicle is not None else ""
    own = own_stays(known, vehicle, case.passage.plate, case.passage.card, answer.group)
    there = antipassback.presence(rules, side, own, known=known, right=answer.right, at=case.at)
    alarms = (there.alarm,) if there.alarm else ()
    if there.reason is Reason.SPACE_TAKEN and rules.temporary == "admit":
        return _temporary(case, Answer(False, Reason.SPACE_TAKEN, answer.vehicle, answer.group, answer.right))
    if there.reason is Reason.ALREADY_INSIDE and not case.link_alive and _is_elsewhere(case, own[0].lane):
        return _confirmed(case, answer, alarms)
    if there.reason is not None:
        extra = there.reason is Reason.SPACE_TAKEN  # T14: let in by a person it is temporary and takes no space
        return _made(case, there.verdict, there.reason, answer, alarms=alarms, temporary=extra)
    if side is Side.EXIT and not own:
        return _unregistered(case, answer)
    return _confirmed(case, answer, alarms)


def _on_foot(case: Case, answer: Answer) -> Finding:
    """People: presence counts per card and only where it is enforced; nobody is kept from leaving (R26)."""
    own = tuple(each for each in case.known.stays if each.group == PERSON + case.passage.card)
    if own and case.passage.side is Side.ENTRY and case.rules.antipassback in antipassback.ENFORCED:
        there = antipassback.presence(case.rules, case.passage.side, own, known=case.known, right=None, at=case.at)
        if there.reason is not None:
            return _made(case, there.verdict, there.reason, answer, alarms=(there.alarm,))
    return _confirmed(case, answer, ())


def _confirmed(case: Case, answer: Answer, alarms: tuple[str, ...]) -> Finding:
    """Granted, unless a guard confirms every vehicle here (R6)."""
    if case.mode is LaneMode.STAFFED or case.rules.evidence is Evidence.GUARD:
        return _made(case, Verdict.REFER, Reason.GUARD_CONFIRMS, answer, alarms=alarms)
    return _made(case, Verdict.GRANT, answer.reason, answer, alarms=alarms)


def _unregistered(case: Case, answer: Answer) -> Finding:
    """A right, but no record of an entry: never silent (T15)."""
    verdict = _POLICY[case.rules.unregistered_exit]
    if verdict is Verdict.GRANT:
        return _confirmed(case, answer, ("unregistered_exit",))
    return _made(case, verdict, Reason.NO_ENTRY_RECORD, answer, alarms=("unregistered_exit",))


def _without_right(case: Case, answer: Answer) -> Finding:
    alarms = (answer.alarm,) if answer.alarm else ()
    plate = case.passage.plate
    if plate is not None and plate.kind in ON_DUTY:
        return _made(case, Verdict.REFER, Reason.ON_DUTY_PLATE, answer, alarms=alarms, priority=True)
    if answer.reason in _NEVER_ADMITTED:
        return _made(case, Verdict.DENY, answer.reason, answer, alarms=alarms)
    if case.on_foot and not answer.refer:
        return _made(case, Verdict.DENY, answer.reason, answer, alarms=alarms)
    nobody_s = not answer.refer or answer.reason is Reason.UNKNOWN_PLATE
    if nobody_s and case.passage.side is Side.ENTRY and _is_full(case) and not case.on_foot:
        return _made(case, Verdict.DENY, Reason.FULL, answer, alarms=alarms, temporary=True)
    if answer.refer:  # full or not: who is in doubt may hold a leased space (R7)
        return _made(case, Verdict.REFER, answer.reason, answer, alarms=alarms, temporary=answer.temporary)
    return _temporary(case, answer)


def _temporary(case: Case, answer: Answer) -> Finding:
    """A vehicle without any right, by the lane's rule (R4); one without a plate is never let in unseen (R25)."""
    verdict = _POLICY[case.rules.temporary]
    unknown = answer.reason in (Reason.UNKNOWN_PLATE, Reason.NO_RIGHT)
    leaving = case.passage.side is Side.EXIT
    if case.passage.side is Side.ENTRY and _is_full(case):
        return _made(case, Verdict.DENY, Reason.FULL, answer, temporary=True)
    vehicle = answer.vehicle.id if answer.vehicle is not None else ""
    if leaving and not own_stays(case.known, vehicle, case.passage.plate, case.passage.card, answer.group):
        policy = _POLICY[case.rules.unregistered_exit]
        return _made(case, policy, Reason.NO_ENTRY_RECORD, answer, alarms=("unregistered_exit",), temporary=True)
    staffed = case.mode is LaneMode.STAFFED or case.rules.evidence is Evidence.GUARD
    if verdict is Verdict.GRANT and (case.passage.plate is None or staffed):
        verdict = Verdict.REFER
    if verdict is Verdict.GRANT:
        reason = Reason.TEMPORARY_LEAVING if leaving else Reason.TEMPORARY_ADMITTED
    elif unknown:
        reason = Reason.TEMPORARY_REFERRED if verdict is Verdict.REFER else Reason.TEMPORARY_DENIED
    else:
        reason = answer.reason
    return _made(case, verdict, reason, answer, temporary=True)


def _is_full(case: Case) -> bool:
    return bool(case.site.capacity) and case.known.inside >= case.site.capacity


def _is_elsewhere(case: Case, lane: str) -> bool:
    """Whether a stay began at another box, whose news this box cannot have while it is cut off."""
    return all(each.id != lane for each in case.site.lanes)


def _is_too_old(case: Case) -> bool:
    kinds = []
    if case.passage.card:
        kinds.append(CredentialKind.CARD.value)
    elif case.passage.plate is not None:
        kinds.append(CredentialKind.PLATE.value)
    if case.passage.code:
        kinds.append(case.passage.code_kind)
    age_s = case.known.registry.age_s
    return any(limit.hours and limit.kind in kinds and age_s > limit.hours * 3600 for limit in case.site.age_limits)


def _made(
    case: Case,
    verdict: Verdict,
    reason: Reason,
    answer: Answer | None = None,
    *,
    alarms: tuple[str, ...] = (),
    priority: bool = False,
    temporary: bool = False,
) -> Finding:
    vehicle = answer.vehicle if answer is not None else case.known.vehicle
    right = answer.right if answer is not None else None
    return Finding(
        verdict=verdict,
        reason=reason.value,
        vehicle=vehicle.id if vehicle is not None else "",
        plate=(answer.expected if answer is not None else "") or (vehicle.plate if vehicle is not None else ""),
        group=answer.group if answer is not None else "",
        right=right.id if right is not None else "",
        right_kind=right.kind.value if right is not None else "",
        temporary=temporary,
        priority=priority,
        near=named(case.known.near) if case.known.near else (),
        alarms=alarms,
    )
