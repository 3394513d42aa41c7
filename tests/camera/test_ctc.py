"""Constrained decoding gives what trying every text would give."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.app.plate_tables import plates_of_any_region, plates_of_region
from drivers.camera import slots
from drivers.camera.ctc import Search, text_log_p
from drivers.camera.grammar import Grammar
from drivers.camera.line import Line, middles
from drivers.camera.plate_form import PlateForm
from drivers.camera.slots import (
    ABROAD_AT_BEST,
    RATIO_AT_WORST,
    Layout,
    decode,
    log_ratio,
)

GRAMMAR = Grammar((PlateForm("a", ("AB", "AB", "12")), PlateForm("b", ("B", "2")), PlateForm("c", ("1", "1", "1"))))
COLUMNS = len(GRAMMAR.columns)


def paths(log_chars: np.ndarray, log_blank: np.ndarray, text: tuple[int, ...]) -> list[float]:
    """The log-probability of every path of labels that collapses to the text."""
    frames = len(log_blank)
    found = []
    for labels in itertools.product(range(-1, COLUMNS), repeat=frames):
        collapsed = tuple(label for label, _group in itertools.groupby(labels) if label >= 0)
        if collapsed == text:
            found.append(sum(log_blank[t] if label < 0 else log_chars[t, label] for t, label in enumerate(labels)))
    return found


def texts_of(form: int) -> list[tuple[int, ...]]:
    slots = [np.flatnonzero(GRAMMAR.allowed[form, slot]).tolist() for slot in range(GRAMMAR.lengths[form])]
    return list(itertools.product(*slots))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5))
def test_the_best_path_of_each_form_is_the_best_of_all_paths(seed: int, frames: int) -> None:
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.full(COLUMNS + 1, 0.4), frames).astype(np.float32) + 1e-6
    log_chars, log_blank = np.log(shares[:, 1:]), np.log(shares[:, 0])
    search = Search(log_chars, log_blank, GRAMMAR)
    readings = {form: search.reading(form) for form in search.log_p}
    for form in range(len(GRAMMAR.forms)):
        ranked = [(max(each), text) for text in texts_of(form) if (each := paths(log_chars, log_blank, text))]
        if not ranked:
            assert form not in readings
            continue
        best, text = max(ranked)
        assert readings[form].log_p == pytest.approx(best, abs=1e-3)
        assert max(paths(log_chars, log_blank, readings[form].columns)) == pytest.approx(best, abs=1e-3), text


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 5))
def test_the_probability_of_a_text_is_the_sum_over_its_paths(seed: int, frames: int) -> None:
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.full(COLUMNS + 1, 0.4), frames).astype(np.float32) + 1e-6
    log_chars, log_blank = np.log(shares[:, 1:]), np.log(shares[:, 0])
    texts = np.array(texts_of(0), np.intp)
    for text, log_p in zip(texts, text_log_p(log_chars, log_blank, texts), strict=True):
        each = paths(log_chars, log_blank, tuple(text))
        if each:
            assert log_p == pytest.approx(np.log(np.exp(each).sum()), abs=1e-3)
        else:
            assert log_p < -1e6


def test_a_digit_slot_takes_the_letter_that_looks_like_it() -> None:
    grammar = Grammar((PlateForm("a", ("O", "01")), PlateForm("b", ("0O", "1"))))
    assert ("0", "0O") in grammar.columns
    assert ("1", "1I") in grammar.columns
    assert ("0", "0") in grammar.columns, "where both are allowed each stands for itself"


def test_a_grammar_without_forms_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one form"):
        Grammar(())


@pytest.mark.parametrize("seed", range(40))
def test_a_free_text_that_a_form_takes_is_read_as_a_search_over_all_paths_would_read_it(seed: int) -> None:
    grammar = Grammar(PlateForm(form.kind, form.slots, ("blue",)) for form in GRAMMAR.forms)
    random = np.random.default_rng(seed)
    written = random.choice(["A1", "AB2", "BA1", "B2", "111", "AA2"])
    labels = [0, *(number for char in written for number in (_column(grammar, char) + 1, 0))]
    shares = random.dirichlet(np.full(COLUMNS + 1, 0.3), len(labels)).astype(np.float32)
    shares[np.arange(len(labels)), labels] += random.uniform(0.5, 2.0)
    shares = (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
    log_chars, log_blank = np.log(shares[:, 1:] + 1e-6), np.log(shares[:, 0] + 1e-6)
    best = shares.argmax(axis=1)
    free = "".join(grammar.columns[n - 1][0] for n, _group in itertools.groupby(best.tolist()) if n)
    other = np.full(len(labels), -12, np.float32)
    line = Line(log_chars, other, log_blank, free, float(np.log(shares.max(axis=1) + 1e-6).sum()))
    read = decode(line, (("blue", 1.0),), grammar)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slots, "PLAIN_PRIOR", 1.0)
        searched = decode(line, (("blue", 1.0),), grammar)
    assert read is not None
    assert searched is not None
    assert read.text == searched.text
    assert read.slots == searched.slots
    assert read.score == pytest.approx(searched.score, abs=1e-3)


@pytest.mark.parametrize("seed", range(40))
def test_forms_of_another_ground_are_left_out_only_where_they_could_not_have_been_better(seed: int) -> None:
    grounds = ((), ("blue",), ("green",))
    grammar = Grammar(PlateForm(form.kind, form.slots, grounds[n]) for n, form in enumerate(GRAMMAR.forms))
    random = np.random.default_rng(seed)
    shares = random.dirichlet(np.full(COLUMNS + 1, 0.3), 6).astype(np.float32) + np.float32(1e-6)
    log_chars, log_blank = np.log(shares[:, 1:]), np.log(shares[:, 0])
    line = Line(log_chars, np.full(6, -12, np.float32), log_blank, "?", float(np.log(shares.max(axis=1)).sum()))
    blue = float(random.random())
    colors = (("blue", blue), ("green", 1 - blue))
    read = decode(line, colors, grammar)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slots, "NEAR_PRIOR", 1e9)
        of_all = decode(line, colors, grammar)
    assert read == of_all


def test_where_a_letter_and_a_digit_fit_alike_it_is_the_digit_or_what_the_other_reader_took_it_for() -> None:
    forms = (PlateForm("a", ("A", "I", "2")), PlateForm("b", ("A", "1", "2")))
    for given_forms in (forms, forms[::-1]):
        grammar = Grammar(given_forms)
        log_chars = np.full((5, len(grammar.columns)), -12, np.float32)
        log_chars[0, _column(grammar, "A")] = log_chars[4, _column(grammar, "2")] = -0.01
        log_chars[2, _column(grammar, "1")] = -0.01
        log_chars[2, _column(grammar, "I")] = -0.0099  # no more than the rounding of a sum
        log_blank = np.array((-12, -0.01, -12, -0.01, -12), np.float32)
        line = Line(log_chars, np.full(5, -12, np.float32), log_blank, "?", -0.05)
        for beside, text in ((None, "A12"), (forms[0], "AI2"), (forms[1], "A12")):
            found = decode(line, (), grammar, beside)
            assert found is not None
            assert found.text == text


def test_where_two_lands_have_such_a_text_the_plate_s_proportions_tell_whose_it_is() -> None:
    low, tall = PlateForm("low", ("B", "8"), ratios=(3.1, 3.4)), PlateForm("tall", ("8", "8"), ratios=(2.0, 2.5))
    grammar = Grammar((low, tall))
    log_chars = np.full((3, len(grammar.columns)), -12, np.float32)
    log_chars[0, _column(grammar, "B")], log_chars[0, _column(grammar, "8")] = np.log(0.7), np.log(0.3)
    log_chars[2, _column(grammar, "8")] = -0.01
    line = Line(log_chars, np.full(3, -12, np.float32), np.array((-12, -0.01, -12), np.float32), "B8", -0.4)
    for ratio, text in ((0.0, "B8"), (3.2, "B8"), (2.8, "B8"), (2.4, "88"), (1.0, "B8")):
        found = decode(line, (), grammar, layout=Layout(ratio))
        assert found is not None
        assert found.text == text, ratio


@pytest.mark.parametrize("ratio", [0.2, 1.9, 2.0, 2.3, 2.5, 3.0, 9.0])
def test_proportions_speak_against_a_form_but_never_rule_it_out(ratio: float) -> None:
    """Seen from the side a plate is as narrow as one of another land."""
    assert RATIO_AT_WORST <= log_ratio(ratio, (2.0, 2.5)) <= 0
    assert (log_ratio(ratio, (2.0, 2.5)) == 0) is (2.0 <= ratio <= 2.5)
    assert log_ratio(ratio, (0.0, 0.0)) == log_ratio(0.0, (2.0, 2.5)) == 0


def test_the_middle_of_a_character_is_that_of_its_frames() -> None:
    log_p = np.full((11, 4), -9, np.float32)
    for at, number in enumerate((0, 1, 1, 0, 0, 2, 3, 0, 3, 3, 3)):
        log_p[at, number] = 0
    assert middles(log_p) == pytest.approx((2 / 11, 5.5 / 11, 6.5 / 11, 9.5 / 11))


BLUE = PlateForm("small", ("沪", "C", *5 * ("0123456789E",)), serial=(2, 7))


@pytest.mark.parametrize(
    ("stand", "lacks_one"),
    [
        ((1, 7, 15, 20, 25, 30, 35), False),  # parted behind the town, as all are
        ((0, 7, 15, 19, 27, 31, 35), True),  # 沪C13764E without its 7
        ((1, 7, 15, 20, 25, 31, 36), False),
        ((1, 7, 19, 23.5, 28, 32, 36.5), True),  # 粤BD12345 without its D
        ((1, 7, 15, 19, 23.5, 28, 32), False),  # without its 5: so a blue one may stand, seen aslant
        ((1, 7, 15, 20, 25, 30), False),  # fewer characters than the text: it is known to lack one
        ((), False),
    ],
)
def test_a_row_whose_serial_has_a_hole_or_begins_late_has_lost_a_character(
    stand: tuple[float, ...], lacks_one: bool
) -> None:
    layout = Layout(middles=tuple(frame / 40 for frame in stand))
    assert layout.lacks_one(BLUE) is lacks_one
    assert not layout.lacks_one(PlateForm("foreign", BLUE.slots)), "of others it is not known"


def test_where_two_lands_have_such_a_text_a_gap_tells_whose_it_is() -> None:
    """NTO 1053 is Brazil's, where O is a letter; NT 01053 would be of China's army, which has none."""
    ours = PlateForm("ours", ("A", "B", "0", "1"), gaps=(1, 2))
    theirs = PlateForm("theirs", ("A", "B", "O", "1"), gaps=(3,))
    grammar = Grammar((ours, theirs))
    log_chars = np.full((7, len(grammar.columns)), -12, np.float32)
    for at, char in enumerate("AB01"):
        log_chars[2 * at, _column(grammar, char)] = -0.01
    log_chars[4, _column(grammar, "O")] = -0.02
    log_blank = np.array((-12, -0.01, -12, -0.01, -12, -0.01, -12), np.float32)
    line = Line(log_chars, np.full(7, -12, np.float32), log_blank, "ABO1", -0.1)
    for stand, text in (
        ((), "AB01"),
        ((0, 5, 12, 17), "AB01"),
        ((0, 5, 10, 17), "ABO1"),
        ((0, 7, 12, 17), "AB01"),
        ((0, 5, 10, 15.5), "AB01"),  # hardly a gap
        ((0, 5, 10, 17, 22), "AB01"),  # something else was seen there, so the gap is another one
    ):
        found = decode(line, (), grammar, layout=Layout(middles=stand))
        assert found is not None
        assert found.text == text, stand


def test_a_gap_speaks_for_nothing_where_a_form_may_be_parted_anywhere() -> None:
    layout = Layout(middles=(0, 5, 10, 17))
    assert layout.is_parted_elsewhere(PlateForm("a", tuple("ABCD"), gaps=(1, 2)))
    assert not layout.is_parted_elsewhere(PlateForm("a", tuple("ABCD"), gaps=(3,)))
    assert not layout.is_parted_elsewhere(PlateForm("a", tuple("ABCD")))


def test_a_lane_stands_in_one_region_so_proportions_and_gaps_tell_nothing_there() -> None:
    assert {(form.ratios, form.gaps) for form in plates_of_region("cn")} == {((0.0, 0.0), ())}
    assert {form.gaps for form in plates_of_any_region()} == {(), (1, 2), (3,)}
    assert len({form.ratios for form in plates_of_any_region()}) == 4


@pytest.mark.parametrize("seed", range(20))
def test_no_plate_from_abroad_passes_its_handicap_where_each_column_is_one_character(seed: int) -> None:
    grammar = Grammar(form for form in plates_of_region("cn") if form.foreign)
    random = np.random.default_rng(seed)
    count = len(grammar.columns)
    shares = random.dirichlet(np.full(count + 1, 0.05), 12).astype(np.float32) + np.float32(1e-6)
    log_chars, log_blank = np.log(shares[:, 1:]), np.log(shares[:, 0])
    line = Line(log_chars, np.full(12, -12, np.float32), log_blank, "?", float(np.log(shares.max(axis=1)).sum()))
    found = decode(line, (("yellow", 1.0),), grammar)
    assert found is None or found.score + found.prior < ABROAD_AT_BEST


@pytest.mark.parametrize(("share", "read"), [(0.9, "41"), (0.999, "A1")])
def test_a_text_that_a_state_gives_out_comes_before_one_that_only_a_vanity_plate_has(share: float, read: str) -> None:
    rare = (PlateForm("foreign", (slot, "14A"), foreign=True, rare=True) for slot in ("A", "A4", "A14", "4A", "1A4A"))
    grammar = Grammar((PlateForm("foreign", ("4", "1"), foreign=True), *rare))
    log_chars = np.full((3, len(grammar.columns)), -12, np.float32)
    log_chars[0, _column(grammar, "A")], log_chars[0, _column(grammar, "4")] = np.log(share), np.log(1 - share)
    log_chars[2, _column(grammar, "1")] = -0.01
    log_blank, other = np.array((-12, -0.01, -12), np.float32), np.full(3, -12, np.float32)
    found = decode(Line(log_chars, other, log_blank, "A1", -0.1), (("white", 1.0),), grammar)
    assert found is not None
    assert found.text == read


def _column(grammar: Grammar, char: str) -> int:
    return next(number for number, (output, _sources) in enumerate(grammar.columns) if output == char)
