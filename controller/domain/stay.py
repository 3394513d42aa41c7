"""Stays: opened by a vehicle that came in, closed by one that went out, with a note where the record does not agree.

Only what is recorded of a stay; whether somebody without an entry record may leave stands in `entitlement`, and the
fee is not settled here. Minutes are whole and never negative. T10, T15, T20.
"""

from controller.domain.antipassback import own_stays
from controller.domain.events import EventType
from controller.domain.known import PERSON, OpenStay
from controller.domain.state import Passage, identified
from controller.domain.terms import Side
from controller.domain.turn import Turn

MINUTE_US = 60_000_000


def account(turn: Turn, passage: Passage, outcome: str) -> None:
    """Record what a vehicle that went through does to the stays."""
    found = passage.finding
    vehicle = found.vehicle if found is not None else ""
    group = found.group if found is not None and passage.side is Side.EXIT else ""
    own = own_stays(turn.known, vehicle, passage.plate, passage.card, group)
    if passage.side is Side.ENTRY:
        for each in own:
            _close(turn, passage, each, "entered_twice")
        _open(turn, passage, "" if outcome == "completed" else outcome)
    elif own:
        newest = max(own, key=lambda each: each.since)
        _close(turn, passage, newest, "clock_back" if turn.fact.at < newest.since else "ok")
    else:
        _close_unknown(turn, passage)


def account_person(turn: Turn, passage: Passage) -> None:
    """The same for somebody on foot, whose presence is that of the card."""
    group = PERSON + passage.card
    own = tuple(each for each in turn.known.stays if each.group == group)
    if passage.side is Side.ENTRY:
        for each in own:
            _close(turn, passage, each, "entered_twice")
        body = {"stay": passage.id, "group": group, "card": passage.card, "temporary": False}
        turn.record(EventType.STAY_OPENED, "rule:stay", passage, body)
    for each in own if passage.side is Side.EXIT else ():
        _close(turn, passage, each, "clock_back" if turn.fact.at < each.since else "ok")


def _open(turn: Turn, passage: Passage, note: str) -> None:
    found = identified(passage)
    body = {
        "stay": passage.id,
        "group": found.group if found is not None else "",
        "plate": _plate(passage),
        "vehicle": found.vehicle if found is not None else "",
        "card": passage.card,
        "temporary": found.temporary or not found.right if found is not None else True,
        "note": note or "ok",
    }
    turn.record(EventType.STAY_OPENED, "rule:stay", passage, body)


def _close(turn: Turn, passage: Passage, stay: OpenStay, note: str) -> None:
    body = {
        "stay": stay.stay,
        "group": stay.group,
        "plate": stay.plate,
        "vehicle": stay.vehicle,
        "entry_lane": stay.lane,
        "entry_at": stay.since,
        "minutes": max(0, turn.fact.at - stay.since) // MINUTE_US,
        "note": note,
    }
    turn.record(EventType.STAY_CLOSED, "rule:stay", passage, body)


def _close_unknown(turn: Turn, passage: Passage) -> None:
    """Out without a record of coming in: said so, under the passage's own id (T15)."""
    found = passage.finding
    body = {
        "stay": passage.id,
        "group": found.group if found is not None else "",
        "plate": _plate(passage),
        "vehicle": found.vehicle if found is not None else "",
        "minutes": 0,
        "note": "no_entry_record",
    }
    turn.record(EventType.STAY_CLOSED, "rule:stay", passage, body)


def _plate(passage: Passage) -> str:
    """The registered plate of the vehicle that was found; else what was read, as it was read."""
    found = identified(passage)
    if found is not None and found.vehicle and found.plate:
        return found.plate
    return passage.plate.text if passage.plate is not None else ""
