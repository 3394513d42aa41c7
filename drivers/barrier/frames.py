"""Requests to a board and the replies that fit them: bytes in, values out.

No port, no clock and no order of the trade may be put here. Framing and CRC are pymodbus's; what it cannot say (the
value of function 05 is a time on some boards) stands here. Modbus application protocol V1.1b3, sections 6.1, 6.2, 6.5
and 7; Modbus over serial line V1.02, section 2.5.1.
"""

import struct
from collections.abc import Collection
from dataclasses import dataclass

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest

READ_COILS = 1
READ_INPUTS = 2
WRITE_COIL = 5
EXCEPTION = 0x80
LONGEST_FRAME = 256  # serial line guide 2.5.1
FLASH_ON = 0x0200
FLASH_OFF = 0x0400
COIL_ON = 0xFF00
COIL_OFF = 0x0000
LONGEST_FLASH_MS = 0x7FFF * 100

EXCEPTION_NAMES = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "server device failure",
    5: "acknowledge",
    6: "server device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target device failed to respond",
}

_framer = FramerRTU(DecodePDU(is_server=False))


@dataclass(frozen=True, slots=True)
class Request:
    """One request: board address, function, where, and the value written or the count read."""

    address: int
    function: int
    register: int
    value: int

    @property
    def frame(self) -> bytes:
        return _framer.encode(bytes([self.function]) + self._body(), self.address, 0)

    def _body(self) -> bytes:
        if self.function == READ_COILS:
            return ReadCoilsRequest(address=self.register, count=self.value).encode()
        if self.function == READ_INPUTS:
            return ReadDiscreteInputsRequest(address=self.register, count=self.value).encode()
        return struct.pack(">HH", self.register, self.value)

    @property
    def reply_length(self) -> int:
        return 8 if self.function == WRITE_COIL else 5 + (self.value + 7) // 8

    def __str__(self) -> str:
        return f"address {self.address} function {self.function:02d} at {self.register:#06x} value {self.value:#06x}"


@dataclass(frozen=True, slots=True)
class Frame:
    """A reply whose CRC is right."""

    address: int
    function: int
    body: bytes

    @property
    def is_exception(self) -> bool:
        return bool(self.function & EXCEPTION)

    @property
    def exception_text(self) -> str:
        code = self.body[0]
        return f"exception {code} ({EXCEPTION_NAMES.get(code, 'not in the Modbus text')})"

    def __str__(self) -> str:
        return f"address {self.address} function {self.function:#04x} body {self.body.hex(' ')}"


def read_inputs(address: int, first: int, count: int) -> Request:
    """Function 02."""
    return Request(address, READ_INPUTS, first, count)


def read_coils(address: int, first: int, count: int) -> Request:
    """Function 01."""
    return Request(address, READ_COILS, first, count)


def write_coil(address: int, number: int, on: bool) -> Request:
    """Function 05; the board answers with the same bytes."""
    return Request(address, WRITE_COIL, number, COIL_ON if on else COIL_OFF)


def flash_coil(address: int, number: int, for_ms: int, *, inverted: bool = False) -> Request:
    """The pulse that the board itself ends, in steps of 100 ms, rounded up so that it is never shorter than asked."""
    steps = max(1, -(-min(for_ms, LONGEST_FLASH_MS) // 100))
    return Request(address, WRITE_COIL, (FLASH_OFF if inverted else FLASH_ON) + number, steps)


def has_same_function(request: Request, frame: Frame) -> bool:
    """Whether the frame comes from the board asked and answers that function, normally or by an exception."""
    return frame.address == request.address and frame.function & ~EXCEPTION == request.function


def answers(request: Request, frame: Frame) -> bool:
    """Whether the frame can be the answer: address, function, and the echo or the count of bytes asked for."""
    if not has_same_function(request, frame):
        return False
    if frame.is_exception:
        return True
    if request.function == WRITE_COIL:
        return frame.body == struct.pack(">HH", request.register, request.value)
    return len(frame.body) == 1 + (request.value + 7) // 8


def bits(request: Request, frame: Frame) -> tuple[bool, ...]:
    """The bits that were read, the first register first."""
    packed = int.from_bytes(frame.body[1:], "little")
    return tuple(bool(packed >> place & 1) for place in range(request.value))


def take_frames(buffer: bytearray, addresses: Collection[int]) -> list[Frame]:
    """Take every whole reply of these boards out of the buffer, garbage before it too; keep what may still grow.

    Never raises, and never keeps more than one longest frame.
    """
    found: list[Frame] = []
    start = 0
    while start < len(buffer):
        size = _size_at(buffer, start, addresses)
        if size and start + size <= len(buffer) and (frame := _frame(bytes(buffer[start : start + size]))):
            found.append(frame)
            del buffer[: start + size]
            start = 0
        else:
            start += 1
    del buffer[:-LONGEST_FRAME]
    return found


def _size_at(buffer: bytearray, start: int, addresses: Collection[int]) -> int:
    """Length of the reply that would begin here; 0 when none of ours can, or when its length is not there yet."""
    if buffer[start] not in addresses or len(buffer) - start < 5:
        return 0
    function = buffer[start + 1]
    if function in (READ_COILS | EXCEPTION, READ_INPUTS | EXCEPTION, WRITE_COIL | EXCEPTION):
        return 5
    if function == WRITE_COIL:
        return 8
    return 5 + buffer[start + 2] if function in (READ_COILS, READ_INPUTS) else 0


def _frame(piece: bytes) -> Frame | None:
    if not FramerRTU.check_CRC(piece[:-2], int.from_bytes(piece[-2:], "big")):
        return None
    return Frame(piece[0], piece[1], piece[2:-2])
