"""Serial Wiegand converters: the three line formats, bad lines, and the real driver on a pty."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.reader.cards import Card, card_of
from drivers.reader.decoding import Misread
from drivers.reader.wiegand_decoder import LONGEST_LINE, WiegandDecoder, WiegandFormat
from drivers.reader.wiegand_line import WiegandLine, WiegandLineSettings
from drivers.readings import CardPresented, Condition
from simulator.wire.cards import card_bits
from simulator.wire.port import PtyPort
from simulator.wire.wiegand_sender import WiegandSender
from tests.readers.collected import Collected

FORMATS: list[WiegandFormat] = list(get_args(WiegandFormat))
SAME_CARD = {
    "hex_line": b"26:2F764DD\r\n",
    "binary_line": b"10111101110110010011011101\r\n",
    "decimal_line": b"123,45678\r\n",
}


@pytest.fixture
def port(tmp_path: Path) -> Iterator[PtyPort]:
    port = PtyPort(tmp_path / "ttyW0", 9600)
    port.start()
    yield port
    port.stop()


def run_line(port: PtyPort, line_format: WiegandFormat, told: Collected) -> WiegandLine:
    settings = WiegandLineSettings(id="w", device=port.link, reader="north", format=line_format)
    line = WiegandLine(settings, told)
    line.start()
    told.wait_condition("north", Condition.ONLINE)
    return line


@pytest.mark.parametrize("line_format", FORMATS)
def test_each_format_gives_the_same_card_whole_or_a_byte_at_a_time(line_format: WiegandFormat) -> None:
    whole = WiegandDecoder(line_format).feed(SAME_CARD[line_format], 0)
    decoder = WiegandDecoder(line_format)
    piecewise = [
        card for at, byte in enumerate(SAME_CARD[line_format]) for card in decoder.feed(bytes([byte]), at * 1_041_667)
    ]
    assert whole == piecewise == [card_of(26, 123, 45678)]


@pytest.mark.parametrize("text", ["34:65535:1", "37:65535:524287", "26:0:0", "37:1:65536"])
@pytest.mark.parametrize("line_format", FORMATS)
def test_all_formats_of_the_house_pass_every_line_format(line_format: WiegandFormat, text: str, port: PtyPort) -> None:
    told = Collected()
    line = run_line(port, line_format, told)
    try:
        over_ns = WiegandSender(port, line_format).present(text)
        assert told.wait_cards(1) == [text]
        read = told.of(CardPresented)[0]
        assert read.raw == card_bits(text)
        assert read.device == "north"
        assert read.origin_ns >= over_ns - 5_000_000  # the line's end comes after the card, the last byte counts
    finally:
        line.stop()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"26:2F764DC\n", "odd parity"),
        (b"26:0F764DD\n", "even parity"),
        (b"26:4000000\n", "fits into them"),
        (b"99:1\n", "fits into them"),
        (b"hello\n", "expected bits:hex"),
        (b"26:\n", "expected bits:hex"),
        (b"\xff\xfe\n", "expected bits:hex"),
        (b"4:F\n", "expected 8 to 64 bits"),
    ],
)
def test_a_wrong_line_says_what_was_expected_and_is_never_a_card(line: bytes, why: str) -> None:
    (misread,) = WiegandDecoder("hex_line").feed(line, 0)
    assert isinstance(misread, Misread)
    assert why in misread.reason


def test_a_misread_never_shows_the_number_itself() -> None:
    for line_format in FORMATS:
        for decoded in WiegandDecoder(line_format).feed(b"26:2F764DCx\n26:2F764DC\n123,99999\n", 0):
            assert isinstance(decoded, Misread)
            assert "764D" not in decoded.reason


def test_half_a_line_is_dropped_after_a_silence_and_the_next_card_is_read() -> None:
    decoder = WiegandDecoder("decimal_line")
    assert decoder.feed(b"123,4", 0) == []
    after = decoder.feed(b"123,45678\n", 600_000_000)
    assert isinstance(after[0], Misread)
    assert after[1:] == [card_of(26, 123, 45678)]


@given(st.lists(st.tuples(st.binary(max_size=200), st.integers(0, 10**9)), max_size=20), st.sampled_from(FORMATS))
def test_garbage_gives_only_cards_or_misreads_and_never_grows(
    pieces: list[tuple[bytes, int]], line_format: WiegandFormat
) -> None:
    decoder = WiegandDecoder(line_format)
    now_ns = 0
    for data, after_ns in pieces:
        now_ns += after_ns
        for decoded in decoder.feed(data, now_ns):
            assert isinstance(decoded, Card | Misread)
        assert len(decoder._line) <= LONGEST_LINE
    decoder.feed(b"\n", now_ns)
    assert decoder.feed(SAME_CARD[line_format], now_ns) == [card_of(26, 123, 45678)]


def test_a_flood_of_one_card_is_one_presentation(port: PtyPort) -> None:
    told = Collected()
    line = run_line(port, "hex_line", told)
    try:
        sender = WiegandSender(port)
        for _ in range(20):
            sender.present("26:123:45678")
        sender.present("26:123:1")
        assert told.wait_cards(2) == ["26:123:45678", "26:123:1"]
    finally:
        line.stop()


def test_three_misreads_in_a_row_are_a_fault_and_the_next_good_card_ends_it(port: PtyPort) -> None:
    told = Collected()
    line = run_line(port, "hex_line", told)
    try:
        sender = WiegandSender(port)
        good = card_bits("26:123:45678")
        for _ in range(3):
            sender.send_bits(good[:-1] + "0")
        assert "odd parity" in told.wait_condition("north", Condition.FAULT).detail
        assert told.cards == []
        sender.present("26:123:45678")
        told.wait_condition("north", Condition.ONLINE)
        assert told.wait_cards(1) == ["26:123:45678"]
    finally:
        line.stop()


def test_a_cable_pulled_in_the_middle_of_a_line_loses_that_line_only(port: PtyPort) -> None:
    told = Collected()
    line = run_line(port, "binary_line", told)
    try:
        sender = WiegandSender(port, "binary_line")
        port.inject(b"1011110111")
        port.cut()
        told.wait_condition("north", Condition.LOST)
        port.restore()
        told.wait_condition("north", Condition.ONLINE)
        sender.present("26:1:2")
        assert told.wait_cards(1) == ["26:1:2"]
    finally:
        line.stop()


def test_a_delayed_and_a_spoilt_line_give_the_right_card_or_none(port: PtyPort) -> None:
    told = Collected()
    line = run_line(port, "hex_line", told)
    try:
        sender = WiegandSender(port)
        port.out.delay(50)
        port.out.flip(0.2)
        for number in range(10):
            sender.present(f"26:1:{number}")
        port.out.flip(0)
        port.write(b"\r\n")
        sender.present("34:7:7")
        assert told.wait(lambda _: "34:7:7" in told.cards)
    finally:
        line.stop()


def test_a_missing_converter_is_lost_until_it_is_there(tmp_path: Path) -> None:
    told = Collected()
    settings = WiegandLineSettings(id="w", device=tmp_path / "ttyLate", reader="north")
    line = WiegandLine(settings, told)
    line.start()
    try:
        assert "No such file" in told.wait_condition("north", Condition.LOST).detail
        port = PtyPort(tmp_path / "ttyLate", 9600)
        port.start()
        try:
            told.wait_condition("north", Condition.ONLINE)
        finally:
            port.stop()
    finally:
        line.stop()
