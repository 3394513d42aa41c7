"""The lines that a camera's driver and its process send each other: one JSON object a line, bounded.

No pipe and no process may be put here. A line that is not understood raises `LineRefused` and nothing else.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

from drivers.readings import (
    Condition,
    DeviceCondition,
    NoPlateSeen,
    PictureMissed,
    PictureSaved,
    PlateSeen,
    Reading,
    Slot,
)

LINE_LIMIT = 64 * 1024
BOX_VALUES, FARTHEST = 4, 1_000_000
"""Values of a plate's place, and the largest: a hundred times the picture's width."""


class LineRefused(ValueError):
    """A line is longer than the limit, no JSON, or no message; the text says which and shows the start of it."""


@dataclass(frozen=True, slots=True)
class Beat:
    """The process lives and its loop goes round. `ready` once the recogniser is loaded."""

    ready: bool


@dataclass(frozen=True, slots=True)
class TakePicture:
    """Save the newest frame and say so under this request."""

    request: str


@dataclass(frozen=True, slots=True)
class ReadPlates:
    """Wake or rest recognition."""

    on: bool


@dataclass(frozen=True, slots=True)
class Stop:
    """End the process."""


Message = (
    Beat | TakePicture | ReadPlates | Stop | DeviceCondition | PictureSaved | PictureMissed | PlateSeen | NoPlateSeen
)
KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        Beat, TakePicture, ReadPlates, Stop, DeviceCondition, PictureSaved, PictureMissed, PlateSeen, NoPlateSeen,
    )
}  # fmt: skip
FIELDS: dict[str, dict[str, type[Any]]] = {
    "Beat": {"ready": bool},
    "TakePicture": {"request": str},
    "ReadPlates": {"on": bool},
    "Stop": {},
    "DeviceCondition": {"device": str, "origin_ns": int, "condition": str, "detail": str},
    "PictureSaved": {"device": str, "origin_ns": int, "request": str, "sha256": str, "width": int, "height": int},
    "PictureMissed": {"device": str, "origin_ns": int, "request": str, "detail": str},
    "PlateSeen": {
        "device": str, "origin_ns": int, "text": str, "raw": str, "kind": str, "color": str,
        "margin": int, "slots": list, "frames": int, "picture": str, "another": bool,
        "vehicle_color": str, "vehicle_color_confidence": int, "box": list,
    },
    "NoPlateSeen": {"device": str, "origin_ns": int, "frames": int, "picture": str},
}  # fmt: skip


def line_of(message: Message | Reading) -> bytes:
    """The message as a line with its end; LineRefused when it would be longer than the limit."""
    line = json.dumps({"say": type(message).__name__, **asdict(message)}, ensure_ascii=True).encode() + b"\n"
    if len(line) > LINE_LIMIT:
        raise LineRefused(f"a {type(message).__name__} of {len(line)} bytes, at most {LINE_LIMIT} are sent")
    return line


def message_of(line: bytes) -> Message:
    """The message in a line."""
    if len(line) > LINE_LIMIT:
        raise LineRefused(f"a line of {len(line)} bytes, expected at most {LINE_LIMIT}")
    try:
        body = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise LineRefused(f"no JSON: {line[:60]!r}") from error
    name = body.pop("say", None) if isinstance(body, dict) else None
    fields = FIELDS.get(name) if isinstance(name, str) else None
    if fields is None or set(body) != set(fields):
        raise LineRefused(f"no message of ours: {line[:60]!r}")
    for field, kind in fields.items():
        if type(body[field]) is not kind:
            raise LineRefused(f"{name}.{field}: expected {kind.__name__}, got {body[field]!r:.40}")
    return _made(str(name), body)


def _made(name: str, body: dict[str, Any]) -> Message:
    try:
        if name == "DeviceCondition":
            body["condition"] = Condition(body["condition"])
        elif name == "PlateSeen":
            body["slots"] = tuple(_slot(slot) for slot in body["slots"])
            body["box"] = _box(body["box"])
        message: Message = KINDS[name](**body)
    except (ValueError, TypeError, KeyError) as error:
        raise LineRefused(f"{name}: {error}") from error
    return message


def _slot(body: dict[str, Any]) -> Slot:
    slot = Slot(char=body["char"], margin=body["margin"], others=body["others"])
    if not isinstance(slot.char, str) or type(slot.margin) is not int or not isinstance(slot.others, str):
        raise ValueError(f"a slot of other types: {body!r:.60}")
    return slot


def _box(given: list[Any]) -> tuple[int, ...]:
    """Nothing, or x0, y0, x1, y1 with something between them."""
    if not given:
        return ()
    if all(type(value) is int and 0 <= value <= FARTHEST for value in given) and len(given) == BOX_VALUES:
        x0, y0, x1, y1 = given
        if x0 < x1 and y0 < y1:
            return x0, y0, x1, y1
    raise ValueError(f"box: expected nothing or x0, y0, x1, y1, got {given!r:.60}")


class LineBuffer:
    """Cuts a stream of bytes into lines; holds at most one line's limit."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The whole lines that are there now; LineRefused when a line has no end within the limit."""
        *lines, self._held = (self._held + data).split(b"\n")
        if len(self._held) > LINE_LIMIT:
            held, self._held = self._held, b""
            raise LineRefused(f"{len(held)} bytes without an end of line, expected at most {LINE_LIMIT}")
        return lines
