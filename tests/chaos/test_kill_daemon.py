"""The daemon is killed at every write of a passage (F1): nothing acknowledged is lost, and the restart moves nothing.

The lane loop is the process's main thread and the log's only writer, so its calls are counted and killed one by one.
"""

import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from controller.eventlog.replay import replay
from controller.eventlog.verify import verify
from tests.chaos.gate import CALLS, Gate

LEAST_KILLS = 50
STILL_S = 0.4
ON_THE_LINE_S = 0.1  # what the killed daemon had written travels on at the line's pace, and is no doing of the restart


@pytest.fixture(scope="module")
def gates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Gate]]:
    """Two, each with all of its own: a kill is mostly waiting."""
    if shutil.which("strace") is None:
        pytest.fail("strace is not installed: `make test` installs it (apt-get install strace)")
    running = [Gate(tmp_path_factory.mktemp("gate")) for _gate in range(2)]
    yield running
    for gate in running:
        gate.close()


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


def kills(gates: list[Gate], most: int) -> tuple[int, int]:
    """Kill at about `most` of the writes, spread evenly; how many writes there are, and how many kills."""
    for gate in gates:
        gate.lay_out()
    counted = writes(gates[0])
    every = max(1, sum(counted.values()) // most)
    places = [(call, number) for call in CALLS for number in range(1, counted[call] + 1, every)]
    with ThreadPoolExecutor(len(gates)) as pool:
        shares = [places[first :: len(gates)] for first in range(len(gates))]
        killed = sum(pool.map(kills_at, gates, shares))
    return sum(counted.values()), killed


def writes(gate: Gate) -> Mapping[str, int]:
    """How often the daemon's loop makes each of the calls in a passage."""
    gate.reset()
    whole = gate.start(trace=True)
    assert gate.passage(whole.alive), "the passage must complete when nobody is killed"
    assert whole.stop() == 0
    return whole.calls()


def kills_at(gate: Gate, places: list[tuple[str, int]]) -> int:
    """Kill at each of these writes and look at what is left; how many kills that were."""
    killed = 0
    for call, number in places:
        gate.reset()
        running = gate.start(f"{call}:signal=KILL:when={number}")
        gate.passage(running.alive)
        killed += running.stop() == -9
        check(gate, f"killed at {call} {number}")
    return killed


def test_killed_in_the_middle_of_a_passage_the_gate_loses_nothing_and_moves_nothing(
    gates: list[Gate], capsys: pytest.CaptureFixture[str]
) -> None:
    made, killed = kills(gates, 52)
    with capsys.disabled():
        print(f"\n{made} writes of the daemon's loop in a passage, {killed} kills")
    assert killed >= LEAST_KILLS


@pytest.mark.soak
def test_killed_at_every_single_write_of_a_passage(gates: list[Gate], capsys: pytest.CaptureFixture[str]) -> None:
    made, killed = kills(gates, 1_000_000)
    with capsys.disabled():
        print(f"\n{made} writes of the daemon's loop in a passage, {killed} kills")
    assert killed >= LEAST_KILLS
