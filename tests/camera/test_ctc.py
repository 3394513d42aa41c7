"""Constrained decoding gives what trying every text would give."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.camera.ctc import best_readings, text_log_p
from drivers.camera.grammar import Grammar
from drivers.camera.plate_form import PlateForm

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
    readings = {reading.form: reading for reading in best_readings(log_chars, log_blank, GRAMMAR)}
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
