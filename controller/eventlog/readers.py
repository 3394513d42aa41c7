"""Read-only connections to the log, lent to one caller at a time, from any thread.

No question about the estate may be put here; those stand in `views`.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from controller.eventlog.errors import LogError
from controller.eventlog.files import open_reader, read_error

Row = Mapping[str, Any]


class ReaderPool:
    """As many connections as there are callers at the same time; none is ever used by two of them at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._free: list[sqlite3.Connection] = []
        self._lock = Lock()
        self._closed = False

    def rows(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[dict[str, Any]]:
        """All rows of a question as mappings. Raises LogError when the log cannot be read."""
        with self.lent() as connection:
            cursor = connection.execute(sql, values)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def row(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> dict[str, Any] | None:
        """The first row, or `None`."""
        found = self.rows(sql, values)
        return found[0] if found else None

    def value(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> Any:
        """The first column of the first row, or `None`."""
        with self.lent() as connection:
            found = connection.execute(sql, values).fetchone()
        return found[0] if found else None

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection]:
        """A connection for the time of one question; thrown away after an error."""
        with self._lock:
            if self._closed:
                raise LogError(f"{self._path}: asked after it was closed")
            connection = self._free.pop() if self._free else None
        if connection is None:
            connection = open_reader(self._path)
        try:
            yield connection
        except sqlite3.Error as error:
            connection.close()
            raise read_error(self._path, error) from error
        except BaseException:
            connection.close()
            raise
        with self._lock:
            if not self._closed:
                self._free.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close every connection that is not lent; those that are, close when they come back."""
        with self._lock:
            self._closed = True
            free, self._free = self._free, []
        for connection in free:
            connection.close()
