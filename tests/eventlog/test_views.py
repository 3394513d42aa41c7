"""What the booth, the relay and the look-up are told follows from the events."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.booth.context import LaneReads
from controller.domain.events import Event, EventType
from controller.domain.known import NOTHING, Asked, CardFile, VehicleFile
from controller.domain.state import BoxState, LaneState
from controller.domain.terms import PlateColor, PlateKind, RightState
from controller.eventlog.log import EventLog
from controller.eventlog.timetext import text_of, us_of
from controller.eventlog.views import LogReader
from tests.eventlog.support import START_US, ToldClock, open_log, record_passage, tick

MINUTE_US = 60_000_000


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


@pytest.fixture
def log(tmp_path: Path, clock: ToldClock) -> Iterator[EventLog]:
    opened = open_log(tmp_path / "gate.db", clock)
    yield opened
    opened.close()


@pytest.fixture
def reader(log: EventLog) -> Iterator[LogReader]:
    opened = LogReader(log.path)
    yield opened
    opened.close()


def record(
    log: EventLog, kind: EventType, /, *, lane: str | None = "a", passage: str | None = None, **body: Any
) -> str:
    event = Event(type=kind, actor=body.pop("actor", "box"), lane=lane, passage=passage, body=body)
    return log.record(tick(log.head.seq + 1), NOTHING, BoxState(), [event])[0].id


def test_the_reader_answers_every_question_of_the_booth_page(reader: LogReader) -> None:
    asked: LaneReads = reader
    assert asked.lane_views() == []


def test_a_passage_carries_what_its_events_told(log: EventLog, reader: LogReader) -> None:
    record_passage(log, "p1")
    record(log, EventType.PICTURE_TAKEN, passage="p1", sha256="ab" * 32, role="arrival")
    row = reader.passage("p1")
    assert row is not None
    told = {key: row[key] for key in ("lane", "side", "outcome", "plate", "verdict", "reason", "actor", "stay")}
    assert told == {
        "lane": "north-in",
        "side": "entry",
        "outcome": "completed",
        "plate": "粤B12345",
        "verdict": "grant",
        "reason": "valid",
        "actor": "rule:R6",
        "stay": "p1",
    }
    assert (row["picture"], row["first_seq"], row["last_seq"]) == ("ab" * 32, 1, 7)
    assert row["started_at"] < row["ended_at"]


def test_a_later_event_that_does_not_know_the_plate_leaves_it_as_it_was(log: EventLog, reader: LogReader) -> None:
    record_passage(log, "p1")
    record(log, EventType.PASSAGE_COMPLETED, passage="p1", plate="", vehicle=None)
    row = reader.passage("p1")
    assert row is not None
    assert (row["plate"], row["vehicle"]) == ("粤B12345", "v1")


def test_a_manual_opening_names_the_person_and_the_reason(log: EventLog, reader: LogReader) -> None:
    record(log, EventType.ACCESS_REFERRED, passage="p", plate="粤B12345", reason="near_miss", actor="rule:R5")
    record(log, EventType.MANUAL_OPENING, passage="p", reason="resident_known", actor="user:wang")
    row = reader.passage("p")
    assert row is not None
    assert (row["verdict"], row["reason"], row["actor"]) == ("grant", "resident_known", "user:wang")


@pytest.mark.parametrize("fragment", ["粤B123", "B1234", "粤b·123 45", "45", "5", "粤", "12345"])
def test_any_fragment_of_a_plate_finds_its_passages(log: EventLog, reader: LogReader, fragment: str) -> None:
    record_passage(log, "p1", plate="粤B12345")
    record_passage(log, "p2", plate="湘A88888")
    assert [row["id"] for row in reader.passages(plate=fragment)] == ["p1"]


def test_a_fragment_of_very_many_plates_finds_the_newest_first(log: EventLog, reader: LogReader) -> None:
    for number in range(80):
        record_passage(log, f"p{number}", plate=f"粤B{number:05}")
    assert [row["id"] for row in reader.passages(plate="粤B", limit=2)] == ["p79", "p78"]
    assert reader.passages(plate="京") == []


def test_passages_are_filtered_by_lane_outcome_and_time_and_paged_newest_first(
    log: EventLog, reader: LogReader, clock: ToldClock
) -> None:
    for number in range(6):
        clock.us = START_US + number * MINUTE_US
        record_passage(log, f"p{number}", lane="a" if number % 2 else "b")
    record(log, EventType.VEHICLE_ARRIVED, passage="under-way")
    assert [row["id"] for row in reader.passages(lane="a", outcome="completed")] == ["p5", "p3", "p1"]
    assert [row["id"] for row in reader.passages(outcome="open")] == ["under-way"]
    part = reader.passages(since=START_US + MINUTE_US, until=START_US + 3 * MINUTE_US)
    assert [row["id"] for row in part] == ["p2", "p1"]
    both = reader.passages(since=START_US + MINUTE_US, lane="a", plate="粤B", before=part[0]["first_seq"])
    assert [row["id"] for row in both] == ["p1"]
    first = reader.passages(limit=2, outcome="completed")
    second = reader.passages(limit=2, outcome="completed", before=first[-1]["first_seq"])
    assert [row["id"] for row in (*first, *second)] == ["p5", "p4", "p3", "p2"]


def test_a_passage_tells_all_its_events_and_what_was_known(log: EventLog, reader: LogReader) -> None:
    record_passage(log, "p1")
    events = reader.passage_events("p1")
    assert [event["type"] for event in events][:2] == ["VehicleArrived", "AccessGranted"]
    cause = reader.cause_of(2)
    assert cause is not None
    assert (cause["fact"]["type"], cause["fact"]["card"], cause["known"]) == ("CardRead", "26:123:45678", {})


def vehicle(plate: str = "粤B12345", group: str = "3-201") -> VehicleFile:
    return VehicleFile(id="v1", plate=plate, kind=PlateKind.SMALL, color=PlateColor.BLUE, unit="3-201", group=group)


def test_known_gets_the_open_stays_of_every_group_and_plate_concerned(log: EventLog, reader: LogReader) -> None:
    record(log, EventType.STAY_OPENED, stay="s1", group="3-201", plate="粤B12345", vehicle="v1")
    record(log, EventType.STAY_OPENED, stay="s2", group="3-202", plate="粤B99999", temporary=True)
    record(log, EventType.STAY_OPENED, stay="s3", group="9-901", plate="粤B77777")
    card = CardFile(id="c", card="26:1:1", state=RightState.ACTIVE, holder="h", group="3-202")

    known = reader.with_stays(replace(NOTHING, vehicle=vehicle(), card=card), Asked(plate="粤B12345"))
    assert [(stay.stay, stay.group, stay.temporary) for stay in known.stays] == [
        ("s1", "3-201", False),
        ("s2", "3-202", True),
    ]
    assert known.inside == 3
    assert (known.last_exit, known.order_seen) == (None, "")


def test_a_closed_stay_is_the_groups_last_exit_and_no_longer_inside(
    log: EventLog, reader: LogReader, clock: ToldClock
) -> None:

    record(log, EventType.STAY_OPENED, stay="s1", group="3-201", plate="粤B12345")
    record(log, EventType.STAY_CLOSED, stay="s1", group="3-201", passage="x", minutes=12, note="ok")
    known = reader.with_stays(replace(NOTHING, vehicle=vehicle()), Asked(plate="粤B12345"))
    assert (known.stays, known.inside) == ((), 0)
    assert known.last_exit is not None and known.last_entry is not None
    assert START_US < known.last_entry < known.last_exit <= clock.us
    row = reader.stay_of("x")
    assert row is not None
    assert (row["id"], row["minutes"]) == ("s1", 12)


def test_an_exit_without_an_entry_is_a_stay_of_its_own_that_was_never_inside(log: EventLog, reader: LogReader) -> None:
    record(log, EventType.STAY_CLOSED, passage="x", stay="x", plate="粤B12345", note="no_entry_record")
    assert reader.inside_count() == 0
    row = reader.stay_of("x")
    assert row is not None
    assert (row["entry_at"], row["note"]) == (None, "no_entry_record")


def test_closing_an_older_stay_at_an_entry_does_not_take_the_new_stays_place(log: EventLog, reader: LogReader) -> None:
    record(log, EventType.STAY_OPENED, passage="p1", stay="p1", group="g")
    record(log, EventType.STAY_CLOSED, passage="p2", stay="p1", group="g", note="entered_twice")
    record(log, EventType.STAY_OPENED, passage="p2", stay="p2", group="g")
    row = reader.passage("p2")
    assert row is not None and row["stay"] == "p2"
    assert [stay["id"] for stay in reader.inside()] == ["p2"]


def test_a_stay_elsewhere_counts_as_inside_until_the_centre_says_that_it_ended(
    log: EventLog, reader: LogReader
) -> None:
    told = {"stay": "r1", "group": "3-201", "plate": "粤B12345", "from_lane": "south-in", "since": START_US}
    record(log, EventType.REMOTE_STAY, lane=None, inside=True, version=4, **told)
    assert [row["entry_at"] for row in reader.inside()] == [text_of(START_US)]
    record(log, EventType.REMOTE_STAY, lane=None, inside=False, version=3, **told)
    assert reader.inside_count() == 1, "an older version never goes back"
    record(log, EventType.REMOTE_STAY, lane=None, inside=False, version=5, **told)
    assert reader.inside_count() == 0


def test_who_is_inside_is_found_by_plate_group_or_card(log: EventLog, reader: LogReader) -> None:
    record(log, EventType.STAY_OPENED, stay="s1", group="3-201", plate="粤B12345", card="26:1:1")
    record(log, EventType.STAY_OPENED, stay="s2", group="4-101", plate="湘A88888", card="26:1:2")
    for search, stay in (("b·123", "s1"), ("4-101", "s2"), ("26:1:2", "s2")):
        assert [row["id"] for row in reader.inside(search=search)] == [stay]
    assert [row["id"] for row in reader.inside(limit=1, offset=1)] == ["s1"]


def test_an_alarm_that_is_raised_twice_is_one_alarm_until_it_is_cleared(log: EventLog, reader: LogReader) -> None:
    for detail in ("first", "second"):
        record(log, EventType.ALARM_RAISED, alarm="forced:a", kind="forced", detail=detail)
    assert [(row["id"], row["detail"]) for row in reader.alarms()] == [("forced:a", "second")]
    record(log, EventType.ALARM_CLEARED, alarm="forced:a", kind="forced")
    assert reader.alarms() == []
    record(log, EventType.ALARM_RAISED, alarm="forced:a", kind="forced")
    assert [row["cleared_seq"] for row in reader.alarms(open_only=False)] == [None, 3]


def test_open_alarms_are_all_counted_and_those_not_seen_come_first(log: EventLog, reader: LogReader) -> None:
    for number in range(1, 5):
        record(log, EventType.ALARM_RAISED, alarm=f"forced:{number}", kind="forced")
    record(log, EventType.ALARM_CLEARED, alarm="forced:2", kind="forced")
    seen = [("forced:4", 4), ("forced:3", 99)]
    assert [row["id"] for row in reader.open_alarms(seen)] == ["forced:3", "forced:1", "forced:4"]
    assert [row["id"] for row in reader.open_alarms(seen, limit=1)] == ["forced:3"]
    assert (reader.count_open_alarms(seen), reader.count_open_alarms([])) == ((3, 2), (3, 3))
    assert [(row or {}).get("id") for row in map(reader.alarm, (2, 9))] == ["forced:2", None]


def test_a_device_shows_its_last_condition(log: EventLog, reader: LogReader) -> None:
    record(log, EventType.DEVICE_LOST, device="r1", device_kind="reader", condition="lost", detail="no answer")
    record(log, EventType.DEVICE_BACK, device="r1")
    assert [(row["kind"], row["condition"], row["detail"]) for row in reader.devices()] == [("reader", "online", None)]


def test_an_order_counts_as_seen_with_its_first_result(log: EventLog, reader: LogReader) -> None:
    record(log, EventType.ORDER_DONE, actor="centre:office", order_id="o1", order="open", reason="")
    record(log, EventType.ORDER_REFUSED, actor="centre:office", order_id="o1", order="open", reason="expired")
    assert reader.with_stays(NOTHING, Asked(order_id="o1")).order_seen == "done"
    assert [row["id"] for row in reader.unpublished_orders()] == ["o1"]
    assert [row["result"] for row in reader.order_results(since=START_US)] == ["done"]
    assert reader.order_results(since=START_US + MINUTE_US) == []
    log.mark_published("o1")
    assert reader.unpublished_orders() == []


def test_a_guard_s_refused_order_is_told_to_the_booth_and_not_to_the_centre(log: EventLog, reader: LogReader) -> None:
    record(log, EventType.ORDER_REFUSED, actor="user:wang", order_id="o2", order="open", reason="not_clear")
    row = reader.order_result("o2")
    assert row is not None and row["result"] == "refused"
    assert reader.order_results(since=START_US) == []


def test_a_forged_order_does_not_stand_in_the_way_of_the_true_one(log: EventLog, reader: LogReader) -> None:
    record(log, EventType.ORDER_REFUSED, order_id="o1", order="open", reason="bad_signature")
    assert reader.with_stays(NOTHING, Asked(order_id="o1")).order_seen == ""
    record(log, EventType.ORDER_DONE, order_id="o1", order="open")
    row = reader.order_result("o1")
    assert row is not None and row["result"] == "done"


def test_a_change_of_the_registry_is_an_overlay_until_the_centre_has_absorbed_it(
    log: EventLog, reader: LogReader
) -> None:
    change = {"change": "lost", "table": "cards", "row_id": "c1", "row": '{"id":"c1","state":"lost"}'}
    event = record(log, EventType.REGISTRY_CHANGED, lane=None, **change)
    assert [(row["event_id"], row["row"]["state"]) for row in reader.overlay()] == [(event, "lost")]
    record(log, EventType.REGISTRY_MOVED, lane=None, version=8, hash="", absorbed=["other"])
    assert len(reader.overlay()) == 1
    record(log, EventType.REGISTRY_MOVED, lane=None, version=9, hash="", absorbed=[event])
    assert reader.overlay() == []


def test_the_outbox_gives_events_in_order_until_they_are_acknowledged(log: EventLog, reader: LogReader) -> None:
    record_passage(log, "p1")
    events = reader.events_after(2, 3)
    assert [event.seq for event in events] == [3, 4, 5]
    assert (reader.outbox_depth(), reader.acked(), reader.epoch()) == (6, 0, 1)
    log.mark_acked(4, events[1].hash)
    assert (reader.outbox_depth(), reader.acked()) == (2, 4)
    assert reader.oldest_unacked_at() == events[2].at
    log.mark_acked(6, log.head.hash)
    assert (reader.outbox_depth(), reader.oldest_unacked_at()) == (0, None)


def test_the_mark_moves_with_every_commit_that_the_page_could_show(log: EventLog, reader: LogReader) -> None:
    marks = [reader.mark()]
    log.record(tick(1), NOTHING, BoxState(lanes={"a": LaneState(lane="a")}), [])
    marks.append(reader.mark())
    record_passage(log, "p1")
    marks.append(reader.mark())
    log.mark_acked(6, log.head.hash)
    marks.append(reader.mark())
    assert marks == sorted(set(marks))


def test_the_days_figures_and_the_flow_per_hour_count_passages(
    log: EventLog, reader: LogReader, clock: ToldClock
) -> None:
    for number in range(3):
        clock.us = START_US + number * 40 * MINUTE_US
        record_passage(log, f"p{number}")
    told = {"since": START_US, "until": START_US + 180 * MINUTE_US}
    assert [(row["outcome"], row["manual"], row["count"]) for row in reader.outcomes(**told)] == [("completed", 0, 3)]
    flow = reader.flow(**told)
    assert sum(row["count"] for row in flow) == 3
    assert all(row["hour"] % 3600 == 0 for row in flow)
    assert reader.outcomes(since=0, until=START_US) == []


def test_a_time_goes_to_text_and_back() -> None:
    for us in (0, START_US, START_US + 1, 253_402_300_799_999_999):
        assert us_of(text_of(us)) == us
    assert text_of(START_US) == "2026-05-28T20:26:40.000000Z"


def test_the_end_of_a_passage_finds_the_stay_by_vehicle_by_plate_as_read_and_by_card(
    log: EventLog, reader: LogReader
) -> None:
    record(log, EventType.STAY_OPENED, stay="s1", group="3-201", plate="粤B12345", vehicle="v1", card="26:1:1")
    for asked in (Asked(vehicle="v1"), Asked(stay_plate="粤B12345"), Asked(card="26:1:1"), Asked(group="3-201")):
        assert [stay.card for stay in reader.with_stays(NOTHING, asked).stays] == ["26:1:1"]
    assert reader.with_stays(NOTHING, Asked()) == NOTHING


def test_somebody_on_foot_is_found_but_takes_no_space(log: EventLog, reader: LogReader) -> None:
    record(log, EventType.STAY_OPENED, stay="s1", group="person:26:1:1", card="26:1:1")
    known = reader.with_stays(NOTHING, Asked(group="person:26:1:1"))
    assert ([stay.stay for stay in known.stays], known.inside) == (["s1"], 0)
    assert (reader.inside_count(), reader.inside()) == (0, [])
