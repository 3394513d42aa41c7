"""Who may pass: from the credentials of a passage and what is known of them to a finding (grant, deny, refer).

Pure judgement in a fixed order; when it is asked and what is done with it stands in `credentials`. R4–R7, R10, R12,
R13, R15, R25, S12.
"""

from dataclasses import dataclass

from controller.domain import antipassback
from controller.domain.antipassback import own_stays
from controller.domain.known import PERSON, Known, Right, VehicleFile
from controller.domain.likeness import Likeness, is_doubtful, is_unreadable, likeness, named, opens_near
from controller.domain.reasons import Reason
from controller.domain.rules import LaneRules, SiteRules
from controller.domain.state import Finding, Passage
from controller.domain.terms import (
    CredentialKind,
    Evidence,
    LaneMode,
    PlateKind,
    RightState,
    Side,
    Verdict,
)
from controller.domain.validity import Ground, best_ground

ON_DUTY = (PlateKind.EMERGENCY, PlateKind.MILITARY, PlateKind.POLICE)
"""Kinds that are never charged or locked in by the machine; a pattern alone proves nothing (R12, S12)."""

_CARD_STATES = {
    RightState.LOST: Reason.CARD_LOST,
    RightState.SUSPENDED: Reason.CARD_SUSPENDED,
    RightState.RETURNED: Reason.CARD_RETURNED,
}
_NEVER_ADMITTED = (Reason.CARD_LOST, Reason.UNKNOWN_CARD, Reason.UNKNOWN_CODE)
_POLICY = {"admit": Verdict.GRANT, "refer": Verdict.REFER, "deny": Verdict.DENY}


@dataclass(frozen=True, slots=True)
class Case:
    """What a finding is made from: the passage with its credentials, what is known, the rules and the time."""

    passage: Passage
    known: Known
    rules: LaneRules
    site: SiteRules
    mode: LaneMode
    at: int
    link_alive: bool = True
    on_foot: bool = False
    expects_plate: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What one credential says: good or not, why, and whose it is. `refer`: a person has to look in any case.

    `expected`: the registered plate that the credential belongs to, where another one was read.
    """

    good: bool
    reason: Reason
    vehicle: VehicleFile | None = None
    group: str = ""
    right: Right | None = None
    refer: bool = False
    alarm: str = ""
    expected: str = ""


def finding(case: Case, *, last_word: bool = False) -> Finding | None:
    """The verdict on a passage; `None` while the lane still waits for a second credential.

    `last_word`: the time for a second credential is over.
    """
    special = _special(case)
    if special is not None:
        return special
    card = _card(case) if case.passage.card else None
    plate = _plate(case) if case.passage.plate is not None else None
    code = _code(case) if case.passage.code else None
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


# --- one credential ------------------------------------------------------------------------------------------------


def _card(case: Case) -> Answer:
    card = case.known.card
    if card is None:
        return Answer(False, Reason.UNKNOWN_CARD)
    vehicle = case.known.card_vehicles[0] if len(case.known.card_vehicles) == 1 else None
    if card.state is not RightState.ACTIVE:
        alarm = "lost_card" if card.state is RightState.LOST else ""
        return Answer(False, _CARD_STATES[card.state], vehicle, card.group, alarm=alarm)
    if case.known.clock_trusted:
        if card.valid_to is not None and case.at > card.valid_to:
            return Answer(False, Reason.EXPIRED, vehicle, card.group)
        if card.valid_from is not None and case.at < card.valid_from:
            return Answer(False, Reason.NOT_YET_VALID, vehicle, card.group)
    ground = _ground(case, case.known.card_rights)
    if ground.right is None and case.known.vehicle is not None and case.known.vehicle.id in card.vehicles:
        ground = _ground(case, case.known.vehicle_rights)
    return _held_to_plate(case, _from_ground(ground, vehicle, card.group))


def _held_to_plate(case: Case, answer: Answer) -> Answer:
    """R5: a good card with another vehicle's plate is for the guard."""
    plate, card = case.passage.plate, case.known.card
    if not answer.good or plate is None or card is None:
        return answer
    if case.known.card_vehicles:
        alike = likeness(plate, case.known.card_vehicles, case.known.near, case.rules.plate_margin)
        differs = alike is Likeness.DIFFERS
        match = next((each for each in case.known.card_vehicles if each.plate == plate.text), answer.vehicle)
    else:
        match = case.known.vehicle
        differs = match is not None and match.group != card.group
    if differs:
        expected = answer.vehicle.plate if answer.vehicle is not None else ""
        return Answer(
            False, Reason.CARD_OTHER_VEHICLE, case.known.vehicle, refer=True, alarm="mismatch", expected=expected
        )
    return Answer(True, answer.reason, match, answer.group, answer.right)


def _plate(case: Case) -> Answer:
    plate, margin = case.passage.plate, case.rules.plate_margin
    assert plate is not None
    vehicle = case.known.vehicle
    if is_unreadable(plate):
        return Answer(False, Reason.PLATE_UNREADABLE, refer=True)
    if vehicle is None:
        return _near(case) if case.known.near else Answer(False, Reason.UNKNOWN_PLATE, refer=is_doubtful(plate, margin))
    ground = _ground(case, case.known.vehicle_rights)
    answer = _from_ground(ground, vehicle, vehicle.group)
    if is_doubtful(plate, margin):
        return Answer(False, Reason.PLATE_DOUBTFUL, vehicle, answer.group, answer.right, True)
    return answer


def _near(case: Case) -> Answer:
    """One near miss with a good right opens where the camera itself was in doubt; everything else is named."""
    plate, near = case.passage.plate, case.known.near
    assert plate is not None
    if len(near) > 1:
        return Answer(False, Reason.NEAR_MISS_SEVERAL, refer=True)
    only = near[0]
    ground = _ground(case, only.rights)
    if ground.good and opens_near(plate, only, case.rules.plate_margin):
        right_group = ground.right.group if ground.right is not None else ""
        return Answer(True, Reason.NEAR_MISS_ACCEPTED, only.vehicle, right_group or only.vehicle.group, ground.right)
    return Answer(False, Reason.NEAR_MISS, only.vehicle, only.vehicle.group, ground.right, True)


def _code(case: Case) -> Answer:
    if not case.known.code_rights:
        own = own_stays(case.known, "", case.passage.plate, "", "")
        if case.passage.side is Side.EXIT and (own or case.passage.code_kind == CredentialKind.TICKET.value):
            return Answer(False, Reason.TEMPORARY_REFERRED, refer=True)
        return Answer(False, Reason.UNKNOWN_CODE)
    ground = _ground(case, case.known.code_rights)
    return _from_ground(ground, case.known.vehicle, "")


def _ground(case: Case, rights: tuple[Right, ...]) -> Ground:
    return best_ground(rights, case.at, case.rules.lot, case.site, clock_trusted=case.known.clock_trusted)


def _from_ground(ground: Ground, vehicle: VehicleFile | None, group: str) -> Answer:
    right = ground.right
    of = right.group if right is not None and right.group else group
    refer = ground.reason is Reason.CLOCK_UNTRUSTED
    return Answer(ground.good, ground.reason, vehicle, of, right, refer)


# --- together ------------------------------------------------------------------------------------------------------


def _combine(
    case: Case, card: Answer | None, plate: Answer | None, code: Answer | None, *, last_word: bool
) -> Answer | None:
    """One answer from those given, by the evidence that the lane asks for."""
    given = [each for each in (card, code, plate) if each is not None]
    if not given:
        return Answer(False, Reason.PLATE_MISSING, refer=True) if last_word else None
    for each in given:
        if each.reason in (Reason.CARD_LOST, Reason.CARD_OTHER_VEHICLE):
            return each
    match case.rules.evidence:
        case Evidence.CARD:
            return card or code or _missing(plate, Reason.CARD_MISSING, last_word=last_word)
        case Evidence.PLATE:
            return plate or code or _missing(card, Reason.PLATE_MISSING, last_word=last_word)
        case Evidence.BOTH:
            return _both(card or code, plate, last_word=last_word)
        case _:
            if case.expects_plate and not last_word and card is not None and card.good and case.known.card_vehicles:
                return None  # R5: a borrowed card never opens in silence, so the camera is given a moment
            return next((each for each in given if each.good), None) or _worst(given)


def _both(card: Answer | None, plate: Answer | None, *, last_word: bool) -> Answer | None:
    if card is None:
        return _missing(plate, Reason.CARD_MISSING, last_word=last_word)
    if plate is None:
        return _missing(card, Reason.PLATE_MISSING, last_word=last_word)
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
    return Answer(False, reason, given.vehicle, given.group, given.right, True)


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
        return _made(case, there.verdict, there.reason, answer, alarms=alarms)
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
    if case.passage.side is Side.ENTRY and _is_full(case) and not case.on_foot:
        return _made(case, Verdict.DENY, Reason.FULL, answer, alarms=alarms, temporary=True)
    if answer.refer:
        return _made(case, Verdict.REFER, answer.reason, answer, alarms=alarms)
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
