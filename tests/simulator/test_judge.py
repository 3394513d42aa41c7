import pytest

from demo.judge import judge
from demo.report import percentile, report
from tests.simulator.evidence_maker import Maker, clean_events, clean_truth, event, truth


@pytest.fixture
def maker(tmp_path):
    return Maker(tmp_path)


def found(maker):
    return {violation.rule for violation in judge(maker.evidence()).violations}


def test_a_clean_run_has_no_violation(maker):
    judgement = judge(maker.evidence())
    assert judgement.violations == ()
    assert judgement.is_clean


# --- who went through ----------------------------------------------------------------------------------------------


def test_a_run_without_traffic_fails(maker):
    maker.truth = [truth(1, "fault", lane=None, kind="camera_cut", on=True)]
    assert "no_traffic" in found(maker)


def test_a_run_in_which_nobody_got_through_fails(maker):
    maker.truth = [line for line in maker.truth if line["what"] != "vehicle_crossed"]
    assert "no_traffic" in found(maker)


def test_a_crossing_without_a_passage_is_found(maker):
    maker.truth += clean_truth(60, vehicle="v9")
    assert "crossing_without_passage" in found(maker)


def test_a_passage_without_a_crossing_is_found(maker):
    maker.events += clean_events(60, "p9")
    maker.stays.append(("p9", None))
    assert "passage_without_crossing" in found(maker)


def test_a_passage_whose_vehicle_the_end_of_the_run_caught_half_a_second_before_it_crossed_is_no_fault(maker):
    maker.truth += [line for line in clean_truth(60, vehicle="v9") if line["what"] in ("vehicle_arrived", "under_arm")]
    maker.events += clean_events(60, "p9")
    maker.stays.append(("p9", None))
    assert "passage_without_crossing" not in found(maker)
    maker.truth.append(truth(80, "vehicle_arrived", vehicle="v8", plate="粤D00001", direction="entry"))
    (maker.folder / "gate.db").unlink()
    assert "passage_without_crossing" in found(maker), "the run went on, and it never crossed"


def test_a_passage_on_another_lane_is_none_for_this_crossing(maker):
    maker.truth += clean_truth(60, vehicle="v9", lane="in")
    maker.events += clean_events(60, "p9", lane="out")
    maker.stays.append(("p9", None))
    assert {"crossing_without_passage", "passage_without_crossing"} <= found(maker)


def test_two_passages_for_one_crossing_are_one_too_many(maker):
    maker.events += clean_events(2, "p9")
    maker.stays.append(("p9", None))
    assert "passage_without_crossing" in found(maker)


def test_a_passage_that_ended_as_turned_away_is_none_for_a_crossing(maker):
    for one in maker.events:
        if one["type"] == "PassageCompleted" and one["passage"] == "p1":
            one["type"] = "PassageTurnedAway"
    assert "crossing_without_passage" in found(maker)


def test_a_crossing_while_the_board_was_known_to_be_lost_needs_no_passage(maker):
    maker.truth += [truth(70, "vehicle_crossed", vehicle="v9", plate="粤D00001", direction="entry")]
    maker.events.append(event(60, "DeviceLost", device="b1", device_kind="board", condition="lost"))
    assert found(maker) == set()
    maker.events.append(event(63, "DeviceBack", device="b1", device_kind="board", condition="online"))
    (maker.folder / "gate.db").unlink()
    assert found(maker) == {"crossing_without_passage"}


def test_a_vehicle_that_nobody_could_see_does_not_push_its_passage_onto_the_next_one(maker):
    maker.truth += clean_truth(60, vehicle="v8", plate="京A77777", card="")
    maker.truth += [truth(66, "vehicle_crossed", vehicle="v9", plate="粤D00001", direction="entry")]
    maker.events += [
        event(63, "DeviceLost", device="b1", device_kind="board", condition="lost"),
        event(68, "DeviceBack", device="b1", device_kind="board", condition="online"),
        *clean_events(60, "p9", plate="京A77777", card=""),
    ]
    maker.stays.append(("p9", None))
    assert found(maker) == set()


def test_a_vehicle_taken_for_another_is_no_violation_when_an_alarm_said_so(maker):
    for one in maker.events:
        if one["passage"] == "p1" and "plate" in one["body"]:
            one["body"]["plate"] = "京A77777"
    maker.events.append(event(8, "AlarmRaised", "p1", alarm="mismatch:in:p1", kind="mismatch"))
    assert found(maker) == set()


def test_a_lane_that_was_blind_in_the_middle_of_a_passage_may_take_one_vehicle_for_another(maker):
    for one in maker.events:
        if one["passage"] == "p1" and "plate" in one["body"]:
            one["body"]["plate"] = "京A77777"
    assert found(maker) == {"wrong_vehicle"}
    (maker.folder / "gate.db").unlink()
    maker.events += [
        event(4, "DeviceLost", device="b1", device_kind="board", condition="lost"),
        event(5, "DeviceBack", device="b1", device_kind="board", condition="online"),
    ]
    assert found(maker) == set()


@pytest.mark.parametrize("gap", [0, 30])
def test_a_daemon_that_was_stopped_on_purpose_cannot_see(maker, gap):
    maker.truth += [
        {**truth(60, "outside", do="daemon_stop"), "lane": None},
        {**truth(64, "outside", do="daemon_start"), "lane": None},
        truth(66 + gap, "vehicle_crossed", vehicle="v9", plate="粤D00001", direction="entry"),
    ]
    assert found(maker) == (set() if gap == 0 else {"crossing_without_passage"})


@pytest.mark.parametrize(("key", "value"), [("plate", "京A77777"), ("direction", "exit"), ("card", "26:5:5")])
def test_a_passage_of_another_vehicle_is_found(maker, key, value):
    if key == "card":
        maker.truth.append(truth(2, "card_presented", vehicle="v7", card=value, side="entry"))
    for one in maker.events:
        if one["passage"] == "p1" and key in one["body"]:
            one["body"][key] = value
    assert "wrong_vehicle" in found(maker)


def test_one_confused_character_is_a_misread_and_no_other_vehicle(maker):
    for one in maker.events:
        if one["passage"] == "p1" and "plate" in one["body"]:
            one["body"]["plate"] = "粤B1234S"
    assert found(maker) == set()


def test_a_passage_that_never_ends_is_found_when_the_lane_is_empty(maker):
    maker.events.append(event(100, "VehicleArrived", "p9", side="entry", direction="entry"))
    maker.truth.append(truth(400, "fault", lane=None, kind="camera_cut", on=False))
    assert found(maker) == {"passage_without_end"}


def test_a_stranger_who_was_admitted_by_the_box_alone_is_found(maker):
    maker.fleet[0] = ("v1", "粤B12345", "26:1:1", "stranger")
    assert "stranger_admitted" in found(maker)


@pytest.mark.parametrize(
    "extra",
    [
        event(3, "ManualOpening", "p1", actor="user:wang", order="open", reason="guest"),
        event(3, "AccessGranted", "p1", actor="camera:c1", temporary=True, reason="temporary_admitted"),
        event(0.5, "LaneModeChanged", mode="held_open", was="normal", reason="peak"),
    ],
)
def test_a_stranger_may_be_let_in_by_a_person_or_by_the_rules(maker, extra):
    maker.fleet[0] = ("v1", "粤B12345", "26:1:1", "stranger")
    maker.events.append(extra)
    assert found(maker) == set()


@pytest.mark.parametrize(("normal_at", "expected"), [(9.5, set()), (0.6, {"stranger_admitted"})])
def test_a_stranger_may_drive_through_an_arm_that_a_fire_opened_but_not_long_after(maker, normal_at, expected):
    maker.fleet[0] = ("v1", "粤B12345", "26:1:1", "stranger")
    maker.events += [
        event(0.2, "LaneModeChanged", mode="fire", was="normal", reason="fire"),
        event(normal_at, "LaneModeChanged", mode="normal", was="fire", reason="drill"),
    ]
    assert found(maker) == expected


def test_a_borrowed_card_that_opened_although_the_plate_was_read_is_found(maker):
    maker.fleet = [("v1", "粤B12345", "26:7:7", "resident"), ("v2", "粤B54321", "26:1:1", "resident")]
    assert "borrowed_card_admitted" in found(maker)


# --- the arm -------------------------------------------------------------------------------------------------------


def test_an_arm_that_came_down_on_somebody_is_found(maker):
    maker.truth.append(truth(10.5, "arm_struck", by="arm", vehicle="v1"))
    assert found(maker) == {"arm_lowered_onto"}


def test_an_arm_that_a_vehicle_ran_into_is_not_the_daemons_fault(maker):
    maker.truth.append(truth(6, "arm_struck", by="vehicle", vehicle="v1"))
    assert found(maker) == set()


@pytest.mark.parametrize(
    "line", [{"what": "down_vetoed", "because": "closing"}, {"what": "arm", "position": "falling"}]
)
def test_an_order_to_lower_while_somebody_stands_there_is_found_even_if_the_board_saved_him(maker, line):
    what = line.pop("what")
    maker.truth.append(truth(8.0, what, **line))
    assert "arm_lowered_onto" in found(maker)


def test_somebody_who_stepped_in_within_the_blink_of_a_race_is_no_violation(maker):
    maker.truth.append(truth(7.1, "down_vetoed", because="closing"))
    assert found(maker) == set()


def test_an_arm_that_rose_by_itself_is_found(maker):
    maker.truth += [truth(70, "arm", position="rising"), truth(72, "arm", position="up")]
    assert found(maker) == {"cycle_unexplained"}


def test_one_order_explains_one_cycle_only(maker):
    maker.truth += [
        truth(3.45, "arm", position="down"),
        truth(3.5, "arm", position="rising"),
    ]
    assert found(maker) == {"cycle_unexplained"}


def test_the_button_explains_a_cycle_and_has_to_be_on_record(maker):
    maker.truth += [truth(70, "button", name="open"), truth(70.1, "arm", position="rising")]
    assert found(maker) == {"button_unrecorded"}
    (maker.folder / "gate.db").unlink()
    maker.events.append(event(70.3, "ManualOpening", "p1", order="open", reason="button_pressed"))
    assert found(maker) == set()


@pytest.mark.parametrize("because", ["", "ManualOpening"])
def test_an_order_without_a_reason_before_it_is_found(maker, because):
    for one in maker.events:
        if one["type"] == "BarrierOrdered" and one["passage"] == "p1":
            one["body"]["because"] = because
    assert found(maker) == {"order_without_reason"}


# --- the record ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE events SET body = replace(body, '粤B12345', '粤B12346') WHERE seq = 2",
        "UPDATE events SET prev = hash WHERE seq = 3",
        "UPDATE events SET lane = 'out' WHERE seq = 1",
        "DELETE FROM events WHERE seq = 4",
        "DELETE FROM events WHERE seq = 1",
    ],
)
def test_a_log_that_was_tampered_with_is_found(maker, tampering):
    maker.after_write.append(tampering)
    assert "chain_broken" in found(maker)


def test_an_empty_log_is_found(maker):
    maker.after_write.append("DELETE FROM events")
    assert "nothing_recorded" in found(maker)


def test_an_event_that_the_centre_never_got_is_found(maker):
    maker.received_skip = {3}
    assert {"lost_at_centre", "acknowledged_and_lost"} <= found(maker)
    (maker.folder / "gate.db").unlink()
    maker.unacked = {3}
    assert found(maker) == {"lost_at_centre"}


def test_an_event_that_the_centre_kept_twice_is_found(maker):
    maker.received_twice = {2}
    assert found(maker) == {"doubled_at_centre"}


def test_an_event_that_changed_on_the_way_is_found(maker):
    maker.received_change = {2: {"hash": "f" * 64}}
    assert found(maker) == {"altered_at_centre"}


@pytest.mark.parametrize(
    "tampering",
    ["UPDATE passages SET outcome = 'forced' WHERE id = 'p1'", "DELETE FROM passages WHERE id = 'p1'"],
)
def test_a_read_model_that_tells_another_story_is_found(maker, tampering):
    maker.after_write.append(tampering)
    assert found(maker) == {"read_model_differs"}


def test_a_passage_with_two_ends_is_found(maker):
    maker.events.append(event(12, "PassageTimedOut", "p1"))
    assert "two_ends" in found(maker)


def test_a_stay_that_was_closed_twice_is_found(maker):
    maker.events.append(event(50, "StayClosed", stay="p1"))
    assert found(maker) == {"stay_doubled"}


def test_a_table_of_stays_that_does_not_add_up_is_found(maker):
    maker.stays = [("p1", None)]
    assert found(maker) == {"stays_differ"}


def test_an_entry_with_leave_that_opened_no_stay_is_found(maker):
    maker.events = [one for one in maker.events if one["type"] != "StayOpened"]
    maker.stays = []
    assert "entry_without_stay" in found(maker)


def test_somebody_on_foot_needs_no_stay(maker):
    who = {"person": "p1", "card": "26:1:9", "way": "card"}
    maker.truth += [truth(60, "person_arrived", "foot", **who), truth(63, "person_crossed", "foot", **who)]
    body = {"side": "entry", "direction": "entry", "card": "26:1:9", "group": "g9"}
    maker.events += [
        event(61, "AccessGranted", "p9", "foot", "reader:r9", **body),
        event(64, "PassageCompleted", "p9", "foot", **body),
    ]
    assert found(maker) == set()


# --- people on foot ------------------------------------------------------------------------------------------------


def test_somebody_who_went_through_a_gate_for_people_without_a_record_is_found(maker):
    who = {"person": "p1", "card": "26:1:9", "way": "card"}
    maker.truth += [truth(60, "person_arrived", "foot", **who), truth(63, "person_crossed", "foot", **who)]
    assert found(maker) == {"person_without_passage"}


def test_a_forced_door_without_an_alarm_is_found(maker):
    maker.truth += [truth(60, "door", "foot", open=True, forced=True)]
    assert found(maker) == {"door_forced_unnoticed"}
    (maker.folder / "gate.db").unlink()
    maker.events.append(event(61, "AlarmRaised", lane="foot", alarm="door_forced:foot", kind="door_forced"))
    assert found(maker) == set()


# --- evidence that cannot be read ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["truth.jsonl", "gate.db", "received.jsonl", "fleet.csv"])
def test_missing_evidence_is_a_violation_and_never_a_pass(maker, name):
    evidence = maker.evidence()
    (maker.folder / name).unlink()
    assert [violation.rule for violation in judge(evidence).violations] == ["evidence"]


@pytest.mark.parametrize("text", ['{"t": "yesterday"}', "[1]", "no json", '{"t": "2026-01-01T00:00:00Z"}'])
def test_a_journal_that_is_none_is_a_violation_with_its_line(maker, text):
    evidence = maker.evidence()
    evidence.truth.write_text(text + "\n", "utf-8")
    (violation,) = judge(evidence).violations
    assert "truth.jsonl:1:" in violation.words


# --- figures -------------------------------------------------------------------------------------------------------


def test_the_report_has_the_members_of_the_contract(maker):
    told = report(judge(maker.evidence()), seed=7, seconds=60.04)
    assert told["passages"]["attempted"] == 2 and told["passages"]["admitted"] == 2
    assert {"attempted", "admitted", "held", "refused", "forced"} <= set(told["passages"])
    assert told["violations"] == []
    assert told["events"] == told["acked_by_centre"] == len(maker.events)
    assert told["lost"] == told["duplicated"] == 0
    assert told["swipe_to_order_ms"] == {"p50": 80.0, "p99": 80.0, "count": 2}
    assert told["frame_to_decision_ms"]["p50"] is None
    assert told["barrier"] == {"cycles": 2, "explained": 2, "unexplained": 0}
    assert (told["seed"], told["seconds"]) == (7, 60.0)


def test_violations_stand_in_the_report_with_their_words(maker):
    maker.received_skip = {3}
    told = report(judge(maker.evidence()), seed=1, seconds=1)
    assert told["lost"] == 1
    assert {each["rule"] for each in told["violations"]} == {"lost_at_centre", "acknowledged_and_lost"}


def test_a_report_can_be_made_of_evidence_that_could_not_be_read(maker):
    evidence = maker.evidence()
    (maker.folder / "gate.db").unlink()
    told = report(judge(evidence), seed=1, seconds=1)
    assert told["events"] == 0 and len(told["violations"]) == 1


def test_percentiles_are_by_nearest_rank():
    values = [float(each) for each in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile([], 0.5)) == (50.0, 99.0, None)
