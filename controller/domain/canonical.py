"""Canonical JSON: the one text of a value, for hashes and signatures (contract, "Events" and "orders").

Keys sorted, no spaces, UTF-8, no escapes beyond JSON's own; strings, integers below 2^53, booleans, null, lists and
mappings only. Pure.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

INTEGER_LIMIT = 2**53
_KEY = re.compile(r"[a-z0-9_]+\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")


class NotCanonical(ValueError):
    """A value that may not be hashed or signed: says where it stands and what is wrong with it."""


def canonical_json(value: Any, *, any_keys: bool = False) -> bytes:
    """The canonical UTF-8 text of a value. Raises NotCanonical.

    Keys must be `[a-z0-9_]+` unless `any_keys` says that they come from elsewhere.
    """
    check_canonical(value, any_keys=any_keys)
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True).encode()


def check_canonical(value: Any, path: str = "$", *, any_keys: bool = False) -> None:
    """Raise NotCanonical, with the path, for the first thing that canonical JSON has no place for."""
    match value:
        case None | bool():
            return
        case str():
            if _SURROGATE.search(value):
                raise NotCanonical(f"{path}: a lone surrogate in a text")
        case int():
            if not -INTEGER_LIMIT < value < INTEGER_LIMIT:
                raise NotCanonical(f"{path}: {value} is not below 2^53")
        case Mapping():
            for key, item in value.items():
                _check_key(key, path, any_keys=any_keys)
                check_canonical(item, f"{path}.{key}", any_keys=any_keys)
        case list() | tuple():
            for index, item in enumerate(value):
                check_canonical(item, f"{path}[{index}]", any_keys=any_keys)
        case _:
            raise NotCanonical(f"{path}: {type(value).__name__} is not allowed")


def _check_key(key: Any, path: str, *, any_keys: bool) -> None:
    if not isinstance(key, str) or not (any_keys or _KEY.match(key)) or _SURROGATE.search(key):
        raise NotCanonical(f"{path}: key {key!r} is not of [a-z0-9_]+")
