"""A registry or a booth's file that is damaged is put aside: no list and no page keeps the lanes from starting (F5).

The log has more care of its own (`controller.eventlog.backup`): it is evidence, these two can be had again.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import structlog

from controller.booth.store import BoothStore
from controller.eventlog.backup import put_aside, stamp
from controller.registry.store import RegistryWriter

_DAMAGE = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)

log = structlog.get_logger("damaged")


def registry_or_new(file: Path, at_us: int) -> str:
    """Make sure that there is a registry that opens; in words what became of a damaged one, or ""."""
    return _usable(file, at_us, lambda: RegistryWriter(file).close(), "import the list again, or wait for the centre's")


def accounts_or_new(file: Path, at_us: int) -> str:
    """The same for the booth's accounts and sessions."""
    return _usable(file, at_us, lambda: BoothStore(file).close(), "accounts have to be made again")


def _usable(file: Path, at_us: int, opens: Callable[[], None], what_now: str) -> str:
    try:
        opens()
    except Exception as error:
        if not _is_damage(error):
            raise  # locked, forbidden, or another program's: nothing is moved that may be whole
        aside = put_aside(file, file.parent / "quarantine" / f"{file.stem}-{stamp(at_us)}")
        log.error("a damaged file was put aside; a new one takes its place", file=str(file), aside=str(aside))
        opens()
        return f"{file.name} was damaged and lies in {aside}; {what_now}"
    return ""


def _is_damage(error: BaseException | None) -> bool:
    """Whether SQLite said, directly or further down, that the file's content is not what it has to be."""
    while error is not None:
        if isinstance(error, sqlite3.Error) and (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGE:
            return True
        error = error.__cause__
    return False
