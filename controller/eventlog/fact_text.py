"""Facts as they stand in `causes`: flat JSON with the fact's name under `type`, and personal texts as digests only.

No database may be put here.
"""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from inspect import isclass
from typing import Any

from controller.domain import facts
from controller.domain.codec import CodecError, from_plain, to_plain
from controller.domain.facts import Fact, PersonalText
from controller.eventlog.plain_text import plain_text

FACTS: dict[str, type[Fact]] = {
    name: found for name, found in vars(facts).items() if isclass(found) and issubclass(found, Fact)
}


def fact_text(fact: Fact) -> str:
    """JSON of a fact without the clear text of what is personal."""
    hidden: dict[str, Any] = {name: PersonalText(digest=each.digest) for name, each in _personal(fact)}
    plain = to_plain(replace(fact, **hidden) if hidden else fact)
    return plain_text({**plain, "type": type(fact).__name__})


def fact_of(text: str) -> Fact:
    """The fact of a text. Raises CodecError when it is none that this program knows."""
    try:
        plain = json.loads(text)
    except ValueError as error:
        raise CodecError(f"fact: not JSON: {error}") from None
    kind = FACTS.get(plain.pop("type", "")) if isinstance(plain, dict) else None
    if kind is None:
        raise CodecError(f"fact: of no kind that this program knows: {text[:80]}")
    return from_plain(kind, plain)


def personal_texts(fact: Fact) -> list[PersonalText]:
    """The personal texts of a fact that still have their clear text."""
    return [each for _, each in _personal(fact) if each.clear]


def _personal(fact: Fact) -> Iterator[tuple[str, PersonalText]]:
    for each in fields(fact):
        value = getattr(fact, each.name)
        if isinstance(value, PersonalText):
            yield each.name, value
