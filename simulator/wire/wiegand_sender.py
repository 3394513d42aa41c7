"""A serial converter with a Wiegand reader in front of it: a card presented becomes a text line on the port."""

from typing import Literal

from simulator.wire.cards import card_bits
from simulator.wire.port import PtyPort

LineFormat = Literal["hex_line", "binary_line", "decimal_line"]


class WiegandSender:
    """Sends each presented card as one line; `port` is started and stopped by its owner."""

    def __init__(self, port: PtyPort, line_format: LineFormat = "hex_line") -> None:
        self.port = port
        self.line_format = line_format

    def present(self, card: str) -> int:
        """Swipe a card "bits:facility:number"; the monotonic ns when the last byte of its line is over."""
        return self.send_bits(card_bits(card)) if self.line_format != "decimal_line" else self._decimal(card)

    def send_bits(self, bits: str) -> int:
        """Send these very bits, right or wrong, as a reader with a bad contact does."""
        if self.line_format == "binary_line":
            return self.port.write(f"{bits}\r\n".encode())
        digits = -(-len(bits) // 4)
        return self.port.write(f"{len(bits)}:{int(bits, 2):0{digits}X}\r\n".encode())

    def _decimal(self, card: str) -> int:
        bits, facility, number = card.split(":")
        form = "" if bits == "26" else f"{bits}:"
        return self.port.write(f"{form}{int(facility):03d},{int(number):05d}\r\n".encode())
