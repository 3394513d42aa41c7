"""The hash chain: the canonical text of an event and the hash that ties it to the one before.

No database and no clock may be put here. Contract, "Events".
"""

from hashlib import sha256
from json.encoder import encode_basestring as _quoted

FIRST_PREV = "0" * 64


def event_text(
    *, actor: str, at: str, body: str, id: str, lane: str | None, passage: str | None, seq: int, type: str
) -> str:
    """The canonical text that is hashed, around a body that is canonical already.

    The text can be taken apart in one way only, because quotes inside strings are escaped; so a body that was changed
    to another spelling of the same value changes the hash as well.
    """
    return (
        f'{{"actor":{_quoted(actor)},"at":{_quoted(at)},"body":{body},"id":{_quoted(id)},'
        f'"lane":{"null" if lane is None else _quoted(lane)},'
        f'"passage":{"null" if passage is None else _quoted(passage)},"seq":{seq:d},"type":{_quoted(type)}}}'
    )


def chained_hash(prev: str, text: str) -> str:
    """Hash of an event: SHA-256 over the 64 characters of `prev` and the canonical text, lower-case hex."""
    return sha256((prev + text).encode("utf-8", "surrogatepass")).hexdigest()
