"""A disk that is full or fails: no false "saved", nothing lost that was saved, and it goes on by itself (F3, F4)."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.domain.known import NOTHING
from controller.domain.state import BoxState, LaneState
from controller.eventlog.backup import back_up
from controller.eventlog.verify import verify
from controller.eventlog.views import LogReader
from controller.ports import LogUnwritable
from tests.eventlog.support import open_log, passage_events, record_passage
from tests.eventlog.tracer import TracedWriter

STATE = BoxState(lanes={"north-in": LaneState(lane="north-in")})


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB with a ballast file to give back."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mount.returncode != 0:
        pytest.fail(f"a tmpfs of 1 MB could not be mounted; root (CAP_SYS_ADMIN) is needed: {mount.stderr.strip()}")
    try:
        (folder / "ballast").write_bytes(bytes(256 * 1024))
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_on_a_full_disk_nothing_is_called_saved_and_the_log_goes_on_once_there_is_room(small_disk: Path) -> None:
    log = open_log(small_disk / "gate.db")
    facts = iter([each for number in range(900) for each in passage_events(f"p{number}", plate=f"粤B{number:05}")])
    saved: list[tuple[int, str]] = []
    refused = 0
    fact, events = next(facts)
    while refused < 3:  # three in a row: the first refusal makes room by emptying the WAL
        try:
            recorded = log.record(fact, NOTHING, STATE, events)
        except LogUnwritable as error:
            assert "nothing was saved" in str(error)
            refused += 1
            continue
        saved.append((recorded[-1].seq, recorded[-1].hash))
        fact, events = next(facts)
        refused = 0
    assert len(saved) > 5
    assert not log.health().writable and "full" in log.health().error
    reader = LogReader(log.path)
    assert reader.head() == saved[-1], "readers still see what was saved, and no more"
    reader.close()

    (small_disk / "ballast").unlink()
    recorded = log.record(fact, NOTHING, STATE, events)
    assert recorded[0].seq == saved[-1][0] + 1
    assert log.health().writable
    log.close()
    found = verify(small_disk / "gate.db")
    assert (found.fault, found.head.seq) == (None, recorded[-1].seq)


def test_a_full_disk_at_the_start_is_told_and_leaves_the_log_whole(small_disk: Path) -> None:
    path = small_disk / "gate.db"
    log = open_log(path)
    for fact, events in passage_events("p1"):
        log.record(fact, NOTHING, STATE, events)
    log.close()
    with (small_disk / "more").open("wb", buffering=0) as more:
        try:
            while True:
                more.write(bytes(4096))
        except OSError:
            pass
    with pytest.raises(LogUnwritable):
        opened = open_log(path)
        try:
            for number in range(100):
                for fact, events in passage_events(f"q{number}"):
                    opened.record(fact, NOTHING, STATE, events)
        finally:
            opened.close()
    (small_disk / "more").unlink()
    assert verify(path).fault is None


@pytest.fixture(scope="module")
def writer() -> Iterator[TracedWriter]:
    opened = TracedWriter()
    yield opened
    opened.close()


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
@pytest.mark.parametrize("call", ["fdatasync", "pwrite64"])
@pytest.mark.parametrize("when", ["2+", "3", "5+"])
def test_whatever_call_fails_only_what_is_on_disk_was_called_saved(
    tmp_path: Path, writer: TracedWriter, call: str, error: str, when: str
) -> None:
    empty = tmp_path / "gate.db"
    open_log(empty).close()
    path = tmp_path / "tried" / "gate.db"
    path.parent.mkdir()
    shutil.copy(empty, path)
    run = writer.run(path, f"{call}:error={error}:when={when}")
    assert not [line for line in run.notes if line.startswith("error")], run.notes
    assert [line for line in run.notes if line.startswith("refused")], "the fault was never met"
    log = open_log(path)
    log.close()
    found = verify(path)
    assert found.fault is None
    reader = LogReader(path)
    hashes = {event.seq: event.hash for event in reader.events_after(0, 100)}
    reader.close()
    for seq, hash_ in run.acks:
        assert hashes.get(seq) == hash_


def test_a_commit_whose_sync_failed_but_reached_the_disk_is_not_recorded_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lane loop tries the same fact again after a failure; found on disk at the reopening, it is that record."""
    log = open_log(tmp_path / "gate.db")
    (fact, events), *_ = passage_events("p1")
    connection = log._connection

    class CommitsThenFails:
        def __getattr__(self, name: str) -> object:
            return getattr(connection, name)

        def execute(self, statement: str, *values: object) -> object:
            assert connection is not None
            done = connection.execute(statement, *values)
            if statement == "COMMIT":
                raise sqlite3.OperationalError("disk I/O error")
            return done

    monkeypatch.setattr(log, "_connection", CommitsThenFails())
    with pytest.raises(LogUnwritable):
        log.record(fact, NOTHING, STATE, events)
    assert connection is not None
    recorded = log.record(fact, NOTHING, STATE, events)
    assert [event.seq for event in recorded] == [1, 2, 3]
    for fact, events in passage_events("p1")[1:]:
        log.record(fact, NOTHING, STATE, events)
    log.close()
    found = verify(tmp_path / "gate.db")
    assert (found.fault, found.head.seq) == (None, 6)


def test_a_log_that_came_back_shorter_than_it_was_saved_is_never_written_on(tmp_path: Path) -> None:
    path, short = tmp_path / "gate.db", tmp_path / "short.db"
    log = open_log(path)
    record_passage(log, "p1")
    back_up(path, short)
    record_passage(log, "p2")
    log._drop(sqlite3.OperationalError("disk I/O error"))
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copy(short, path)
    fact, events = passage_events("p3")[0]
    for _ in range(3):
        with pytest.raises(LogUnwritable, match="ends in event 6, event 12 was saved last"):
            log.record(fact, NOTHING, STATE, events)
        assert (log.head.seq, log.health().writable) == (12, False)
    log.close()
    assert verify(path).head.seq == 6


def test_another_program_that_looks_into_the_log_and_goes_takes_nothing_from_the_writer(tmp_path: Path) -> None:
    log = open_log(tmp_path / "gate.db")
    first, second = passage_events("p1")[:2]
    log.record(first[0], NOTHING, STATE, first[1])
    reader = LogReader(log.path)
    assert reader.head()[0] == log.head.seq, "a reader of ours may not give up the writer's locks by what it does"
    assert last_seen_from_outside(log.path) == log.head.seq  # whoever closes a log last folds its WAL and removes it
    log.record(second[0], NOTHING, STATE, second[1])
    assert last_seen_from_outside(log.path) == log.head.seq, "what was called saved is in the file that others open"
    reader.close()
    log.close()


def last_seen_from_outside(path: Path) -> int:
    """The last number of a log as a program of somebody else reads it, with a connection that could write too."""
    program = (
        f"import sqlite3; c = sqlite3.connect({str(path)!r});"
        " print(c.execute('SELECT max(seq) FROM events').fetchone()[0]); c.close()"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return int(done.stdout)
