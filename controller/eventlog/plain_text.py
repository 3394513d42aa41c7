"""JSON text as the log stores it: of what stands beside the chain, and, checked, of the bodies that the chain hashes.

What may stand in a body is said by `controller.domain.canonical`; here the same is only done faster, and a test holds
the two to the same bytes. States, facts and what was known come from the codec, which lets no float through.
"""

from json.encoder import JSONEncoder
from typing import Any

from controller.domain.canonical import INTEGER_LIMIT, NotCanonical, check_canonical
from controller.domain.events import Body

_encode = JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def plain_text(value: Any) -> str:
    """Sorted JSON without spaces. Raises NotCanonical for a lone surrogate, which no database text can hold."""
    text = _encode(value)
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise NotCanonical(
                f"a lone surrogate in a text: {text[max(0, error.start - 40) : error.start]!r}"
            ) from None
    return text


def body_text(body: Body) -> str:
    """Canonical JSON text of an event's body. Raises NotCanonical for what has no place in the log."""
    for key, value in body.items():
        if key not in _good_keys:
            check_canonical({key: None})
            if len(_good_keys) < _KEYS_REMEMBERED:
                _good_keys.add(key)
        kind = type(value)
        if kind is int:
            if not -INTEGER_LIMIT < value < INTEGER_LIMIT:
                check_canonical(value, f"$.{key}")
        elif kind is not str and kind is not bool and value is not None:
            check_canonical(value, f"$.{key}")
    return plain_text(body if type(body) is dict else dict(body))


_KEYS_REMEMBERED = 1_000
_good_keys: set[str] = set()
