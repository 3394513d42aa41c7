"""The daemon of one gate box: every room wired to the others, started and stopped in the right order.

No rule of the estate and no protocol may be put here.
"""

import gc
import shutil
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog

from controller import __version__
from controller.actor import DriverActor
from controller.app.damaged import accounts_or_new, registry_or_new
from controller.app.folder import DataFolder
from controller.app.hardware import hardware
from controller.app.keeping import LogKeeping
from controller.app.look_up import CombinedLookUp
from controller.app.outward import Outward
from controller.app.page import OrderBox, booth_server
from controller.app.reload import merged, needs_restart
from controller.app.rules import site_rules
from controller.app.watch import Housekeeping, ListWatch, WatchSettings
from controller.booth.cli import issue_token
from controller.booth.context import BoothPaths, BoxStatus
from controller.clock import SystemClock
from controller.config import BoxConfig
from controller.config_file import ConfigError
from controller.domain.facts import BoxAlarm, BoxStarted, Fact, RegistryMoved, RulesLoaded
from controller.domain.known import RegistryStamp
from controller.domain.state import initial_state
from controller.domain.view import lane_view
from controller.eventlog.backup import open_or_recover
from controller.eventlog.timetext import text_of
from controller.eventlog.views import LogReader
from controller.ids import IdMaker
from controller.inbox import Inbox, Incoming, Job
from controller.lane_loop import LaneLoop
from controller.registry.overlay import KeptOverlay
from controller.registry.owners import OwnerReader, registry_stamp
from controller.registry.reader import RegistryReader
from controller.station import Station, site_of
from drivers.readings import Reading

DRAIN_S = 2.5

log = structlog.get_logger("daemon")


class Daemon:
    """One box. `run` works in the calling thread until a signal or `stop`."""

    def __init__(
        self, config: BoxConfig, *, banner: str = "", read_again: Callable[[], BoxConfig] | None = None
    ) -> None:
        self._config = config
        self._read_again = read_again
        self._banner = banner
        self._started_at = 0
        self.folder = DataFolder(config.data)
        self.folder.make()
        self._clock = SystemClock()
        self._new_id = IdMaker(self._clock)
        self._inbox = Inbox()
        self._rules = site_rules(config)
        self.log, self._restored = open_or_recover(
            self.folder.gate_db,
            clock=self._clock,
            view=lane_view,
            backups=self.folder.backups,
            new_id=self._new_id,
        )
        self._damaged = {
            "registry_damaged": registry_or_new(self.folder.registry_db, self._clock.utc_us()),
            "accounts_damaged": accounts_or_new(self.folder.booth_db, self._clock.utc_us()),
        }
        self._reader = LogReader(self.folder.gate_db)
        self._watch = self._housekeeping()
        overlay = KeptOverlay(self._reader.overlay)
        self._registry = RegistryReader(self.folder.registry_db, overlay=overlay, region=config.region)
        self._look_up = CombinedLookUp(
            self._registry,
            self._reader,
            overlay=overlay,
            clock_trusted=self._watch.clock_is_trusted(),
            alarm=self._box_alarm,
        )
        self._station = Station(site_of(config), self._clock, self._new_id)
        self._hardware = hardware(config, self._emit)
        self.loop = self._lane_loop()
        self.outward = self._outward()
        self._orders = OrderBox(self.post, frozenset(lane.id for lane in config.lanes))
        self.page = booth_server(
            config,
            BoothPaths(booth_db=self.folder.booth_db, pictures=self.folder.pictures, previews=self.folder.previews),
            clock=self._clock,
            new_id=self._new_id,
            reads=self._reader,
            registry=OwnerReader(self.folder.registry_db),
            orders=self._orders,
            status=self._box_status,
        )

    def _lane_loop(self) -> LaneLoop:
        actor = DriverActor(
            self._config,
            self._station,
            readers=self._hardware.readers,
            boards=self._hardware.boards,
            cameras=self._hardware.cameras,
        )
        return LaneLoop(
            inbox=self._inbox,
            clock=self._clock,
            look_up=self._look_up,
            recorder=self.log,
            actor=actor,
            new_id=self._new_id,
            state=self.log.load_state() or initial_state(self._rules),
            rules=self._rules,
            recorded=self._recorded,
        )

    # --- life ------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Start every part, work until told to stop, stop every part."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        signal.signal(signal.SIGHUP, lambda *_: self._inbox.put(Job("reload", self._reload)))
        self._start()
        try:
            self.loop.run()
        finally:
            self._stop()

    def stop(self) -> None:
        """Ask `run` to end."""
        self.loop.stop()

    def _start(self) -> None:
        self._started_at = self._clock.utc_us()
        trusted = self._look_up.clock_trusted
        self.loop.take_up(RulesLoaded(**self._origin(), rules=self._rules), self._clock.monotonic_ns())
        started = BoxStarted(**self._origin(), version=__version__, clock_trusted=trusted)
        self.loop.take_up(started, self._clock.monotonic_ns())
        self._tell_how_it_began()
        self._hardware.start()
        self._watch.start()
        if self.outward:
            self.outward.start()
        self.page.start()
        scheme = "http" if self._config.booth.plain_http else "https"
        address = f"{scheme}://{self._config.booth.host}:{self.page.port}/"
        token = issue_token(self.folder.booth_db, at=self._clock.utc_us())
        if token:
            print(
                f"Nobody can sign in yet. Make the first account at {address}set-up with the token {token}", flush=True
            )
        gc.collect()
        gc.freeze()  # what stands now stands for good; collections while vehicles wait need not walk through it
        log.info("ready", site=self._config.site, box=self._config.box, page=address)

    def _tell_how_it_began(self) -> None:
        """What a guard has to know of this start: an old configuration, files that were damaged."""
        self._box_alarm("config", bool(self._banner), self._banner)
        if self._restored is not None:
            self._box_alarm("log_restored", True, f"from {self._restored.backup}, epoch {self._restored.epoch}")
        for alarm, detail in self._damaged.items():
            if detail:
                self._box_alarm(alarm, True, detail)

    def _stop(self) -> None:
        """First what reads and asks, then what tells: nothing that was decided is left untold if it can be helped."""
        began = time.monotonic()
        self._orders.closed = True
        page = threading.Thread(target=self.page.stop, name="page-stop")
        page.start()
        self._hardware.stop()
        self._watch.stop()
        self._work_off()
        self._drain(until=began + DRAIN_S)
        if self.outward:
            self.outward.stop()
        page.join()
        self._work_off()
        self.loop.flush()
        self._registry.close()
        self._reader.close()
        self.log.close()
        log.info("stopped", took_s=round(time.monotonic() - began, 2))

    def _work_off(self) -> None:
        while len(self._inbox):
            self.loop.step(0)

    def _drain(self, until: float) -> None:
        """Give the centre a moment to acknowledge the last events."""
        while self.outward and self.outward.link.is_alive() and time.monotonic() < until:
            if not self._reader.outbox_depth():
                return
            self.loop.step(0.05)

    def _reload(self) -> None:
        """SIGHUP: take over the rules of a changed configuration; one with a mistake changes nothing (F24)."""
        if self._read_again is None:
            return
        try:
            fresh = self._read_again()
        except ConfigError as error:
            log.error("the configuration has a mistake and is not taken over", why=str(error.problems[0]))
            self._box_alarm("config", True, str(error.problems[0]))
            return
        later = needs_restart(self._config, fresh)
        self._rules = site_rules(merged(self._config, fresh))
        self.loop.take_up(RulesLoaded(**self._origin(), rules=self._rules), self._clock.monotonic_ns())
        self._config = merged(self._config, fresh)
        self._box_alarm("config", bool(later), f"takes effect at the next start: {', '.join(later)}" if later else "")
        log.info("rules taken over", waits_for_restart=later)

    # --- what the parts are given ----------------------------------------------------------------------------------

    def _origin(self) -> dict[str, Any]:
        return {"id": self._new_id(), "at": self._clock.utc_us()}

    def _emit(self, reading: Reading) -> None:
        for incoming in self._station.facts(reading):
            self._inbox.put(incoming)

    def post(self, fact: Fact) -> None:
        """Put a fact into the inbox whose origin is now."""
        self._inbox.put(Incoming(fact, self._clock.monotonic_ns()))

    def _box_alarm(self, alarm: str, on: bool, detail: str) -> None:
        self.post(BoxAlarm(**self._origin(), alarm=alarm, on=on, detail=detail))

    def _recorded(self) -> None:
        if self.outward:
            self.outward.relay.wake()

    def _housekeeping(self) -> Housekeeping:
        keep = self._config.keep
        settings = WatchSettings(
            data=self.folder.root,
            pictures=self.folder.pictures,
            disk_free_mb=keep.disk_free_mb,
            pictures_days=keep.pictures_days,
            needs_synchronisation=self._config.clock.needs_synchronisation,
        )
        return Housekeeping(
            settings,
            self._clock,
            new_id=self._new_id,
            post=self.post,
            last_recorded_us=self._reader.last_at_us,
            link=self._link_now if self._config.mqtt else None,
            turn=ListWatch(
                stamp=lambda: registry_stamp(self.folder.registry_db, self._clock.utc_us()),
                told=lambda: self._look_up.list_version,
                tell=self._tell_list,
            ).look,
            daily=LogKeeping(self.log, self._inbox, self._clock, events_days=keep.events_days).daily,
        )

    def _tell_list(self, found: RegistryStamp) -> None:
        self.post(RegistryMoved(**self._origin(), version=found.version, hash=found.hash))

    def _link_now(self) -> tuple[bool, str]:
        assert self.outward is not None
        return self.outward.link.is_alive(), self.outward.link.detail

    def _outward(self) -> Outward | None:
        if self._config.mqtt is None:
            return None
        return Outward(
            self._config,
            self._config.mqtt,
            gate_db=self.folder.gate_db,
            registry_db=self.folder.registry_db,
            clock=self._clock,
            clock_trusted=lambda: self._look_up.clock_trusted,
            log_writable=lambda: self.loop.log_is_writable,
            new_id=self._new_id,
            inbox=self._inbox,
            writer=self.log,
            post=self.post,
            status=self._status,
            health=self._health,
        )

    def _status(self) -> dict[str, Any]:
        return {"online": True, "since": text_of(self._started_at or self._clock.utc_us()), "version": __version__}

    def _health(self) -> dict[str, Any]:
        figures, disk = self.loop.figures, shutil.disk_usage(self.folder.root)
        return {
            "devices": {row["device"]: row["condition"] for row in self._reader.devices()},
            "outbox": self._reader.outbox_depth(),
            "disk_free_mb": disk.free // 1_000_000,
            "clock_trusted": self._look_up.clock_trusted,
            "log_writable": self.loop.log_is_writable,
            "registry_version": self._registry_age()[0],
            "facts": figures.facts,
            "dropped_plate_reads": self._inbox.dropped_plate_reads,
            "version": __version__,
        }

    def _registry_age(self) -> tuple[int, int | None]:
        """Version and age in seconds of the list, by a short look of its own: any thread may ask."""
        found = registry_stamp(self.folder.registry_db, self._clock.utc_us())
        return (found.version, found.age_s) if found.version else (0, None)

    def _box_status(self) -> BoxStatus:
        version, age_s = self._registry_age()
        return BoxStatus(
            version=__version__,
            link_configured=self.outward is not None,
            link_alive=self.outward is not None and self.outward.link.is_alive(),
            link_since=self._watch.link_since_us,
            list_version=version,
            list_age_s=age_s,
            outbox_depth=self._reader.outbox_depth(),
            clock_trusted=self._look_up.clock_trusted,
            log_writable=self.loop.log_is_writable,
            detail={"unrecorded": self.loop.figures.unrecorded, "waiting": len(self._inbox)},
        )
