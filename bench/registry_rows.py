"""The rows of a big registry: every vehicle with a plate, a pass and a card, every thousandth plate watched.

Nothing is measured here.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from controller.domain.registry_tables import full_row
from controller.registry.store import FullRow, RegistryWriter, Version

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
PROVINCES = "粤京沪湘"
US = 1_767_225_600_000_000  # 2026-01-01
CENTURY_US = 100 * 365 * 24 * 3600 * 1_000_000


def plate(number: int) -> str:
    """A plate of its own for every number below 9,600,000."""
    rest, serial = divmod(number, 100_000)
    return f"{PROVINCES[rest // 24 % 4]}{LETTERS[rest % 24]}{serial:05}"


def rows(size: int) -> Iterator[tuple[str, Iterator[FullRow]]]:
    """Every table's rows, made one at a time."""
    every = range(size)
    make: dict[str, Callable[[int], dict[str, object]]] = {
        "vehicles": lambda n: {"id": f"v{n:07}", "unit": f"{n // 400}-{n % 400}"},
        "plates": lambda n: {
            "id": f"p{n:07}", "vehicle": f"v{n:07}", "plate": plate(n), "kind": "small", "color": "blue",
        },
        "cards": lambda n: {"id": f"c{n:07}", "card": f"34:{n // 65536}:{n % 65536}"},
        "card_vehicles": lambda n: {"id": f"b{n:07}", "card": f"c{n:07}", "vehicle": f"v{n:07}"},
        "passes": lambda n: {"id": f"s{n:07}", "vehicle": f"v{n:07}", "valid_from": US, "valid_to": US + CENTURY_US},
        "watch": lambda n: {"id": f"w{n:07}", "value": plate(n), "reason": "forced"},
    }  # fmt: skip
    for table, row in make.items():
        numbers = every if table != "watch" else range(0, size, 1000)
        yield table, (full_row(table, row(number)) for number in numbers)


def fill(path: Path, size: int) -> None:
    """Fill an empty registry, hash and indexes included."""
    with RegistryWriter(path) as writer, writer.transaction():
        for table, each in rows(size):
            writer.upsert(table, each)
        writer.put_version(Version(1, writer.hash(), US, US))
