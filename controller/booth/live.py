"""One shared look at the log for all open pages: it is read when it changes, drawn once per language, sent to all.

No route may be put here. One thread looks ten times a second, however many pages are open (F27).
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from controller.booth.context import BoothContext, BoxStatus, Row

LOOK_EVERY_S = 0.1
STATUS_EVERY_NS = 1_000_000_000
LOOK_AGAIN_S = 1.0
RECENT = 12
ALARMS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was seen in one look. `version` grows with every change; `at` is when (UTC µs).

    `alarms` are the first `ALARMS` open ones, those that nobody has seen before the others; the counts are of all.
    """

    version: int
    at: int
    status: BoxStatus
    lanes: dict[str, Row]
    recent: tuple[Row, ...]
    alarms: tuple[Row, ...]
    alarms_open: int
    alarms_unseen: int
    inside: int


def _shown(look: Look) -> tuple[object, ...]:
    """What of a look can be seen; the list's age in whole minutes, so that nothing is drawn anew for a second."""
    age_min = None if look.status.list_age_s is None else look.status.list_age_s // 60
    return (
        replace(look.status, list_age_s=age_min),
        look.lanes,
        look.recent,
        look.alarms,
        look.alarms_open,
        look.alarms_unseen,
        look.inside,
    )


Draw = Callable[[Look, str], dict[str, str]]
Seen = Callable[[], Sequence[tuple[str, int]]]
"""Gives id and `raised_seq` of the alarms that somebody has seen."""


class Live:
    """The shared look and those who wait for the next one."""

    def __init__(self, context: BoothContext, draw: Draw, seen: Seen) -> None:
        self._context = context
        self._draw = draw
        self._seen = seen
        self._lock = threading.Lock()
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._stop = threading.Event()
        self._nudged = threading.Event()
        self._drawn: dict[str, tuple[int, dict[str, str]]] = {}
        self._mark: int | None = None
        self._forced = False
        self.failures = 0
        self.now = self._look(1)
        self._thread = threading.Thread(target=self._run, name="booth-live", daemon=True)

    @property
    def closed(self) -> bool:
        """Whether the page is shutting down."""
        return self._stop.is_set()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread and wakes everybody who waits."""
        self._stop.set()
        self._nudged.set()
        if self._thread.is_alive():
            self._thread.join(timeout=3)
        self._wake()

    def nudge(self) -> None:
        """Look again now: something of the page's own changed."""
        self._forced = True
        self._nudged.set()

    def parts(self, language: str) -> dict[str, str]:
        """The fragments of the live page by name, drawn at most once per look and language."""
        look = self.now
        with self._lock:
            version, parts = self._drawn.get(language, (0, {}))
            if version != look.version:
                parts = self._draw(look, language)
                self._drawn[language] = (look.version, parts)
            return parts

    async def newer(self, version: int, timeout_s: float) -> Look | None:
        """The next look after `version`, or `None` when there was none in time (or the page shuts down)."""
        loop, event = asyncio.get_running_loop(), asyncio.Event()
        with self._lock:
            self._waiting.add((loop, event))
        try:
            if self.now.version == version and not self.closed:
                with suppress(TimeoutError):
                    await asyncio.wait_for(event.wait(), timeout_s)
        finally:
            with self._lock:
                self._waiting.discard((loop, event))
        return self.now if self.now.version != version else None

    def _run(self) -> None:
        looked_ns = 0
        while not self._stop.is_set():
            if self._nudged.wait(LOOK_EVERY_S):
                self._nudged.clear()
            now_ns = self._context.clock.monotonic_ns()
            try:
                mark = self._context.reads.mark()
                if mark == self._mark and not self._forced and now_ns - looked_ns < STATUS_EVERY_NS:
                    continue
                looked_ns, self._mark = now_ns, mark
                self._take(self._look(self.now.version + 1))
            except Exception:  # noqa: BLE001 - the thread's outermost edge: a damaged log must not end the page's eyes
                self.failures += 1
                self._stop.wait(LOOK_AGAIN_S)

    def _take(self, look: Look) -> None:
        forced, self._forced = self._forced, False
        if forced or _shown(look) != _shown(self.now):
            self.now = look
            self._wake()

    def _look(self, version: int) -> Look:
        reads, seen = self._context.reads, self._seen()
        alarms_open, alarms_unseen = reads.count_open_alarms(seen)
        return Look(
            version=version,
            at=self._context.clock.utc_us(),
            status=self._context.status(),
            lanes={str(row["lane"]): row["view"] for row in reads.lane_views()},
            recent=tuple(reads.passages(limit=RECENT)),
            alarms=tuple(reads.open_alarms(seen, limit=ALARMS)),
            alarms_open=alarms_open,
            alarms_unseen=alarms_unseen,
            inside=reads.inside_count(),
        )

    def _wake(self) -> None:
        with self._lock:
            waiting = tuple(self._waiting)
        for loop, event in waiting:
            with suppress(RuntimeError):  # that page's loop has ended meanwhile
                loop.call_soon_threadsafe(event.set)
