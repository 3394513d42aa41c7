"""Vehicles and people of the demo: who is registered, who is not, and with which plate and card. Seeded, repeatable.

Two tables come out: one for the registry's import, one for the simulator's fleet. No traffic may be put here.
"""

import csv
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

REGISTERED = 300
STRANGERS = 40
PEOPLE = 40
DIGITS = "0123456789"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
PROVINCES = "粤" * 12 + "湘赣桂闽鄂皖浙苏京沪豫川渝黑"
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = ("伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "涛", "明", "超", "霞", "平")
REGISTRY_COLUMNS = (
    "plate", "plate_color", "vehicle_id", "unit", "owner", "card", "card_state", "right", "right_of", "valid_to",
)  # fmt: skip
FLEET_COLUMNS = ("vehicle", "plate", "plate_kind", "plate_color", "card", "who", "body", "paint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One vehicle, or one person on foot (no plate). `who` is the simulator's drawer."""

    id: str
    who: str
    plate: str = ""
    kind: str = ""
    color: str = ""
    card: str = ""
    unit: str = ""
    owner: str = ""
    card_state: str = "active"
    body: str = "car"
    paint: str = "white"


def members(seed: int) -> list[Member]:
    """Residents with pass and card, some whose card is lost or whose pass has ended, strangers, people."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable demo, no secret
    plates: set[str] = set()
    residents = [_resident(chance, number, plates) for number in range(1, REGISTERED + 1)]
    strangers = [
        Member(id=f"s{number:03d}", who="stranger", **_look(chance, plates)) for number in range(1, STRANGERS + 1)
    ]
    people = [
        Member(
            id=f"p{number:03d}",
            who="person",
            card=f"26:7:{40_000 + number}",
            unit=_unit(chance),
            owner=_name(chance),
        )
        for number in range(1, PEOPLE + 1)
    ]
    return [*residents, *strangers, *people]


def _resident(chance: random.Random, number: int, plates: set[str]) -> Member:
    who = "lost" if number % 50 == 0 else "expired" if number % 50 == 1 else "resident"
    return Member(
        id=f"v{number:03d}",
        who=who,
        card=f"26:{chance.randrange(1, 255)}:{10_000 + number}",
        card_state="lost" if who == "lost" else "active",
        unit=_unit(chance),
        owner=_name(chance),
        **_look(chance, plates),
    )


def _look(chance: random.Random, plates: set[str]) -> dict[str, str]:
    """A plate that is not like another one, and a body for it."""
    while True:
        electric = chance.random() < 0.3
        plate = _electric_plate(chance) if electric else _plate(chance)
        if not any(_differs_in_at_most_one(plate, other) for other in plates):
            plates.add(plate)
            return {
                "plate": plate,
                "kind": "nev_small" if electric else "small",
                "color": "green" if electric else "blue",
                "body": chance.choice(("car", "car", "suv", "van")),
                "paint": chance.choice(("white", "silver", "black", "red", "blue")),
            }


def _plate(chance: random.Random) -> str:
    serial = [chance.choice(DIGITS) for _ in range(5)]
    for place in chance.sample(range(5), chance.randrange(3)):
        serial[place] = chance.choice(LETTERS)
    return chance.choice(PROVINCES) + chance.choice("ABCDE") + "".join(serial)


def _electric_plate(chance: random.Random) -> str:
    tail = "".join(chance.choice(DIGITS) for _ in range(5))
    return chance.choice(PROVINCES) + chance.choice("ABCDE") + chance.choice("DF") + tail


def _differs_in_at_most_one(one: str, other: str) -> bool:
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) <= 1


def _unit(chance: random.Random) -> str:
    return f"{chance.randrange(1, 19)}-{chance.randrange(1, 33)}{chance.randrange(1, 5):02d}"


def _name(chance: random.Random) -> str:
    return chance.choice(SURNAMES) + chance.choice(GIVEN)


def write_registry(file: Path, everybody: Sequence[Member]) -> None:
    """The sheet that `gatehouse registry import` reads."""
    rows = (
        {
            "plate": each.plate,
            "plate_color": each.color,
            "vehicle_id": each.id if each.plate else "",
            "unit": each.unit,
            "owner": each.owner,
            "card": each.card,
            "card_state": each.card_state,
            "right": "pass",
            "right_of": "card" if each.who in {"lost", "person"} else "vehicle",
            "valid_to": "2020-12-31" if each.who == "expired" else "2099-12-31",
        }
        for each in everybody
        if each.who != "stranger"
    )
    _write(file, REGISTRY_COLUMNS, rows)


def write_fleet(file: Path, everybody: Sequence[Member]) -> None:
    """The table from which the simulator draws."""
    rows = (
        {
            "vehicle": each.id,
            "plate": each.plate,
            "plate_kind": each.kind,
            "plate_color": each.color,
            "card": each.card,
            "who": each.who,
            "body": each.body,
            "paint": each.paint,
        }
        for each in everybody
    )
    _write(file, FLEET_COLUMNS, rows)


def _write(file: Path, columns: tuple[str, ...], rows: Iterable[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns)
        writer.writeheader()
        writer.writerows(rows)
