"""Personal texts: how a text about a person becomes a digest that may stand in the log for ever.

No storage may be put here: the log keeps the clear text in a side table of its own, where it can be erased.
"""

from hashlib import sha256

from controller.domain.facts import PersonalText


def digest_of(clear: str, salt: str) -> str:
    """Lower-case hex of SHA-256 over salt and text; the salt keeps short texts from being guessed."""
    return sha256((salt + clear).encode("utf-8")).hexdigest()


def personal_text(clear: str, salt: str) -> PersonalText:
    """A personal text from what was typed. `salt`: at least 128 random bits as hex, a new one for every text."""
    return PersonalText(digest=digest_of(clear, salt), clear=clear, salt=salt)
