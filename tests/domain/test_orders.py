"""Orders of people, of the centre, of the button and of the fire signal (R2, R12, R19, R25; F17, F19, F21, F32)."""

import pytest

from controller.domain.facts import PersonalText
from controller.domain.known import WatchEntry
from controller.domain.rules import LaneRules
from controller.domain.terms import LaneMode, Order, Role
from controller.domain.view import lane_view
from tests.domain.world import OFF, ON, UNKNOWN, World, fire_at_another_lane, orders, types


@pytest.fixture
def world() -> World:
    world = World()
    world.registry.add_vehicle("粤B12345")
    world.registry.add_card("26:1:2", "粤B12345")
    world.start()
    world.scan()
    return world


# --- guard ---------------------------------------------------------------------------------------------------------


def test_r2_a_guards_opening_is_on_record_with_its_person_and_reason_before_the_arm_moves(world: World) -> None:
    world.scan(arming=ON)
    opened = world.guard(Order.OPEN, reason="resident_known")
    assert types(opened)[:2] == ["ManualOpening", "BarrierOrdered"]
    body = world.last("ManualOpening")
    assert (body["user"], body["role"], body["reason"]) == ("wang", "guard", "resident_known")
    assert world.last("BarrierOrdered")["because"] == "ManualOpening"


def test_an_order_without_a_reason_is_refused(world: World) -> None:
    world.scan(arming=ON)
    assert orders(world.guard(Order.OPEN, reason="  ")) == []
    assert world.last("OrderRefused")["reason"] == "reason_missing"


def test_a_slow_click_cannot_open_for_the_next_vehicle(world: World) -> None:
    world.scan(arming=ON)
    seen = world.lane().current.id
    world.scan(arming=OFF)
    world.wait(2_100)
    world.scan(arming=ON)
    assert orders(world.guard(Order.OPEN, passage=seen)) == []
    assert world.last("OrderRefused")["reason"] == "other_passage"


def test_a_click_on_an_empty_lane_cannot_open_for_the_vehicle_that_came_meanwhile(world: World) -> None:
    world.scan(arming=ON)
    assert orders(world.guard(Order.OPEN, passage="")) == []
    assert world.last("OrderRefused")["reason"] == "other_passage"


@pytest.mark.parametrize(
    ("order", "role", "mode"),
    [
        (Order.HOLD_OPEN, Role.GUARD, "normal"),
        (Order.HOLD_OPEN, Role.LEADER, "held_open"),
        (Order.LOCK, Role.GUARD, "locked"),
        (Order.STAFF, Role.GUARD, "staffed"),
    ],
)
def test_each_order_needs_its_role(world: World, order: Order, role: Role, mode: str) -> None:
    world.guard(order, role=role)
    assert world.lane().mode.value == mode
    refused = [e for e in world.log if e.type == "OrderRefused"]
    assert bool(refused) is (mode == "normal")


def test_r12_in_an_emergency_every_guard_may_hold_the_lane_open_at_once(world: World) -> None:
    assert orders(world.guard(Order.HOLD_OPEN, reason="emergency")) == ["up"]
    assert world.lane().mode is LaneMode.HELD_OPEN


def test_a_refused_vehicle_is_told_so_and_turned_away(world: World) -> None:
    world.scan(arming=ON)
    world.plate("粤B55555")
    world.guard(Order.REFUSE, reason="no_business")
    assert world.last("AccessDenied")["reason"] == "refused_by_guard"
    world.scan(arming=OFF)
    world.wait(2_100)
    assert "PassageTurnedAway" in world.types()


def test_a_corrected_plate_is_recorded_as_a_correction_and_decided_again(world: World) -> None:
    world.scan(arming=ON)
    world.plate("粤B1234?")
    assert orders(world.guard(Order.CORRECT_PLATE, plate="粤B12345")) == ["up"]
    body = world.last("PlateCorrected")
    assert (body["was"], body["plate"], body["user"]) == ("粤B1234?", "粤B12345", "wang")


def test_a_pulled_aside_vehicle_stays_referred_under_that_reason(world: World) -> None:
    world.scan(arming=ON)
    world.guard(Order.PULL_ASIDE)
    assert world.last("AccessReferred")["reason"] == "pulled_aside"
    assert world.phase() == "referred"


def test_a_locked_lane_denies_a_valid_card_and_unlocking_lets_it_in(world: World) -> None:
    world.guard(Order.LOCK)
    world.scan(arming=ON)
    assert orders(world.card()) == []
    assert world.last("AccessDenied")["reason"] == "lane_locked"
    world.guard(Order.UNLOCK)
    assert orders(world.card()) == ["up"]


@pytest.mark.parametrize("inputs", [{"closing": ON}, {"photocell": ON}, {"photocell": UNKNOWN}, {"closing": UNKNOWN}])
def test_nobody_can_order_the_arm_down_on_something_or_on_the_unknown(world: World, inputs: dict) -> None:
    world.card()
    world.arm_up()
    world.scan(**inputs)
    assert orders(world.guard(Order.CLOSE)) == []
    assert world.last("OrderRefused")["reason"] == "not_clear"
    assert orders(world.centre("close")) == []
    assert world.last("OrderRefused")["reason"] == "not_clear"


def test_stop_is_always_obeyed_even_without_a_reason(world: World) -> None:
    world.card()
    world.scan(limit_down=OFF)
    assert orders(world.guard(Order.STOP, reason="")) == ["stop"]


def test_a_guard_opens_an_empty_lane_for_whoever_comes(world: World) -> None:
    assert orders(world.guard(Order.OPEN)) == ["up"]
    world.arm_up()
    world.scan(arming=ON)
    world.drive_through()
    assert world.last("PassageCompleted")["reason"] == "resident_known"


def test_f32_guard_centre_and_card_at_once_make_one_motion_and_three_records(world: World) -> None:
    world.scan(arming=ON)
    ordered = orders(world.card()) + orders(world.guard(Order.OPEN)) + orders(world.centre("open"))
    assert ordered == ["up"]
    assert world.types().count("AccessGranted") == 1
    assert world.types().count("ManualOpening") == 2


def test_the_booths_button_opens_and_is_on_record(world: World) -> None:
    world.scan(arming=ON)
    assert orders(world.scan(button=ON)) == ["up"]
    assert world.last("ManualOpening")["reason"] == "button_pressed"
    assert orders(world.scan(button=ON)) == []


def test_a_button_found_pressed_at_the_start_opens_nothing() -> None:
    world = World()
    world.start()
    assert orders(world.scan(button=ON)) == []


# --- held open, fire -----------------------------------------------------------------------------------------------


def test_r20_in_a_lane_held_open_every_vehicle_is_recorded_without_a_motion(world: World) -> None:
    world.guard(Order.HOLD_OPEN, role=Role.LEADER)
    world.arm_up()
    for _ in range(2):
        world.scan(arming=ON)
        assert orders(world.card()) == []
        world.drive_through()
    world.scan(arming=ON)
    world.drive_through()
    assert world.types().count("PassageCompleted") == 3
    assert world.last("PassageCompleted")["reason"] == "held_open"
    assert [e.body["order"] for e in world.log if e.type == "BarrierOrdered"] == ["up"]


def test_releasing_a_held_lane_lets_the_arm_fall_after_whoever_is_under_it(world: World) -> None:
    world.guard(Order.HOLD_OPEN, role=Role.LEADER)
    world.arm_up()
    world.scan(arming=ON)
    world.scan(closing=ON)
    world.guard(Order.RELEASE, role=Role.LEADER)
    world.wait(2_000)
    assert [e.body["order"] for e in world.log if e.type == "BarrierOrdered"] == ["up"]
    world.scan(arming=OFF)
    world.scan(closing=OFF)
    world.wait(600)
    assert world.last("BarrierOrdered")["order"] == "down"


def test_r19_s8_fire_opens_every_lane_and_only_a_person_with_the_right_ends_it() -> None:
    world = World(LaneRules(id="n", name="n"), LaneRules(id="s", name="s"))
    world.start()
    world.scan("n")
    world.scan("s")
    fire = world.scan("n", fire=ON)
    assert orders(fire) == ["up", "up"]
    assert {e.lane for e in fire.events if e.type == "BarrierOrdered"} == {"n", "s"}
    world.guard(Order.RESET_FIRE, role=Role.SUPERVISOR)
    assert world.last("OrderRefused")["reason"] == "fire_still_on"
    world.scan("n", fire=OFF)
    world.arm_up("n")
    world.guard(Order.RESET_FIRE, role=Role.GUARD)
    assert world.last("OrderRefused")["reason"] == "role_too_low"
    assert world.lane("n").mode is LaneMode.FIRE
    world.guard(Order.CLOSE, role=Role.SUPERVISOR)
    assert world.last("OrderRefused")["reason"] == "wrong_mode"
    world.guard(Order.RESET_FIRE, role=Role.LEADER)
    world.wait(600)
    assert world.last("BarrierOrdered")["order"] == "down"
    assert "fire" not in world.alarms()


def test_s8_no_lane_is_reset_while_the_signal_is_on_at_another() -> None:
    world = fire_at_another_lane()
    assert orders(world.guard(Order.RESET_FIRE, role=Role.LEADER, lane="s")) == []
    assert world.last("OrderRefused")["reason"] == "fire_still_on"
    assert world.lane("s").mode is LaneMode.FIRE
    world.scan("n", fire=OFF)
    world.guard(Order.RESET_FIRE, role=Role.LEADER, lane="s")
    assert world.lane("s").mode is LaneMode.NORMAL


def test_s8_an_arm_that_is_seen_down_during_a_fire_goes_up_again_also_after_a_restart(world: World) -> None:
    assert orders(world.scan(fire=ON)) == ["up"]
    world.arm_up()
    assert orders(world.scan(limit_up=OFF, limit_down=ON)) == ["up"], "let down by a power cut"
    assert orders(world.scan(arming=ON)) == [], "one order at a time"
    world.arm_up()
    world.start()
    assert orders(world.scan(limit_up=OFF, limit_down=ON)) == ["up"]


def test_r19_a_vehicle_that_leaves_during_a_fire_is_recorded(world: World) -> None:
    world.scan(fire=ON)
    world.arm_up()
    world.scan(arming=ON)
    world.drive_through()
    assert world.last("PassageCompleted")["reason"] == "fire"


def test_r12_a_guard_alone_lets_no_vehicle_of_the_watch_list_go_on(world: World) -> None:
    world.registry.watch["粤B12345"] = WatchEntry(id="w1", value="粤B12345", reason="forced passage")
    world.scan(arming=ON)
    world.plate("粤B12345")
    assert world.last("AccessReferred")["reason"] == "watch_list"
    passage = world.lane().current
    assert passage is not None
    assert orders(world.guard(Order.OPEN, passage=passage.id, reason="known")) == []
    assert world.last("OrderRefused")["reason"] == "role_too_low"
    assert orders(world.guard(Order.OPEN, passage=passage.id, reason="known", role=Role.LEADER)) == ["up"]


@pytest.mark.parametrize("first", [Order.PULL_ASIDE, Order.REFUSE])
def test_r12_no_word_of_a_guard_takes_a_vehicle_off_the_watch_list(world: World, first: Order) -> None:
    world.registry.watch["粤B66666"] = WatchEntry(id="w1", value="粤B66666", reason="forced passage")
    world.scan(arming=ON)
    world.plate("粤B66666")
    world.guard(first)
    assert orders(world.guard(Order.OPEN)) == []
    assert world.last("OrderRefused")["reason"] == "role_too_low"
    assert orders(world.guard(Order.CORRECT_PLATE, plate="粤B12345")) == []
    assert world.last("OrderRefused")["reason"] == "role_too_low"
    assert world.lane().current.plate.text == "粤B66666"
    assert lane_view(world.lane())["passage"]["watched"] is True
    assert orders(world.guard(Order.CORRECT_PLATE, plate="粤B12345", role=Role.LEADER)) == ["up"]


def test_r12_in_an_emergency_a_guard_alone_opens_also_for_a_vehicle_of_the_watch_list(world: World) -> None:
    world.registry.watch["粤B66666"] = WatchEntry(id="w1", value="粤B66666", reason="forced passage")
    world.scan(arming=ON)
    world.plate("粤B66666")
    assert orders(world.guard(Order.OPEN, reason="emergency")) == ["up"]


def test_r12_who_agreed_to_let_a_watched_vehicle_go_on_is_on_record_beside_who_asked(world: World) -> None:
    world.registry.watch["粤B66666"] = WatchEntry(id="w1", value="粤B66666", reason="forced passage")
    world.scan(arming=ON)
    world.plate("粤B66666")
    world.guard(Order.OPEN, role=Role.LEADER, approver="班长")
    body = world.last("ManualOpening")
    assert (body["user"], body["approver"], body["role"]) == ("wang", "班长", "leader")


def test_r12_who_agreed_to_another_plate_of_a_watched_vehicle_is_on_record(world: World) -> None:
    world.registry.watch["粤B66666"] = WatchEntry(id="w1", value="粤B66666", reason="forced passage")
    world.scan(arming=ON)
    world.plate("粤B66666")
    world.guard(Order.CORRECT_PLATE, plate="粤B12345", role=Role.LEADER, approver="班长")
    assert world.last("PlateCorrected")["approver"] == "班长"


WRITTEN = PersonalText(digest="d" * 64, clear="flood", salt="s")


@pytest.mark.parametrize(("order", "where"), [(Order.HOLD_OPEN, "ManualOpening"), (Order.LOCK, "LaneModeChanged")])
def test_who_agreed_to_another_mode_is_on_record_and_once_what_was_written_to_it(
    world: World, order: Order, where: str
) -> None:
    given = world.guard(order, role=Role.SUPERVISOR, approver="主任", remark=WRITTEN)
    body = world.last("LaneModeChanged")
    assert (body["user"], body["approver"]) == ("wang", "主任")
    assert [event.type.value for event in given.events if event.body.get("remark") == "d" * 64] == [where]


def test_what_was_written_to_a_corrected_plate_is_on_record(world: World) -> None:
    world.scan(arming=ON)
    world.plate("粤B66666")
    world.guard(Order.CORRECT_PLATE, plate="粤B12345", reason="other", remark=WRITTEN)
    assert world.last("PlateCorrected")["remark"] == "d" * 64


def test_where_nobody_had_to_agree_no_approver_is_named(world: World) -> None:
    world.guard(Order.HOLD_OPEN, role=Role.LEADER)
    assert "approver" not in world.last("ManualOpening")
    assert "approver" not in world.last("LaneModeChanged")


# --- the centre ----------------------------------------------------------------------------------------------------


def test_an_order_of_the_centre_is_done_only_when_the_inputs_say_so(world: World) -> None:
    assert orders(world.centre("open")) == ["up"]
    assert "OrderDone" not in world.types()
    world.arm_up()
    assert world.last("OrderDone")["order"] == "open"


def test_an_order_whose_outcome_cannot_be_read_back_is_unknown(world: World) -> None:
    world.centre("open")
    world.wait(12_000)
    assert world.last("OrderRefused")["reason"] == "unknown"
    assert "OrderDone" not in world.types()


@pytest.mark.parametrize("why", ["unsigned", "bad_signature", "unknown_key", "wrong_box", "retained", "malformed"])
def test_f19_a_forged_order_opens_nothing_and_is_an_alarm(world: World, why: str) -> None:
    assert orders(world.centre("open", refusal=why)) == []
    assert world.last("OrderRefused")["reason"] == why
    assert "order_forged" in world.alarms()


def test_f19_a_forged_order_with_the_id_of_a_true_one_is_told_as_forged_and_leaves_the_true_one_alone(
    world: World,
) -> None:
    world.centre("open", order_id="o-1", refusal="unsigned")
    assert orders(world.centre("open", order_id="o-1")) == ["up"]
    assert orders(world.centre("open", order_id="o-1", refusal="bad_signature")) == []
    assert world.last("OrderRefused")["reason"] == "bad_signature"
    assert "order_forged" in world.alarms()
    world.arm_up()
    assert world.last("OrderDone")["order_id"] == "o-1"


@pytest.mark.parametrize("why", ["expired", "clock_untrusted"])
def test_f19_a_late_order_opens_nothing_and_is_no_alarm(world: World, why: str) -> None:
    assert orders(world.centre("open", refusal=why)) == []
    assert "order_forged" not in world.alarms()


def test_f21_an_order_seen_before_does_nothing_again_also_after_a_restart(world: World) -> None:
    world.centre("open", order_id="o-1")
    world.arm_up()
    world.scan(arming=ON)
    world.drive_through()
    world.wait(600)
    world.arm_down()
    world.start()
    world.scan()
    again = world.centre("open", order_id="o-1")
    assert orders(again) == []
    assert types(again) == ["LaneObserved"]


def test_f21_an_order_still_in_progress_is_not_begun_again(world: World) -> None:
    world.centre("open", order_id="o-1")
    assert orders(world.centre("open", order_id="o-1")) == []


def test_an_order_for_a_lane_that_is_not_there_is_refused_without_a_lane(world: World) -> None:
    world.state = world.state
    refused = world.centre("open", lane="nowhere")
    assert types(refused) == ["OrderRefused"]
    assert refused.events[0].lane is None
    assert refused.events[0].body["reason"] == "unknown_lane"


@pytest.mark.parametrize("who", ["guard", "centre"])
def test_locking_a_lane_that_is_held_open_lowers_its_arm_whoever_locks_it(world: World, who: str) -> None:
    world.guard(Order.HOLD_OPEN, role=Role.LEADER)
    world.arm_up()
    if who == "guard":
        world.guard(Order.LOCK)
    else:
        world.centre("lock")
    assert world.lane().mode is LaneMode.LOCKED
    world.wait(600)
    assert world.last("BarrierOrdered")["order"] == "down"


def test_locking_by_the_centre_is_done_when_the_mode_is_set(world: World) -> None:
    assert types(world.centre("lock")) == ["LaneModeChanged", "OrderDone"]
    assert types(world.centre("unlock")) == ["LaneModeChanged", "OrderDone"]
