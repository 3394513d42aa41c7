"""What the log knows for a decision: open stays, last entry and exit of a group, how many are inside, orders seen.

Reads only, by index; nothing is decided here.
"""

import sqlite3
from dataclasses import replace
from typing import Any

from controller.domain.known import PERSON, Asked, Known, OpenStay, VehicleFile
from controller.eventlog.projections import UNPROVEN
from controller.eventlog.timetext import us_of

_OPEN = "SELECT id, grp, plate, vehicle, entry_lane, entry_at, temporary, card FROM stays"
_STAYS_LIMIT = 64

VEHICLES_INSIDE = f"exit_at IS NULL AND (grp IS NULL OR substr(grp, 1, {len(PERSON)}) != '{PERSON}')"
"""The open stays that take a space: not those of people on foot."""

NOTHING_ASKED = Asked()


def with_stays(connection: sqlite3.Connection, known: Known, asked: Asked) -> Known:
    """`known` with what the log adds for what was asked; a stay's `since` is the time its entry was recorded.

    Who asks for nothing gets nothing. Somebody on foot is counted in no lot.
    """
    if asked == NOTHING_ASKED:
        return known
    groups = _groups(known, asked)
    return replace(
        known,
        stays=_open_stays(connection, known, asked, groups),
        last_exit=_latest(connection, "exit_at", groups),
        last_entry=_latest(connection, "entry_at", groups),
        inside=count_inside(connection),
        order_seen=_order_seen(connection, asked.order_id),
    )


def _groups(known: Known, asked: Asked) -> set[str]:
    """Every group concerned: of the vehicle, the card, the vehicles bound to it, and the rights of each."""
    found = {asked.group, *(vehicle.group for vehicle in _vehicles(known))}
    found.update(right.group for right in (*known.vehicle_rights, *known.card_rights, *known.code_rights))
    if known.card is not None:
        found.add(known.card.group)
    return found - {""}


def _vehicles(known: Known) -> list[VehicleFile]:
    own = [known.vehicle] if known.vehicle is not None else []
    return [*own, *known.card_vehicles, *(miss.vehicle for miss in known.near)]


def _open_stays(connection: sqlite3.Connection, known: Known, asked: Asked, groups: set[str]) -> tuple[OpenStay, ...]:
    vehicles = _vehicles(known)
    wanted = {
        "grp": groups,
        "plate": {asked.plate, asked.stay_plate, *(vehicle.plate for vehicle in vehicles)} - {""},
        "vehicle": {asked.vehicle, *(vehicle.id for vehicle in vehicles)} - {""},
        "card": {asked.card} - {""},
    }
    rows = {}
    for column, values in wanted.items():
        # by name: the planner, which has no figures, would read the whole history of a group instead
        where = f"INDEXED BY stays_open_{column} WHERE exit_at IS NULL AND {column} = ?"
        question = f"{_OPEN} {where} ORDER BY entry_at LIMIT {_STAYS_LIMIT}"
        for value in values:
            rows.update({row[0]: row for row in connection.execute(question, (value,))})
    in_order = sorted(rows.values(), key=lambda row: (row[5] or "", row[0]))
    return tuple(_open_stay(row) for row in in_order)


def _open_stay(row: tuple[Any, ...]) -> OpenStay:
    stay, group, plate, vehicle, lane, since, temporary, card = row
    return OpenStay(
        stay=stay,
        group=group or "",
        plate=plate or "",
        vehicle=vehicle or "",
        lane=lane or "",
        since=us_of(since) if since else 0,
        temporary=bool(temporary),
        card=card or "",
    )


def _latest(connection: sqlite3.Connection, column: str, groups: set[str]) -> int | None:
    times = []
    for group in groups:
        question = f"SELECT max({column}) FROM stays WHERE grp = ?"  # noqa: S608 - one of two names of ours
        (latest,) = connection.execute(question, (group,)).fetchone()
        if latest is not None:
            times.append(us_of(latest))
    return max(times, default=None)


def count_inside(connection: sqlite3.Connection) -> int:
    """How many vehicles are inside."""
    question = f"SELECT count(*) FROM stays INDEXED BY stays_open_grp WHERE {VEHICLES_INSIDE}"  # noqa: S608
    (count,) = connection.execute(question).fetchone()
    return int(count)


def _order_seen(connection: sqlite3.Connection, order_id: str) -> str:
    """The stored result of an order; an order that nobody is known to have signed does not count as seen."""
    if not order_id:
        return ""
    row = connection.execute("SELECT result, reason FROM orders WHERE id = ?", (order_id,)).fetchone()
    return "" if row is None or row[1] in UNPROVEN else str(row[0])
