"""What `gatehouse plate read` prints of a file: a JSON object that others rely on, or words for people. No reading."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.camera.recogniser import Plate


@dataclass(frozen=True, slots=True)
class Seen:
    """A plate with, in a video, the number of looks that saw it and when it was first, best and last seen."""

    plate: Plate
    frames: int = 0
    first_ms: float = 0.0
    best_ms: float = 0.0
    last_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """All that was read of one file, best first. `frames` is 0 for a picture; times are summed over a video's looks."""

    file: Path
    plates: tuple[Seen, ...]
    ms: float
    decode_ms: float
    frames: int = 0


def as_object(read: FileRead) -> dict[str, Any]:
    """The line that others rely on; `margins`, `corners`, `rows` and the times are beyond what is promised."""
    found: dict[str, Any] = {
        "file": printable(read.file),
        "plates": [_plate(seen) for seen in read.plates],
        "ms": round(read.ms, 1),
        "decode_ms": round(read.decode_ms, 1),
    }
    return found | ({"frames": read.frames} if read.frames else {})


def _plate(seen: Seen) -> dict[str, Any]:
    plate = seen.plate
    found: dict[str, Any] = {
        "text": plate.text,
        "kind": plate.kind,
        "color": plate.color,
        "confidence": round(plate.confidence, 3),
        "box": list(plate.box),
        "corners": [[round(x, 1), round(y, 1)] for x, y in plate.corners],
        "rows": plate.rows,
        "margins": [slot.margin for slot in plate.slots],
    }
    if seen.frames:
        times = {"first_ms": seen.first_ms, "at_ms": seen.best_ms, "last_ms": seen.last_ms}
        found |= {"frames": seen.frames} | {name: round(value) for name, value in times.items()}
    return found


def as_words(read: FileRead) -> list[str]:
    """A line for each plate, or one that says that there is none."""
    name, took = printable(read.file), f"({read.ms:.0f} ms)"
    looks = f" in {counted(read.frames)}" if read.frames else ""
    if not read.plates:
        return [f"{name}: no plate{looks} {took}"]
    return [f"{name}: {_words(seen)}  {took}" for seen in read.plates]


def _words(seen: Seen) -> str:
    plate = seen.plate
    where = ",".join(map(str, plate.box))
    when = f"  at {seen.best_ms / 1000:.1f} s, in {counted(seen.frames)}" if seen.frames else ""
    return f"{plate.text}  {plate.kind} {plate.color}  confidence {plate.confidence:.2f}  at {where}{when}"


def counted(pictures: int) -> str:
    """So many pictures, in words."""
    return f"{pictures} picture{'' if pictures == 1 else 's'}"


def printable(file: Path) -> str:
    """A file's name that cannot break a line or a terminal."""
    return "".join(char if char.isprintable() else "?" for char in str(file))
