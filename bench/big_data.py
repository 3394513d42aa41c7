"""The big registry and the big log that several benches share: built once, kept in the system's folder for such files.

Nothing is measured here. What is kept is named by its shape, so that a change of a schema builds it anew.
"""

import fcntl
import os
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import getsource
from pathlib import Path

from bench import registry_rows
from controller.domain.registry_tables import TABLES

UNWATCHED_FROM = 1  # every thousandth plate stands on the watch list, the first one too
WATCHED_EVERY = 1_000


def folder() -> Path:
    """Where big files are kept between runs."""
    kept = Path(tempfile.gettempdir()) / f"gatehouse-bench-{os.getuid()}"
    kept.mkdir(mode=0o700, exist_ok=True)
    return kept


def shape_of(*parts: str) -> str:
    """A short name for how a file is laid out."""
    return f"{zlib.crc32(''.join(parts).encode()):08x}"


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.with_name(path.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def kept(path: Path, build: Callable[[Path], object]) -> Path:
    """The file, built if it is not there: under another name first, by one process at a time."""
    with _alone(path):
        if not path.exists():
            building = path.with_name(path.name + ".building")
            for suffix in ("", "-wal", "-shm"):
                building.with_name(building.name + suffix).unlink(missing_ok=True)
            build(building)
            building.replace(path)
    return path


def registry(vehicles: int) -> Path:
    """A registry of so many vehicles, each with plate, pass and card; copy it before a daemon uses it."""
    shape = shape_of(*(f"{table}{columns}" for table, columns in TABLES.items()), getsource(registry_rows))
    return kept(folder() / f"registry-{vehicles}-{shape}.db", lambda path: registry_rows.fill(path, vehicles))


def residents(count: int) -> list[int]:
    """Numbers of so many vehicles of the registry that nobody watches for."""
    found: list[int] = []
    number = UNWATCHED_FROM
    while len(found) < count:
        if number % WATCHED_EVERY:
            found.append(number)
        number += 1
    return found


def card(number: int) -> str:
    """The card of a vehicle of the registry."""
    return f"34:{number // 65536}:{number % 65536}"
