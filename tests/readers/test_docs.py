"""What docs/wiring-readers.md says of lines, keys and speed is what the drivers do."""

import re
from pathlib import Path

import pytest

from bench.swipe_reader import limits_ms
from drivers.reader.cards import FORMATS, card
from drivers.reader.keyboard_decoder import READERS as TYPED
from drivers.reader.wiegand_decoder import READERS as LINES

PAGE = (Path(__file__).parents[2] / "docs" / "wiring-readers.md").read_text("utf-8")


def documented(name: str) -> str:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
    return row.split("|")[-2].strip().strip("`")


@pytest.mark.parametrize("line_format", LINES)
def test_each_documented_line_of_a_converter_is_the_documented_card(line_format: str) -> None:
    assert LINES[line_format](documented(line_format).encode()).text == "26:123:45678"


@pytest.mark.parametrize("number_format", TYPED)
def test_each_documented_typed_number_is_the_documented_card(number_format: str) -> None:
    assert TYPED[number_format](documented(number_format), 26).text == "26:123:45678"


def test_the_documented_formats_are_those_of_the_code() -> None:
    rows = re.findall(r"\| (H\d+) \| (\d+) \| bits (\d+)–(\d+) \| bits (\d+)–(\d+) \|", PAGE)
    assert {
        (form.name, form.bits, form.facility[0], form.facility[1] - 1, form.number[0], form.number[1] - 1)
        for form in FORMATS.values()
    } == {(name, *(int(figure) for figure in figures)) for name, *figures in rows}


def test_a_card_of_an_unknown_length_is_written_as_documented() -> None:
    assert card(f"{0xDEADBEEF:032b}").text == "32:0:3735928559"
    assert "32:0:3735928559" in PAGE


@pytest.mark.parametrize("baud", [9600, 38400])
def test_the_documented_speed_is_what_poll_interval_and_frame_times_set(baud: int) -> None:
    limits = limits_ms(baud)
    row = f"| {baud} baud | {limits['best']:.0f} ms | {limits['mean']:.0f} ms | {limits['worst']:.0f} ms |"
    assert row in PAGE
