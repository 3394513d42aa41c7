"""Safety of the arm, without exception (design.md; S10, S11; F12, F31)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.arm import arm_of, is_clear
from controller.domain.facts import BarrierAnswer, ClockState, DeviceState, LinkState
from controller.domain.state import Inputs
from controller.domain.terms import Arm, BarrierOrder, Order, OrderOutcome, Role, Signal
from tests.domain.world import ABSENT, OFF, ON, UNKNOWN, World, fire_at_another_lane, orders, types

signals = st.sampled_from(Signal)


@pytest.fixture
def world() -> World:
    """A lane whose arm is up with a car just through, the delay before the fall running."""
    world = World()
    world.registry.add_vehicle()
    world.registry.add_card("26:1:2", "粤B12345")
    world.start()
    world.scan()
    world.scan(arming=ON)
    world.card()
    world.arm_up()
    world.drive_through()
    return world


def answer(world: World, outcome: OrderOutcome) -> None:
    lift = world.lane().lift
    assert lift.order is not None
    world.give(BarrierAnswer(**world.stamp(), lane="n", order_id=lift.order_id, order=lift.order, outcome=outcome))


def stand_open(world: World, why: str) -> None:
    """The arm is ordered up to stay up."""
    if why == "fire":
        world.scan(fire=ON)
    else:
        world.guard(Order.HOLD_OPEN, role=Role.LEADER)


def ordered(world: World) -> list[str]:
    return [e.body["order"] for e in world.log if e.type == "BarrierOrdered"]


@given(closing=signals, photocell=signals)
def test_clear_means_something_is_wired_and_nothing_is_seen_or_unknown(closing: Signal, photocell: Signal) -> None:
    clear = is_clear(Inputs(closing=closing, photocell=photocell))
    assert clear is ({closing, photocell} <= {OFF, ABSENT} and {closing, photocell} != {ABSENT})


@given(up=signals, down=signals, last=st.sampled_from([None, *BarrierOrder]))
def test_where_the_arm_is_follows_from_its_limit_switches_never_from_the_order(
    up: Signal, down: Signal, last: BarrierOrder | None
) -> None:
    arm = arm_of(Inputs(limit_up=up, limit_down=down), last)
    if arm in (Arm.UP, Arm.DOWN):
        assert (up is ON) is (arm is Arm.UP)
        assert (down is ON) is (arm is Arm.DOWN)
    if UNKNOWN in (up, down):
        assert arm is Arm.UNKNOWN


@pytest.mark.parametrize("inputs", [{"closing": ON}, {"photocell": ON}, {"closing": UNKNOWN}, {"photocell": UNKNOWN}])
def test_s10_the_delay_running_out_lowers_nothing_while_something_is_occupied_or_unknown(
    world: World, inputs: dict
) -> None:
    world.scan(**inputs)
    world.wait(25_000)
    assert ordered(world) == ["up"]
    world.scan(closing=OFF, photocell=OFF)
    world.wait(600)
    assert ordered(world)[:2] == ["up", "down"]


def test_the_delay_counts_from_the_last_clear_scan(world: World) -> None:
    world.wait(400)
    world.scan(photocell=ON)
    world.scan(photocell=OFF)
    world.wait(400)
    assert ordered(world) == ["up"]
    world.wait(200)
    assert ordered(world) == ["up", "down"]


def test_s11_something_under_a_falling_arm_sends_it_up_again_and_down_on_the_next_clear_scan(world: World) -> None:
    world.wait(600)
    world.scan(limit_up=OFF)
    reverse = world.scan(photocell=ON)
    assert orders(reverse) == ["up"]
    assert reverse.events[-1].body["because"] == "LaneObserved"
    world.scan(limit_up=ON)
    world.scan(photocell=OFF)
    world.wait(600)
    assert ordered(world) == ["up", "down", "up", "down"]


def test_an_input_that_becomes_unknown_under_a_falling_arm_stops_it(world: World) -> None:
    world.wait(600)
    world.scan(limit_up=OFF)
    assert orders(world.scan(photocell=UNKNOWN)) == ["stop"]


def test_f12_an_arm_that_does_not_come_up_is_an_alarm_and_no_repeat() -> None:
    world = World()
    world.registry.add_vehicle()
    world.registry.add_card("26:1:2", "粤B12345")
    world.start()
    world.scan()
    world.scan(arming=ON)
    world.card()
    world.wait(20_000)
    assert "stuck_arm" in world.alarms()
    assert ordered(world) == ["up"]
    assert orders(world.card()) == ["up"], "a person who asks again is obeyed"
    world.arm_up()
    assert "stuck_arm" not in world.alarms()


def test_f12_an_order_with_an_unknown_outcome_waits_for_the_inputs() -> None:
    world = World()
    world.registry.add_vehicle()
    world.registry.add_card("26:1:2", "粤B12345")
    world.start()
    world.scan()
    world.scan(arming=ON)
    world.card()
    world.scan(**dict.fromkeys(("limit_up", "limit_down", "closing", "photocell"), UNKNOWN))
    answer(world, OrderOutcome.UNKNOWN)
    assert orders(world.card()) == [], "not repeated blindly"
    back = world.scan(limit_up=OFF, limit_down=ON, closing=OFF, photocell=OFF)
    assert orders(back) == ["up"], "the inputs say that it was not carried out"


@pytest.mark.parametrize("why", ["fire", "held_open"])
@pytest.mark.parametrize("outcome", [OrderOutcome.UNKNOWN, OrderOutcome.REFUSED])
def test_s8_an_arm_that_has_to_stay_up_is_ordered_up_again_a_few_times_when_the_order_was_lost(
    why: str, outcome: OrderOutcome
) -> None:
    world = World()
    world.start()
    world.scan()
    stand_open(world, why)
    answer(world, outcome)
    assert ordered(world) == ["up"], "not by the answer alone"
    world.wait(2_100)
    assert ordered(world) == ["up", "up"]
    world.wait(600_000)
    assert ordered(world) == ["up"] * 4
    assert "stuck_arm" in world.alarms()
    world.arm_up()
    assert "stuck_arm" not in world.alarms()


def test_f12_a_lost_order_is_not_repeated_when_the_lane_stands_open_no_longer() -> None:
    world = World()
    world.start()
    world.scan()
    stand_open(world, "held_open")
    world.guard(Order.RELEASE, role=Role.LEADER)
    answer(world, OrderOutcome.REFUSED)
    world.wait(60_000)
    assert ordered(world) == ["up"]


def test_f12_a_lost_order_is_repeated_only_when_a_scan_has_shown_where_the_arm_is() -> None:
    world = World()
    world.start()
    world.scan()
    stand_open(world, "held_open")
    world.scan(limit_up=UNKNOWN, limit_down=UNKNOWN)
    world.wait(60_000)
    assert ordered(world) == ["up"]
    assert orders(world.scan(limit_up=OFF, limit_down=ON)) == ["up"]


def test_f31_a_lost_order_is_not_repeated_because_the_box_came_back_unless_for_a_fire() -> None:
    for why, after in (("held_open", []), ("fire", ["up"])):
        world = World()
        world.start()
        world.scan()
        stand_open(world, why)
        world.start()
        world.wait(60_000)
        assert ordered(world) == ["up"], why
        world.wait(60_000)
        assert orders(world.scan(fire=OFF)) == after, why


def test_s8_the_arm_of_every_lane_stays_up_in_a_fire_whichever_board_has_the_signal() -> None:
    world = fire_at_another_lane()
    assert orders(world.scan("s", limit_up=OFF, limit_down=ON)) == ["up"]


@pytest.mark.parametrize("outcome", [OrderOutcome.UNKNOWN, OrderOutcome.REFUSED])
def test_s11_an_arm_whose_reversal_was_lost_is_ordered_up_again_while_something_is_there(
    world: World, outcome: OrderOutcome
) -> None:
    world.wait(600)
    world.scan(limit_up=OFF)
    world.scan(photocell=ON)
    answer(world, outcome)
    world.wait(2_100)
    assert ordered(world) == ["up", "down", "up", "up"]
    answer(world, outcome)
    world.scan(photocell=OFF)
    world.wait(2_100)
    assert ordered(world) == ["up", "down", "up", "up", "down"]


def test_s11_an_arm_whose_order_down_was_lost_is_reversed_however_late_it_leaves_its_place(world: World) -> None:
    world.wait(600)
    answer(world, OrderOutcome.UNKNOWN)
    world.scan(fault=OFF)
    world.give(LinkState(**world.stamp(), alive=True))
    world.wait(300)
    world.scan(limit_up=OFF)
    assert orders(world.scan(photocell=ON)) == ["up"]


def test_s11_a_guard_who_opens_after_a_lost_order_down_is_not_told_that_the_arm_is_up(world: World) -> None:
    world.wait(600)
    answer(world, OrderOutcome.UNKNOWN)
    world.scan(fault=OFF)
    assert orders(world.scan(button=ON)) == ["up"]


def test_f12_a_lost_order_down_is_given_again_when_the_arm_stays_up(world: World) -> None:
    world.wait(600)
    answer(world, OrderOutcome.UNKNOWN)
    world.wait(1_900)
    assert ordered(world) == ["up", "down"]
    world.wait(700)
    assert ordered(world) == ["up", "down", "down"]
    assert "stuck_arm" not in world.alarms()
    world.scan(limit_up=OFF)
    world.arm_down()
    assert world.alarms() == []


def test_f12_a_down_that_the_driver_refused_is_tried_again_on_a_later_clear_scan(world: World) -> None:
    world.wait(600)
    answer(world, OrderOutcome.REFUSED)
    world.wait(1_000)
    assert ordered(world) == ["up", "down"]
    world.wait(1_500)
    assert ordered(world) == ["up", "down", "down"]


def test_f12_an_arm_that_does_not_come_down_is_tried_a_few_times_and_then_left_to_a_person(world: World) -> None:
    world.wait(120_000)
    assert ordered(world).count("down") == 3
    assert "stuck_arm" in world.alarms()


def test_an_arm_that_stands_up_too_long_with_somebody_under_it_is_held_open(world: World) -> None:
    world.scan(photocell=ON)
    world.wait(31_000)
    assert "held_open" in world.alarms()
    world.scan(photocell=OFF)
    world.wait(600)
    world.arm_down()
    assert world.alarms() == []


def test_f31_nothing_moves_because_the_daemon_a_device_the_clock_or_the_link_came_back(world: World) -> None:
    for fact in (
        DeviceState(**world.stamp(), lane="n", device="b", device_kind="board", condition="lost"),
        DeviceState(**world.stamp(), lane="n", device="b", device_kind="board", condition="online"),
        LinkState(**world.stamp(), alive=True),
        ClockState(**world.stamp(), trusted=False, step_us=-9_000_000),
    ):
        assert orders(world.give(fact)) == []
    assert orders(world.start()) == []
    assert orders(world.scan()) == []


def test_f31_an_arm_that_was_about_to_fall_stays_up_after_a_restart_and_an_alarm_says_so(world: World) -> None:
    world.timers.clear()
    world.start()
    world.scan()
    world.wait(60_000)
    assert ordered(world) == ["up"]
    assert "left_open" in [event.body.get("kind") for event in world.log if event.type.value == "AlarmRaised"]


def test_f31_after_a_restart_in_the_middle_of_a_passage_it_goes_on_where_it_was() -> None:
    world = World()
    world.registry.add_vehicle()
    world.registry.add_card("26:1:2", "粤B12345")
    world.start()
    world.scan()
    world.scan(arming=ON)
    world.card()
    world.arm_up()
    world.scan(closing=ON)
    world.timers.clear()
    assert orders(world.start()) == []
    world.scan()
    world.scan(arming=OFF)
    assert "PassageCompleted" in types(world.scan(closing=OFF))


def test_with_nothing_wired_under_the_arm_it_never_falls_by_itself() -> None:
    world = World()
    world.registry.add_vehicle()
    world.registry.add_card("26:1:2", "粤B12345")
    world.start()
    world.scan(closing=ABSENT, photocell=ABSENT)
    world.scan(arming=ON)
    world.card()
    world.arm_up()
    world.scan(arming=OFF)
    world.wait(120_000)
    assert ordered(world) == ["up"]


def test_both_limit_switches_at_once_are_a_fault_and_no_place(world: World) -> None:
    world.scan(limit_down=ON)
    assert world.lane().arm is Arm.UNKNOWN
    assert "limit_switch" in world.alarms()
