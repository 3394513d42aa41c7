"""Rules about who went through: every crossing has its passage, and no passage lacks a crossing.

A crossing is the truth's, a passage the daemon's. They belong together when lane and direction agree and the passage
ends close to the moment in which the vehicle was through.
"""

import math
from collections.abc import Iterator
from itertools import groupby

from demo.evidence import THROUGH, Case, LoggedPassage, TruthLine
from demo.pairing import ENDS_AFTER_S, ENDS_BEFORE_S, MISREAD_CHARACTERS, differing, ended, pairs
from demo.violation import Violation

DOOR_S = 12.0
"""The same for a door: its passage may end with the leaf open or shut."""
NEVER_ENDS_S = 90.0
LANE_DEVICES = ("board", "barrier")
UNDER_S = 6.0
"""How long a vehicle needs from the loop before the arm until it is clear."""


def traffic_took_place(case: Case) -> Iterator[Violation]:
    """A run in which nobody came proves nothing."""
    if not case.lines("vehicle_arrived"):
        yield Violation(rule="no_traffic", words="no vehicle arrived: a run without traffic proves nothing")
    elif not case.lines("vehicle_crossed"):
        yield Violation(rule="no_traffic", words="vehicles arrived and none got through: the run proves too little")


def every_crossing_has_its_passage(case: Case) -> Iterator[Violation]:
    """One crossing, one passage that ends as gone through; and the other way round; and for the same vehicle."""
    crossings = case.lines("vehicle_crossed")
    through = [each for each in _passages(case) if each.outcome in THROUGH and not _is_foot(case, each)]
    for box, lane in sorted(_lanes(crossings, through)):
        here = [line for line in crossings if (line.box, line.lane) == (box, lane)]
        there = sorted((each for each in through if (each.box, each.lane) == (box, lane)), key=ended)
        yield from _match(case, here, there)


def _match(case: Case, crossings: list[TruthLine], passages: list[LoggedPassage]) -> Iterator[Violation]:
    """Pair both in the order of time as well as they can be; whoever has no partner stands alone."""
    for line, passage in pairs(crossings, passages, lambda line: _could_not_see(case, line)):
        if line is not None and passage is not None:
            yield from _same_vehicle(case, line, passage)
        elif passage is not None and not _was_cut_off(case, passage):
            yield _without_crossing(passage)
        elif line is not None and not _could_not_see(case, line):
            words = f"{_name(line)} crossed and no passage ended within {ENDS_AFTER_S:g} s"
            yield Violation(rule="crossing_without_passage", words=words, box=line.box, lane=line.lane, t=line.t)


def _without_crossing(passage: LoggedPassage) -> Violation:
    words = f"passage {passage.id} ended as {passage.outcome}, and nobody crossed then"
    return Violation(rule="passage_without_crossing", words=words, box=passage.box, lane=passage.lane, t=ended(passage))


def _was_cut_off(case: Case, passage: LoggedPassage) -> bool:
    """The run ended while the vehicle drove off the loop under the arm, before the truth could say that it crossed."""
    late = case.ends_at() - ENDS_BEFORE_S
    told = case.lines("under_arm", "vehicle_crossed", "vehicle_backed_out")
    last = [line.what for line in told if (line.box, line.lane) == (passage.box, passage.lane) and line.t > late][-1:]
    return ended(passage) > late and last == ["under_arm"]


def _same_vehicle(case: Case, line: TruthLine, passage: LoggedPassage) -> Iterator[Violation]:
    """Direction, plate and card of the passage are those of the vehicle that crossed, or an alarm says they are not.

    A lane that was blind in the middle of a passage (and has that on record) may take one vehicle for another.
    """
    if any(each.type == "AlarmRaised" and each.body.get("kind") == "mismatch" for each in passage.events):
        return
    if _is_blind(case, line.box, line.lane, passage.started, ended(passage)):
        return

    def wrong(what: str, truly: str, recorded: str) -> Violation:
        words = f"passage {passage.id}: {what} on record {recorded!r}, truly {truly!r} ({_name(line)})"
        return Violation(rule="wrong_vehicle", words=words, box=line.box, lane=line.lane, t=line.t)

    direction, plate, card = passage.said("direction"), passage.said("plate"), passage.said("card")
    if direction and direction != line.values.get("direction"):
        yield wrong("direction", str(line.values.get("direction")), direction)
    truly = str(line.values.get("plate") or "")
    if plate and truly and differing(plate, truly) > MISREAD_CHARACTERS:
        yield wrong("plate", truly, plate)
    if card:
        vehicle = line.values.get("vehicle")
        shown = [each for each in case.lines("card_presented") if each.values.get("card") == card]
        shown = [each for each in shown if (each.box, each.lane) == (line.box, line.lane) and each.t <= line.t]
        holders = {str(each.values.get("vehicle")) for each in shown}
        if not holders & {str(vehicle), ""}:
            yield wrong("card", f"not shown by {vehicle}", card)


def no_passage_lacks_an_end(case: Case) -> Iterator[Violation]:
    """A passage that was begun long before the end of the run has an end, when nobody is in the lane any more."""
    last_left: dict[tuple[str, str], float] = {}
    in_lane: dict[tuple[str, str], set[str]] = {}
    for line in case.lines("vehicle_arrived", "vehicle_left"):
        who, here = str(line.values.get("vehicle")), (line.box, line.lane)
        if line.what == "vehicle_arrived":
            in_lane.setdefault(here, set()).add(who)
        else:
            in_lane.setdefault(here, set()).discard(who)
            last_left[here] = line.t
    for passage in _passages(case):
        here = (passage.box, passage.lane)
        is_old = passage.started < case.ends_at() - NEVER_ENDS_S
        is_empty = not in_lane.get(here) and last_left.get(here, 0.0) < case.ends_at() - NEVER_ENDS_S
        if passage.end is None and is_old and is_empty and not _is_foot(case, passage):
            words = f"passage {passage.id} has no end although the lane has been empty for {NEVER_ENDS_S:g} s"
            yield Violation(rule="passage_without_end", words=words, box=here[0], lane=here[1], t=passage.started)


def nobody_without_right_was_let_in(case: Case) -> Iterator[Violation]:
    """A stranger goes through only by a person's decision, an arm that stands open, or against the rules (on record).

    And a card never opens in silence for a vehicle whose plate was read and is not the card's (R5).
    """
    crossings = {(each.box, each.lane, str(each.values.get("vehicle"))): each for each in case.lines("vehicle_crossed")}
    cards = {row["card"]: vehicle for vehicle, row in case.fleet.items() if row.get("card")}
    for passage in _passages(case):
        if passage.outcome != "completed" or _is_foot(case, passage):
            continue
        line = _crossing_of(passage, list(crossings.values()))
        if line is None:
            continue
        vehicle = str(line.values.get("vehicle"))
        who = case.fleet.get(vehicle, {}).get("who", "")
        if who in case.strangers and line.values.get("direction") == "entry" and not _was_let(case, passage):
            words = f"{_name(line)} ({who}) was let in by passage {passage.id} without a person's decision"
            yield Violation(rule="stranger_admitted", words=words, box=line.box, lane=line.lane, t=line.t)
        yield from _borrowed_card(passage, line, cards)


def _borrowed_card(passage: LoggedPassage, line: TruthLine, cards: dict[str, str]) -> Iterator[Violation]:
    for event in passage.events:
        card, plate = str(event.body.get("card") or ""), str(event.body.get("plate") or "")
        if event.type != "AccessGranted" or not card or plate != line.values.get("plate"):
            continue
        if cards.get(card, line.values.get("vehicle")) != line.values.get("vehicle"):
            words = f"card {card} of {cards[card]} opened for {_name(line)} although its plate had been read"
            yield Violation(rule="borrowed_card_admitted", words=words, box=line.box, lane=line.lane, t=line.t)


def _was_let(case: Case, passage: LoggedPassage) -> bool:
    """A person opened, the arm stood open for everybody, or the rules admit visitors for the time being."""
    if passage.has("ManualOpening"):
        return True
    if any(each.type == "AccessGranted" and each.body.get("temporary") for each in passage.events):
        return True
    modes = [
        each
        for each in case.logs[passage.box].events
        if each.type == "LaneModeChanged" and each.lane == passage.lane and each.t <= ended(passage)
    ]
    before = [each for each in modes if each.t <= ended(passage) - UNDER_S]
    return any(each.body.get("mode") in ("held_open", "fire") for each in modes[max(0, len(before) - 1) :])


def people_on_foot_are_recorded(case: Case) -> Iterator[Violation]:
    """Whoever goes through a gate for people is on record; a door that was forced raises an alarm."""
    for line in case.lines("person_crossed"):
        near = [
            each
            for each in _passages(case)
            if (each.box, each.lane) == (line.box, line.lane)
            and each.started <= line.t + 1.0
            and (each.end is None or each.end.t >= line.t - DOOR_S)
        ]
        if line.values.get("way") == "card" and not near:
            words = f"{line.values.get('person')} went through the gate for people and no passage is on record"
            yield Violation(rule="person_without_passage", words=words, box=line.box, lane=line.lane, t=line.t)
    for line in case.lines("door"):
        if not line.values.get("forced"):
            continue
        alarms = [
            each
            for each in case.logs[line.box].events
            if each.type == "AlarmRaised" and each.lane == line.lane and -1.0 <= each.t - line.t <= 5.0
        ]
        if not alarms:
            words = "the door was forced and no alarm was raised within 5 s"
            yield Violation(rule="door_forced_unnoticed", words=words, box=line.box, lane=line.lane, t=line.t)


# --- what the rules have in common ---------------------------------------------------------------------------------


def _passages(case: Case) -> list[LoggedPassage]:
    return [passage for log in case.logs.values() for passage in log.by_passage()]


def _is_foot(case: Case, passage: LoggedPassage) -> bool:
    return (passage.box, passage.lane) in case.foot_lanes()


def _lanes(crossings: list[TruthLine], passages: list[LoggedPassage]) -> set[tuple[str, str]]:
    return {(line.box, line.lane) for line in crossings} | {(each.box, each.lane) for each in passages}


def _name(line: TruthLine) -> str:
    return f"{line.values.get('vehicle')} {line.values.get('plate') or ''}".strip()


def _crossing_of(passage: LoggedPassage, crossings: list[TruthLine]) -> TruthLine | None:
    near = [
        line
        for line in crossings
        if (line.box, line.lane) == (passage.box, passage.lane)
        and -ENDS_BEFORE_S <= ended(passage) - line.t <= ENDS_AFTER_S
    ]
    return min(near, key=lambda line: abs(ended(passage) - line.t), default=None)


def _could_not_see(case: Case, line: TruthLine) -> bool:
    """While the vehicle was under the arm the box had no sight of the lane, and its log says so."""
    return _is_blind(case, line.box, line.lane, line.t - UNDER_S, line.t)


def _is_blind(case: Case, box: str, lane: str, from_t: float, to_t: float) -> bool:
    """The lane's board was recorded as lost, or the daemon was stopped on purpose, at some time of the span."""
    spans = _spans(
        [
            (each.t, each.type == "DeviceLost")
            for each in case.logs[box].events
            if each.lane == lane
            and each.type in ("DeviceLost", "DeviceBack")
            and each.body.get("device_kind") in LANE_DEVICES
        ]
    )
    stops = [each for each in case.lines("outside") if each.values.get("do") in ("daemon_stop", "daemon_start")]
    stops = [each for each in stops if each.box in (box, "")]
    spans += [
        (start, end + ENDS_AFTER_S)
        for start, end in _spans([(each.t, each.values["do"] == "daemon_stop") for each in stops])
    ]
    return any(start <= to_t and end >= from_t for start, end in spans)


def _spans(changes: list[tuple[float, bool]]) -> list[tuple[float, float]]:
    """From when to when something was so, out of when it began and ended; one that did not end lasts for ever."""
    spans: list[tuple[float, float]] = []
    since: float | None = None
    for t, is_so in changes:
        if is_so and since is None:
            since = t
        elif not is_so and since is not None:
            spans.append((since, t))
            since = None
    return spans if since is None else [*spans, (since, math.inf)]


def grouped(lines: list[TruthLine]) -> dict[tuple[str, str], list[TruthLine]]:
    """Lines by box and lane, each list in the order of time."""
    keyed = sorted(lines, key=lambda line: (line.box, line.lane, line.t))
    return {key: list(group) for key, group in groupby(keyed, key=lambda line: (line.box, line.lane))}
