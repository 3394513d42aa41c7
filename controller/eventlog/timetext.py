"""Time as it stands in the log: UTC microseconds to `YYYY-MM-DDTHH:MM:SS.ffffffZ` and back.

No clock may be put here. The texts sort as the times do.
"""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def text_of(us: int) -> str:
    """The text of a time in UTC microseconds."""
    moment = _EPOCH + timedelta(microseconds=us)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}Z"


def us_of(text: str) -> int:
    """UTC microseconds of a time text; any ISO 8601 text is taken. Raises ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND
