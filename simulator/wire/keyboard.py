"""A USB reader that types: a card presented becomes key records on the port, as Linux gives them to a program."""

import struct
import time
from typing import Literal

from simulator.wire.port import PtyPort

NumberFormat = Literal["decimal10", "facility_number", "hex"]
RECORD = struct.Struct("=qqHHi")  # struct input_event of <linux/input.h>, 64-bit
EV_SYN, EV_MSC, EV_KEY, MSC_SCAN = 0, 4, 1, 4
KEY_ENTER = 28
KEY_CODES = {"0": 11, ",": 51, "A": 30, "B": 48, "C": 46, "D": 32, "E": 18, "F": 33}
KEY_CODES |= {str(digit): digit + 1 for digit in range(1, 10)}
NUMBER_WIDTHS = {26: 16, 34: 16, 37: 19}
EVENT_BAUD = 115_200  # of the port that stands for the event device: a key (6 records) takes about 12 ms


class KeyboardReader:
    """Types each presented card and Enter; `port` is started and stopped by its owner."""

    def __init__(self, port: PtyPort, number_format: NumberFormat = "decimal10") -> None:
        self.port = port
        self.number_format = number_format

    def present(self, card: str) -> int:
        """Swipe a card "bits:facility:number"; the monotonic ns when the last byte of Enter is over."""
        return self.type_keys(typed(card, self.number_format), enter=True)

    def type_keys(self, keys: str, *, enter: bool) -> int:
        """Type these keys, with or without the Enter that ends a number."""
        codes = [KEY_CODES[key] for key in keys] + ([KEY_ENTER] if enter else [])
        return self.port.write(b"".join(key_records(code, time.time_ns()) for code in codes))


def typed(card: str, number_format: NumberFormat) -> str:
    """What a reader set to this format types for a card."""
    bits, facility, number = (int(part) for part in card.split(":"))
    value = (facility << NUMBER_WIDTHS[bits]) | number
    match number_format:
        case "decimal10":
            return f"{value:010d}"
        case "facility_number":
            return f"{facility:03d},{number:05d}"
        case "hex":
            return f"{value:0{-(-(bits - 2) // 4)}X}"


def key_records(code: int, at_ns: int) -> bytes:
    """Press and release of one key with scan code and sync records, as the kernel's keyboard driver sends them."""
    seconds, microseconds = at_ns // 1_000_000_000, at_ns % 1_000_000_000 // 1000

    def record(kind: int, number: int, value: int) -> bytes:
        return RECORD.pack(seconds, microseconds, kind, number, value)

    stroke = b""
    for pressed in (1, 0):
        stroke += record(EV_MSC, MSC_SCAN, 0x70000 + code) + record(EV_KEY, code, pressed) + record(EV_SYN, 0, 0)
    return stroke
