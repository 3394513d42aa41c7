"""One RS-485 line with OSDP readers: opened, kept polling, restarted after a loss, and asked to show verdicts.

One bus is one named thread, and libosdp's context lives in it alone. No policy stands here: a card is told, never
judged. SIA OSDP 2.2 / IEC 60839-11-5; an answer within 200 ms, a reader is offline after 8 s without one.
"""

import contextlib
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import osdp_sys
import structlog

from drivers.backoff import Backoff
from drivers.reader.osdp_channel import OsdpChannel
from drivers.reader.osdp_frames import cannot_do
from drivers.reader.osdp_panel import CardBits, LocalStatus, OnlineStatus, OsdpPanel, PanelReader, SecureStatus
from drivers.reader.osdp_reader import OsdpReader, OsdpReaderSettings
from drivers.reader.osdp_verdicts import SIGNALS, buzzer_command, led_command
from drivers.readings import Condition, Emit
from drivers.serial_port import PortLost, SerialPort

log = structlog.get_logger(__name__)
POLL_NS = 51_500_000  # libosdp polls a reader when more than 50 whole ms have passed since its last answer
OVERDUE_NS = 5_000_000
KEY_CHECK_NS = 5_000_000_000  # a key file that was missing is looked for again this often
LONGEST_WAIT_S = 0.020  # its other clocks (200 ms, 800 ms) are looked at this often
SHORTEST_WAIT_S = 0.0005
MOST_READERS = 32  # what the binding's masks hold, and one RS-485 line without repeaters
MOST_ORDERS = 64
LED_CODE, BUZZER_CODE, LOCAL_STATUS_CODE = 0x69, 0x6A, 0x64
LOCAL_STATUS = {"command": osdp_sys.CMD_STATUS, "type": osdp_sys.STATUS_REPORT_LOCAL}
LOWEST_BAUD = 9600  # of the OSDP text; below it a reply takes longer than the 200 ms that libosdp waits


@dataclass(frozen=True, slots=True, kw_only=True)
class OsdpBusSettings:
    """One line and its readers."""

    id: str
    device: Path
    readers: tuple[OsdpReaderSettings, ...]
    baud: int = 9600

    def __post_init__(self) -> None:
        addresses = [reader.address for reader in self.readers]
        if not 1 <= len(addresses) <= MOST_READERS or len(set(addresses)) != len(addresses):
            raise ValueError(
                f"bus {self.id}: expected 1 to {MOST_READERS} readers at addresses of their own: {addresses}"
            )
        if self.baud < LOWEST_BAUD:
            raise ValueError(
                f"bus {self.id}: OSDP begins at {LOWEST_BAUD} baud, {self.baud} is too slow to answer in time"
            )


class OsdpBus:
    """The driver of one bus."""

    def __init__(self, settings: OsdpBusSettings, emit: Emit) -> None:
        self._settings = settings
        self._port = SerialPort(settings.device, settings.baud)
        self._channel = OsdpChannel(self._port)
        self._readers = [OsdpReader(reader, emit) for reader in settings.readers]
        self._spoken_to: list[OsdpReader] = []
        self._panel: OsdpPanel | None = None
        self._orders: deque[Callable[[], None]] = deque(maxlen=MOST_ORDERS)
        self._due_ns: dict[int, int] = {}
        self._backoff = Backoff()
        self._last_loss = ""
        self._check_keys_ns = 0
        self._stopping = threading.Event()
        self._waking = threading.Lock()
        self._wake_read, self._wake_write = -1, -1
        self._thread = threading.Thread(target=self._run, name=f"osdp {settings.id}", daemon=True)

    def start(self) -> None:
        """Begin; an absent line is tried again until it is there."""
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close the line."""
        if not self._thread.is_alive():
            return
        self._stopping.set()
        self._wake()
        self._thread.join()
        with self._waking:
            os.close(self._wake_read)
            os.close(self._wake_write)
            self._wake_read = self._wake_write = -1

    def answer(self, reader: str, verdict: str) -> None:
        """Show a verdict at a reader; what an older one has not shown yet is dropped."""
        self._order(lambda: self._show(self._reader(reader), verdict))

    def install(self, reader: str, minutes: float) -> None:
        """Give a new reader its key: for so many minutes the default key is tried, then never again by itself."""
        if not 0 < minutes <= 60:
            raise ValueError(f"install mode of {reader}: expected up to 60 minutes, got {minutes}")
        self._order(lambda: self._begin_install(self._reader(reader), minutes))

    @property
    def repeated(self) -> int:
        """Commands sent again because a reply came damaged: the measure of a bad line."""
        return self._channel.repeated

    # --- the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._port.open()
                self._last_loss = ""
                self._begin()
                while not self._stopping.is_set():
                    self._turn()
            except PortLost as lost:
                self._lost(Condition.LOST, str(lost))
            except Exception as error:  # the thread's edge: a bus that died silently would be worse
                log.exception("bus_failed", bus=self._settings.id)
                self._lost(Condition.FAULT, f"the driver failed ({error!r}) and begins anew")
            finally:
                self._end()
            if not self._stopping.is_set():
                self._stopping.wait(self._backoff.next_ms() / 1000)

    def _lost(self, condition: Condition, reason: str) -> None:
        if reason != self._last_loss:
            log.warning("bus_lost", bus=self._settings.id, reason=reason)
        self._last_loss = reason
        for reader in self._spoken_to or self._readers:
            reader.online = reader.secure = False
            reader.tell(condition, reason)

    def _begin(self) -> None:
        self._channel.reset()
        self._due_ns.clear()
        self._check_keys_ns = time.monotonic_ns() + KEY_CHECK_NS
        self._spoken_to = [reader for reader in self._readers if reader.load_key()]
        for reader in self._spoken_to:
            reader.restart_at_ns = None
            reader.online = reader.secure = reader.default_key = False
        if self._spoken_to:
            readers = [PanelReader(reader.id, reader.settings.address, reader.key) for reader in self._spoken_to]
            self._panel = OsdpPanel(readers, self._channel)

    def _check_keys(self, now_ns: int) -> None:
        """A reader whose key file can now be used is taken in; the whole bus begins anew for it."""
        self._check_keys_ns = now_ns + KEY_CHECK_NS
        if any(reader.load_key() for reader in self._readers if reader not in self._spoken_to):
            self._end_panel()
            self._begin()

    def _end(self) -> None:
        self._end_panel()
        self._port.close()

    def _end_panel(self) -> None:
        if self._panel is not None:
            self._panel.close()
            self._panel = None

    def _turn(self) -> None:
        """Wait for the line, an order or a time; then let libosdp work and take what it reports."""
        ready, _, _ = select.select([self._port.fileno(), self._wake_read], [], [], self._wait_s())
        if self._wake_read in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake_read, MOST_ORDERS)
        now_ns = time.monotonic_ns()
        if self._port.fileno() in ready:
            self._receive(time.monotonic_ns())
        self._channel.check_stale(now_ns)
        if self._channel.lost is not None:
            raise self._channel.lost
        if len(self._spoken_to) < len(self._readers) and now_ns >= self._check_keys_ns:
            self._check_keys(now_ns)
        if self._panel is not None:
            self._look_after(self._panel, now_ns)
            while self._orders:
                self._orders.popleft()()
            self._refresh(self._panel)

    def _receive(self, now_ns: int) -> None:
        if not self._channel.receive(now_ns) or self._channel.command is None or self._channel.reply is None:
            return
        self._backoff.reset()
        address = self._channel.command.address
        self._due_ns[address] = now_ns + POLL_NS
        for reader in self._spoken_to:
            if reader.settings.address == address and cannot_do(self._channel.reply):
                reader.refused.add(self._channel.command.code)

    def _refresh(self, panel: OsdpPanel) -> None:
        """Twice at least: libosdp decides on a command in one refresh and sends it in the next."""
        for turn in range(4):
            writes = self._channel.writes
            panel.refresh()
            if self._channel.lost is not None:
                raise self._channel.lost  # the line went, not the reader: what libosdp makes of it is not told
            events = panel.events()
            for event in events:
                self._on_event(event)
            if turn > 0 and not events and self._channel.writes == writes:
                break

    def _wait_s(self) -> float:
        """Until the next poll is due; a reader that is long overdue has other clocks and makes nobody hurry."""
        now_ns = time.monotonic_ns()
        due = [due_ns for due_ns in self._due_ns.values() if due_ns > now_ns - OVERDUE_NS]
        if self._panel is None or self._channel.is_waiting or not due:
            return LONGEST_WAIT_S
        return min(max((min(due) - now_ns) / 1e9, SHORTEST_WAIT_S), LONGEST_WAIT_S)

    # --- what libosdp reports ---------------------------------------------------------------------------------------

    def _on_event(self, event: CardBits | LocalStatus | SecureStatus | OnlineStatus) -> None:
        reader = self._spoken_to[event.index]
        match event:
            case CardBits():
                reader.presented(event, self._channel.reply_ns)
            case LocalStatus(tamper=tamper, power_failed=power_failed):
                reader.told_status(tamper=tamper, power_failed=power_failed)
            case SecureStatus(active=active, default_key=default_key):
                reader.secure, reader.default_key = active, default_key
            case OnlineStatus(online=True):
                self._came_online(event.index, reader)
            case OnlineStatus(online=False) if reader.restart_at_ns is None:
                reader.went_offline(self._channel.command, self._channel.reply)
                self._due_ns.pop(reader.settings.address, None)
                reader.restart_at_ns = time.monotonic_ns() + reader.backoff.next_ms() * 1_000_000

    def _came_online(self, index: int, reader: OsdpReader) -> None:
        reader.came_online()
        if reader.install_until_ns is not None and reader.secure and not reader.default_key:
            self._end_install(index, reader, "the reader has its key")
        if self._panel is not None and LOCAL_STATUS_CODE not in reader.refused:
            self._panel.submit(index, LOCAL_STATUS)

    # --- what time brings -------------------------------------------------------------------------------------------

    def _look_after(self, panel: OsdpPanel, now_ns: int) -> None:
        for index, reader in enumerate(self._spoken_to):
            reader.end_presentations(now_ns)
            if reader.install_until_ns is not None and now_ns >= reader.install_until_ns:
                self._end_install(index, reader, "its time is over")
                if not reader.secure:
                    reader.restart_at_ns = now_ns
            if reader.restart_at_ns is None or now_ns < reader.restart_at_ns:
                continue
            # libosdp itself would wait 300 s: out with the reader in one refresh, in again after the next
            if panel.is_enabled(index):
                reader.online = reader.secure = False
                panel.disable(index)
            else:
                panel.enable(index)
                reader.restart_at_ns = None

    # --- orders from other threads ----------------------------------------------------------------------------------

    def _order(self, order: Callable[[], None]) -> None:
        self._orders.append(order)
        self._wake()

    def _wake(self) -> None:
        """Never after the end: by then the number may be that of another file, a database too."""
        with self._waking:
            if self._wake_write >= 0:
                with contextlib.suppress(BlockingIOError):
                    os.write(self._wake_write, b"\0")

    def _reader(self, name: str) -> int | None:
        return next((index for index, reader in enumerate(self._spoken_to) if reader.id == name), None)

    def _show(self, index: int | None, verdict: str) -> None:
        signal = SIGNALS.get(verdict)
        if index is None or signal is None or self._panel is None or not self._spoken_to[index].online:
            log.warning("verdict_not_shown", bus=self._settings.id, verdict=verdict)
            return
        refused = self._spoken_to[index].refused
        self._panel.drop_commands(index)
        # A NAK puts a reader offline in libosdp: ask only for what it says it has, and never twice for what it refused.
        if LED_CODE not in refused and self._panel.has(index, osdp_sys.CAP_READER_LED_CONTROL):
            self._panel.submit(index, led_command(signal))
        if BUZZER_CODE not in refused and self._panel.has(index, osdp_sys.CAP_READER_AUDIBLE_OUTPUT):
            self._panel.submit(index, buzzer_command(signal))

    def _begin_install(self, index: int | None, minutes: float) -> None:
        if index is None or self._panel is None or self._spoken_to[index].key is None:
            log.warning("install_mode_refused", bus=self._settings.id, reason="the reader has no usable key file")
            return
        reader = self._spoken_to[index]
        log.warning("install_mode_begins", reader=reader.id, minutes=minutes)
        now_ns = time.monotonic_ns()
        reader.install_until_ns = now_ns + round(minutes * 60e9)
        reader.restart_at_ns = now_ns
        self._panel.allow_default_key(index, allowed=True)

    def _end_install(self, index: int, reader: OsdpReader, why: str) -> None:
        log.warning("install_mode_ends", reader=reader.id, reason=why)
        reader.install_until_ns = None
        if self._panel is not None:
            self._panel.allow_default_key(index, allowed=False)
