"""The shapes of plates as tables: allowed characters slot by slot, the colours of the ground, and the kind.

Only tables and the values they are made of stand here; what is done with them stands in `grammar` and `near`.
China: GA 36-2018, the new-energy plates of 2016, the 应急 plates of 2018, armed police on military plates since 2019.
Elsewhere O and I are letters like any other, and no ground is named: grounds differ from land to land and year to year.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from controller.domain.terms import PlateColor, PlateKind

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O
DIGITS = "0123456789"
ENERGY = "ABCDEFGHJK"  # D, A, B, C, E battery; F, G, H, J, K other
MILITARY = "QVKHBSLJNGCEZ"
ANY_RATIOS = (0.0, 0.0)

# One character of a pattern stands for one slot; any other character stands for itself.
_SLOTS = {
    "P": PROVINCES,
    "L": LETTERS,
    "D": DIGITS,
    "X": LETTERS + DIGITS,
    "E": ENERGY,
    "M": MILITARY,
    "O": LETTERS + "O",  # second letter of the plates of police and authorities
    "F": "XS",  # X fire, S forest (应急)
    "T": DIGITS + "TDSHBXJ",  # corps on the plates of the armed police: last from 2012 on, before that after the region
    "C": "0123",  # first digit of the armed police's region to 2012: 00 to 34
    "A": LETTERS + "IO",  # outside China O and I are letters like any other
    "N": LETTERS + "IO" + DIGITS,
    "S": DIGITS + "EH",  # last of German plates: E electric, H historic
}


@dataclass(frozen=True, slots=True)
class Shape:
    """One row of a region's table.

    `slots` holds the allowed characters of each slot. `colors` empty: any. `serial` is the range of slots in which
    there must be a digit and at most two letters (empty range: no such rule). `void`: no longer valid, seen on the
    road it is an alert. `rare`: a loose row for the few plates that fit none of the region's others. `ratios`:
    least and most width to height of a plate of one row, from the plate's own to that of the band that its characters
    fill, which on tall plates is taken for the plate ((0, 0): any). `gaps`: after how many characters a row may be
    parted by a gap wider than any other (empty: anywhere).
    """

    kind: PlateKind
    slots: tuple[frozenset[str], ...]
    colors: frozenset[PlateColor] = frozenset()
    serial: tuple[int, int] = (0, 0)
    void: bool = False
    rare: bool = False
    ratios: tuple[float, float] = ANY_RATIOS
    gaps: tuple[int, ...] = ()

    def fits(self, text: str) -> bool:
        """Whether every character is allowed in its slot; says nothing of the serial's letters."""
        return len(text) == len(self.slots) and all(map(frozenset.__contains__, self.slots, text))

    def takes(self, color: PlateColor) -> bool:
        """Whether a plate of this shape may have that ground."""
        return not self.colors or color in self.colors

    @property
    def is_of_digits(self) -> bool:
        """Whether it is of digits alone, as telephone numbers and dates are."""
        return all(slot <= frozenset(DIGITS) for slot in self.slots)


# 440 x 140 and 480 x 140 mm (GA 36); 520 x 110 or 112; 400 x 130; 305 x 152
_CN_RATIOS, _EU_RATIOS, _BR_RATIOS, _US_RATIOS = (3.1, 3.45), (4.25, 4.75), (3.05, 3.3), (2.0, 2.5)
# Behind the letter of the town; a province's character stands a little apart, too. In Brazil three letters come first.
_CN_GAPS, _BR_GAPS = (1, 2), (3,)


def shape(
    kind: PlateKind,
    pattern: str,
    *colors: PlateColor,
    literal: str = "",
    serial: tuple[int, int] = (0, 0),
    void: bool = False,
    gaps: tuple[int, ...] = _CN_GAPS,
) -> Shape:
    """A row of the table. `literal` names the letters of `pattern` that stand for themselves, as W and J of "WJ"."""
    slots = tuple(frozenset(char if char in literal else _SLOTS.get(char, char)) for char in pattern)
    return Shape(kind, slots, frozenset(colors), serial, void, ratios=_CN_RATIOS, gaps=gaps)


_B, _Y, _W, _K = PlateColor.BLUE, PlateColor.YELLOW, PlateColor.WHITE, PlateColor.BLACK
# Green and yellow-green differ by little in bad light, and the two patterns share no text: both grounds are taken.
_GREENS = (PlateColor.GREEN, PlateColor.YELLOW_GREEN)

CN: tuple[Shape, ...] = (
    # 粤O and the like: plates of authorities, no longer given out, still on the road
    shape(PlateKind.SMALL, "POXXXXX", _B, serial=(2, 7)),
    shape(PlateKind.LARGE, "PLXXXXX", _Y, serial=(2, 7)),
    shape(PlateKind.TRAILER, "PLXXXX挂", _Y, serial=(2, 6)),
    shape(PlateKind.COACH, "PLXXXX学", _Y, serial=(2, 6)),
    shape(PlateKind.POLICE, "POXXXX警", _W, serial=(2, 6)),
    shape(PlateKind.NEV_SMALL, "PLEXDDDD", *_GREENS),
    shape(PlateKind.NEV_LARGE, "PLDDDDDE", *_GREENS),
    shape(PlateKind.HONG_KONG, "粤ZXXXX港", _K, serial=(2, 6)),
    shape(PlateKind.MACAU, "粤ZXXXX澳", _K, serial=(2, 6)),
    shape(PlateKind.EMBASSY, "DDDDDD使", _K, gaps=()),
    shape(PlateKind.CONSULATE, "PLDDDD领", _K),
    shape(PlateKind.CONSULATE, "PDDDDD领", _K),
    shape(PlateKind.EMERGENCY, "PFDDDD应急", _W),
    shape(PlateKind.MILITARY, "MLDDDDD", _W),
    shape(PlateKind.ARMED_POLICE, "WJDDDDT", _W, literal="WJ", void=True, gaps=()),
    shape(PlateKind.ARMED_POLICE, "WJPDDDDT", _W, literal="WJ", void=True, gaps=()),
    # the still older style with the number of the region; pictures of it are about
    shape(PlateKind.ARMED_POLICE, "WJCDTDDDD", _W, literal="WJ", void=True, gaps=()),
    shape(PlateKind.AVIATION, "民航XXXXX", serial=(2, 7)),
)

# One row stands for the lands behind it. Where two patterns differ in a slot that takes a letter in the one and a digit
# in the other, one row with N stands for both: what the two together admit is the same, or hardly more.
# Plates of digits alone (Luxembourg) are left out: dates and telephone numbers would be read for them.
_EU = (
    "AADS", "AAAD",  # D; GB without dates
    "AADDS", "AAADS", "AAAAD", "ADAAA",  # D; GB to 2001
    "AADDNN", "AAADDN", "AAAADS", "AAAAAD",  # D A CH NL PT LV UA; D B S FIN LT HU NL; D NL; D
    "DDAADD", "DDDDAA", "DDAAAN", "DAAADD", "DAADDD", "DDDAAN",  # NL PT; NL PT; NL; NL; NL; NL EST
    "ADDNAA", "ADDDDA",  # NL A GB; A
    "AADDDNN", "AADDAAA",  # F I SK AL RS HR A PL CH N DK; GB RO SLO A
    "AAADDNN", "AAAADDS", "AAAAADS", "AAADADD",  # D GR PL GB; D HU SLO PL; D PL; PL
    "ADDDAAA", "ADDDDNA", "DAAADDD", "DANDDDD",  # GB RO; A BG; B; CZ
    "DDDDAAA", "DDANDDD", "DDDANDD",  # E; IRL to 2012; IRL
    "AADDDDNN", "AAADDDNN", "AAAADDDS", "AAAAADDS",  # HR BG UA CH PL; PL D; D; D
    "DDANDDDD", "DDDANDDD", "DDDANDDDD",  # IRL
)  # fmt: skip
_BR = ("AAADDDD", "AAADADD")  # to 2018; Mercosul
# The serials that states give out; one row stands for all states that have it.
_US_SERIALS = (
    "AADDD", "DDDAA",  # RI; IN
    "AAADDD", "DDDAAA",  # nearly half of the states, the one or the other way round or both
    "DAADDD", "DDAADD", "DDDAAD", "DDDDAA",  # MA SD WV; TX; MA; FL ME SC
    "ADDDAA", "ADDAAA", "AADDAA", "AAAADD",  # FL UT; FL NJ; OH; CO NM FL
    "AAADDA", "AADDDA", "ADDDDA", "DAAADD",  # AR NJ; NJ; TN; MI
    "AADADA", "ADADDD",  # MO; KY
    "AADDDD", "DDADDD", "DADDDD", "DDDADD",  # DC WI; NE NV SD; NE WV; NV
    "AAADDDD", "DAAADDD", "DDDDAAA",  # GA MI NY NC OH PA TX VA WA WI AZ; CA; KS
    "AADDDDD", "AADADDD", "ADDDDDD", "ADDDDDA",  # CT IL TX; TX; ID IL; WA
    "DAADDDD", "DDAADDD", "DDADDDD", "DADDDDD", "DDDDDAD",  # AL MD; AL; AL IN; CA ID AL; CA
    "DDDDD", "DDDDDD", "DDDDDDD",  # DE RI; DE; NH; telephone numbers fit them as well
)  # fmt: skip
# Vanity plates stand beside them. What nearly all share is a letter and a digit among the first five. Letters alone are
# left out: the state's name stands on each plate, as long as a vanity plate's text.
_US_STARTS = ("AD", "AND", "ANND", "DA", "DNA", "DDDA", "DDDDA", "AAAAD")
_US_VANITY = tuple(
    start + "N" * (length - len(start)) for length in (5, 6, 7, 8) for start in _US_STARTS if len(start) <= length
)


def _foreign(
    patterns: Iterable[str],
    ratios: tuple[float, float] = ANY_RATIOS,
    *,
    rare: bool = False,
    gaps: tuple[int, ...] = (),
) -> tuple[Shape, ...]:
    rows = (shape(PlateKind.FOREIGN, pattern, gaps=gaps) for pattern in patterns)
    return tuple(replace(row, rare=rare, ratios=ratios) for row in rows)


EU, BR = _foreign(_EU, _EU_RATIOS), _foreign(_BR, _BR_RATIOS, gaps=_BR_GAPS)
US = _foreign(_US_SERIALS, _US_RATIOS) + _foreign(_US_VANITY, _US_RATIOS, rare=True)


def _loosest(shapes: Iterable[Shape]) -> tuple[Shape, ...]:
    """Those that admit what no other one admits: together they take the same texts, and fewer rows are read faster."""
    each_once = tuple(dict.fromkeys(shapes))
    return tuple(
        one for one in each_once if not any(one is not other and _is_within(one, other) for other in each_once)
    )


def _is_within(one: Shape, other: Shape) -> bool:
    return len(one.slots) == len(other.slots) and all(map(frozenset.issubset, one.slots, other.slots))


# What a camera in China still reads of all these; each row has a letter and a digit at a fixed place: badges on boots,
# dates and telephone numbers fit none. Short ones are left out: TAXI on a roof, and half of a plate in two rows.
ELSEWHERE = _loosest(
    replace(each, rare=False, ratios=ANY_RATIOS, gaps=())
    for each in EU + BR + US
    if len(each.slots) >= 6 and not each.is_of_digits
)
GENERIC = _foreign("N" * length for length in range(3, 11))


def alphabet_of(shapes: Iterable[Shape]) -> frozenset[str]:
    """Every character that occurs in any slot of these shapes."""
    return frozenset[str]().union(*(slot for each in shapes for slot in each.slots))
