"""One decision is on disk as a whole: events, outbox, causes, read models, states."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.domain.canonical import NotCanonical
from controller.domain.events import Event, EventType
from controller.domain.facts import GuardOrder
from controller.domain.known import NOTHING
from controller.domain.personal import digest_of, personal_text
from controller.domain.state import BoxState, LaneState
from controller.domain.terms import Order, Role
from controller.eventlog.errors import LogBusyError, LogError, NewerLogError, NotALogError
from controller.eventlog.log import EventLog
from controller.eventlog.views import LogReader
from tests.eventlog.support import START_US, ToldClock, open_log, passage_events, record_passage, tick


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gate.db"


@pytest.fixture
def log(path: Path) -> Iterator[EventLog]:
    opened = open_log(path)
    yield opened
    opened.close()


@pytest.fixture
def reader(path: Path, log: EventLog) -> Iterator[LogReader]:
    opened = LogReader(path)
    yield opened
    opened.close()


def column(path: Path, sql: str) -> list[object]:
    connection = sqlite3.connect(path)
    try:
        return [row[0] for row in connection.execute(sql)]
    finally:
        connection.close()


def test_events_are_numbered_without_gaps_and_each_names_the_hash_before_it(path: Path, log: EventLog) -> None:
    for number in range(3):
        record_passage(log, f"p{number}")
    assert column(path, "SELECT seq FROM events ORDER BY seq") == list(range(1, 19))
    hashes = column(path, "SELECT hash FROM events ORDER BY seq")
    assert column(path, "SELECT prev FROM events ORDER BY seq") == ["0" * 64, *hashes[:-1]]


def test_every_event_has_its_outbox_row_and_every_fact_its_cause(path: Path, log: EventLog) -> None:
    record_passage(log, "p1")
    log.record(tick(9), NOTHING, BoxState(), [])
    assert column(path, "SELECT seq FROM outbox WHERE acked = 0") == [1, 2, 3, 4, 5, 6]
    assert column(path, "SELECT first_seq FROM causes") == [1, 4, 5, 7]
    assert column(path, "SELECT last_seq FROM causes") == [3, 4, 6, 6]


def test_the_database_is_in_wal_mode_and_every_commit_is_synced(path: Path, log: EventLog) -> None:
    with log.writing() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_body_with_a_float_is_refused_before_anything_is_written(path: Path, log: EventLog) -> None:
    events = [Event(type=EventType.CLOCK_CHANGED, actor="box", body={"step_us": 1.5})]
    with pytest.raises(NotCanonical):
        log.record(tick(1), NOTHING, BoxState(), events)
    assert column(path, "SELECT count(*) FROM causes") == [0]
    record_passage(log, "p1")
    assert log.head.seq == 6


def test_a_restart_gives_back_the_state_the_head_and_the_acknowledgement(path: Path, log: EventLog) -> None:
    record_passage(log, "p1")
    state = BoxState(lanes={"north-in": LaneState(lane="north-in"), "north-out": LaneState(lane="north-out")})
    log.record(tick(7), NOTHING, state, [])
    assert log.mark_acked(2, str(column(path, "SELECT hash FROM events WHERE seq = 2")[0])) is None
    before = log.health()
    log.close()
    again = open_log(path)
    assert (again.load_state(), again.health()) == (state, before)
    record_passage(again, "p2")
    assert again.head.seq == 12
    again.close()


def test_a_lane_that_left_the_configuration_leaves_the_views(log: EventLog, reader: LogReader) -> None:
    log.record(tick(1), NOTHING, BoxState(lanes={"a": LaneState(lane="a"), "b": LaneState(lane="b")}), [])
    log.record(tick(2), NOTHING, BoxState(lanes={"b": LaneState(lane="b")}), [])
    assert [row["lane"] for row in reader.lane_views()] == ["b"]


def test_an_acknowledgement_with_another_head_clears_nothing_and_says_why(path: Path, log: EventLog) -> None:
    record_passage(log, "p1")
    for upto, head in ((3, "f" * 64), (7, log.head.hash)):
        assert "head_mismatch" in str(log.mark_acked(upto, head))
    assert column(path, "SELECT count(*) FROM outbox WHERE acked = 0") == [6]


def test_an_acknowledgement_is_cumulative_and_an_older_one_changes_nothing(path: Path, log: EventLog) -> None:
    record_passage(log, "p1")
    hashes = [str(each) for each in column(path, "SELECT hash FROM events ORDER BY seq")]
    assert log.mark_acked(5, hashes[4]) is None
    assert log.mark_acked(2, hashes[1]) is None
    assert column(path, "SELECT seq FROM outbox WHERE acked = 0") == [6]
    assert log.health().unacked == 1


def test_a_personal_text_stands_in_the_log_as_a_digest_and_can_be_erased(
    path: Path, log: EventLog, reader: LogReader
) -> None:
    remark = personal_text("张三的客人", "00ff" * 8)
    fact = GuardOrder(
        id="o1", at=START_US, lane="a", user="wang", role=Role.GUARD, order=Order.OPEN, reason="visitor", remark=remark
    )
    body = {"order": "open", "reason": "visitor", "remark": remark.digest}
    log.record(fact, NOTHING, BoxState(), [Event(type=EventType.MANUAL_OPENING, actor="user:wang", body=body)])
    assert "张三" not in "".join(map(str, column(path, "SELECT fact FROM causes UNION SELECT body FROM events")))
    assert reader.text_of_digest(digest_of("张三的客人", "00ff" * 8)) == "张三的客人"
    head = log.head
    assert log.erase_text(remark.digest)
    assert reader.text_of_digest(remark.digest) is None
    assert not log.erase_text(remark.digest)
    log.close()
    assert "张三".encode() not in path.read_bytes()
    again = open_log(path)
    assert again.head == head
    again.close()


def test_two_writers_of_one_log_are_refused(path: Path, log: EventLog) -> None:
    with pytest.raises(LogBusyError, match="another process"):
        open_log(path)


def test_a_database_of_a_newer_program_is_refused_and_left_alone(path: Path, log: EventLog) -> None:
    with log.writing() as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('gatehouse.gate', '9999_x', '')"
        )
    log.close()
    for attempt in (open_log, LogReader(path).lane_views):
        with pytest.raises(NewerLogError, match="9999_x"):
            attempt(path) if attempt is open_log else attempt()  # type: ignore[operator]


@pytest.mark.parametrize("content", [b"", b"hello, I am no database at all"])
def test_a_file_that_is_no_log_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.db"
    path.write_bytes(content)
    with pytest.raises(NotALogError) as told:
        LogReader(path).lane_views()
    assert "\n" not in str(told.value)


def test_a_foreign_database_is_neither_read_nor_changed(tmp_path: Path) -> None:
    path = tmp_path / "foreign.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (id)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(NotALogError):
        LogReader(path).lane_views()
    with pytest.raises(LogError):
        open_log(path)
    assert path.read_bytes() == before


def test_the_id_of_every_event_is_a_uuid_of_version_7_and_greater_than_the_one_before(path: Path) -> None:
    clock = ToldClock()
    log = open_log(path, clock)
    record_passage(log, "p1")
    clock.us -= 3_600_000_000  # the clock goes back an hour
    record_passage(log, "p2")
    log.close()
    ids = [str(each) for each in column(path, "SELECT id FROM events ORDER BY seq")]
    assert ids == sorted(set(ids))
    assert {each[14] for each in ids} == {"7"}


def test_the_recorded_events_are_what_the_log_holds(path: Path, log: EventLog) -> None:
    fact, events = passage_events("p1")[0]
    recorded = log.record(fact, NOTHING, BoxState(), events)
    assert [each.type for each in recorded] == ["VehicleArrived", "AccessGranted", "BarrierOrdered"]
    assert [each.hash for each in recorded] == column(path, "SELECT hash FROM events ORDER BY seq")
