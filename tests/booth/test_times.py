"""Times as people choose them."""

import pytest

from controller.booth.times import typed
from controller.eventlog.timetext import text_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-11-21T08:30", "2026-11-21T00:30:00.000000Z"),
        ("9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59.000000Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.000000Z"),
        ("0001-01-01T00:00:00+12:00", "1970-01-01T00:00:00.000000Z"),
    ],
)
def test_every_time_that_can_be_chosen_is_one_that_the_log_can_be_asked_for(value: str, text: str) -> None:
    at = typed(value, 480)
    assert at is not None
    assert text_of(at) == text
