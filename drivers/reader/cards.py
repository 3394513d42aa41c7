"""What the bits of a card mean: the three Wiegand formats of the house, their parity, and the canonical card text.

Pure: bits in, values out. No reader, no line and no registry stand here. The same card gives the same text whatever
reader it came from: "bits:facility:number", decimal, without leading zeros.

Formats (HID's published bit layouts): 26 = H10301, 34 = H10306, 37 = H10304.
"""

from collections.abc import Iterable
from dataclasses import dataclass

FEWEST_BITS = 8
MOST_BITS = 64


class CardError(ValueError):
    """These bits are no card: the message says what was expected and what came."""


@dataclass(frozen=True, slots=True)
class Format:
    """Where facility, number and parity stand; bit 0 is the first on the wire, ranges are [from, to)."""

    name: str
    bits: int
    facility: tuple[int, int]
    number: tuple[int, int]
    even: tuple[int, int]
    """The first bit makes the number of ones in bit 0 and these bits even."""
    odd: tuple[int, int]
    """The last bit makes the number of ones in these bits and the last one odd."""


FORMATS = {
    form.bits: form
    for form in (
        Format("H10301", 26, facility=(1, 9), number=(9, 25), even=(1, 13), odd=(13, 25)),
        Format("H10306", 34, facility=(1, 17), number=(17, 33), even=(1, 17), odd=(17, 33)),
        # The two parities of H10304 share the middle bit.
        Format("H10304", 37, facility=(1, 17), number=(17, 36), even=(1, 19), odd=(18, 36)),
    )
}


@dataclass(frozen=True, slots=True)
class Card:
    """A card as it was read. `raw` is its bits in the order of the wire, as the characters 0 and 1."""

    bits: int
    facility: int
    number: int
    raw: str

    @property
    def text(self) -> str:
        """The canonical card text, the same from every reader."""
        return f"{self.bits}:{self.facility}:{self.number}"


def card(raw: str) -> Card:
    """The card of these bits; raises `CardError` for a wrong parity, a length no card has, or anything but 0 and 1.

    A length without a known format is kept whole: facility 0 and all bits as the number, nothing can be checked.
    """
    if not FEWEST_BITS <= len(raw) <= MOST_BITS or set(raw) - {"0", "1"}:
        raise CardError(f"expected {FEWEST_BITS} to {MOST_BITS} bits, got {len(raw)} characters")
    form = FORMATS.get(len(raw))
    if form is None:
        return Card(len(raw), 0, int(raw, 2), raw)
    if _ones(raw, form.even, 0) % 2 != 0:
        raise CardError(f"{form.bits} bits: the even parity (first bit) is wrong")
    if _ones(raw, form.odd, form.bits - 1) % 2 != 1:
        raise CardError(f"{form.bits} bits: the odd parity (last bit) is wrong")
    return Card(form.bits, _value(raw, form.facility), _value(raw, form.number), raw)


def card_of(bits: int, facility: int, number: int) -> Card:
    """The card with these figures, its bits with parity; raises `CardError` when they do not fit the format."""
    form = FORMATS.get(bits)
    if form is None:
        raise CardError(f"{bits} bits: expected one of {_listed(FORMATS)}")
    body = _field("facility", facility, form.facility, bits) + _field("number", number, form.number, bits)
    first = body[form.even[0] - 1 : form.even[1] - 1].count("1") % 2
    last = 1 - body[form.odd[0] - 1 : form.odd[1] - 1].count("1") % 2
    return Card(bits, facility, number, f"{first}{body}{last}")


def card_of_value(bits: int, value: int) -> Card:
    """The card whose facility and number, written one behind the other, are this value (no parity in it)."""
    form = FORMATS.get(bits)
    if form is None:
        raise CardError(f"{bits} bits: expected one of {_listed(FORMATS)}")
    if not 0 <= value < 1 << (bits - 2):
        raise CardError(f"{bits} bits: {value} does not fit into {bits - 2} bits without parity")
    width = form.number[1] - form.number[0]
    return card_of(bits, value >> width, value & ((1 << width) - 1))


def bits_of_bytes(data: bytes, count: int) -> str:
    """The first `count` bits of bytes whose highest bit is first on the wire, as OSDP packs card data."""
    if count > len(data) * 8:
        raise CardError(f"{count} bits announced, {len(data)} bytes came")
    return "".join(f"{byte:08b}" for byte in data)[:count]


def _ones(raw: str, span: tuple[int, int], parity: int) -> int:
    return raw[span[0] : span[1]].count("1") + int(raw[parity])


def _value(raw: str, span: tuple[int, int]) -> int:
    return int(raw[span[0] : span[1]], 2)


def _field(name: str, value: int, span: tuple[int, int], bits: int) -> str:
    width = span[1] - span[0]
    if not 0 <= value < 1 << width:
        raise CardError(f"{bits} bits: {name} {value} does not fit into {width} bits")
    return f"{value:0{width}b}"


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) for number in sorted(numbers))
