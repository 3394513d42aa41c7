"""What is read of one vehicle, when it is said, and where one vehicle ends and another begins."""

from dataclasses import replace

import pytest

from drivers.camera.recogniser import Plate, Quad
from drivers.camera.turn import Seen, Turn, Unseen
from tests.camera.support import plate

MS = 1_000_000
BEGAN = 10_000 * MS
FRONT: Quad = ((600.0, 500.0), (740.0, 500.0), (740.0, 545.0), (600.0, 545.0))
BEHIND: Quad = ((200.0, 100.0), (260.0, 100.0), (260.0, 120.0), (200.0, 120.0))


def turn(frames: int = 3, **options: int) -> Turn[int]:
    return Turn(frames, BEGAN, **options)


def at(text: str, share: float = 0.99, corners: Quad = FRONT, score: float = 0.0) -> Plate:
    return replace(plate(text, share, score=score), corners=corners)


class Run:
    """A turn that is shown one picture after another, a second apart; what it says is kept."""

    def __init__(self, each: Turn[int]) -> None:
        self.turn = each
        self.number = 0
        self.now = BEGAN

    def show(self, *plates: Plate) -> Seen[int] | Unseen | None:
        self.number += 1
        self.now += 1_000 * MS
        return self.turn.read(list(plates), self.number, self.now)

    def seen(self, *plates: Plate) -> tuple[str, bool]:
        said = self.show(*plates)
        assert isinstance(said, Seen)
        return said.voted.text, said.another


# --- when it is said -----------------------------------------------------------------------------------------------


def test_a_frame_that_is_sure_is_said_at_once_and_ends_the_eager_looking() -> None:
    each = turn()
    assert each.wants(BEGAN, BEGAN + 50 * MS)
    said = each.read([plate("粤B12345", 0.99)], 1, BEGAN + 200 * MS)
    assert isinstance(said, Seen)
    assert (said.voted.frames, said.another) == (1, False)
    assert not each.wants(BEGAN + 1_600 * MS, BEGAN + 1_600 * MS)
    assert each.wants(BEGAN + 1_700 * MS, BEGAN + 1_700 * MS), "whether another vehicle stands there"


def test_a_vehicle_that_stands_for_long_is_looked_at_less_often() -> None:
    each = turn()
    each.read([plate("粤B12345", 0.99)], 1, BEGAN + 31_000 * MS)
    assert not each.wants(BEGAN + 35_900 * MS, BEGAN + 35_900 * MS)
    assert each.wants(BEGAN + 36_000 * MS, BEGAN + 36_000 * MS)


def test_frames_in_doubt_are_voted_over_and_said_once_there_are_enough() -> None:
    each = turn()
    assert each.read([plate("粤B12345", 0.6)], 1, BEGAN) is None
    assert each.wants(BEGAN + 100 * MS, BEGAN + 100 * MS), "the next frame is looked at without waiting"
    assert each.read([plate("粤B12345", 0.6)], 2, BEGAN + 200 * MS) is None
    said = each.read([plate("粤B12346", 0.5)], 3, BEGAN + 400 * MS)
    assert isinstance(said, Seen)
    assert (said.voted.text, said.voted.frames) == ("粤B12345", 3)


def test_two_frames_that_agree_become_sure_together_and_are_said_before_the_third() -> None:
    each = turn()
    assert each.read([plate("粤B12345", 0.85)], 1, BEGAN) is None
    said = each.read([plate("粤B12345", 0.85)], 2, BEGAN + 200 * MS)
    assert isinstance(said, Seen)
    assert said.voted.frames == 2


def test_an_old_frame_is_never_read() -> None:
    each = turn()
    assert not each.wants(BEGAN, BEGAN + 1_001 * MS)
    assert not each.wants(BEGAN - 2_001 * MS, BEGAN - 1_900 * MS)
    assert each.wants(BEGAN - 500 * MS, BEGAN)


def test_without_a_plate_it_looks_again_soon_and_later_less_often() -> None:
    each = turn()
    assert each.read([], 1, BEGAN) is None
    assert not each.wants(BEGAN + 100 * MS, BEGAN + 100 * MS)
    assert each.wants(BEGAN + 250 * MS, BEGAN + 250 * MS)
    late = BEGAN + 11_000 * MS
    assert each.read([], 2, late) is None
    assert not each.wants(late + 500 * MS, late + 500 * MS)
    assert each.wants(late + 1_000 * MS, late + 1_000 * MS)


def test_what_stays_in_doubt_is_said_again_only_when_it_becomes_sure_or_better() -> None:
    run = Run(turn())
    assert [run.show(plate("粤B12345", 0.45)) is not None for _ in range(3)] == [False, False, True]
    assert run.show(plate("粤B12346", 0.45)) is None
    assert run.seen(plate("粤B12345", 0.99)) == ("粤B12345", False)
    assert run.show(plate("粤B12345", 0.99)) is None


def test_no_more_than_three_times_the_frames_are_voted_over() -> None:
    run = Run(turn(2))
    said = [run.show(plate("粤B12345" if number % 2 else "粤B12346", 0.5)) for number in range(30)]
    assert max(one.voted.frames for one in said if isinstance(one, Seen)) <= 6
    assert all(one is None for one in said[6:])


# --- nothing to be seen --------------------------------------------------------------------------------------------


def test_r25_after_enough_frames_without_a_plate_that_is_said_once() -> None:
    run = Run(turn(no_plate_frames=5))
    said = [run.show() for _ in range(20)]
    assert said[4] == Unseen(5)
    assert [one for one in said if one is not None] == [Unseen(5)]


def test_a_plate_that_comes_to_be_seen_afterwards_is_read_as_ever() -> None:
    run = Run(turn(no_plate_frames=2))
    run.show()
    assert run.show() == Unseen(2)
    assert run.seen(at("粤B12345")) == ("粤B12345", False)


def test_it_is_not_said_of_a_vehicle_whose_plate_was_seen_and_nor_where_nobody_asked() -> None:
    run = Run(turn(no_plate_frames=3))
    run.show(at("粤B12345"))
    assert [run.show() for _ in range(10)] == [None] * 10
    asked_by_nobody = Run(turn())
    assert [asked_by_nobody.show() for _ in range(10)] == [None] * 10


def test_a_single_look_in_doubt_is_said_when_no_better_one_comes() -> None:
    run = Run(turn(no_plate_frames=3))
    run.show(at("粤B12345", 0.6))
    said = [run.show() for _ in range(6)]
    assert [isinstance(one, Seen) for one in said] == [False, False, True, False, False, False]


def test_a_plate_under_the_least_width_is_none() -> None:
    run = Run(turn(no_plate_frames=2, least_plate_px=80))
    assert run.show(at("粤B12345", corners=BEHIND)) is None
    assert run.show(at("粤B12345", corners=BEHIND)) == Unseen(2)
    assert run.seen(at("粤B12345", corners=FRONT), at("京A67890", corners=BEHIND)) == ("粤B12345", False)


# --- one vehicle and the next --------------------------------------------------------------------------------------


def test_of_several_plates_the_nearest_is_read_and_a_sign_is_none_however_large() -> None:
    sign = tuple((x * 3, y * 3) for x, y in FRONT)
    run = Run(turn())
    assert run.seen(at("京A67890", corners=BEHIND), at("沪C00000", 0.99, sign, score=-6.0), at("粤B12345")) == (  # type: ignore[arg-type]
        "粤B12345", False,
    )  # fmt: skip


def test_the_vehicle_s_own_plate_is_followed_among_others_wherever_it_moves() -> None:
    run = Run(turn(3))
    moved = tuple((x + 300, y) for x, y in FRONT)
    assert run.show(at("粤B12345", 0.7)) is None
    assert run.seen(at("京A67890", 0.99), at("粤B12345", 0.9, moved)) == ("粤B12345", False)  # type: ignore[arg-type]


def test_another_plate_in_its_place_is_voted_over_by_itself_never_mixed() -> None:
    run = Run(turn())
    run.show(at("粤B12345"))
    said = run.show(at("赣C1234挂"))
    assert isinstance(said, Seen)
    assert (said.voted.text, said.voted.frames, said.another, said.best.shot) == ("赣C1234挂", 1, True, 2)
    assert said.voted.margin > 900, "the frames of the first vehicle take no part"


def test_another_plate_that_is_not_sure_needs_a_second_frame_that_agrees() -> None:
    run = Run(turn())
    run.show(at("粤B12345"))
    assert run.show(at("京A67890", 0.8)) is None
    assert run.seen(at("京A67890", 0.8)) == ("京A67890", True)
    run = Run(turn())
    run.show(at("粤B12345"))
    assert [run.show(at(text, 0.8)) for text in ("京A67890", "沪C11111", "京A67890", "湘F22222")] == [None] * 4


def test_between_two_frames_of_another_plate_it_looks_again_soon() -> None:
    each = turn()
    each.read([at("粤B12345")], 1, BEGAN)
    each.read([at("京A67890", 0.8)], 2, BEGAN + 2_000 * MS)
    assert each.wants(BEGAN + 2_250 * MS, BEGAN + 2_250 * MS)


def test_a_glimpse_of_another_plate_that_does_not_come_again_is_forgotten() -> None:
    run = Run(turn())
    run.show(at("粤B12345"))
    assert run.show(at("京A67890", 0.8)) is None
    assert [run.show() for _look in range(4)] == [None] * 4
    later = run.now + 1_000 * MS
    assert not run.turn.wants(later, later), "one look each 1.5 s is enough again"
    assert run.show(at("京A67890", 0.8)) is None, "one frame beside the forgotten one is no second one"


@pytest.mark.parametrize("blurred", ["粤B12845", "粤B1234", "粤BI2345", "粤B123455", "湘B12345"])
def test_a_blurred_reading_of_the_same_plate_is_no_other_vehicle(blurred: str) -> None:
    run = Run(turn())
    run.show(at("粤B12345"))
    assert [run.show(at(blurred, 0.9)) for _ in range(5)] == [None] * 5


def test_a_neighbour_of_the_same_fleet_is_another_vehicle_where_it_stands_elsewhere() -> None:
    run = Run(turn())
    run.show(at("粤B12345"))
    assert run.show(at("粤B12346", corners=BEHIND), at("粤B12345")) is None, "the own one is there"
    assert run.seen(at("粤B12346", corners=BEHIND)) == ("粤B12346", True)


def test_a_plate_clearly_nearer_takes_over_from_one_in_the_background() -> None:
    run = Run(turn())
    assert run.seen(at("京A67890", corners=BEHIND)) == ("京A67890", False)
    assert run.seen(at("京A67890", corners=BEHIND), at("粤B12345")) == ("粤B12345", True)


def test_a_first_look_that_was_never_said_leaves_no_other_vehicle_behind() -> None:
    run = Run(turn())
    assert run.show(at("京A67890", 0.7)) is None
    assert run.seen(at("粤B12345")) == ("粤B12345", False), "the lane heard of one vehicle only"


def test_the_picture_is_that_of_the_clearest_frame_with_the_text_that_is_said() -> None:
    run = Run(turn())
    run.show(at("粤B12345", 0.62))
    run.show(at("粤B12346", 0.66))
    said = run.show(at("粤B12345", 0.7))
    assert isinstance(said, Seen)
    assert (said.voted.text, said.best.shot) == ("粤B12345", 3)


def test_of_a_long_turn_few_pictures_are_kept() -> None:
    run = Run(turn(15))
    for number in range(40):
        run.show(at(f"粤B1234{number % 8}", 0.5))
    assert len(run.turn._track._kept) <= 2
