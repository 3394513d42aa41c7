"""The indexed reads of a look-up, one statement each, and the core's values made of their rows.

No decision and no snapshot may be put here: `reader` holds the connection and asks these in its read transaction.
"""

from collections.abc import Sequence

from controller.domain.known import CardFile, Right, VehicleFile, WatchEntry
from controller.domain.registry_tables import TABLES, Value
from controller.domain.terms import PlateColor, PlateKind, RightKind, RightState
from controller.registry.overlay import RowValues

RIGHT_TABLES: dict[str, RightKind] = {
    "leases": RightKind.LEASE,
    "passes": RightKind.PASS,
    "permits": RightKind.PERMIT,
}
NAMES = {table: tuple(column.name for column in columns) for table, columns in TABLES.items()}
_RIGHT_NAMES = NAMES["passes"]
_BATCH = 16

# Enumerations by their text: a tenth of the time of calling the class.
_KINDS = {each.value: each for each in PlateKind}
_COLORS = {each.value: each for each in PlateColor}
_STATES = {each.value: each for each in RightState}


def select_by(table: str, column: str, count: int) -> str:
    """Rows of a table by values of an indexed column. `AND … <> ''` is what the partial index asks for."""
    marks = ", ".join("?" * count)
    return (
        f"SELECT {', '.join(NAMES[table])} FROM {table} WHERE {column} IN ({marks}) AND {column} <> '' ORDER BY id"
        if count > 1
        else f"SELECT {', '.join(NAMES[table])} FROM {table} WHERE {column} = ? AND {column} <> '' ORDER BY id"
    )


def padded(values: Sequence[str]) -> Sequence[str]:
    """The values, the last repeated up to the next of a few lengths, so that few statements need preparing."""
    if len(values) < 2:
        return values
    return [*values, *[values[-1]] * (-len(values) % _BATCH)]


def _rights_arms() -> str:
    columns = ", ".join(_RIGHT_NAMES)
    arms = []
    for table in RIGHT_TABLES:
        arms.append(f"SELECT '{table}', {columns} FROM {table} WHERE vehicle = :vehicle AND vehicle <> ''")
        arms.append(f"SELECT '{table}', {columns} FROM {table} WHERE card = :card AND card <> ''")
        arms.append(
            f"SELECT '{table}', {columns} FROM {table} WHERE grp = :grp AND grp <> '' AND vehicle = '' AND card = ''"
        )
    return " UNION ALL ".join(arms)


RIGHTS = _rights_arms()

VEHICLE_BY_PLATE = (
    "SELECT v.id, p.plate, p.kind, p.color, v.unit, v.grp, v.vehicle_class FROM plates p"
    " JOIN vehicles v ON v.id = p.vehicle WHERE p.plate = ? AND p.plate <> '' ORDER BY p.id"
)
# A card may be bound to a vehicle that has no plate yet, or whose file is gone: it is bound all the same (R5).
VEHICLES_OF_CARD = (
    "SELECT c.vehicle, coalesce(p.plate, ''), coalesce(p.kind, 'unknown'), coalesce(p.color, 'other'),"
    " coalesce(v.unit, ''), coalesce(v.grp, ''), coalesce(v.vehicle_class, 'small') FROM card_vehicles c"
    " LEFT JOIN vehicles v ON v.id = c.vehicle LEFT JOIN plates p ON p.vehicle = c.vehicle AND p.vehicle <> ''"
    " WHERE c.card = ? AND c.card <> '' ORDER BY c.vehicle, p.id"
)


def vehicle_file(values: RowValues) -> VehicleFile:
    """From id, plate, kind, colour, unit, group and class. A vehicle without a group of its own is its own group."""
    vehicle, plate, kind, color, unit, group, vehicle_class = values
    return VehicleFile(
        id=str(vehicle),
        plate=str(plate),
        kind=_KINDS[str(kind)],
        color=_COLORS[str(color)],
        unit=str(unit),
        group=str(group or vehicle),
        vehicle_class=str(vehicle_class),
    )


def card_file(row: RowValues, group: str, vehicles: tuple[str, ...]) -> CardFile:
    """From a row of `cards`."""
    identity, card, state, holder, _, valid_from, valid_to = row
    return CardFile(
        id=str(identity),
        card=str(card),
        state=_STATES[str(state)],
        holder=str(holder),
        group=group,
        vehicles=vehicles,
        valid_from=_time(valid_from),
        valid_to=_time(valid_to),
    )


def right(kind: RightKind, row: RowValues, group: str) -> Right:
    """From the columns that passes, permits, leases and codes share; `group` where the row has none of its own."""
    identity, _, _, own, state, start, end, days, hours, lots, spaces, holidays, purpose, grace = row[:14]
    return Right(
        id=str(identity),
        kind=kind,
        state=_STATES[str(state)],
        group=str(own or group),
        valid_from=_time(start),
        valid_to=_time(end),
        days=_number(days),
        hours=tuple(str(hours).split(",")) if hours else (),
        lots=tuple(str(lots).split(",")) if lots else (),
        spaces=_number(spaces),
        holidays=bool(holidays),
        purpose=str(purpose),
        grace_days=_number(grace),
    )


def watch_entry(row: RowValues) -> WatchEntry:
    """From a row of `watch`."""
    return WatchEntry(id=str(row[0]), value=str(row[1]), reason=str(row[2]))


def _time(value: Value) -> int | None:
    assert value is None or isinstance(value, int)
    return value


def _number(value: Value) -> int:
    assert isinstance(value, int)
    return value
