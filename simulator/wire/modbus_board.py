"""One simulated Modbus board: coils with their own timers, discrete inputs, and the faults such a board can have.

No port and no clock stand here: requests come in as PDUs, time is passed in, "wake me at" stands for sleeping. What the
coils move is the physics' business (`on_output`). Modbus application protocol V1.1b3, sections 6.1, 6.2, 6.5, 6.11, 7;
Waveshare "Modbus RTU Relay (D)" wiki page for 0x0200, 0x0400, 0x5500 and 0x00FF.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from pymodbus.pdu.bit_message import ReadCoilsResponse, ReadDiscreteInputsResponse

from simulator.wire.modbus_maps import BoardMap

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
FLASH_ON, FLASH_OFF, ALL_COILS = 0x0200, 0x0400, 0x00FF
ON, OFF, FLIP = 0xFF00, 0x0000, 0x5500
FLASH_STEP_NS = 100_000_000

OnOutput = Callable[[int, bool, int], None]
"""Called with the coil's number, whether it is closed now, and the monotonic ns of it."""


class Refused(Exception):
    """The request asks for what the board has not; `code` is the Modbus exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


@dataclass(slots=True)
class BoardFaults:
    """Switches, thrown while it runs. All off: a sound board."""

    deaf: bool = False
    """Hears nothing: does nothing and answers nothing."""
    mute: bool = False
    """Does what it is told, and answers nothing."""
    late_ms: int = 0
    """Answers this much later."""
    copies: int = 1
    """How often each answer is sent."""
    copy_gap_ms: int = 0
    """How much later each further copy comes."""
    wrong_crc: bool = False
    exception: int = 0
    """Answers everything with this exception and does nothing."""
    other_address: int = 0
    """Answers as if it were this board."""
    wrong_echo: bool = False
    """Does what a write says and echoes another register; reads are answered with a byte too many."""


class ModbusBoard:
    """A board of one map. `set_input` may be called from any thread; the rest from the line's."""

    def __init__(self, board_map: BoardMap, *, on_output: OnOutput | None = None) -> None:
        self.map = board_map
        self.on_output = on_output
        self.faults = BoardFaults()
        self.coils = [False] * board_map.coils
        self._inputs = [False] * board_map.discrete_inputs
        self._stuck: dict[int, bool] = {}
        self._ends: dict[int, tuple[int, bool]] = {}

    # --- the side of the physics -----------------------------------------------------------------------------------

    def set_input(self, number: int, on: bool) -> None:
        """A contact at the board's terminals opens or closes."""
        self._inputs[number] = on

    def set_named_input(self, name: str, on: bool) -> None:
        self.set_input(self.map.inputs[name], on)

    def stick_input(self, number: int, on: bool) -> None:
        """The contact reads so whatever the physics says: a wrong limit switch, a dirty photocell."""
        self._stuck[number] = on

    def free_input(self, number: int) -> None:
        self._stuck.pop(number, None)

    def input(self, number: int) -> bool:
        return self._stuck.get(number, self._inputs[number])

    def output(self, name: str) -> bool:
        return self.coils[self.map.outputs[name]]

    # --- time ------------------------------------------------------------------------------------------------------

    def next_wake_ns(self) -> int | None:
        """When a coil changes by itself."""
        return min((ends_ns for ends_ns, _ in self._ends.values()), default=None)

    def advance(self, now_ns: int) -> None:
        """End the pulses that are over, each at its own time."""
        for number, (ends_ns, after) in sorted(self._ends.items(), key=lambda item: item[1][0]):
            if ends_ns <= now_ns:
                del self._ends[number]
                self._set_coil(number, after, ends_ns)

    def lose_power(self, now_ns: int) -> None:
        """Every relay falls open; nothing comes back by itself when the power does."""
        self._ends.clear()
        for number in range(len(self.coils)):
            self._set_coil(number, False, now_ns)

    # --- the side of the wire --------------------------------------------------------------------------------------

    def handle(self, pdu: bytes, now_ns: int) -> bytes:
        """Carry one request out; the PDU of the reply, an exception's included."""
        self.advance(now_ns)
        try:
            if self.faults.exception:
                raise Refused(self.faults.exception)
            return self._handle(pdu, now_ns)
        except Refused as refused:
            return bytes([pdu[0] | 0x80, refused.code])

    def _handle(self, pdu: bytes, now_ns: int) -> bytes:
        function = pdu[0]
        if function in (1, 2) and len(pdu) == 5:
            return self._read(function, *struct.unpack(">HH", pdu[1:]))
        if function == 5 and len(pdu) == 5:
            register, value = struct.unpack(">HH", pdu[1:])
            self._write_one(register, value, now_ns)
            return bytes([5]) + struct.pack(">HH", register ^ self.faults.wrong_echo, value)
        if function == 15 and len(pdu) >= 7:
            return self._write_many(pdu, now_ns)
        raise Refused(ILLEGAL_FUNCTION)

    def _read(self, function: int, first: int, count: int) -> bytes:
        size = len(self.coils) if function == 1 else len(self._inputs)
        if not 1 <= count <= 2000:
            raise Refused(ILLEGAL_VALUE)
        if first + count > size:
            raise Refused(ILLEGAL_ADDRESS)
        numbers = range(first, first + count)
        bits = [self.coils[number] if function == 1 else self.input(number) for number in numbers]
        reply = ReadCoilsResponse(bits=bits) if function == 1 else ReadDiscreteInputsResponse(bits=bits)
        body = reply.encode()
        if self.faults.wrong_echo:
            body = bytes([body[0] + 1]) + body[1:] + b"\0"
        return bytes([function]) + body

    def _write_one(self, register: int, value: int, now_ns: int) -> None:
        if self.map.has_flash and register == ALL_COILS and value in (ON, OFF):
            for number in range(len(self.coils)):
                self._write_coil(number, value == ON, now_ns)
        elif self.map.has_flash and register - FLASH_ON in range(len(self.coils)):
            self._flash(register - FLASH_ON, value, True, now_ns)
        elif self.map.has_flash and register - FLASH_OFF in range(len(self.coils)):
            self._flash(register - FLASH_OFF, value, False, now_ns)
        elif register >= len(self.coils):
            raise Refused(ILLEGAL_ADDRESS)
        elif value == FLIP and self.map.has_flash:
            self._write_coil(register, not self.coils[register], now_ns)
        elif value in (ON, OFF):
            self._write_coil(register, value == ON, now_ns)
        else:
            raise Refused(ILLEGAL_VALUE)

    def _write_many(self, pdu: bytes, now_ns: int) -> bytes:
        first, count, size = struct.unpack(">HHB", pdu[1:6])
        if size != (count + 7) // 8 or len(pdu) != 6 + size or not 1 <= count <= 1968:
            raise Refused(ILLEGAL_VALUE)
        if first + count > len(self.coils):
            raise Refused(ILLEGAL_ADDRESS)
        packed = int.from_bytes(pdu[6:], "little")
        for place in range(count):
            self._write_coil(first + place, bool(packed >> place & 1), now_ns)
        return bytes([15]) + struct.pack(">HH", first, count)

    def _write_coil(self, number: int, on: bool, now_ns: int) -> None:
        self._ends.pop(number, None)
        self._set_coil(number, on, now_ns)
        if on and self.map.pulse_ms:
            self._ends[number] = (now_ns + self.map.pulse_ms * 1_000_000, False)

    def _flash(self, number: int, steps: int, on: bool, now_ns: int) -> None:
        self._ends.pop(number, None)
        self._set_coil(number, on, now_ns)
        self._ends[number] = (now_ns + steps * FLASH_STEP_NS, not on)

    def _set_coil(self, number: int, on: bool, at_ns: int) -> None:
        if self.coils[number] is on:
            return
        self.coils[number] = on
        if self.on_output is not None:
            self.on_output(number, on, at_ns)
