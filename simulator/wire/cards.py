"""The simulator's own way from a card's figures to the bits a reader sends; no driver's code stands here.

Layouts: H10301 (26 bits), H10306 (34), H10304 (37), as published by HID: even parity in front over the first half,
odd parity behind over the second half; the halves of 37 bits share the middle bit.
"""

NUMBER_WIDTHS = {26: 16, 34: 16, 37: 19}
HALVES = {26: 12, 34: 16, 37: 18}


def card_bits(text: str) -> str:
    """The bits, as 0 and 1, of a card written "bits:facility:number"."""
    bits, facility, number = (int(part) for part in text.split(":"))
    if bits not in NUMBER_WIDTHS:
        raise ValueError(f"card {text}: this reader sends 26, 34 or 37 bits")
    width = NUMBER_WIDTHS[bits]
    if not (0 <= number < 1 << width and 0 <= facility < 1 << (bits - 2 - width)):
        raise ValueError(f"card {text}: its figures do not fit into {bits} bits")
    body = f"{(facility << width) | number:0{bits - 2}b}"
    half = HALVES[bits]
    front = body[:half].count("1") % 2
    behind = (body[-half:].count("1") + 1) % 2
    return f"{front}{body}{behind}"


def card_bytes(bits: str) -> bytes:
    """Bits packed into bytes, the first one highest, the last byte filled with zeros: as OSDP carries card data."""
    padded = bits + "0" * (-len(bits) % 8)
    return int(padded, 2).to_bytes(len(padded) // 8, "big")
