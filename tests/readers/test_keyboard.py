"""USB keyboard-wedge readers: records, keys, numbers, and the real driver on a pty and on a FIFO."""

import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.reader.cards import Card, card_of
from drivers.reader.decoding import Misread
from drivers.reader.keyboard_decoder import EVENT, MOST_KEYS, KeyboardDecoder, KeyboardFormat
from drivers.reader.keyboard_line import KeyboardLine, KeyboardLineSettings
from drivers.readings import Condition
from simulator.wire.keyboard import EVENT_BAUD, KeyboardReader, key_records
from simulator.wire.port import PtyPort
from tests.readers.collected import Collected

FORMATS: list[KeyboardFormat] = list(get_args(KeyboardFormat))
ENTER = 28


def strokes(*codes: int) -> bytes:
    return b"".join(key_records(code, 1_700_000_000_123_456_000) for code in codes)


DIGITS = {str(digit): (digit + 9) % 10 + 2 for digit in range(10)}
TYPED_CARD = strokes(*(DIGITS[digit] for digit in "0008106606"), ENTER)  # 123 * 65536 + 45678


@pytest.fixture
def port(tmp_path: Path) -> Iterator[PtyPort]:
    port = PtyPort(tmp_path / "event0", EVENT_BAUD)
    port.start()
    yield port
    port.stop()


def run_line(path: Path, told: Collected, number_format: KeyboardFormat = "decimal10", bits: int = 26) -> KeyboardLine:
    line = KeyboardLine(KeyboardLineSettings(id="k", device=path, reader="foot", format=number_format, bits=bits), told)
    line.start()
    told.wait_condition("foot", Condition.ONLINE)
    return line


def test_a_record_is_24_bytes_as_linux_gives_it_on_64_bit_machines() -> None:
    assert EVENT.size == 24 == struct.calcsize("llHHi")


def test_a_typed_number_is_the_card_whole_or_a_byte_at_a_time() -> None:
    whole = KeyboardDecoder("decimal10", 26).feed(TYPED_CARD, 0)
    decoder = KeyboardDecoder("decimal10", 26)
    piecewise = [card for byte in TYPED_CARD for card in decoder.feed(bytes([byte]), 0)]
    assert whole == piecewise == [card_of(26, 123, 45678)]


def test_held_keys_and_releases_type_nothing() -> None:
    repeat = EVENT.pack(0, 0, 1, DIGITS["7"], 2)
    release = EVENT.pack(0, 0, 1, DIGITS["7"], 0)
    sync = EVENT.pack(0, 0, 0, 0, 0)
    records = TYPED_CARD[:-144] + repeat + release + sync + TYPED_CARD[-144:]
    assert KeyboardDecoder("decimal10", 26).feed(records, 0) == [card_of(26, 123, 45678)]


def test_a_pause_between_keys_drops_the_half_number_and_the_next_card_is_read() -> None:
    decoder = KeyboardDecoder("decimal10", 26)
    assert decoder.feed(strokes(DIGITS["9"], DIGITS["9"]), 0) == []
    after = decoder.feed(TYPED_CARD, 600_000_000)
    assert isinstance(after[0], Misread)
    assert after[1:] == [card_of(26, 123, 45678)]


@pytest.mark.parametrize(
    ("number_format", "keys", "why"),
    [
        ("decimal10", "16777216", "does not fit"),
        ("decimal10", "123456789012", "decimal number"),
        ("facility_number", "12345678", "facility,number"),
        ("facility_number", "256,1", "does not fit"),
        ("hex", "FFFFFFF", "does not fit"),
    ],
)
def test_a_number_that_is_no_card_says_why_and_is_not_told(number_format: KeyboardFormat, keys: str, why: str) -> None:
    codes = {**DIGITS, ",": 51, "F": 33}
    (misread,) = KeyboardDecoder(number_format, 26).feed(strokes(*(codes[key] for key in keys), ENTER), 0)
    assert isinstance(misread, Misread)
    assert why in misread.reason
    assert keys not in misread.reason or "does not fit" in misread.reason


def test_too_many_keys_are_dropped_up_to_the_next_enter() -> None:
    decoder = KeyboardDecoder("decimal10", 26)
    (misread,) = decoder.feed(strokes(*[DIGITS["1"]] * (MOST_KEYS + 5), ENTER), 0)
    assert isinstance(misread, Misread)
    assert decoder.feed(TYPED_CARD, 0) == [card_of(26, 123, 45678)]


@given(st.lists(st.tuples(st.binary(max_size=200), st.integers(0, 10**9)), max_size=20), st.sampled_from(FORMATS))
def test_garbage_gives_only_cards_or_misreads_and_never_grows(
    pieces: list[tuple[bytes, int]], number_format: KeyboardFormat
) -> None:
    decoder = KeyboardDecoder(number_format, 34)
    now_ns = 0
    for data, after_ns in pieces:
        now_ns += after_ns
        for decoded in decoder.feed(data, now_ns):
            assert isinstance(decoded, Card | Misread)
        assert len(decoder._records) < EVENT.size
        assert len(decoder._typed) <= MOST_KEYS
    now_ns += 10**9  # after a silence the next record begins a new one, whatever came before
    decoder.feed(b"", now_ns)
    typed = {"decimal10": "0008106606", "hex": "7BB26E", "facility_number": "123,45678"}[number_format]
    codes = {**DIGITS, ",": 51, "B": 48, "E": 18}
    assert decoder.feed(strokes(*(codes[key] for key in typed), ENTER), now_ns)[-1:] == [card_of(34, 123, 45678)]


@pytest.mark.parametrize("number_format", FORMATS)
@pytest.mark.parametrize("text", ["26:123:45678", "34:65535:65535", "37:65535:524287", "26:0:1"])
def test_every_number_format_gives_the_card_that_was_swiped(
    number_format: KeyboardFormat, text: str, port: PtyPort
) -> None:
    told = Collected()
    line = run_line(port.link, told, number_format, int(text[:2]))
    try:
        KeyboardReader(port, number_format).present(text)
        assert told.wait_cards(1) == [text]
    finally:
        line.stop()


def test_an_unplugged_reader_is_lost_and_reads_again_when_it_is_back(port: PtyPort) -> None:
    told = Collected()
    line = run_line(port.link, told)
    try:
        reader = KeyboardReader(port)
        reader.type_keys("00081", enter=False)
        time.sleep(0.1)
        port.cut()
        told.wait_condition("foot", Condition.LOST)
        port.restore()
        told.wait_condition("foot", Condition.ONLINE)
        reader.present("26:123:45678")
        assert told.wait_cards(1) == ["26:123:45678"]
    finally:
        line.stop()


def test_a_fifo_may_stand_for_the_device_and_outlives_its_writers(tmp_path: Path) -> None:
    fifo = tmp_path / "event1"
    os.mkfifo(fifo)
    told = Collected()
    line = run_line(fifo, told)
    try:
        for _ in range(2):
            fd = os.open(fifo, os.O_WRONLY)
            os.write(fd, TYPED_CARD)
            os.close(fd)
        assert told.wait_cards(1) == ["26:123:45678"]
        time.sleep(0.1)
        assert told.cards == ["26:123:45678"]  # twice at once is one presentation
        assert told.wait_condition("foot", Condition.ONLINE)
    finally:
        line.stop()


def test_a_regular_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "event2").write_bytes(TYPED_CARD)
    told = Collected()
    line = KeyboardLine(KeyboardLineSettings(id="k", device=tmp_path / "event2", reader="foot"), told)
    line.start()
    try:
        assert "regular file" in told.wait_condition("foot", Condition.LOST).detail
    finally:
        line.stop()
