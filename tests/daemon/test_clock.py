"""What is known of the clock's quality (F18, S3)."""

import pytest

from controller.clock import ClockReading, SystemClock, clock_quality, kernel_is_synchronised

SECOND_US = 1_000_000


def reading(utc_s: float, monotonic_s: float, *, synchronised: bool = True) -> ClockReading:
    return ClockReading(utc_us=int(utc_s * SECOND_US), monotonic_ns=int(monotonic_s * 1e9), synchronised=synchronised)


@pytest.mark.parametrize(
    ("now", "last_s", "needs", "trusted", "step_s"),
    [
        (reading(1010, 10), 1005, True, True, 0),
        (reading(1013, 10), 1005, True, True, 0),
        (reading(1070, 10), 1005, True, True, 60),
        (reading(940, 10), 1005, True, False, -70),
        (reading(1001, 10), 1005, True, True, -9),
        (reading(1010, 10, synchronised=False), 1005, True, False, 0),
        (reading(1010, 10, synchronised=False), 1005, False, True, 0),
    ],
    ids=[
        "steady",
        "3 s adrift",
        "jumped ahead",
        "behind the log",
        "back, not behind",
        "nobody keeps it",
        "not asked for",
    ],
)
def test_time_before_what_the_log_holds_is_never_trusted_and_a_step_is_told(
    now: ClockReading, last_s: int, needs: bool, trusted: bool, step_s: int
) -> None:
    quality = clock_quality(reading(1000, 0), now, last_recorded_us=last_s * SECOND_US, needs_synchronisation=needs)
    assert (quality.trusted, quality.step_us) == (trusted, step_s * SECOND_US)


def test_the_kernel_can_be_asked_and_the_clocks_go_on() -> None:
    assert kernel_is_synchronised() in {True, False}
    clock = SystemClock()
    assert clock.monotonic_ns() <= clock.monotonic_ns()
    assert clock.utc_us() > 1_700_000_000 * SECOND_US
