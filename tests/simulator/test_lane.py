import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.physics.driver import Manner, Plan
from simulator.physics.happening import What
from simulator.physics.vehicle import Vehicle
from tests.simulator.attendant import closes_when_clear, new_lane, run_lane


def car(number=1, **values):
    return Vehicle(id=f"v{number}", plate=f"粤B1234{number}", **values)


def whats(happened):
    return [each.what for each in happened]


def opens_at(lane, at_ms, to_ms=60_000, **kw):
    before = run_lane(lane, at_ms, **kw)
    lane.order("up")
    after = run_lane(lane, to_ms, **kw)
    return before[0] + after[0], before[1] + after[1]


def test_a_vehicle_stops_at_the_line_while_the_arm_is_down():
    lane = new_lane()
    lane.arrive(car(), Plan(patience_ms=120_000))
    changes, happened = run_lane(lane, 60_000)
    assert [(name, value) for _ms, name, value in changes] == [("arming", True)]
    assert whats(happened) == [What.VEHICLE_ARRIVED]
    assert lane.find("v1").motion.front_m == pytest.approx(lane.geometry.stop_line_m, abs=0.2)


def test_a_passage_shows_at_the_inputs_in_the_order_in_which_a_vehicle_rolls_over_them():
    lane = new_lane()
    lane.arrive(car(), Plan())
    changes, happened = opens_at(lane, 10_000, on_inputs=closes_when_clear)
    seen = [(name, value) for _ms, name, value in changes]
    expected = [("arming", True), ("limit_up", True), ("closing", True), ("photocell", True), ("arming", False)]
    expected += [("leaving", True), ("photocell", False), ("closing", False), ("limit_down", True)]
    places = [seen.index(each) for each in expected]
    assert places == sorted(places)
    assert whats(happened).count(What.VEHICLE_CROSSED) == 1
    assert whats(happened)[-1] is What.VEHICLE_LEFT
    assert lane.next_wake() is None


def test_a_driver_whose_patience_ends_backs_out_and_is_not_taken_for_one_who_crossed():
    lane = new_lane()
    lane.arrive(car(), Plan(patience_ms=5_000))
    _changes, happened = run_lane(lane, 60_000)
    assert whats(happened) == [What.VEHICLE_ARRIVED, What.VEHICLE_BACKED_OUT, What.VEHICLE_LEFT]
    assert lane.find("v1") is None


def test_two_cars_can_back_out_of_a_queue_without_touching():
    lane = new_lane()
    lane.arrive(car(1), Plan(patience_ms=9_000))
    lane.arrive(car(2), Plan(patience_ms=9_000))
    _changes, happened = run_lane(lane, 120_000)
    assert whats(happened).count(What.VEHICLE_BACKED_OUT) == 2
    assert whats(happened).count(What.VEHICLE_CROSSED) == 0


def test_the_second_in_the_queue_waits_for_a_lift_of_its_own():
    lane = new_lane()
    lane.arrive(car(1), Plan())
    lane.arrive(car(2), Plan(patience_ms=600_000))
    _changes, happened = opens_at(lane, 10_000, on_inputs=closes_when_clear)
    assert [each.values["vehicle"] for each in happened if each.what is What.VEHICLE_CROSSED] == ["v1"]
    assert lane.find("v2") is not None


def test_an_arm_that_stays_up_lets_the_queue_through():
    lane = new_lane()
    for number in (1, 2, 3):
        lane.arrive(car(number), Plan(patience_ms=600_000))
    _changes, happened = opens_at(lane, 10_000, to_ms=120_000)
    assert whats(happened).count(What.VEHICLE_CROSSED) == 3


def test_a_tailgater_follows_on_the_same_lift_and_the_loop_under_the_arm_tells_them_apart():
    lane = new_lane()
    lane.arrive(car(1), Plan())
    lane.arrive(car(2), Plan(manner=Manner.TAILGATE, gap_m=1.6))
    changes, happened = opens_at(lane, 12_000)
    crossed = [each for each in happened if each.what is What.VEHICLE_CROSSED]
    assert [each.values["vehicle"] for each in crossed] == ["v1", "v2"]
    assert crossed[1].at_ms - crossed[0].at_ms < 5_000
    assert [value for _ms, name, value in changes if name == "closing"] == [True, False, True, False]


def test_who_forces_the_arm_knocks_the_boom_off_and_somebody_puts_it_back():
    lane = new_lane(repair_ms=5_000)
    lane.arrive(car(), Plan(manner=Manner.FORCE, patience_ms=2_000))
    changes, happened = run_lane(lane, 60_000)
    struck = [each for each in happened if each.what is What.ARM_STRUCK]
    assert [each.values["by"] for each in struck] == ["vehicle"]
    assert What.VEHICLE_CROSSED in whats(happened)
    assert [value for _ms, name, value in changes if name == "fault"] == [True, False]
    assert ("limit_up", True) not in [(name, value) for _ms, name, value in changes]


def test_one_who_hesitates_stands_under_the_arm_for_a_while():
    lane = new_lane()
    lane.arrive(car(), Plan(manner=Manner.HESITATE, pause_ms=7_000))
    changes, happened = opens_at(lane, 10_000, on_inputs=closes_when_clear)
    on_ms, off_ms = (ms for ms, name, _value in changes if name == "closing")
    assert off_ms - on_ms > 7_000
    assert What.VEHICLE_CROSSED in whats(happened)


def test_one_who_turns_back_under_the_arm_has_not_crossed():
    lane = new_lane()
    lane.arrive(car(), Plan(manner=Manner.BACK_OUT_UNDER_ARM, pause_ms=2_000))
    changes, happened = opens_at(lane, 10_000, on_inputs=closes_when_clear)
    assert ("closing", True) in [(name, value) for _ms, name, value in changes]
    assert What.VEHICLE_CROSSED not in whats(happened)
    assert What.VEHICLE_BACKED_OUT in whats(happened)
    assert lane.arm.is_down


def test_one_who_abandons_the_vehicle_blocks_the_lane_and_comes_back_for_it():
    lane = new_lane()
    lane.arrive(car(), Plan(manner=Manner.ABANDON, patience_ms=2_000, away_ms=30_000))
    changes, happened = run_lane(lane, 120_000)
    on_ms, off_ms = (ms for ms, name, _value in changes if name == "arming")
    assert off_ms - on_ms > 30_000
    assert whats(happened)[-2:] == [What.VEHICLE_BACKED_OUT, What.VEHICLE_LEFT]


def test_loops_do_not_see_a_person_under_the_arm_and_the_photocell_does():
    lane = new_lane()
    lane.person_under_arm(3_000)
    changes, happened = run_lane(lane, 20_000)
    assert [(name, value) for _ms, name, value in changes] == [("photocell", True), ("photocell", False)]
    assert [each.values["on"] for each in happened if each.what is What.PERSON_UNDER_ARM] == [True, False]


def test_the_barriers_own_board_turns_a_falling_arm_round_above_a_person():
    lane = new_lane()
    lane.order("up")
    run_lane(lane, 3_000)
    lane.order("down")
    run_lane(lane, 3_300)
    lane.person_under_arm(4_000)
    _changes, happened = run_lane(lane, 20_000)
    assert What.ARM_REVERSED in whats(happened)
    assert What.ARM_STRUCK not in whats(happened)
    assert lane.arm.is_up


def test_an_order_to_lower_onto_somebody_is_vetoed_by_the_board_and_stands_in_the_journal():
    lane = new_lane()
    lane.order("up")
    run_lane(lane, 3_000)
    lane.person_under_arm(4_000)
    run_lane(lane, 4_000)
    lane.order("down")
    _changes, happened = run_lane(lane, 20_000)
    assert What.DOWN_VETOED in whats(happened)
    assert lane.arm.is_up


def test_without_that_board_the_arm_comes_down_on_whoever_is_there():
    lane = new_lane(own_safety=False)
    lane.order("up")
    run_lane(lane, 3_000)
    lane.person_under_arm(20_000)
    lane.order("down")
    _changes, happened = run_lane(lane, 20_000)
    assert [each.values["by"] for each in happened if each.what is What.ARM_STRUCK][:1] == ["arm"]


def test_a_relay_that_is_held_closed_keeps_the_arm_up_against_a_down():
    lane = new_lane()
    lane.relay("up", True)
    run_lane(lane, 3_000)
    lane.relay("down", True)
    run_lane(lane, 6_000)
    assert lane.arm.is_up
    lane.relay("up", False)
    lane.relay("down", False)
    lane.relay("down", True)
    run_lane(lane, 9_000)
    assert lane.arm.is_down


def test_the_open_button_shows_at_its_input_and_moves_the_arm_where_it_is_wired_to_it():
    wired, alone = new_lane(), new_lane(button_opens=False)
    for lane, is_up in ((wired, True), (alone, False)):
        lane.press_button()
        changes, _happened = run_lane(lane, 5_000)
        assert [value for _ms, name, value in changes if name == "button"] == [False]
        assert lane.arm.is_up is is_up


def test_on_a_two_way_lane_the_later_one_waits_for_the_first():
    lane = new_lane(direction="both")
    lane.arrive(car(1), Plan(patience_ms=600_000), "entry")
    run_lane(lane, 3_000)
    lane.arrive(car(2), Plan(patience_ms=600_000), "exit")
    changes, happened = opens_at(lane, 15_000, to_ms=45_000, on_inputs=closes_when_clear)
    assert ("leaving", True) in [(name, value) for _ms, name, value in changes]
    crossed = [each.values for each in happened if each.what is What.VEHICLE_CROSSED]
    assert [(each["vehicle"], each["direction"]) for each in crossed] == [("v1", "entry")]
    lane.order("up")
    _changes, happened = run_lane(lane, 90_000)
    crossed = [each.values for each in happened if each.what is What.VEHICLE_CROSSED]
    assert [(each["vehicle"], each["direction"]) for each in crossed] == [("v2", "exit")]


@pytest.mark.parametrize("step_ms", [7, 50, 333])
def test_how_often_time_is_looked_at_does_not_change_what_happens(step_ms):
    def run(step):
        lane = new_lane()
        lane.arrive(car(1), Plan(card="26:1:1"))
        lane.arrive(car(2), Plan(patience_ms=9_000))
        run_lane(lane, 10_000, step_ms=step)
        lane.order("up")
        happened = run_lane(lane, 40_000, step_ms=step)[1]
        return [(each.at_ms, each.what, dict(each.values)) for each in happened]

    assert run(step_ms) == run(None)


def test_an_empty_lane_never_wants_to_be_woken():
    lane = new_lane()
    lane.advance(1_000_000)
    assert lane.next_wake() is None


MANNERS = st.sampled_from(list(Manner))
ACTS = st.lists(
    st.tuples(st.integers(0, 9_000), st.sampled_from(["up", "down", "stop", "car", "person", "button", "stick"])),
    max_size=30,
)


@settings(max_examples=40, deadline=None)
@given(acts=ACTS, manner=MANNERS)
def test_whatever_is_ordered_vehicles_never_overlap_and_a_board_with_safety_never_strikes(acts, manner):
    lane, number = new_lane(), 0
    happened = []
    for wait_ms, act in acts:
        until_ms = lane.now_ms + wait_ms
        while (wake_ms := lane.next_wake()) is not None and wake_ms <= until_ms:
            lane.advance(wake_ms)
            bodies = sorted(lane.columns[0].bodies())
            assert all(ahead[0] > behind[1] for behind, ahead in itertools.pairwise(bodies))
            assert 0 <= lane.arm.angle_deg <= 90
        lane.advance(until_ms)
        happened += lane.take_happenings()
        if act == "car":
            number += 1
            lane.arrive(car(number), Plan(manner=manner, patience_ms=6_000, pause_ms=3_000, away_ms=8_000))
        elif act == "person":
            lane.person_under_arm(3_000)
        elif act == "button":
            lane.press_button()
        elif act == "stick":
            lane.arm.faults.stuck = not lane.arm.faults.stuck
        else:
            lane.order(act)
    assert [each.at_ms for each in happened] == sorted(each.at_ms for each in happened)
    struck = [each for each in happened if each.what is What.ARM_STRUCK and each.values["by"] == "arm"]
    assert not struck
