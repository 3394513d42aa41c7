"""Gates for people on foot (R26): reader, lock, door contact, exit button; forced, held open; fire (S2, S8)."""

from typing import Any

import pytest

from controller.domain.effects import ReleaseLock
from controller.domain.facts import BarrierAnswer, PersonalText
from controller.domain.known import WatchEntry
from controller.domain.rules import LaneRules
from controller.domain.terms import (
    AntiPassback,
    BarrierOrder,
    LaneDirection,
    Order,
    OrderOutcome,
    RightState,
    Role,
    Side,
)
from tests.domain.world import OFF, ON, UNKNOWN, World, foot_lane, orders, types


def gate(**fields: Any) -> World:
    world = World(foot_lane(**fields), LaneRules(id="n", name="n"))
    world.registry.add_card("26:1:2")
    world.registry.add_card("26:1:3", group="g3")
    world.start()
    world.door()
    return world


def swipe(world: World, card: str = "26:1:2", side: Side = Side.ENTRY) -> list[str]:
    return orders(world.card(card, side, lane="gate"))


def released_for(world: World) -> int:
    """For how long the last fact released the lock; 0 for good."""
    (found,) = [effect.for_ms for effect in world.effects if isinstance(effect, ReleaseLock)]
    return found


def stand_released(world: World, mode: str) -> None:
    if mode == "fire":
        world.door(fire=ON)
    else:
        world.guard(Order.HOLD_OPEN, role=Role.LEADER, lane="gate")


@pytest.fixture
def world() -> World:
    return gate()


def test_r26_a_good_card_releases_the_lock_and_the_passage_ends_with_the_door_closed(world: World) -> None:
    assert swipe(world) == ["unlock"]
    world.door(door=ON)
    assert "PassageCompleted" not in world.types()
    assert "PassageCompleted" in types(world.door(door=OFF))
    assert world.lane("gate").timers == {}
    assert world.alarms("gate") == []


def test_r13_a_lost_card_releases_nothing(world: World) -> None:
    world.registry.add_card("26:1:2", state=RightState.LOST)
    assert swipe(world) == []
    assert "PassageTurnedAway" in world.types()


def test_an_unknown_card_releases_nothing(world: World) -> None:
    assert swipe(world, "26:0:0") == []
    assert world.last("AccessDenied")["reason"] == "unknown_card"


def test_a_release_that_nobody_uses_times_out(world: World) -> None:
    swipe(world)
    world.wait(5_100)
    assert "PassageTimedOut" in world.types()
    world.door(door=ON)
    assert "door_forced" in world.alarms("gate")


def test_a_refused_card_leaves_the_release_of_the_one_at_the_door_as_it_is(world: World) -> None:
    swipe(world)
    assert swipe(world, "26:0:0") == []
    assert world.lane("gate").door.released
    world.wait(5_100)
    assert "PassageTimedOut" in world.types()
    assert swipe(world, "26:1:3") == ["unlock"]
    world.wait(5_100)
    world.door(door=ON)
    assert "door_forced" in world.alarms("gate")


def test_who_is_referred_behind_another_is_waited_for_all_his_time_and_no_longer(world: World) -> None:
    swipe(world)
    world.door(door=ON)
    world.registry.watch["26:1:3"] = WatchEntry(id="w1", value="26:1:3", reason="lost and found")
    assert swipe(world, "26:1:3") == []
    world.door(door=OFF)
    assert world.phase("gate") == "referred"
    world.wait(110_000)
    assert world.phase("gate") == "referred"
    world.wait(15_000)
    assert "PassageAbandoned" in world.types()
    assert world.lane("gate").timers == {}


def test_r26_the_exit_button_releases_at_once_also_while_the_door_is_another_s(world: World) -> None:
    swipe(world)
    assert orders(world.door(exit_button=ON)) == ["unlock"], "the release of another is nearly over"
    assert [e.passage for e in world.log if e.type == "BarrierOrdered"][-1] == world.lane("gate").waiting[0].id
    world.door(door=ON, exit_button=OFF)
    assert orders(world.door(exit_button=ON)) == ["unlock"], "the door's contact may be stuck"
    world.door(door=OFF, exit_button=OFF)
    world.wait(11_000)
    assert world.phase("gate") == ""
    assert world.lane("gate").timers == {}


def test_r26_an_exit_button_pressed_again_and_again_is_one_passage(world: World) -> None:
    swipe(world)
    world.door(door=ON)
    for _ in range(5):
        assert orders(world.door(exit_button=ON)) == ["unlock"], "each press releases at once"
        world.door(exit_button=OFF)
    assert len(world.lane("gate").waiting) == 1
    assert orders(world.door(door=OFF)) == ["unlock"]
    assert orders(world.door(exit_button=ON)) == ["unlock"], "the release is nearly over"
    world.door(door=ON, exit_button=OFF)
    assert orders(world.door(door=OFF)) == []
    assert world.phase("gate") == ""


def test_r26_s2_a_door_opened_without_a_release_is_an_alarm_at_once(world: World) -> None:
    world.door(door=ON)
    assert "door_forced" in world.alarms("gate")
    assert "PassageForced" in types(world.door(door=OFF))
    assert world.alarms("gate") == []


def test_r26_s2_a_door_held_open_is_an_alarm_until_it_is_closed(world: World) -> None:
    swipe(world)
    world.door(door=ON)
    world.wait(30_100)
    assert "held_open" in world.alarms("gate")
    world.door(door=OFF)
    assert world.alarms("gate") == []


def test_the_exit_button_releases_and_is_on_record(world: World) -> None:
    assert orders(world.door(exit_button=ON)) == ["unlock"]
    assert world.last("ManualOpening")["reason"] == "exit_button"
    assert orders(world.door(exit_button=OFF)) == []
    world.door(door=ON)
    world.door(door=OFF)
    assert world.last("PassageCompleted")["side"] == "exit"


def test_a_door_found_open_at_the_start_is_not_forced() -> None:
    world = World(foot_lane())
    world.start()
    world.door(door=ON)
    assert world.alarms("gate") == []


def test_a_second_person_waits_for_the_door_to_close(world: World) -> None:
    swipe(world)
    world.door(door=ON)
    assert swipe(world, "26:1:3") == []
    assert orders(world.door(door=OFF)) == ["unlock"]
    assert world.types().count("AccessGranted") == 2


def test_s8_fire_releases_the_gate_until_a_person_resets_it(world: World) -> None:
    assert sorted(orders(world.door(fire=ON))) == ["unlock", "up"], "the gate and the lane beside it"
    world.door(door=ON)
    assert "door_forced" not in world.alarms("gate")
    world.door(door=OFF, fire=OFF)
    reset = world.guard(Order.RESET_FIRE, role=Role.LEADER, lane="gate")
    assert orders(reset) == ["lock"]


def test_s8_a_gate_that_comes_back_during_a_fire_is_released_again(world: World) -> None:
    world.door(fire=ON)
    world.start()
    assert orders(world.door(fire=ON)) == ["unlock"]
    assert orders(world.door(fire=ON, door=ON)) == []


def test_s8_a_gate_is_released_again_after_a_restart_though_the_signal_is_another_board_s(world: World) -> None:
    world.scan("n", fire=ON)
    world.start()
    assert orders(world.door()) == ["unlock"]
    assert released_for(world) == 0
    assert orders(world.door(door=ON)) == []
    assert orders(world.door(door=UNKNOWN, fire=UNKNOWN)) == []
    assert orders(world.door(door=OFF, fire=OFF)) == ["unlock"], "the board was away"


@pytest.mark.parametrize("mode", ["fire", "held_open"])
def test_s8_who_is_let_through_a_gate_that_stands_released_does_not_have_it_locked_behind_him(
    world: World, mode: str
) -> None:
    stand_released(world, mode)
    world.start()
    world.door()
    assert world.lane("gate").mode.value == mode
    swipe(world)
    assert released_for(world) == 0
    world.wait(5_100)
    world.door(exit_button=ON)
    assert released_for(world) == 0


def test_nothing_is_released_because_the_box_came_back_to_a_gate_that_is_held_open(world: World) -> None:
    world.guard(Order.HOLD_OPEN, role=Role.LEADER, lane="gate")
    world.start()
    assert orders(world.door()) == []


def answer(world: World, outcome: OrderOutcome) -> list[str]:
    """What becomes of the last order to the lock."""
    door = world.lane("gate").door
    order = BarrierOrder.UNLOCK if door.released else BarrierOrder.LOCK
    fact = BarrierAnswer(**world.stamp(), lane="gate", order_id=door.order_id, order=order, outcome=outcome)
    return orders(world.give(fact))


def unlocked(world: World) -> int:
    return [event.body["order"] for event in world.log if event.type == "BarrierOrdered"].count("unlock")


@pytest.mark.parametrize("mode", ["fire", "held_open"])
@pytest.mark.parametrize("outcome", [OrderOutcome.UNKNOWN, OrderOutcome.REFUSED])
def test_s8_a_lost_release_of_a_gate_that_is_to_stand_released_is_an_alarm_and_repeated_a_few_times(
    world: World, mode: str, outcome: OrderOutcome
) -> None:
    stand_released(world, mode)
    for times in (1, 2, 3, 4):
        assert unlocked(world) == times
        assert answer(world, outcome) == [], "not by the answer alone"
        assert "stuck_lock" in world.alarms("gate")
        world.wait(2_100)
    assert unlocked(world) == 4
    swipe(world)
    assert released_for(world) == 5_000, "a lock with only its board's pulse lets people through all the same"
    world.wait(5_100)
    world.door(fire=OFF)
    world.guard(Order.RESET_FIRE if mode == "fire" else Order.RELEASE, role=Role.LEADER, lane="gate")
    answer(world, OrderOutcome.WRITTEN)
    assert "stuck_lock" not in world.alarms("gate")


def test_s8_a_release_that_is_carried_out_at_last_ends_its_alarm(world: World) -> None:
    stand_released(world, "fire")
    answer(world, OrderOutcome.REFUSED)
    world.wait(2_100)
    answer(world, OrderOutcome.WRITTEN)
    assert "stuck_lock" not in world.alarms("gate")
    world.wait(60_000)
    assert unlocked(world) == 2


@pytest.mark.parametrize("mode", ["fire", "held_open"])
def test_a_lost_release_is_not_repeated_when_the_gate_is_locked_again_or_the_box_came_back(
    world: World, mode: str
) -> None:
    stand_released(world, mode)
    answer(world, OrderOutcome.REFUSED)
    world.start()
    world.wait(60_000)
    assert unlocked(world) == 1
    world.door(fire=OFF)
    assert unlocked(world) == (2 if mode == "fire" else 1), "a fire releases it again, as soon as the gate is seen"
    answer(world, OrderOutcome.REFUSED)
    world.guard(Order.RESET_FIRE if mode == "fire" else Order.RELEASE, role=Role.LEADER, lane="gate")
    before = unlocked(world)
    world.wait(60_000)
    assert unlocked(world) == before


def test_a_release_for_one_person_that_was_lost_is_an_alarm_and_no_repeat(world: World) -> None:
    swipe(world)
    answer(world, OrderOutcome.UNKNOWN)
    assert "stuck_lock" in world.alarms("gate")
    world.wait(60_000)
    assert unlocked(world) == 1
    assert swipe(world) == ["unlock"]
    answer(world, OrderOutcome.WRITTEN)
    assert "stuck_lock" not in world.alarms("gate")


def test_s8_fire_at_a_vehicle_lane_releases_the_gate_too(world: World) -> None:
    world.scan("n")
    assert sorted(orders(world.scan("n", fire=ON))) == ["unlock", "up"]


def test_anti_passback_refuses_a_card_whose_holder_is_inside() -> None:
    world = gate(antipassback=AntiPassback.HARD, direction=LaneDirection.BOTH)
    swipe(world)
    world.door(door=ON)
    world.door(door=OFF)
    assert world.last("StayOpened")["group"] == "person:26:1:2"
    assert swipe(world) == []
    assert world.last("AccessDenied")["reason"] == "already_inside"
    assert swipe(world, side=Side.EXIT) == ["unlock"]
    world.door(door=ON)
    world.door(door=OFF)
    assert swipe(world) == ["unlock"]


def test_a_card_presented_twice_while_the_door_is_another_s_lets_one_person_through() -> None:
    world = gate(antipassback=AntiPassback.HARD)
    swipe(world, "26:1:3")
    assert swipe(world) == swipe(world) == []
    world.door(door=ON)
    assert orders(world.door(door=OFF)) == ["unlock"]
    world.door(door=ON)
    assert orders(world.door(door=OFF)) == []
    assert world.phase("gate") == ""


def test_r13_a_card_reported_lost_while_its_holder_waits_for_the_door_releases_nothing(world: World) -> None:
    swipe(world, "26:1:3")
    swipe(world)
    world.registry.add_card("26:1:2", state=RightState.LOST)
    swipe(world)
    world.door(door=ON)
    assert orders(world.door(door=OFF)) == []
    assert "PassageTurnedAway" in world.types()


def test_who_is_inside_with_the_car_may_still_walk_in() -> None:
    world = gate(antipassback=AntiPassback.HARD)
    world.registry.add_vehicle("粤B12345")
    world.registry.add_card("26:1:2", "粤B12345")
    world.scan("n")
    world.scan("n", arming=ON)
    world.card("26:1:2", lane="n")
    world.arm_up("n")
    world.drive_through("n")
    assert swipe(world) == ["unlock"]


def test_a_guard_and_the_centre_release_the_gate_with_their_names(world: World) -> None:
    assert orders(world.guard(Order.OPEN, lane="gate")) == ["unlock"]
    world.door(door=ON)
    world.door(door=OFF)
    assert orders(world.centre("open", lane="gate")) == ["unlock"]
    assert "OrderDone" not in world.types()
    world.door(lock=ON)
    assert "OrderDone" in world.types()
    assert [e.actor for e in world.log if e.type == "ManualOpening"] == ["user:wang", "centre:office"]


def test_a_locked_gate_denies_and_a_held_one_stays_released(world: World) -> None:
    world.guard(Order.LOCK, lane="gate")
    assert swipe(world) == []
    world.guard(Order.UNLOCK, lane="gate")
    world.guard(Order.HOLD_OPEN, role=Role.LEADER, lane="gate")
    assert world.lane("gate").door.released
    world.door(door=ON)
    assert world.alarms("gate") == []
    world.door(door=OFF)
    assert orders(world.guard(Order.RELEASE, role=Role.LEADER, lane="gate")) == ["lock"]


def test_an_order_that_a_gate_does_not_know_is_refused(world: World) -> None:
    world.guard(Order.STAFF, lane="gate")
    assert world.last("OrderRefused")["reason"] == "unknown_order"


def test_nothing_is_released_because_the_box_came_back(world: World) -> None:
    swipe(world)
    world.timers.clear()
    assert orders(world.start()) == []
    assert orders(world.door()) == []
    world.wait(5_100)
    assert "PassageTimedOut" in world.types()


def test_an_unknown_door_is_neither_open_nor_closed(world: World) -> None:
    swipe(world)
    world.door(door=ON)
    assert "PassageCompleted" not in types(world.door(door=UNKNOWN))
    assert "PassageCompleted" in types(world.door(door=OFF))


WRITTEN = PersonalText(digest="d" * 64, clear="flood", salt="s")


@pytest.mark.parametrize(
    ("order", "before", "where"),
    [
        (Order.OPEN, "", "ManualOpening"),
        (Order.HOLD_OPEN, "", "ManualOpening"),
        (Order.LOCK, "", "LaneModeChanged"),
        (Order.RELEASE, "held_open", "LaneModeChanged"),
    ],
)
def test_r12_who_agreed_and_what_was_written_is_on_record_at_a_gate_for_people_too(
    world: World, order: Order, before: str, where: str
) -> None:
    if before:
        stand_released(world, before)
    given = world.guard(order, role=Role.SUPERVISOR, lane="gate", passage="", approver="主任", remark=WRITTEN)
    assert world.last(where)["approver"] == "主任"
    assert [event.type.value for event in given.events if event.body.get("remark") == "d" * 64] == [where]


def test_what_was_written_to_a_refusal_is_on_record_at_a_gate_for_people_too(world: World) -> None:
    assert swipe(world) == ["unlock"]
    world.guard(Order.REFUSE, lane="gate", reason="other", remark=WRITTEN)
    assert world.last("AccessDenied")["remark"] == "d" * 64
