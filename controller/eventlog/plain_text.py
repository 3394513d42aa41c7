"""JSON text of what stands beside the chain: states, views, facts and what was known. Sorted, so that it compares.

What the chain hashes is made by `controller.domain.canonical`; this text is never hashed, and its values come from the
codec, which lets no float through.
"""

from json.encoder import JSONEncoder
from typing import Any

from controller.domain.canonical import NotCanonical

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
