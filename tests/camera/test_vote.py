"""The frames of one vehicle speak together, slot by slot."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.recogniser import Plate
from drivers.camera.second_opinion import doubted
from drivers.camera.slots import Decoded
from drivers.camera.vote import vote
from tests.camera.support import FORMS, QUAD, plate, slot


def made(*slots: tuple[tuple[str, float], ...]) -> Plate:
    scores = tuple(slot(*each) for each in slots)
    text = "".join(each.char for each in scores)
    return Plate(
        text=text, raw=text, kind="small", color="blue", colors=(), slots=scores, corners=QUAD, rows=1, score=0.0
    )


def test_without_a_frame_there_is_no_reading() -> None:
    assert vote([]) is None


def test_guesses_that_agree_open_nothing_until_a_frame_sees_the_character() -> None:
    guess = made((("皖", 0.5), ("京", 0.38)), (("6", 0.98), ("8", 0.01)))
    for frames in (2, 3, 9):
        voted = vote([guess] * frames)
        assert voted is not None
        assert voted.text == "皖6"
        assert voted.margin < 300
    seen = made((("皖", 0.7), ("京", 0.28)), (("6", 0.98), ("8", 0.01)))
    with_evidence = vote([guess, guess, seen])
    assert with_evidence is not None
    assert with_evidence.margin > 500


def test_a_text_that_no_frame_read_opens_nothing_until_one_does() -> None:
    hidden = made((("皖", 0.6), ("京", 0.38)), (("0", 0.98), ("9", 0.01)))
    clear = made((("京", 0.97), ("皖", 0.02)), (("9", 0.6), ("0", 0.38)))
    mixed = vote([hidden, clear])
    assert mixed is not None
    assert mixed.text == "京0"
    assert mixed.margin < 300
    read = vote([hidden, clear, made((("京", 0.97), ("皖", 0.02)), (("0", 0.97), ("9", 0.02)))])
    assert read is not None
    assert (read.text, read.margin > 300) == ("京0", True)


def test_one_frame_speaks_for_itself() -> None:
    voted = vote([plate("粤B12345", 0.9)])
    assert voted is not None
    assert (voted.text, voted.frames) == ("粤B12345", 1)
    assert 750 <= voted.margin <= 950


def test_two_clear_frames_outvote_a_blurred_one() -> None:
    voted = vote([plate("粤B12345", 0.9), plate("粤B12345", 0.9), plate("粤B12845", 0.95)])
    assert voted is not None
    assert voted.text == "粤B12345"
    assert voted.frames == 3


def test_doubts_in_different_slots_cancel_out() -> None:
    sure_first = made((("8", 0.98), ("B", 0.01)), (("5", 0.5), ("S", 0.49)))
    sure_second = made((("8", 0.5), ("B", 0.49)), (("5", 0.98), ("S", 0.01)))
    voted = vote([sure_first, sure_second])
    assert voted is not None
    assert voted.text == "85"
    assert voted.margin > 900


def test_two_frames_with_a_part_of_the_plate_hidden_do_not_outvote_a_clear_one_in_what_they_read_beside_it() -> None:
    """Half behind the arm the first character is anybody's guess, and the last but one is taken for another, surely."""
    clear = made((("京", 0.999),), (("9", 0.999),))
    hidden = made((("皖", 0.34), ("京", 0.33)), (("0", 0.999),))
    voted = vote([clear, hidden, hidden])
    assert voted is not None
    assert voted.text == "京9", "and not 京0, which no frame read"


def test_frames_that_are_all_in_doubt_count_alike() -> None:
    voted = vote([made((("5", 0.5), ("S", 0.49)), (("8", 0.9), ("B", 0.05)))] * 3)
    assert voted is not None
    assert voted.slots[1].margin > 990


def test_agreement_raises_the_margin_and_contradiction_lowers_it() -> None:
    alone = vote([plate("粤B12345", 0.7)])
    agreed = vote([plate("粤B12345", 0.7), plate("粤B12345", 0.7)])
    against = vote([plate("粤B12345", 0.7), plate("粤B12346", 0.7)])
    assert alone is not None
    assert agreed is not None
    assert against is not None
    assert agreed.margin > alone.margin > against.margin
    assert against.margin == 0


def test_a_contradiction_between_two_readers_does_not_wear_off_by_being_repeated() -> None:
    slots = tuple(slot((char, 0.999), *((other, 1e-4) for other in "XYZK")) for char in "WJ45867")
    once = doubted(Decoded(FORMS[0], "WJ45867", slots, 0.0))
    frame = replace(plate("WJ45867"), slots=once.slots)
    alone, repeated = vote([frame]), vote([frame] * 5)
    assert alone is not None and repeated is not None
    assert repeated.margin == alone.margin < 300
    with_clear = vote([*[frame] * 3, plate("WJ45867", 0.98)])
    assert with_clear is not None
    assert with_clear.margin > 900, "a clear frame still counts"


def test_frames_of_another_length_take_no_part_in_the_slots() -> None:
    voted = vote(
        [plate("粤BD12345", kind="nev_small", color="green"), plate("粤BD12345", kind="nev_small"), plate("粤B12345")]
    )
    assert voted is not None
    assert voted.text == "粤BD12345"
    assert voted.frames == 2


def test_the_best_frame_is_one_that_agrees() -> None:
    clear, dim, wrong = plate("粤B12345", 0.9), plate("粤B12345", 0.8), plate("粤B12845", 0.95)
    voted = vote([dim, wrong, clear])
    assert voted is not None
    assert voted.best is clear


@given(
    st.lists(
        st.tuples(st.sampled_from(["粤B12345", "粤B12346", "京AD12345"]), st.floats(0.34, 0.999)),
        min_size=1,
        max_size=9,
    )
)
def test_any_frames_give_a_text_one_of_them_could_have_and_a_margin_in_range(frames: list[tuple[str, float]]) -> None:
    voted = vote([plate(text, share) for text, share in frames])
    assert voted is not None
    assert len(voted.text) in {len(text) for text, _share in frames}
    assert 0 <= voted.margin <= 1000
    assert all(char in {text[at] for text, _share in frames if len(text) > at} for at, char in enumerate(voted.text))


@given(st.permutations(["粤B12345", "粤B12345", "粤B12845", "粤D12345"]))
def test_the_order_of_frames_does_not_matter(texts: list[str]) -> None:
    voted = vote([plate(text, 0.8) for text in texts])
    assert voted is not None
    assert voted.text == "粤B12345"


def test_kind_and_colour_are_those_of_most_frames_that_agree() -> None:
    blue = [plate("粤B12345", 0.9, color="blue"), plate("粤B12345", 0.9, color="blue")]
    voted = vote([plate("粤B12345", 0.9, kind="large", color="yellow"), *blue])
    assert voted is not None
    assert (voted.kind, voted.color) == ("small", "blue")


def test_the_ground_is_what_all_frames_say_together_not_what_most_of_them_settled_on() -> None:
    by_lamp = [
        replace(plate("粤B12345", 0.9, kind="nev_small", color="green"), colors=(("green", 0.51), ("blue", 0.48))),
        replace(plate("粤B12345", 0.9, kind="nev_small", color="green"), colors=(("green", 0.51), ("blue", 0.48))),
    ]
    by_day = replace(plate("粤B12345", 0.9), colors=(("blue", 0.97),))
    voted = vote([*by_lamp, by_day])
    assert voted is not None
    assert (voted.kind, voted.color) == ("small", "blue")
