"""What one credential says of itself: good or not, why, whose it is, and whether a person has to look in any case.

How several are put together, and what presence, a full lot or the lane's mode make of it, stands in `entitlement`.
R5, R13, R15.
"""

from dataclasses import dataclass, replace

from controller.domain.antipassback import own_stays
from controller.domain.known import Known, Right, VehicleFile
from controller.domain.likeness import (
    Likeness,
    is_doubtful,
    is_of_another_kind,
    is_typed,
    is_unreadable,
    likeness,
    opens_near,
)
from controller.domain.reasons import Reason
from controller.domain.rules import LaneRules, SiteRules
from controller.domain.state import Passage, PlateSeen
from controller.domain.terms import CredentialKind, LaneMode, RightState, Side
from controller.domain.validity import Ground, best_ground

_CARD_STATES = {
    RightState.LOST: Reason.CARD_LOST,
    RightState.SUSPENDED: Reason.CARD_SUSPENDED,
    RightState.RETURNED: Reason.CARD_RETURNED,
}


@dataclass(slots=True)  # not frozen: they live for one judgement, and are made three times as fast
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


@dataclass(slots=True)
class Answer:
    """What one credential says: good or not, why, and whose it is. `refer`: a person has to look in any case.

    `expected`: the registered plate that the credential belongs to, where another one was read. `temporary`: it is in
    doubt whose it is, but for them, too, there is no good right: let in by a person, the visit is charged (R5).
    """

    good: bool
    reason: Reason
    vehicle: VehicleFile | None = None
    group: str = ""
    right: Right | None = None
    refer: bool = False
    alarm: str = ""
    expected: str = ""
    temporary: bool = False


def card_answer(case: Case) -> Answer:
    """What the card says: registered, not lost or suspended, in its time, with a right, and held to the plate (R5)."""
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


def plate_answer(case: Case) -> Answer:
    """What the plate says: exact, sure and with a right; or near; or nothing."""
    plate, margin = case.passage.plate, case.rules.plate_margin
    assert plate is not None
    vehicle = case.known.vehicle
    if is_unreadable(plate):
        return Answer(False, Reason.PLATE_UNREADABLE, refer=True)
    if vehicle is None:
        if case.known.near and not is_typed(plate):
            return _of_the_one_there(case, _near(case))
        return Answer(False, Reason.UNKNOWN_PLATE, refer=is_doubtful(plate, margin))
    ground = _ground(case, case.known.vehicle_rights)
    answer = _from_ground(ground, vehicle, vehicle.group)
    if is_doubtful(plate, margin):
        return in_doubt(answer, Reason.PLATE_DOUBTFUL)
    return _of_the_one_there(case, answer)


def _of_the_one_there(case: Case, answer: Answer) -> Answer:
    """Two vehicles' plates before one arm: a person sees which of them stands there."""
    if not answer.good or not case.passage.other_plate:
        return answer
    return in_doubt(answer, Reason.ANOTHER_PLATE)


def _near(case: Case) -> Answer:
    """One near miss with a good right opens where the camera itself was in doubt and nothing that is known says that
    another vehicle stands there; everything else is named."""
    plate, near = case.passage.plate, case.known.near
    assert plate is not None
    if len(near) > 1:
        return Answer(False, Reason.NEAR_MISS_SEVERAL, refer=True)
    only = near[0]
    ground = _ground(case, only.rights)
    if _is_another_s(case, plate, only.vehicle):
        return Answer(False, Reason.NEAR_MISS, refer=True, temporary=True)
    if ground.good and opens_near(plate, only, case.rules.plate_margin):
        return replace(_from_ground(ground, only.vehicle, only.vehicle.group), reason=Reason.NEAR_MISS_ACCEPTED)
    return in_doubt(_from_ground(ground, only.vehicle, only.vehicle.group), Reason.NEAR_MISS)


def _is_another_s(case: Case, plate: PlateSeen, near: VehicleFile) -> bool:
    """Whether the kind of plate or the open stays say that it is not the near vehicle: one that is inside does not come
    in again, one that is not has nothing to leave from, and what was read may be inside itself, as a visitor's."""
    if is_of_another_kind(plate, near):
        return True
    theirs = [each for each in case.known.stays if each.vehicle == near.id or each.plate == near.plate]
    if any(each.plate == plate.text and each not in theirs for each in case.known.stays):
        return True
    return bool(theirs) is (case.passage.side is Side.ENTRY)


def code_answer(case: Case) -> Answer:
    """What a ticket or a visitor's code says. A ticket at the exit is settled by a person."""
    if not case.known.code_rights:
        own = own_stays(case.known, "", case.passage.plate, "", "")
        if case.passage.side is Side.EXIT and (own or case.passage.code_kind == CredentialKind.TICKET.value):
            return Answer(False, Reason.TEMPORARY_REFERRED, refer=True)
        return Answer(False, Reason.UNKNOWN_CODE)
    ground = _ground(case, case.known.code_rights)
    return _from_ground(ground, case.known.vehicle, "")


def _ground(case: Case, rights: tuple[Right, ...]) -> Ground:
    return best_ground(rights, case.at, case.rules.lot, case.site, clock_trusted=case.known.clock_trusted)


def in_doubt(answer: Answer, reason: Reason) -> Answer:
    """The same vehicle, for a person to look at; that its right is no good stays known.

    An answer that a person has to look at already (a doubtful clock) says neither.
    """
    temporary = answer.temporary or not (answer.good or answer.refer)
    return Answer(False, reason, answer.vehicle, answer.group, answer.right, True, temporary=temporary)


def _from_ground(ground: Ground, vehicle: VehicleFile | None, group: str) -> Answer:
    right = ground.right
    of = right.group if right is not None and right.group else group
    refer = ground.reason is Reason.CLOCK_UNTRUSTED
    return Answer(ground.good, ground.reason, vehicle, of, right, refer)
