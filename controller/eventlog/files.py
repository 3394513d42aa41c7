"""Opening the file of the log: pragmas, read-only connections, and the lock that makes the writer the only one.

No table of the log may be named here but those that tell what the file is.
"""

import errno
import fcntl
import os
import sqlite3
import stat
from pathlib import Path
from typing import TextIO

from controller.eventlog.errors import DamagedLogError, LogBusyError, LogError, NotALogError
from controller.eventlog.migrations import applied_names, migrate, refuse_foreign

BUSY_MS = 5_000
CHECKPOINT_PAGES = 1_000
WAL_LIMIT_BYTES = 16 * 2**20
_HEADER = b"SQLite format 3\0"


class WriterLock:
    """An exclusive lock beside the log, held by the one process that writes it; a kill releases it."""

    def __init__(self, path: Path) -> None:
        """Take the lock of the log at `path`. Raises LogBusyError when another process holds it."""
        self._file: TextIO = lock_path(path).open("a", encoding="ascii")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            if error.errno not in (errno.EACCES, errno.EAGAIN):
                raise
            raise LogBusyError(f"{path}: another process is writing this log; stop the daemon first") from None

    def release(self) -> None:
        self._file.close()


def lock_path(path: Path) -> Path:
    """The file that is locked while the log at `path` is written."""
    return path.with_name(path.name + ".lock")


def suspect_mark(path: Path) -> Path:
    """A file beside the log that says: SQLite called it corrupt while it was open; look closely at the next start."""
    return path.with_name(path.name + ".suspect")


def open_writer(path: Path) -> sqlite3.Connection:
    """A connection that writes: WAL, every commit on disk, schema brought up to date. Raises sqlite3.Error too."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        refuse_foreign(connection, path)  # before anything is changed in a file that is not ours
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA secure_delete = ON")
        migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A read-only connection to a log. Raises LogError in one clear line for anything that is no log."""
    refuse_no_database(path)
    try:
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise NotALogError(f"{path}: cannot be opened: {error}") from None
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        connection.execute("PRAGMA temp_store = MEMORY")
        refuse_foreign(connection, path)
        if not applied_names(connection):
            raise NotALogError(f"{path}: an SQLite database, but no event log of Gatehouse")
    except sqlite3.Error as error:
        connection.close()
        if (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF == sqlite3.SQLITE_NOTADB and not _is_database(path):
            raise NotALogError(f"{path}: not an SQLite database") from None
        raise read_error(path, error) from None
    except BaseException:
        connection.close()
        raise
    return connection


def read_error(path: Path, error: sqlite3.Error) -> LogError:
    """The log's own word for an error of SQLite while reading."""
    extended = getattr(error, "sqlite_errorcode", 0) or 0
    code = extended & 0xFF
    undecodable = code == 0 and "decode" in str(error)  # a text column that holds no UTF-8: told without a code
    cut_short = extended == sqlite3.SQLITE_IOERR_SHORT_READ  # any other I/O error is the disk's, not the file's
    if undecodable or cut_short or code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return DamagedLogError(f"{path}: the file is damaged: {error}")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LogBusyError(f"{path}: locked by another program for more than {BUSY_MS // 1000} s")
    return NotALogError(f"{path}: cannot be read: {error}")


def refuse_no_database(path: Path) -> None:
    """Raise NotALogError for a path that is missing, a folder, unreadable, or empty.

    The file is not opened for it: on POSIX, closing any descriptor of a file gives up every lock that this process
    holds on it, SQLite's too, and the next program that looks into the log and goes would take the WAL away from
    under the writer.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise NotALogError(f"{path}: cannot be opened: {os.strerror(error.errno or 0)}") from None
    if stat.S_ISDIR(found.st_mode):
        raise NotALogError(f"{path}: cannot be opened: {os.strerror(errno.EISDIR)}")
    if not stat.S_ISREG(found.st_mode):
        raise NotALogError(f"{path}: not a file")
    if not os.access(path, os.R_OK):
        raise NotALogError(f"{path}: cannot be opened: {os.strerror(errno.EACCES)}")
    if found.st_size == 0:
        raise NotALogError(f"{path}: not an SQLite database")


def _is_database(path: Path) -> bool:
    """Whether a file that SQLite refused begins as its databases do. Opens it: never to be asked of a log in use."""
    try:
        with path.open("rb") as file:
            return file.read(len(_HEADER)) == _HEADER
    except OSError:
        return False


def sync_folder(folder: Path) -> None:
    """Put the folder's entries on disk: a file that was made or renamed there is found after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Put a closed file's content on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
