"""The same card gives the same number on all three kinds of reader."""

from pathlib import Path
from typing import Literal

import pytest

from drivers.reader.keyboard_line import KeyboardLine, KeyboardLineSettings
from drivers.reader.wiegand_line import WiegandLine, WiegandLineSettings
from drivers.readings import CardPresented, Condition
from simulator.wire.keyboard import EVENT_BAUD, KeyboardReader
from simulator.wire.port import PtyPort
from simulator.wire.wiegand_sender import WiegandSender
from tests.readers.collected import Collected
from tests.readers.osdp_rig import rig


@pytest.mark.parametrize("text", ["26:255:65535", "34:1234:54321", "37:65535:400000"])
def test_one_card_is_one_number_on_every_reader(tmp_path: Path, text: str) -> None:
    bits: Literal[26, 34, 37] = {"26": 26, "34": 34, "37": 37}[text[:2]]  # type: ignore[assignment]
    told = Collected()
    converter, keyboard = PtyPort(tmp_path / "ttyW", 9600), PtyPort(tmp_path / "event", EVENT_BAUD)
    wiegand = WiegandLine(WiegandLineSettings(id="w", device=converter.link, reader="wiegand"), told)
    typing = KeyboardLine(KeyboardLineSettings(id="k", device=keyboard.link, reader="keyboard", bits=bits), told)
    with rig(tmp_path) as line:
        for part in (converter, keyboard, wiegand, typing):
            part.start()
        try:
            line.online()
            told.wait_condition("wiegand", Condition.ONLINE)
            told.wait_condition("keyboard", Condition.ONLINE)
            line.device.present(text)
            WiegandSender(converter).present(text)
            KeyboardReader(keyboard).present(text)
            line.told.wait_cards(1)
            told.wait_cards(2)
        finally:
            for part in (wiegand, typing, converter, keyboard):
                part.stop()
    read = [(one.card, one.raw) for one in (*line.told.of(CardPresented), *told.of(CardPresented))]
    assert len(read) == 3
    assert {card for card, _ in read} == {text}
    assert len(set(read)) == 1
