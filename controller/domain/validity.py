"""When and where a right is good: validity, days, hours, holidays, lots, state, days of grace, and a doubtful clock.

A question about one right alone; who presents it, and what else speaks against it, stands in `entitlement`.
R13–R16, F18.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from controller.domain.known import Right
from controller.domain.reasons import Reason
from controller.domain.rules import SiteRules
from controller.domain.terms import RightKind, RightState

DAY_US = 86_400_000_000
MINUTE_US = 60_000_000
BOUND_NEAR_US = 2 * DAY_US
"""With a doubtful clock, a right that ends within so long is for the guard: it may have ended already."""

_STATES = {
    RightState.LOST: Reason.RIGHT_LOST,
    RightState.SUSPENDED: Reason.RIGHT_SUSPENDED,
    RightState.RETURNED: Reason.RIGHT_RETURNED,
}
_GROUNDS = {
    RightKind.PASS: Reason.PASS_VALID,
    RightKind.PERMIT: Reason.PERMIT_VALID,
    RightKind.LEASE: Reason.LEASE_VALID,
}
_MOST_TELLING = (
    Reason.CLOCK_UNTRUSTED,
    Reason.RIGHT_LOST,
    Reason.RIGHT_SUSPENDED,
    Reason.WRONG_LOT,
    Reason.HOLIDAY,
    Reason.WRONG_HOURS,
    Reason.WRONG_DAY,
    Reason.EXPIRED,
    Reason.NOT_YET_VALID,
    Reason.RIGHT_RETURNED,
    Reason.NO_RIGHT,
)
"""Which refusal a person is told when several rights are refused."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What was found about a vehicle's or a card's rights: the right that is good, or why none is."""

    good: bool
    reason: Reason
    right: Right | None = None


NO_GROUND = Ground(False, Reason.NO_RIGHT)


def best_ground(rights: Iterable[Right], at: int, lot: str, site: SiteRules, *, clock_trusted: bool) -> Ground:
    """The first right that is good now; else the most telling reason why none is."""
    worst = NO_GROUND
    for right in rights:
        ground = ground_of(right, at, lot, site, clock_trusted=clock_trusted)
        if ground.good:
            return ground
        if worst.right is None or _MOST_TELLING.index(ground.reason) < _MOST_TELLING.index(worst.reason):
            worst = ground
    return worst


def ground_of(right: Right, at: int, lot: str, site: SiteRules, *, clock_trusted: bool = True) -> Ground:
    """Whether one right is good at that time in that lot."""
    if right.state is not RightState.ACTIVE:
        return Ground(False, _STATES[right.state], right)
    if right.lots and lot not in right.lots:
        return Ground(False, Reason.WRONG_LOT, right)
    reason = _time_reason(right, at, site)
    if not clock_trusted:
        return _doubtful(right, at, reason)
    if reason in (None, Reason.GRACE_DAYS):
        return Ground(True, reason or _GROUNDS[right.kind], right)
    return Ground(False, reason or Reason.NO_RIGHT, right)


def _doubtful(right: Right, at: int, reason: Reason | None) -> Ground:
    """With a doubtful clock no right expires by accident (F18).

    A pass or lease without hours opens by its last known state, unless its end is near or past; whatever is bound to
    days and hours is for the guard.
    """
    timed = bool(right.hours) or right.days != 127 or not right.holidays
    if right.valid_from is None and right.valid_to is None and not timed:
        return Ground(True, _GROUNDS[right.kind], right)
    ends_near = right.valid_to is not None and at > right.valid_to - BOUND_NEAR_US
    lasting = right.kind is not RightKind.PERMIT and not timed and not ends_near
    if lasting and reason in (None, Reason.NOT_YET_VALID):
        return Ground(True, Reason.CLOCK_UNTRUSTED_LAST_STATE, right)
    return Ground(False, Reason.CLOCK_UNTRUSTED, right)


def _time_reason(right: Right, at: int, site: SiteRules) -> Reason | None:
    if right.valid_from is not None and at < right.valid_from:
        return Reason.NOT_YET_VALID
    in_grace = False
    if right.valid_to is not None and at > right.valid_to:
        if at > right.valid_to + right.grace_days * DAY_US:
            return Reason.EXPIRED
        in_grace = True
    if right.days != 127 or right.hours or not right.holidays:
        refusal = _calendar_reason(right, at + site.utc_offset_minutes * MINUTE_US, site.holidays)
        if refusal is not None:
            return refusal
    return Reason.GRACE_DAYS if in_grace else None


def _calendar_reason(right: Right, local: int, holidays: tuple[str, ...]) -> Reason | None:
    """Hours that cross midnight belong to the day on which they begin."""
    today, minute = local // DAY_US, local % DAY_US // MINUTE_US
    days = {today} if not right.hours else set()
    for text in right.hours:
        days |= _days_of(text, today, minute)
    if not days:
        return Reason.WRONG_HOURS
    reasons = [_day_reason(right, day, holidays) for day in sorted(days)]
    return None if None in reasons else reasons[0]


def _days_of(text: str, today: int, minute: int) -> set[int]:
    """The days on which the hours began that cover this minute."""
    span = _span(text)
    if span is None:
        return set()
    start, end = span
    if start < end:
        return {today} if start <= minute < end else set()
    found = {today} if minute >= start else set()
    return found | ({today - 1} if minute < end else set())


def _day_reason(right: Right, day: int, holidays: tuple[str, ...]) -> Reason | None:
    weekday = (day + 3) % 7  # 1970-01-01 was a Thursday
    if not right.days >> weekday & 1:
        return Reason.WRONG_DAY
    if not right.holidays and holidays and _date(day) in holidays:
        return Reason.HOLIDAY
    return None


@lru_cache(maxsize=64)
def _date(day: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).strftime("%Y-%m-%d")


@lru_cache(maxsize=256)
def _span(text: str) -> tuple[int, int] | None:
    """Minutes from "HH:MM-HH:MM"; a text that is none covers nothing, and so opens nothing."""
    try:
        start, end = (_minutes(part) for part in text.split("-"))
    except ValueError:
        return None
    if not (0 <= start < 1440 and 0 <= end <= 1440):
        return None
    return start, end


def _minutes(text: str) -> int:
    hours, minutes = text.strip().split(":")
    return int(hours) * 60 + int(minutes)
