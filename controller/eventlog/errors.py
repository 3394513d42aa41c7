"""What can be wrong with an event log, in the log's own words; `LogUnwritable` stands in `controller.ports`.

Nothing that opens or reads a file may be put here.
"""


class LogError(Exception):
    """Base of all of them: one clear line that says which file, what was expected, and what to do."""


class NotALogError(LogError):
    """The file is missing, no SQLite database, or no event log of Gatehouse."""


class NewerLogError(LogError):
    """The file was written by a newer program; an older one must not touch it."""


class LogBusyError(LogError):
    """Another process is writing this log."""


class DamagedLogError(LogError):
    """The file or its chain is damaged. `seq` is the first bad number, 0 when the file as a whole is."""

    def __init__(self, message: str, seq: int = 0) -> None:
        super().__init__(message)
        self.seq = seq
