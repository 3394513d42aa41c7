"""The passage of one vehicle: its way through the table, and every end it can have (R6, R8, R12, R25, T10)."""

import pytest

from controller.domain.rules import LaneRules
from controller.domain.terms import LaneDirection, Order, Side
from tests.domain.world import ABSENT, OFF, ON, UNKNOWN, World, orders, types


@pytest.fixture
def world() -> World:
    world = World()
    world.registry.add_vehicle("粤B12345")
    world.registry.add_card("26:1:2", "粤B12345")
    world.registry.add_vehicle("粤B99999", group="g2")
    world.registry.add_card("26:1:9", "粤B99999", group="g2")
    world.start()
    world.scan()
    return world


def granted(world: World) -> World:
    """A car with a good card before the arm that is up for it."""
    world.scan(arming=ON)
    world.card()
    world.arm_up()
    return world


def test_a_car_with_a_valid_card_passes_and_the_arm_falls_behind_it(world: World) -> None:
    granted(world)
    through = world.drive_through()
    assert "PassageCompleted" in types(through)
    assert orders(through) == []
    world.wait(400)
    assert "down" not in [e.body.get("order") for e in world.log if e.type == "BarrierOrdered"]
    world.wait(200)
    assert [e.body["order"] for e in world.log if e.type == "BarrierOrdered"] == ["up", "down"]
    world.arm_down()
    assert world.lane().current is None
    assert world.lane().timers == {}


def test_every_order_to_the_arm_has_its_reason_recorded_before_it(world: World) -> None:
    granted(world)
    names = world.types()
    assert names.index("AccessGranted") < names.index("BarrierOrdered")
    assert world.last("BarrierOrdered")["because"] == "AccessGranted"


def test_a_motorcycle_between_the_loops_is_not_taken_for_one_that_backed_out(world: World) -> None:
    granted(world)
    world.scan(arming=OFF)
    world.wait(1_500)
    world.scan(closing=ON)
    assert "PassageCompleted" in types(world.scan(closing=OFF))


def test_the_grace_of_a_motorcycle_counts_from_the_arm_being_up(world: World) -> None:
    world.scan(arming=ON)
    world.card()
    world.scan(arming=OFF)
    world.wait(3_000)
    assert world.phase() == "opening"
    world.arm_up()
    world.wait(1_000)
    world.scan(closing=ON)
    assert "PassageCompleted" in types(world.scan(closing=OFF))


def test_a_refused_vehicle_that_leaves_is_turned_away(world: World) -> None:
    world.scan(arming=ON)
    world.card("26:0:0")
    assert world.phase() == "denied"
    world.scan(arming=OFF)
    world.wait(2_100)
    assert world.last("PassageTurnedAway")["reason"] == "unknown_card"
    assert "StayOpened" not in world.types()


def test_t10_a_vehicle_that_backs_out_before_the_arm_is_no_passage_and_opens_no_stay(world: World) -> None:
    granted(world)
    world.scan(arming=OFF)
    world.wait(2_100)
    assert world.phase() == "withdrawn"
    world.wait(600)
    assert world.last("BarrierOrdered")["order"] == "down"
    assert "PassageReversedOut" in types(world.arm_down())
    assert "StayOpened" not in world.types()


def test_t10_a_vehicle_that_was_under_the_arm_and_backs_out_is_no_passage(world: World) -> None:
    granted(world)
    world.scan(closing=ON)
    world.scan(closing=OFF)
    assert world.phase() == "backing"
    world.scan(arming=OFF)
    world.wait(600)
    assert "PassageReversedOut" in types(world.arm_down())
    assert "StayOpened" not in world.types()


def with_leaving_loop() -> World:
    world = World(LaneRules(id="n", name="n", has_leaving_loop=True))
    world.registry.add_vehicle()
    world.registry.add_card("26:1:2", "粤B12345")
    world.start()
    world.scan(leaving=OFF)
    return world


def test_with_a_leaving_loop_a_vehicle_that_backed_and_drives_on_after_all_is_one_passage() -> None:
    world = granted(with_leaving_loop())
    world.scan(closing=ON)
    world.wait(1_000)
    world.scan(closing=OFF)
    assert world.phase() == "backing"
    world.wait(600)
    world.scan(limit_up=OFF)
    assert orders(world.scan(closing=ON)) == ["up"], "the arm was falling"
    world.scan(limit_up=ON)
    world.scan(arming=OFF, leaving=ON)
    assert "PassageCompleted" in types(world.scan(closing=OFF))
    assert world.types().count("VehicleArrived") == 1


def test_without_a_leaving_loop_whoever_comes_under_the_clear_arm_again_counts_as_the_next(world: World) -> None:
    """A vehicle too many is seen by the guard, one too few by nobody."""
    granted(world)
    world.scan(closing=ON)
    world.scan(closing=OFF)
    world.wait(300)
    world.scan(closing=ON)
    world.scan(arming=OFF)
    world.scan(closing=OFF)
    assert world.types().count("PassageCompleted") == 1
    assert world.types().count("PassageTailgated") == 1
    assert "tailgated" in world.alarms()


def test_a_vehicle_close_behind_on_the_loops_is_told_from_one_that_backs_by_how_soon_it_comes(world: World) -> None:
    """Neither loop clears between the two: the photocell does, for less time than backing up and coming again takes."""
    granted(world)
    world.scan(closing=ON)
    world.scan(photocell=ON)
    world.wait(2_000)
    world.scan(photocell=OFF)
    world.wait(600)
    world.scan(photocell=ON)
    world.scan(arming=OFF)
    world.scan(photocell=OFF)
    world.scan(closing=OFF)
    assert world.types().count("PassageCompleted") == 1
    assert world.types().count("PassageTailgated") == 1


def test_one_that_stands_before_the_fallen_arm_too_long_to_be_backing_is_the_next_vehicle(world: World) -> None:
    granted(world)
    world.scan(closing=ON)
    world.scan(closing=OFF)
    world.wait(600)
    world.arm_down()
    assert world.types().count("PassageCompleted") == 0
    world.wait(6_000)
    assert world.types().count("PassageCompleted") == 1
    assert world.phase() == "arrived"


def test_two_cars_that_back_out_of_a_queue_are_two_that_reversed_out(world: World) -> None:
    granted(world)
    world.scan(arming=OFF)
    world.wait(2_100)
    world.wait(600)
    world.arm_down()
    world.scan(arming=ON)
    world.scan(arming=OFF)
    world.wait(2_100)
    assert world.types().count("PassageReversedOut") == 2
    assert "PassageCompleted" not in world.types()


def test_r25_a_second_car_on_one_lift_is_a_passage_of_its_own_with_a_flag(world: World) -> None:
    granted(world)
    world.scan(closing=ON)
    world.scan(arming=OFF)
    world.scan(arming=ON)
    world.scan(closing=OFF)
    under = world.scan(closing=ON)
    assert "tailgated" in world.alarms()
    assert orders(under) == []
    world.scan(arming=OFF)
    world.scan(closing=OFF)
    assert world.types().count("PassageCompleted") == 1
    assert world.types().count("PassageTailgated") == 1
    assert world.types().count("StayOpened") == 2
    assert world.last("StayOpened")["note"] == "tailgated"


def test_a_tailgater_that_leaves_no_gap_on_the_loop_under_the_arm_is_seen_by_the_photocell(world: World) -> None:
    granted(world)
    world.scan(closing=ON)
    world.scan(photocell=ON)
    world.scan(arming=OFF)
    world.scan(arming=ON)
    world.scan(photocell=OFF)
    world.scan(photocell=ON)
    world.scan(arming=OFF)
    world.scan(photocell=OFF)
    world.scan(closing=OFF)
    world.wait(2_100)
    assert world.types().count("PassageCompleted") == 1
    assert world.types().count("PassageTailgated") == 1


def test_one_that_backs_out_behind_a_vehicle_under_the_arm_is_no_tailgater(world: World) -> None:
    granted(world)
    world.scan(closing=ON)
    world.scan(photocell=ON)
    world.scan(arming=OFF)
    world.scan(arming=ON)
    world.scan(arming=OFF)
    world.scan(photocell=OFF)
    world.scan(closing=OFF)
    world.wait(2_100)
    assert world.types().count("PassageCompleted") == 1
    assert world.types().count("PassageReversedOut") == 1


def test_a_granted_follower_waits_for_its_own_lift(world: World) -> None:
    granted(world)
    world.scan(closing=ON)
    world.scan(arming=OFF)
    world.scan(arming=ON)
    assert orders(world.card("26:1:9")) == []
    world.scan(closing=OFF)
    world.wait(600)
    world.scan(limit_up=OFF)
    down = world.scan(limit_down=ON)
    assert orders(down) == ["up"]
    assert down.events[-1].body["because"] == "AccessGranted"
    world.arm_up()
    world.drive_through()
    assert world.types().count("PassageCompleted") == 2


def test_a_granted_follower_that_does_not_wait_passes_as_completed(world: World) -> None:
    granted(world)
    world.scan(closing=ON)
    world.scan(arming=OFF)
    world.scan(arming=ON)
    world.card("26:1:9")
    world.scan(closing=OFF)
    world.scan(closing=ON)
    world.scan(arming=OFF)
    world.scan(closing=OFF)
    assert world.types().count("PassageCompleted") == 2
    assert world.last("PassageCompleted")["reason"] == "followed_on_one_lift"


def test_r12_a_vehicle_under_the_arm_that_nobody_opened_is_forced_with_an_alarm_at_once(world: World) -> None:
    world.scan(arming=ON)
    world.scan(closing=ON)
    assert "forced" in world.alarms()
    world.scan(arming=OFF)
    world.scan(closing=OFF)
    assert world.last("PassageForced")["reason"] == "no_opening"
    assert world.last("StayOpened")["temporary"] is True


def test_a_nose_under_the_arm_that_goes_back_is_no_forced_passage(world: World) -> None:
    world.scan(arming=ON)
    world.scan(closing=ON)
    world.scan(closing=OFF)
    assert world.phase() == "arrived"
    assert "forced" not in world.alarms()
    world.card()
    assert world.phase() == "opening"


def test_a_nose_under_the_arm_does_not_keep_a_good_card_from_opening(world: World) -> None:
    world.scan(arming=ON)
    world.scan(closing=ON)
    assert orders(world.card()) == ["up"]
    world.arm_up()
    world.scan(arming=OFF)
    assert "PassageCompleted" in types(world.scan(closing=OFF))


def test_an_arm_that_leaves_its_place_without_an_order_is_an_alarm(world: World) -> None:
    world.scan(limit_down=OFF)
    assert "forced" in world.alarms()
    world.scan(limit_down=ON)
    assert world.alarms() == []


def test_an_arm_that_leaves_its_place_with_something_under_it_was_struck(world: World) -> None:
    world.scan(photocell=ON)
    world.scan(limit_down=OFF)
    assert "arm_struck" in world.alarms()


def test_opened_and_nobody_came_closes_and_ends_as_timed_out(world: World) -> None:
    assert orders(world.card()) == ["up"]
    world.arm_up()
    world.wait(30_100)
    world.wait(600)
    assert world.last("BarrierOrdered")["order"] == "down"
    world.arm_down()
    assert world.last("PassageTimedOut")["reason"] == "nobody_came"


def test_r12_a_driver_who_leaves_the_vehicle_before_the_open_arm_is_abandoned_with_an_alarm(world: World) -> None:
    granted(world)
    world.wait(30_100)
    assert "abandoned" in world.alarms()
    world.wait(600)
    assert "PassageAbandoned" in types(world.arm_down())
    assert world.phase() == "arrived"


def test_a_vehicle_that_stops_under_the_arm_keeps_it_up_with_an_alarm(world: World) -> None:
    granted(world)
    world.scan(closing=ON)
    world.wait(120_000)
    assert "abandoned" in world.alarms()
    assert [e.body["order"] for e in world.log if e.type == "BarrierOrdered"] == ["up"]


def test_the_next_vehicles_card_settles_that_the_first_has_gone_forward(world: World) -> None:
    """Two cars without a gap on the loop before the arm: the second's card tells that the first is through."""
    granted(world)
    world.scan(closing=ON)
    world.scan(closing=OFF)
    world.card("26:1:9")
    world.wait(100)
    assert world.types().count("PassageCompleted") == 1
    assert world.phase() == "granted"
    world.wait(600)
    assert orders(world.arm_down()) == ["up"]


def test_with_a_leaving_loop_backing_out_late_is_still_seen() -> None:
    world = granted(with_leaving_loop())
    world.scan(closing=ON)
    world.scan(arming=OFF)
    world.scan(arming=ON)
    world.scan(closing=OFF)
    assert "PassageCompleted" not in world.types()


def test_with_a_leaving_loop_the_passage_completes_when_seen_beyond() -> None:
    world = granted(with_leaving_loop())
    world.scan(closing=ON)
    world.scan(arming=OFF)
    world.scan(leaving=ON)
    assert "PassageCompleted" in types(world.scan(closing=OFF))


def test_a_shared_lane_has_one_owner_at_a_time_and_the_leaving_car_is_no_arrival() -> None:
    world = World(LaneRules(id="n", name="n", direction=LaneDirection.BOTH))
    world.registry.add_vehicle("粤B12345")
    world.registry.add_card("26:1:2", "粤B12345")
    world.registry.add_vehicle("粤B99999", group="g2")
    world.registry.add_card("26:1:9", "粤B99999", group="g2")
    world.start()
    world.scan(leaving=OFF)
    granted(world)
    world.scan(closing=ON)
    world.scan(arming=OFF, leaving=ON)
    world.scan(closing=OFF)
    assert world.types().count("PassageCompleted") == 1
    assert world.types().count("VehicleArrived") == 1
    world.scan(leaving=OFF)
    world.wait(600)
    world.arm_down()
    world.scan(leaving=ON)
    assert world.types().count("VehicleArrived") == 2
    assert world.lane().current.side is Side.EXIT


def test_r12_a_vehicle_granted_behind_it_does_not_stop_the_time_of_one_that_stands_under_the_arm(world: World) -> None:
    granted(world)
    world.scan(closing=ON)
    world.scan(arming=OFF)
    world.scan(arming=ON)
    world.card("26:1:9")
    assert [each.phase.value for each in world.lane().waiting] == ["granted"]
    world.wait(31_000)
    assert "abandoned" in world.alarms()


def test_on_a_shared_lane_one_that_never_drives_gives_the_arm_up_to_the_one_granted_across_from_it() -> None:
    world = World(LaneRules(id="n", name="n", direction=LaneDirection.BOTH, unregistered_exit="admit"))
    world.registry.add_card("26:1:2")
    world.registry.add_card("26:1:9", group="g2")
    world.start()
    world.scan(leaving=OFF)
    world.scan(arming=ON)
    world.card(side=Side.ENTRY)
    world.arm_up()
    world.scan(leaving=ON)
    assert orders(world.card("26:1:9", side=Side.EXIT)) == []
    world.wait(31_000)
    assert "abandoned" in world.alarms()
    world.wait(600)
    world.arm_down()
    assert "PassageAbandoned" in world.types()
    assert world.last("BarrierOrdered")["order"] == "up"
    assert world.lane().current.card == "26:1:9"


def test_on_a_shared_lane_the_first_that_is_granted_gets_the_arm() -> None:
    world = World(LaneRules(id="n", name="n", direction=LaneDirection.BOTH, unregistered_exit="admit"))
    world.registry.add_vehicle("粤B12345")
    world.registry.add_card("26:1:2", "粤B12345")
    world.start()
    world.scan(leaving=OFF)
    world.scan(arming=ON)
    world.scan(leaving=ON)
    assert orders(world.card("26:1:2", Side.EXIT)) == ["up"]
    assert world.lane().current.side is Side.EXIT
    assert world.lane().waiting[0].side is Side.ENTRY
    world.arm_up()
    world.scan(closing=ON)
    world.scan(leaving=OFF)
    world.scan(closing=OFF)
    assert "StayClosed" not in world.types() or world.last("StayClosed")["note"] == "no_entry_record"


def test_a_board_that_was_lost_while_a_vehicle_passed_makes_the_end_doubtful(world: World) -> None:
    granted(world)
    world.scan(**dict.fromkeys(("limit_up", "limit_down", "arming", "closing", "photocell"), UNKNOWN))
    world.scan(limit_up=ON, limit_down=OFF, arming=OFF, closing=OFF, photocell=OFF)
    world.wait(2_100)
    world.wait(600)
    assert world.last("BarrierOrdered")["order"] == "down"
    world.arm_down()
    assert world.last("PassageAbandoned")["reason"] == "sight_lost"


def test_a_lane_without_a_closing_loop_uses_the_photocell() -> None:
    world = World(LaneRules(id="n", name="n", has_closing_loop=False))
    world.registry.add_vehicle()
    world.registry.add_card("26:1:2", "粤B12345")
    world.start()
    world.scan(closing=ABSENT)
    granted(world)
    world.scan(photocell=ON)
    world.scan(arming=OFF)
    assert "PassageCompleted" in types(world.scan(photocell=OFF))


def test_a_person_under_the_arm_starts_no_passage_but_keeps_it_up(world: World) -> None:
    granted(world)
    world.drive_through()
    world.scan(photocell=ON)
    world.wait(5_000)
    assert [e.body["order"] for e in world.log if e.type == "BarrierOrdered"] == ["up"]
    world.scan(photocell=OFF)
    world.wait(600)
    assert world.last("BarrierOrdered")["order"] == "down"


def test_a_guard_who_takes_the_leave_back_turns_the_vehicle_away(world: World) -> None:
    granted(world)
    world.guard(Order.REFUSE)
    world.wait(600)
    assert world.last("BarrierOrdered")["order"] == "down"
    assert "PassageTurnedAway" in types(world.arm_down())


def test_leave_given_to_one_already_under_the_arm_does_not_forget_how_far_it_is(world: World) -> None:
    """The next vehicle comes onto the loop before the arm meanwhile; that is not the one under it."""
    world.scan(arming=ON)
    world.scan(closing=ON)
    world.scan(arming=OFF)
    assert orders(world.card()) == ["up"]
    world.scan(arming=ON)
    assert "PassageCompleted" in types(world.scan(closing=OFF))
    assert world.types().count("VehicleArrived") == 2


def test_a_plate_seen_behind_one_under_the_arm_does_not_make_it_through_when_it_backs_out(world: World) -> None:
    world.scan(arming=ON)
    world.plate("粤B12345")
    world.arm_up()
    world.scan(arming=ON, closing=ON)
    seen = world.plate("粤B99999", another=True)
    assert types(seen) == ["LaneObserved"]
    world.scan(arming=ON, closing=OFF)
    world.scan(arming=OFF, closing=OFF)
    world.wait(2_100)
    world.arm_down()
    assert "PassageReversedOut" in world.types()
    assert "PassageCompleted" not in world.types()


def test_two_vehicles_that_one_scan_finds_at_either_side_of_a_shared_lane_are_two_passages() -> None:
    """As the first scan after a start may: each is judged by its own card, and each comes to an end of its own."""
    world = World(LaneRules(id="n", name="n", direction=LaneDirection.BOTH, has_leaving_loop=True))
    for number, card in enumerate(("26:1:2", "26:1:3")):
        world.registry.add_vehicle(f"粤B1111{number}", group=f"g{number}")
        world.registry.add_card(card, f"粤B1111{number}", group=f"g{number}")
    world.start()
    world.scan(arming=ON, leaving=ON)
    lane = world.lane()
    both = [lane.current, *lane.waiting]
    assert len({each.id for each in both if each is not None}) == 2
    world.card("26:1:3", Side.EXIT, reader="r2")
    world.card("26:1:2", Side.ENTRY)
    cards = {each.side: each.card for each in (world.lane().current, *world.lane().waiting) if each is not None}
    assert cards == {Side.ENTRY: "26:1:2", Side.EXIT: "26:1:3"}
