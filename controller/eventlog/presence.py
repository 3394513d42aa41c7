"""What the log knows for a decision: open stays, last entry and exit of a group, how many are inside, orders seen.

Reads only, by index; nothing is decided here.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace

from controller.domain.known import Asked, Known, OpenStay
from controller.eventlog.projections import UNPROVEN
from controller.eventlog.timetext import us_of

_OPEN = "SELECT id, grp, plate, vehicle, entry_lane, entry_at, temporary FROM stays WHERE exit_at IS NULL"
_STAYS_LIMIT = 64


def with_stays(connection: sqlite3.Connection, known: Known, asked: Asked) -> Known:
    """`known` with what the log adds for what was asked; a stay's `since` is the time its entry was recorded."""
    groups = _groups(known)
    plates = sorted({asked.plate, *(plate for plate in _plates(known))} - {""})
    last_exit = _latest(connection, "exit_at", groups)
    last_entry = _latest(connection, "entry_at", groups)
    return replace(
        known,
        stays=_open_stays(connection, groups, plates),
        last_exit=last_exit,
        last_entry=last_entry,
        inside=_count_inside(connection),
        order_seen=_order_seen(connection, asked.order_id),
    )


def _groups(known: Known) -> list[str]:
    """Every group concerned: of the vehicle, the card, the vehicles bound to it, and the rights of each."""
    vehicles = (*((known.vehicle,) if known.vehicle else ()), *known.card_vehicles)
    found = {vehicle.group for vehicle in vehicles}
    found.update(miss.vehicle.group for miss in known.near)
    found.update(right.group for right in (*known.vehicle_rights, *known.card_rights))
    if known.card is not None:
        found.add(known.card.group)
    return sorted(found - {""})


def _plates(known: Known) -> Iterable[str]:
    if known.vehicle is not None:
        yield known.vehicle.plate
    for vehicle in known.card_vehicles:
        yield vehicle.plate
    for miss in known.near:
        yield miss.vehicle.plate


def _open_stays(connection: sqlite3.Connection, groups: list[str], plates: list[str]) -> tuple[OpenStay, ...]:
    rows = {}
    for column, values in (("grp", groups), ("plate", plates)):
        for value in values:
            question = f"{_OPEN} AND {column} = ? ORDER BY entry_at LIMIT {_STAYS_LIMIT}"
            rows.update({row[0]: row for row in connection.execute(question, (value,))})
    return tuple(
        OpenStay(
            stay=stay,
            group=group or "",
            plate=plate or "",
            vehicle=vehicle or "",
            lane=lane or "",
            since=us_of(since) if since else 0,
            temporary=bool(temporary),
        )
        for stay, group, plate, vehicle, lane, since, temporary in sorted(
            rows.values(), key=lambda row: (row[5] or "", row[0])
        )
    )


def _latest(connection: sqlite3.Connection, column: str, groups: list[str]) -> int | None:
    times = []
    for group in groups:
        question = f"SELECT max({column}) FROM stays WHERE grp = ?"  # noqa: S608 - one of two names of ours
        (latest,) = connection.execute(question, (group,)).fetchone()
        if latest is not None:
            times.append(us_of(latest))
    return max(times, default=None)


def _count_inside(connection: sqlite3.Connection) -> int:
    (count,) = connection.execute("SELECT count(*) FROM stays WHERE exit_at IS NULL").fetchone()
    return int(count)


def _order_seen(connection: sqlite3.Connection, order_id: str) -> str:
    """The stored result of an order; an order that nobody is known to have signed does not count as seen."""
    if not order_id:
        return ""
    row = connection.execute("SELECT result, reason FROM orders WHERE id = ?", (order_id,)).fetchone()
    return "" if row is None or row[1] in UNPROVEN else str(row[0])
