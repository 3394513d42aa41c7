"""Backups of the log through SQLite's backup API, and what a start does with a log that is damaged (F5).

Never a file copy of an open log. A restored log keeps its chain and gets a higher epoch; what the damaged file still
holds beyond the backup, chained without a break, is taken over. The damaged file is never deleted.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from controller.domain.state import initial_state
from controller.domain.view import lane_view
from controller.eventlog.chain_check import Link, check_tail, head_of, kept_from
from controller.eventlog.errors import DamagedLogError, LogError
from controller.eventlog.files import (
    WriterLock,
    open_reader,
    open_writer,
    read_error,
    suspect_mark,
    sync_file,
    sync_folder,
)
from controller.eventlog.log import EventLog
from controller.eventlog.rebuild import last_cause, take_over
from controller.eventlog.replay import fold, rules_at
from controller.eventlog.state_rows import LaneView, StateRows, load_state
from controller.eventlog.timetext import text_of
from controller.eventlog.verify import verify
from controller.ports import Clock

QUICK_CHECK_BYTES = 64 * 2**20
_SIDE_FILES = ("-wal", "-shm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore did, or would do. `salvaged` events came out of the damaged file, after those of the backup."""

    backup: Path | None
    quarantined: Path | None
    head: Link
    epoch: int
    salvaged: int
    why: str = ""


def back_up(path: Path, target: Path) -> Link:
    """Make a backup in one file; the daemon may go on writing. The head of the copy. Raises LogError.

    The copy is complete and on disk before it gets its name.
    """
    partial = target.with_name(target.name + ".partial")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial.unlink(missing_ok=True)
    source = open_reader(path)
    try:
        copy = sqlite3.connect(partial, isolation_level=None)
        try:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            head, fault = check_tail(copy)
        finally:
            copy.close()
    except sqlite3.Error as error:
        partial.unlink(missing_ok=True)
        raise read_error(path, error) from error
    finally:
        source.close()
    if fault is not None:
        partial.unlink()
        raise DamagedLogError(f"{path}: not backed up: event {fault.seq}: {fault.what}", fault.seq)
    sync_file(partial)
    partial.replace(target)
    sync_folder(target.parent)
    return head


def back_up_into(path: Path, folder: Path, *, at_us: int, keep: int = 7) -> Path:
    """A backup named after its time. Once it is on disk it stands for its day, and days beyond `keep` go.

    The one just made never goes, whatever the clock said when the others were.
    """
    for left in folder.glob("gate-*.db.partial*"):  # of a backup that a power cut ended
        left.unlink()
    target = folder / f"gate-{stamp(at_us)}.db"
    back_up(path, target)
    for old in _superfluous(backups_in(folder), target, keep):
        old.unlink()
    return target


def _superfluous(newest_first: Sequence[Path], made: Path, keep: int) -> list[Path]:
    """All but the newest backup of each day, and the days after the first `keep`; that of `made` is the first."""
    of_days = {_day(made): made}
    for each in newest_first:
        of_days.setdefault(_day(each), each)
    kept = list(of_days.values())[:keep]
    return [each for each in newest_first if each not in kept]


def _day(backup: Path) -> str:
    return backup.name[: len("gate-2026-05-28")]


def backups_in(folder: Path) -> list[Path]:
    """Backups, newest first: by the epoch and the last event that they hold, as their names are the clock's word."""
    return sorted(folder.glob("gate-*.db"), key=_age, reverse=True) if folder.is_dir() else []


def _age(backup: Path) -> tuple[int, int, str]:
    head, epoch = _head_and_epoch(backup)
    return epoch, head.seq, backup.name


def open_or_recover(
    path: Path,
    *,
    clock: Clock,
    backups: Path,
    view: LaneView = lane_view,
    new_id: Callable[[], str] | None = None,
) -> tuple[EventLog, Restored | None]:
    """Open the log for the daemon; a damaged one is put aside and the newest good backup takes its place.

    Raises LogError (busy, newer, foreign) and LogUnwritable as `EventLog` does.
    """
    finish_restore(path, at_us=clock.utc_us())
    try:
        check_file(path)
        _check_against_backup(path, backups)
        return EventLog(path, clock=clock, view=view, new_id=new_id), None
    except DamagedLogError as error:
        restored = recover(path, backups, at_us=clock.utc_us(), why=str(error))
    return EventLog(path, clock=clock, view=view, new_id=new_id), restored


def check_file(path: Path) -> None:
    """SQLite's own look at the file, where it is small enough for a start. Raises DamagedLogError.

    A large file is left to the chain's tail at the start and to `verify` in the background.
    """
    if not path.exists() or path.stat().st_size == 0:
        return
    if path.stat().st_size > QUICK_CHECK_BYTES and not suspect_mark(path).exists():
        return
    try:
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            found = [row[0] for row in connection.execute("PRAGMA quick_check(1)")]
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        told = read_error(path, error)
        if isinstance(told, DamagedLogError):
            raise told from error
        return
    if found != ["ok"]:
        raise DamagedLogError(f"{path}: the file is damaged: {found[0]}")
    suspect_mark(path).unlink(missing_ok=True)


def _check_against_backup(path: Path, backups: Path) -> None:
    """What the newest backup of this epoch holds, the log has to hold: the WAL of another log replaces it unnoticed."""
    newest = next(iter(backups_in(backups)), None)
    if newest is None or not path.exists():
        return
    told, epoch = _head_and_epoch(newest)
    head, own_epoch = _head_and_epoch(path)
    if told.seq == 0 or epoch != own_epoch:
        return
    connection = open_reader(path)
    try:
        if told.seq <= kept_from(connection).seq:
            return
        row = connection.execute("SELECT hash FROM events WHERE seq = ?", (told.seq,)).fetchone()
    except sqlite3.Error as error:
        raise read_error(path, error) from error
    finally:
        connection.close()
    if row is None or row[0] != told.hash:
        raise DamagedLogError(
            f"{path}: ends in event {head.seq} and lacks event {told.seq} of the backup {newest.name}"
        )


def recover(path: Path, backups: Path, *, at_us: int, why: str) -> Restored:
    """Put the damaged log aside and bring back the newest backup that verifies, or begin a new log without one."""
    good = next((each for each in backups_in(backups) if _is_whole(each)), None)
    return restore(path, good, at_us=at_us, why=why)


def restore(path: Path, backup: Path | None, *, at_us: int, why: str = "", dry_run: bool = False) -> Restored:
    """Put a backup in the place of the log; `None`: a new, empty log. The log that was there goes to `quarantine/`.

    Raises LogError when the backup is not whole, or while the daemon is running. `dry_run` changes nothing. Killed at
    any point, it is either not begun or finished by `finish_restore` at the next start.
    """
    if backup is not None:
        _refuse_bad_backup(backup)
    if dry_run:
        return _would_restore(path, backup)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = WriterLock(path)
    try:
        ready = _ready_file(path)
        partial = _prepared(path, backup)
        salvaged, head, epoch = _filled(partial, path if path.exists() else None)
        sync_file(partial)
        partial.replace(ready)
        sync_folder(path.parent)
        moved = finish_restore(path, at_us=at_us)
    finally:
        lock.release()
    return Restored(backup=backup, quarantined=moved, head=head, epoch=epoch, salvaged=salvaged, why=why)


def finish_restore(path: Path, *, at_us: int) -> Path | None:
    """Swap in a restored log that lies ready, if one does; where the old one went. May be called again after a kill."""
    ready = _ready_file(path)
    if not ready.exists():
        return None
    moved = put_aside(path, path.parent / "quarantine" / f"gate-{stamp(at_us)}")
    ready.replace(path)
    sync_folder(path.parent)
    suspect_mark(path).unlink(missing_ok=True)
    return moved


def _ready_file(path: Path) -> Path:
    return path.with_name(path.name + ".restored")


def stamp(at_us: int) -> str:
    """A time as a part of a file's name."""
    return text_of(at_us).replace(":", "").replace(".", "-")


def _refuse_bad_backup(backup: Path) -> None:
    found = verify(backup, archives=False)
    if found.fault is not None:
        raise DamagedLogError(f"{backup}: not restored: event {found.fault.seq}: {found.fault.what}", found.fault.seq)


def _is_whole(backup: Path) -> bool:
    try:
        _refuse_bad_backup(backup)
    except LogError:
        return False
    return True


def _would_restore(path: Path, backup: Path | None) -> Restored:
    head, epoch = _head_and_epoch(backup) if backup is not None else (Link(0, ""), 0)
    _, old_epoch = _head_and_epoch(path)
    aside = path if path.exists() else None
    return Restored(backup=backup, quarantined=aside, head=head, epoch=max(epoch, old_epoch) + 1, salvaged=0)


def _prepared(path: Path, backup: Path | None) -> Path:
    """The new log under a temporary name: a copy of the backup, or an empty one."""
    partial = path.with_name(path.name + ".restoring")
    for name in ("", *_SIDE_FILES):
        partial.with_name(partial.name + name).unlink(missing_ok=True)
    if backup is not None:
        source = open_reader(backup)
        copy = sqlite3.connect(partial, isolation_level=None)
        try:
            source.backup(copy)
        finally:
            copy.close()
            source.close()
    return partial


def put_aside(path: Path, aside: Path) -> Path | None:
    """Move what is left of an old SQLite file, its WAL too; harmless to repeat. Gives where it lies, None for none."""
    files = [file for suffix in (*_SIDE_FILES, "") if (file := path.with_name(path.name + suffix)).exists()]
    if not files:
        return None
    aside.mkdir(parents=True, exist_ok=True)
    for file in files:
        file.replace(aside / file.name)
    sync_folder(aside)
    sync_folder(path.parent)
    return aside / path.name


def _filled(partial: Path, old: Path | None) -> tuple[int, Link, int]:
    """Raise the epoch, take over what the old file still holds; salvaged events, head and epoch of the new log."""
    connection = open_writer(partial)
    try:
        connection.execute("PRAGMA synchronous = OFF")  # the whole file is synced before it gets its name
        (own,) = connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
        _, old_epoch = _head_and_epoch(old) if old is not None else (Link(0, ""), 0)
        epoch = max(int(own), old_epoch, _quarantined(partial.parent)) + 1
        connection.execute("UPDATE meta SET value = ? WHERE key = 'epoch'", (str(epoch),))
        salvaged = _salvaged(connection, old) if old is not None else 0
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")  # one file to rename; the next start sets WAL again
        return salvaged, head_of(connection), epoch
    finally:
        connection.close()


def _salvaged(connection: sqlite3.Connection, old: Path) -> int:
    """Take over from the old log; where its lane states are lost, decide anew from the backup's on."""
    try:
        state, cause = load_state(connection, old), last_cause(connection)
    except LogError:
        state, cause = None, 0  # then everything is decided anew
    salvaged, has_state = take_over(connection, old)
    if has_state or last_cause(connection) == cause:
        return salvaged
    rules = rules_at(connection, cause)
    if rules is None:
        return salvaged
    for step in fold(connection, old, after=cause, state=state or initial_state(rules), rules=rules):
        state = step.state
    if state is not None:
        for statement, values in StateRows(lane_view, None).changes(state, head_of(connection).seq):
            connection.execute(statement, values)
    return salvaged


def _quarantined(folder: Path) -> int:
    """How many logs were put aside before: a lower bound of the epoch when the damaged file cannot tell its own."""
    aside = folder / "quarantine"
    return sum(1 for _ in aside.glob("gate-*")) if aside.is_dir() else 0


def _head_and_epoch(path: Path) -> tuple[Link, int]:
    """Head and epoch as far as the file can still tell them; zeros where it cannot."""
    try:
        connection = open_reader(path)
    except LogError:
        return Link(0, ""), 0
    try:
        (epoch,) = connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
        return head_of(connection), int(epoch)
    except (sqlite3.Error, TypeError, ValueError):
        return Link(0, ""), 0
    finally:
        connection.close()
