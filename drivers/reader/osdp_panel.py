"""libosdp's panel side, made safe to use: what it reports becomes plain values, what it swallows is kept.

The binding beneath the wrapper is used: the wrapper sleeps 20 ms a round, prints, and queues without bound. Everything
here is called from one thread, the bus's. No serial line and no policy stand here.
"""

import ctypes
import secrets
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import osdp_sys

from drivers.reader.osdp_channel import OsdpChannel

CALLER_HOLDS = 1  # the name in `events`, beside the one in `_let_go`


@dataclass(frozen=True, slots=True)
class PanelReader:
    """One reader for libosdp: without a key it is spoken to in clear text."""

    name: str
    address: int
    key: bytes | None


@dataclass(frozen=True, slots=True)
class CardBits:
    """Card data of a reader: `count` bits in `data`, the first one highest."""

    index: int
    data: bytes
    count: int


@dataclass(frozen=True, slots=True)
class LocalStatus:
    """The tamper and power switches of a reader."""

    index: int
    tamper: bool
    power_failed: bool


@dataclass(frozen=True, slots=True)
class SecureStatus:
    """The secure channel came up or went; `default_key` is the one that every reader knows."""

    index: int
    active: bool
    default_key: bool


@dataclass(frozen=True, slots=True)
class OnlineStatus:
    """A reader came online or was given up by libosdp."""

    index: int
    online: bool


PanelEvent = CardBits | LocalStatus | SecureStatus | OnlineStatus


class OsdpPanel:
    """One libosdp context for the readers of a bus; their place in the list is their index."""

    def __init__(self, readers: Sequence[PanelReader], channel: OsdpChannel) -> None:
        osdp_sys.set_loglevel(osdp_sys.LOG_EMERG)
        freshen_nonces()
        self._reported: deque[tuple[int, dict[str, object]]] = deque()
        self._context = osdp_sys.ControlPanel([_pd_info(reader, channel) for reader in readers])
        self._context.set_event_callback(self._on_event)

    def close(self) -> None:
        """Let the context go; the binding frees it with its last reference."""
        self._context = None

    def refresh(self) -> None:
        """Let libosdp work; wanted at least every 50 ms."""
        self._context.refresh()

    def events(self) -> list[PanelEvent]:
        """What was reported since the last call."""
        events: list[PanelEvent] = []
        while self._reported:
            index, event = self._reported.popleft()
            if (translated := _translated(index, event)) is not None:
                events.append(translated)
            _let_go(event)
        return events

    def submit(self, index: int, command: dict[str, int | bool]) -> bool:
        """Queue a command; refused while the reader is not online."""
        return bool(self._context.submit_command(index, command))

    def drop_commands(self, index: int) -> None:
        """Forget what is queued for a reader."""
        self._context.flush_commands(index)

    def has(self, index: int, capability: int) -> bool:
        """The reader said that it has at least one of this capability."""
        level, _items = self._context.check_capability(index, capability)
        return int(level) > 0

    def is_enabled(self, index: int) -> bool:
        return bool(self._context.is_pd_enabled(index))

    def disable(self, index: int) -> None:
        """Take a reader out at the next refresh; with `enable` the way past libosdp's own 300 s."""
        self._context.disable_pd(index)

    def enable(self, index: int) -> None:
        """Begin with a reader anew at the next refresh."""
        freshen_nonces()
        self._context.enable_pd(index)

    def allow_default_key(self, index: int, allowed: bool) -> None:
        """Install mode: the only time in which anything but the reader's own key is tried."""
        change = self._context.clear_flag if allowed else self._context.set_flag
        change(index, osdp_sys.FLAG_ENFORCE_SECURE)

    def _on_event(self, index: int, event: dict[str, object]) -> int:
        self._reported.append((index, event))  # called from C, where an exception would be lost: nothing more here
        return 0


def _references(event: dict[str, object]) -> int:
    return sys.getrefcount(event)


def _let_go(event: dict[str, object]) -> None:
    """Give back the reference that the binding forgets (one dictionary a card, 3.2.9), and only if it did.

    Counted against a dictionary of our own held in the same way, so that a binding without the fault is left alone.
    """
    own: dict[str, object] = {}
    if _references(event) > _references(own) + CALLER_HOLDS:
        ctypes.pythonapi.Py_DecRef(ctypes.py_object(event))


def freshen_nonces() -> None:
    """Seed C's `rand` from the system: libosdp takes its challenge from it and never seeds it.

    Unseeded, every start would send the same challenges, and a recorded secure session could be replayed to us.
    """
    ctypes.CDLL(None).srand(ctypes.c_uint(secrets.randbits(32)))


def _pd_info(reader: PanelReader, channel: OsdpChannel) -> dict[str, object]:
    flags = osdp_sys.FLAG_ENABLE_NOTIFICATION
    if reader.key is not None:
        # Without this flag libosdp falls back to the default key by itself and hands our key out under it.
        flags |= osdp_sys.FLAG_ENFORCE_SECURE
    return {"name": reader.name, "address": reader.address, "flags": flags, "scbk": reader.key, "channel": channel}


def _translated(index: int, event: dict[str, object]) -> PanelEvent | None:
    kind = event["event"]
    if kind == osdp_sys.EVENT_CARDREAD and event["format"] != osdp_sys.CARD_FMT_ASCII:
        return CardBits(index, _octets(event["data"]), _number(event["length"]))
    if kind == osdp_sys.EVENT_STATUS and event["type"] == osdp_sys.STATUS_REPORT_LOCAL:
        report = _octets(event["report"])
        return LocalStatus(index, tamper=bool(report[0]), power_failed=bool(report[1]))
    if kind == osdp_sys.EVENT_NOTIFICATION:
        if event["type"] == osdp_sys.EVENT_NOTIFICATION_PD_STATUS:
            return OnlineStatus(index, online=bool(event["arg0"]))
        if event["type"] == osdp_sys.EVENT_NOTIFICATION_SC_STATUS:
            return SecureStatus(index, active=bool(event["arg0"]), default_key=bool(event["arg1"]))
    return None


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value


def _octets(value: object) -> bytes:
    assert isinstance(value, bytes)
    return value
