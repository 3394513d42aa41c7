"""The schema of registry.db as named migrations: which there are, and whether they ran.

Each migration runs in one transaction with the mark that it ran; a change of the schema is a new one, never an edit.
What they do stands in `schema_steps`.
"""

import sqlite3

SET = "registry"
KNOWN = ("first_tables",)
"""Every migration, in order."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file up to the newest schema."""
    if _applied(connection) != KNOWN:
        from controller.registry.schema_steps import run_pending  # noqa: PLC0415 - see there

        run_pending(connection)


def _applied(connection: sqlite3.Connection) -> tuple[str, ...]:
    marks = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchone()[0]
    if not marks:
        return ()
    rows = connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY rowid", (SET,))
    return tuple(name for (name,) in rows)
