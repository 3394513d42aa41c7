"""Look-ups in registry.db: indexed reads on a connection of its own, one version at a time.

Nothing is written here and nothing is kept that grows with the registry. Every look-up sees the one version that
`refresh` last went to, whole; a version that the intake applied since is seen after the next `refresh` (design, 3).
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from controller.domain.known import (
    PERSON,
    Asked,
    CardFile,
    Known,
    NearMiss,
    RegistryStamp,
    Right,
    VehicleFile,
    WatchEntry,
)
from controller.domain.plates import near
from controller.domain.terms import CredentialKind, RightKind
from controller.registry import queries
from controller.registry.errors import RegistryError
from controller.registry.overlay import Overlay, OverlayRow, RowValues, Shadows, no_overlay

_HOLD_LIMIT_US = 60_000_000
_CACHE_KIB = 8_192  # the upper pages of every index of a million vehicles; it does not grow with them
_STAMP = "SELECT version, hash, confirmed_at FROM versions ORDER BY version DESC LIMIT 1"


class RegistryReader:
    """Answers what is known of a credential. One thread at a time; every thread opens its own.

    It holds a read transaction between look-ups. So that the WAL can be folded back, the transaction is begun anew
    every minute on a second connection, and only when that sees the same version.
    """

    def __init__(self, path: Path, overlay: Overlay = no_overlay, region: str = "cn") -> None:
        self._path = path
        self._overlay = overlay
        self._region = region
        self._held = self._connect()
        self._other = self._connect()
        self._held_since_us = 0
        self._changes: Sequence[OverlayRow] = ()
        self._shadows = Shadows((), self._row)
        try:
            self._version, self._hash, self._confirmed_at = self._begin(self._held)
        except sqlite3.Error as error:
            self.close()
            raise self._unreadable(error) from error

    def close(self) -> None:
        """End the read transaction and close the file."""
        self._held.close()
        self._other.close()

    def refresh(self, at_us: int | None = None) -> int:
        """Go to the newest version; what comes after sees it. Gives its number."""
        try:
            self._version, self._hash, self._confirmed_at = self._begin(self._held)
            self._shadows = Shadows(self._changes, self._row)
        except sqlite3.Error as error:
            raise self._unreadable(error) from error
        self._held_since_us = at_us or self._held_since_us
        return self._version

    def newest(self) -> int:
        """The number of the newest version in the file, which look-ups do not see before `refresh`."""
        try:
            found = self._other.execute(_STAMP).fetchone()
        except sqlite3.Error as error:
            raise self._unreadable(error) from error
        return int(found[0]) if found else 0

    def stamp(self, at_us: int) -> RegistryStamp:
        """Which version answers, and how long ago the centre confirmed it. A clock gone back gives 0, not less."""
        self._hold_anew(at_us)
        return self._stamp_at(at_us)

    @property
    def overlay_faults(self) -> tuple[str, ...]:
        """Changes of the booth that fit no table and are left out, in words."""
        return self._shadows.faults

    def look_up(self, asked: Asked, at_us: int) -> Known:
        """Everything the registry knows of what is asked; `Known` without stays, which the log fills in.

        `near` is empty when the plate itself is registered: an exact match leaves nothing to guess.
        """
        try:
            self._hold_anew(at_us)
            self._lay_overlay()
            return self._known(asked, at_us)
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    # --- one look-up -----------------------------------------------------------------------------------------------

    def _known(self, asked: Asked, at_us: int) -> Known:
        vehicle = self._vehicle(asked.plate) if asked.plate else None
        misses = () if vehicle or not asked.plate else self._near(asked)
        card, card_vehicles, card_rights = self._card(asked.card)
        code = asked.ticket or asked.visitor_code
        return Known(
            registry=self._stamp_at(at_us),
            vehicle=vehicle,
            vehicle_rights=self._rights(vehicle.id, "", vehicle.group) if vehicle else (),
            near=misses,
            card=card,
            card_vehicles=card_vehicles,
            card_rights=card_rights,
            code_rights=self._code_rights(asked) if code else (),
            watch=self._watch(asked, vehicle, card_vehicles, misses),
        )

    def _vehicle(self, plate: str) -> VehicleFile | None:
        if not self._shadows.touches("plates", "vehicles"):
            found = self._held.execute(queries.VEHICLE_BY_PLATE, (plate,)).fetchone()
            return queries.vehicle_file(found) if found else None
        files = self._vehicles_by_plates([plate])
        return files.get(plate)

    def _vehicles_by_plates(self, plates: Sequence[str]) -> dict[str, VehicleFile]:
        """Of these plates, those that are registered, each with its vehicle."""
        files: dict[str, VehicleFile] = {}
        for row in self._rows("plates", "plate", plates):
            vehicles = self._rows("vehicles", "id", [str(row[1])])
            if vehicles and row[2] not in files:
                files[str(row[2])] = _file_of(vehicles[0], row)
        return files

    def _near(self, asked: Asked) -> tuple[NearMiss, ...]:
        candidates = near(asked.plate, asked.others, self._region)
        if not candidates:
            return ()
        files = self._vehicles_by_plates([each.text for each in candidates])
        return tuple(
            NearMiss(
                vehicle=file,
                difference=each.difference,
                position=each.position,
                rights=self._rights(file.id, "", file.group),
            )
            for each in candidates
            if (file := files.get(each.text))
        )

    def _card(self, number: str) -> tuple[CardFile | None, tuple[VehicleFile, ...], tuple[Right, ...]]:
        rows = self._rows("cards", "card", [number]) if number else []
        if not rows:
            return None, (), ()
        row = rows[0]
        files = self._vehicles_of_card(str(row[0]))
        vehicles = tuple(dict.fromkeys(file.id for file in files))
        group = str(row[4]) or _group_of(row, files)
        rights: dict[tuple[RightKind, str], Right] = {}
        # the card stands for each of its vehicles: what they may, it may
        first = next((file for file in files if file.group == group), None)
        for found in self._rights(first.id if first else "", str(row[0]), group):
            rights[found.kind, found.id] = found
        for file in files:
            if first is None or file.id != first.id:
                rights.update(((each.kind, each.id), each) for each in self._rights(file.id, "", file.group))
        return queries.card_file(row, group, vehicles), files, tuple(rights.values())

    def _vehicles_of_card(self, card_id: str) -> tuple[VehicleFile, ...]:
        if not self._shadows.touches("card_vehicles", "plates", "vehicles"):
            found = self._held.execute(queries.VEHICLES_OF_CARD, (card_id,)).fetchall()
            return tuple(map(queries.vehicle_file, found))
        files = []
        for vehicle_id in sorted({str(bound[2]) for bound in self._rows("card_vehicles", "card", [card_id])}):
            vehicle = next(iter(self._rows("vehicles", "id", [vehicle_id])), (vehicle_id, "", "", "small"))
            plates = self._rows("plates", "vehicle", [vehicle_id]) or [("", vehicle_id, "", "unknown", "other")]
            files += [_file_of(vehicle, plate) for plate in plates]
        return tuple(files)

    def _rights(self, vehicle: str, card: str, group: str) -> tuple[Right, ...]:
        """Rights of one vehicle, of one card, and of the group where they name neither; by kind and id."""
        found: dict[tuple[str, str], RowValues] = {}
        if not self._shadows.touches(*queries.RIGHT_TABLES):
            asked = {"vehicle": vehicle, "card": card, "grp": group}
            for table, *row in self._held.execute(queries.RIGHTS, asked):
                found[table, row[0]] = tuple(row)
        else:
            for table in queries.RIGHT_TABLES:
                for column, value in (("vehicle", vehicle), ("card", card), ("grp", group)):
                    for values in self._rows(table, column, [value]) if value else ():
                        if column != "grp" or not (values[1] or values[2]):
                            found[table, str(values[0])] = values
        return tuple(
            queries.right(queries.RIGHT_TABLES[table], found[table, key], group) for table, key in sorted(found)
        )

    def _code_rights(self, asked: Asked) -> tuple[Right, ...]:
        values = {CredentialKind.TICKET.value: asked.ticket, CredentialKind.VISITOR_CODE.value: asked.visitor_code}
        wanted = [value for value in values.values() if value]
        return tuple(
            queries.right(RightKind.PERMIT, row, str(row[0]))
            for row in self._rows("codes", "value", wanted)
            if values.get(str(row[14])) == row[15]
        )

    def _watch(
        self,
        asked: Asked,
        vehicle: VehicleFile | None,
        card_vehicles: tuple[VehicleFile, ...],
        misses: tuple[NearMiss, ...],
    ) -> tuple[WatchEntry, ...]:
        """The watch list for the plate and card as read, and for every registered plate that they may stand for."""
        values = [asked.plate, asked.card, *(file.plate for file in card_vehicles), *(m.vehicle.plate for m in misses)]
        if vehicle:
            values.append(vehicle.plate)
        wanted = list(dict.fromkeys(value for value in values if value))
        return tuple(map(queries.watch_entry, self._rows("watch", "value", wanted))) if wanted else ()

    # --- rows and snapshots ----------------------------------------------------------------------------------------

    def _rows(self, table: str, column: str, values: Sequence[str]) -> list[RowValues]:
        padded = queries.padded(values)
        found = self._held.execute(queries.select_by(table, column, len(padded)), padded).fetchall()
        return self._shadows.over(table, queries.NAMES[table].index(column), values, found)

    def _row(self, table: str, row_id: str) -> RowValues | None:
        found: RowValues | None = self._held.execute(queries.select_by(table, "id", 1), (row_id,)).fetchone()
        return found

    def _lay_overlay(self) -> None:
        changes = self._overlay()
        if changes is self._changes or (not changes and not self._changes):
            return
        if changes != self._changes:
            self._shadows = Shadows(changes, self._row)
        self._changes = changes

    def _stamp_at(self, at_us: int) -> RegistryStamp:
        age_s = max(0, at_us - self._confirmed_at) // 1_000_000
        return RegistryStamp(version=self._version, age_s=age_s, hash=self._hash)

    def _hold_anew(self, at_us: int) -> None:
        if 0 <= at_us - self._held_since_us < _HOLD_LIMIT_US:
            return
        self._held_since_us = at_us
        version, content_hash, confirmed_at = self._begin(self._other)
        if version != self._version:
            self._other.execute("ROLLBACK")
            return
        self._held.execute("ROLLBACK")
        self._held, self._other = self._other, self._held
        self._hash, self._confirmed_at = content_hash, confirmed_at

    def _begin(self, connection: sqlite3.Connection) -> tuple[int, str, int]:
        """Begin a read transaction (the first read takes the snapshot) and give its version."""
        connection.rollback()
        connection.execute("BEGIN")
        try:
            found = connection.execute(_STAMP).fetchone()
        except sqlite3.Error:
            connection.rollback()  # left in its transaction, it would refuse every later one
            raise
        return (int(found[0]), str(found[1]), int(found[2])) if found else (0, "", 0)

    def _connect(self) -> sqlite3.Connection:
        try:
            uri = f"file:{quote(str(self._path.absolute()))}?mode=ro"
            connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            return connection
        except sqlite3.Error as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: sqlite3.Error) -> RegistryError:
        return RegistryError(
            f"{self._path}: the registry cannot be read: {error}; restore it from a backup or let the centre send it"
        )


def _file_of(vehicle: RowValues, plate: RowValues) -> VehicleFile:
    return queries.vehicle_file((vehicle[0], plate[2], plate[3], plate[4], vehicle[1], vehicle[2], vehicle[3]))


def _group_of(card: RowValues, files: tuple[VehicleFile, ...]) -> str:
    """Whose presence counts for a card without a group: its vehicles' when they share one, else its holder on foot."""
    groups = {file.group for file in files}
    if len(groups) == 1:
        return groups.pop()
    return str(card[0]) if groups else f"{PERSON}{card[3] or card[0]}"
