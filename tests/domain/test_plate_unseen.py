"""A vehicle without a plate to be seen, and two vehicles' plates before one arm: neither opens by itself (R25, R4)."""

from typing import Any

import pytest

from controller.domain.rules import LaneRules
from controller.domain.terms import Evidence, LaneMode, Order, Role, Side
from controller.domain.view import lane_view
from tests.domain.world import OFF, ON, World, orders, types


def world(*, arrived: bool = True, **lane: Any) -> World:
    lane = {"cameras": ("cam",), "readers": ("r",), "evidence": Evidence.PLATE} | lane
    made = World(LaneRules(id="n", name="North", **lane))
    made.registry.add_vehicle("粤B12345")
    made.registry.add_vehicle("京A67890", group="g2")
    made.registry.add_card("26:1:2", "粤B12345")
    made.start()
    made.scan()
    if arrived:
        made.scan(arming=ON)
    return made


def shown(each: World) -> dict[str, Any]:
    passage: dict[str, Any] = lane_view(each.lane())["passage"]
    return passage


def test_r25_where_only_the_plate_counts_a_vehicle_without_one_is_referred_at_once_with_its_picture() -> None:
    each = world()
    decision = each.no_plate()
    assert orders(decision) == []
    assert each.phase() == "referred"
    body = each.last("AccessReferred")
    assert (body["reason"], body["frames"], body["picture"], body["device"]) == ("plate_unseen", 5, "u" * 8, "cam")
    assert "LaneObserved" in types(decision)
    assert each.last("LaneObserved")["what"] == [{"name": "plate_unseen", "value": "5"}]


@pytest.mark.parametrize("temporary", ["admit", "refer", "deny"])
@pytest.mark.parametrize("evidence", list(Evidence))
@pytest.mark.parametrize("side", list(Side))
def test_r25_a_plate_that_is_not_seen_never_opens_whatever_the_lane_does_with_strangers(
    temporary: str, evidence: Evidence, side: Side
) -> None:
    each = world(temporary=temporary, unregistered_exit=temporary, evidence=evidence)
    assert orders(each.no_plate(side=side)) == []
    events = each.wait(60_000)
    assert not {"BarrierOrdered", "AccessGranted"} & {event.type.value for event in events}


def test_r25_where_a_card_may_still_come_it_is_waited_for_and_the_page_says_so() -> None:
    each = world(evidence=Evidence.EITHER)
    each.no_plate()
    assert each.phase() == "arrived"
    passage = shown(each)
    assert passage["plate_unseen"] is True
    assert passage["picture"] == "u" * 8
    assert passage["says"]["en"]["why"].startswith("A vehicle stands there and no plate is seen")
    assert passage["says"]["zh-Hans"]["why"] == "有车,但看不到车牌:被遮挡、没有或是纸质临牌;等待刷卡"
    each.wait(8_100)
    assert each.last("AccessReferred")["reason"] == "plate_unseen"
    assert shown(each)["says"]["zh-Hant"]["next"].startswith("看圖片")


def test_r25_with_no_reader_at_the_lane_nobody_waits_for_a_card() -> None:
    each = world(evidence=Evidence.EITHER, readers=())
    each.no_plate()
    assert each.last("AccessReferred")["reason"] == "plate_unseen"


def test_a_resident_s_card_opens_as_ever_beside_a_plate_that_is_not_seen() -> None:
    each = world(evidence=Evidence.EITHER)
    each.no_plate()
    each.card()
    each.wait(2_000)
    assert "AccessGranted" in each.types()


def test_r6_where_both_are_asked_for_a_card_with_no_plate_to_be_seen_is_referred_at_once() -> None:
    each = world(evidence=Evidence.BOTH)
    each.card()
    assert orders(each.no_plate()) == []
    assert each.last("AccessReferred")["reason"] == "plate_unseen"
    each = world(evidence=Evidence.BOTH)
    each.no_plate()
    each.wait(8_100)
    assert each.last("AccessReferred")["reason"] == "plate_unseen", "and without a card once its time is over"


@pytest.mark.parametrize("staffed", [True, False])
def test_where_the_guard_confirms_each_one_he_is_asked_at_once(staffed: bool) -> None:
    each = world(evidence=Evidence.EITHER if staffed else Evidence.GUARD, staffed=staffed)
    each.no_plate()
    assert each.phase() == "referred"


def test_a_plate_that_is_read_after_all_counts_as_ever() -> None:
    each = world()
    each.no_plate()
    assert orders(each.plate()) == ["up"]
    assert shown(each)["plate_unseen"] is False


def test_it_takes_nothing_back_from_a_vehicle_that_was_decided_for_and_is_recorded_beside_it() -> None:
    each = world()
    each.plate()
    before = each.lane().current
    decision = each.no_plate()
    assert each.lane().current == before
    assert types(decision) == ["LaneObserved"]


def test_with_nobody_on_the_loop_it_begins_no_passage() -> None:
    each = world(arrived=False)
    assert types(each.no_plate()) == ["LaneObserved"]
    assert each.lane().current is None
    each.scan(arming=ON)
    each.scan(arming=OFF)
    each.no_plate()
    assert "AccessReferred" not in each.types(), "gone from the loop already"


def test_a_camera_that_speaks_after_the_window_gives_the_clearer_reason() -> None:
    each = world()
    each.wait(8_100)
    assert each.last("AccessReferred")["reason"] == "plate_missing"
    each.no_plate()
    assert each.last("AccessReferred")["reason"] == "plate_unseen"
    each.no_plate(frames=9)
    assert each.types().count("AccessReferred") == 2, "and says it once"


def test_a_locked_lane_stays_locked_for_it() -> None:
    each = world()
    each.guard(Order.LOCK, role=Role.LEADER, reason="works")
    each.no_plate()
    assert each.lane().mode is LaneMode.LOCKED
    assert each.last("AccessDenied")["reason"] == "lane_locked"


def test_the_guard_can_type_the_paper_plate_and_open_with_a_reason() -> None:
    each = world()
    each.no_plate()
    each.guard(Order.CORRECT_PLATE, plate="粤B99T88", reason="temporary_plate")
    assert orders(each.guard(Order.OPEN, reason="visitor_confirmed")) == ["up"]


def test_a_trailer_s_plate_takes_nothing_from_the_tractor_that_the_arm_is_up_for() -> None:
    each = world()
    assert orders(each.plate("粤B12345")) == ["up"]
    each.arm_up()
    each.plate("赣C1234挂", another=True)
    assert each.last("LaneObserved")["what"] == [{"name": "plate", "value": "赣C1234挂"}]
    each.drive_through()
    stay = each.last("StayOpened")
    assert (stay["plate"], stay["vehicle"]) == ("粤B12345", "v-粤B12345")


def test_the_plate_of_a_vehicle_that_closes_up_does_not_open_for_the_stranger_before_it() -> None:
    each = world()
    each.plate("沪A00001")
    assert each.phase() == "referred"
    assert orders(each.plate("京A67890", another=True)) == []
    assert each.last("AccessReferred")["reason"] == "another_plate"
    assert orders(each.guard(Order.CORRECT_PLATE, plate="京A67890", reason="misread")) == ["up"], "a person has looked"


def test_r4_what_the_bodywork_looks_like_is_shown_and_decides_nothing() -> None:
    each = world()
    each.plate(vehicle_color="silver", vehicle_color_confidence=840)
    passage = shown(each)
    assert (passage["vehicle_color"], passage["vehicle_color_confidence"]) == ("silver", 840)
    other = world()
    other.plate(vehicle_color="red", vehicle_color_confidence=10)
    assert [event.body for event in each.log] == [event.body for event in other.log]
