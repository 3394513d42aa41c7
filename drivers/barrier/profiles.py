"""Register maps of the boards: which coil moves what, which discrete input means what, and how an order is given.

Nothing is read or written here, and no site's choice stands here. Numbers count from 0, as in the frames.
Waveshare: "Modbus RTU Relay (D)" wiki page, section "Modbus protocol" (relays 0x0000-0x0007, flash-on at 0x0200 + n).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Literal

Parity = Literal["none", "even", "odd"]

MOST_CHANNELS = 2000  # one read answers at most 2000 bits (Modbus application protocol V1.1b3, 6.1 and 6.2)


@unique
class Pulse(StrEnum):
    """How a board ends an order: by its own timer (asked for, or built in), or not at all, then we clear the coil."""

    FLASH_0200 = "flash_0200"
    MOMENTARY = "momentary"
    LATCHED = "latched"


@dataclass(frozen=True, slots=True)
class Channel:
    """One named input or output: which coil or discrete input, and whether "on" at the board means "off" to us."""

    name: str
    number: int
    inverted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardProfile:
    """A register map. `pulse_ms` is the length of an order's pulse where it is ours to choose."""

    id: str
    pulse: Pulse
    inputs: tuple[Channel, ...]
    outputs: tuple[Channel, ...]
    pulse_ms: int = 700

    def __post_init__(self) -> None:
        """Raise `ValueError` for a map that cannot work, or that could lower an arm onto something it does not see."""
        for kind, channels in (("input", self.inputs), ("output", self.outputs)):
            _refuse_doubles(self.id, kind, "name", [channel.name for channel in channels])
            _refuse_doubles(self.id, kind, "number", [channel.number for channel in channels])
        if not self.inputs or not self.outputs:
            raise ValueError(f"profile {self.id}: expected at least one input and one output")
        wired = {channel.name for channel in self.inputs}
        if self.output("down") is not None and not wired & {"closing", "photocell"}:
            raise ValueError(
                f"profile {self.id}: has an output 'down' but neither 'closing' nor 'photocell' is wired; "
                "an arm is never lowered unseen: wire one of them or take 'down' away"
            )

    def output(self, name: str) -> Channel | None:
        return next((channel for channel in self.outputs if channel.name == name), None)

    def is_wired(self, name: str) -> bool:
        return any(channel.name == name for channel in self.inputs)

    @property
    def first_input(self) -> int:
        return min(channel.number for channel in self.inputs)

    @property
    def input_count(self) -> int:
        """How many discrete inputs one read has to ask for, from the first to the last that is wired."""
        return max(channel.number for channel in self.inputs) - self.first_input + 1

    @property
    def first_output(self) -> int:
        return min(channel.number for channel in self.outputs)

    @property
    def output_count(self) -> int:
        return max(channel.number for channel in self.outputs) - self.first_output + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One board on a line; `id` is what readings and orders call it."""

    id: str
    address: int
    profile: BoardProfile

    def __post_init__(self) -> None:
        if not 1 <= self.address <= 247:
            raise ValueError(f"board {self.id}: address {self.address}, expected 1 to 247")
        for kind, count in (("inputs", self.profile.input_count), ("outputs", self.profile.output_count)):
            if count > MOST_CHANNELS:
                raise ValueError(
                    f"board {self.id}: {kind} of profile {self.profile.id} span {count}; "
                    f"one read answers {MOST_CHANNELS}"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSettings:
    """One RS-485 line: its device path, how it speaks, how often each board is read, and its boards."""

    id: str
    device: str
    boards: tuple[Board, ...]
    baud: int = 9600
    parity: Parity = "none"
    scan_ms: int = 50
    reply_timeout_ms: int = 200

    def __post_init__(self) -> None:
        if not self.boards:
            raise ValueError(f"line {self.id}: expected at least one board")
        _refuse_doubles(f"of line {self.id}", "board", "id", [board.id for board in self.boards])
        _refuse_doubles(f"of line {self.id}", "board", "address", [board.address for board in self.boards])

    @property
    def byte_ns(self) -> int:
        """Time of one byte on the wire: start, 8 data, parity where there is one, stop."""
        bits = 10 if self.parity == "none" else 11
        return bits * 1_000_000_000 // self.baud

    @property
    def silence_ns(self) -> int:
        """Silence between two frames: 3.5 bytes, 1.75 ms above 19200 baud (serial line guide V1.02, 2.5.1.1)."""
        return 1_750_000 if self.baud > 19_200 else self.byte_ns * 7 // 2


def _refuse_doubles(owner: str, kind: str, what: str, values: Iterable[object]) -> None:
    seen: set[object] = set()
    for value in values:
        if value in seen:
            raise ValueError(f"profile {owner}: {kind} {what} {value!r} stands twice")
        seen.add(value)


def _channels(*names: str) -> tuple[Channel, ...]:
    return tuple(Channel(name, number) for number, name in enumerate(names))


GENERIC = BoardProfile(
    id="generic",
    pulse=Pulse.MOMENTARY,
    outputs=_channels("up", "down", "stop"),
    inputs=_channels("limit_up", "limit_down", "arming", "closing", "leaving", "photocell", "fire", "button", "fault"),
)

WAVESHARE_RELAY_D = BoardProfile(
    id="waveshare-relay-d",
    pulse=Pulse.FLASH_0200,
    outputs=_channels("up", "down", "stop"),
    inputs=_channels("limit_up", "limit_down", "arming", "closing", "leaving", "photocell", "fire", "button"),
)

FOOT_GATE = BoardProfile(
    id="foot-gate",
    pulse=Pulse.FLASH_0200,
    outputs=_channels("lock"),
    inputs=_channels("door", "exit_button", "fire", "lock_released", "fault"),
)

PROFILES = {profile.id: profile for profile in (GENERIC, WAVESHARE_RELAY_D, FOOT_GATE)}
