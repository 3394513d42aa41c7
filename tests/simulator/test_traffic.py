import json

import pytest

from simulator.physics.door import DoorSpec
from simulator.physics.happening import What
from simulator.physics.lane import LaneSpec
from simulator.physics.vehicle import Vehicle
from simulator.traffic.fleet import Fleet, Member, load_fleet
from simulator.traffic.player import Player
from simulator.traffic.script import Script
from simulator.truth import TruthJournal, utc_text
from simulator.world import Place, UnknownPlaceError
from simulator.yaml_file import FileError
from tests.simulator.attendant import world_of


def fleet_of(count=30):
    members = [
        Member(vehicle=Vehicle(id=f"r{n}", plate=f"粤B{n:05d}"), card=f"26:1:{n}" if n % 3 else "", who="resident")
        for n in range(1, count + 1)
    ]
    members += [Member(vehicle=Vehicle(id=f"s{n}", plate=f"粤C{n:05d}"), card="", who="stranger") for n in range(9)]
    members.append(Member(vehicle=Vehicle(id="l1", plate="粤D00001"), card="26:9:9", who="lost"))
    members.append(Member(vehicle=Vehicle(id="p1"), card="37:1:5", who="person"))
    return Fleet(members)


def play(script, *, to_ms=180_000, seed=None, refuses=()):
    specs = [LaneSpec(id="in"), LaneSpec(id="out", direction="exit"), DoorSpec(id="foot")]
    world, attendant, journal = world_of(*specs, refuses=refuses)
    player = Player(Script.model_validate({"title": "t", **script}), fleet_of(), world, seed=seed)
    player.start()
    world.advance(to_ms)
    return world, attendant, journal, player


MORNING = {
    "flows": [
        {"lane": "in", "per_hour": 200, "until": "90s"},
        {"lane": "out", "who": "inside", "per_hour": 150, "from": "30s", "until": "120s"},
    ]
}


def told(journal):
    return [(box, lane, each.at_ms, each.what, dict(each.values)) for box, lane, each in journal.lines]


def test_the_same_seed_gives_the_same_morning_and_another_seed_another():
    first, second, other = (told(play(MORNING, seed=seed)[2]) for seed in (5, 5, 6))
    assert first == second
    assert first != other
    assert len(first) > 50


def test_only_who_came_in_goes_out_and_nobody_is_in_two_places():
    _world, _attendant, journal, player = play(MORNING, seed=5)
    inside = set()
    for happening in journal.of(What.VEHICLE_CROSSED):
        vehicle = happening.values["vehicle"]
        if happening.values["direction"] == "entry":
            assert vehicle not in inside
            inside.add(vehicle)
        else:
            assert vehicle in inside
            inside.remove(vehicle)
    assert inside == set(player.presence.inside)
    assert len(journal.of(What.VEHICLE_CROSSED)) > 4


def test_a_borrowed_card_is_the_card_of_one_with_the_vehicle_of_another():
    step = {"at": "1s", "do": "vehicle", "lane": "in", "vehicle": "r3", "card": "borrowed"}
    _world, _attendant, journal, _player = play({"steps": [step]})
    (arrived,) = journal.of(What.VEHICLE_ARRIVED)
    (card,) = journal.of(What.CARD_PRESENTED)
    assert arrived.values["vehicle"] == "r3"
    assert card.values["card"] not in ("", fleet_of().find("r3").card)


def test_a_refused_driver_turns_away():
    step = {"at": "1s", "do": "vehicle", "lane": "in", "who": "stranger", "card": "lost", "patience": "6s"}
    _world, _attendant, journal, _player = play({"steps": [step]}, refuses=["26:9:9"])
    assert [each.values["card"] for each in journal.of(What.CARD_PRESENTED)] == ["26:9:9"]
    assert journal.of(What.VEHICLE_BACKED_OUT) and not journal.of(What.VEHICLE_CROSSED)


def test_a_person_steps_under_the_arm_behind_the_vehicle_while_it_is_up():
    steps = [
        {"at": "1s", "do": "vehicle", "lane": "in", "vehicle": "r1"},
        {"at": "1s", "do": "person_under_arm", "lane": "in", "for": "5s"},
    ]
    world, _attendant, journal, _player = play({"steps": steps})
    assert [each.values["on"] for each in journal.of(What.PERSON_UNDER_ARM)] == [True, False]
    assert not journal.of(What.ARM_STRUCK)
    assert world.lane(Place("north", "in")).arm.is_up  # the plain gate of this test tries only once


def test_faults_fire_scene_and_what_lies_outside_reach_the_devices():
    steps = [
        {"at": "1s", "do": "fault", "kind": "camera_cut", "box": "north", "target": "cam", "for": "5s"},
        {"at": "2s", "do": "fault", "kind": "photocell_dirty", "box": "north", "target": "in", "for": "5s"},
        {"at": "3s", "do": "fire", "box": "north", "for": "5s"},
        {"at": "4s", "do": "scene", "light": "night", "rain": 60},
        {"at": "5s", "do": "outside", "what": "broker_stop"},
    ]
    world, attendant, journal, _player = play({"steps": steps}, to_ms=5_500)
    assert attendant.faults == [("north", "camera_cut", "cam", True)]
    assert attendant.last[Place("north", "in")]["photocell"] is True
    assert attendant.last[Place("north", "foot")]["fire"] is True
    assert attendant.scenes == [("night", 60, 0)]
    assert attendant.asked == ["broker_stop"]
    world.advance(20_000)
    assert attendant.faults[-1] == ("north", "camera_cut", "cam", False)
    assert attendant.last[Place("north", "in")]["photocell"] is False
    assert attendant.last[Place("north", "foot")]["fire"] is False
    assert [each.values["on"] for each in journal.of(What.FAULT)] == [True, True, False, False]


def test_somebody_on_foot_comes_and_goes():
    steps = [{"at": "1s", "do": "walker", "lane": "foot"}]
    _world, _attendant, journal, player = play({"steps": steps})
    assert [each.values["card"] for each in journal.of(What.PERSON_CROSSED)] == ["37:1:5"]
    assert "p1" in player.presence.inside


def test_a_step_that_is_repeated_comes_as_often_as_it_says():
    step = {"at": "1s", "every": "20s", "times": 3, "do": "vehicle", "lane": "in", "who": "stranger", "patience": "4s"}
    _world, _attendant, journal, _player = play({"steps": [step]})
    assert len(journal.of(What.VEHICLE_ARRIVED)) == 3


def test_a_lane_that_does_not_exist_is_told_with_those_that_do():
    with pytest.raises(UnknownPlaceError, match=r"'inn' is not here; there are north/in, north/out, north/foot"):
        play({"steps": [{"at": "1s", "do": "button", "lane": "inn"}]})


# --- files ---------------------------------------------------------------------------------------------------------


def test_the_journal_writes_the_lines_that_the_contract_names(tmp_path):
    journal = TruthJournal(tmp_path / "truth.jsonl", lambda ms: 1_700_000_000_000_000 + ms * 1_000)
    world, _attendant, recorded = world_of(LaneSpec(id="in"))
    world.send_vehicle(Place("north", "in"), Vehicle(id="v1", plate="粤B12345"), plan_with("26:1:1"))
    world.advance(60_000)
    for box, lane, happening in recorded.lines:
        journal.write(box, lane, happening)
    journal.close()
    lines = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text("utf-8").splitlines()]
    arrived = next(line for line in lines if line["what"] == "vehicle_arrived")
    assert (arrived["box"], arrived["lane"], arrived["vehicle"], arrived["plate"]) == ("north", "in", "v1", "粤B12345")
    assert arrived["t"].endswith("Z") and len(arrived["t"]) == 27
    whats = [line["what"] for line in lines]
    for what in ("card_presented", "arm", "vehicle_crossed", "vehicle_left"):
        assert what in whats


def plan_with(card):
    from simulator.physics.driver import Plan

    return Plan(card=card)


def test_times_are_written_with_six_digits_of_the_second():
    assert utc_text(1_700_000_000_000_007) == "2023-11-14T22:13:20.000007Z"


def test_a_fleet_is_read_from_csv(tmp_path):
    path = tmp_path / "fleet.csv"
    path.write_text("vehicle,plate,card,who,body\nv1,粤B12345,26:1:2,resident,bus\np1,,26:1:3,person,\n", "utf-8")
    fleet = load_fleet(path)
    assert fleet.find("v1").vehicle.length_m == 9.0
    assert [each.vehicle.id for each in fleet.of("person")] == ["p1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vehicle,plate,who\nv1,a,b\n", ":1: card: this column is missing"),
        ("vehicle,plate,card,who\n,a,,b\n", ":2: vehicle: expected an id"),
        ("vehicle,plate,card,who,body\nv1,a,,b,boat\n", ":2: body: expected one of car"),
        ("vehicle,plate,card,who,length_m\nv1,a,,b,40\n", ":2: length_m: expected 2 to 14"),
        ("vehicle,plate,card,who\nv1,a,,b\nv1,c,,d\n", "'v1' stands in it twice"),
    ],
)
def test_a_mistake_in_the_fleet_is_told_with_its_line(tmp_path, text, said):
    path = tmp_path / "fleet.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(FileError, match=said):
        load_fleet(path)
