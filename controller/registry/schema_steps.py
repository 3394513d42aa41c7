"""What each migration of registry.db does, made from the tables of the core. Imported only when one has to run.

The library behind it costs every start time; the migrations' names, in order, stand in `schema.KNOWN`.
"""

import sqlite3

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from controller.domain.registry_tables import TABLES, Column, Rule
from controller.registry.schema import KNOWN, SET

registry_migrations = Migrations(SET)

# What the lane asks by. An empty reference is nobody's and needs no place in an index.
_INDEXES = (
    ("card_vehicles", "card"),
    ("card_vehicles", "vehicle"),
    ("cards", "card"),
    ("codes", "value"),
    ("plates", "plate"),
    ("plates", "vehicle"),
    ("vehicles", "unit"),
    ("watch", "value"),
    *((table, column) for table in ("leases", "passes", "permits") for column in ("vehicle", "card", "grp")),
)


def _sql_column(column: Column) -> str:
    if column.rule is Rule.ID:
        return f"{column.name} TEXT PRIMARY KEY NOT NULL"
    if column.rule is Rule.TIME:
        return f"{column.name} INTEGER"
    if column.rule is Rule.NUMBER:
        return f"{column.name} INTEGER NOT NULL DEFAULT {int(column.default or 0)}"
    return f"{column.name} TEXT NOT NULL DEFAULT '{column.default}'"


@registry_migrations(name=KNOWN[0])
def first_tables(db: Database) -> None:
    """All tables of the registry, its versions, and the parts of a snapshot that is still coming in."""
    for table, columns in TABLES.items():
        db.execute(f"CREATE TABLE {table} ({', '.join(map(_sql_column, columns))}) WITHOUT ROWID")
    for table, column in _INDEXES:
        # the groups' index leaves out the rights of one vehicle or one card alone
        only = " AND vehicle = '' AND card = ''" if column == "grp" else ""
        db.execute(f"CREATE INDEX {table}_{column} ON {table} ({column}) WHERE {column} <> ''{only}")
    db.execute(
        "CREATE TABLE versions (version INTEGER PRIMARY KEY, hash TEXT NOT NULL,"
        " applied_at INTEGER NOT NULL, confirmed_at INTEGER NOT NULL)"
    )
    db.execute(
        "CREATE TABLE snapshot_parts (version INTEGER NOT NULL, part INTEGER NOT NULL, parts INTEGER NOT NULL,"
        " hash TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (version, part)) WITHOUT ROWID"
    )


def run_pending(connection: sqlite3.Connection) -> None:
    """Run what has not run yet, each with its mark in one transaction."""
    registry_migrations.apply(Database(connection))
