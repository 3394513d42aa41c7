"""The vehicle file as people see it: names, phones and rights in words, for the booth page and the terminal.

Personal: nothing of it may go into the log or into what a look-up gives. Any thread may ask: every question opens
the registry anew, for reading alone.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

from controller.domain.registry_tables import TABLES, Value
from controller.registry.cells import show_days
from controller.registry.errors import RegistryError
from controller.registry.queries import RIGHT_TABLES, RIGHTS, select_by

Row = dict[str, Value]


class VehicleFiles:
    """Answers who a vehicle or a card belongs to. `utc_offset_minutes` is for the days shown."""

    def __init__(self, path: Path, utc_offset_minutes: int = 480) -> None:
        self._path = path
        self._zone = timezone(timedelta(minutes=utc_offset_minutes))

    def owner_of(self, vehicle: str) -> dict[str, Any] | None:
        """`plate`, `unit`, `owner`, `phone`, `rights` (texts) of a vehicle id; None for one that is not registered."""
        with closing(self._open()) as db:
            found = _rows(db, "vehicles", "id", vehicle)
            return self._file(db, found[0]) if found else None

    def by_plate(self, plate: str) -> dict[str, Any] | None:
        """The same by one of the vehicle's plates."""
        with closing(self._open()) as db:
            found = _rows(db, "plates", "plate", plate)
            vehicles = _rows(db, "vehicles", "id", str(found[0]["vehicle"])) if found else []
            return self._file(db, vehicles[0]) if vehicles else None

    def by_card(self, card: str) -> dict[str, Any] | None:
        """`card`, `state`, `owner`, `phone`, `rights` and `vehicles` (a file each) of a card by its number."""
        with closing(self._open()) as db:
            found = _rows(db, "cards", "card", card)
            if not found:
                return None
            row = found[0]
            bound = _rows(db, "card_vehicles", "card", str(row["id"]))
            vehicles = [each for one in bound for each in _rows(db, "vehicles", "id", str(one["vehicle"]))]
            return {
                "card": row["card"],
                "state": row["state"],
                **self._owner(db, str(row["holder"])),
                "rights": self._rights(db, "", str(row["id"]), str(row["grp"])),
                "vehicles": [self._file(db, each) for each in vehicles],
            }

    def watched(self, value: str) -> list[str]:
        """Why a plate or card is on the watch list; empty when it is not."""
        with closing(self._open()) as db:
            return [str(row["reason"]) for row in _rows(db, "watch", "value", value)]

    def _file(self, db: sqlite3.Connection, vehicle: Row) -> dict[str, Any]:
        vehicle_id = str(vehicle["id"])
        plates = [str(row["plate"]) for row in _rows(db, "plates", "vehicle", vehicle_id)]
        return {
            "vehicle": vehicle_id,
            "plate": " / ".join(plates),
            "unit": vehicle["unit"],
            **self._owner(db, str(vehicle["owner"])),
            "rights": self._rights(db, vehicle_id, "", str(vehicle["grp"])),
        }

    def _owner(self, db: sqlite3.Connection, owner: str) -> dict[str, str]:
        found = _rows(db, "owners", "id", owner)
        return (
            {"owner": str(found[0]["name"]), "phone": str(found[0]["phone"])} if found else {"owner": "", "phone": ""}
        )

    def _rights(self, db: sqlite3.Connection, vehicle: str, card: str, group: str) -> list[str]:
        names = [column.name for column in TABLES["passes"]]
        asked = {"vehicle": vehicle, "card": card, "grp": group}
        return [
            self._in_words(RIGHT_TABLES[table].value, dict(zip(names, values, strict=True)))
            for table, *values in db.execute(RIGHTS, asked)
        ]

    def _in_words(self, kind: str, row: Row) -> str:
        parts = [kind, str(row["purpose"]), str(row["state"])]
        if row["valid_from"] is not None:
            parts.append(f"from {self._day(row['valid_from'])}")
        if row["valid_to"] is not None:
            parts.append(f"to {self._day(row['valid_to'])}")
        days = row["days"]
        parts += [show_days(days) if isinstance(days, int) else "", str(row["hours"]), str(row["lots"])]
        return " ".join(part for part in parts if part)

    def _day(self, at_us: Value) -> str:
        assert isinstance(at_us, int)
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)
        return moment.astimezone(self._zone).date().isoformat()

    def _open(self) -> sqlite3.Connection:
        db = None
        try:
            db = sqlite3.connect(f"file:{quote(str(self._path.absolute()))}?mode=ro", uri=True)
            db.execute("SELECT 1 FROM versions LIMIT 1")
        except sqlite3.Error as error:
            if db is not None:
                db.close()
            raise RegistryError(f"{self._path}: the registry cannot be read: {error}") from error
        return db


def _rows(db: sqlite3.Connection, table: str, column: str, value: str) -> list[Row]:
    names = [each.name for each in TABLES[table]]
    return [dict(zip(names, values, strict=True)) for values in db.execute(select_by(table, column, 1), (value,))]
