"""What can go wrong with the registry, in its own words: whose fault, what was expected, what came, what to do.

No other exception of this room may reach its callers for a bad file or a bad message.
"""


class RegistryError(Exception):
    """The registry cannot be read or written: missing, damaged, or of a newer program."""


class BadMessage(ValueError):
    """A delta or a part of a snapshot that is not of the contract's shape."""


class BadSheet(ValueError):
    """A file that cannot be imported at all: not a table, no usable header, not readable text."""
