"""Two readers of one plate: what both say gains, what they differ in loses, and a stranger's word is not heard."""

from dataclasses import replace

import pytest

from drivers.camera.recogniser import OTHER
from drivers.camera.second_opinion import agreed, doubted, reconsidered
from drivers.camera.slots import Decoded, likely_slots, text_of
from tests.camera.support import FORMS, slot

SMALL = next(form for form in FORMS if form.kind == "small")


def decoded(text: str, share: float, *, score: float = -0.5, at: int = 0, other: str = "") -> Decoded:
    """Every slot with 0.99, but one with `share`, and `other` there for most of the rest."""
    slots = [slot((char, 0.99), ("?", 0.01)) for char in text]
    if other:
        slots[at] = slot((text[at], share), (other, 0.98 - share), ("?", 0.02))
    return Decoded(SMALL, text, tuple(slots), score)


def margin(reading: Decoded | None, at: int = 0) -> int:
    assert reading is not None
    return reading.slots[at].margin


def one(first: Decoded, second: Decoded) -> Decoded:
    both = agreed(first, second)
    assert both is not None
    return both


def test_a_doubtful_province_that_both_read_becomes_sure() -> None:
    first = decoded("皖A12345", 0.6, other="桂")
    both = one(first, decoded("皖A12345", 0.9, other="桂"))
    assert both.text == "皖A12345"
    assert margin(both) > margin(first)


def test_a_letter_too_many_gives_way_to_a_digit_where_both_readers_took_it_for_the_letter() -> None:
    own, theirs = decoded("粤BABZ12", 0.9, at=4, other="2"), decoded("粤BABZ12", 0.7, at=4, other="2")
    first, second = (replace(each, slots=likely_slots(each.slots, SMALL)) for each in (own, theirs))
    assert text_of(first.slots) == text_of(second.slots) == "粤BAB212"
    assert one(first, second).text == one(own, theirs).text == "粤BAB212"
    assert margin(first, 4) > 300


def test_a_digit_that_took_the_place_of_a_far_clearer_letter_stands_there_by_no_margin() -> None:
    slots = likely_slots(decoded("粤BABZ12", 0.979, at=4, other="2").slots, SMALL)
    assert text_of(slots) == "粤BAB212"
    assert slots[4].margin == 0


def test_what_two_readers_doubt_is_read_as_the_mean_of_three_words_has_it_and_opens_nothing() -> None:
    """Two characters in doubt at least: by a single one a near plate would open."""
    own, second = decoded("桂A12345", 0.6, other="皖"), decoded("桂A12345", 0.5, other="皖")
    before = one(own, second)
    sure = decoded("皖A12345", 0.97, other="桂")
    after = reconsidered(own, before, [second, sure, sure])
    assert after.text == "皖A12345"
    assert margin(after) <= 270
    assert sum(slot.margin < 300 for slot in after.slots) == 2
    assert after.score == before.score


def test_three_words_for_what_two_took_it_for_change_nothing_of_what_was_said() -> None:
    """Not its margin, nor what else it may be: three take a blurred character for the same other one as well as two."""
    own, second = decoded("桂A12345", 0.6, other="皖"), decoded("桂A12345", 0.6, other="皖")
    before = one(own, second)
    sure, other = decoded("桂A12345", 0.98), decoded("桂A12345", 0.6, other="赣")
    assert reconsidered(own, before, [sure, sure, sure]) is before
    assert reconsidered(own, before, [sure, sure, other]) is before


def test_a_word_that_is_no_plate_or_of_another_length_is_not_counted() -> None:
    own, second = decoded("桂A12345", 0.6, other="皖"), decoded("桂A12345", 0.5, other="皖")
    before = one(own, second)
    noise = decoded("皖A12345", 0.97, score=-9.0)
    short = replace(decoded("皖A1234", 0.97), text="皖A1234")
    assert reconsidered(own, before, [second, noise, None]) is before
    assert reconsidered(own, before, [second, short, short]) is before
    assert reconsidered(own, before, [None, noise]) is before


def test_words_of_another_length_leave_the_text_and_put_everything_in_doubt() -> None:
    own = replace(decoded("桂A1234", 0.6, other="皖"), text="桂A1234")
    after = reconsidered(own, own, [decoded("桂A12345", 0.97)])
    assert after.text == "桂A1234"
    assert all(slot.doubted and slot.margin < was.margin / 2 for slot, was in zip(after.slots, own.slots, strict=True))


def test_a_doubtful_character_is_corrected_by_a_second_reader_that_is_sure() -> None:
    both = one(decoded("桂A12345", 0.5, other="皖"), decoded("皖A12345", 0.97, other="桂"))
    assert both.text == "皖A12345"
    assert both.slots[0].char == "皖"


@pytest.mark.parametrize("share", [0.6, 0.9, 0.97, 0.979])
@pytest.mark.parametrize("theirs", [0.6, 0.9, 0.97, 0.979])
def test_where_the_two_differ_no_margin_is_left_that_would_open_however_sure_they_are(
    share: float, theirs: float
) -> None:
    both = one(decoded("桂A12345", share, other="皖"), decoded("皖A12345", theirs, other="桂"))
    assert margin(both) < 300
    assert both.slots[0].doubted
    quite_sure = tuple(slot((char, 1.0)) for char in "皖A12345")
    both = one(decoded("桂A12345", share, other="皖"), Decoded(SMALL, "皖A12345", quite_sure, -0.5))
    assert margin(both) < 300


@pytest.mark.parametrize(("own", "theirs", "opens"), [(0.6, 0.6, False), (0.8, 0.8, False), (0.6, 0.9, True)])
def test_what_both_only_half_believe_opens_nothing_though_they_say_the_same(
    own: float, theirs: float, opens: bool
) -> None:
    both = one(decoded("皖A12345", own, other="桂"), decoded("皖A12345", theirs, other="桂"))
    assert both.text == "皖A12345"
    assert (margin(both) >= 300) is opens
    assert both.slots[0].doubted is not opens


def test_what_both_expect_beforehand_counts_once() -> None:
    """Both think a little more of 6 than of G; digits are far likelier in a serial, and that is in what both say."""
    own, theirs = decoded("皖A12645", 0.55, at=4, other="G"), decoded("皖A12645", 0.60, at=4, other="G")
    both = one(own, theirs)
    assert both.text == "皖A12G45"
    assert margin(both, 4) < 300, "neither said so by itself"
    sure = decoded("皖A12645", 0.9, at=4, other="G")
    assert one(sure, sure).text == "皖A12645"
    city = decoded("皖Q12345", 0.6, at=1, other="D")
    assert one(city, city).text == "皖Q12345", "where no digit stands nothing is expected of letters"


@pytest.mark.parametrize(("own", "theirs", "stands"), [(0.9, 0.8, "皖A12345"), (0.8, 0.9, "皖A1234")])
def test_of_two_readings_of_different_length_the_surer_one_stands_and_its_margin_falls(
    own: float, theirs: float, stands: str
) -> None:
    first, second = decoded("皖A12345", own, other="桂"), decoded("皖A1234", theirs, other="桂")
    both = one(first, second)
    assert both.text == stands
    assert margin(both) < min(margin(first), margin(second))


def test_on_a_plate_from_abroad_the_reader_that_has_seen_more_fonts_counts_more() -> None:
    first, second = decoded("皖A12345", 0.95, other="桂"), decoded("桂A12345", 0.7, other="皖")
    abroad = [replace(each, form=replace(SMALL, kind="foreign", foreign=True)) for each in (first, second)]
    assert one(first, second).text == "皖A12345"
    assert one(*abroad).text == "桂A12345"


def test_the_second_thought_of_a_reader_that_saw_something_impossible_does_not_outvote_the_first_of_the_other() -> None:
    first = decoded("黑B5840Z", 0.9, at=6, other="S")
    second = decoded("黑B58402", 0.99)
    strange = slot((OTHER, 0.97), ("2", 0.02))
    both = one(first, Decoded(SMALL, second.text, (*second.slots[:6], strange), -1.0))
    assert both.text == "黑B5840Z"
    assert margin(both, 6) < 300


def test_a_doubted_reading_keeps_its_text_and_opens_nothing_however_sure_it_was() -> None:
    chars = "皖A12345"
    sure = Decoded(
        SMALL, chars, tuple(slot((char, 0.999), *((other, 1e-4) for other in "XYZW")) for char in chars), 0.0
    )
    assert margin(sure) > 990
    assert doubted(sure).text == chars
    assert margin(doubted(sure)) < 300


def test_a_text_that_only_the_second_reader_takes_for_a_plate_has_a_score_that_says_so() -> None:
    refused, liked = decoded("皖A12345", 0.9, score=-12.0), decoded("皖A12345", 0.9, score=-1.0)
    only_second = agreed(refused, liked)
    assert only_second is not None
    assert -8.0 < only_second.score < -4.0
    assert one(decoded("皖A12345", 0.9, score=-0.2), liked).score == pytest.approx(-0.2)


def test_what_the_second_reader_only_leaves_out_from_within_stands_and_is_in_doubt() -> None:
    both = one(decoded("WJ6645867", 0.6, at=2, other="8"), decoded("WJ45867", 0.98))
    assert both.text == "WJ6645867"
    assert all(each.doubted for each in both.slots)
    more = one(decoded("2T40211", 0.6, at=2, other="8"), decoded("2T480211", 0.98))
    assert more.text == "2T480211", "of another length the surer one stands"


def test_what_only_the_second_reader_reads_counts_with_less_margin() -> None:
    alone = agreed(None, decoded("皖A12345", 0.9))
    assert alone is not None
    assert alone.text == "皖A12345"
    assert margin(alone) < margin(decoded("皖A12345", 0.9))
    assert alone.score == pytest.approx((2 * -3.0 - 0.5) / 3), "where one sees nothing there may be no plate"
    assert agreed(None, None) is None


def test_where_the_second_reader_sees_no_plate_the_text_stands_and_its_margin_falls() -> None:
    first = decoded("皖A12345", 0.6, other="桂")
    assert agreed(first, None) is first, "it was not asked, or nothing was to be read"
    doubted = agreed(first, decoded("桂A12345", 0.9, score=-9.0))
    assert doubted is not None
    assert doubted.text == first.text
    assert margin(doubted) < margin(first)
