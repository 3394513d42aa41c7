"""The log's daily care: a backup, and old segments into the archive; the writer's own part runs in the lane loop.

Wired here because it needs the log, the inbox and the clock together; how it is done stands in the log's room.
"""

from collections.abc import Callable

import structlog

from controller.eventlog.archive import close_segment, sweep, write_archive
from controller.eventlog.backup import back_up_into
from controller.eventlog.errors import LogError
from controller.eventlog.log import EventLog
from controller.inbox import Inbox, Job
from controller.ports import Clock, LogUnwritable

DAY_US = 24 * 3600 * 1_000_000

log = structlog.get_logger("keeping")


class LogKeeping:
    """Daily care of one log."""

    def __init__(self, writer: EventLog, inbox: Inbox, clock: Clock, *, events_days: int) -> None:
        self._writer = writer
        self._inbox = inbox
        self._clock = clock
        self._events_days = events_days

    def daily(self) -> None:
        """In the housekeeping thread: back up, and move what has been kept long enough."""
        now_us = self._clock.utc_us()
        try:
            target = back_up_into(self._writer.path, self._writer.path.parent / "backups", at_us=now_us)
            log.info("backup made", file=target.name)
            segment = write_archive(self._writer.path, before_us=now_us - self._events_days * DAY_US)
        except (LogError, OSError) as error:
            log.error("backup or archive failed; it is tried again tomorrow", why=str(error))
            return
        if segment is not None:
            self._put("close segment", lambda: self._close(lambda: close_segment(self._writer, segment)))

    def _close(self, close: Callable[[], None]) -> None:
        close()
        self._put("sweep", self._sweep)

    def _sweep(self) -> None:
        """One slice at a time, so that no vehicle waits for the archive."""
        if sweep(self._writer):
            self._put("sweep", self._sweep)

    def _put(self, name: str, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except LogUnwritable as error:
                log.error("the archive has to wait", step=name, why=str(error))

        self._inbox.put(Job(name, guarded))
