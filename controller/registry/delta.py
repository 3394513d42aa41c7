"""Deltas and snapshots of the centre: from message to the next version, in one transaction or not at all.

The registry never goes back: what is older than, or as old as, the version in force changes nothing, in whatever
order and however often it comes (F17). Only a number that a local import took is still the centre's: its snapshot
of that number takes the import's place. Contract, "registry/delta", "registry/snapshot" and "registry/applied".
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Any

from controller.domain.canonical import INTEGER_LIMIT
from controller.domain.registry_tables import TABLES, BadRow, full_row
from controller.registry.errors import BadMessage
from controller.registry.store import FullRow, RegistryWriter, Version

MOST_PARTS = 100_000
_KEYS = frozenset({"version", "base", "upserts", "deletes", "absorbed", "hash", "part", "parts"})


@unique
class Result(StrEnum):
    """What became of a message."""

    APPLIED = "applied"
    NEED_SNAPSHOT = "need_snapshot"
    REFUSED = "refused"
    WAITING = ""
    """Parts of a snapshot are still missing: nothing is told to the centre yet."""


@dataclass(frozen=True, slots=True)
class Applied:
    """The answer to a message: the version now in force, and why. `moved`: this message led to it.

    `absorbed` are the booth's changes that the new version contains; their overlay rows are done with.
    """

    version: int
    hash: str
    result: Result
    reason: str = ""
    moved: bool = False
    absorbed: tuple[str, ...] = ()

    def message(self) -> dict[str, Any]:
        """The payload of `registry/applied`."""
        return {"version": self.version, "hash": self.hash, "result": self.result.value, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Delta:
    """A message of the right shape, its rows checked and full. `base` None: a snapshot, or one part of it."""

    version: int
    base: int | None
    hash: str
    upserts: Mapping[str, Sequence[FullRow]] = field(default_factory=dict)
    deletes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    absorbed: tuple[str, ...] = ()
    part: int = 1
    parts: int = 1


class _OtherBase(Exception):
    """The delta does not lead from what is here to what the centre has; the transaction is taken back."""


def read_delta(message: Any, *, snapshot: bool = False) -> Delta:
    """The message as a Delta. Raises BadMessage or BadRow for the first thing that is wrong."""
    if not isinstance(message, Mapping):
        raise BadMessage(f"expected an object, got {type(message).__name__}")
    unknown = sorted(str(key) for key in set(message) - _KEYS)
    if unknown:
        raise BadMessage(f"unknown key {unknown[0]!r}")
    version = _whole(message, "version", least=1)
    base = None if snapshot else _whole(message, "base", least=0)
    if base is not None and base >= version:
        raise BadMessage(f"version: expected one above base {base}, got {version}")
    parts = _whole(message, "parts", least=1, most=MOST_PARTS) if "parts" in message else 1
    part = _whole(message, "part", least=1, most=parts) if "part" in message else 1
    content_hash = message.get("hash")
    if not isinstance(content_hash, str) or len(content_hash) != 64:
        raise BadMessage(f"hash: expected 64 hexadecimal characters, got {content_hash!r:.80}")
    return Delta(
        version=version,
        base=base,
        hash=content_hash,
        upserts=_upserts(message.get("upserts", {})),
        deletes=_deletes(message.get("deletes", {})),
        absorbed=_texts("absorbed", message.get("absorbed", [])),
        part=part,
        parts=parts,
    )


def apply_delta(writer: RegistryWriter, message: Any, at_us: int) -> Applied:
    """Go from the delta's base to its version. `at_us` becomes the time of the version and of its confirmation."""
    try:
        delta = read_delta(message)
        with writer.transaction():
            return _advance(writer, delta, at_us)
    except _OtherBase as error:
        now = writer.version()
        return Applied(now.version, now.hash, Result.NEED_SNAPSHOT, str(error))
    except (BadMessage, BadRow) as error:
        now = writer.version()
        return Applied(now.version, now.hash, Result.REFUSED, str(error))


def apply_snapshot_part(writer: RegistryWriter, message: Any, at_us: int) -> Applied | None:
    """Take one part of a snapshot, in any order; None while parts are missing. The last one puts it in force."""
    try:
        delta = read_delta(message, snapshot=True)
        with writer.transaction() as db:
            if delta.version <= writer.version().version and not _is_local(writer, delta):
                return _already(writer, delta, at_us)
            if delta.parts > 1 and not _stage(db, delta, message):
                return None
            return _replace_all(writer, db, delta, at_us)
    except (BadMessage, BadRow) as error:
        with writer.transaction() as db:
            # the centre will send it again; a wrong part must not stay and spoil that
            db.execute("DELETE FROM snapshot_parts")
        now = writer.version()
        return Applied(now.version, now.hash, Result.REFUSED, str(error))


def missing_parts(writer: RegistryWriter) -> tuple[int, int, int]:
    """Version, number of parts here, and number of parts in all, of the snapshot that is coming in; zeros for none."""
    with writer.transaction() as db:
        sql = "SELECT version, count(*), max(parts) FROM snapshot_parts GROUP BY version ORDER BY version DESC"
        version, here, parts = db.execute(sql).fetchone() or (0, 0, 0)
    return int(version), int(here), int(parts)


def _already(writer: RegistryWriter, delta: Delta, at_us: int) -> Applied:
    now = writer.version()
    if (delta.version, delta.hash) == (now.version, now.hash):
        writer.confirm(at_us)
    return Applied(now.version, now.hash, Result.APPLIED, f"version {now.version} is in force already")


def _is_local(writer: RegistryWriter, delta: Delta) -> bool:
    """Whether the box gave the number of this version to other rows, as a local import does."""
    return writer.hash_of(delta.version) not in (None, delta.hash)


def _advance(writer: RegistryWriter, delta: Delta, at_us: int) -> Applied:
    now = writer.version()
    if _is_local(writer, delta):
        raise _OtherBase(f"version {delta.version} was made by an import here, with other rows")
    if delta.version <= now.version:
        return _already(writer, delta, at_us)
    if delta.base != now.version:
        raise _OtherBase(f"base is {delta.base}, the version in force is {now.version}")
    for table, ids in delta.deletes.items():
        writer.delete(table, ids)
    for table, rows in delta.upserts.items():
        writer.upsert(table, rows)
    found = writer.hash()
    if found != delta.hash:  # damaged, or the version of this base's number has other rows here: a snapshot mends both
        raise _OtherBase(f"hash: the rows give {found} on version {now.version}, the message says {delta.hash}")
    _refuse_double(writer.find_double(delta.upserts))
    return _seal(writer, delta, at_us, delta.absorbed)


def _stage(db: sqlite3.Connection, delta: Delta, message: Mapping[str, Any]) -> bool:
    """Keep the part; True when all are here. Parts of older snapshots, and of another one of this number, go."""
    newest = db.execute("SELECT max(version) FROM snapshot_parts").fetchone()[0]
    if newest is not None and newest > delta.version:
        return False
    db.execute(
        "DELETE FROM snapshot_parts WHERE version < ? OR parts <> ? OR hash <> ?",
        (delta.version, delta.parts, delta.hash),
    )
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
    db.execute(
        "INSERT OR REPLACE INTO snapshot_parts VALUES (?, ?, ?, ?, ?)",
        (delta.version, delta.part, delta.parts, delta.hash, body),
    )
    here: int = db.execute("SELECT count(*) FROM snapshot_parts").fetchone()[0]
    return here == delta.parts


def _replace_all(writer: RegistryWriter, db: sqlite3.Connection, delta: Delta, at_us: int) -> Applied:
    absorbed: list[str] = []
    writer.clear()
    for part in range(1, delta.parts + 1):
        each = delta
        if delta.parts > 1:
            sql = "SELECT body FROM snapshot_parts WHERE version = ? AND part = ?"
            body = db.execute(sql, (delta.version, part)).fetchone()[0]
            each = read_delta(json.loads(body), snapshot=True)
        for table, rows in each.upserts.items():
            writer.upsert(table, rows, new_only=True)
        absorbed += each.absorbed
    db.execute("DELETE FROM snapshot_parts")
    _refuse_double(writer.find_double())
    found = writer.hash()
    if found != delta.hash:
        raise BadMessage(f"hash: the rows give {found}, the message says {delta.hash}")
    writer.forget_versions()  # one of them may be a local import's, of a number that is the centre's again
    return _seal(writer, delta, at_us, tuple(absorbed))


def _refuse_double(double: str) -> None:
    if double:
        raise BadMessage(double)


def _seal(writer: RegistryWriter, delta: Delta, at_us: int, absorbed: tuple[str, ...]) -> Applied:
    """Write down the version that the transaction came to."""
    writer.put_version(Version(delta.version, delta.hash, at_us, at_us))
    return Applied(delta.version, delta.hash, Result.APPLIED, moved=True, absorbed=absorbed)


def _whole(message: Mapping[str, Any], key: str, *, least: int, most: int = INTEGER_LIMIT - 1) -> int:
    value = message.get(key)
    if type(value) is not int or not least <= value <= most:
        raise BadMessage(f"{key}: expected a whole number from {least} to {most}, got {value!r:.80}")
    return value


def _upserts(given: Any) -> dict[str, list[FullRow]]:
    return {table: [full_row(table, row) for row in rows] for table, rows in _by_table("upserts", given)}


def _deletes(given: Any) -> dict[str, tuple[str, ...]]:
    return {table: _texts(f"deletes.{table}", ids) for table, ids in _by_table("deletes", given)}


def _by_table(key: str, given: Any) -> list[tuple[str, list[Any]]]:
    if not isinstance(given, Mapping):
        raise BadMessage(f"{key}: expected an object of tables, got {type(given).__name__}")
    for table, items in given.items():
        if table not in TABLES:
            raise BadMessage(f"{key}: unknown table {table!r}")
        if not isinstance(items, list):
            raise BadMessage(f"{key}.{table}: expected a list, got {type(items).__name__}")
    return list(given.items())


def _texts(key: str, given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise BadMessage(f"{key}: expected a list of texts")
    return tuple(given)
