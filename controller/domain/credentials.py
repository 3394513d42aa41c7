"""Credentials at a vehicle lane: whose passage a card, code or plate belongs to, and what its finding leads to.

The finding itself is made in `entitlement`; what happens to the passage stands in `passage.TABLE`. R5, R6, S4.
"""

from dataclasses import asdict

from controller.domain import phrases, places, steps
from controller.domain.answers import Case
from controller.domain.effects import AnswerReader
from controller.domain.entitlement import finding
from controller.domain.events import EventType
from controller.domain.facts import CardRead, CodeRead, PlateRead, PlateUnseen
from controller.domain.likeness import doubtful_slots, is_doubtful, is_unreadable
from controller.domain.passage import What, step
from controller.domain.plates import warn_unknown_letter
from controller.domain.reasons import Reason
from controller.domain.state import IN_TRANSIT, Finding, Passage, Phase, PlateSeen
from controller.domain.terms import Evidence, LaneMode, Side, Signal, Verdict
from controller.domain.turn import Turn, changed

_BEFORE_THE_ARM = (*steps.UNDECIDED, Phase.GRANTED, Phase.OPENING, Phase.OPEN, Phase.WITHDRAWN, Phase.INTRUDING)
_STILL_DECIDABLE = (*steps.UNDECIDED, Phase.GRANTED, Phase.INTRUDING)
_OWN_ARM = (Phase.GRANTED, Phase.OPENING, Phase.OPEN)
"""Granted and still before the arm."""
_WHAT = {Verdict.GRANT: What.GRANT, Verdict.REFER: What.REFER, Verdict.DENY: What.DENY}
EVENTS = {
    Verdict.GRANT: EventType.ACCESS_GRANTED,
    Verdict.REFER: EventType.ACCESS_REFERRED,
    Verdict.DENY: EventType.ACCESS_DENIED,
}
WRONG = frozenset(
    reason.value
    for reason in (
        Reason.UNKNOWN_CARD,
        Reason.UNKNOWN_CODE,
        Reason.CARD_LOST,
        Reason.CARD_SUSPENDED,
        Reason.CARD_RETURNED,
        Reason.CARD_OTHER_VEHICLE,
        Reason.EXPIRED,
        Reason.NOT_YET_VALID,
        Reason.NO_RIGHT,
    )
)
"""Reasons that make a credential at a reader a wrong one (S4)."""
TOLD_LATE = frozenset(("watch_list", "void_plate", "lost_card"))
"""Alarms about who it is, which are no less true once the arm is open."""


def card_read(turn: Turn, fact: CardRead) -> None:
    """A card was presented."""
    side = places.side_of(turn, fact.side)
    if _is_late_card(turn, side):
        assert turn.current is not None
        passage = turn.put(changed(turn.current, card=fact.card))
        _observe(turn, passage, f"reader:{fact.reader}", "card", fact.card)
        turn.do(AnswerReader(lane=turn.lane, reader=fact.reader, verdict=Verdict.GRANT))
        return
    before = _whose(turn, side, fact.card)
    passage = turn.put(changed(before, card=fact.card, card_at=fact.at, reader=fact.reader))
    _keep_what_opened(turn, before, judge(turn, passage, f"reader:{fact.reader}", fact.reader))


def code_read(turn: Turn, fact: CodeRead) -> None:
    """A ticket or a visitor's code was read or keyed in."""
    side = places.side_of(turn, fact.side)
    before = _whose(turn, side, "")
    passage = turn.put(changed(before, code=fact.value, code_kind=fact.kind.value))
    _keep_what_opened(turn, before, judge(turn, passage, f"reader:{fact.reader}", fact.reader))


def _keep_what_opened(turn: Turn, before: Passage, found: Finding | None) -> None:
    """A card or code that is refused once a right had opened takes the place of nothing: the stay is the right's."""
    opened_by_right = before.finding is not None and before.finding.verdict is Verdict.GRANT
    if found is None or found.verdict is Verdict.GRANT or before.phase in _STILL_DECIDABLE or not opened_by_right:
        return
    passage = turn.find(before.id)
    if passage is not None:
        turn.put(
            changed(
                passage, card=before.card, card_at=before.card_at, reader=before.reader,
                code=before.code, code_kind=before.code_kind,
            )
        )  # fmt: skip


def plate_read(turn: Turn, fact: PlateRead) -> None:
    """The camera read a plate; one of a vehicle that has gone, or that nobody sees, opens nothing."""
    side = places.side_of(turn, fact.side)
    seen = PlateSeen(
        text=fact.text,
        kind=fact.kind,
        color=fact.color,
        margin=fact.margin,
        slots=fact.slots,
        frames=fact.frames,
        device=fact.camera,
        vehicle_color=fact.vehicle_color,
        vehicle_color_confidence=fact.vehicle_color_confidence,
        doubtful=doubtful_slots(fact.slots, turn.rules.plate_margin) if fact.margin < turn.rules.plate_margin else (),
        picture=fact.picture,
        box=fact.box,
    )
    if fact.another and _still_covers(turn, side, seen):
        # seen behind one that may yet back out: it is read again, and decided, when that one is gone
        _observe(turn, None, f"camera:{fact.camera}", "plate", fact.text)
        return
    passage = _whose_plate(turn, side, seen)
    if passage is None or _is_late_plate(turn, passage, seen):
        _observe(turn, None, f"camera:{fact.camera}", "plate", fact.text)
        return
    if fact.another and passage.plate is not None and passage.plate.text != seen.text:
        if passage.phase in _OWN_ARM:
            # a trailer's, or that of the vehicle that closes up: arm and stay are those of the plate read first
            _observe(turn, passage, f"camera:{fact.camera}", "plate", fact.text)
            return
        passage = turn.put(changed(passage, other_plate=passage.plate.text))
    picture = fact.picture or passage.picture
    before = passage.plate
    if before is not None and passage.finding is not None and before.text == seen.text and before.margin >= seen.margin:
        turn.put(changed(passage, picture=picture))
        _observe(turn, passage, f"camera:{fact.camera}", "plate", fact.text)
        return
    passage = turn.put(changed(passage, plate=seen, picture=picture))
    judge(turn, passage, f"camera:{fact.camera}", fact.camera)


def plate_unseen(turn: Turn, fact: PlateUnseen) -> None:
    """A vehicle stands there and the camera sees no plate: recorded, shown and, where nothing else can come, referred.

    It is no credential: it opens nothing, takes nothing back, and a plate that is read later counts as ever. R25.
    """
    side, actor = places.side_of(turn, fact.side), f"camera:{fact.camera}"
    passage = _standing_without_plate(turn, side)
    if passage is None:
        _observe(turn, None, actor, "plate_unseen", str(fact.frames))
        return
    passage = turn.put(changed(passage, unseen_frames=fact.frames, picture=fact.picture or passage.picture))
    _observe(turn, passage, actor, "plate_unseen", str(fact.frames))
    if _is_last_word(turn, passage):
        judge(turn, passage, actor, fact.camera, last_word=True)
    elif passage.finding is None and turn.rules.evidence is not Evidence.CARD:
        name = f"evidence:{side.value}"
        if name not in turn.timers:
            turn.start_timer(name, turn.rules.evidence_window_ms)


def _standing_without_plate(turn: Turn, side: Side) -> Passage | None:
    """The vehicle on the loop before the arm, as long as nobody has decided for it."""
    for each in (*turn.waiting, turn.current):
        if each is not None and each.side is side:
            stands = each.approached and not each.left and each.phase in steps.UNDECIDED
            return each if stands and each.plate is None else None
    return None


def _is_last_word(turn: Turn, passage: Passage) -> bool:
    """Whether nothing is to be waited for any more: no card can come, one was asked for in vain, or it is here."""
    if passage.finding is not None:
        return passage.finding.reason == Reason.PLATE_MISSING.value
    evidence, identified = turn.rules.evidence, bool(passage.card or passage.code)
    if turn.mode is LaneMode.STAFFED or evidence is Evidence.GUARD:
        return not identified
    if evidence is Evidence.BOTH:
        return identified
    return not identified and (evidence is Evidence.PLATE or (evidence is Evidence.EITHER and not turn.rules.readers))


def judge(turn: Turn, passage: Passage, actor: str, device: str, *, last_word: bool = False) -> Finding | None:
    """Decide about a passage with all that is known of it now; None where something else is waited for."""
    case = Case(
        passage, turn.known, turn.rules, turn.site, turn.mode, turn.fact.at, turn.link_alive,
        expects_plate=_expects_plate(turn, passage),
    )  # fmt: skip
    found = finding(case, last_word=last_word)
    if found is None:
        _await_other(turn, passage, actor)
        return None
    passage = mark_watched(turn, passage, found)
    late = passage.phase not in _STILL_DECIDABLE
    if late and found.verdict is not Verdict.GRANT:
        _late(turn, passage, found, actor, device)
    else:
        _apply(turn, passage, found, actor, device)
    return found


def mark_watched(turn: Turn, passage: Passage, found: Finding) -> Passage:
    """The passage with the mark of the watch list, which no later finding and no order takes off it again (R12)."""
    return turn.put(changed(passage, watched=True)) if found.reason == Reason.WATCH_LIST.value else passage


def evidence_due(turn: Turn, side: Side) -> None:
    """The time for a (second) credential is over: whoever still stands there undecided gets the last word."""
    candidates = [each for each in (turn.current, *turn.waiting) if each is not None and each.side is side]
    for passage in candidates:
        if passage.phase is Phase.ARRIVED and passage.finding is None:
            actor = f"reader:{passage.reader}" if passage.reader else "rule:evidence_window"
            judge(turn, passage, actor, passage.reader, last_word=True)


def _expects_plate(turn: Turn, passage: Passage) -> bool:
    """Whether the camera is likely to say soon whose vehicle this is: one works here, and it has not spoken yet."""
    sees = any(turn.devices.get(camera) == "online" for camera in turn.rules.cameras)
    return sees and turn.rules.plate_wait_ms > 0 and passage.plate is None and passage.approached


# --- whose credential it is ----------------------------------------------------------------------------------------


def _is_late_card(turn: Turn, side: Side) -> bool:
    """Whether this card is that of the vehicle under the arm, which its plate had opened for already."""
    current = turn.current
    if current is None or current.side is not side or current.phase in _BEFORE_THE_ARM or current.card:
        return False
    found, card = current.finding, turn.known.card
    if found is None or card is None or not found.vehicle:
        return False
    return found.vehicle in card.vehicles or (bool(found.group) and found.group == card.group)


def _is_late_plate(turn: Turn, passage: Passage, seen: PlateSeen) -> bool:
    """Whether the frame was taken before this vehicle came, and shows the plate of the one that went last."""
    exposed_at = turn.fact.at - turn.fact.waited_us
    return seen.text == turn.last_plate and exposed_at < passage.started_at


def _whose(turn: Turn, side: Side, card: str) -> Passage:
    for each in turn.waiting:
        if each.side is side:
            return each
    current = turn.current
    if current is not None and current.side is side:
        if current.phase in _BEFORE_THE_ARM or (card and card == current.card):
            return current
        if current.phase is Phase.BACKING:
            if not current.card and current.plate is None:
                return current
            step(turn, current, What.NEXT_SEEN)
    return steps.begin(turn, side, approached=_stands_alone(turn, side))


def _stands_alone(turn: Turn, side: Side) -> bool:
    """Whether the loop before the arm is occupied by another than the one under the arm."""
    ahead = turn.current
    covered = ahead is not None and ahead.side is side and ahead.phase in IN_TRANSIT and not ahead.left
    return places.approach(turn, side) is Signal.ON and not covered


def _still_covers(turn: Turn, side: Side, seen: PlateSeen) -> bool:
    """Whether the loop before the arm is still held by the one under the arm, of which this is not the plate."""
    ahead = turn.current
    if ahead is None or ahead.side is not side or ahead.phase not in IN_TRANSIT or ahead.left:
        return False
    own = ahead.plate is not None and ahead.plate.text == seen.text
    return not own and not any(each.side is side for each in turn.waiting)


def _whose_plate(turn: Turn, side: Side, seen: PlateSeen) -> Passage | None:
    current = turn.current
    in_transit = current is not None and current.side is side and current.phase not in _BEFORE_THE_ARM
    if in_transit and current is not None and current.plate is not None and current.plate.text == seen.text:
        return current
    for each in turn.waiting:
        if each.side is side:
            return each
    if current is None or current.side is not side:
        gone = seen.text == turn.last_plate and places.approach(turn, side) is not Signal.ON
        if gone or places.approach(turn, side) is Signal.OFF:
            return None
        return steps.begin(turn, side, approached=places.approach(turn, side) is Signal.ON)
    if current.phase in _BEFORE_THE_ARM:
        return current
    if current.plate is None:
        return None if current.left else current  # off the loop before the arm: the camera sees the next one
    if not _is_another(turn, current.plate, seen):
        return None
    if current.phase is Phase.BACKING:
        step(turn, current, What.NEXT_SEEN)
    return steps.begin(turn, side, approached=_stands_alone(turn, side))


def _is_another(turn: Turn, first: PlateSeen, seen: PlateSeen) -> bool:
    """Whether a plate read while one is under the arm is surely that of another vehicle, standing behind it."""
    if is_unreadable(seen) or is_doubtful(seen, turn.rules.plate_margin):
        return False
    if turn.inputs.arming is not Signal.ON and turn.inputs.leaving is not Signal.ON:
        return False
    differing = sum(1 for one, other in zip(first.text, seen.text, strict=False) if one != other)
    return differing + abs(len(first.text) - len(seen.text)) > 1


# --- what follows --------------------------------------------------------------------------------------------------


def _await_other(turn: Turn, passage: Passage, actor: str) -> None:
    value = passage.card or passage.code or (passage.plate.text if passage.plate is not None else "")
    _observe(turn, passage, actor, "credential", value)
    name = f"evidence:{passage.side.value}"
    if passage.card and turn.rules.evidence in (Evidence.EITHER, Evidence.GUARD):
        if not passage.plate_awaited:
            turn.put(changed(passage, plate_awaited=True))
            turn.start_timer(name, turn.rules.plate_wait_ms)
    elif name not in turn.timers:
        turn.start_timer(name, turn.rules.evidence_window_ms)


def _late(turn: Turn, passage: Passage, found: Finding, actor: str, device: str) -> None:
    """A credential that came after the arm was opened: it takes nothing back, and what is wrong with it is an alarm,
    never silence (R5, R12)."""
    if actor.startswith("reader:"):
        _observe(turn, passage, actor, "credential", passage.card or passage.code)
        turn.do(AnswerReader(lane=turn.lane, reader=device, verdict=found.verdict))
    elif passage.plate is not None:
        _observe(turn, passage, actor, "plate", passage.plate.text)
    if found.reason == Reason.CARD_OTHER_VEHICLE.value or _reads_another(turn, passage):
        turn.put(changed(passage, mismatched=True))
        turn.alarm_of(passage, "mismatch", "the plate read after opening is another vehicle's")
    for kind in found.alarms:
        if kind in TOLD_LATE:
            turn.alarm_of(passage, kind, found.reason)


def _reads_another(turn: Turn, passage: Passage) -> bool:
    """Whether the camera is sure now of another plate than that of the vehicle which its first word opened for: it
    speaks in doubt before its last look, and a near plate opens by that."""
    was, plate = passage.finding, passage.plate
    if was is None or was.verdict is not Verdict.GRANT or not was.plate or passage.card or plate is None:
        return False
    if is_unreadable(plate) or is_doubtful(plate, turn.rules.plate_margin):
        return False
    known = turn.known.vehicle
    return plate.text != was.plate and (known is None or known.id != was.vehicle)


def _apply(turn: Turn, passage: Passage, found: Finding, actor: str, device: str) -> None:
    opened = passage.opened_by not in ("", "rule")
    granted = found.verdict is Verdict.GRANT
    before = passage.finding
    if passage.mismatched and granted and before is not None and found.vehicle and found.vehicle == before.vehicle:
        passage = turn.put(changed(passage, mismatched=False))  # it is the one that was opened for, after all
    if granted and not opened:
        passage = turn.put(changed(passage, finding=found, opened_by="rule", opened_reason=found.reason))
    else:
        passage = turn.put(changed(passage, finding=found))
    record_finding(turn, passage, found, actor, device)
    turn.stop_timer(f"evidence:{passage.side.value}")
    if actor.startswith("reader:"):
        turn.do(AnswerReader(lane=turn.lane, reader=device, verdict=found.verdict))
    turn.do(phrases.show(turn, passage, found))
    step(turn, passage, _WHAT[found.verdict])
    if found.verdict is Verdict.REFER and not passage.approached:
        turn.start_timer(f"wait:{passage.side.value}", steps.REFERRED_PATIENCE * turn.rules.pass_timeout_ms)


def record_finding(turn: Turn, passage: Passage, found: Finding, actor: str, device: str) -> None:
    """The event of a finding, with its alarms and the count of wrong credentials at a reader."""
    turn.record(EVENTS[found.verdict], actor, passage, _body(turn, passage, found, device))
    if actor.startswith("reader:"):
        _count_wrong(turn, found, device)
    for kind in found.alarms:
        turn.alarm_of(passage, kind, found.reason)


def _count_wrong(turn: Turn, found: Finding, device: str) -> None:
    if found.verdict is Verdict.GRANT:
        if device in turn.wrong:
            turn.wrong = {name: count for name, count in turn.wrong.items() if name != device}
            turn.clear_alarm("wrong_credentials", device)
        return
    if found.reason not in WRONG:
        return
    count = turn.wrong.get(device, 0) + 1
    turn.wrong = {**turn.wrong, device: count}
    if count >= turn.site.wrong_credentials_alarm:
        turn.raise_alarm("wrong_credentials", f"{count} wrong credentials in a row", device)


def _body(turn: Turn, passage: Passage, found: Finding, device: str) -> dict[str, object]:
    plate = passage.plate
    body: dict[str, object] = {
        "side": passage.side.value,
        "direction": passage.side.value,
        "reason": found.reason,
        "device": device,
        "picture": passage.picture,
        "card": passage.card,
        "code": passage.code,
        "vehicle": found.vehicle,
        "group": found.group,
        "right": found.right,
        "right_kind": found.right_kind,
        "waited_us": turn.fact.waited_us,
        "registry_version": turn.known.registry.version,
        "temporary": found.temporary,
    }
    if passage.card_at and turn.fact.at > passage.card_at:
        body["since_card_ms"] = (turn.fact.at - passage.card_at) // 1000
    if plate is not None:
        body.update(
            plate=plate.text,
            plate_kind=plate.kind.value,
            color=plate.color.value,
            margin=plate.margin,
            frames=plate.frames,
            unknown_letter=warn_unknown_letter(plate.text, turn.site.letters),
        )
        if plate.doubtful:
            body["doubtful"] = [asdict(each) for each in plate.doubtful]
        if plate.box and plate.picture == passage.picture:
            body["plate_box"] = list(plate.box)
    elif passage.unseen_frames:
        body["frames"] = passage.unseen_frames
    if found.near:
        body["near"] = [asdict(each) for each in found.near]
    return body


def _observe(turn: Turn, passage: Passage | None, actor: str, name: str, value: str) -> None:
    turn.record(EventType.LANE_OBSERVED, actor, passage, {"what": [{"name": name, "value": value}]})
