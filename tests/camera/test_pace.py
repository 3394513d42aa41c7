"""A picture that waited in a buffer is the past, though it comes now."""

import time

import pytest

from drivers.camera.pace import Pace, Stalls


def present(times: list[float]) -> list[bool]:
    pace = Pace()
    return [pace.is_present(at) for at in times]


def steady(count: int, period_s: float, start_s: float = 0.0) -> list[float]:
    return [start_s + number * period_s for number in range(count)]


def test_every_picture_of_a_steady_camera_shows_the_present() -> None:
    for period_s in (0.04, 0.125, 0.5):
        assert all(present(steady(30, period_s)))


def test_after_a_pause_of_the_process_what_was_sent_meanwhile_is_the_past() -> None:
    before, burst = steady(20, 0.125), steady(24, 0.006, 5.5)
    after = steady(10, 0.125, burst[-1] + 0.09)
    found = present([*before, *burst, *after])
    assert all(found[:20])
    assert not any(found[20:44])
    assert all(found[44:])


def test_a_short_hitch_loses_nothing() -> None:
    assert all(present([*steady(20, 0.125), 3.1, 3.11, 3.12, 3.2]))


def test_a_camera_that_has_become_slow_is_seen_again_at_its_new_pace() -> None:
    found = present([*steady(20, 0.125), *steady(8, 2.5, 5.0)])
    assert not found[20], "it might come from a buffer"
    assert all(found[21:])


@pytest.mark.parametrize(("slow_s", "pause_s", "fast_s"), [(0.2, 1.5, 0.05), (0.4, 1.6, 0.04), (0.5, 3.0, 0.04)])
def test_a_camera_that_has_become_faster_after_a_gap_is_seen_again_after_as_long_as_that(
    slow_s: float, pause_s: float, fast_s: float
) -> None:
    slow = steady(8, slow_s)
    began_s = slow[-1] + pause_s
    fast = steady(200, fast_s, began_s)
    found = dict(zip([*slow, *fast], present([*slow, *fast]), strict=True))
    assert not found[began_s], "it might come from a buffer"
    assert all(is_present for at, is_present in found.items() if at >= began_s + pause_s + fast_s)


def test_a_camera_that_is_slow_from_the_start_is_seen_after_its_second_picture() -> None:
    assert present(steady(6, 3.0)) == [True, False, True, True, True, True]


def test_a_process_that_stood_still_knows_it_whichever_of_its_threads_wakes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    stalls = Stalls()
    rounds = iter([False, False, True])
    monkeypatch.setattr(stalls._stopping, "wait", lambda _seconds: next(rounds))
    assert not stalls.since(99.9)
    now = 103.0
    assert stalls.since(99.9), "before its own clock has ticked again"
    stalls._tick()
    assert stalls.since(99.9), "and after"
    assert not stalls.since(103.1), "a picture asked for since then is of the present"
