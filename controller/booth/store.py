"""The booth's own database: people, sessions, wrong tries, one-time codes, and who signed in when.

No policy and no hashing may be put here: only tables, migrations and short transactions. The web server and the
`gatehouse user` commands are the only writers; secrets are stored as digests, never in clear.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MIGRATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "0001_people_and_sessions",
        (
            """CREATE TABLE people (
                name TEXT PRIMARY KEY COLLATE NOCASE, role TEXT NOT NULL, password TEXT NOT NULL,
                made_at INTEGER NOT NULL, made_by TEXT NOT NULL, ended_at INTEGER) STRICT""",
            """CREATE TABLE sessions (
                digest TEXT PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, made_at INTEGER NOT NULL,
                seen_at INTEGER NOT NULL, source TEXT NOT NULL) STRICT""",
            "CREATE INDEX sessions_by_name ON sessions(name)",
            """CREATE TABLE set_up (
                one INTEGER PRIMARY KEY CHECK (one = 1), digest TEXT NOT NULL, made_at INTEGER NOT NULL) STRICT""",
            """CREATE TABLE tries (
                scope TEXT NOT NULL, key TEXT NOT NULL, count INTEGER NOT NULL, last_at INTEGER NOT NULL,
                PRIMARY KEY (scope, key)) STRICT, WITHOUT ROWID""",
            """CREATE TABLE codes (
                number INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, code TEXT NOT NULL,
                made_at INTEGER NOT NULL, used_at INTEGER, used_for TEXT) STRICT""",
            """CREATE TABLE journal (
                number INTEGER PRIMARY KEY, at INTEGER NOT NULL, what TEXT NOT NULL, name TEXT NOT NULL,
                source TEXT NOT NULL, detail TEXT NOT NULL) STRICT""",
        ),
    ),
    (
        "0002_seen_alarms",
        (
            """CREATE TABLE seen_alarms (
                alarm TEXT NOT NULL, raised_seq INTEGER NOT NULL, at INTEGER NOT NULL, name TEXT NOT NULL,
                note TEXT NOT NULL, PRIMARY KEY (alarm, raised_seq)) STRICT, WITHOUT ROWID""",
        ),
    ),
)


class BoothStore:
    """One connection to `booth.db` behind a lock; transactions are a few rows each, so nobody waits long."""

    def __init__(self, path: Path) -> None:
        """Opens the file (mode 0600), making it where it is missing, and brings its tables up to date.

        Raises sqlite3.DatabaseError for a file that is something else, before anything in it is changed.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, timeout=5.0, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        try:
            self._refuse_foreign()
        except sqlite3.Error:
            self._connection.close()
            raise
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._migrate()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def rows(self, sql: str, *values: Any) -> Sequence[sqlite3.Row]:
        """All rows of one reading statement."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row of one reading statement, or `None`."""
        with self._lock:
            found: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
            return found

    def write(self, sql: str, *values: Any) -> int:
        """One writing statement in a transaction of its own; gives the number of rows it changed."""
        with self.transaction() as connection:
            return connection.execute(sql, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Several statements that belong together: all or none."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def note(self, at: int, what: str, name: str, source: str, detail: str = "") -> None:
        """Puts one line into the journal of sign-ins and accounts."""
        self.write(
            "INSERT INTO journal(at, what, name, source, detail) VALUES (?,?,?,?,?)", at, what, name, source, detail
        )

    def _refuse_foreign(self) -> None:
        tables = {row["name"] for row in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and not tables & {"people", "migrations"}:
            raise sqlite3.DatabaseError("it holds other tables; give the booth.db of a box")

    def _migrate(self) -> None:
        with self.transaction() as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY) STRICT")
        done = {row["name"] for row in self.rows("SELECT name FROM migrations")}
        for name, statements in MIGRATIONS:
            if name in done:
                continue
            with self.transaction() as connection:
                for statement in statements:
                    connection.execute(statement)
                connection.execute("INSERT INTO migrations(name) VALUES (?)", (name,))
