"""Reading what came over the wire: bytes from anybody to checked values, or one clear refusal.

A broker may carry anything (F20): size, depth, numbers, text and keys are checked before a value is used. Pure.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.domain.canonical import INTEGER_LIMIT, NotCanonical, check_canonical

PAYLOAD_LIMIT = 256_000
DEPTH_LIMIT = 12


class BadMessage(ValueError):
    """A payload that is not what its topic promises; says what was expected and what came."""


def parse_object(payload: bytes, limit: int = PAYLOAD_LIMIT) -> dict[str, Any]:
    """The JSON object of a payload: UTF-8, at most `limit` bytes, no doubled key, no NaN, no float, no deep nest."""
    if len(payload) > limit:
        raise BadMessage(f"payload of {len(payload)} bytes, at most {limit} are taken")
    if payload.count(b"[") + payload.count(b"{") > DEPTH_LIMIT and _depth(payload) > DEPTH_LIMIT:
        raise BadMessage(f"nested deeper than {DEPTH_LIMIT}")
    try:
        found = json.loads(
            payload.decode("utf-8"),
            parse_float=_refuse_float,
            parse_constant=_refuse_float,
            parse_int=_integer,
            object_pairs_hook=_without_doubles,
        )
    except UnicodeDecodeError as error:
        raise BadMessage(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise BadMessage(f"not JSON: {error.msg} at character {error.pos}") from None
    if not isinstance(found, dict):
        raise BadMessage(f"expected an object, got {type(found).__name__}")
    try:
        check_canonical(found, any_keys=True)
    except NotCanonical as error:  # a lone surrogate is escaped ASCII on the wire, and no database holds it
        raise BadMessage(str(error)) from None
    return found


def _depth(payload: bytes) -> int:
    """The deepest nesting of brackets outside texts; an upper bound on what the parser would recurse into."""
    deepest = depth = 0
    in_text = escaped = False
    for byte in payload:
        if in_text:
            in_text = escaped or byte != 0x22
            escaped = not escaped and byte == 0x5C
        elif byte == 0x22:
            in_text = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _refuse_float(text: str) -> Any:
    raise BadMessage(f"a number that is no integer: {text[:20]}")


def _integer(text: str) -> int:
    if len(text) > 17 or not -INTEGER_LIMIT < (number := int(text)) < INTEGER_LIMIT:
        raise BadMessage(f"an integer that is not below 2^53: {text[:20]}")
    return number


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise BadMessage(f"key {key[:40]!r} stands twice")
        found[key] = value
    return found


def text_of(message: Mapping[str, Any], key: str, limit: int = 200) -> str:
    """A text member. Raises BadMessage when it is missing, of another type, or longer than `limit`."""
    value = message.get(key)
    if not isinstance(value, str) or len(value) > limit:
        raise BadMessage(f"{key}: expected a text of at most {limit} characters, got {_brief(value)}")
    return value


def integer_of(message: Mapping[str, Any], key: str) -> int:
    """An integer member that is not negative. Raises BadMessage."""
    value = message.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadMessage(f"{key}: expected an integer from 0, got {_brief(value)}")
    return value


def _brief(value: Any) -> str:
    return "nothing" if value is None else f"{type(value).__name__} {str(value)[:40]!r}"


@dataclass(frozen=True, slots=True)
class Ack:
    """The centre has every event up to `upto`; `head` is the hash of that one."""

    upto: int
    head: str


def parse_ack(payload: bytes) -> Ack:
    """An acknowledgement. Raises BadMessage."""
    message = parse_object(payload)
    return Ack(integer_of(message, "upto"), text_of(message, "head", 64))
