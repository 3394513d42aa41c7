"""Rules about the record itself: the chain, what the centre has, the read models, the stays.

The hash is computed here a second time, from the contract's words alone.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from demo.evidence import OUTCOMES, BoxLog, Case
from demo.violation import Violation

FIRST_PREV = "0" * 64
HASHED = ("actor", "at", "id", "lane", "passage", "seq", "type")


def hash_of(prev: str, row: dict[str, Any]) -> str:
    """SHA-256 over `prev` and the canonical JSON of the event (contract, "Events")."""
    content = {key: row[key] for key in HASHED} | {"body": json.loads(row["body"])}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256((prev + text).encode("utf-8")).hexdigest()


def the_chain_is_whole(case: Case) -> Iterator[Violation]:
    """Numbers without gaps, each hash right, each tied to the one before. The first break of each box is told."""
    for box, log in case.logs.items():
        expected, prev = (log.segments[-1][0] + 1, log.segments[-1][1]) if log.segments else (1, FIRST_PREV)
        for event in log.events:
            words = ""
            if event.seq != expected:
                words = f"expected event {expected}, found {event.seq}"
            elif event.row["prev"] != prev:
                words = f"event {event.seq} is not tied to the one before"
            elif event.row["hash"] != hash_of(prev, dict(event.row)):
                words = f"event {event.seq} does not have the hash of what it says"
            if words:
                yield Violation(rule="chain_broken", words=words, box=box, lane=event.lane, t=event.t)
                break
            expected, prev = event.seq + 1, event.row["hash"]
        if not log.events:
            yield Violation(rule="nothing_recorded", words="the log is empty", box=box)


def lost_and_doubled(case: Case, log: BoxLog) -> tuple[list[int], list[int]]:
    """Numbers that the centre lacks, and those that it kept more than once."""
    lines = (case.received or {}).get(log.box, [])
    counted = Counter(int(line.get("seq", 0)) for line in lines)
    lost = [event.seq for event in log.events if event.seq not in counted]
    return lost, sorted(seq for seq, times in counted.items() if times > 1)


def the_centre_has_everything_once(case: Case) -> Iterator[Violation]:
    """Every event is at the centre, once, in order, and the same; nothing is acknowledged that it has not got."""
    if case.received is None:
        return
    for box, log in case.logs.items():
        lines = case.received.get(box, [])
        lost, doubled = lost_and_doubled(case, log)
        if lost:
            words = f"{len(lost)} events are not at the centre, the first is {lost[0]}"
            yield Violation(rule="lost_at_centre", words=words, box=box)
        if doubled:
            words = f"{len(doubled)} events are at the centre more than once, the first is {doubled[0]}"
            yield Violation(rule="doubled_at_centre", words=words, box=box)
        false = sorted(log.acked & set(lost))
        if false:
            words = f"event {false[0]} counts as acknowledged and is not at the centre"
            yield Violation(rule="acknowledged_and_lost", words=words, box=box)
        numbers = [int(line.get("seq", 0)) for line in lines]
        if numbers != sorted(numbers):
            yield Violation(rule="out_of_order_at_centre", words="events came out of order", box=box)
        yield from _same_events(log, lines)


def _same_events(log: BoxLog, lines: list[dict[str, Any]]) -> Iterator[Violation]:
    own = {event.seq: event.row["hash"] for event in log.events}
    kept_from = log.events[0].seq if log.events else 1
    for line in lines:
        seq = int(line.get("seq", 0))
        if seq >= kept_from and own.get(seq) != line.get("hash"):
            words = f"event {seq} at the centre is not the one that the box recorded"
            yield Violation(rule="altered_at_centre", words=words, box=log.box)
            return


def read_models_agree_with_the_events(case: Case) -> Iterator[Violation]:
    """The table of passages tells the same ends as the events do."""
    for box, log in case.logs.items():
        told = {each.id: each for each in log.by_passage()}
        for passage in told.values():
            row = log.passages.get(passage.id)
            if row is None or (row["outcome"] or "") != passage.outcome or row["lane"] != passage.lane:
                words = f"passage {passage.id} ended as {passage.outcome or 'open'} by its events, "
                words += f"the table says {row['outcome'] if row else 'nothing'}"
                yield Violation(rule="read_model_differs", words=words, box=box, lane=passage.lane, t=passage.started)
            if sum(each.type in OUTCOMES for each in passage.events) > 1:
                words = f"passage {passage.id} has more than one end"
                yield Violation(rule="two_ends", words=words, box=box, lane=passage.lane, t=passage.started)
        for extra in sorted(set(log.passages) - set(told)):
            if not log.segments:
                words = f"the table has passage {extra}, and no event tells of it"
                yield Violation(rule="read_model_differs", words=words, box=box)


def stays_add_up(case: Case) -> Iterator[Violation]:
    """Inside is what came in less what went out: by the events, and by the table of stays."""
    for box, log in case.logs.items():
        opened = Counter(str(each.body.get("stay")) for each in log.events if each.type == "StayOpened")
        closed = Counter(str(each.body.get("stay")) for each in log.events if each.type == "StayClosed")
        for stay, times in (opened | closed).items():
            if max(opened[stay], closed[stay]) > 1:
                words = f"stay {stay} was opened {opened[stay]} and closed {closed[stay]} times ({times} at most once)"
                yield Violation(rule="stay_doubled", words=words, box=box)
        inside = {stay for stay in opened if not closed[stay]}
        table = {stay for stay, row in log.stays.items() if row["exit_at"] is None and not row["remote"]}
        if not log.segments and inside != table:
            words = f"by the events {len(inside)} are inside, by the table of stays {len(table)}"
            yield Violation(rule="stays_differ", words=words, box=box)
        yield from _every_entry_opens(case, box, log)


def _every_entry_opens(case: Case, box: str, log: BoxLog) -> Iterator[Violation]:
    """A vehicle that went in with leave has a stay of its own from then on; people on foot have none."""
    for passage in log.by_passage():
        if (box, passage.lane) in case.foot_lanes():
            continue
        is_entry = passage.outcome == "completed" and passage.said("direction") == "entry"
        if is_entry and passage.said("vehicle") and passage.said("group") and not passage.has("StayOpened"):
            words = f"passage {passage.id} went in with leave and opened no stay"
            yield Violation(rule="entry_without_stay", words=words, box=box, lane=passage.lane, t=passage.started)
