"""The text lines of serial Wiegand converters: three line formats, each told exactly in docs/wiring-readers.md.

Pure: bytes and time in, cards and misreads out. No port and no thread stand here.
"""

import re
from typing import Literal

from drivers.reader.cards import MOST_BITS, Card, CardError, card, card_of
from drivers.reader.decoding import Decoded, LineError, Misread

WiegandFormat = Literal["hex_line", "binary_line", "decimal_line"]
LONGEST_LINE = 80
STALE_MS = (
    500  # a converter sends a line in one go: a half line after this long is of a card that will not be completed
)

HEX_LINE = re.compile(rb"(\d{1,2})[:, ]([0-9A-Fa-f]{1,16})")
BINARY_LINE = re.compile(rb"[01]{1,64}")
DECIMAL_LINE = re.compile(rb"(?:(26|34|37):)?(\d{1,10})[,:](\d{1,10})")


class WiegandDecoder:
    """Assembles lines (ended by CR, LF or both) and reads them in one format."""

    def __init__(self, line_format: WiegandFormat) -> None:
        self._read = READERS[line_format]
        self._line = bytearray()
        self._fed_ns = 0
        self._oversize = False

    def reset(self) -> None:
        self._line.clear()
        self._oversize = False

    def feed(self, data: bytes, now_ns: int) -> list[Decoded]:
        decoded: list[Decoded] = []
        if (self._line or self._oversize) and now_ns - self._fed_ns > STALE_MS * 1_000_000:
            decoded.append(Misread(f"half a line of {len(self._line)} characters was dropped after {STALE_MS} ms"))
            self.reset()
        self._fed_ns = now_ns
        for byte in data:
            if byte in b"\r\n":
                decoded += self._ended()
            elif len(self._line) >= LONGEST_LINE:
                self._oversize = True
            else:
                self._line.append(byte)
        return decoded

    def _ended(self) -> list[Decoded]:
        line, oversize = bytes(self._line).strip(b" \t"), self._oversize
        self.reset()
        if oversize:
            return [Misread(f"a line longer than {LONGEST_LINE} characters was dropped")]
        if not line:
            return []
        try:
            return [self._read(line)]
        except (LineError, CardError) as error:
            return [Misread(str(error))]


def read_hex_line(line: bytes) -> Card:
    """`26:2F5B26E`: the number of bits, then all bits (parity included) as one hexadecimal number."""
    match = HEX_LINE.fullmatch(line)
    if match is None:
        raise LineError(f"expected bits:hex, as 26:2F5B26E, got {_shown(line)}")
    bits, value = int(match[1]), int(match[2], 16)
    if not 0 < bits <= MOST_BITS or value >= 1 << bits:
        raise LineError(f"expected at most {MOST_BITS} bits and a number that fits into them, got {_shown(line)}")
    return card(f"{value:0{bits}b}")


def read_binary_line(line: bytes) -> Card:
    """`10111101011011001001101110`: every bit, parity included, in the order of the wire."""
    if BINARY_LINE.fullmatch(line) is None:
        raise LineError(f"expected up to {MOST_BITS} characters 0 and 1, got {_shown(line)}")
    return card(line.decode("ascii"))


def read_decimal_line(line: bytes) -> Card:
    """`123,45678` (26 bits) or `34:123,45678`: facility and number; the converter has checked the parity."""
    match = DECIMAL_LINE.fullmatch(line)
    if match is None:
        raise LineError(f"expected [26:|34:|37:]facility,number, as 123,45678, got {_shown(line)}")
    return card_of(int(match[1] or 26), int(match[2]), int(match[3]))


READERS = {"hex_line": read_hex_line, "binary_line": read_binary_line, "decimal_line": read_decimal_line}


def _shown(line: bytes) -> str:
    return f"{len(line)} characters of another form"  # never the line itself: it may be a card number
