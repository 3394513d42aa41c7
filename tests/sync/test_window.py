"""The window between what was sent and what the centre acknowledged."""

from hypothesis import given
from hypothesis import strategies as st

from controller.sync.window import (
    LONGEST_PATIENCE_NS,
    Allowance,
    Window,
    after_ack,
    after_reconnect,
    after_sending,
    after_silence,
)

SECOND = 1_000_000_000


def test_an_older_acknowledgement_changes_nothing() -> None:
    window = Window(acked=5, sent=9)
    assert after_ack(window, 4, 0) == window


def test_silence_sends_everything_unacknowledged_again_and_doubles_the_patience() -> None:
    window = after_sending(Window(acked=3, sent=3), 9, 0)
    assert after_silence(window, 4 * SECOND) == window
    again = after_silence(window, 5 * SECOND)
    assert (again.sent, again.patience_ns) == (3, 10 * SECOND)


def test_patience_grows_to_a_minute_and_an_answer_makes_it_short_again() -> None:
    window = after_sending(Window(acked=0, sent=0), 1, 0)
    now = 0
    for _ in range(10):
        now += LONGEST_PATIENCE_NS
        window = after_sending(after_silence(window, now), 1, now)
    assert window.patience_ns == LONGEST_PATIENCE_NS
    assert after_ack(window, 1, now).patience_ns == 5 * SECOND


def test_a_new_connection_starts_after_the_last_acknowledgement() -> None:
    assert after_reconnect(Window(acked=3, sent=9), 0).sent == 3


@given(st.lists(st.tuples(st.sampled_from(["send", "ack", "silence", "reconnect"]), st.integers(0, 50))))
def test_never_more_is_out_than_the_window_allows_and_never_less_than_acknowledged(
    steps: list[tuple[str, int]],
) -> None:
    window, now = Window(acked=0, sent=0, ahead=20), 0
    for what, number in steps:
        now += SECOND
        if what == "send" and window.room():
            window = after_sending(window, window.sent + 1, now)
        elif what == "ack":
            window = after_ack(window, min(number, window.sent), now)
        elif what == "silence":
            window = after_silence(window, now)
        elif what == "reconnect":
            window = after_reconnect(window, now)
        assert 0 <= window.acked <= window.sent <= window.acked + 20


def test_the_drain_after_a_long_silence_keeps_its_rate() -> None:
    allowance = Allowance(per_s=100)
    taken = sum(allowance.take(1_000, (1 + tenth) * SECOND // 10) for tenth in range(101))
    assert 1_000 <= taken <= 1_110
