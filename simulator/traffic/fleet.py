"""The vehicles and people that traffic draws from, read from a CSV file.

No right, pass or rule may be kept here: `who` only says which drawer somebody is in, so that a script can ask for one.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from simulator.physics.vehicle import Vehicle
from simulator.yaml_file import FileError

COLUMNS = ("vehicle", "plate", "plate_kind", "plate_color", "card", "who", "body", "paint", "length_m")
NEEDED = ("vehicle", "plate", "card", "who")
LENGTHS_M = {"car": 4.5, "suv": 4.8, "van": 5.2, "truck": 7.0, "bus": 9.0}
PAINTS = ("white", "silver", "black", "red", "blue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One vehicle with the card its driver carries ("" for none), or a person on foot (`plate` is "")."""

    vehicle: Vehicle
    card: str
    who: str


class Fleet:
    """All members, in the order of the file."""

    def __init__(self, members: list[Member]) -> None:
        self.members = members
        self._by_id = {each.vehicle.id: each for each in members}

    def find(self, vehicle_id: str) -> Member | None:
        """The member of that id."""
        return self._by_id.get(vehicle_id)

    def of(self, who: str) -> list[Member]:
        """Everybody in one drawer."""
        return [each for each in self.members if each.who == who]


def load_fleet(path: Path) -> Fleet:
    """Read the file. Raises FileError with the line of the first mistake."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
            if missing:
                raise FileError(f"{path}:1: {missing[0]}: this column is missing; known are {', '.join(COLUMNS)}")
            members = [_member(path, rows.line_num, row) for row in rows]
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None
    doubled = _first_doubled([each.vehicle.id for each in members])
    if doubled:
        raise FileError(f"{path}: vehicle: {doubled!r} stands in it twice")
    return Fleet(members)


def _member(path: Path, line: int, row: dict[str, str | None]) -> Member:
    def text(name: str, default: str = "") -> str:
        return (row.get(name) or "").strip() or default

    vehicle_id, body = text("vehicle"), text("body", "car")
    if not vehicle_id:
        raise FileError(f"{path}:{line}: vehicle: expected an id, got nothing")
    if body not in LENGTHS_M:
        raise FileError(f"{path}:{line}: body: expected one of {', '.join(LENGTHS_M)}, got {body!r}")
    try:
        length_m = float(text("length_m", str(LENGTHS_M[body])))
    except ValueError:
        raise FileError(f"{path}:{line}: length_m: expected metres, got {text('length_m')!r}") from None
    if not 2.0 <= length_m <= 14.0:
        raise FileError(f"{path}:{line}: length_m: expected 2 to 14 metres, got {length_m:g}")
    return Member(
        vehicle=Vehicle(
            id=vehicle_id,
            plate=text("plate"),
            plate_kind=text("plate_kind", "small"),
            plate_color=text("plate_color", "blue"),
            body=body,
            paint=text("paint", PAINTS[sum(vehicle_id.encode()) % len(PAINTS)]),
            length_m=length_m,
        ),
        card=text("card"),
        who=text("who", "resident"),
    )


def _first_doubled(ids: list[str]) -> str:
    seen: set[str] = set()
    for each in ids:
        if each in seen:
            return each
        seen.add(each)
    return ""
