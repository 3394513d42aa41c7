"""R5: a card opens for its own vehicle; for another one it never opens in silence, whichever is seen first."""

import pytest

from controller.domain.facts import DeviceState
from controller.domain.rules import LaneRules
from tests.domain.world import OFF, ON, World, orders, types


@pytest.fixture
def world() -> World:
    """A lane with a reader and a working camera; 粤B12345 has a card, 粤B67890 another."""
    made = World(LaneRules(id="n", name="North", readers=("r",), cameras=("cam",)))
    made.registry.add_vehicle("粤B12345")
    made.registry.add_card("26:1:2", "粤B12345")
    made.registry.add_vehicle("粤B67890", group="g2")
    made.registry.add_card("26:1:3", "粤B67890", group="g2")
    made.start()
    made.give(DeviceState(**made.stamp(), lane="n", device="cam", device_kind="camera", condition="online"))
    made.scan()
    made.scan(arming=ON)
    return made


def test_r5_a_card_waits_a_moment_for_the_camera_and_opens_when_the_plate_agrees(world: World) -> None:
    assert orders(world.card()) == []
    world.wait(600)
    assert orders(world.plate("粤B12345")) == ["up"]


def test_r5_a_borrowed_card_is_referred_when_the_camera_sees_the_other_vehicle_in_that_moment(world: World) -> None:
    world.card()
    world.wait(600)
    decision = world.plate("粤B67890")
    assert orders(decision) == []
    assert "AccessReferred" in types(decision)
    assert "mismatch" in world.alarms()


def test_r5_a_card_opens_by_itself_when_the_camera_says_nothing_and_the_reader_says_how_long_it_took(
    world: World,
) -> None:
    world.card()
    events = world.wait(2_000)
    granted = next(event for event in events if event.type.value == "AccessGranted")
    assert granted.actor == "reader:r"
    assert granted.body["since_card_ms"] == 1_500
    assert "BarrierOrdered" in [event.type.value for event in events]


@pytest.mark.parametrize("condition", ["lost", "frozen", "black", "stale"])
def test_r5_a_card_does_not_wait_for_a_camera_that_is_blind(world: World, condition: str) -> None:
    world.give(DeviceState(**world.stamp(), lane="n", device="cam", device_kind="camera", condition=condition))
    assert orders(world.card()) == ["up"]


def test_r5_a_plate_read_after_opening_leaves_no_stay_on_the_card_s_vehicle(world: World) -> None:
    world.card()
    world.wait(2_000)
    world.plate("粤B67890")
    assert "mismatch" in world.alarms()
    world.arm_up()
    world.drive_through()
    stay = world.last("StayOpened")
    assert (stay["plate"], stay.get("vehicle", ""), stay["temporary"]) == ("粤B67890", "", True)


def test_what_is_read_once_a_vehicle_has_left_the_loop_before_the_arm_is_the_plate_of_the_next_one(
    world: World,
) -> None:
    world.card()
    world.wait(2_000)
    world.arm_up()
    world.scan(closing=ON)
    world.scan(arming=OFF)
    assert types(world.plate("粤B67890")) == ["LaneObserved"], "nobody stands there yet"
    world.scan(leaving=ON)
    world.scan(closing=OFF)
    world.scan(leaving=OFF)
    stay = world.last("StayOpened")
    assert (stay["plate"], stay["vehicle"], stay["card"]) == ("粤B12345", "v-粤B12345", "26:1:2")
    assert "mismatch" not in world.alarms()


def test_until_it_has_left_that_loop_a_vehicle_s_plate_is_still_its_own(world: World) -> None:
    world.card()
    world.wait(2_000)
    world.arm_up()
    world.scan(closing=ON)
    world.plate("粤B12345")
    current = world.lane().current
    assert current is not None
    assert current.plate is not None
    assert current.plate.text == "粤B12345"


def test_a_card_swiped_while_its_own_vehicle_is_under_the_arm_opens_for_nobody_else(world: World) -> None:
    assert orders(world.plate("粤B12345")) == ["up"]
    world.arm_up()
    world.scan(closing=ON)
    world.scan(arming=OFF)
    assert orders(world.card("26:1:2")) == []
    world.scan(arming=ON)
    assert world.lane().waiting == () or world.lane().waiting[0].card == ""
    world.scan(closing=OFF)
    assert world.types().count("AccessGranted") == 1


def test_a_late_frame_of_the_vehicle_ahead_says_nothing_of_the_next_one(world: World) -> None:
    world.plate("粤B12345")
    world.arm_up()
    world.drive_through()
    world.wait(300)
    world.scan(arming=ON)
    decision = world.plate("粤B12345", waited_us=2_000_000)
    assert orders(decision) == []
    current = world.lane().current
    assert current is None or current.plate is None or current.plate.text != "粤B12345"


def test_a_second_letter_that_the_site_does_not_know_warns_and_refuses_nothing() -> None:
    world = World(LaneRules(id="n", name="North", cameras=("cam",)), letters=("粤ABCDE",))
    world.registry.add_vehicle("粤Z12345")
    world.start()
    world.scan()
    world.scan(arming=ON)
    assert orders(world.plate("粤Z12345")) == ["up"]
    assert world.last("AccessGranted")["unknown_letter"] == "粤Z"
