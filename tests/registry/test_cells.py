from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.registry import cells
from controller.registry.cells import CellFault, Locale
from controller.registry.sheets import guarded, unguarded

HERE = Locale()


def us(*parts: int) -> int:
    moment = datetime(*parts, tzinfo=HERE.zone)  # type: ignore[arg-type,misc]
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    "written",
    [
        "2026-12-31",
        "2026/12/31",
        "2026.12.31",
        "20261231",
        "31.12.2026",
        "2026年12月31日",
        " 2026-12-31 ",
        "２０２６－１２－３１",
        "46387",
        datetime(2026, 12, 31),
        date(2026, 12, 31),
    ],
)
def test_a_date_in_every_usual_form_is_the_same_day(written: cells.Cell) -> None:
    assert cells.read_start(written, HERE) == us(2026, 12, 31)
    assert cells.read_end(written, HERE) == us(2027, 1, 1) - 1


@pytest.mark.parametrize(
    "written",
    [
        "2026-12-31 18:30",
        "2026-12-31T18:30:00+08:00",
        "2026-12-31 10:30Z",
        "31.12.2026 18:30",
        datetime(2026, 12, 31, 18, 30),
    ],
)
def test_a_time_of_day_is_taken_as_it_is_written(written: cells.Cell) -> None:
    assert cells.read_start(written, HERE) == cells.read_end(written, HERE) == us(2026, 12, 31, 18, 30)


@pytest.mark.parametrize(
    "written", ["soon", "2026-13-01", "2026-02-30", "12/31/2026", "2026-12-31 25:00", "1", "9" * 30]
)
def test_what_is_no_date_says_what_was_expected(written: str) -> None:
    with pytest.raises(CellFault, match="a date as 2026-12-31"):
        cells.read_start(written, HERE)


@given(st.integers(min_value=us(1971, 1, 1), max_value=us(2200, 1, 1)))
def test_a_moment_shown_reads_back_as_itself(moment: int) -> None:
    assert cells.read_start(cells.show_start(moment, HERE), HERE) == moment
    assert cells.read_end(cells.show_end(moment, HERE), HERE) == moment


@pytest.mark.parametrize(
    ("written", "mask"),
    [
        ("Mon-Fri", 31),
        ("周一至周五", 31),
        ("1-5", 31),
        ("Sat,Sun", 96),
        ("星期六、星期日", 96),
        ("周日", 64),
        ("Fri-Mon", 113),
        ("monday", 1),
        ("none", 0),
    ],
)
def test_days_are_read_in_both_languages(written: str, mask: int) -> None:
    assert cells.read_days(written) == mask


@given(st.integers(min_value=0, max_value=126))
def test_days_shown_read_back_as_themselves(mask: int) -> None:
    assert cells.read_days(cells.show_days(mask)) == mask


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("7:00-19:00", "07:00-19:00"),
        ("07：00～19：00", "07:00-19:00"),
        ("7:00 - 9:00; 22:00至6:00", "07:00-09:00,22:00-06:00"),
    ],
)
def test_hours_are_read_as_people_write_them(written: str, hours: str) -> None:
    assert cells.read_hours(written) == hours


@pytest.mark.parametrize(
    ("written", "cards"),
    [
        ("26:123:45678", ("26:123:45678",)),
        ("26-0123-045678；34:1:2", ("26:123:45678", "34:1:2")),
        ("26:0:0", ("26:0:0",)),
    ],
)
def test_cards_come_to_one_canonical_text(written: str, cards: tuple[str, ...]) -> None:
    assert cells.read_cards(written) == cards


@given(st.text(max_size=40) | st.datetimes() | st.dates())
def test_any_cell_gives_a_value_or_a_fault_and_nothing_else(cell: cells.Cell) -> None:
    readers = (cells.read_plates, cells.read_start, cells.read_end)
    plain = (
        cells.read_text,
        cells.read_id,
        cells.read_cards,
        cells.read_number,
        cells.read_hours,
        cells.read_list,
        cells.read_days,
    )
    for each in (*(lambda c, r=r: r(c, HERE) for r in readers), *plain):
        try:
            each(cell)
        except CellFault as fault:
            assert str(fault)


@given(st.text())
def test_a_guarded_text_is_no_formula_and_comes_back_as_it_was(text: str) -> None:
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))
    assert unguarded(guarded(text)) == text
