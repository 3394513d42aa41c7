"""Export of the registry as sheets that an import reads back: one row per vehicle or card and right.

Exports hold personal data; whoever makes one answers for it. Formulas are guarded in `sheets`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from controller.domain.registry_tables import Value
from controller.registry.cells import Locale, show_days, show_end, show_start
from controller.registry.columns import VEHICLES, WATCH
from controller.registry.importing import Progress, no_progress
from controller.registry.planning import RIGHT_TABLE, TableRow
from controller.registry.sheets import write_sheets
from controller.registry.store import RegistryWriter

Shown = dict[str, str]


class Export:
    """The registry as rows of texts, read one at a time so that a large one needs no memory."""

    def __init__(self, writer: RegistryWriter, locale: Locale | None = None) -> None:
        self._writer = writer
        self._locale = locale or Locale()

    def write(self, path: Path, progress: Progress = no_progress) -> int:
        """Write the file and give the number of rows in it. CSV: vehicles and cards alone. Raises BadSheet."""
        written = 0

        def counted(rows: Iterator[list[str]]) -> Iterator[list[str]]:
            nonlocal written
            for row in rows:
                written += 1
                progress(written)
                yield row

        header = [field.name for field in VEHICLES]
        watch_header = [field.name for field in WATCH]
        watched = ([str(row["value"]), str(row["reason"])] for row in self._writer.rows("watch"))
        with self._writer.snapshot():  # one version, whatever is applied meanwhile
            write_sheets(
                path,
                [
                    ("vehicles", header, counted(self._in_order(header))),
                    ("watch", watch_header, counted(watched)),
                ],
            )
        return written

    def _in_order(self, header: Sequence[str]) -> Iterator[list[str]]:
        for shown in self._rows():
            yield [shown.get(name, "") for name in header]

    def _rows(self) -> Iterator[Shown]:
        for card in self._writer.rows("cards"):
            yield from self._card_rows(card)
        for vehicle in self._writer.rows("vehicles"):
            yield from self._vehicle_rows(vehicle)

    def _card_rows(self, card: TableRow) -> Iterator[Shown]:
        """A card's own rows: its rights, and whatever the rows of its vehicles cannot say of it."""
        rights = list(self._rights("card", str(card["id"])))
        if not rights and not card["grp"] and self._is_told_by_its_vehicles(card):
            return
        shown = {**self._shown_owner(str(card["holder"])), **self._shown_cards([card]), "group": str(card["grp"])}
        for right in rights or [{}]:
            yield {**shown, **right}

    def _is_told_by_its_vehicles(self, card: TableRow) -> bool:
        bound = self._writer.find("card_vehicles", "card", str(card["id"]))
        vehicles = [row for each in bound for row in self._writer.find("vehicles", "id", str(each["vehicle"]))]
        return bool(vehicles) and all(
            row["owner"] == card["holder"] and _say_the_same(self._cards_of(str(row["id"]))) for row in vehicles
        )

    def _cards_of(self, vehicle: str) -> list[TableRow]:
        bound = self._writer.find("card_vehicles", "vehicle", vehicle)
        return [card for each in bound for card in self._writer.find("cards", "id", str(each["card"]))]

    def _vehicle_rows(self, vehicle: TableRow) -> Iterator[Shown]:
        vehicle_id, group = str(vehicle["id"]), str(vehicle["grp"])
        plates = self._writer.find("plates", "vehicle", vehicle_id)
        cards = self._cards_of(vehicle_id)
        shown = {
            **self._shown_owner(str(vehicle["owner"])),
            **(self._shown_cards(cards) if _say_the_same(cards) else {"card": _joined(cards, "card")}),
            "plate": _joined(plates, "plate"),
            "plate_color": _joined(plates, "color"),
            "vehicle_id": vehicle_id,
            "vehicle_class": str(vehicle["vehicle_class"]),
            "unit": str(vehicle["unit"]),
            "group": group,
            "note": str(vehicle["note"]),
        }
        rights = [*self._rights("vehicle", vehicle_id), *(self._rights("grp", group) if group else ())]
        for right in rights or [{}]:
            yield {**shown, **right}

    def _rights(self, column: str, value: str) -> Iterator[Shown]:
        for kind, table in RIGHT_TABLE.items():
            for row in self._writer.find(table, column, value):
                # a right that names a vehicle and a card too stands in the vehicle's row alone
                if column == "vehicle" or (not row["vehicle"] and (column == "card" or not row["card"])):
                    yield {"right": kind, "right_of": {"grp": "group"}.get(column, column), **self._shown_right(row)}

    def _shown_right(self, row: TableRow) -> Shown:
        return {
            "right_id": str(row["id"]),
            "state": str(row["state"]),
            "valid_from": show_start(row["valid_from"], self._locale),
            "valid_to": show_end(row["valid_to"], self._locale),
            "days": show_days(_whole(row["days"])),
            "hours": str(row["hours"]),
            "lots": str(row["lots"]),
            "space": str(row.get("space", "")),
            "spaces": str(row["spaces"]),
            "holidays": "yes" if row["holidays"] else "no",
            "purpose": str(row["purpose"]),
            "grace_days": str(row["grace_days"]),
        }

    def _shown_cards(self, cards: Sequence[TableRow]) -> Shown:
        if not cards:
            return {}
        return {
            "card": _joined(cards, "card"),
            "card_state": str(cards[0]["state"]),
            "card_valid_from": show_start(cards[0]["valid_from"], self._locale),
            "card_valid_to": show_end(cards[0]["valid_to"], self._locale),
        }

    def _shown_owner(self, owner: str) -> Shown:
        rows = self._writer.find("owners", "id", owner)
        return {"owner": str(rows[0]["name"]), "phone": str(rows[0]["phone"])} if rows else {}


def _say_the_same(cards: Sequence[TableRow]) -> bool:
    return len({(card["state"], card["valid_from"], card["valid_to"]) for card in cards}) <= 1


def _joined(rows: Sequence[TableRow], column: str) -> str:
    return ";".join(str(row[column]) for row in rows)


def _whole(value: Value) -> int:
    assert isinstance(value, int)
    return value
