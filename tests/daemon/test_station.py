"""The station gives readings their place; nothing is judged there."""

from pathlib import Path

from controller.config_file import load_box_config
from controller.domain.facts import (
    BarrierAnswer,
    BarrierState,
    CardRead,
    DeviceState,
    DoorState,
    PictureTaken,
    PlateRead,
    PlateUnseen,
)
from controller.domain.terms import OrderOutcome, PlateKind, Side, Signal
from controller.ids import IdMaker
from controller.station import Station, picture_request, site_of
from drivers.readings import (
    CardPresented,
    Condition,
    DeviceCondition,
    InputsScanned,
    NoPlateSeen,
    OrderAnswered,
    PictureSaved,
    PlateSeen,
    Slot,
    WriteOutcome,
)
from tests.support.box import SetClock

CLOCK = SetClock()


def station(name: str = "whole-estate") -> Station:
    config = load_box_config(Path(f"config/{name}.yaml"))
    return Station(site_of(config), CLOCK, IdMaker(CLOCK))


def test_a_card_gets_the_lane_and_the_side_of_its_reader() -> None:
    (incoming,) = station().facts(CardPresented(device="shared-out-reader", origin_ns=7, card="26:1:2", raw="01"))
    fact = incoming.fact
    assert isinstance(fact, CardRead)
    assert (fact.lane, fact.side, fact.card, incoming.origin_ns) == ("south-shared", Side.EXIT, "26:1:2", 7)
    assert fact.at == CLOCK.utc_us()


def test_a_reading_of_a_device_that_no_lane_names_is_no_fact() -> None:
    assert station().facts(CardPresented(device="somewhere", origin_ns=7, card="26:1:2", raw="01")) == []


def test_what_is_not_wired_is_absent_and_what_was_not_read_is_unknown_never_off() -> None:
    inputs = (("limit_up", True), ("limit_down", False), ("closing", None))
    (incoming,) = station().facts(InputsScanned(device="exit-board", origin_ns=1, inputs=inputs))
    fact = incoming.fact
    assert isinstance(fact, BarrierState)
    found = (fact.limit_up, fact.limit_down, fact.closing, fact.photocell)
    assert found == (Signal.ON, Signal.OFF, Signal.UNKNOWN, Signal.ABSENT)


def test_inputs_of_a_gate_for_people_are_those_of_a_door() -> None:
    inputs = (("door", True), ("lock_released", False), ("exit_button", None))
    (incoming,) = station().facts(InputsScanned(device="people-board", origin_ns=1, inputs=inputs))
    fact = incoming.fact
    assert isinstance(fact, DoorState)
    assert (fact.door, fact.lock, fact.exit_button, fact.fire) == (Signal.ON, Signal.OFF, Signal.UNKNOWN, Signal.ABSENT)


def test_a_line_that_is_lost_is_told_at_every_lane_it_serves() -> None:
    lost = DeviceCondition(device="barriers", origin_ns=1, condition=Condition.LOST, detail="unplugged")
    facts = [incoming.fact for incoming in station().facts(lost)]
    assert sorted(fact.lane for fact in facts if isinstance(fact, DeviceState)) == [
        "south-out", "south-people", "south-shared",
    ]  # fmt: skip


def test_the_answer_to_an_order_says_how_long_it_took_from_the_reading_that_led_to_it() -> None:
    gate = station()
    gate.remember_origin("o1", 1_000_000)
    answered = OrderAnswered(
        device="exit-board", origin_ns=26_000_000, order_id="o1", order="up", outcome=WriteOutcome.WRITTEN
    )
    (incoming,) = gate.facts(answered)
    assert isinstance(incoming.fact, BarrierAnswer)
    assert incoming.fact.since_origin_us == 25_000
    assert incoming.fact.outcome is OrderOutcome.WRITTEN
    (again,) = gate.facts(answered)
    assert isinstance(again.fact, BarrierAnswer)
    assert again.fact.since_origin_us == 0


def test_a_plate_keeps_raw_text_slots_and_kind_apart() -> None:
    seen = PlateSeen(
        device="exit-camera", origin_ns=1, text="粤B12345", raw="粤B·12345", kind="small", color="blue", margin=700,
        slots=(Slot(char="粤", margin=700, others="湘"), Slot(char="B", margin=900)), frames=2, picture="a" * 64,
        another=True, vehicle_color="silver", vehicle_color_confidence=870,
        box=(4000, 3000, 5000, 3300),
    )  # fmt: skip
    (incoming,) = station().facts(seen)
    fact = incoming.fact
    assert isinstance(fact, PlateRead)
    assert (fact.lane, fact.side, fact.kind, fact.raw) == ("south-out", Side.EXIT, PlateKind.SMALL, "粤B·12345")
    assert [(slot.char, slot.margin, slot.others) for slot in fact.slots] == [("粤", 700, "湘"), ("B", 900, "")]
    assert (fact.margin, fact.frames, fact.picture, fact.another) == (700, 2, "a" * 64, True)
    assert (fact.vehicle_color, fact.vehicle_color_confidence) == ("silver", 870)
    assert fact.box == (4000, 3000, 5000, 3300)


def test_a_vehicle_without_a_plate_to_be_seen_gets_the_place_of_its_camera() -> None:
    seen = NoPlateSeen(device="exit-camera", origin_ns=5, frames=5, picture="c" * 64)
    (incoming,) = station().facts(seen)
    fact = incoming.fact
    assert isinstance(fact, PlateUnseen)
    assert (fact.lane, fact.side, fact.camera, fact.frames) == ("south-out", Side.EXIT, "exit-camera", 5)
    assert (fact.picture, incoming.origin_ns) == ("c" * 64, 5)


def test_a_picture_finds_its_passage_by_what_it_was_asked_for() -> None:
    request = picture_request("passage-1", "arrival")
    saved = PictureSaved(device="exit-camera", origin_ns=1, request=request, sha256="b" * 64, width=1280, height=720)
    (incoming,) = station().facts(saved)
    assert isinstance(incoming.fact, PictureTaken)
    assert (incoming.fact.passage, incoming.fact.role) == ("passage-1", "arrival")
