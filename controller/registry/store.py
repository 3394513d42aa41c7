"""The one writer of registry.db: opening it, one transaction, the versions and the hash over everything.

What a version consists of stands in `delta` and `importing`; whoever only reads uses `reader`.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType

from controller.domain.registry_tables import TABLES, UNIQUE, BadRow, Value
from controller.registry.errors import RegistryError
from controller.registry.schema import migrate

BUSY_TIMEOUT_MS = 10_000
HASH_CHUNK_ROWS = 2_000
CACHE_KIB = 16_384
VERSIONS_KEPT = 1_000

FullRow = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the registry. Times are UTC microseconds; `confirmed_at`: the centre last said it is current."""

    version: int
    hash: str
    applied_at: int
    confirmed_at: int


EMPTY = Version(0, sha256().hexdigest(), 0, 0)


def _line_sql(table: str) -> str:
    """SQL of a row's canonical line without its line feed, the same bytes as `canonical_row`.

    Keys are given in order; texts hold no control characters, so that JSON's escapes are `\\"` and `\\\\` alone.
    """
    pairs = ", ".join(f"'{name}', {name}" for name in sorted(column.name for column in TABLES[table]))
    return f"""'["{table}",' || json_object({pairs}) || ']'"""


class RegistryWriter:
    """registry.db, opened for writing; made and migrated when it is not there. One thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            migrate(self._db)
        except (sqlite3.Error, OSError) as error:
            if hasattr(self, "_db"):
                self._db.close()
            raise RegistryError(f"{path}: cannot be opened as a registry: {error}") from error

    def close(self) -> None:
        """Close the file; the last one out folds the WAL into it."""
        self._db.close()

    def __enter__(self) -> "RegistryWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One write transaction: everything in it, or nothing. Raises RegistryError when the file takes nothing."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield self._db
            self._db.execute("COMMIT")
        except BaseException as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise RegistryError(f"{self.path}: the registry cannot be written: {error}") from error
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """A read transaction: everything read in it is of one version, and no writer waits for it."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")

    def version(self) -> Version:
        """The version in force; `EMPTY` before the first."""
        found = self._db.execute("SELECT version, hash, applied_at, confirmed_at FROM versions ORDER BY version DESC")
        row = found.fetchone()
        return Version(*row) if row else EMPTY

    def confirm(self, at_us: int) -> None:
        """The centre said at `at_us` that the version in force is its newest: the registry is fresh again."""
        order = "UPDATE versions SET confirmed_at = ? WHERE version = (SELECT max(version) FROM versions)"
        self._db.execute(order, (at_us,))

    def hash_of(self, version: int) -> str | None:
        """The hash of a version that was in force here; None for one that never was, or is forgotten."""
        row = self._db.execute("SELECT hash FROM versions WHERE version = ?", (version,)).fetchone()
        return str(row[0]) if row else None

    def forget_versions(self) -> None:
        """Forget every version, before a snapshot begins a new row of them."""
        self._db.execute("DELETE FROM versions")

    def put_version(self, version: Version) -> None:
        """Write down the version that this transaction leads to; old ones are forgotten after a thousand."""
        self._db.execute(
            "INSERT INTO versions VALUES (?, ?, ?, ?)",
            (version.version, version.hash, version.applied_at, version.confirmed_at),
        )
        self._db.execute(
            "DELETE FROM versions WHERE version NOT IN (SELECT version FROM versions ORDER BY version DESC LIMIT ?)",
            (VERSIONS_KEPT,),
        )

    def upsert(self, table: str, rows: Iterable[FullRow], *, new_only: bool = False) -> None:
        """Put full rows in the place of those with their ids; `new_only`: an id that is there already is an error."""
        names = [column.name for column in TABLES[table]]
        order = "INSERT" if new_only else "INSERT OR REPLACE"
        try:
            self._db.executemany(
                f"{order} INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
                ([row[name] for name in names] for row in rows),
            )
        except sqlite3.IntegrityError as error:
            raise BadRow(f"{table}: a row comes twice ({error})") from error

    def delete(self, table: str, ids: Iterable[str]) -> None:
        """Take the rows of these ids away; one that is not there is no error."""
        self._db.executemany(f"DELETE FROM {table} WHERE id = ?", ((each,) for each in ids))

    def clear(self) -> None:
        """Take every row of every table away, before a snapshot fills them."""
        for table in TABLES:
            self._db.execute(f"DELETE FROM {table}")

    def find_double(self, touched: Mapping[str, Sequence[FullRow]] | None = None) -> str:
        """A credential that two rows have, in words, or "". `touched` None looks at all rows, else at these alone."""
        for table, column in UNIQUE:
            if touched is None:
                sql = f"SELECT {column} FROM {table} GROUP BY {column} HAVING count(*) > 1 LIMIT 1"
                found = self._db.execute(sql).fetchone()
                if found:
                    return f"{table}: {column} {found[0]!r} stands in more than one row"
                continue
            sql = f"SELECT count(*) FROM {table} WHERE {column} = ? AND {column} <> ''"
            for row in touched.get(table, ()):
                if self._db.execute(sql, (row[column],)).fetchone()[0] > 1:
                    return f"{table}: {column} {row[column]!r} stands in more than one row"
        return ""

    def find(self, table: str, column: str, value: str) -> list[dict[str, Value]]:
        """The rows with this value in an indexed column, in order of id."""
        names = [column.name for column in TABLES[table]]
        sql = f"SELECT {', '.join(names)} FROM {table} WHERE {column} = ? AND {column} <> '' ORDER BY id"
        return [dict(zip(names, values, strict=True)) for values in self._db.execute(sql, (value,))]

    def rows(self, table: str) -> Iterator[dict[str, Value]]:
        """Every row of a table in order of its id, one at a time."""
        names = [column.name for column in TABLES[table]]
        for values in self._db.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY id"):
            yield dict(zip(names, values, strict=True))

    def hash(self) -> str:
        """The contract's hash over everything as it stands now, in this transaction too.

        SQLite writes the canonical lines and hashlib reads them in chunks, both without holding up other threads: a
        million vehicles need a few MB and leave the lane alone.
        """
        digest = sha256()
        for table in sorted(TABLES):
            chunk = (
                f"SELECT id, {_line_sql(table)} AS line FROM {table} WHERE id > ? ORDER BY id LIMIT {HASH_CHUNK_ROWS}"
            )
            sql = f"SELECT CAST(group_concat(line, char(10)) AS BLOB), max(id) FROM ({chunk})"
            last = ""
            while True:
                lines, last = self._db.execute(sql, (last,)).fetchone()
                if last is None:
                    break
                digest.update(lines)
                digest.update(b"\n")
        return digest.hexdigest()
