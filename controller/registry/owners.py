"""Who a registered vehicle belongs to, for the signed-in person at the booth page. Personal: never logged."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from controller.domain.known import RegistryStamp
from controller.registry.errors import RegistryError

_OWNER = """
SELECT (SELECT group_concat(plate, ' ') FROM plates WHERE vehicle = v.id) AS plate,
       coalesce(nullif(u.name, ''), v.unit) AS unit,
       coalesce((SELECT name FROM owners WHERE id = v.owner), (SELECT name FROM owners WHERE id = u.owner), '') AS owner
  FROM vehicles v LEFT JOIN units u ON u.id = v.unit WHERE v.id = ?
"""
# Rights of the vehicle, and those of its group that name neither a vehicle nor a card, as a shared space's lease.
_RIGHTS = " UNION ALL ".join(
    f"SELECT '{kind}' AS kind, state, valid_from, valid_to FROM {table} WHERE {whose}"
    for kind, table in (("pass", "passes"), ("permit", "permits"), ("lease", "leases"))
    for whose in (
        "vehicle = :vehicle AND vehicle <> ''",
        "grp = (SELECT grp FROM vehicles WHERE id = :vehicle) AND grp <> '' AND vehicle = '' AND card = ''",
    )
)


class OwnerReader:
    """Reads owner, unit and rights of a vehicle; a connection of its own for each question, so any thread may ask."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def owner_of(self, vehicle: str) -> dict[str, Any] | None:
        """`plate`, `unit`, `owner`, `rights` (kind, state, valid_from, valid_to) of a vehicle id, or None."""
        try:
            with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=1)) as database:
                database.row_factory = sqlite3.Row
                found = database.execute(_OWNER, (vehicle,)).fetchone()
                if found is None:
                    return None
                rights = [dict(row) for row in database.execute(_RIGHTS, {"vehicle": vehicle})]
        except sqlite3.Error as error:
            raise RegistryError(f"{self._path}: cannot be read: {error}") from error
        return {**dict(found), "rights": rights}


def registry_stamp(path: Path, at_us: int) -> RegistryStamp:
    """Version and age of the registry in a file; version 0 when there is none yet. Raises RegistryError."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1)) as database:
            row = database.execute("SELECT version, hash, confirmed_at FROM versions ORDER BY version DESC").fetchone()
    except sqlite3.Error as error:
        raise RegistryError(f"{path}: cannot be read: {error}") from error
    if row is None:
        return RegistryStamp(version=0, age_s=0)
    return RegistryStamp(version=row[0], hash=row[1], age_s=max(0, at_us - row[2]) // 1_000_000)
