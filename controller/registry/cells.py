"""From the cell of a sheet to a value of the registry and back: texts, dates, days, colours, plates, cards.

A cell that does not fit raises CellFault with what was expected; nothing here knows of rows or files.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from controller.domain.plates import normalise
from controller.domain.registry_tables import LONGEST_ID, LONGEST_TEXT, Column, Rule, Value, fault_of

Cell = str | datetime | date
DAY_US = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WRITTEN_CARD = re.compile(r".*:|\d+ *- *\d+ *- *\d+\Z")
_LIST_MARKS = re.compile(r"[;；,，、|/\n]+")
_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))(?:[ T]+(.+))?\Z")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ T]+(.+))?\Z")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?(Z|[+-]\d{2}:?\d{2})?\Z")
_SERIAL = re.compile(r"[2-7]\d{4}\Z")  # a date as spreadsheets count days: 20000 is in 1954, 79999 in 2119
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CHINESE_DAYS = "一二三四五六日"


class CellFault(ValueError):
    """What a cell should have held, in words; what came is known to the caller."""


@dataclass(frozen=True, slots=True)
class Locale:
    """How a sheet is to be understood: local time's distance from UTC, and the region of its plates."""

    utc_offset_minutes: int = 480
    region: str = "cn"

    @property
    def zone(self) -> timezone:
        """Local time as a zone."""
        return timezone(timedelta(minutes=self.utc_offset_minutes))


def text_of(cell: Cell) -> str:
    """The cell as one line of text: full-width signs as plain ones, blanks of any kind as one space."""
    plain = cell.isoformat() if isinstance(cell, (date, datetime)) else cell
    return " ".join(unicodedata.normalize("NFKC", plain).split())


def read_text(cell: Cell) -> str:
    """Any text without control characters. Names keep their own width and signs; only blanks are tidied."""
    text = " ".join(cell.split()) if isinstance(cell, str) else text_of(cell)
    if not text.isprintable() or len(text) > LONGEST_TEXT:
        raise CellFault(f"a text of at most {LONGEST_TEXT} characters")
    return text


def read_id(cell: Cell) -> str:
    """A short text that names something."""
    text = text_of(cell)
    if not text.isprintable() or len(text) > LONGEST_ID:
        raise CellFault(f"at most {LONGEST_ID} characters")
    return text


def read_plates(cell: Cell, locale: Locale) -> tuple[str, ...]:
    """One plate, or several with ; between them."""
    given = [part for part in _LIST_MARKS.split(cell if isinstance(cell, str) else text_of(cell)) if part.strip()]
    plates = tuple(normalise(part, locale.region) for part in given)
    if any("?" in plate or not 3 <= len(plate) <= 10 for plate in plates):
        raise CellFault("a plate as 粤B12345, several with ; between them")
    return tuple(dict.fromkeys(plates))


def read_cards(cell: Cell) -> tuple[str, ...]:
    """One card as bits:facility:number, or several with ; between them."""
    column = Column("card", Rule.CARD)
    cards = tuple(part.strip().replace("-", ":") for part in _LIST_MARKS.split(text_of(cell)) if part.strip())
    cards = tuple(re.sub(r"(?<!\d)0+(?=\d)", "", card) for card in cards)
    if any(fault_of(column, card) for card in cards):
        raise CellFault("a card as 26:123:45678 (bits:facility:number), several with ; between them")
    return tuple(dict.fromkeys(cards))


def read_watched(cell: Cell, locale: Locale) -> str:
    """One plate or one card, read as their own columns are: the watch list is looked up by what the lane reads."""
    given = text_of(cell)
    try:
        found = read_cards(given) if _WRITTEN_CARD.match(given) else read_plates(given, locale)
    except CellFault:
        found = ()
    if len(found) != 1:
        raise CellFault("one plate as 粤B12345, or one card as 26:123:45678 (bits:facility:number)")
    return found[0]


def read_number(cell: Cell) -> int:
    """A whole number, not negative."""
    text = text_of(cell)
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise CellFault("a whole number")
    return int(text)


def read_hours(cell: Cell) -> str:
    """Hours of the day as 07:00-19:00; several with commas."""
    plain = re.sub(r"\s*[-~–—至到]\s*", "-", text_of(cell))
    spans = [re.sub(r"\b(\d):", r"0\1:", span.strip()) for span in re.split(r"[;,、\s]+", plain) if span.strip()]
    hours = ",".join(spans)
    if fault_of(Column("hours", Rule.HOURS), hours):
        raise CellFault("hours as 07:00-19:00, several with commas")
    return hours


def read_list(cell: Cell) -> str:
    """Names with commas between them."""
    return ",".join(part.strip() for part in _LIST_MARKS.split(text_of(cell)) if part.strip())


def read_days(cell: Cell) -> int:
    """Days of the week as a mask, Monday = 1: "Mon-Fri", "周一至周五", "1-5", "Sat,Sun"."""
    mask = 0
    if text_of(cell).lower() == "none":
        return mask
    for part in re.split(r"[;,、\s]+", re.sub(r"\s*[-~–—至到]\s*", "-", text_of(cell).lower())):
        first, _, last = part.partition("-")
        start, end = _day(first), _day(last or first)
        for day in range(start, end + 1 if end >= start else end + 8):
            mask |= 1 << day % 7
    return mask


def _day(word: str) -> int:
    name = re.sub(r"^(周|星期|礼拜)", "", word).replace("天", "日")
    if name in _CHINESE_DAYS and len(name) == 1:
        return _CHINESE_DAYS.index(name)
    if name[:3] in _DAYS and "monday tuesday wednesday thursday friday saturday sunday".find(name) >= 0:
        return _DAYS.index(name[:3])
    if name in tuple("1234567"):
        return int(name) - 1
    raise CellFault("days as Mon-Fri or 周一至周五")


def show_days(mask: int) -> str:
    """The mask as a sheet has it; every day is an empty cell."""
    names = [name.capitalize() for number, name in enumerate(_DAYS) if mask & 1 << number]
    return "" if mask == 127 else ",".join(names) or "none"


def read_start(cell: Cell, locale: Locale) -> int:
    """A day's first moment, or the moment given."""
    return _moment(cell, locale)[0]


def read_end(cell: Cell, locale: Locale) -> int:
    """A day's last moment (a pass is good on the day it names), or the moment given."""
    moment, is_day = _moment(cell, locale)
    return moment + DAY_US - 1 if is_day else moment


def _moment(cell: Cell, locale: Locale) -> tuple[int, bool]:
    """Microseconds of a date or a time in local time, and whether it was a date alone."""
    try:
        if isinstance(cell, datetime):
            is_day = (cell.hour, cell.minute, cell.second, cell.microsecond) == (0, 0, 0, 0)
            return _micros(cell.replace(tzinfo=locale.zone)), is_day
        if isinstance(cell, date):
            return _micros(datetime(cell.year, cell.month, cell.day, tzinfo=locale.zone)), True
        return _written_moment(text_of(cell), locale)
    except (ValueError, OverflowError):
        raise CellFault("a date as 2026-12-31 or 2026-12-31 18:30") from None


def _written_moment(text: str, locale: Locale) -> tuple[int, bool]:
    if _SERIAL.match(text):
        return _micros(datetime(1899, 12, 30, tzinfo=locale.zone) + timedelta(days=int(text))), True
    if found := _DATE.match(text):
        year, month, day = int(found[1]), int(found[2] or found[4]), int(found[3] or found[5])
        clock = found[6]
    elif found := _DAY_FIRST.match(text):
        day, month, year = int(found[1]), int(found[2]), int(found[3])
        clock = found[4]
    else:
        raise ValueError(text)
    midnight = datetime(year, month, day, tzinfo=locale.zone)
    if not clock:
        return _micros(midnight), True
    told = _CLOCK.match(clock)
    if told is None:
        raise ValueError(text)
    micros = int((told[4] or "0").ljust(6, "0"))
    moment = midnight.replace(hour=int(told[1]), minute=int(told[2]), second=int(told[3] or 0), microsecond=micros)
    if told[5]:
        moment = moment.replace(tzinfo=datetime.fromisoformat(f"2000-01-01T00:00:00{told[5]}").tzinfo)
    return _micros(moment), False


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def show_start(value: Value, locale: Locale) -> str:
    """A moment as a date where it begins a local day, else with its time."""
    return _shown(value, locale, 0)


def show_end(value: Value, locale: Locale) -> str:
    """A moment as a date where it ends a local day, else with its time."""
    return _shown(value, locale, DAY_US - 1)


def _shown(value: Value, locale: Locale, of_day: int) -> str:
    if not isinstance(value, int):
        return ""
    try:
        moment = (_EPOCH + timedelta(microseconds=value)).astimezone(locale.zone)
    except OverflowError:
        return "" if value < 0 else "9999-12-31"
    if (value + locale.utc_offset_minutes * 60_000_000) % DAY_US == of_day:
        return moment.date().isoformat()
    return moment.replace(tzinfo=None).isoformat()


def read_word(words: Mapping[str, str], cell: Cell) -> str:
    """One of the known words, in whatever language."""
    found = words.get(text_of(cell).lower().replace(" ", "_"))
    if found is None:
        raise CellFault(f"one of {', '.join(dict.fromkeys(words.values()))}")
    return found
