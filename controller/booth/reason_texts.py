"""A reason in plain words: the core's own reasons from the domain's table, the guard's from this page's.

No text may be put here.
"""

from controller.booth.texts import TABLE, text
from controller.domain.reasons import Reason
from controller.domain.texts import why

CORE = frozenset(reason.value for reason in Reason)


def reason_text(language: str, reason: str) -> str:
    """The words for why the lane answered so; a reason newer than the tables is shown as it stands."""
    return why(reason, language) if reason in CORE else ground_text(language, reason)


def ground_text(language: str, reason: str) -> str:
    """The words for what a person gave as the ground of an order, else the core's for the same code."""
    if f"why.{reason}" in TABLE:
        return text(language, f"why.{reason}")
    return why(reason, language) if reason in CORE else reason
