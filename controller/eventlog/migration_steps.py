"""What each migration of `gate.db` does. Imported only when one has to run: the library behind it is slow to import.

Their names, in order, stand in `migrations.KNOWN`.
"""

import sqlite3

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from controller.eventlog.migrations import KNOWN, SET
from controller.eventlog.schema import EVENTS, READ_MODELS

gate = Migrations(SET)


@gate(name=KNOWN[0])
def _events_and_read_models(db: Database) -> None:
    for statement in (*EVENTS, *READ_MODELS):
        db.execute(statement)
    db.execute("INSERT INTO meta VALUES ('epoch', '1'), ('kind', 'gate'), ('acked_upto', '0'), ('acked_head', '')")


def run_pending(connection: sqlite3.Connection) -> None:
    """Run what has not run yet, each with its mark in one transaction."""
    gate.apply(Database(connection))


def mark_all(connection: sqlite3.Connection) -> None:
    """Say that a file which was made in today's shape needs no migration."""
    database = Database(connection)
    gate.ensure_migrations_table(database)
    for name in KNOWN:
        gate._record_applied(database, name)
