"""One presentation of a card, however often its frame comes (F7)."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.reader.presentation import MOST_CARDS, Ended, Presentations

MS = 1_000_000


def test_a_card_left_lying_for_an_hour_is_one_presentation_with_its_count() -> None:
    presentations = Presentations(hold_ms=2000)
    begun = [presentations.seen("26:1:1", at_ms * MS) for at_ms in range(0, 3_600_000, 500)]
    assert begun.count(True) == 1
    assert presentations.ended(3_600_000 * MS) == []
    assert presentations.ended(3_602_000 * MS) == [Ended("26:1:1", 7200, 3_599_500)]
    assert presentations.ended(3_700_000 * MS) == []


def test_a_card_shown_again_after_the_hold_is_a_new_presentation() -> None:
    presentations = Presentations(hold_ms=2000)
    assert presentations.seen("26:1:1", 0)
    assert not presentations.seen("26:1:1", 1999 * MS)
    assert presentations.seen("26:1:1", 3999 * MS)


def test_two_cards_in_a_wallet_that_come_by_turns_are_two_presentations() -> None:
    presentations = Presentations(hold_ms=2000)
    begun = [presentations.seen(f"26:1:{turn % 2}", turn * 100 * MS) for turn in range(100)]
    assert begun.count(True) == 2


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 5000)), max_size=300))
def test_memory_is_bounded_whatever_comes(sightings: list[tuple[int, int]]) -> None:
    presentations = Presentations(hold_ms=2000)
    now_ns = 0
    for number, after_ms in sightings:
        now_ns += after_ms * MS
        presentations.seen(f"26:1:{number}", now_ns)
    assert len(presentations.ended(now_ns + 10**12)) <= MOST_CARDS
