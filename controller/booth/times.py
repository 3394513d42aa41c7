"""Times as people read them, from UTC microseconds or the log's texts; the site's offset is passed in.

No clock may be read here.
"""

from datetime import UTC, datetime, timedelta, timezone

from controller.booth.texts import text

SECOND_US = 1_000_000
STEPS = (
    (172_800, 86_400, "age.days"),
    (3_600, 3_600, "age.hours"),
    (60, 60, "age.minutes"),
    (1, 1, "age.seconds"),
)
LAST_US = 253_402_300_799 * SECOND_US


def micros(at: int | str) -> int:
    """UTC microseconds of a read model's time: a number already, or "YYYY-MM-DDTHH:MM:SS.ffffffZ"."""
    if isinstance(at, int):
        return at
    moment = datetime.strptime(at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


def local(at: int | str, offset_minutes: int) -> datetime:
    """The site's own time."""
    since = timedelta(microseconds=min(max(micros(at), 0), LAST_US - 86_400 * SECOND_US))
    return (datetime(1970, 1, 1, tzinfo=UTC) + since).astimezone(timezone(timedelta(minutes=offset_minutes)))


def hhmm(at: int | str | None, offset_minutes: int) -> str:
    """The site's time of day, or "" for none."""
    return local(at, offset_minutes).strftime("%H:%M:%S") if at is not None else ""


def day(at: int | str | None, offset_minutes: int) -> str:
    """The site's date, or "" for none."""
    return local(at, offset_minutes).strftime("%Y-%m-%d") if at is not None else ""


def stamp(at: int | str | None, offset_minutes: int) -> str:
    """The site's month, day and time, or "" for none."""
    return local(at, offset_minutes).strftime("%m-%d %H:%M:%S") if at is not None else ""


def age(language: str, seconds: int) -> str:
    """A duration in its largest whole unit: 59 s, 3 min, 47 h, 4 days."""
    for least, size, key in STEPS:
        if seconds >= least:
            return text(language, key, n=seconds // size)
    return text(language, "age.seconds", n=0)


def duration(language: str, seconds: int) -> str:
    """A duration in hours and minutes, as a stay is told."""
    if seconds < 3600:
        return age(language, seconds)
    hours, rest = divmod(max(seconds, 0), 3600)
    return f"{text(language, 'age.hours', n=hours)} {text(language, 'age.minutes', n=rest // 60)}"


def typed(value: str, offset_minutes: int) -> int | None:
    """UTC µs of what a person chose in a date and time field ("2026-11-21T08:30"), `None` for nothing usable.

    A moment that the log's texts cannot hold is the first or the last one that they can.
    """
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    zone = timezone(timedelta(minutes=offset_minutes))
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    try:
        since = int((aware - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
    except OverflowError:
        return None
    return min(max(since, 0), LAST_US)
