"""What is written on drawn plates: kinds, patterns, and texts drawn at random, provinces even. No drawing here.

The patterns follow GA 36-2018 and what came after it, and the common patterns of the EU, Brazil and the United States.
"""

from dataclasses import dataclass

import numpy as np

from simulator.scene.glyphs import PROVINCES

Random = np.random.Generator

LETTERS, DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "0123456789"
ALL_LETTERS = LETTERS + "IO"
SETS = {
    "P": PROVINCES,
    "L": LETTERS,
    "D": DIGITS,
    "E": "ABCDEFGHJK",
    "F": "XS",
    "M": "QVKHBSLJNGCEZ",
    "T": DIGITS + "TDSHBXJ",
    "C": "0123",
    "A": ALL_LETTERS,
    "N": ALL_LETTERS + DIGITS,
}
"""What a character of a pattern stands for; any other stands for itself. `X` is treated apart: letters are few."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of plate as it is drawn: its style in `simulator.scene.plate_styles`, its patterns, how often."""

    name: str
    style: str
    rows: int
    patterns: tuple[str, ...]
    weight: float
    color: str
    region: str = "cn"


KINDS: tuple[Kind, ...] = (
    Kind("small", "small", 1, ("PLXXXXX",), 42, "blue"),
    Kind("large", "large", 1, ("PLXXXXX",), 8, "yellow"),
    Kind("large_two", "large", 2, ("PLXXXXX",), 8, "yellow"),
    Kind("trailer", "trailer", 1, ("PLXXXX挂",), 4, "yellow"),
    Kind("trailer_two", "trailer", 2, ("PLXXXX挂",), 6, "yellow"),
    Kind("coach", "coach", 1, ("PLXXXX学",), 4, "yellow"),
    Kind("police", "police", 1, ("PLXXXX警", "POXXXX警"), 5, "white"),
    Kind("nev_small", "nev_small", 1, ("PLEXDDDD", "PLEDDDDD"), 12, "green"),
    Kind("nev_large", "nev_large", 1, ("PLDDDDDE",), 5, "yellow_green"),
    Kind("hong_kong", "hong_kong", 1, ("粤ZXXXX港",), 4, "black"),
    Kind("macau", "macau", 1, ("粤ZXXXX澳",), 4, "black"),
    Kind("embassy", "embassy", 1, ("DDDDDD使",), 3, "black"),
    Kind("consulate", "consulate", 1, ("PLDDDD领", "PDDDDD领"), 4, "black"),
    Kind("emergency", "emergency", 1, ("PFDDDD应急",), 5, "white"),
    Kind("military", "military", 1, ("MLDDDDD",), 4, "white"),
    Kind("military_two", "military", 2, ("MLDDDDD",), 4, "white"),
    Kind("armed_police", "armed_police", 1, ("WJPDDDDT", "WJDDDDT"), 7, "white"),
    Kind("armed_police_to_2012", "armed_police", 1, ("WJCDTDDDD", "WJCDDDDDD"), 7, "white"),
    Kind("aviation", "aviation", 1, ("民航XXXXX",), 3, "green"),
    Kind("motorcycle", "motorcycle", 2, ("PLXXXXX",), 6, "yellow"),
    Kind("motorcycle_blue", "motorcycle_blue", 2, ("PLXXXXX",), 6, "blue"),
    Kind("black_small", "hong_kong", 1, ("PLXXXXX",), 2, "black"),
    Kind("eu", "eu", 1, ("AADDDAA", "AADDAAA", "ADADDDD", "DADDDDD", "AAADDD", "AADDDDD", "AAANDDD", "AADDDDA",
                         "AAADDDD", "DDDDAAA", "NNNNNNN", "NNNNNN", "AAADDDA", "AAADDAA", "DDAAAA"), 14, "white", "eu"),
    Kind("br", "br", 1, ("AAADDDD", "AAADADD"), 8, "other", "br"),
    Kind("us", "us", 1, ("AAADDDD", "NNNNNNN", "NNNNNN", "DAAADDD", "AAADDD", "AADADDD", "NNNNN", "DDDAAA", "AANDAA"),
         26, "other", "us"),
)  # fmt: skip
BY_NAME = {kind.name: kind for kind in KINDS}
_WEIGHTS = np.array([kind.weight for kind in KINDS])
_SHARES = _WEIGHTS / _WEIGHTS.sum()


def any_kind(random: Random) -> Kind:
    """A kind as often as its weight says."""
    return KINDS[int(random.choice(len(KINDS), p=_SHARES))]


def text_of(kind: Kind, random: Random) -> str:
    """A text of that kind: characters even within their slot, at most two letters where the serial allows few."""
    pattern = kind.patterns[int(random.integers(len(kind.patterns)))]
    free = [at for at, char in enumerate(pattern) if char == "X"]
    lettered = set(random.permutation(free)[: int(random.integers(0, 3))].tolist()) if free else set()
    return "".join(_char(char, at in lettered, random) for at, char in enumerate(pattern))


def _char(char: str, lettered: bool, random: Random) -> str:
    options = (LETTERS if lettered else DIGITS) if char == "X" else SETS.get(char, char)
    return options[int(random.integers(len(options)))]
