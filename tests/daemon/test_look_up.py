"""What is known of a fact: asked of registry and log, and an alarm where one of them cannot answer."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.domain.facts import CardRead, ClockState
from controller.domain.terms import Side
from tests.support.box import KNOWN_CARD, WirelessBox


@pytest.fixture
def box(tmp_path: Path) -> Iterator[WirelessBox]:
    running = WirelessBox(tmp_path)
    running.start()
    yield running
    running.close()


def card(box: WirelessBox) -> CardRead:
    return CardRead(
        id=box.new_id(), at=box.clock.utc_us(), lane="in", reader="reader", side=Side.ENTRY, card=KNOWN_CARD
    )


def test_a_known_card_comes_with_its_vehicle_its_right_and_the_age_of_the_list(box: WirelessBox) -> None:
    known = box.look_up.known_for(box.loop.state, card(box), box.rules)
    assert known.card is not None
    assert [vehicle.plate for vehicle in known.card_vehicles] == ["粤B12345"]
    assert known.registry.version == 1
    assert known.clock_trusted


def test_a_registry_that_cannot_be_read_is_an_alarm_told_once_and_taken_back(box: WirelessBox, mocker: Any) -> None:
    broken = mocker.patch.object(box.registry, "look_up", side_effect=sqlite3.OperationalError("disk I/O error"))
    for _ in range(3):
        known = box.look_up.known_for(box.loop.state, card(box), box.rules)
        assert known.card is None
    broken.side_effect = None
    mocker.stopall()
    assert box.look_up.known_for(box.loop.state, card(box), box.rules).card is not None
    assert box.alarms == [("registry_unreadable", True), ("registry_unreadable", False)]


def test_what_is_known_of_the_clock_goes_into_every_decision(box: WirelessBox) -> None:
    doubt = ClockState(id=box.new_id(), at=box.clock.utc_us(), trusted=False)
    assert not box.look_up.known_for(box.loop.state, doubt, box.rules).clock_trusted
    assert not box.look_up.known_for(box.loop.state, card(box), box.rules).clock_trusted
