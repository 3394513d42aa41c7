"""Facts about the box and its devices: rules, registry, clock, link, alarms, pictures (R2, S2, S3, F9, F30)."""

from dataclasses import replace

import pytest

from controller.domain.codec import from_plain
from controller.domain.decide import decide
from controller.domain.facts import (
    BarrierAnswer,
    BoxAlarm,
    BoxStarted,
    CardRead,
    ClockState,
    DeviceState,
    DoorState,
    LinkState,
    PictureFailed,
    PictureTaken,
    RegistryChange,
    RegistryMoved,
    RemoteStay,
    RulesLoaded,
    TimerDue,
)
from controller.domain.known import NOTHING
from controller.domain.rules import LaneRules, SiteRules
from controller.domain.terms import BarrierOrder, LaneMode, OrderOutcome, Role, Side
from controller.domain.turn import changed
from tests.domain.world import DOOR_AT_REST, ON, World, types


def device(world: World, condition: str, name: str = "r1", kind: str = "reader") -> list[str]:
    fact = DeviceState(**world.stamp(), lane="n", device=name, device_kind=kind, condition=condition)
    return types(world.give(fact))


def test_s2_a_lost_device_is_an_event_and_an_alarm_until_it_is_back() -> None:
    world = World()
    assert device(world, "lost") == ["DeviceLost", "AlarmRaised"]
    assert device(world, "lost") == []
    assert device(world, "online") == ["DeviceBack", "AlarmCleared"]
    assert world.alarms() == []


def test_tamper_is_an_alarm_of_its_own_and_not_a_lost_device() -> None:
    world = World()
    device(world, "tamper")
    assert world.lane().alarms == ("tamper:r1",)
    device(world, "lost")
    assert world.lane().alarms == ("device_lost:r1",)


def test_the_rules_in_force_are_recorded_in_full_so_that_the_log_alone_can_replay() -> None:
    world = World()
    rules = SiteRules(
        site="s", box="b", lanes=(LaneRules(id="n", name="North", staffed=True), LaneRules(id="x", name="x"))
    )
    decision = world.give(RulesLoaded(**world.stamp(), rules=rules))
    body = decision.events[0].body
    assert from_plain(SiteRules, body["rules"]) == rules
    assert len(body["hash"]) == 64
    assert set(decision.state.lanes) == {"n", "x"}
    assert decision.state.lanes["n"].mode is LaneMode.STAFFED


def test_a_passage_in_progress_survives_new_rules() -> None:
    world = World()
    world.start()
    world.scan()
    world.scan(arming=ON)
    before = world.lane().current
    world.give(RulesLoaded(**world.stamp(), rules=world.rules))
    assert world.lane().current == before


def test_a_registry_change_is_recorded_with_its_person_and_row() -> None:
    world = World()
    row = '{"id":"c-1","state":"lost"}'
    fact = RegistryChange(**world.stamp(), user="wang", role=Role.GUARD, change="upsert", table="cards", row=row)
    event = world.give(fact).events[0]
    assert event.body["row_id"] == "c-1"
    assert event.body["row"] == row
    assert event.actor == "user:wang"
    broken = RegistryChange(**world.stamp(), user="w", role=Role.GUARD, change="upsert", table="cards", row="not json")
    assert world.give(broken).events[0].body["row_id"] == ""


def test_registry_stays_elsewhere_and_the_link_are_recorded_as_they_come() -> None:
    world = World()
    assert types(world.give(RegistryMoved(**world.stamp(), version=4, hash="h"))) == ["RegistryMoved"]
    stay = RemoteStay(**world.stamp(), stay="s", group="g", plate="p", from_lane="l", since=1, inside=True, version=2)
    assert types(world.give(stay)) == ["RemoteStay"]
    assert types(world.give(LinkState(**world.stamp(), alive=True))) == ["LinkChanged"]
    assert world.state.link_alive


def test_s3_a_clock_that_is_not_trusted_or_steps_far_is_an_alarm() -> None:
    world = World()
    assert types(world.give(ClockState(**world.stamp(), trusted=False))) == ["ClockChanged", "AlarmRaised"]
    assert types(world.give(ClockState(**world.stamp(), trusted=True))) == ["ClockChanged", "AlarmCleared"]
    assert types(world.give(ClockState(**world.stamp(), trusted=True, step_us=9_000_000)))[-1] == "AlarmRaised"


def test_an_alarm_of_the_box_is_raised_once_and_cleared_once() -> None:
    world = World()
    assert types(world.give(BoxAlarm(**world.stamp(), alarm="disk", on=True, detail="full"))) == ["AlarmRaised"]
    assert types(world.give(BoxAlarm(**world.stamp(), alarm="disk", on=True))) == []
    assert types(world.give(BoxAlarm(**world.stamp(), alarm="disk", on=False))) == ["AlarmCleared"]


@pytest.mark.parametrize("kind", ["log_restored", "unrecordable"])
def test_what_happened_is_told_each_time_it_happens_and_until_the_next_start(kind: str) -> None:
    world = World()
    world.start()
    for expected in (["AlarmRaised"], ["AlarmCleared", "AlarmRaised"]):
        assert types(world.give(BoxAlarm(**world.stamp(), alarm=kind, on=True, detail="x"))) == expected
    started = world.give(BoxStarted(**world.stamp(), version="2", clock_trusted=True))
    assert types(started) == ["BoxStarted", "AlarmCleared"]
    assert world.state.alarms == ()


def test_f18_a_step_of_the_clock_does_not_hide_that_it_is_not_trusted_afterwards() -> None:
    world = World()
    world.give(ClockState(**world.stamp(), trusted=True, step_us=9_000_000))
    doubt = world.give(ClockState(**world.stamp(), trusted=False))
    assert types(doubt) == ["ClockChanged", "AlarmRaised"]
    assert doubt.events[1].body["kind"] == "clock"
    world.give(ClockState(**world.stamp(), trusted=True))
    assert world.state.alarms == ("clock_step:box",)


def test_r2_a_guard_s_word_that_the_lane_is_staffed_outlives_a_restart_and_ends_with_a_new_configuration() -> None:
    world = World()
    world.start()
    staffed = changed(world.lane(), base_mode=LaneMode.STAFFED, mode=LaneMode.STAFFED)
    world.state = changed(world.state, lanes={**world.state.lanes, "n": staffed})
    world.give(RulesLoaded(**world.stamp(), rules=world.rules))
    assert world.lane().mode is LaneMode.STAFFED
    for staffed_by_configuration in (True, False):
        lanes = tuple(replace(each, staffed=staffed_by_configuration) for each in world.rules.lanes)
        world.give(RulesLoaded(**world.stamp(), rules=replace(world.rules, lanes=lanes)))
    assert (world.lane().mode, world.lane().base_mode) == (LaneMode.NORMAL, LaneMode.NORMAL)


def test_a_picture_belongs_to_its_passage_and_a_missing_one_delays_nothing() -> None:
    world = World()
    world.start()
    world.scan()
    world.scan(arming=ON)
    passage = world.lane().current.id
    taken = PictureTaken(
        **world.stamp(), lane="n", camera="c", passage=passage, role="arrival", sha256="ab", width=1280, height=720
    )
    event = world.give(taken).events[0]
    assert event.passage == passage
    assert world.lane().current.picture == "ab"
    failed = PictureFailed(**world.stamp(), lane="n", camera="c", passage=passage, role="decision", detail="stale")
    assert types(world.give(failed)) == ["LaneObserved"]


def test_a_stale_timer_means_nothing() -> None:
    world = World()
    world.start()
    world.scan()
    world.scan(arming=ON)
    before = world.state
    stale = TimerDue(**world.stamp(), lane="n", name="evidence:entry", token="older")
    assert types(world.give(stale)) == []
    assert world.state == before


def test_what_changes_a_lane_without_another_event_is_observed() -> None:
    world = World()
    world.start()
    world.scan()
    world.card("26:0:0")
    world.wait(31_000)
    assert all(events or fact for fact, _, events in world.causes)
    answer = BarrierAnswer(
        **world.stamp(), lane="n", order_id="old", order=BarrierOrder.UP, outcome=OrderOutcome.UNKNOWN
    )
    assert types(world.give(answer)) == ["BarrierAnswered"]


def test_a_fact_for_another_kind_of_lane_or_for_no_lane_raises_nothing() -> None:
    world = World()
    door = DoorState(**world.stamp(), lane="n", **DOOR_AT_REST)
    assert types(world.give(door)) == ["LaneObserved"]
    lost = CardRead(**world.stamp(), lane="nowhere", reader="r", side=Side.ENTRY, card="26:1:2")
    assert decide(world.state, lost, NOTHING, world.rules).events == ()


def test_what_is_moved_goes_before_lights_and_words() -> None:
    world = World()
    world.registry.add_card()
    world.start()
    world.scan()
    decision = world.card()
    assert type(decision.effects[0]).__name__ == "MoveBarrier"
