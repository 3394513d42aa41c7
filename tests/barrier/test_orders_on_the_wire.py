"""What an order does at a sound board, and when it is refused."""

import time
from collections.abc import Callable

import pytest

from drivers.readings import Condition, OrderAnswered, WriteOutcome
from tests.barrier.rig import Rig, until

MakeRig = Callable[..., Rig]
VEHICLE = ["generic", "waveshare-relay-d", "latched"]


def test_flash_order_is_the_frame_of_the_waveshare_page(rig: MakeRig) -> None:
    gate = rig("waveshare-relay-d, as sold").online()
    assert gate.ordered("up").outcome is WriteOutcome.WRITTEN
    assert gate.writes() == [bytes.fromhex("05 02 00 00 07")]


@pytest.mark.parametrize("profile", VEHICLE)
def test_every_order_is_one_pulse_that_ends(rig: MakeRig, profile: str) -> None:
    gate = rig(profile).online()
    for number, order in enumerate(["up", "down", "stop"]):
        gate.moves.clear()
        assert gate.ordered(order).outcome is WriteOutcome.WRITTEN
        until(lambda: (0, number, False) in [move[:3] for move in gate.moves], f"{order} ended")  # noqa: B023
        assert [move[:3] for move in gate.moves if move[1] == number] == [(0, number, True), (0, number, False)]
        assert not any(gate.sims[0].coils)


@pytest.mark.parametrize("profile", ["generic", "waveshare-relay-d"])
def test_a_board_with_its_own_pulse_is_written_once_per_order(rig: MakeRig, profile: str) -> None:
    gate = rig(profile).online()
    gate.ordered("up")
    gate.scans(20)
    assert len(gate.writes()) == 1


@pytest.mark.parametrize("profile", VEHICLE)
def test_nothing_is_written_at_start(rig: MakeRig, profile: str) -> None:
    gate = rig(profile).online()
    gate.scans(10)
    assert gate.writes() == []
    assert gate.moves == []


@pytest.mark.parametrize("name", ["closing", "photocell", "fire"])
@pytest.mark.parametrize("profile", VEHICLE)
def test_down_is_refused_on_an_occupied_input_even_before_any_scan_saw_it(
    rig: MakeRig, profile: str, name: str
) -> None:
    gate = rig(profile, scan_ms=1000).online()
    gate.sims[0].set_named_input(name, True)
    answer = gate.ordered("down")
    assert answer.outcome is WriteOutcome.REFUSED
    assert answer.detail == f"{name} is on"
    assert gate.writes() == []


def test_down_goes_when_the_arming_loop_is_occupied_by_the_next_vehicle(rig: MakeRig) -> None:
    gate = rig("generic").online()
    gate.sims[0].set_named_input("arming", True)
    assert gate.ordered("down").outcome is WriteOutcome.WRITTEN


@pytest.mark.parametrize("name", ["up", "stop"])
def test_up_and_stop_go_whatever_is_occupied(rig: MakeRig, name: str) -> None:
    gate = rig("generic").online()
    for occupied in ("closing", "photocell", "fire"):
        gate.sims[0].set_named_input(occupied, True)
    assert gate.ordered(name).outcome is WriteOutcome.WRITTEN


def test_a_wrong_limit_switch_is_reported_as_it_reads_and_not_corrected(rig: MakeRig) -> None:
    gate = rig("generic").online()
    gate.sims[0].stick_input(0, True)
    gate.sims[0].stick_input(1, True)
    gate.ear.inputs("b1", limit_up=True, limit_down=True)


def test_all_inputs_of_a_scan_come_in_one_reading_and_only_on_change(rig: MakeRig) -> None:
    gate = rig("generic").online()
    gate.ear.inputs("b1", arming=False)
    gate.ear.forget()
    gate.scans(10)
    assert gate.ear.readings == []
    gate.sims[0].set_named_input("arming", True)
    scan = gate.ear.inputs("b1", arming=True)
    assert [name for name, _ in scan.inputs] == [channel.name for channel in gate.settings.boards[0].profile.inputs]
    assert sum(value is True for _, value in scan.inputs) == 1


def test_stop_goes_before_up_and_makes_a_waiting_down_void(rig: MakeRig) -> None:
    gate = rig("generic", timeout_ms=300).online()
    gate.sims[0].faults.late_ms = 30  # a read is in flight while the orders gather
    gate.scans(1)
    down, stop, up = gate.order("down"), gate.order("stop"), gate.order("up")
    assert gate.ear.answer(stop).outcome is WriteOutcome.WRITTEN
    assert gate.ear.answer(up).outcome is WriteOutcome.WRITTEN
    lowered = gate.ear.answer(down)
    assert lowered.outcome is WriteOutcome.REFUSED
    assert "took its place" in lowered.detail
    assert [pdu[1:3] for pdu in gate.writes()] == [b"\0\2", b"\0\0"]


@pytest.mark.parametrize("first", ["up", "stop"])
def test_down_is_refused_while_a_waiting_order_opens_or_stops(rig: MakeRig, first: str) -> None:
    gate = rig("generic", timeout_ms=300).online()
    gate.sims[0].faults.late_ms = 30
    gate.scans(1)
    gate.order(first)
    assert "goes first" in gate.ear.answer(gate.order("down")).detail


def test_an_order_the_profile_has_no_output_for_is_refused_by_name(rig: MakeRig) -> None:
    gate = rig("generic").online()
    answer = gate.ordered("unlock", for_ms=1000)
    assert answer.outcome is WriteOutcome.REFUSED
    assert answer.detail == "profile generic has no output 'lock'"


def test_an_unknown_board_or_order_is_the_callers_error(rig: MakeRig) -> None:
    gate = rig("generic").online()
    with pytest.raises(ValueError, match="board 'b9' is not on it; it has b1"):
        gate.driver.order("b9", "x", "up")
    with pytest.raises(ValueError, match="order 'open', expected one of"):
        gate.driver.order("b1", "x", "open")


def test_the_answer_carries_the_time_its_last_byte_left(rig: MakeRig) -> None:
    gate = rig("generic", baud=9600).online()
    called_ns = time.monotonic_ns()
    answer = gate.ordered("up")
    wire_ns = 8 * gate.settings.byte_ns
    assert called_ns + wire_ns <= answer.origin_ns <= time.monotonic_ns()
    assert abs(answer.origin_ns - gate.line.writes()[0][2]) < 100_000_000


def test_a_lock_is_released_for_its_time_by_the_boards_own_timer(rig: MakeRig) -> None:
    gate = rig("foot-gate").online()
    assert gate.ordered("unlock", for_ms=250).outcome is WriteOutcome.WRITTEN
    until(lambda: len(gate.moves) == 2, "lock fell")
    assert gate.moves[1][3] - gate.moves[0][3] == 300_000_000
    assert len(gate.writes()) == 1


def test_a_lock_released_without_a_time_stays_so_until_lock_is_ordered(rig: MakeRig) -> None:
    gate = rig("foot-gate").online()
    gate.ordered("unlock")
    gate.scans(10)
    assert gate.sims[0].output("lock")
    assert gate.ordered("lock").outcome is WriteOutcome.WRITTEN
    assert not gate.sims[0].output("lock")


def test_s8_a_passage_does_not_end_a_release_that_stands_until_lock(rig: MakeRig) -> None:
    gate = rig("foot-gate").online()
    gate.ordered("unlock")
    assert gate.ordered("unlock", for_ms=250).outcome is WriteOutcome.WRITTEN
    time.sleep(0.5)
    gate.scans(3)
    assert gate.sims[0].output("lock"), "somebody who walks through in a fire must not lock the gate behind them"
    gate.ordered("lock")
    gate.ordered("unlock", for_ms=250)
    until(lambda: not gate.sims[0].output("lock"), "a lock that was locked again has its time again")


def test_stop_opens_a_latched_coil_at_once(rig: MakeRig) -> None:
    gate = rig("latched, long").online()
    gate.ordered("up")
    assert gate.sims[0].output("up")
    gate.ordered("stop")
    until(lambda: not gate.sims[0].output("up"), "up opened")


def test_up_cuts_a_running_flash_of_down_short(rig: MakeRig) -> None:
    gate = rig("waveshare-relay-d, long").online()
    gate.ordered("down")
    gate.ordered("up")
    until(lambda: not gate.sims[0].output("down"), "down opened")
    assert gate.sims[0].output("up")


def test_stopping_the_driver_answers_what_waits_and_opens_latched_coils(rig: MakeRig) -> None:
    gate = rig("latched, long").online()
    gate.ordered("up")
    gate.driver.stop()
    assert not any(gate.sims[0].coils)
    gate.driver.order("b1", "late", "up")
    gate.driver.start()
    gate.driver.stop()
    answers = [r for r in gate.ear.readings if isinstance(r, OrderAnswered) and r.order_id == "late"]
    assert len(answers) == 1


def test_orders_reach_the_right_board_of_a_line(rig: MakeRig) -> None:
    gate = rig("generic", "waveshare-relay-d", "foot-gate").online()
    gate.ordered("up", "b2")
    gate.ordered("unlock", "b3", for_ms=500)
    assert [move[:3] for move in gate.moves[:2]] == [(1, 0, True), (2, 0, True)]


def test_a_wired_board_is_online_and_an_address_without_one_is_lost(rig: MakeRig) -> None:
    gate = rig("generic", "generic")
    del gate.line.boards[2]
    gate.start()
    gate.ear.condition("b1", Condition.ONLINE)
    lost = gate.ear.condition("b2", Condition.LOST)
    assert "address 2" in lost.detail
    assert "came nothing" in lost.detail
    assert set(gate.ear.last_inputs("b2").values()) == {None}
