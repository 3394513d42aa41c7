"""What is read of one vehicle, and when it is said."""

from drivers.camera.turn import Turn
from tests.camera.support import plate

MS = 1_000_000
BEGAN = 10_000 * MS


def turn(frames: int = 3) -> Turn:
    return Turn(frames, BEGAN)


def test_a_frame_that_is_sure_is_said_at_once_and_ends_the_looking() -> None:
    each = turn()
    assert each.wants(BEGAN, BEGAN + 50 * MS)
    voted = each.read([plate("粤B12345", 0.99)], BEGAN + 200 * MS)
    assert voted is not None
    assert voted.frames == 1
    assert not each.wants(BEGAN + 300 * MS, BEGAN + 300 * MS)


def test_frames_in_doubt_are_voted_over_and_said_once_there_are_enough() -> None:
    each = turn()
    assert each.read([plate("粤B12345", 0.6)], BEGAN) is None
    assert each.wants(BEGAN + 100 * MS, BEGAN + 100 * MS), "the next frame is looked at without waiting"
    assert each.read([plate("粤B12345", 0.6)], BEGAN + 200 * MS) is None
    voted = each.read([plate("粤B12846", 0.5)], BEGAN + 400 * MS)
    assert voted is not None
    assert (voted.text, voted.frames) == ("粤B12345", 3)


def test_two_frames_that_agree_become_sure_together_and_are_said_before_the_third() -> None:
    each = turn()
    assert each.read([plate("粤B12345", 0.85)], BEGAN) is None
    voted = each.read([plate("粤B12345", 0.85)], BEGAN + 200 * MS)
    assert voted is not None
    assert voted.frames == 2


def test_an_old_frame_is_never_read() -> None:
    each = turn()
    assert not each.wants(BEGAN, BEGAN + 1_001 * MS)
    assert not each.wants(BEGAN - 2_001 * MS, BEGAN - 1_900 * MS)
    assert each.wants(BEGAN - 500 * MS, BEGAN)


def test_without_a_plate_it_looks_again_soon_and_later_less_often() -> None:
    each = turn()
    assert each.read([], BEGAN) is None
    assert not each.wants(BEGAN + 100 * MS, BEGAN + 100 * MS)
    assert each.wants(BEGAN + 250 * MS, BEGAN + 250 * MS)
    late = BEGAN + 11_000 * MS
    assert each.read([], late) is None
    assert not each.wants(late + 500 * MS, late + 500 * MS)
    assert each.wants(late + 1_000 * MS, late + 1_000 * MS)


def test_what_stays_in_doubt_is_said_again_only_when_it_becomes_sure_or_better_and_looking_ends() -> None:
    each = turn()
    said = [each.read([plate("粤B12345", 0.5)], BEGAN + number * 1_000 * MS) for number in range(3)]
    assert [voted is not None for voted in said] == [False, False, True]
    assert each.read([plate("粤B12845", 0.5)], BEGAN + 4_000 * MS) is None
    sure = each.read([plate("粤B12345", 0.99)], BEGAN + 5_000 * MS)
    assert sure is not None
    assert sure.text == "粤B12345"
    assert not each.wants(BEGAN + 9_000 * MS, BEGAN + 9_000 * MS)


def test_no_more_than_three_times_the_frames_are_read_of_one_vehicle() -> None:
    each, now, read = turn(2), BEGAN, 0
    while now < BEGAN + 60_000 * MS:
        if each.wants(now, now):
            each.read([plate("粤B12345" if read % 2 else "粤D67890", 0.5)], now)
            read += 1
        now += 100 * MS
    assert read == 6
