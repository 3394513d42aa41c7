"""A reason in plain words: the core's own reasons from the domain's table, the guard's from this page's.

No text may be put here.
"""

from controller.booth.texts import TABLE, text


def reason_text(language: str, reason: str) -> str:
    """The words for a reason; a reason newer than the tables is shown as it stands."""
    return text(language, f"why.{reason}") if f"why.{reason}" in TABLE else reason
