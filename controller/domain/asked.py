"""What has to be looked up for a fact, before it is decided.

Only questions stand here, no answers: which credentials a passage already has go with the one that arrives, so that
each decision sees all that is known of both.
"""

from controller.domain.facts import (
    BarrierState,
    CardRead,
    CentreOrder,
    CodeRead,
    DoorState,
    Fact,
    GuardOrder,
    LaneFact,
    PlateRead,
    PlateUnseen,
    SlotReading,
    TimerDue,
)
from controller.domain.known import PERSON, Asked
from controller.domain.likeness import UNREAD
from controller.domain.rules import LaneRules, SiteRules
from controller.domain.state import BoxState, LaneState, Passage, Phase
from controller.domain.terms import CredentialKind, LaneDirection, LaneKind, Order, Side

_ENDING = (Phase.CROSSING, Phase.CLEARING, Phase.INTRUDING, Phase.BACKING)
_BEFORE_THE_ARM = (
    Phase.ARRIVED,
    Phase.REFERRED,
    Phase.DENIED,
    Phase.GRANTED,
    Phase.OPENING,
    Phase.OPEN,
    Phase.WITHDRAWN,
    Phase.INTRUDING,
)
NOTHING_ASKED = Asked()


def asked(state: BoxState, fact: Fact, rules: SiteRules) -> Asked:
    """What to look up in the registry and the log before `decide` is called with this fact."""
    if not isinstance(fact, LaneFact):
        return NOTHING_ASKED
    lane = state.lanes.get(fact.lane)
    lane_rules = rules.find(fact.lane)
    if lane is None or lane_rules is None:
        return Asked(order_id=fact.order_id) if isinstance(fact, CentreOrder) else NOTHING_ASKED
    match fact:
        case CardRead() | CodeRead() | PlateRead():
            return _for_credential(lane, fact, lane_rules)
        case PlateUnseen():
            return _for_standing(lane, fact.side, lane_rules)
        case BarrierState() | DoorState():
            return _for_end(lane, lane_rules)
        case TimerDue():
            side = fact.name.partition(":")[2]
            return (
                _for_window(lane, side, lane_rules) if fact.name.startswith("evidence:") else _for_end(lane, lane_rules)
            )
        case GuardOrder(order=Order.CORRECT_PLATE):
            passage = _find(lane, fact.passage)
            card = passage.card if passage is not None else ""
            return Asked(plate=fact.plate, card=card, lot=lane_rules.lot)
        case GuardOrder():
            return _for_end(lane, lane_rules)
        case CentreOrder():
            return Asked(order_id=fact.order_id)
        case _:
            return NOTHING_ASKED


def _for_credential(lane: LaneState, fact: CardRead | CodeRead | PlateRead, rules: LaneRules) -> Asked:
    if rules.kind is LaneKind.FOOT:
        group = PERSON + fact.card if isinstance(fact, CardRead) else ""
        card = fact.card if isinstance(fact, CardRead) else ""
        ticket, visitor_code = _code(fact)
        return Asked(card=card, group=group, lot=rules.lot, ticket=ticket, visitor_code=visitor_code)
    passage = _standing(lane, fact.side, rules)
    card = passage.card if passage is not None else ""
    plate, slots = _plate_of(passage)
    if isinstance(fact, CardRead):
        card = fact.card
    elif isinstance(fact, PlateRead):
        plate, slots = fact.text, fact.slots
    return _asked(plate, slots, card, rules, _code(fact))


def _for_window(lane: LaneState, side: str, rules: LaneRules) -> Asked:
    for each in (lane.current, *lane.waiting):
        if each is not None and each.side.value == side and each.phase is Phase.ARRIVED:
            plate, slots = _plate_of(each)
            return _asked(plate, slots, each.card, rules)
    return NOTHING_ASKED


def _for_standing(lane: LaneState, side: Side, rules: LaneRules) -> Asked:
    """What is known already of the vehicle before the arm."""
    passage = _standing(lane, side, rules)
    plate, slots = _plate_of(passage)
    return _asked(plate, slots, passage.card if passage is not None else "", rules)


def _for_end(lane: LaneState, rules: LaneRules) -> Asked:
    """The open stays that the end of the current passage touches; of the log alone."""
    passage = lane.current
    if passage is None or passage.phase not in _ENDING:
        return NOTHING_ASKED
    found = passage.finding
    if rules.kind is LaneKind.FOOT:
        return Asked(group=PERSON + passage.card, lot=rules.lot) if passage.card else NOTHING_ASKED
    return Asked(
        group=found.group if found is not None else "",
        vehicle=found.vehicle if found is not None else "",
        stay_plate=passage.plate.text if passage.plate is not None else "",
        lot=rules.lot,
    )


def _asked(
    plate: str, slots: tuple[SlotReading, ...], card: str, rules: LaneRules, code: tuple[str, str] = ("", "")
) -> Asked:
    if UNREAD in plate:
        plate, slots = "", ()
    others = tuple(slot.others for slot in slots) if len(slots) == len(plate) else ()
    return Asked(plate=plate, others=others, card=card, lot=rules.lot, ticket=code[0], visitor_code=code[1])


def _code(fact: CardRead | CodeRead | PlateRead) -> tuple[str, str]:
    """The ticket and the visitor's code."""
    if not isinstance(fact, CodeRead):
        return "", ""
    return (fact.value, "") if fact.kind is CredentialKind.TICKET else ("", fact.value)


def _plate_of(passage: Passage | None) -> tuple[str, tuple[SlotReading, ...]]:
    if passage is None or passage.plate is None:
        return "", ()
    return passage.plate.text, passage.plate.slots


def _standing(lane: LaneState, side: Side, rules: LaneRules) -> Passage | None:
    shared = rules.direction is LaneDirection.BOTH
    for each in lane.waiting:
        if not shared or each.side is side:
            return each
    current = lane.current
    if current is None or current.phase not in _BEFORE_THE_ARM or (shared and current.side is not side):
        return None
    return current


def _find(lane: LaneState, passage_id: str) -> Passage | None:
    for each in (lane.current, *lane.waiting):
        if each is not None and each.id == passage_id:
            return each
    return None
