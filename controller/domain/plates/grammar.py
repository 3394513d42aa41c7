"""Reading a plate's text by its region's table: normalising, the kind, and the marks of a misread.

Total functions: any text and any colour give an answer. No look-up of vehicles may be put here.
The kind follows from pattern, colour and length together, never from the length alone.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum, unique

from controller.domain.plates.shapes import BR, CN, DIGITS, ELSEWHERE, EU, GENERIC, PROVINCES, US, Shape, alphabet_of
from controller.domain.terms import PlateColor, PlateKind

UNKNOWN_CHARACTER = "?"
MOST_LETTERS = 2

# Traditional characters as typed at a booth or read from a cross-border plate, and the two ways of writing 挂.
_TRADITIONAL = str.maketrans(
    "滬雲遼魯蘇贛晉陝閩貴粵寧瓊蒙學領應掛",
    "沪云辽鲁苏赣晋陕闽贵粤宁琼蒙学领应挂",
)
# Letters of Greek and Bulgarian plates, which are those that look like Latin ones, as a keyboard there types them.
_LATIN = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧАВЕКМНОРСТУХ", "ABEZHIKMNOPTYXABEKMHOPCTYX")
_DIGIT_FOR_LETTER = str.maketrans("OI", "01")


@unique
class Misread(StrEnum):
    """Why a text is probably not what stands on the plate: look again."""

    UNKNOWN_CHARACTER = "unknown_character"
    NO_DIGIT = "no_digit"
    MANY_LETTERS = "many_letters"
    GREEN_OF_SEVEN = "green_of_seven"


@dataclass(frozen=True, slots=True)
class Region:
    """The plates of one region. `digits_for_letters`: O and I do not occur in serials and are read as 0 and 1.

    `first` is the set of characters that stand for a place in the first slot (the weakest character of all).
    `elsewhere` are the plates of other regions that are still read here, as foreign ones. A region whose own plates are
    of that kind has none: the loose rows would undo what its own put right.
    """

    id: str
    shapes: tuple[Shape, ...]
    first: str = ""
    digits_for_letters: bool = False
    elsewhere: tuple[Shape, ...] = ()


REGIONS: dict[str, Region] = {
    each.id: each
    for each in (
        Region("cn", CN, first=PROVINCES, digits_for_letters=True, elsewhere=ELSEWHERE),
        Region("eu", EU),
        Region("br", BR),
        Region("us", US),
        Region("generic", GENERIC),
    )
}
_ALPHABETS = {name: alphabet_of(each.shapes) | {UNKNOWN_CHARACTER, "O", "I"} for name, each in REGIONS.items()}
_BY_LENGTH: dict[str, dict[int, tuple[Shape, ...]]] = {
    name: {
        length: tuple(shape for shape in each.shapes if len(shape.slots) == length)
        for length in {len(shape.slots) for shape in each.shapes}
    }
    for name, each in REGIONS.items()
}


@dataclass(frozen=True, slots=True)
class Classified:
    """What a text and a colour are together.

    `kind` is UNKNOWN where text and colour do not agree on one. `by_pattern` are the kinds that the text alone would
    allow, in the order of the table. `void`: plates of this shape are no longer valid (alert).
    """

    kind: PlateKind
    by_pattern: tuple[PlateKind, ...] = ()
    void: bool = False


def region(name: str) -> Region:
    """The region of that name; KeyError with the known names for any other."""
    try:
        return REGIONS[name]
    except KeyError:
        raise KeyError(f"unknown region of plates {name!r}, expected one of {', '.join(sorted(REGIONS))}") from None


def normalise(raw: str, region_name: str = "cn") -> str:
    """The plain text of a plate as read or typed: no separators, half width, capitals, "?" for what no plate has."""
    where = region(region_name)
    folded = unicodedata.normalize("NFKC", raw).upper().translate(_TRADITIONAL)
    if not where.first:
        folded = unicodedata.normalize("NFKD", folded).translate(_LATIN)  # Ü of a German plate is looked up as U
    alphabet = _ALPHABETS[where.id]
    text = "".join(
        char if char in alphabet else UNKNOWN_CHARACTER for char in folded if char == "?" or _is_written(char)
    )
    if not where.digits_for_letters:
        return text
    # The first two slots are letters (the police's second letter may be O) but on an embassy's plate, all digits.
    head = 0 if text.endswith("使") else 2
    home = text[:head] + text[head:].translate(_DIGIT_FOR_LETTER)
    if home != text and not _fitting(home, where.id) and foreign_shapes(text, where.id):
        return text
    return home


def _is_written(char: str) -> bool:
    """Letters and numbers; not separators, signs, marks, blanks or control characters."""
    return unicodedata.category(char)[0] in "LN"


def shapes_of(text: str, region_name: str = "cn") -> tuple[Shape, ...]:
    """The shapes that the text fits in every respect but colour."""
    return tuple(shape for shape in _fitting(text, region_name) if _serial_fault(shape, text) is None)


def shapes_of_length(length: int, region_name: str = "cn") -> tuple[Shape, ...]:
    """The region's shapes with so many slots."""
    return _BY_LENGTH[region(region_name).id].get(length, ())


def foreign_shapes(text: str, region_name: str = "cn") -> tuple[Shape, ...]:
    """The shapes from elsewhere that a text of no shape of the region fits; none where it may be one of its own."""
    where = region(region_name)
    fitting = tuple(shape for shape in where.elsewhere if shape.fits(text))
    return () if fitting and _fitting(text, where.id) else fitting


def serial_fault(shape: Shape, digits: int) -> Misread | None:
    """What is wrong with a serial of this shape that has so many digits: none at all, or too many letters."""
    start, end = shape.serial
    if start == end:
        return None
    if digits == 0:
        return Misread.NO_DIGIT
    return Misread.MANY_LETTERS if end - start - digits > MOST_LETTERS else None


def classify(text: str, color: PlateColor, region_name: str = "cn") -> Classified:
    """The kind of a normalised text on that ground. `PlateColor.OTHER` is "not seen": then only a text that one kind
    alone can have gets it."""
    fitting = shapes_of(text, region_name)
    kinds = tuple(dict.fromkeys(shape.kind for shape in fitting))
    if color is PlateColor.OTHER:
        agreed = fitting if len(kinds) == 1 else ()
    else:
        agreed = tuple(shape for shape in fitting if shape.takes(color))
    if not agreed:
        return Classified(PlateKind.UNKNOWN, kinds)
    return Classified(agreed[0].kind, kinds, agreed[0].void)


def looks_misread(text: str, color: PlateColor, region_name: str = "cn") -> Misread | None:
    """Why the text is probably misread, or None. A text that fits no shape at all is judged by its kind, not here."""
    if UNKNOWN_CHARACTER in text:
        return Misread.UNKNOWN_CHARACTER
    fitting = _fitting(text, region_name)
    faults = [_serial_fault(shape, text) for shape in fitting]
    if faults and None not in faults:
        return faults[0]
    green = color in (PlateColor.GREEN, PlateColor.YELLOW_GREEN)
    if region_name == "cn" and green and len(text) == 7 and not any(shape.takes(color) for shape in fitting):
        return Misread.GREEN_OF_SEVEN
    return None


def _fitting(text: str, region_name: str) -> tuple[Shape, ...]:
    return tuple(shape for shape in shapes_of_length(len(text), region_name) if shape.fits(text))


def _serial_fault(shape: Shape, text: str) -> Misread | None:
    start, end = shape.serial
    return serial_fault(shape, sum(char in DIGITS for char in text[start:end]))


def warn_unknown_letter(text: str, letters: tuple[str, ...]) -> str:
    """The province and second letter that `letters` ("粤ABC…" per province) does not list, or "".

    A warning only: letters get added. A province without a row warns of nothing.
    """
    if len(text) < 2 or not text[1].isalpha() or text[0] not in PROVINCES:
        return ""
    known = "".join(row[1:] for row in letters if row[:1] == text[0])
    return text[:2] if known and text[1] not in known else ""


def mask_of(kind: PlateKind, region_name: str = "cn") -> tuple[tuple[frozenset[str], ...], ...]:
    """The slots of every shape of that kind: for each, the allowed characters slot by slot (constrained decoding)."""
    return tuple(shape.slots for shape in region(region_name).shapes if shape.kind is kind)


def masks(region_name: str = "cn") -> tuple[Shape, ...]:
    """Every shape of the region, in the order of the table."""
    return region(region_name).shapes
