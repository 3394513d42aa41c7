"""OSDP readers behind one port: libosdp's device side for each address, with cards, lamp, buzzer, tamper and power.

Only wire behaviour stands here: who presents which card when is the script's. Every context lives in the port's thread.
SIA OSDP 2.2 / IEC 60839-11-5.
"""

import contextlib
import time
from collections import deque
from dataclasses import dataclass, field

import osdp_sys

from simulator.wire.cards import card_bits, card_bytes
from simulator.wire.osdp_frames import FrameFinder
from simulator.wire.port import PtyPort

BROADCAST = 0x7F
FORGOTTEN_AFTER_NS = 8_000_000_000  # a reader that nobody polls for 8 s is offline and keeps no card for later
MOST_WAITING = 32
COLORS = {
    osdp_sys.LED_COLOR_NONE: "off",
    osdp_sys.LED_COLOR_RED: "red",
    osdp_sys.LED_COLOR_GREEN: "green",
    osdp_sys.LED_COLOR_AMBER: "amber",
}
CAPABILITIES = [
    (osdp_sys.CAP_CARD_DATA_FORMAT, 1, 1),
    (osdp_sys.CAP_READER_LED_CONTROL, 1, 1),
    (osdp_sys.CAP_READER_AUDIBLE_OUTPUT, 1, 1),
    (osdp_sys.CAP_CONTACT_STATUS_MONITORING, 1, 1),
]


@dataclass(slots=True)
class Shown:
    """What a reader was told to show: a lamp colour or a number of beeps, and when."""

    what: str
    value: str
    at_ns: int


class _DeviceChannel:
    """What libosdp's device side reads and writes: one whole command in, one reply out."""

    id = 0

    def __init__(self, reader: "OsdpDevice") -> None:
        self._reader = reader
        self._command = bytearray()

    def hand(self, frame: bytes) -> None:
        self._command[:] = frame

    def read(self, most: int) -> bytes:
        piece = bytes(self._command[:most])
        del self._command[:most]
        return piece

    def write(self, data: bytes) -> int:
        self._reader.replied(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here before a reply."""


@dataclass(slots=True)
class OsdpDevice:
    """One reader. Switch `offline`, `tampered`, `power_failed`, `silent_replies` and `doubled` while it runs."""

    address: int
    key: bytes | None = None
    """Its secure channel base key; a new reader has none and waits in install mode for one."""
    secure_only: bool = False
    has_buzzer: bool = True
    offline: bool = False
    doubled: bool = False
    """Send every reply twice."""
    spoil_replies: int = 0
    """Turn a bit over in so many replies to come."""
    shown: deque[Shown] = field(default_factory=lambda: deque(maxlen=64))
    tampered: bool = False
    power_failed: bool = False
    keys_taken: int = 0
    handed_ns: deque[int] = field(default_factory=lambda: deque(maxlen=1024))
    """When each card's reply was handed to the line."""
    _waiting: deque[dict[str, object]] = field(default_factory=lambda: deque(maxlen=MOST_WAITING))
    _context: "osdp_sys.PeripheralDevice | None" = None
    _channel: _DeviceChannel | None = None
    _port: PtyPort | None = None
    _last_command: bytes = b""
    _last_reply: bytes = b""
    _heard_ns: int = 0

    def present(self, card: str) -> int:
        """Hold a card "bits:facility:number" before the reader; the monotonic ns when it had read it."""
        return self.present_bits(card_bits(card))

    def present_bits(self, bits: str) -> int:
        """Let the reader read these very bits."""
        event = {
            "event": osdp_sys.EVENT_CARDREAD,
            "reader_no": 0,
            "format": osdp_sys.CARD_FMT_RAW_WIEGAND,
            "direction": 0,
            "length": len(bits),
            "data": card_bytes(bits),
        }
        now_ns = time.monotonic_ns()
        if now_ns - self._heard_ns < FORGOTTEN_AFTER_NS:
            self._waiting.append(event)
        return now_ns

    def tamper(self, on: bool) -> None:
        """Open or close the tamper switch."""
        self.tampered = on
        self._waiting.append(self._status())

    def fail_power(self, on: bool) -> None:
        """Report a power failure, or its end."""
        self.power_failed = on
        self._waiting.append(self._status())

    def restart(self) -> None:
        """Lose power for a moment: the secure channel and all that waited are gone, the key stays."""
        self._waiting.clear()
        self._context = None

    @property
    def is_asked(self) -> bool:
        """Whether somebody speaks to it."""
        return time.monotonic_ns() - self._heard_ns < FORGOTTEN_AFTER_NS

    @property
    def lamp(self) -> str | None:
        """The colour last shown."""
        return next((one.value for one in reversed(self.shown) if one.what == "lamp"), None)

    @property
    def beeps(self) -> int | None:
        """The number of beeps last sounded."""
        return next((int(one.value) for one in reversed(self.shown) if one.what == "beeps"), None)

    # --- in the port's thread ---------------------------------------------------------------------------------------

    def hear(self, frame: bytes, port: PtyPort, now_ns: int) -> None:
        """A whole command for this reader came; answer it."""
        self._port = port
        if self._context is None:
            self._switch_on()
        assert self._context is not None
        assert self._channel is not None
        if frame == self._last_command and self._last_reply:
            self._send(
                self._last_reply
            )  # asked again: the last reply again, and nothing done twice (OSDP 2.2, sequence numbers)
            return
        self._heard_ns = now_ns
        self._last_command, self._last_reply = frame, b""
        while self._waiting:
            with contextlib.suppress(IndexError):
                self._context.submit_event(self._waiting.popleft())
        self._channel.hand(frame)
        self._context.refresh()

    def replied(self, reply: bytes) -> None:
        self._last_reply = reply
        self._send(reply)

    def _send(self, reply: bytes) -> None:
        assert self._port is not None
        if self.spoil_replies > 0:
            self.spoil_replies -= 1
            reply = reply[:-3] + bytes([reply[-3] ^ 0x10]) + reply[-2:]
        for _ in range(2 if self.doubled else 1):
            self._port.write(reply)

    def _switch_on(self) -> None:
        osdp_sys.set_loglevel(osdp_sys.LOG_EMERG)
        flags = osdp_sys.FLAG_INSTALL_MODE if self.key is None else 0
        if self.secure_only and self.key is not None:
            flags |= osdp_sys.FLAG_ENFORCE_SECURE
        self._last_command = self._last_reply = b""
        self._channel = _DeviceChannel(self)
        device = {
            "name": f"reader-{self.address}",
            "address": self.address,
            "flags": flags,
            "scbk": self.key,
            "channel": self._channel,
            "version": 1,
            "model": 1,
            "vendor_code": 0x00A0B0C0,
            "serial_number": 0x1000 + self.address,
            "firmware_version": 0x010203,
        }
        abilities = [
            {"function_code": code, "compliance_level": level, "num_items": items}
            for code, level, items in CAPABILITIES
            if self.has_buzzer or code != osdp_sys.CAP_READER_AUDIBLE_OUTPUT
        ]
        self._context = osdp_sys.PeripheralDevice(device, capabilities=abilities)
        self._context.set_command_callback(self._on_command)

    def _on_command(self, command: dict[str, object]) -> tuple[int, None]:
        now_ns = time.monotonic_ns()
        match command["command"]:
            case osdp_sys.CMD_LED:
                color = command["on_color"]
                self.shown.append(Shown("lamp", COLORS.get(color, "other") if isinstance(color, int) else "", now_ns))
            case osdp_sys.CMD_BUZZER:
                self.shown.append(Shown("beeps", str(command["rep_count"]), now_ns))
            case osdp_sys.CMD_KEYSET if isinstance(command["data"], bytes):
                self.key = command["data"]
                self.keys_taken += 1
            case osdp_sys.CMD_STATUS if self.tampered or self.power_failed:
                # the binding cannot put the switches into this reply: they follow at the next poll
                self._waiting.append(self._status())
        # A new tuple each time: the binding gives back one reference too many to what a shared one holds, None.
        result: tuple[int, None] = tuple([0, None])  # type: ignore[assignment] # noqa: C409 - see above
        return result

    def _status(self) -> dict[str, object]:
        return {
            "event": osdp_sys.EVENT_STATUS,
            "type": osdp_sys.STATUS_REPORT_LOCAL,
            "report": bytes([self.tampered, self.power_failed]),
        }


class OsdpLine:
    """A line with readers at their addresses; each hears only what is for it."""

    def __init__(self, port: PtyPort, readers: list[OsdpDevice]) -> None:
        self.port = port
        self.readers = readers
        self._finder = FrameFinder()
        port.on_bytes = self._on_bytes

    def _on_bytes(self, data: bytes, now_ns: int) -> None:
        for frame in self._finder.feed(data, now_ns):
            address = frame[1]
            for reader in self.readers:
                if not reader.offline and address in (reader.address, BROADCAST):
                    reader.hear(frame, self.port, now_ns)
