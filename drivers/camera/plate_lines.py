"""What `gatehouse plate read` prints of a file: a JSON object that others rely on, or words for people. No reading."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drivers.camera.recogniser import Box, Plate


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
    """All that was read of one file, best first. `frames` is 0 for a picture; times are summed over a video's looks.
    `size` is the picture's width and height in pixels."""

    file: Path
    size: tuple[int, int]
    plates: tuple[Seen, ...]
    ms: float
    decode_ms: float
    frames: int = 0


def as_object(read: FileRead) -> dict[str, Any]:
    """What others rely on; `margins`, `corners`, `rows` and the times are beyond what is promised. The name is the one
    given, save for bytes of it that are no UTF-8."""
    found: dict[str, Any] = {
        "file": str(read.file).encode("utf-8", "replace").decode(),
        "plates": [_plate(seen, read.size) for seen in read.plates],
        "ms": round(read.ms, 1),
        "decode_ms": round(read.decode_ms, 1),
    }
    return found | ({"frames": read.frames} if read.frames else {})


def as_line(read: FileRead) -> str:
    """The object as one line of JSON; what could break a line or a terminal is escaped."""
    line = json.dumps(as_object(read), ensure_ascii=False)
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in line)


def _within(box: Box, size: tuple[int, int]) -> Box:
    """The part of the box that lies in the picture."""
    (x0, y0, x1, y1), (width, height) = box, size
    return min(max(0, x0), width), min(max(0, y0), height), min(max(0, x1), width), min(max(0, y1), height)


def _plate(seen: Seen, size: tuple[int, int]) -> dict[str, Any]:
    plate = seen.plate
    found: dict[str, Any] = {
        "text": plate.text,
        "kind": plate.kind,
        "color": plate.color,
        "confidence": round(plate.confidence, 3),
        "box": list(_within(plate.box, size)),
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
    return [f"{name}: {_words(seen, read.size)}  {took}" for seen in read.plates]


def _words(seen: Seen, size: tuple[int, int]) -> str:
    plate = seen.plate
    where = ",".join(map(str, _within(plate.box, size)))
    when = f"  at {seen.best_ms / 1000:.1f} s, in {counted(seen.frames)}" if seen.frames else ""
    return f"{plate.text}  {plate.kind} {plate.color}  confidence {plate.confidence:.2f}  at {where}{when}"


def counted(pictures: int) -> str:
    """So many pictures, in words."""
    return f"{pictures} picture{'' if pictures == 1 else 's'}"


def printable(file: Path) -> str:
    """A file's name that cannot break a line or a terminal."""
    return "".join(char if char.isprintable() else "?" for char in str(file))
