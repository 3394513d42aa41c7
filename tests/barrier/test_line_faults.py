"""What the driver does when board, cable or converter fails (F6, F9, F12, F31)."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.readings import Condition, DeviceCondition, InputsScanned, OrderAnswered, WriteOutcome
from tests.barrier.rig import Rig, until

MakeRig = Callable[..., Rig]
ROOT = Path(__file__).parents[2]

DRIVER = """
import sys, time
from drivers.barrier.line import BarrierLine
from drivers.barrier.profiles import PROFILES, Board, LineSettings
def emit(reading):
    print(type(reading).__name__, getattr(reading, "outcome", getattr(reading, "condition", "")), flush=True)
board = Board(id="b1", address=1, profile=PROFILES[sys.argv[2]])
line = BarrierLine(LineSettings(id="l", device=sys.argv[1], boards=(board,), baud=int(sys.argv[3])), emit)
line.start()
sys.stdin.readline()
line.order("b1", "o", sys.argv[4])
time.sleep(60)
"""


def test_an_unanswered_order_is_unknown_and_never_sent_again_by_itself(rig: MakeRig) -> None:
    gate = rig("generic").online()
    gate.sims[0].faults.mute = True
    answer = gate.ordered("up")
    assert answer.outcome is WriteOutcome.UNKNOWN
    assert "came nothing" in answer.detail
    gate.sims[0].faults.mute = False
    gate.scans(20)
    assert len(gate.writes()) == 1


def test_the_same_order_after_an_unknown_one_reads_the_inputs_first(rig: MakeRig) -> None:
    gate = rig("generic", scan_ms=1000).online()
    gate.sims[0].faults.mute = True
    assert gate.ordered("up").outcome is WriteOutcome.UNKNOWN
    gate.sims[0].faults.mute = False
    assert gate.ordered("up").outcome is WriteOutcome.WRITTEN
    functions = [pdu[0] for _, pdu, _ in gate.line.heard]
    first, second = (place for place, function in enumerate(functions) if function == 5)
    assert 2 in functions[first:second]


def test_the_same_order_after_an_unknown_one_is_refused_when_the_inputs_stay_unknown(rig: MakeRig) -> None:
    gate = rig("generic").online()
    gate.sims[0].faults.mute = True
    first, second = gate.order("up"), gate.order("up")
    assert gate.ear.answer(first).outcome is WriteOutcome.UNKNOWN
    refused = gate.ear.answer(second)
    assert refused.outcome is WriteOutcome.REFUSED
    assert "the inputs are unknown" in refused.detail or "board lost" in refused.detail
    assert len(gate.writes()) == 1


def test_another_order_after_an_unknown_one_goes_at_once(rig: MakeRig) -> None:
    gate = rig("generic", scan_ms=1000).online()
    gate.sims[0].faults.mute = True
    unknown, stop = gate.order("up"), None
    gate.ear.answer(unknown)
    gate.sims[0].faults.mute = False
    stop = gate.ordered("stop")
    assert stop.outcome is WriteOutcome.WRITTEN
    assert [pdu[1:3] for pdu in gate.writes()] == [b"\0\0", b"\0\2"]


def test_a_silent_board_makes_every_input_unknown_and_refuses_what_waits(rig: MakeRig) -> None:
    gate = rig("generic").online()
    gate.ear.inputs("b1", closing=False)
    gate.sims[0].faults.deaf = True
    lost = gate.ear.condition("b1", Condition.LOST)
    assert "expected its reply within" in lost.detail
    assert set(gate.ear.last_inputs("b1").values()) == {None}
    for order in ("up", "down", "stop"):
        answer = gate.ordered(order)
        assert answer.outcome is WriteOutcome.REFUSED
        assert answer.detail.startswith("board lost: ")
    assert gate.writes() == []


def test_a_board_that_returns_is_read_and_not_written(rig: MakeRig) -> None:
    gate = rig("generic").online()
    gate.sims[0].faults.deaf = True
    gate.ear.condition("b1", Condition.LOST)
    gate.ordered("up")
    gate.ear.forget()
    gate.sims[0].set_named_input("closing", True)
    gate.sims[0].faults.deaf = False
    gate.ear.condition("b1", Condition.ONLINE)
    gate.ear.inputs("b1", closing=True)
    gate.scans(10)
    assert gate.writes() == []


def test_a_lost_board_does_not_keep_orders_from_the_others(rig: MakeRig) -> None:
    gate = rig("generic", "generic", timeout_ms=30_000).online()
    gate.sims[1].faults.deaf = True
    for _ in range(5):
        until(lambda: gate.line.heard[-1][0] == 2, "the silent board is asked")
        asked = time.monotonic_ns()
        assert gate.ordered("stop").outcome is WriteOutcome.WRITTEN
        assert gate.line.writes()[-1][2] - asked < 15_000_000_000


def test_one_missing_reply_is_not_a_loss(rig: MakeRig) -> None:
    gate = rig("generic").online()
    gate.ear.inputs("b1", closing=False)
    gate.ear.forget()
    gate.line.port.into.drop(3)
    gate.scans(20)
    assert gate.ear.readings == []


@pytest.mark.parametrize("fault", ["wrong_crc", "wrong_echo"])
def test_replies_that_do_not_fit_lose_the_board_and_give_no_input(rig: MakeRig, fault: str) -> None:
    gate = rig("generic").online()
    gate.ear.inputs("b1", closing=False)
    gate.ear.forget()
    setattr(gate.sims[0].faults, fault, True)
    gate.sims[0].set_named_input("closing", True)
    gate.ear.condition("b1", Condition.LOST)
    scans = [reading for reading in gate.ear.readings if isinstance(reading, InputsScanned)]
    assert [set(dict(scan.inputs).values()) for scan in scans] == [{None}]


def test_the_reply_of_another_board_is_not_taken(rig: MakeRig) -> None:
    gate = rig("generic", "generic").online()
    gate.sims[0].faults.other_address = 2
    gate.sims[0].set_named_input("closing", True)
    gate.ear.condition("b1", Condition.LOST)
    assert gate.ear.last_inputs("b1")["closing"] is None
    assert gate.ordered("down", "b1").outcome is WriteOutcome.REFUSED


def test_exceptions_instead_of_inputs_lose_the_board_and_name_the_exception(rig: MakeRig) -> None:
    gate = rig("generic").online()
    gate.sims[0].faults.exception = 4
    assert "exception 4 (server device failure)" in gate.ear.condition("b1", Condition.LOST).detail


def test_an_exception_to_a_write_is_a_refusal_and_the_driver_goes_on(rig: MakeRig) -> None:
    gate = rig("generic", scan_ms=1000).online()
    gate.sims[0].faults.exception = 6
    answer = gate.ordered("up")
    assert answer.outcome is WriteOutcome.REFUSED
    assert "exception 6 (server device busy)" in answer.detail
    gate.sims[0].faults.exception = 0
    assert gate.ordered("up").outcome is WriteOutcome.WRITTEN


@pytest.mark.parametrize("gap_ms", [0, 7, 35])
def test_doubled_replies_give_no_double_opening_and_no_stale_down(rig: MakeRig, gap_ms: int) -> None:
    gate = rig("generic").online()
    gate.sims[0].faults.copies, gate.sims[0].faults.copy_gap_ms = 2, gap_ms
    gate.scans(10)
    gate.ordered("up")
    gate.scans(10)
    assert len(gate.writes()) == 1
    for _ in range(10):
        gate.sims[0].set_named_input("closing", True)
        assert gate.ordered("down").outcome is WriteOutcome.REFUSED
        gate.sims[0].set_named_input("closing", False)
        gate.scans(3)
    assert len(gate.writes()) == 1


@pytest.mark.parametrize("late_ms", [60, 130, 250])
def test_late_replies_never_lower_the_arm_on_what_was_true_before(rig: MakeRig, late_ms: int) -> None:
    gate = rig("generic").online()
    gate.sims[0].faults.late_ms = late_ms
    gate.scans(4)
    gate.sims[0].set_named_input("photocell", True)
    for _ in range(3):
        assert gate.ordered("down").outcome is WriteOutcome.REFUSED
    assert gate.writes() == []


def test_late_echoes_open_once_for_one_order(rig: MakeRig) -> None:
    gate = rig("generic").online()
    gate.sims[0].faults.late_ms = 150
    assert gate.ordered("up").outcome is WriteOutcome.UNKNOWN
    gate.scans(2)
    gate.sims[0].faults.late_ms = 0
    gate.scans(5)
    assert len(gate.writes()) == 1


def test_a_flipped_bit_is_never_an_input(rig: MakeRig) -> None:
    gate = rig("generic").online()
    gate.ear.inputs("b1", closing=False)
    gate.ear.forget()
    gate.line.port.out.flip(0.05)
    time.sleep(1.5)
    gate.line.port.out.flip(0.0)
    for reading in list(gate.ear.readings):
        if isinstance(reading, InputsScanned):
            assert not any(dict(reading.inputs).values())


def test_noise_before_and_between_replies_is_survived(rig: MakeRig) -> None:
    gate = rig("generic").online()
    for _ in range(20):
        gate.line.port.inject(b"\x01\x02\x07\xff" + os.urandom(20))
        gate.scans(1)
    gate.sims[0].set_named_input("arming", True)
    gate.ear.inputs("b1", arming=True)


def test_a_pulled_cable_makes_all_unknown_at_once_and_a_plugged_one_moves_nothing(rig: MakeRig) -> None:
    gate = rig("generic", "waveshare-relay-d").online()
    gate.ear.forget()
    gate.line.port.cut()
    for board in ("b1", "b2"):
        gate.ear.condition(board, Condition.LOST)
        assert set(gate.ear.last_inputs(board).values()) == {None}
    refused = gate.ordered("up")
    assert refused.outcome is WriteOutcome.REFUSED
    assert refused.detail.startswith("board lost")
    gate.ear.forget()
    gate.line.port.restore()
    for board in ("b1", "b2"):
        gate.ear.condition(board, Condition.ONLINE)
    gate.scans(10)
    assert gate.writes() == []
    assert gate.ordered("up").outcome is WriteOutcome.WRITTEN


def test_a_cable_pulled_in_mid_order_leaves_its_outcome_unknown(rig: MakeRig) -> None:
    gate = rig("generic", baud=1200, timeout_ms=1000).online()
    gate.sims[0].faults.late_ms = 400
    order = gate.order("up")
    until(lambda: bool(gate.writes()), "the write arrived")
    gate.line.port.cut()
    answer = gate.ear.answer(order)
    assert answer.outcome is WriteOutcome.UNKNOWN
    assert answer.detail.startswith("board lost")


def test_a_port_that_is_not_there_refuses_orders_and_is_found_later(rig: MakeRig) -> None:
    gate = rig("generic")
    gate.driver.start()
    assert "cannot be opened" in gate.ear.condition("b1", Condition.LOST).detail
    assert gate.ordered("up").outcome is WriteOutcome.REFUSED
    gate.line.start()
    gate.ear.condition("b1", Condition.ONLINE)
    assert gate.writes() == []


@pytest.mark.parametrize("profile", ["generic", "waveshare-relay-d", "latched"])
def test_power_that_flickers_at_the_board_moves_nothing_when_it_is_back(rig: MakeRig, profile: str) -> None:
    gate = rig(profile).online()
    gate.ordered("up")
    gate.sims[0].faults.deaf = True
    gate.sims[0].lose_power(time.monotonic_ns())
    gate.ear.condition("b1", Condition.LOST)
    written = len(gate.writes())
    gate.moves.clear()
    gate.ear.forget()
    gate.sims[0].faults.deaf = False
    gate.ear.condition("b1", Condition.ONLINE)
    gate.scans(20)
    assert len(gate.writes()) == written
    assert gate.moves == []


def test_a_latched_coil_left_closed_by_a_loss_is_told_and_opened_by_the_next_order(rig: MakeRig) -> None:
    gate = rig("latched, long").online()
    gate.ordered("up")
    gate.line.port.cut()
    gate.ear.condition("b1", Condition.LOST)
    gate.ear.forget()
    gate.line.port.restore()
    assert "found closed and left so until the next order: up" in gate.ear.condition("b1", Condition.ONLINE).detail
    assert gate.sims[0].output("up")
    assert gate.ordered("down").outcome is WriteOutcome.WRITTEN
    assert not gate.sims[0].output("up")
    assert gate.sims[0].output("down")


def test_stop_goes_first_even_while_a_silent_board_is_waited_for(rig: MakeRig) -> None:
    gate = rig("generic", "generic", timeout_ms=30_000).online()
    gate.sims[1].faults.deaf = True
    waiting = gate.order("up", "b2")
    until(lambda: bool(gate.writes()), "the write to the silent board")
    asked = time.monotonic_ns()
    assert gate.ordered("stop", "b1").outcome is WriteOutcome.WRITTEN
    assert gate.line.writes()[-1][2] - asked < 15_000_000_000
    assert gate.ear.answer(waiting).outcome is WriteOutcome.UNKNOWN


@pytest.mark.parametrize("profile", ["generic", "waveshare-relay-d"])
@pytest.mark.parametrize(("number", "order"), [(0, "up"), (1, "down")])
def test_a_daemon_killed_in_mid_pulse_leaves_no_relay_closed(
    rig: MakeRig, profile: str, number: int, order: str
) -> None:
    gate = rig(f"{profile}, as sold")
    gate.line.start()
    command = [sys.executable, "-c", DRIVER, gate.settings.device, profile, str(gate.settings.baud), order]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdin is not None
        daemon.stdin.write("\n")
        daemon.stdin.flush()
        until(lambda: (0, number, True) in [move[:3] for move in gate.moves], f"{order} closed")
        daemon.send_signal(signal.SIGKILL)
        daemon.wait(5)
    until(lambda: not any(gate.sims[0].coils), "every relay open")


def test_every_order_is_answered_exactly_once_through_all_of_it(rig: MakeRig) -> None:
    gate = rig("generic", "latched").online()
    orders = []
    for turn in range(12):
        faults = gate.sims[turn % 2].faults
        faults.deaf, faults.late_ms, faults.copies = turn % 4 == 1, 30 * (turn % 3), 1 + turn % 2
        orders += [gate.order(order, f"b{board}") for order in ("up", "down", "stop") for board in (1, 2)]
        gate.scans(2)
        faults.deaf, faults.late_ms, faults.copies = False, 0, 1
        if turn == 6:
            gate.line.port.cut()
            time.sleep(0.05)
            gate.line.port.restore()
    for order in orders:
        gate.ear.answer(order)
    gate.driver.stop()
    answered = [reading.order_id for reading in gate.ear.readings if isinstance(reading, OrderAnswered)]
    assert sorted(answered) == sorted(orders)
    conditions = [reading for reading in gate.ear.readings if isinstance(reading, DeviceCondition)]
    assert all(reading.condition in (Condition.ONLINE, Condition.LOST) for reading in conditions)
