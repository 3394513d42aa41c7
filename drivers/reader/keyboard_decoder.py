"""What USB readers type: 24-byte `input_event` records of Linux, keys to characters, characters to a card.

Pure: bytes and time in, cards and misreads out. No device file and no thread stand here.
Record: struct input_event of <linux/input.h> on 64-bit machines (seconds, microseconds, type, code, value); key codes
of <linux/input-event-codes.h>.
"""

import re
import struct
from typing import Literal

from drivers.reader.cards import Card, CardError, card_of, card_of_value
from drivers.reader.decoding import Decoded, LineError, Misread

KeyboardFormat = Literal["decimal10", "facility_number", "hex"]
EVENT = struct.Struct("=qqHHi")
EV_KEY, PRESSED = 1, 1
HIGHEST_TYPE, HIGHEST_CODE = 0x1F, 0x2FF
MICROSECONDS = 1_000_000
MOST_KEYS = 32
STALE_MS = 500  # readers type a key every 2 to 30 ms: a pause this long means that the rest does not come

ENTER = frozenset({28, 96})
KEYS = (
    dict(zip(range(2, 12), "1234567890", strict=True))
    | dict(zip((82, 79, 80, 81, 75, 76, 77, 71, 72, 73), "0123456789", strict=True))
    | dict(zip((30, 48, 46, 32, 18, 33), "ABCDEF", strict=True))
    | {51: ",", 12: "-", 74: "-", 39: ":", 53: "/", 98: "/", 57: " "}
)
FACILITY_NUMBER = re.compile(r"(\d{1,6})[-,:/ ](\d{1,6})")


class KeyboardDecoder:
    """Assembles records, keys and numbers; Enter ends a number."""

    def __init__(self, number_format: KeyboardFormat, bits: int) -> None:
        self._read = READERS[number_format]
        self._bits = bits
        self._records = bytearray()
        self._typed = ""
        self._oversize = False
        self._fed_ns = 0

    def reset(self) -> None:
        self._records.clear()
        self._forget()

    def feed(self, data: bytes, now_ns: int) -> list[Decoded]:
        decoded: list[Decoded] = []
        if now_ns - self._fed_ns > STALE_MS * 1_000_000:
            if self._typed:
                decoded.append(Misread(f"half a number of {len(self._typed)} keys was dropped after {STALE_MS} ms"))
            self.reset()
        self._fed_ns = now_ns
        self._records += data
        while len(self._records) >= EVENT.size:
            _, microseconds, kind, code, value = EVENT.unpack_from(self._records)
            if kind > HIGHEST_TYPE or code > HIGHEST_CODE or not 0 <= microseconds < MICROSECONDS:
                del self._records[0]  # no record begins here: look for the next one byte further
                continue
            del self._records[: EVENT.size]
            if kind == EV_KEY and value == PRESSED:
                decoded += self._pressed(code)
        return decoded

    def _pressed(self, code: int) -> list[Decoded]:
        if code not in ENTER:
            if len(self._typed) >= MOST_KEYS:
                self._oversize = True
            else:
                self._typed += KEYS.get(code, "")
            return []
        typed, oversize = self._typed, self._oversize
        self._forget()
        if oversize:
            return [Misread(f"more than {MOST_KEYS} keys without Enter were dropped")]
        if not typed:
            return []
        try:
            return [self._read(typed, self._bits)]
        except (LineError, CardError) as error:
            return [Misread(str(error))]

    def _forget(self) -> None:
        self._typed = ""
        self._oversize = False


def read_decimal(typed: str, bits: int) -> Card:
    """`0008106606`: facility and number as one decimal number; ten digits, eleven where 37 bits need them."""
    if not 1 <= len(typed) <= 11 or not typed.isascii() or not typed.isdigit():
        raise LineError(f"expected a decimal number of ten digits, got {len(typed)} keys of another form")
    return card_of_value(bits, int(typed))


def read_facility_number(typed: str, bits: int) -> Card:
    """`123,45678` (also with - : / or a space between)."""
    match = FACILITY_NUMBER.fullmatch(typed)
    if match is None:
        raise LineError(f"expected facility,number, as 123,45678, got {len(typed)} keys of another form")
    return card_of(bits, int(match[1]), int(match[2]))


def read_hex(typed: str, bits: int) -> Card:
    """`7BB26E`: facility and number as one hexadecimal number, without parity."""
    if not re.fullmatch(r"[0-9A-F]{1,9}", typed):
        raise LineError(f"expected up to nine hexadecimal digits, got {len(typed)} keys of another form")
    return card_of_value(bits, int(typed, 16))


READERS = {"decimal10": read_decimal, "facility_number": read_facility_number, "hex": read_hex}
