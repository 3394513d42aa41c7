"""Values of the core to plain JSON values and back, by their types.

For dataclasses, enums, tuples, optionals, strings, integers and booleans; every dataclass becomes a mapping of its
fields. Fields equal to their default are left out, so that the log stays small and old logs stay readable. Floats are
refused: the log has none.
"""

import types
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


class CodecError(ValueError):
    """A value that does not fit its type; says which field, what was expected, and what came."""


def to_plain(value: Any) -> Any:
    """JSON value of a core value. Raises CodecError for a float or a type that the codec does not know."""
    if value is None or (isinstance(value, (bool, int)) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value
    if isinstance(value, (tuple, list)):
        return [to_plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {
            name: to_plain(item) for name, default in _fields(type(value)) if (item := getattr(value, name)) != default
        }
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    raise CodecError(f"cannot be put into the log: {type(value).__name__} {value!r}")


def from_plain(kind: type[T], plain: Any) -> T:
    """The core value of type `kind` from its JSON value. Raises CodecError with the path of the first misfit."""
    return _read(kind, plain, kind.__name__)  # type: ignore[no-any-return]


def _read(kind: Any, plain: Any, path: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _read_union(kind, plain, path)
    if origin is tuple:
        return _read_tuple(kind, plain, path)
    if origin is dict:
        value_kind = get_args(kind)[1]
        return {key: _read(value_kind, item, f"{path}.{key}") for key, item in _expect(dict, plain, path).items()}
    if is_dataclass(kind):
        return _read_dataclass(kind, plain, path)
    if isinstance(kind, type) and issubclass(kind, Enum):
        try:
            return kind(plain)
        except ValueError:
            raise CodecError(
                f"{path}: expected one of {', '.join(repr(m.value) for m in kind)}, got {plain!r}"
            ) from None
    return _expect(kind, plain, path)


def _read_union(kind: Any, plain: Any, path: str) -> Any:
    if plain is None:
        return None
    (inner,) = (arg for arg in get_args(kind) if arg is not type(None))
    return _read(inner, plain, path)


def _read_tuple(kind: Any, plain: Any, path: str) -> Any:
    inner = get_args(kind)
    items = _expect(list, plain, path)
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(_read(inner[0], item, f"{path}[{index}]") for index, item in enumerate(items))
    if len(items) != len(inner):
        raise CodecError(f"{path}: expected {len(inner)} items, got {len(items)}")
    return tuple(
        _read(each, item, f"{path}[{index}]") for index, (each, item) in enumerate(zip(inner, items, strict=True))
    )


def _read_dataclass(kind: Any, plain: Any, path: str) -> Any:
    given = _expect(dict, plain, path)
    hints = _hints(kind)
    unknown = sorted(set(given) - set(hints))
    if unknown:
        raise CodecError(f"{path}: unknown field {unknown[0]!r}")
    values = {name: _read(hints[name], item, f"{path}.{name}") for name, item in given.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise CodecError(f"{path}: {error}") from None


def _expect(kind: Any, plain: Any, path: str) -> Any:
    if not isinstance(plain, kind) or (kind is int and isinstance(plain, bool)):
        raise CodecError(f"{path}: expected {kind.__name__}, got {type(plain).__name__} {plain!r}")
    return plain


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


@cache
def _fields(kind: Any) -> tuple[tuple[str, Any], ...]:
    """Name and default of every field; a field without one has a default that equals nothing."""
    found = []
    for each in fields(kind):
        default = each.default_factory() if each.default_factory is not MISSING else each.default
        found.append((each.name, default))
    return tuple(found)
