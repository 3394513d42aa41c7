"""The daemon's one source of time, and what is known of its quality.

Nothing else of the daemon may ask the system for the time. GB 50396-2007 5.1.3 (S3): within 5 s a day.
"""

import ctypes
import time
from dataclasses import dataclass

STEP_LIMIT_US = 5_000_000
_TIME_ERROR = 5
_TIMEX_BYTES = 512


class SystemClock:
    """UTC from the system for records, the monotonic clock for deadlines."""

    def utc_us(self) -> int:
        """UTC in microseconds since 1970."""
        return time.time_ns() // 1000

    def monotonic_ns(self) -> int:
        """Monotonic time in nanoseconds; means nothing after a restart."""
        return time.monotonic_ns()


def kernel_is_synchronised() -> bool:
    """Whether the kernel says that somebody keeps its clock (adjtimex(2)); False where it cannot be asked."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        zeroed = ctypes.create_string_buffer(_TIMEX_BYTES)
        state = libc.adjtimex(zeroed)
    except (OSError, AttributeError):
        return False
    return 0 <= int(state) < _TIME_ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReading:
    """One look at both clocks and at the kernel's word about them."""

    utc_us: int
    monotonic_ns: int
    synchronised: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockQuality:
    """What follows from two looks: whether the time may be relied on, and how far it stepped between them."""

    trusted: bool
    step_us: int


def clock_quality(
    before: ClockReading, now: ClockReading, *, last_recorded_us: int, needs_synchronisation: bool
) -> ClockQuality:
    """Judge the clock (F18). Time that lies before what the log already holds is never trusted.

    `last_recorded_us` is the `at` of the newest event (0 for none); with `needs_synchronisation` the kernel's word is
    asked for too. `step_us` is 0 unless the wall clock moved against the monotonic one by more than 5 s.
    """
    passed_us = (now.monotonic_ns - before.monotonic_ns) // 1000
    drift_us = now.utc_us - before.utc_us - passed_us
    behind = now.utc_us < last_recorded_us - STEP_LIMIT_US
    trusted = not behind and (now.synchronised or not needs_synchronisation)
    return ClockQuality(trusted=trusted, step_us=drift_us if abs(drift_us) > STEP_LIMIT_US else 0)
