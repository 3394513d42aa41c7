"""A small estate as registry rows, and the messages by which a centre would send it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from controller.domain.registry_tables import full_row, registry_hash
from controller.registry.delta import apply_delta
from controller.registry.overlay import Overlay, no_overlay
from controller.registry.reader import RegistryReader
from controller.registry.store import RegistryWriter

Rows = dict[str, list[dict[str, Any]]]
HOUR_US = 3_600_000_000

ESTATE: Rows = {
    "owners": [{"id": "o1", "name": "王小明", "phone": "13800000000"}],
    "units": [{"id": "3-201", "name": "3 栋 201", "owner": "o1"}, {"id": "5-101"}],
    "vehicles": [
        {"id": "v1", "unit": "3-201", "owner": "o1"},
        {"id": "v2", "unit": "3-201", "grp": "space:B12"},
        {"id": "v3", "unit": "5-101", "grp": "space:B12"},
    ],
    "plates": [
        {"id": "p1", "vehicle": "v1", "plate": "粤B12345", "kind": "small", "color": "blue"},
        {"id": "p2", "vehicle": "v2", "plate": "粤BD12345", "kind": "nev_small", "color": "green"},
        {"id": "p3", "vehicle": "v3", "plate": "京A88888", "kind": "small", "color": "blue"},
        {"id": "p4", "vehicle": "v3", "plate": "京A8888挂", "kind": "trailer", "color": "yellow"},
    ],
    "cards": [
        {"id": "c1", "card": "26:123:45678", "holder": "o1"},
        {"id": "c2", "card": "34:1:2", "holder": "o1"},
        {"id": "c3", "card": "26:1:3", "state": "lost"},
    ],
    "card_vehicles": [{"id": "b1", "card": "c1", "vehicle": "v1"}, {"id": "b3", "card": "c3", "vehicle": "v3"}],
    "passes": [
        {
            "id": "s1",
            "vehicle": "v1",
            "valid_from": 1,
            "valid_to": 9,
            "hours": "07:00-19:00,22:00-23:00",
            "lots": "main",
        },
        {"id": "s2", "card": "c2", "purpose": "resident"},
    ],
    "leases": [{"id": "l1", "grp": "space:B12", "spaces": 1, "space": "B12"}],
    "permits": [{"id": "m1", "vehicle": "v3", "purpose": "contractor", "days": 31, "holidays": 0}],
    "codes": [{"id": "k1", "kind": "visitor_code", "value": "482915", "valid_to": 99, "purpose": "visit"}],
    "watch": [{"id": "w1", "value": "京A88888", "reason": "forced"}],
}


def snapshot(version: int, rows: Rows, absorbed: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"version": version, "upserts": rows, "absorbed": list(absorbed), "hash": registry_hash(rows)}


def delta(version: int, base: int, before: Rows, upserts: Rows, deletes: Mapping[str, list[str]] | None = None) -> Any:
    after = changed(before, upserts, deletes or {})
    return {
        "version": version,
        "base": base,
        "upserts": upserts,
        "deletes": dict(deletes or {}),
        "absorbed": [],
        "hash": registry_hash(after),
    }


def changed(before: Rows, upserts: Rows, deletes: Mapping[str, list[str]]) -> Rows:
    after: Rows = {}
    for table in {*before, *upserts}:
        rows = {row["id"]: row for row in before.get(table, [])}
        for row_id in deletes.get(table, ()):
            rows.pop(row_id, None)
        rows.update((row["id"], row) for row in upserts.get(table, ()))
        after[table] = list(rows.values())
    return after


def contents(writer: RegistryWriter) -> Rows:
    return {table: list(writer.rows(table)) for table in ESTATE}


def full(rows: Rows) -> Rows:
    return {
        table: sorted((full_row(table, row) for row in rows.get(table, [])), key=lambda row: str(row["id"]))
        for table in ESTATE
    }


@contextmanager
def filled(path: Path, rows: Rows | None = None, at_us: int = 0) -> Iterator[RegistryWriter]:
    with RegistryWriter(path) as writer:
        applied = apply_delta(writer, delta(1, 0, {}, ESTATE if rows is None else rows), at_us)
        assert applied.moved, applied.reason
        yield writer


@contextmanager
def reading(path: Path, overlay: Overlay = no_overlay) -> Iterator[RegistryReader]:
    reader = RegistryReader(path, overlay)
    try:
        yield reader
    finally:
        reader.close()
