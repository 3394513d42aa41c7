"""What the rows of a sheet come to in the registry: each row as the rows of tables it stands for, held against what is
there and against the rows before it.

Nothing is written here; `importing` reads the file and puts a plan in force.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_hex

from controller.domain.plates import classify
from controller.domain.registry_tables import LONGEST_ID, TABLES, BadRow, Value, full_row
from controller.domain.terms import PlateColor, PlateKind
from controller.registry.cells import Locale
from controller.registry.columns import RIGHT_FIELDS, Parsed

Values = Mapping[str, Parsed]
TableRow = dict[str, Value]
Key = tuple[str, str]
Find = Callable[[str, str, str], list[TableRow]]

RIGHT_TABLE = {"pass": "passes", "permit": "permits", "lease": "leases"}


class RowFault(ValueError):
    """Why a row of a sheet cannot be taken: in which column, what was expected, and what to do."""

    def __init__(self, column: str, expected: str, came: str, todo: str = "correct the cell") -> None:
        super().__init__(f"{column}: expected {expected}, got {came}; {todo}")


@dataclass(slots=True)
class Plan:
    """The rows to put and the ids to take away, each with the number of the sheet's row it comes from."""

    upserts: dict[Key, tuple[TableRow, int]] = field(default_factory=dict)
    deletes: dict[Key, int] = field(default_factory=dict)
    given: dict[tuple[str, str], int] = field(default_factory=dict)


@dataclass(slots=True)
class Draft:
    """What one row of the sheet stands for, before it is held against the rest."""

    rows: dict[Key, TableRow] = field(default_factory=dict)
    deletes: set[Key] = field(default_factory=set)
    subject: str = ""
    is_new: bool = False
    right: str = ""


def short_id(text: str) -> str:
    """The text as an id; a long one by its digest, so that the same text has the same id again."""
    return text if len(text) <= LONGEST_ID else sha256(text.encode()).hexdigest()


class Planner:
    """Makes drafts of rows. `find` gives the registry's rows by table, indexed column and value."""

    def __init__(self, find: Find, locale: Locale) -> None:
        self._find = find
        self._locale = locale
        self._new_owners: dict[tuple[str, str], str] = {}
        self.plan = Plan()

    def add(self, number: int, values: Values) -> str:
        """Take a row of the sheet into the plan; "new", "changed" or "unchanged". Raises RowFault."""
        draft = self._draft(values)
        rows: dict[Key, TableRow] = {}
        try:
            for (table, row_id), row in draft.rows.items():
                rows[table, row_id] = full_row(table, row)
        except BadRow as error:
            raise RowFault("row", "values that fit together", str(error)) from error
        self._hold_against_others(number, draft, rows)
        changed = [key for key, row in rows.items() if self._there(*key) != row]
        gone = [key for key in draft.deletes if self._there(*key)]
        for key, row in rows.items():
            self.plan.upserts.setdefault(key, (row, number))
        for key in gone:
            self.plan.deletes.setdefault(key, number)
        if draft.is_new:
            return "new"
        return "changed" if changed or gone else "unchanged"

    def changes(self) -> tuple[dict[str, list[TableRow]], dict[str, list[str]]]:
        """What has to be written, by table: rows that differ from those there, and ids that go."""
        upserts: dict[str, list[TableRow]] = {}
        deletes: dict[str, list[str]] = {}
        for (table, row_id), (row, _) in self.plan.upserts.items():
            if self._there(table, row_id) != row:
                upserts.setdefault(table, []).append(row)
        for table, row_id in self.plan.deletes:
            if (table, row_id) not in self.plan.upserts:
                deletes.setdefault(table, []).append(row_id)
        return upserts, deletes

    # --- one row ---------------------------------------------------------------------------------------------------

    def _draft(self, values: Values) -> Draft:
        draft = Draft()
        if "watch" in values:
            self._draft_watch(values, draft)
            return draft
        vehicle = self._vehicle_id(values)
        cards = _texts(values, "card")
        if not vehicle and not cards:
            raise RowFault(
                "plate", "a plate, a card or a vehicle_id", "a row without any", "fill one in or take it out"
            )
        draft.subject = vehicle or cards[0]
        unit = str(values.get("unit", ""))
        if unit and not self._known("units", unit):
            draft.rows["units", unit] = {"id": unit, "owner": self._owner(values, vehicle, cards, draft)}
        group = self._group(values)
        if vehicle:
            self._draft_vehicle(values, vehicle, group, draft)
        for card in cards:
            self._draft_card(values, card, vehicle, group, draft)
        if vehicle and "card" in values:
            self._unbind(vehicle, cards, draft)
        if any(values.get(name) not in (None, "") for name in RIGHT_FIELDS):
            self._draft_right(values, vehicle, group, draft)
        return draft

    def _draft_watch(self, values: Values, draft: Draft) -> None:
        value = str(values["watch"])
        if not value:
            raise RowFault("watch", "a plate or a card", "an empty cell", "fill it in or take the row out")
        there = self._find("watch", "value", value)
        row = _laid(
            there[0] if there else {"id": short_id(f"watch:{value}"), "value": value}, values, {"reason": "reason"}
        )
        draft.subject, draft.is_new = value, not there
        draft.rows["watch", str(row["id"])] = row

    def _vehicle_id(self, values: Values) -> str:
        if given := str(values.get("vehicle_id", "")):
            return given
        plates = _texts(values, "plate")
        found = {str(row["vehicle"]): plate for plate in plates for row in self._rows("plates", "plate", plate)}
        if len(found) > 1:
            raise RowFault(
                "plate", "plates of one vehicle", f"{' and '.join(found.values())}, of two", "give vehicle_id"
            )
        if found:
            return next(iter(found))
        return short_id(f"v:{plates[0]}") if plates else ""

    def _group(self, values: Values) -> str | None:
        """Whose presence counts; None where the sheet says nothing of it."""
        if values.get("group"):
            return str(values["group"])
        if values.get("space") and values.get("right_of") not in ("vehicle", "card"):
            return short_id(f"space:{values['space']}")
        return "" if "group" in values else None

    def _owner(self, values: Values, vehicle: str, cards: Sequence[str], draft: Draft) -> str:
        """The id of the owner that the row names; the one there is kept as long as the name is the same."""
        name = str(values.get("owner", ""))
        if not name:
            return ""
        there = [str(row["owner"]) for row in self._find("vehicles", "id", vehicle)] if vehicle else []
        there += [str(row["holder"]) for card in cards for row in self._find("cards", "card", card)]
        if unit := str(values.get("unit", "")):
            there += [str(row["owner"]) for row in self._find("vehicles", "unit", unit)]
        same = [
            owner for owner in there if owner and any(row["name"] == name for row in self._find("owners", "id", owner))
        ]
        owner = same[0] if same else self._new_owner(str(values.get("unit", "")), name)
        base = self._known("owners", owner) or {"id": owner}
        draft.rows["owners", owner] = _laid(base, values, {"name": "owner", "phone": "phone"})
        return owner

    def _new_owner(self, unit: str, name: str) -> str:
        """An id for somebody new, the same for every row of this sheet that means them.

        It is drawn, not made of the name: ids stand in the log, where a name could never be erased.
        """
        return self._new_owners.setdefault((unit, name), f"o:{token_hex(8)}")

    def _draft_vehicle(self, values: Values, vehicle: str, group: str | None, draft: Draft) -> None:
        there = self._known("vehicles", vehicle)
        draft.is_new = not self._there("vehicles", vehicle)
        row = _laid(
            there or {"id": vehicle}, values, {"unit": "unit", "vehicle_class": "vehicle_class", "note": "note"}
        )
        if row.get("vehicle_class") == "":
            del row["vehicle_class"]
        if "owner" in values:
            row["owner"] = self._owner(values, vehicle, (), draft)
        if group is not None:
            row["grp"] = group
        draft.rows["vehicles", vehicle] = row
        if "plate" in values:
            self._draft_plates(values, vehicle, draft)

    def _draft_plates(self, values: Values, vehicle: str, draft: Draft) -> None:
        plates, colors = _texts(values, "plate"), _texts(values, "plate_color")
        if len(colors) not in (0, 1, len(plates)):
            raise RowFault(
                "plate_color", "one colour, or one for each plate", f"{len(colors)} for {len(plates)} plates"
            )
        for index, plate in enumerate(plates):
            there = next(iter(self._rows("plates", "plate", plate)), None)
            color = PlateColor(colors[index % len(colors)]) if colors else PlateColor.OTHER
            if there and "plate_color" not in values:
                color = PlateColor(str(there["color"]))
            kind = classify(plate, color, self._locale.region).kind
            if there and there["color"] == color.value and kind is PlateKind.UNKNOWN:
                kind = PlateKind(str(there["kind"]))
            row_id = str(there["id"]) if there else short_id(f"p:{plate}")
            draft.rows["plates", row_id] = {
                "id": row_id, "vehicle": vehicle, "plate": plate, "kind": kind.value, "color": color.value,
            }  # fmt: skip
        for row in self._find("plates", "vehicle", vehicle):
            if row["plate"] not in plates:
                draft.deletes.add(("plates", str(row["id"])))

    def _draft_card(self, values: Values, card: str, vehicle: str, group: str | None, draft: Draft) -> None:
        there = next(iter(self._rows("cards", "card", card)), None)
        draft.is_new = draft.is_new or (not vehicle and not self._find("cards", "card", card))
        base = there or {"id": short_id(f"c:{card}"), "card": card}
        names = {"state": "card_state", "valid_from": "card_valid_from", "valid_to": "card_valid_to"}
        row = _laid(base, values, names)
        if "owner" in values and not (vehicle and there):
            row["holder"] = self._owner(values, vehicle, (card,), draft)
        if group is not None and not vehicle:
            row["grp"] = group
        draft.rows["cards", str(row["id"])] = row
        if vehicle:
            bound = [each for each in self._find("card_vehicles", "card", str(row["id"])) if each["vehicle"] == vehicle]
            row_id = str(bound[0]["id"]) if bound else short_id(f"b:{card}:{vehicle}")
            draft.rows["card_vehicles", row_id] = {"id": row_id, "card": row["id"], "vehicle": vehicle}

    def _unbind(self, vehicle: str, cards: Sequence[str], draft: Draft) -> None:
        kept = {str(row["id"]) for card in cards for row in self._rows("cards", "card", card)}
        for bound in self._find("card_vehicles", "vehicle", vehicle):
            if bound["card"] not in kept:
                draft.deletes.add(("card_vehicles", str(bound["id"])))

    def _draft_right(self, values: Values, vehicle: str, group: str | None, draft: Draft) -> None:
        kind = str(values.get("right") or ("lease" if values.get("space") else "pass"))
        table = RIGHT_TABLE[kind]
        of = str(values.get("right_of") or ("group" if kind == "lease" and group else "vehicle" if vehicle else "card"))
        card = next((str(row["id"]) for (name, _), row in draft.rows.items() if name == "cards"), "")
        owner = {"vehicle": vehicle, "card": card, "group": group or ""}[of]
        if not owner:
            raise RowFault("right_of", f"a {of} in this row", "none", "fill it in, or correct right_of")
        column = {"vehicle": "vehicle", "card": "card", "group": "grp"}[of]
        there = [
            row for row in self._find(table, column, owner) if of != "group" or not (row["vehicle"] or row["card"])
        ]
        right_id = str(values.get("right_id", ""))
        if not right_id and len(there) > 1:
            raise RowFault(
                "right_id", f"which of {len(there)} {table} is meant", "an empty cell", "fill in its right_id"
            )
        if not right_id:
            right_id = str(there[0]["id"]) if there else short_id(f"{kind}:{owner}")
        base = self._known(table, right_id) or {"id": right_id}
        names = {column.name: column.name for column in TABLES[table] if column.name in RIGHT_FIELDS}
        row = _laid(base, values, names)
        row[column] = owner
        draft.rows[table, right_id] = row
        draft.right = f"{table} {right_id}"

    # --- what is there, and what the rows before came to -----------------------------------------------------------

    def _there(self, table: str, row_id: str) -> TableRow | None:
        return next(iter(self._find(table, "id", row_id)), None)

    def _known(self, table: str, row_id: str) -> TableRow | None:
        planned = self.plan.upserts.get((table, row_id))
        return dict(planned[0]) if planned else self._there(table, row_id)

    def _rows(self, table: str, column: str, value: str) -> list[TableRow]:
        """Rows by a value as they will be: those of the registry that stay as they are, and planned ones by id."""
        prefix = {"plates": "p", "cards": "c"}[table]
        there = self._find(table, column, value)
        row_id = str(there[0]["id"]) if there else short_id(f"{prefix}:{value}")
        known = self._known(table, row_id)
        return [known] if known else []

    def _hold_against_others(self, number: int, draft: Draft, rows: Mapping[Key, TableRow]) -> None:
        earlier = self.plan.given.get((draft.subject, draft.right))
        if earlier:
            raise RowFault("row", "each vehicle, card and right once", f"the same as in row {earlier}", "take one out")
        for key, row in rows.items():
            planned = self.plan.upserts.get(key)
            if planned and planned[0] != row:
                column = next(name for name in row if row[name] != planned[0][name])
                raise RowFault(
                    column,
                    f"{planned[0][column]!r} as in row {planned[1]}, which is about the same one of {key[0]}",
                    repr(row[column]),
                    "make the two agree",
                )
        self.plan.given[draft.subject, draft.right] = number


def _texts(values: Values, name: str) -> tuple[str, ...]:
    found = values.get(name, ())
    return found if isinstance(found, tuple) else (str(found),) if found else ()


def _laid(base: Mapping[str, Value], values: Values, names: Mapping[str, str]) -> TableRow:
    """The row with those columns that the sheet has; an empty cell takes a column back to its default."""
    row = dict(base)
    for column, name in names.items():
        if name in values:
            value = values[name]
            assert not isinstance(value, tuple)
            if value == "":
                row.pop(column, None)
            else:
                row[column] = value
    return row
