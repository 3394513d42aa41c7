"""Named migrations of `gate.db`: each runs in one transaction together with the mark that it ran.

No query of the running daemon may be put here. A migration that was released is never changed; a new one is added.
"""

import sqlite3
from pathlib import Path

from controller.eventlog.errors import NewerLogError, NotALogError

SET = "gatehouse.gate"
MARKS = "_sqlite_migrations"

KNOWN = ("0001_events_and_read_models",)
"""Every migration, in order; what each does stands in `migration_steps`."""


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring a database up to this program's shape. Raises NewerLogError for one that is ahead of it.

    The mark's table is part of the first migration's life: a killed first start leaves at most that empty table.
    """
    refuse_foreign(connection, path)
    if applied_names(connection) != KNOWN:
        from controller.eventlog.migration_steps import run_pending  # noqa: PLC0415 - see there

        run_pending(connection)


def mark_all(connection: sqlite3.Connection) -> None:
    """Say that a file which was made in today's shape needs no migration."""
    from controller.eventlog import migration_steps  # noqa: PLC0415 - see there

    migration_steps.mark_all(connection)


def applied_names(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Names of the migrations that ran, in order; empty for a new file."""
    if not _tables(connection, MARKS):
        return ()
    rows = connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY rowid", (SET,))
    return tuple(name for (name,) in rows)


def refuse_foreign(connection: sqlite3.Connection, path: Path) -> None:
    """Raise NewerLogError for a log of a newer program, NotALogError for a database that holds something else."""
    applied = applied_names(connection)
    unknown = [name for name in applied if name not in KNOWN]
    if unknown:
        raise NewerLogError(
            f"{path}: written by a newer program (it knows {unknown[0]!r}, this one ends at {KNOWN[-1]!r});"
            " install that version, or restore a backup made before the upgrade"
        )
    if not applied and _tables(connection):
        raise NotALogError(f"{path}: an SQLite database, but no event log of Gatehouse")


def _tables(connection: sqlite3.Connection, name: str = "") -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return [found for (found,) in rows if (found == name if name else found != MARKS)]
