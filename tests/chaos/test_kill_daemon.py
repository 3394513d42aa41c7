"""The daemon is killed at every write of a passage (F1): nothing acknowledged is lost, and the restart moves nothing.

The lane loop is the process's main thread and the log's only writer, so its calls are counted and killed one by one.
"""

import shutil
import sqlite3
import time
from collections.abc import Iterator

import pytest

from controller.eventlog.replay import replay
from controller.eventlog.verify import verify
from tests.chaos.gate import CALLS, Gate

LEAST_KILLS = 50
STILL_S = 0.4
ON_THE_LINE_S = 0.1  # what the killed daemon had written travels on at the line's pace, and is no doing of the restart


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    if shutil.which("strace") is None:
        pytest.fail("strace is not installed: `make test` installs it (apt-get install strace)")
    running = Gate(tmp_path_factory.mktemp("gate"))
    yield running
    running.close()


def check(gate: Gate, at: str) -> None:
    """What a kill left behind, then a restart, then the same again."""
    database = gate.data / "gate.db"
    time.sleep(ON_THE_LINE_S)
    ordered = list(gate.arm.orders)
    was_up = gate.arm.is_up()
    gate.arm.orders.clear()
    restarted = gate.start()
    deadline = time.monotonic() + 15
    while not gate.is_ready() and time.monotonic() < deadline:
        assert restarted.alive(), f"{at}: the daemon did not come up again; see {gate.config.with_suffix('.log')}"
    time.sleep(STILL_S)
    assert gate.arm.orders == [], f"{at}: the restart moved the arm: {gate.arm.orders}"
    assert gate.arm.is_up() == was_up
    assert restarted.stop() == 0
    found = verify(database)
    assert found.fault is None, f"{at}: {found.fault}"
    assert replay(database).difference is None, at
    connection = sqlite3.connect(database)
    try:
        recorded = dict(connection.execute("SELECT seq, hash FROM events"))
        asked = [
            row[0] for row in connection.execute("SELECT body FROM events WHERE type = 'BarrierOrdered' ORDER BY seq")
        ]
    finally:
        connection.close()
    for event in gate.centre.boxes["north"].events if "north" in gate.centre.boxes else []:
        assert recorded.get(event["seq"]) == event["hash"], (
            f"{at}: the centre has event {event['seq']}, the box lost it"
        )
    for number, order in enumerate(ordered):
        assert number < len(asked), f"{at}: the board was told {order}, and no event says why"
        assert f'"order":"{order}"' in asked[number]


def kills(gate: Gate, most: int) -> tuple[int, int]:
    """Kill at about `most` of the writes, spread evenly; how many writes there are, and how many kills."""
    gate.lay_out()
    gate.reset()
    whole = gate.start(trace=True)
    assert gate.passage(whole.alive), "the passage must complete when nobody is killed"
    assert whole.stop() == 0
    counted = whole.calls()
    every = max(1, sum(counted.values()) // most)
    killed = 0
    for call in CALLS:
        for number in range(1, counted[call] + 1, every):
            gate.reset()
            running = gate.start(f"{call}:signal=KILL:when={number}")
            gate.passage(running.alive)
            status = running.stop()
            killed += status == -9
            check(gate, f"killed at {call} {number} of {counted[call]}")
    return sum(counted.values()), killed


def test_killed_in_the_middle_of_a_passage_the_gate_loses_nothing_and_moves_nothing(
    gate: Gate, capsys: pytest.CaptureFixture[str]
) -> None:
    writes, killed = kills(gate, 52)
    with capsys.disabled():
        print(f"\n{writes} writes of the daemon's loop in a passage, {killed} kills")
    assert killed >= LEAST_KILLS


@pytest.mark.soak
def test_killed_at_every_single_write_of_a_passage(gate: Gate, capsys: pytest.CaptureFixture[str]) -> None:
    writes, killed = kills(gate, 1_000_000)
    with capsys.disabled():
        print(f"\n{writes} writes of the daemon's loop in a passage, {killed} kills")
    assert killed >= LEAST_KILLS
