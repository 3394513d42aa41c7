"""Deciding everything again from the log alone gives the same events and the same state, byte for byte."""

import json
import sqlite3
from pathlib import Path

import pytest

from controller.domain.decide import Decision
from controller.domain.facts import Fact, RulesLoaded
from controller.domain.state import BoxState
from controller.domain.terms import LaneMode, Order, Role
from controller.eventlog.archive import close_segment, sweep, write_archive
from controller.eventlog.backup import back_up, open_or_recover, restore
from controller.eventlog.errors import NotALogError
from controller.eventlog.log import EventLog
from controller.eventlog.rebuild import TABLES, rebuild
from controller.eventlog.replay import replay
from controller.eventlog.verify import verify
from tests.domain.world import OFF, ON, World
from tests.eventlog.support import START_US, ToldClock, open_log


class RecordedWorld(World):
    """A box driven by hand whose every decision goes into a real log."""

    def __init__(self, log: EventLog) -> None:
        super().__init__()
        self.event_log = log
        self.known_car = self.registry.add_vehicle("粤B12345")
        self.registry.add_card("26:1:2", "粤B12345")
        self.give(RulesLoaded(**self.stamp(), rules=self.rules))
        self.start()
        self.scan()

    def give(self, fact: Fact) -> Decision:
        decision = super().give(fact)
        _, known, events = self.causes[-1]
        self.event_log.record(fact, known, self.state, events)
        return decision

    def car(self) -> None:
        self.scan(arming=ON)
        self.card()
        self.scan(limit_up=ON, limit_down=OFF)
        self.scan(closing=ON)
        self.scan(arming=OFF)
        self.scan(closing=OFF)
        self.wait(1_000)
        self.scan(limit_up=OFF, limit_down=ON)

    def afternoon(self) -> None:
        self.car()
        self.car()
        self.card("26:9:9")
        self.plate("粤B99999", margin=100)
        self.guard(Order.OPEN, reason="resident_known")
        self.guard(Order.LOCK, role=Role.LEADER, reason="works")
        self.scan(arming=ON)
        self.card()
        self.guard(Order.UNLOCK, role=Role.LEADER, reason="works")
        self.centre("open")
        self.scan(fire=ON)
        self.wait(60_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "gate.db"
    log = open_log(found)
    RecordedWorld(log).afternoon()
    log.close()
    return found


def alter(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    assert connection.execute(statement).rowcount > 0, "nothing was changed"
    connection.commit()
    connection.close()


def test_a_log_decides_again_to_the_same_events_and_the_same_state(path: Path) -> None:
    found = replay(path)
    assert found.difference is None
    assert found.causes > 30 and found.events == verify(path).events > 30


def test_the_state_that_a_restart_loads_is_the_state_that_a_replay_ends_in(path: Path) -> None:
    log = open_log(path)
    state = log.load_state()
    log.close()
    assert state is not None and state.lanes["n"].mode is LaneMode.FIRE


def test_a_restart_in_the_middle_of_a_passage_replays_too(tmp_path: Path) -> None:
    path = tmp_path / "gate.db"
    log = open_log(path)
    world = RecordedWorld(log)
    world.scan(arming=ON)
    world.card()
    log.close()
    world.event_log = open_log(path)
    loaded = world.event_log.load_state()
    assert isinstance(loaded, BoxState) and loaded == world.state
    world.give(RulesLoaded(**world.stamp(), rules=world.rules))
    world.start()
    world.car()
    world.event_log.close()
    assert replay(path).difference is None


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE events SET body = replace(body, '\"pass_valid\"', '\"lease_valid\"')", "an event differs"),
        ("DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)", "an event is new"),
        ("UPDATE causes SET known = '{}' WHERE known LIKE '%粤B12345%' AND fact LIKE '%CardRead%'", "an event differs"),
        (
            'UPDATE lane_states SET state = replace(state, \'"mode":"fire"\', \'"mode":"locked"\')',
            "the state of lane n differs",
        ),
    ],
)
def test_what_was_changed_behind_the_logs_back_is_the_first_difference(path: Path, statement: str, what: str) -> None:
    alter(path, statement)
    difference = replay(path).difference
    assert difference is not None and what in difference.what
    assert difference.recorded != difference.decided


def test_a_log_of_facts_that_this_program_does_not_know_is_refused_in_one_line(path: Path) -> None:
    alter(path, 'UPDATE causes SET fact = \'{"type":"Weather"}\' WHERE id = 5')
    with pytest.raises(Exception, match="cannot be read by this program"):
        replay(path)


def test_read_models_made_again_from_the_events_are_the_same_rows(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    before = {table: connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in TABLES}
    count = rebuild(connection)
    after = {table: connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in TABLES}
    connection.close()
    assert after == before
    assert count == verify(path).events and len(before["passages"]) >= 3 and before["stays"]


def acked(log: EventLog) -> EventLog:
    assert log.mark_acked(log.head.seq, log.head.hash) is None
    return log


def test_old_events_move_to_an_archive_and_the_log_verifies_and_replays_across_it(path: Path) -> None:
    log = acked(open_log(path))
    last = log.head.seq
    segment = write_archive(path, before_us=START_US + 10**12, most_events=20, least_events=5)
    assert segment is not None and 5 <= segment.last_seq <= 20
    close_segment(log, segment)
    assert verify(path).fault is None, "moved, not yet swept"
    assert replay(path).difference is None
    sweeps = 0
    while sweep(log, slice_rows=7):
        sweeps += 1
    assert sweeps >= 2
    found = verify(path)
    assert (found.fault, found.first_seq, found.head.seq, found.notes) == (None, segment.last_seq + 1, last, ())
    archive = path.parent / segment.file
    assert archive.name == f"gate-1-{segment.last_seq}.db"
    assert verify(archive).fault is None
    assert replay(path).difference is None
    second = write_archive(path, before_us=START_US + 10**12, most_events=20, least_events=5)
    assert second is not None and second.first_seq == segment.last_seq + 1
    close_segment(log, second)
    log.close()
    again = open_log(path)
    assert again.head.seq == last
    again.close()
    assert verify(path).fault is None and replay(path).difference is None


def test_an_archive_that_was_changed_or_is_gone_shows(path: Path) -> None:
    log = acked(open_log(path))
    segment = write_archive(path, before_us=START_US + 10**12, most_events=20, least_events=5)
    assert segment is not None
    close_segment(log, segment)
    log.close()
    archive = path.parent / segment.file
    alter(archive, "UPDATE events SET actor = 'user:li' WHERE seq = 3")
    for each in (path, archive):
        fault = verify(each).fault
        assert fault is not None and fault.seq == 3
    archive.unlink()
    found = verify(path)
    assert found.fault is None and segment.file in found.notes[0]
    with pytest.raises(NotALogError, match="is not in"):
        replay(path)


def test_what_is_young_or_not_acknowledged_stays_in_the_log(path: Path) -> None:
    assert write_archive(path, before_us=START_US + 10**12, least_events=1) is None, "nothing is acknowledged"
    log = acked(open_log(path))
    log.close()
    assert write_archive(path, before_us=START_US, least_events=1) is None, "nothing is old"
    assert write_archive(path, before_us=START_US + 10**12) is None, "too little for a file of its own"


def test_an_archive_killed_half_way_is_written_again_and_closed_once(path: Path) -> None:
    log = acked(open_log(path))
    (path.parent / "archive").mkdir()
    first = write_archive(path, before_us=START_US + 10**12, least_events=1)
    assert first is not None
    (path.parent / (first.file + ".partial")).write_bytes(b"half")
    second = write_archive(path, before_us=START_US + 10**12, least_events=1)
    assert second == first
    for _ in range(2):
        close_segment(log, first)
    log.close()
    assert verify(path).fault is None


def test_lane_states_lost_with_the_file_are_decided_anew_from_the_backup_on(tmp_path: Path) -> None:
    path = tmp_path / "gate.db"
    log = open_log(path)
    world = RecordedWorld(log)
    world.car()
    back_up(path, tmp_path / "backup.db")
    world.afternoon()
    log.close()
    alter(path, "UPDATE lane_states SET state = 'x'")
    done = restore(path, tmp_path / "backup.db", at_us=START_US)
    assert done.salvaged > 10
    opened, _ = open_or_recover(path, clock=ToldClock(), backups=tmp_path / "none")
    assert opened.load_state() == world.state
    opened.close()
    assert replay(path).difference is None


def test_a_cause_tells_how_long_the_fact_had_waited_and_what_was_known(path: Path) -> None:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT known FROM causes WHERE fact LIKE '%CardRead%' ORDER BY id LIMIT 1").fetchall()
    connection.close()
    assert json.loads(rows[0][0])["card"]["card"] == "26:1:2"


def test_a_state_of_another_program_is_learnt_anew_and_the_log_goes_on(path: Path) -> None:
    alter(path, 'UPDATE lane_states SET state = \'{"lane":"n","weather":"rain"}\'')
    log, restored = open_or_recover(path, clock=ToldClock(), backups=path.parent / "none")
    assert (restored, log.load_state()) == (None, None)
    assert "weather" in log.state_fault
    log.close()
    difference = replay(path).difference
    assert difference is not None and "another program" in difference.recorded
