"""A damaged log is put aside, the last good backup comes back, and what can be saved is saved (F5)."""

import random
import sqlite3
from pathlib import Path

import pytest

from controller.domain.known import NOTHING
from controller.domain.state import BoxState, LaneState
from controller.eventlog.backup import (
    Restored,
    back_up,
    back_up_into,
    backups_in,
    finish_restore,
    open_or_recover,
    restore,
)
from controller.eventlog.chain_check import Link
from controller.eventlog.errors import DamagedLogError, LogBusyError, LogError
from controller.eventlog.log import EventLog
from controller.eventlog.verify import verify
from controller.eventlog.views import LogReader
from tests.eventlog.support import START_US, ToldClock, open_log, record_passage, tick

DAY_US = 24 * 3600 * 1_000_000
STATE = BoxState(lanes={"north-in": LaneState(lane="north-in")})


def start(path: Path) -> tuple[EventLog, Restored | None]:
    return open_or_recover(path, clock=ToldClock(START_US + 10**9), backups=path.parent / "backups")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log of 40 passages with a backup made after 30 of them."""
    found = tmp_path / "gate.db"
    log = open_log(found)
    for number in range(40):
        if number == 30:
            back_up_into(found, tmp_path / "backups", at_us=START_US)
        record_passage(log, f"p{number}", plate=f"粤B{number:05}")
    log.record(tick(99), NOTHING, STATE, [])
    log.close()
    return found


def test_a_backup_is_one_whole_file_made_while_the_daemon_writes(tmp_path: Path) -> None:
    log = open_log(tmp_path / "gate.db")
    record_passage(log, "p1")
    head = back_up(log.path, tmp_path / "copy.db")
    record_passage(log, "p2")
    log.close()
    assert head == Link(6, verify(tmp_path / "copy.db").head.hash)
    assert {file.name for file in tmp_path.glob("copy*")} == {"copy.db"}


def days_in(folder: Path) -> list[str]:
    return [file.name.removeprefix("gate-")[:10] for file in backups_in(folder)]


def test_only_the_newest_backups_are_kept(path: Path) -> None:
    folder = path.parent / "backups"
    for number in range(5):
        back_up_into(path, folder, at_us=START_US + number * DAY_US, keep=3)
    assert days_in(folder) == ["2026-06-01", "2026-05-31", "2026-05-30"]


def test_however_often_a_box_starts_anew_a_day_has_one_backup_and_the_week_stays(path: Path) -> None:
    folder = path.parent / "backups"
    for number in range(7):
        back_up_into(path, folder, at_us=START_US + number * DAY_US)
    for number in range(7):
        made = back_up_into(path, folder, at_us=START_US + 6 * DAY_US + number * 90_000_000)
    assert days_in(folder) == [f"2026-06-0{number}" for number in (3, 2, 1)] + [
        f"2026-05-{number}" for number in (31, 30, 29, 28)
    ]
    assert backups_in(folder)[0] == made


def test_after_a_clock_that_was_wrong_the_newest_backup_is_the_one_that_holds_most(path: Path) -> None:
    folder = path.parent / "backups"
    for number in range(7):
        ahead = back_up_into(path, folder, at_us=START_US + (3650 + number) * DAY_US)
    again = back_up_into(path, folder, at_us=START_US + DAY_US)
    assert (again.exists(), ahead.exists(), len(backups_in(folder))) == (True, True, 7)
    log = open_log(path)
    record_passage(log, "after")
    log.close()
    made = back_up_into(path, folder, at_us=START_US + 2 * DAY_US)
    assert backups_in(folder)[0] == made
    restore(path, made, at_us=START_US)
    restored = back_up_into(path, folder, at_us=START_US)
    assert backups_in(folder)[:2] == [restored, made]


def test_what_a_power_cut_left_of_a_backup_goes_with_the_next_one(path: Path) -> None:
    folder = path.parent / "backups"
    for name in ("gate-2026-05-01T000000-000000Z.db.partial", "gate-2026-05-01T000000-000000Z.db.partial-journal"):
        (folder / name).write_bytes(b"half")
    (folder / "notes.partial").write_bytes(b"somebody's")
    made = back_up_into(path, folder, at_us=START_US)
    assert {file.name for file in folder.iterdir()} == {made.name, "notes.partial"}


def test_a_whole_log_is_opened_as_it_is(path: Path) -> None:
    log, restored = start(path)
    assert (restored, log.head.seq, log.epoch, log.load_state()) == (None, 240, 1, STATE)
    log.close()


def corrupt(path: Path, *, tail: bool) -> None:
    """Change one character of an event's actor, as a bit flip would, behind the back of SQLite."""
    connection = sqlite3.connect(path)
    wanted = "SELECT hash FROM events ORDER BY seq DESC LIMIT 1" if tail else "SELECT hash FROM events WHERE seq = 5"
    (hash_,) = connection.execute(wanted).fetchone()
    connection.close()
    content = bytearray(path.read_bytes())
    place = content.index(hash_.encode())
    content[place] ^= 1
    path.write_bytes(content)


def test_a_flipped_bit_at_the_end_is_found_at_the_start_and_what_is_whole_comes_back(path: Path) -> None:
    corrupt(path, tail=True)
    log, restored = start(path)
    assert restored is not None and "240" in restored.why
    assert (log.epoch, restored.salvaged, log.head.seq) == (2, 58, 238)
    assert restored.quarantined is not None and restored.quarantined.exists()
    record_passage(log, "after")
    log.close()
    assert verify(path).fault is None
    reader = LogReader(path)
    assert [row["id"] for row in reader.passages(limit=2)] == ["after", "p39"]
    reader.close()


def test_a_truncated_file_is_found_and_restored(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    log, restored = start(path)
    assert restored is not None and log.head.seq >= 180
    log.close()
    assert verify(path).fault is None


def test_a_zeroed_page_is_found_and_restored(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 : 2 * 4096] = bytes(4096)
    path.write_bytes(content)
    log, restored = start(path)
    assert restored is not None and log.head.seq >= 180
    log.close()
    assert verify(path).fault is None


def test_a_log_that_the_wal_of_another_one_replaced_is_found_by_its_backup(path: Path, tmp_path: Path) -> None:
    other = open_log(tmp_path / "other.db")
    for number in range(5):
        record_passage(other, f"x{number}")
    (tmp_path / "gate.db-wal").write_bytes((tmp_path / "other.db-wal").read_bytes())
    other.close()
    log, restored = start(path)
    assert restored is not None and "lacks event 180" in restored.why
    assert log.head.seq == 180
    log.close()
    assert verify(path).fault is None


def test_without_a_backup_everything_readable_is_taken_over_from_the_first_event_on(path: Path) -> None:
    for backup in backups_in(path.parent / "backups"):
        backup.unlink()
    corrupt(path, tail=True)
    log, restored = start(path)
    assert restored is not None
    assert (restored.backup, restored.salvaged, log.head.seq) == (None, 238, 238)
    log.close()


def test_a_damaged_backup_is_passed_over_for_the_one_before(path: Path) -> None:
    newer = back_up_into(path, path.parent / "backups", at_us=START_US + DAY_US)
    corrupt(newer, tail=False)
    corrupt(path, tail=True)
    log, restored = start(path)
    assert restored is not None and restored.backup is not None and restored.backup != newer
    log.close()


def test_whatever_bit_is_flipped_the_start_ends_in_a_log_whose_chain_is_whole_or_says_where_it_is_not(
    path: Path,
) -> None:
    """A bit in the middle of a large log may only show when the whole chain is walked; then verify names the row."""
    whole = path.read_bytes()
    rng = random.Random(7)
    found = 0
    for _ in range(24):
        content = bytearray(whole)
        content[rng.randrange(100, len(content))] ^= 1 << rng.randrange(8)
        path.write_bytes(content)
        log, restored = start(path)
        record_passage(log, f"after-{rng.random()}")
        log.close()
        fault = verify(path).fault
        found += restored is not None or fault is not None
        assert fault is None or 0 < fault.seq <= 246
    assert found > 8


def test_a_restore_is_refused_while_the_daemon_runs_and_with_a_bad_backup(path: Path) -> None:
    (backup,) = backups_in(path.parent / "backups")
    log = open_log(path)
    with pytest.raises(LogBusyError):
        restore(path, backup, at_us=START_US)
    log.close()
    corrupt(backup, tail=True)
    with pytest.raises(DamagedLogError, match="not restored"):
        restore(path, backup, at_us=START_US)
    with pytest.raises(LogError):
        restore(path, path.parent / "missing.db", at_us=START_US)


def test_a_dry_run_says_what_would_happen_and_changes_nothing(path: Path) -> None:
    before = {file: file.read_bytes() for file in path.parent.rglob("*.db")}
    (backup,) = backups_in(path.parent / "backups")
    would = restore(path, backup, at_us=START_US, dry_run=True)
    assert (would.head.seq, would.epoch) == (180, 2)
    assert {file: file.read_bytes() for file in path.parent.rglob("*.db")} == before


def test_every_restore_raises_the_epoch_and_keeps_the_state_of_a_log_that_was_whole(path: Path) -> None:
    (backup,) = backups_in(path.parent / "backups")
    for epoch in (2, 3):
        done = restore(path, backup, at_us=START_US + epoch * 10**9)
        assert (done.epoch, done.salvaged, done.head.seq) == (epoch, 60, 240)
    log, restored = start(path)
    assert (restored, log.load_state(), log.epoch) == (None, STATE, 3)
    log.close()


def test_a_restore_that_was_killed_between_two_moves_is_finished_at_the_next_start(path: Path) -> None:
    (backup,) = backups_in(path.parent / "backups")
    back_up(backup, path.with_name("gate.db.restored"))
    path.with_name("gate.db-wal").write_bytes(b"the old log's")
    log, _ = start(path)
    assert log.head.seq == 180
    assert [file.name for file in (path.parent / "quarantine").rglob("gate.db-wal")] == ["gate.db-wal"]
    assert finish_restore(path, at_us=START_US) is None
    log.close()
