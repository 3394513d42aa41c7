"""What poll interval and frame times alone set between a swipe and the order to open: drawn, not measured.

A card comes at any moment of the reader's poll cycle, the order to open at any moment of the board's scan. Nothing is
reckoned for deciding, recording, threads or the operating system: that is what the measurement shows on top.
"""

import random
from dataclasses import dataclass

from bench.figure import percentile
from bench.swipe_reader import limits_ms as reader_limits_ms
from drivers.barrier.profiles import PROFILES, Board, LineSettings

REQUEST_BYTES, WRITE_BYTES = 8, 8
REPLY_BYTES_BESIDE_BITS = 5  # address, function, count, CRC
DRAWS = 100_000


@dataclass(frozen=True, slots=True)
class Limit:
    """The distribution of a limit, in milliseconds."""

    p50: float
    p99: float
    worst: float

    @staticmethod
    def of(drawn: list[float]) -> "Limit":
        return Limit(percentile(drawn, 0.5), percentile(drawn, 0.99), max(drawn))


def reader_leg(baud: int, chance: random.Random) -> float:
    """From the card to the last byte of the reader's reply: at best its frame, later by up to a whole poll cycle."""
    limits = reader_limits_ms(baud)
    return limits["best"] + chance.random() * limits["cycle"]


def order_leg(line: LineSettings, chance: random.Random) -> float:
    """From the order to the last byte of its write: a read in flight ends first, then comes the silence."""
    bits = line.boards[0].profile.input_count
    reply_bytes = REPLY_BYTES_BESIDE_BITS + -(-bits // 8)
    read_ns = (
        REQUEST_BYTES + reply_bytes
    ) * line.byte_ns + line.silence_ns  # the board's own silence before it answers
    phase_ns = chance.random() * line.scan_ms * 1_000_000
    wait_ns = max(0.0, read_ns + line.silence_ns - phase_ns)
    return (wait_ns + WRITE_BYTES * line.byte_ns) / 1e6


def line_of(baud: int, profile: str) -> LineSettings:
    """A line with one board, as the configuration has it where nothing is said."""
    return LineSettings(id="l", device="-", boards=(Board(id="b", address=1, profile=PROFILES[profile]),), baud=baud)


def swipe_limits(baud: int, profile: str, seed: int = 1) -> dict[str, Limit]:
    """The limits of the reader's leg, of the order's leg, and of both one after the other."""
    chance = random.Random(seed)
    line = line_of(baud, profile)
    reader = [reader_leg(baud, chance) for _ in range(DRAWS)]
    order = [order_leg(line, chance) for _ in range(DRAWS)]
    whole = [first + second for first, second in zip(reader, order, strict=True)]
    return {"reader": Limit.of(reader), "order": Limit.of(order), "whole": Limit.of(whole)}
