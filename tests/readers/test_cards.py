"""Bits and cards: formats, parity, and the one canonical text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.reader.cards import FORMATS, CardError, bits_of_bytes, card, card_of, card_of_value
from simulator.wire.cards import card_bits, card_bytes

WIDTHS = {26: (8, 16), 34: (16, 16), 37: (16, 19)}


@st.composite
def card_figures(draw: st.DrawFn) -> tuple[int, int, int]:
    bits = draw(st.sampled_from(sorted(WIDTHS)))
    facility, number = WIDTHS[bits]
    return bits, draw(st.integers(0, (1 << facility) - 1)), draw(st.integers(0, (1 << number) - 1))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        # worked by hand from the published layouts
        ("10000000100000000000000010", "26:1:1"),
        ("11111111111111111111111111", None),
        ("00000000000000000000000001", "26:0:0"),
        ("1000000000000000100000000000000010", "34:1:1"),
        ("1000000000000000100000000000000000010", "37:1:1"),
    ],
)
def test_known_bits_give_the_known_card(raw: str, text: str | None) -> None:
    if text is None:
        with pytest.raises(CardError, match="even parity"):
            card(raw)
    else:
        assert card(raw).text == text


@given(card_figures())
def test_a_card_goes_to_bits_and_back(figures: tuple[int, int, int]) -> None:
    made = card_of(*figures)
    assert card(made.raw) == made
    assert made.text == ":".join(str(figure) for figure in figures)


@given(card_figures())
def test_the_driver_and_the_simulators_own_encoder_agree_on_every_bit(figures: tuple[int, int, int]) -> None:
    text = ":".join(str(figure) for figure in figures)
    assert card_bits(text) == card_of(*figures).raw
    assert bits_of_bytes(card_bytes(card_bits(text)), figures[0]) == card_bits(text)


@given(card_figures(), st.data())
def test_one_turned_bit_is_never_a_card(figures: tuple[int, int, int], data: st.DataObject) -> None:
    raw = card_of(*figures).raw
    form = FORMATS[figures[0]]
    covered = {0, form.bits - 1, *range(*form.even), *range(*form.odd)}
    at = data.draw(st.sampled_from(sorted(covered)))
    turned = raw[:at] + "10"[int(raw[at])] + raw[at + 1 :]
    with pytest.raises(CardError, match="parity"):
        card(turned)


@given(st.integers(8, 64).filter(lambda bits: bits not in FORMATS), st.data())
def test_an_unknown_length_keeps_its_bits_and_never_looks_like_a_known_format(bits: int, data: st.DataObject) -> None:
    raw = data.draw(st.text("01", min_size=bits, max_size=bits))
    read = card(raw)
    assert read.raw == raw
    assert read.text == f"{bits}:0:{int(raw, 2)}"


@given(card_figures())
def test_facility_and_number_written_as_one_figure_are_the_same_card(figures: tuple[int, int, int]) -> None:
    bits, facility, number = figures
    assert card_of_value(bits, (facility << WIDTHS[bits][1]) | number) == card_of(*figures)


@given(st.one_of(st.text(max_size=70), st.text("01", max_size=70)))
def test_whatever_comes_as_bits_only_a_card_error_comes_out(raw: str) -> None:
    try:
        assert card(raw).raw == raw
    except CardError as error:
        assert str(error)


@pytest.mark.parametrize(("bits", "facility", "number"), [(26, 256, 0), (26, 0, 65536), (34, -1, 0), (25, 0, 0)])
def test_figures_that_do_not_fit_their_format_are_refused(bits: int, facility: int, number: int) -> None:
    with pytest.raises(CardError, match=r"fit|expected"):
        card_of(bits, facility, number)
    with pytest.raises(ValueError, match="card"):
        card_bits(f"{bits}:{facility}:{number}")


def test_more_bits_announced_than_came_is_an_error_and_not_a_shorter_card() -> None:
    with pytest.raises(CardError, match="announced"):
        bits_of_bytes(b"\xff\xff", 26)
