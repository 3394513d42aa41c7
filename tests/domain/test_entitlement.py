"""Who may pass: rights, cards and vehicles that agree, near misses, presence, a full lot, plates on duty (R4-R15)."""

from typing import Any

import pytest

from controller.domain.effects import AnswerReader
from controller.domain.known import PERSON, NearMiss, OpenStay, RegistryStamp, WatchEntry
from controller.domain.rules import AgeLimit, LaneRules
from controller.domain.terms import (
    AntiPassback,
    Evidence,
    LaneDirection,
    Order,
    PlateColor,
    PlateKind,
    RightKind,
    RightState,
    Role,
    Side,
    Verdict,
)
from controller.domain.view import lane_view
from tests.domain.world import DAY, HOUR, MINUTE, ON, START, World, orders, right, types, vehicle


def world_with(**lane: Any) -> World:
    site = {
        key: lane.pop(key) for key in ("capacity", "holidays", "age_limits", "wrong_credentials_alarm") if key in lane
    }
    world = World(LaneRules(id="n", name="n", **lane), **site)
    world.registry.add_vehicle("粤B12345")
    world.registry.add_card("26:1:2", "粤B12345")
    world.start()
    world.scan()
    world.scan(arming=ON)
    return world


def verdict(world: World) -> tuple[str, str]:
    event = next(e for e in reversed(world.log) if e.type.value.startswith("Access"))
    return event.type.value.removeprefix("Access").lower(), event.body["reason"]


def stay(plate: str = "粤B12345", group: str = "g1", **fields: Any) -> OpenStay:
    given: dict[str, Any] = {"vehicle": "v-" + plate, "lane": "n", "since": START - HOUR} | fields
    return OpenStay(stay="s-" + plate, group=group, plate=plate, **given)


# --- rights --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({}, ("granted", "pass_valid")),
        ({"kind": RightKind.LEASE}, ("granted", "lease_valid")),
        ({"kind": RightKind.PERMIT}, ("granted", "permit_valid")),
        ({"state": RightState.SUSPENDED}, ("referred", "right_suspended")),
        ({"state": RightState.LOST}, ("referred", "right_lost")),
        ({"valid_from": START + DAY}, ("referred", "not_yet_valid")),
        ({"valid_to": START - 1}, ("referred", "expired")),
        ({"valid_to": START}, ("granted", "pass_valid")),
        ({"valid_to": START - DAY, "grace_days": 3}, ("granted", "grace_days")),
        ({"valid_to": START - 4 * DAY, "grace_days": 3}, ("referred", "expired")),
        ({"days": 0b0000001}, ("granted", "pass_valid")),
        ({"days": 0b1111110}, ("referred", "wrong_day")),
        ({"hours": ("08:00-18:00",)}, ("granted", "pass_valid")),
        ({"hours": ("09:00-09:01",)}, ("granted", "pass_valid")),
        ({"hours": ("08:00-09:00",)}, ("referred", "wrong_hours")),
        ({"hours": ("22:00-09:30",), "days": 0b1000000}, ("granted", "pass_valid")),
        ({"hours": ("22:00-09:30",), "days": 0b0000001}, ("referred", "wrong_day")),
        ({"hours": ("never",)}, ("referred", "wrong_hours")),
        ({"holidays": False}, ("referred", "holiday")),
        ({"lots": ("main",)}, ("granted", "pass_valid")),
        ({"lots": ("inner",)}, ("referred", "wrong_lot")),
    ],
)
def test_a_right_is_good_only_in_its_time_and_place(fields: dict[str, Any], answer: tuple[str, str]) -> None:
    world = world_with(holidays=("2026-01-05",) if "holidays" in fields else ())
    kind = fields.pop("kind", RightKind.PASS)
    world.registry.add_vehicle("粤B12345", right(kind, **fields))
    world.plate()
    assert verdict(world) == answer


def test_one_good_right_among_several_is_enough() -> None:
    world = world_with()
    world.registry.add_vehicle("粤B12345", right(valid_to=1), right(RightKind.PERMIT, id="r2"))
    world.plate()
    assert verdict(world) == ("granted", "permit_valid")


@pytest.mark.parametrize(
    ("state", "answer"),
    [
        (RightState.LOST, ("denied", "card_lost")),
        (RightState.SUSPENDED, ("referred", "card_suspended")),
        (RightState.RETURNED, ("referred", "card_returned")),
    ],
)
def test_r13_a_card_that_is_lost_suspended_or_returned_opens_nothing(
    state: RightState, answer: tuple[str, str]
) -> None:
    world = world_with()
    world.registry.add_card("26:1:2", "粤B12345", state=state)
    assert orders(world.card()) == []
    assert verdict(world) == answer


def test_r13_a_lost_card_opens_nothing_even_beside_the_right_plate() -> None:
    world = world_with(evidence=Evidence.EITHER)
    world.registry.add_card("26:1:2", "粤B12345", state=RightState.LOST)
    world.card()
    assert orders(world.plate()) == []


# --- R5 ------------------------------------------------------------------------------------------------------------


def test_r5_a_valid_card_with_another_vehicles_plate_never_opens_in_silence() -> None:
    world = world_with()
    world.plate("粤B88888", weak={2: (100, "3")})
    assert orders(world.card()) == []
    assert verdict(world) == ("referred", "card_other_vehicle")
    assert "mismatch" in world.alarms()


def test_r5_a_card_of_another_household_is_not_that_vehicles() -> None:
    world = world_with()
    world.registry.add_card("26:1:7", group="g7")
    world.registry.add_vehicle("粤B12345", right(valid_to=1))
    world.plate()
    world.card("26:1:7")
    assert verdict(world) == ("referred", "card_other_vehicle")


def test_r5_a_plate_that_comes_after_the_card_opened_is_still_compared() -> None:
    world = world_with()
    assert orders(world.card()) == ["up"]
    late = world.plate("粤B88888")
    assert "AlarmRaised" in types(late)
    assert "mismatch" in world.alarms()
    assert "AccessGranted" not in types(late)


def test_a_doubtful_character_is_no_disagreement_with_the_card() -> None:
    world = world_with()
    world.plate("粤B1?345")
    assert orders(world.card()) == ["up"]


def test_a_stay_after_a_mismatch_is_that_of_the_plate_that_was_seen() -> None:
    world = world_with()
    world.plate("粤B88888")
    world.card()
    world.guard(Order.OPEN)
    world.arm_up()
    world.drive_through()
    opened = world.last("StayOpened")
    assert opened["plate"] == "粤B88888"
    assert "vehicle" not in opened
    assert opened["temporary"] is True


# --- evidence ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("evidence", "card", "plate", "opens"),
    [
        (Evidence.CARD, True, False, True),
        (Evidence.CARD, False, True, False),
        (Evidence.PLATE, True, False, False),
        (Evidence.PLATE, False, True, True),
        (Evidence.EITHER, True, False, True),
        (Evidence.EITHER, False, True, True),
        (Evidence.BOTH, True, False, False),
        (Evidence.BOTH, False, True, False),
        (Evidence.BOTH, True, True, True),
        (Evidence.GUARD, True, True, False),
    ],
)
def test_r6_a_lane_opens_only_with_the_evidence_it_asks_for(
    evidence: Evidence, card: bool, plate: bool, opens: bool
) -> None:
    world = world_with(evidence=evidence)
    ordered = orders(world.card()) if card else []
    ordered += orders(world.plate()) if plate else []
    assert (ordered == ["up"]) is opens


def test_a_missing_second_credential_is_referred_when_its_time_is_over() -> None:
    world = world_with(evidence=Evidence.BOTH)
    world.card()
    assert "AccessReferred" not in world.types()
    world.wait(8_100)
    assert verdict(world) == ("referred", "plate_missing")


def test_r6_a_staffed_lane_shows_the_guard_a_valid_vehicle_and_waits() -> None:
    world = world_with(staffed=True)
    assert orders(world.plate()) == []
    assert verdict(world) == ("referred", "guard_confirms")
    assert orders(world.guard(Order.OPEN)) == ["up"]


# --- near misses ---------------------------------------------------------------------------------------------------


def near(
    world: World, read: str, *registered: str, difference: str = "confusion", position: int = 6, **fields: Any
) -> None:
    world.registry.near[read] = tuple(
        NearMiss(
            vehicle=vehicle(plate, group=plate),
            difference=difference,
            position=position,
            rights=(right(group=plate, **fields),),
        )
        for plate in registered
    )


def test_one_near_miss_opens_where_the_camera_itself_was_in_doubt() -> None:
    world = world_with()
    near(world, "粤B12348", "粤B1234B")
    assert orders(world.plate("粤B12348", weak={6: (150, "B")})) == ["up"]
    assert verdict(world) == ("granted", "near_miss_accepted")


def test_a_near_plate_that_opened_is_a_mismatch_once_the_camera_is_sure_of_what_it_read() -> None:
    world = world_with()
    near(world, "粤B12348", "粤B1234B")
    assert orders(world.plate("粤B12348", weak={6: (150, "B")})) == ["up"]
    world.plate("粤B12348")
    assert "mismatch" in world.alarms()
    assert lane_view(world.state.lanes["n"])["passage"]["mismatched"] is True
    world.arm_up()
    world.drive_through()
    opened = world.last("StayOpened")
    assert (opened["plate"], "vehicle" in opened, opened["temporary"]) == ("粤B12348", False, True)


def test_a_plate_that_is_read_surer_after_opening_and_is_another_s_is_a_mismatch() -> None:
    world = world_with()
    assert orders(world.plate("粤B12345", margin=400)) == ["up"]
    world.plate("粤B1234S", margin=950)
    assert "mismatch" in world.alarms()


def test_a_near_plate_that_opened_is_none_once_the_camera_reads_the_registered_one() -> None:
    world = world_with()
    near(world, "粤B12348", "粤B1234B")
    world.registry.add_vehicle("粤B1234B", right(group="粤B1234B"), group="粤B1234B")
    world.plate("粤B12348", weak={6: (150, "B")})
    world.plate("粤B1234B")
    assert world.alarms() == []


def test_a_later_word_in_doubt_is_no_mismatch() -> None:
    world = world_with()
    assert orders(world.plate("粤B12345", margin=400)) == ["up"]
    world.plate("粤B1234S", margin=100)
    assert world.alarms() == []


def test_a_near_miss_that_the_camera_was_sure_of_is_referred_and_named() -> None:
    world = world_with()
    near(world, "粤B12348", "粤B1234B")
    assert orders(world.plate("粤B12348")) == []
    assert verdict(world) == ("referred", "near_miss")
    named = world.last("AccessReferred")["near"][0]
    assert (named["plate"], named["unit"], named["position"]) == ("粤B1234B", "3-201", 6)


def test_a_plate_that_a_guard_has_typed_is_that_vehicle_s_however_like_a_registered_one_it_is() -> None:
    """The stranger is entered as himself, and the resident's stay stays the resident's."""
    world = world_with()
    near(world, "粤B12348", "粤B1234B")
    world.plate("粤B12348")
    assert verdict(world) == ("referred", "near_miss")
    world.guard(Order.CORRECT_PLATE, plate="粤B12348")
    assert verdict(world) == ("referred", "temporary_referred")
    assert orders(world.guard(Order.OPEN, reason="visitor")) == ["up"]
    world.arm_up()
    world.drive_through()
    stay = world.last("StayOpened")
    assert (stay["plate"], stay.get("group", ""), stay["temporary"]) == ("粤B12348", "", True)


def test_r5_a_typed_plate_that_is_like_the_card_s_vehicle_is_another_vehicle() -> None:
    for typed in (False, True):
        world = world_with()
        near(world, "粤B12346", "粤B12345")
        world.plate("粤B12346")
        if typed:
            world.guard(Order.CORRECT_PLATE, plate="粤B12346")
        assert orders(world.card()) == ([] if typed else ["up"])
    assert verdict(world) == ("referred", "card_other_vehicle")


def test_two_near_misses_are_for_the_guard() -> None:
    world = world_with()
    near(world, "粤B12348", "粤B1234B", "粤B12340")
    world.plate("粤B12348", weak={6: (150, "B0")})
    assert verdict(world) == ("referred", "near_miss_several")


def test_a_near_miss_without_a_good_right_never_opens() -> None:
    world = world_with()
    near(world, "粤B12348", "粤B1234B", valid_to=1)
    assert orders(world.plate("粤B12348", weak={6: (150, "B")})) == []


def test_a_near_miss_with_doubt_at_another_character_too_never_opens() -> None:
    world = world_with()
    near(world, "粤B12348", "粤B1234B")
    assert orders(world.plate("粤B12348", weak={6: (150, "B"), 3: (100, "7")})) == []


def test_a_near_plate_opens_for_nobody_who_is_inside_already() -> None:
    """The resident cannot stand before the gate as well: it is somebody else's, and for the guard, not a passback."""
    world = world_with()
    near(world, "粤B12348", "粤B1234B")
    world.registry.stays["s"] = stay("粤B1234B", "粤B1234B")
    assert orders(world.plate("粤B12348", weak={6: (150, "B")})) == []
    assert verdict(world) == ("referred", "near_miss")
    assert world.alarms() == []


def test_a_near_plate_opens_where_the_register_does_not_know_the_kind_for_want_of_a_colour() -> None:
    world = world_with()
    found = vehicle("粤B1234B", group="粤B1234B", kind=PlateKind.UNKNOWN)
    world.registry.near["粤B12348"] = (
        NearMiss(vehicle=found, difference="confusion", position=6, rights=(right(group="粤B1234B"),)),
    )
    assert orders(world.plate("粤B12348", weak={6: (150, "B")})) == ["up"]


def test_a_near_plate_does_not_open_on_the_stay_of_a_visitor_who_is_inside_with_the_plate_that_was_read() -> None:
    world = world_with(antipassback=AntiPassback.OFF)
    near(world, "粤B12348", "粤B1234B")
    world.registry.stays["visitor"] = stay("粤B12348", "", vehicle="", temporary=True)
    assert orders(world.plate("粤B12348", weak={6: (150, "B")})) == []
    assert verdict(world) == ("referred", "near_miss")


def test_who_is_let_in_by_hand_while_the_near_vehicle_is_inside_is_not_booked_as_that_one() -> None:
    world = world_with()
    near(world, "粤B12348", "粤B1234B")
    world.registry.stays["s"] = stay("粤B1234B", "粤B1234B")
    world.plate("粤B12348", weak={6: (150, "B")})
    assert world.last("AccessReferred")["near"][0]["plate"] == "粤B1234B"
    let = let_in(world)
    assert (let["plate"], let.get("vehicle", ""), let["temporary"]) == ("粤B12348", "", True)
    assert "StayClosed" not in world.types()


def test_r5_a_card_beside_a_near_plate_of_another_kind_is_for_the_guard() -> None:
    world = world_with()
    near(world, "粤B12346", "粤B12345")
    world.plate("粤B12346", kind=PlateKind.COACH, color=PlateColor.YELLOW)
    assert orders(world.card()) == []
    assert verdict(world) == ("referred", "card_other_vehicle")


def test_a_mismatch_is_none_any_more_once_the_camera_reads_the_one_that_was_opened_for() -> None:
    world = world_with()
    world.plate("粤B12345", margin=400)
    world.plate("粤B1234S", margin=950)
    assert lane_view(world.state.lanes["n"])["passage"]["mismatched"] is True
    world.plate("粤B12345", margin=980)
    assert lane_view(world.state.lanes["n"])["passage"]["mismatched"] is False
    world.arm_up()
    world.drive_through()
    opened = world.last("StayOpened")
    assert (opened["plate"], opened["temporary"]) == ("粤B12345", False)


def test_a_guard_who_opened_for_a_card_with_another_plate_is_not_told_so_again_in_red() -> None:
    world = world_with()
    world.plate("粤B9999Z")
    world.card()
    world.guard(Order.OPEN, reason="visitor")
    world.plate("粤B9999Z", margin=950)
    assert lane_view(world.state.lanes["n"])["passage"]["mismatched"] is False


def test_a_near_plate_lets_the_resident_out_who_is_inside() -> None:
    world = leaving()
    near(world, "粤B12348", "粤B1234B")
    world.registry.stays["s"] = stay("粤B1234B", "粤B1234B")
    assert orders(world.plate("粤B12348", weak={6: (150, "B")}, side=Side.EXIT)) == ["up"]
    assert verdict(world) == ("granted", "near_miss_accepted")


@pytest.mark.parametrize("resident_is_inside", [True, False])
def test_a_visitor_inside_never_leaves_free_on_the_stay_of_a_resident_whose_plate_is_near(
    *, resident_is_inside: bool
) -> None:
    world = leaving()
    near(world, "粤B12348", "粤B1234B")
    world.registry.stays["visitor"] = stay("粤B12348", "", vehicle="", temporary=True)
    if resident_is_inside:
        world.registry.stays["s"] = stay("粤B1234B", "粤B1234B")
    assert orders(world.plate("粤B12348", weak={6: (150, "B")}, side=Side.EXIT)) == []
    assert verdict(world) == ("referred", "near_miss")


def test_a_near_plate_opens_no_exit_for_who_has_no_entry_on_record_whatever_the_lane_allows() -> None:
    world = leaving(unregistered_exit="admit")
    near(world, "粤B12348", "粤B1234B")
    assert orders(world.plate("粤B12348", weak={6: (150, "B")}, side=Side.EXIT)) == []
    assert verdict(world) == ("referred", "near_miss")


def test_a_near_plate_of_another_kind_than_the_registered_one_is_another_vehicle_s() -> None:
    world = world_with()
    near(world, "粤B12348", "粤B1234B")
    read = {"weak": {6: (150, "B")}, "kind": PlateKind.COACH, "color": PlateColor.YELLOW}
    assert orders(world.plate("粤B12348", **read)) == []
    assert verdict(world) == ("referred", "near_miss")


def test_an_unknown_character_never_matches() -> None:
    world = world_with()
    world.plate("粤B1234?")
    assert verdict(world) == ("referred", "plate_unreadable")


def test_a_registered_plate_read_with_doubt_is_referred() -> None:
    world = world_with()
    world.plate("粤B12345", margin=100)
    assert verdict(world) == ("referred", "plate_doubtful")


def test_what_the_camera_was_in_doubt_of_is_told_with_the_decision() -> None:
    world = world_with()
    world.plate("粤B12345", weak={2: (299, "7"), 6: (40, "SB")})
    assert world.last("AccessReferred")["doubtful"] == [
        {"position": 2, "char": "1", "margin": 299, "others": "7"},
        {"position": 6, "char": "5", "margin": 40, "others": "SB"},
    ]


def test_nothing_is_told_of_doubts_where_every_character_reached_the_lanes_margin() -> None:
    world = world_with(plate_margin=200)
    world.plate("粤B12345", weak={2: (200, "7")})
    assert "doubtful" not in world.last("AccessGranted")


def test_a_near_plate_that_opened_says_which_character_was_in_doubt() -> None:
    world = world_with()
    near(world, "粤B12348", "粤B1234B")
    world.plate("粤B12348", weak={6: (150, "B")})
    assert [each["position"] for each in world.last("AccessGranted")["doubtful"]] == [6]


def test_a_plate_that_a_guard_typed_has_no_doubtful_character() -> None:
    world = world_with()
    world.plate("粤B12345", weak={6: (40, "S")})
    world.guard(Order.CORRECT_PLATE, plate="粤B12345", reason="misread")
    last = next(event for event in reversed(world.log) if event.type.value.startswith("Access"))
    assert (last.type.value, "doubtful" in last.body) == ("AccessGranted", False)


def test_the_decision_says_where_the_plate_is_in_the_picture_it_names() -> None:
    world = world_with()
    world.plate("粤B12345", picture="a" * 64, box=(4000, 3000, 5000, 3300))
    granted = world.last("AccessGranted")
    assert (granted["picture"], granted["plate_box"]) == ("a" * 64, [4000, 3000, 5000, 3300])


def test_it_says_nothing_of_where_the_plate_is_in_another_picture() -> None:
    world = world_with()
    world.plate("粤B12345", weak={6: (40, "S")}, picture="a" * 64, box=(4000, 3000, 5000, 3300))
    world.plate("粤B12345", weak={6: (30, "S")}, picture="b" * 64, box=(4100, 3000, 5100, 3300))
    world.card()
    granted = world.last("AccessGranted")
    assert (granted["picture"], "plate_box" in granted) == ("b" * 64, False)


def test_a_clearer_read_of_the_same_vehicle_opens_after_a_doubtful_one() -> None:
    world = world_with()
    world.plate("粤B12345", margin=100)
    assert orders(world.plate("粤B12345", margin=800)) == ["up"]


# --- temporary vehicles, full, on duty -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("temporary", "answer"),
    [
        ("admit", ("granted", "temporary_admitted")),
        ("refer", ("referred", "temporary_referred")),
        ("deny", ("denied", "temporary_denied")),
    ],
)
def test_r4_a_vehicle_without_a_right_is_handled_by_the_lanes_rule(temporary: str, answer: tuple[str, str]) -> None:
    world = world_with(temporary=temporary)
    world.plate("粤B55555")
    assert verdict(world) == answer


def test_r25_a_vehicle_without_a_plate_is_never_admitted_unseen() -> None:
    world = world_with(temporary="admit", cameras=("cam",))
    world.wait(100)
    world.scan(arming=ON)
    assert orders(world.card("26:1:2")) == ["up"]
    other = world_with(temporary="admit", cameras=("cam",))
    other.registry.add_card("26:1:2", rights=())
    assert orders(other.card("26:1:2")) == []
    assert verdict(other) == ("referred", "temporary_referred")


def test_r7_a_full_car_park_admits_no_temporary_vehicle_but_its_lease_holders() -> None:
    world = world_with(temporary="admit", capacity=10)
    world.registry.base = world.registry.base.__class__(inside=10)
    assert orders(world.plate("粤B55555")) == []
    assert verdict(world) == ("denied", "full")
    again = world_with(capacity=10)
    again.registry.base = world.registry.base
    again.registry.add_vehicle("粤B12345", right(RightKind.LEASE))
    assert orders(again.plate()) == ["up"]


def test_r7_a_full_car_park_refers_who_may_be_a_lease_holder_and_denies_who_is_nobody_s() -> None:
    world = world_with(temporary="admit", capacity=10)
    world.registry.base = world.registry.base.__class__(inside=10)
    world.registry.add_vehicle("粤B12345", right(RightKind.LEASE))
    assert orders(world.plate("粤B12345", margin=100)) == []
    assert verdict(world) == ("referred", "plate_doubtful")
    world.plate("粤B55555", margin=100)
    assert verdict(world) == ("denied", "full")


@pytest.mark.parametrize("kind", [PlateKind.EMERGENCY, PlateKind.MILITARY, PlateKind.POLICE])
def test_r12_s12_a_plate_on_duty_is_the_guards_and_proves_nothing_alone(kind: PlateKind) -> None:
    world = world_with(temporary="deny")
    assert orders(world.plate("粤X1234应急", kind=kind, color=PlateColor.WHITE)) == []
    assert verdict(world) == ("referred", "on_duty_plate")
    assert world.lane().current.finding.priority
    assert orders(world.guard(Order.OPEN, reason="emergency")) == ["up"]


def test_an_old_armed_police_plate_is_void_and_an_alert() -> None:
    world = world_with()
    world.plate("WJ粤1234D", kind=PlateKind.ARMED_POLICE)
    assert verdict(world) == ("referred", "void_plate")


def test_r12_a_plate_of_the_watch_list_that_is_read_after_opening_is_an_alarm() -> None:
    world = world_with(cameras=("cam",))
    world.registry.add_vehicle("粤B12345")
    world.registry.add_card("26:1:2", "粤B12345")
    world.registry.watch["粤B66666"] = WatchEntry(id="w", value="粤B66666", reason="forced")
    assert orders(world.card("26:1:2")) == ["up"]
    assert orders(world.plate("粤B66666")) == []
    assert "watch_list" in world.alarms()


def test_r5_a_lost_card_presented_after_opening_is_an_alarm_and_its_reader_says_no() -> None:
    world = world_with()
    world.registry.add_vehicle("粤B12345")
    world.registry.add_card("26:1:9", state=RightState.LOST)
    assert orders(world.plate("粤B12345")) == ["up"]
    late = world.card("26:1:9")
    assert orders(late) == []
    assert "lost_card" in world.alarms()
    assert [each.verdict for each in late.effects if isinstance(each, AnswerReader)] == [Verdict.DENY]
    assert late.events[0].body["what"] == [{"name": "credential", "value": "26:1:9"}]


def test_a_card_refused_after_another_had_opened_is_not_the_one_that_the_stay_names() -> None:
    world = world_with()
    world.registry.add_vehicle("粤B12345")
    world.registry.add_card("26:1:2", "粤B12345")
    world.registry.add_card("26:1:9", state=RightState.LOST)
    assert orders(world.card("26:1:2")) == ["up"]
    assert orders(world.card("26:1:9")) == []
    world.arm_up()
    world.drive_through()
    assert world.last("StayOpened")["card"] == "26:1:2"


def test_r12_a_vehicle_on_the_watch_list_is_held_with_an_alarm_whatever_right_it_has() -> None:
    world = world_with()
    world.registry.watch["粤B12345"] = WatchEntry(id="w", value="粤B12345", reason="forced")
    assert orders(world.plate()) == []
    assert verdict(world) == ("referred", "watch_list")
    assert "watch_list" in world.alarms()


# --- presence ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "minutes_ago", "answer", "alarm"),
    [
        (AntiPassback.OFF, 1, ("granted", "pass_valid"), False),
        (AntiPassback.FORGIVING, 1, ("granted", "pass_valid"), False),
        (AntiPassback.SOFT, 1, ("granted", "pass_valid"), True),
        (AntiPassback.HARD, 600, ("denied", "already_inside"), True),
        (AntiPassback.TIMED, 5, ("denied", "already_inside"), True),
        (AntiPassback.TIMED, 15, ("granted", "pass_valid"), False),
    ],
)
def test_who_is_inside_may_not_come_in_again_by_the_lanes_way(
    mode: AntiPassback, minutes_ago: int, answer: tuple[str, str], alarm: bool
) -> None:
    world = world_with(antipassback=mode)
    world.registry.stays["s"] = stay(since=START - minutes_ago * MINUTE)
    world.plate()
    assert verdict(world) == answer
    assert ("passback" in world.alarms()) is alarm


def test_a_second_card_of_the_same_vehicle_is_a_second_entry_too() -> None:
    world = world_with(antipassback=AntiPassback.HARD)
    world.registry.stays["s"] = stay()
    world.card()
    assert verdict(world) == ("denied", "already_inside")


def test_a_box_that_is_cut_off_softens_presence_elsewhere_to_an_alarm() -> None:
    world = world_with(antipassback=AntiPassback.HARD)
    world.registry.stays["s"] = stay(lane="lane-of-another-box")
    assert not world.state.link_alive
    assert orders(world.plate()) == ["up"]
    assert "passback" in world.alarms()


def second_car(**lane: Any) -> World:
    """The second car of one leased space stands at the entry, the first is inside."""
    world = world_with(**lane)
    world.registry.add_vehicle("粤B12345", right(RightKind.LEASE, spaces=1))
    world.registry.stays["s"] = stay("粤B00001")
    world.plate()
    return world


def test_t14_the_second_car_of_one_space_waits_until_the_first_has_left() -> None:
    world = second_car()
    assert verdict(world) == ("referred", "space_taken")
    del world.registry.stays["s"]
    assert orders(world.plate(margin=950)) == ["up"]


def test_t14_the_second_car_is_temporary_where_temporary_vehicles_are_let_in() -> None:
    world = second_car(temporary="admit")
    assert world.last("AccessGranted")["temporary"] is True


def let_in(world: World) -> dict[str, Any]:
    """The stay that begins when the guard opens for what waits."""
    world.guard(Order.OPEN)
    world.arm_up()
    world.drive_through()
    return world.last("StayOpened")


def test_t14_the_second_car_that_a_guard_lets_in_is_temporary_and_takes_no_space() -> None:
    world = second_car()
    assert let_in(world)["temporary"] is True
    assert [each.plate for each in world.registry.stays.values() if not each.temporary] == ["粤B00001"]


@pytest.mark.parametrize(("days", "temporary"), [(-1, True), (1, False)])
def test_r5_a_doubtful_plate_that_a_guard_lets_in_is_temporary_where_its_right_has_ended(
    days: int, temporary: bool
) -> None:
    world = world_with(cameras=("cam",))
    world.registry.add_vehicle("粤B12345", right(valid_to=START + days * DAY))
    world.plate(margin=10)
    assert verdict(world) == ("referred", "plate_doubtful")
    assert let_in(world)["temporary"] is temporary


@pytest.mark.parametrize(("days", "temporary"), [(-1, True), (1, False)])
def test_r5_a_near_miss_that_a_guard_lets_in_is_temporary_where_its_right_has_ended(days: int, temporary: bool) -> None:
    world = world_with()
    near(world, "粤B12348", "粤B1234B", valid_to=START + days * DAY)
    world.plate("粤B12348")
    assert verdict(world) == ("referred", "near_miss")
    assert let_in(world)["temporary"] is temporary


# --- leaving -------------------------------------------------------------------------------------------------------


def leaving(**lane: Any) -> World:
    return world_with(direction=LaneDirection.EXIT, **lane)


@pytest.mark.parametrize(
    ("policy", "answer"),
    [
        ("admit", ("granted", "pass_valid")),
        ("refer", ("referred", "no_entry_record")),
        ("deny", ("denied", "no_entry_record")),
    ],
)
def test_t15_leaving_without_a_record_of_coming_in_is_never_silent(policy: str, answer: tuple[str, str]) -> None:
    world = leaving(unregistered_exit=policy)
    world.plate(side=Side.EXIT)
    assert verdict(world) == answer
    assert "unregistered_exit" in world.alarms()


def test_a_resident_with_an_entry_on_record_leaves_and_the_stay_is_closed() -> None:
    world = leaving()
    world.registry.stays["s"] = stay(since=START - 61 * MINUTE)
    assert orders(world.plate(side=Side.EXIT)) == ["up"]
    world.arm_up()
    world.drive_through()
    closed = world.last("StayClosed")
    assert (closed["note"], closed["minutes"], closed["entry_lane"]) == ("ok", 61, "n")


def test_who_came_in_by_plate_may_leave_by_card_alone() -> None:
    world = leaving(evidence=Evidence.CARD)
    world.registry.stays["s"] = stay()
    assert orders(world.card(side=Side.EXIT)) == ["up"]


# --- the box itself ------------------------------------------------------------------------------------------------


def test_a_registry_older_than_its_limit_lets_nobody_in_by_itself() -> None:
    world = world_with(age_limits=(AgeLimit(kind="card", hours=24),))
    world.registry.base = world.registry.base.__class__(registry=RegistryStamp(version=3, age_s=25 * 3600))
    assert orders(world.card()) == []
    assert verdict(world) == ("referred", "registry_too_old")
    other = world_with(age_limits=(AgeLimit(kind="card", hours=24),))
    other.registry.base = world.registry.base
    assert orders(other.plate()) == ["up"]


@pytest.mark.parametrize(
    ("kind", "fields", "answer"),
    [
        (RightKind.PASS, {}, ("granted", "pass_valid")),
        (RightKind.PASS, {"valid_from": START + 900 * DAY}, ("granted", "clock_untrusted_last_state")),
        (RightKind.PASS, {"valid_to": START + 30 * DAY}, ("granted", "clock_untrusted_last_state")),
        (RightKind.PASS, {"valid_to": START + DAY}, ("referred", "clock_untrusted")),
        (RightKind.PASS, {"valid_to": START - DAY}, ("referred", "clock_untrusted")),
        (RightKind.PERMIT, {"valid_to": START + 30 * DAY}, ("referred", "clock_untrusted")),
        (RightKind.PASS, {"hours": ("00:00-24:00",)}, ("referred", "clock_untrusted")),
    ],
)
def test_f18_with_a_doubtful_clock_no_right_expires_by_accident(
    kind: RightKind, fields: dict[str, Any], answer: tuple[str, str]
) -> None:
    world = world_with()
    world.registry.base = world.registry.base.__class__(clock_trusted=False)
    world.registry.add_vehicle("粤B12345", right(kind, **fields))
    world.plate()
    assert verdict(world) == answer


def test_s4_the_fifth_wrong_credential_in_a_row_is_an_alarm_and_a_good_one_ends_it() -> None:
    world = world_with()
    for _ in range(4):
        world.card("26:0:0")
    assert "wrong_credentials" not in world.alarms()
    world.card("26:0:0")
    assert "wrong_credentials" in world.alarms()
    world.card("26:1:2")
    assert "wrong_credentials" not in world.alarms()


def test_a_plate_that_nobody_stands_behind_opens_nothing() -> None:
    world = World()
    world.registry.add_vehicle()
    world.start()
    world.scan()
    assert types(world.plate()) == ["LaneObserved"]


def test_r19_people_on_foot_are_counted_in_no_lot() -> None:
    world = world_with(capacity=1, temporary="admit")
    world.registry.stays["p"] = stay(plate="", group=PERSON + "26:1:2", vehicle="")
    assert orders(world.plate("粤B55555")) == ["up"]


def test_orders_have_ranks_as_the_roles_are_listed() -> None:
    assert list(Role) == [Role.GUARD, Role.LEADER, Role.SUPERVISOR, Role.OFFICE]
