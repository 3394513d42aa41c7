"""The lane loop: decide, record, act; and what it does when the disk takes nothing (F3)."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.domain.canonical import NotCanonical
from controller.domain.facts import CardRead
from controller.domain.terms import Arm, BarrierOrder, Side
from controller.eventlog.replay import replay
from controller.inbox import Incoming, Job
from controller.ports import LogUnwritable
from tests.support.box import KNOWN_CARD, WirelessBox, rules


@pytest.fixture
def box(tmp_path: Path) -> Iterator[WirelessBox]:
    running = WirelessBox(tmp_path)
    running.start()
    yield running
    running.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes that a test can fill and give back."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take every byte that is left."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
    return ballast


def test_a_known_card_opens_and_the_order_comes_after_the_record(box: WirelessBox) -> None:
    recorded_before: list[list[str]] = []
    box.orders.act = lambda effect, origin_ns: (  # type: ignore[method-assign]
        recorded_before.append(box.types()),
        box.orders.effects.append(effect),
    )[0]
    box.scan(arming=True)
    box.card()
    assert len(box.orders.openings()) == 1
    assert all("AccessGranted" in types and "BarrierOrdered" in types for types in recorded_before[-1:])


def test_an_unknown_card_opens_nothing_and_is_on_record(box: WirelessBox) -> None:
    box.scan(arming=True)
    box.card("26:9:9")
    assert box.orders.openings() == []
    assert {"AccessDenied", "AccessReferred"} & set(box.types())


def test_a_passage_from_card_to_fallen_arm_is_completed_and_replays_to_the_same_log(box: WirelessBox) -> None:
    box.scan(arming=True)
    box.card()
    box.scan(arming=True, limit_up=True)
    box.scan(arming=True, closing=True, limit_up=True)
    box.scan(closing=True, photocell=True, limit_up=True)
    box.scan(limit_up=True)
    box.pass_ms(2_000)
    box.scan()
    box.pass_ms(10_000)
    types = box.types()
    assert types.count("PassageCompleted") == 1
    assert types.count("StayOpened") == 1
    assert types.index("AccessGranted") < types.index("BarrierOrdered") < types.index("PassageCompleted")
    assert replay(box.folder / "gate.db").difference is None


def test_a_restart_in_the_middle_of_a_passage_goes_on_from_the_log_and_moves_nothing(tmp_path: Path) -> None:
    first = WirelessBox(tmp_path)
    first.start()
    first.scan(arming=True)
    first.card()
    first.scan(arming=True, limit_up=True)
    first.close()
    second = WirelessBox(tmp_path)
    second.clock.now_us += 60_000_000
    second.start()
    assert second.loop.state.lanes["in"].current is not None
    assert second.orders.openings() == []
    second.close()


def test_with_a_full_disk_a_known_vehicle_still_passes_and_everything_is_written_afterwards(small_disk: Path) -> None:
    box = WirelessBox(small_disk)
    box.start()
    ballast = fill(small_disk)
    for _ in range(20):
        box.scan(arming=True)
        box.card()
        box.scan(arming=True, limit_up=True)
        box.scan(closing=True, limit_up=True)
        box.scan(limit_up=True)
        box.pass_ms(2_000)
        box.scan()
        box.pass_ms(1_000)
    assert len(box.orders.openings()) == 20
    assert not box.loop.log_is_writable
    ballast.unlink()
    box.pass_ms(10_000)
    assert box.loop.log_is_writable
    types = box.types()
    assert types.count("PassageCompleted") == 20
    assert "AlarmRaised" in types
    assert "AlarmCleared" in types
    assert replay(small_disk / "gate.db").difference is None
    box.close()


def test_a_lane_whose_policy_is_closed_does_not_open_what_cannot_be_recorded(small_disk: Path) -> None:
    box = WirelessBox(small_disk, rules(degraded_open=False))
    box.start()
    fill(small_disk)
    for _ in range(200):
        box.scan(arming=True)
        box.scan()
        if not box.loop.log_is_writable:
            break
    assert not box.loop.log_is_writable
    box.orders.effects.clear()
    box.scan(arming=True)
    box.card()
    assert box.orders.openings() == []
    box.close()


@pytest.fixture
def mute_box(tmp_path: Path, mocker: Any) -> Iterator[WirelessBox]:
    """A box whose lanes open nothing that cannot be recorded, and a log that takes nothing from the fallen arm on."""
    running = WirelessBox(tmp_path, rules(degraded_open=False))
    running.start()
    for signals in ({"arming": True}, {"arming": True, "limit_up": True}, {"closing": True, "limit_up": True}):
        running.scan(**signals)
        if signals == {"arming": True}:
            running.card()
    running.scan(limit_up=True)
    running.pass_ms(2_000)
    mocker.patch.object(running.log, "record", side_effect=LogUnwritable("the disk takes nothing"))
    running.orders.effects.clear()
    yield running
    mocker.stopall()
    running.close()


def test_f3_an_arm_that_falls_on_somebody_goes_up_again_though_nothing_can_be_recorded(mute_box: WirelessBox) -> None:
    lane = mute_box.loop.state.lanes["in"]
    assert (lane.lift.order, lane.arm) == (BarrierOrder.DOWN, Arm.UP)
    mute_box.scan(photocell=True, between=True)
    assert len(mute_box.orders.openings()) == 1
    assert not mute_box.loop.log_is_writable


def test_f3_the_way_out_opens_for_fire_though_nothing_can_be_recorded_and_a_card_does_not(
    mute_box: WirelessBox,
) -> None:
    mute_box.scan()
    mute_box.scan(arming=True)
    mute_box.card()
    assert mute_box.orders.openings() == []
    mute_box.scan(arming=True, fire=True)
    assert mute_box.orders.openings()
    assert not mute_box.loop.log_is_writable


def test_f3_while_the_log_catches_up_facts_are_still_taken_up(box: WirelessBox, mocker: Any) -> None:
    write = box.log.record
    held = mocker.patch.object(box.log, "record", side_effect=LogUnwritable("the disk takes nothing"))
    for number in range(12):
        box.scan(arming=number % 2 == 0)
    waiting = box.loop.figures.unrecorded
    assert waiting >= 12

    written: list[Any] = []

    def slow(*args: Any) -> Any:
        written.append(args)
        box.clock.now_ns += 30_000_000
        return write(*args)

    held.side_effect = slow
    box.clock.pass_ms(2_500)
    taken = box.loop.figures.facts
    fact = CardRead(
        id=box.new_id(), at=box.clock.utc_us(), lane="in", reader="reader", side=Side.ENTRY, card=KNOWN_CARD
    )
    box.inbox.put(Incoming(fact, box.clock.monotonic_ns()))
    box.loop.step(0)
    assert box.loop.figures.facts > taken, "the card is taken up in the same step"
    assert 0 < len(written) < 4, "and not all is written before it"
    for _step in range(20):
        box.loop.step(0)
    assert box.loop.log_is_writable
    mocker.stopall()
    assert replay(box.folder / "gate.db").difference is None


def test_what_the_writer_refuses_is_held_in_order(box: WirelessBox, mocker: pytest.FixtureRequest) -> None:
    write = box.log.record
    broken = mocker.patch.object(box.log, "record", side_effect=LogUnwritable("the disk takes nothing"))  # type: ignore[attr-defined]
    box.scan(arming=True)
    box.card()
    assert box.loop.figures.unrecorded >= 2
    broken.side_effect = write
    box.pass_ms(5_000)
    assert box.loop.figures.unrecorded == 0
    types = box.types()
    assert types.index("VehicleArrived") < types.index("AccessGranted")


def test_a_fact_that_the_log_cannot_hold_is_left_out_with_an_alarm_and_the_loop_goes_on(
    box: WirelessBox, mocker: Any
) -> None:
    box.scan(arming=True)
    write = box.log.record
    mocker.patch.object(
        box.log, "record", side_effect=[NotCanonical("a lone surrogate"), *([mocker.DEFAULT] * 9)], wraps=write
    )
    box.card()
    assert box.orders.openings() == []
    mocker.stopall()
    assert "AlarmRaised" in box.types()
    box.card()
    assert len(box.orders.openings()) == 1
    assert replay(box.folder / "gate.db").difference is None


def test_a_fact_that_cannot_be_handled_costs_itself_alone_and_is_an_alarm(
    box: WirelessBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_for = box.look_up.known_for

    def stumbles(state: Any, fact: Any, site: Any) -> Any:
        if isinstance(fact, CardRead) and fact.card == "26:6:66":
            raise ValueError("a fault of ours")
        return known_for(state, fact, site)

    monkeypatch.setattr(box.look_up, "known_for", stumbles)
    box.scan(arming=True)
    box.card("26:6:66")
    box.card()
    assert len(box.orders.openings()) == 1
    assert "unrecordable:box" in box.loop.state.alarms


def test_an_order_that_a_driver_refuses_keeps_neither_the_loop_nor_the_timers_from_going_on(box: WirelessBox) -> None:
    def refuse(effect: Any, origin_ns: int) -> None:
        raise ValueError("board 'b9' is not on it")

    box.orders.act = refuse  # type: ignore[method-assign]
    box.scan(arming=True)
    box.card()
    box.pass_ms(30_000)
    assert "stuck_arm:in" in box.loop.state.lanes["in"].alarms, "the open timer ran out although the order failed"


def test_a_job_that_fails_does_not_end_the_loop(box: WirelessBox) -> None:
    def fail() -> None:
        raise RuntimeError("a fault of ours")

    box.inbox.put(Job("a job of a test", fail))
    box.loop.step(0)
    box.scan(arming=True)
    box.card()
    assert len(box.orders.openings()) == 1


def test_what_the_log_can_never_hold_does_not_hold_up_what_was_held_behind_it(
    box: WirelessBox, mocker: pytest.FixtureRequest
) -> None:
    write = box.log.record
    broken = mocker.patch.object(box.log, "record", side_effect=LogUnwritable("the disk takes nothing"))  # type: ignore[attr-defined]
    box.card("26:6:66")
    box.scan(arming=True)
    box.card()

    def refuse_one(fact: Any, *rest: Any) -> Any:
        if getattr(fact, "card", "") == "26:6:66":
            raise NotCanonical("a lone surrogate in a text")
        return write(fact, *rest)

    broken.side_effect = refuse_one
    box.pass_ms(5_000)
    assert box.loop.figures.unrecorded == 0
    assert box.types().count("AccessGranted") == 1
