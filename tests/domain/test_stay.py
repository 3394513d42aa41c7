"""Stays: opened and closed by passages, never negative, never silent (T10, T15, T20)."""

from controller.domain.rules import LaneRules
from controller.domain.terms import LaneDirection, Side
from tests.domain.world import HOUR, MINUTE, ON, World, types


def estate() -> World:
    world = World(
        LaneRules(id="n", name="in"),
        LaneRules(id="x", name="out", direction=LaneDirection.EXIT, unregistered_exit="admit"),
    )
    world.registry.add_vehicle("粤B12345")
    world.registry.add_card("26:1:2", "粤B12345")
    world.start()
    for lane in ("n", "x"):
        world.scan(lane)
    return world


def passes(world: World, lane: str, *, by_card: bool = False) -> None:
    side = Side.ENTRY if lane == "n" else Side.EXIT
    world.scan(lane, arming=ON)
    if by_card:
        world.card("26:1:2", side, lane)
    else:
        world.plate("粤B12345", side=side, lane=lane)
    world.arm_up(lane)
    world.drive_through(lane)
    world.wait(600)
    world.arm_down(lane)


def test_a_stay_is_opened_by_the_entry_and_closed_by_the_exit_with_its_minutes() -> None:
    world = estate()
    passes(world, "n")
    opened = world.last("StayOpened")
    world.wait(90 * 60_000)
    passes(world, "x", by_card=True)
    closed = world.last("StayClosed")
    assert closed["stay"] == opened["stay"]
    assert closed["minutes"] == 90
    assert closed["note"] == "ok"
    assert world.registry.stays == {}


def test_a_stays_id_is_that_of_its_entry_passage() -> None:
    world = estate()
    passes(world, "n")
    completed = next(e for e in world.log if e.type == "PassageCompleted")
    assert world.last("StayOpened")["stay"] == completed.passage


def test_entered_twice_closes_the_old_stay_with_a_note() -> None:
    world = estate()
    passes(world, "n")
    world.wait(60_000)
    passes(world, "n")
    assert world.last("StayClosed")["note"] == "entered_twice"
    assert len(world.registry.stays) == 1


def test_t20_an_exit_before_its_entry_has_no_negative_minutes_and_a_note() -> None:
    world = estate()
    passes(world, "n")
    world.at -= 5 * HOUR
    world.timers.clear()
    passes(world, "x")
    closed = world.last("StayClosed")
    assert closed["minutes"] == 0
    assert closed["note"] == "clock_back"


def test_t15_an_exit_without_an_entry_is_closed_with_a_note() -> None:
    world = estate()
    passes(world, "x")
    closed = world.last("StayClosed")
    assert closed["note"] == "no_entry_record"
    assert closed["minutes"] == 0


def test_minutes_are_whole() -> None:
    world = estate()
    passes(world, "n")
    world.at += 59 * MINUTE // 60
    passes(world, "x")
    assert world.last("StayClosed")["minutes"] == 0


def test_presence_is_inside_equals_in_minus_out() -> None:
    world = estate()
    for _ in range(3):
        passes(world, "n")
        passes(world, "x")
    assert world.types().count("StayOpened") == world.types().count("StayClosed") == 3
    assert types(world.scan("n")) == []
