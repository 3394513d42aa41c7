"""One thing that is not as it must be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """`rule` is a short stable name, `words` say what was expected and what was found; `t` in seconds since 1970."""

    rule: str
    words: str
    box: str = ""
    lane: str = ""
    t: float = 0.0
