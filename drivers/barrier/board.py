"""What the driver knows of one board: its inputs, its condition, and which coils may be closed by our orders.

No port is touched here and no time is read: both are passed in. Unknown is never "off".
"""

from dataclasses import dataclass, field

from drivers.barrier.frames import Request, flash_coil, read_coils, read_inputs, write_coil
from drivers.barrier.profiles import Board, Channel, Pulse
from drivers.readings import Condition, InputsScanned

MISSES_UNTIL_LOST = 3
PROBE_NS = (500_000_000, 1_000_000_000, 2_000_000_000)
"""How long to wait between probes of a lost board: the other boards of the line must not suffer for it."""

OUTPUT_OF = {"up": "up", "down": "down", "stop": "stop", "unlock": "lock", "lock": "lock"}

OPPOSING = {"stop": ("up", "down"), "up": ("down",), "down": ("up", "stop")}
"""Outputs that must not stay closed beside an order, where it is not the board that opens them at once."""

MUST_BE_CLEAR = ("closing", "photocell", "fire")
"""Inputs that forbid an arm to go down, each where it is wired (design: safety of the arm; S8)."""


class OrderImpossible(Exception):
    """The board's profile has no way to carry this order out."""


@dataclass(slots=True)
class BoardState:
    """One board as last seen. `closed` maps a coil to the ns when its pulse ends; None: until we open it again.

    `released`: the lock is to stay released until "lock"; the time of a passage must not end that (S8).
    """

    board: Board
    condition: Condition | None = None
    misses: int = 0
    probes: int = 0
    due_ns: int = 0
    lost_detail: str = ""
    inputs: dict[str, bool | None] = field(default_factory=dict)
    closed: dict[int, int | None] = field(default_factory=dict)
    released: bool = False

    def __post_init__(self) -> None:
        self.inputs = {channel.name: None for channel in self.board.profile.inputs}

    # --- inputs ----------------------------------------------------------------------------------------------------

    @property
    def inputs_request(self) -> Request:
        profile = self.board.profile
        return read_inputs(self.board.address, profile.first_input, profile.input_count)

    @property
    def coils_request(self) -> Request:
        profile = self.board.profile
        return read_coils(self.board.address, profile.first_output, profile.output_count)

    def take_inputs(self, bits: tuple[bool, ...]) -> bool:
        """Keep what was read; whether anything changed."""
        profile = self.board.profile
        before = self.inputs
        self.inputs = {
            channel.name: bits[channel.number - profile.first_input] != channel.inverted for channel in profile.inputs
        }
        return self.inputs != before

    def snapshot(self, origin_ns: int) -> InputsScanned:
        return InputsScanned(device=self.board.id, origin_ns=origin_ns, inputs=tuple(self.inputs.items()))

    def not_clear(self) -> str:
        """Why an arm must not go down, by the inputs as last read; "" when nothing forbids it."""
        for name in MUST_BE_CLEAR:
            if self.board.profile.is_wired(name) and self.inputs[name] is not False:
                return f"{name} is {'on' if self.inputs[name] else 'unknown'}"
        return ""

    # --- condition -------------------------------------------------------------------------------------------------

    def missed(self) -> bool:
        """Count an answer that did not come; whether the board is lost by that."""
        self.misses += 1
        return self.misses >= MISSES_UNTIL_LOST

    def lose(self, detail: str) -> None:
        """Everything is unknown; a coil that we had to open is left as it is until somebody gives an order."""
        self.condition = Condition.LOST
        self.lost_detail = detail
        self.probes = 0
        self.inputs = dict.fromkeys(self.inputs)
        if self.board.profile.pulse is Pulse.LATCHED:
            self.closed = dict.fromkeys(self.closed)
        else:
            self.closed = {number: ends_ns for number, ends_ns in self.closed.items() if ends_ns is None}

    def plan_next(self, now_ns: int, scan_ns: int) -> None:
        """Set when the board is to be read next."""
        if self.condition is Condition.LOST:
            self.due_ns = now_ns + PROBE_NS[min(self.probes, len(PROBE_NS) - 1)]
            self.probes += 1
        else:
            # a line with too much to do reads on without a pause; a board read out of turn begins its period anew
            self.due_ns = max(self.due_ns + scan_ns, now_ns) if self.due_ns else now_ns + scan_ns

    def learn_coils(self, bits: tuple[bool, ...]) -> list[str]:
        """Outputs that the board says are closed and that no pulse of its own will open; their names."""
        profile = self.board.profile
        if profile.pulse is not Pulse.LATCHED:
            return []
        found = [
            channel for channel in profile.outputs if bits[channel.number - profile.first_output] != channel.inverted
        ]
        self.closed = {channel.number: None for channel in found}
        return [channel.name for channel in found]

    # --- orders ----------------------------------------------------------------------------------------------------

    def write_for(self, order: str, for_ms: int) -> Request:
        """The one write that carries an order out. Raises `OrderImpossible`."""
        channel = self._channel(order)
        address, pulse = self.board.address, self.board.profile.pulse
        if order == "lock":
            return write_coil(address, channel.number, channel.inverted)
        length_ms = self._length_ms(order, for_ms)
        if pulse is Pulse.FLASH_0200 and length_ms:
            return flash_coil(address, channel.number, length_ms, inverted=channel.inverted)
        if pulse is Pulse.MOMENTARY and order == "unlock" and not for_ms:
            raise OrderImpossible("the lock has only the board's own pulse: it cannot be released until 'lock'")
        return write_coil(address, channel.number, not channel.inverted)

    def note_written(self, order: str, for_ms: int, sent_ns: int) -> None:
        """Remember what the write closed, whether or not it was answered."""
        channel = self._channel(order)
        length_ms = self._length_ms(order, for_ms)
        if order in ("lock", "unlock"):
            self.released = order == "unlock" and not length_ms
        if order == "lock":
            self.closed.pop(channel.number, None)
        elif self.board.profile.pulse is not Pulse.MOMENTARY:
            self.closed[channel.number] = sent_ns + length_ms * 1_000_000 if length_ms else None

    def opposing(self, order: str, now_ns: int) -> list[Channel]:
        """Outputs that may still be closed and would work against the order."""
        self._drop_ended(now_ns)
        names = OPPOSING.get(order, ())
        return [
            channel
            for channel in self.board.profile.outputs
            if channel.number in self.closed and (channel.name in names or self._is_left_over(order, channel))
        ]

    def due_to_open(self, now_ns: int) -> list[Channel]:
        """Coils whose pulse is over and which only we can open."""
        self._drop_ended(now_ns)
        return [channel for channel in self.board.profile.outputs if self._is_over(channel.number, now_ns)]

    def next_opening_ns(self) -> int | None:
        """When the first coil is to be opened by us; None when none is."""
        if self.board.profile.pulse is not Pulse.LATCHED or self.condition is Condition.LOST:
            return None
        return min((ends_ns for ends_ns in self.closed.values() if ends_ns is not None), default=None)

    def opening(self, channel: Channel) -> Request:
        return write_coil(self.board.address, channel.number, channel.inverted)

    def _channel(self, order: str) -> Channel:
        channel = self.board.profile.output(OUTPUT_OF[order])
        if channel is None:
            raise OrderImpossible(f"profile {self.board.profile.id} has no output '{OUTPUT_OF[order]}'")
        return channel

    def _length_ms(self, order: str, for_ms: int) -> int:
        if order != "unlock":
            return self.board.profile.pulse_ms
        return 0 if self.released else for_ms

    def _is_over(self, number: int, now_ns: int) -> bool:
        ends_ns = self.closed.get(number)
        return ends_ns is not None and ends_ns <= now_ns and self.board.profile.pulse is Pulse.LATCHED

    def _is_left_over(self, order: str, channel: Channel) -> bool:
        """Whether the order's own coil stayed closed through a loss: closing it again would move nothing."""
        return channel.name == order and self.closed[channel.number] is None and order in OPPOSING

    def _drop_ended(self, now_ns: int) -> None:
        if self.board.profile.pulse is Pulse.FLASH_0200:
            self.closed = {number: end for number, end in self.closed.items() if end is None or end > now_ns}
