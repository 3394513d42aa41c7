"""Deadlines of the lanes."""

from hypothesis import given
from hypothesis import strategies as st

from controller.timers import Timers


def test_a_timer_started_again_replaces_the_older_one() -> None:
    timers = Timers()
    timers.start("in", "open", "a", 10)
    timers.start("in", "open", "b", 20)
    assert [due.token for due in timers.due(15)] == []
    assert [due.token for due in timers.due(25)] == ["b"]
    assert timers.due(99) == []


def test_a_stopped_timer_is_never_due_and_waits_for_nothing() -> None:
    timers = Timers()
    timers.start("in", "open", "a", 10)
    timers.stop("in", "open")
    timers.stop("in", "open")
    assert timers.seconds_to_next(0) is None
    assert timers.due(99) == []


def test_lanes_do_not_share_names() -> None:
    timers = Timers()
    timers.start("in", "open", "a", 10)
    timers.start("out", "open", "b", 5)
    assert timers.seconds_to_next(0) == 5e-9
    assert [(due.lane, due.token) for due in timers.due(10)] == [("out", "b"), ("in", "a")]


@given(st.lists(st.tuples(st.sampled_from(["start", "stop", "due"]), st.sampled_from("ab"), st.integers(0, 20))))
def test_every_timer_is_told_once_or_not_at_all(steps: list[tuple[str, str, int]]) -> None:
    timers, model, now = Timers(), dict[str, int](), 0
    for what, name, number in steps:
        if what == "start":
            timers.start("in", name, "t", now + number)
            model[name] = now + number
        elif what == "stop":
            timers.stop("in", name)
            model.pop(name, None)
        else:
            now += number
            expected = sorted(each for each, due in model.items() if due <= now)
            assert sorted(due.name for due in timers.due(now)) == expected
            for each in expected:
                del model[each]
