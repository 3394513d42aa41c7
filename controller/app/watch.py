"""Housekeeping: a thread that looks after clock, link, disk, pictures and backups, and tells the lane loop.

It decides nothing at a lane and writes nothing but pictures it removes and backups it makes; what only the log's writer
may do is handed to the lane loop as a job.
"""

import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from controller.clock import ClockReading, clock_quality, kernel_is_synchronised
from controller.domain.facts import BoxAlarm, ClockState, Fact, LinkState
from controller.domain.known import RegistryStamp
from controller.ports import Clock

TURN_S = 1.0
DAILY_S = 24 * 3600
DISK_EVERY_S = 10
MEGABYTE = 1_000_000

log = structlog.get_logger("housekeeping")


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """What is looked after, and how long things are kept."""

    data: Path
    pictures: Path
    disk_free_mb: int
    pictures_days: int
    needs_synchronisation: bool


class Housekeeping:
    """One look a second. `post` puts a fact into the inbox; `link` tells whether the link lives, and why not."""

    def __init__(
        self,
        settings: WatchSettings,
        clock: Clock,
        *,
        new_id: Callable[[], str],
        post: Callable[[Fact], None],
        last_recorded_us: Callable[[], int],
        link: Callable[[], tuple[bool, str]] | None,
        daily: Callable[[], None],
        turn: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._new_id = new_id
        self._post = post
        self._last_recorded_us = last_recorded_us
        self._link = link
        self._daily = daily
        self._every_turn = turn
        self._before = self._reading()
        self._latest_us = 0
        self._trusted: bool | None = None
        self._stepped = False
        self._link_alive: bool | None = None
        self._disk_low = False
        self._next_disk_ns = 0
        self._next_daily_ns = clock.monotonic_ns() + 60 * 1_000_000_000
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)
        self.link_since_us: int | None = None

    def start(self) -> None:
        """Begin to look after things."""
        self._thread.start()

    def stop(self) -> None:
        """End within two seconds; a backup in hand is given up."""
        self._stopping.set()
        self._thread.join(2)

    def clock_is_trusted(self) -> bool:
        """One look at the clock now, for the start."""
        return self._quality()[0]

    # --- the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.wait(TURN_S):
            self._turn()

    def _turn(self) -> None:
        """Each thing on its own: that the log cannot be read must not keep the disk from being looked after."""
        for look in (self._watch_clock, self._watch_link, self._every_turn, self._disk_in_turn, self._daily_in_turn):
            try:
                look()
            except Exception:  # the outermost edge of the thread: a full disk must not end what watches the disk
                log.exception("housekeeping stumbled and goes on")

    def _disk_in_turn(self) -> None:
        now_ns = self._clock.monotonic_ns()
        if now_ns >= self._next_disk_ns:
            self._next_disk_ns = now_ns + DISK_EVERY_S * 1_000_000_000
            self._watch_disk()

    def _daily_in_turn(self) -> None:
        now_ns = self._clock.monotonic_ns()
        if now_ns >= self._next_daily_ns:
            self._next_daily_ns = now_ns + DAILY_S * 1_000_000_000
            if self._trusted is not False and not self._stepped:
                oldest = self._today() - timedelta(days=self._settings.pictures_days)
                remove_pictures_before(self._settings.pictures, oldest)
            self._daily()

    def _reading(self) -> ClockReading:
        return ClockReading(
            utc_us=self._clock.utc_us(),
            monotonic_ns=self._clock.monotonic_ns(),
            synchronised=kernel_is_synchronised(),
        )

    def _quality(self) -> tuple[bool, int]:
        now = self._reading()
        recorded_us = self._last_recorded_us()
        # where nobody keeps the clock, what is recorded by a wrong one must not make it look right a second later
        self._latest_us = recorded_us if now.synchronised else max(self._latest_us, recorded_us)
        found = clock_quality(
            self._before,
            now,
            last_recorded_us=self._latest_us,
            needs_synchronisation=self._settings.needs_synchronisation,
        )
        self._before = now
        return found.trusted, found.step_us

    def _watch_clock(self) -> None:
        trusted, step_us = self._quality()
        # by a wrong clock a month of evidence is old in a moment: after a step it waits for the kernel's word (R2)
        self._stepped = (self._stepped or step_us != 0) and not self._before.synchronised
        if step_us or trusted != self._trusted:
            if self._trusted is not None:
                self._post(ClockState(id=self._new_id(), at=self._clock.utc_us(), trusted=trusted, step_us=step_us))
            self._trusted = trusted

    def _watch_link(self) -> None:
        if self._link is None:
            return
        alive, detail = self._link()
        if alive != self._link_alive:
            self.link_since_us = self._clock.utc_us()
            if self._link_alive is not None or alive:
                self._post(LinkState(id=self._new_id(), at=self.link_since_us, alive=alive, detail=detail))
            self._link_alive = alive

    def _watch_disk(self) -> None:
        """Pictures go first when the disk gets low; the alarm stands until there is room again (F3)."""
        free = shutil.disk_usage(self._settings.data).free
        wanted = self._settings.disk_free_mb * MEGABYTE
        if free < wanted:
            free += remove_oldest_pictures(self._settings.pictures, wanted - free, keep_from=self._today())
        low = free < wanted
        if low != self._disk_low:
            self._disk_low = low
            detail = f"{free // MEGABYTE} MB free in {self._settings.data.name}, {wanted // MEGABYTE} MB wanted"
            self._post(BoxAlarm(id=self._new_id(), at=self._clock.utc_us(), alarm="disk_low", on=low, detail=detail))

    def _today(self) -> datetime:
        return datetime.fromtimestamp(self._clock.utc_us() / 1e6, UTC)


class ListWatch:
    """Notices a list that was imported beside the running daemon, so that it comes into force.

    What the intake brought in it tells itself, at once: only a version that nobody told of by the next look is ours.
    """

    def __init__(
        self, *, stamp: Callable[[], RegistryStamp], told: Callable[[], int], tell: Callable[[RegistryStamp], None]
    ) -> None:
        self._stamp = stamp
        self._told = told
        self._tell = tell
        self._known: int | None = None
        self._seen = 0

    def look(self) -> None:
        """One look; the first only learns what is in force already."""
        found = self._stamp()
        if self._known is None or found.version < self._known:  # lower: the centre's, in the place of an import's
            self._known = found.version
        elif found.version > max(self._known, self._told()) and found.version == self._seen:
            self._known = found.version
            self._tell(found)
        self._seen = found.version


def remove_pictures_before(pictures: Path, moment: datetime) -> int:
    """Remove whole days of pictures that are older than `moment`; how many days went."""
    removed = 0
    for day in sorted(pictures.glob("????-??-??")):
        if day.name < f"{moment:%Y-%m-%d}":
            shutil.rmtree(day)
            removed += 1
    if removed:
        log.info("pictures kept long enough were removed", days=removed)
    return removed


def remove_oldest_pictures(pictures: Path, wanted_bytes: int, *, keep_from: datetime) -> int:
    """Remove the oldest days, never today's, until `wanted_bytes` are free; how many bytes that gave."""
    gained = 0
    for day in sorted(pictures.glob("????-??-??")):
        if gained >= wanted_bytes or day.name >= f"{keep_from:%Y-%m-%d}":
            break
        gained += sum(file.stat().st_size for file in day.iterdir())
        shutil.rmtree(day)
        log.warning("the disk is low: pictures of a day were removed", day=day.name)
    return gained
