"""A changed configuration: rules are taken over by SIGHUP, wiring waits for a start, a mistake changes nothing."""

import os
import signal
from pathlib import Path

import pytest

from controller.app.reload import merged, needs_restart
from controller.config_file import load_box_config
from tests.chaos.gate import CARD, Gate, until

TWO = load_box_config(Path("config/two-lanes.yaml"))


def test_rules_of_a_lane_are_taken_over_and_wiring_waits() -> None:
    stricter = TWO.lanes[0].model_copy(update={"temporary": "deny"})
    fresh = TWO.model_copy(update={"lanes": [stricter, TWO.lanes[1]], "capacity": 5})
    assert needs_restart(TWO, fresh) == []
    found = merged(TWO, fresh)
    assert (found.lanes[0].temporary, found.capacity) == ("deny", 5)


def test_another_board_or_port_waits_for_the_next_start() -> None:
    rewired = TWO.lanes[0].model_copy(update={"board": "out-board"})
    fresh = TWO.model_copy(
        update={"lanes": [rewired, TWO.lanes[1]], "booth": TWO.booth.model_copy(update={"port": 9999})}
    )
    assert needs_restart(TWO, fresh) == ["booth", "lanes"]
    assert merged(TWO, fresh).lanes[0].board == "in-board"


@pytest.fixture
def gate(tmp_path: Path):  # type: ignore[no-untyped-def]
    made = Gate(tmp_path / "gate")
    yield made
    made.close()


def test_a_running_daemon_takes_over_rules_and_keeps_them_when_the_file_is_broken(gate: Gate) -> None:
    running = gate.start()
    until(gate.is_ready, 30, "the daemon reads its board")
    right = gate.config.read_text()
    gate.config.write_text(right.replace('"close_delay_ms": 0', '"close_delay_ms": 0, "evidence": "guard"'))
    loaded = gate.count("RulesLoaded")
    os.kill(running.pid, signal.SIGHUP)
    until(lambda: gate.count("RulesLoaded") == loaded + 1, 10, "the new rules are on record")
    gate.arm.loops(arming=True)
    until(lambda: gate.count("VehicleArrived") == 1, 10, "a vehicle comes")
    gate.reader.present(CARD)
    until(lambda: gate.count("AccessReferred") == 1, 10, "the guard is asked, as the new rules say")
    gate.config.write_text(right.replace('"lanes"', '"lames"'))
    os.kill(running.pid, signal.SIGHUP)
    until(lambda: gate.count("AlarmRaised") >= 1, 10, "the mistake is an alarm")
    assert gate.count("RulesLoaded") == loaded + 1
    assert running.alive()
    assert running.stop() == 0
