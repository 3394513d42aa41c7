from pathlib import Path

import pytest

from simulator.physics.door import DoorSpec
from simulator.physics.happening import What
from simulator.physics.lane import LaneSpec
from simulator.traffic.player import Player, Presence
from simulator.traffic.script import Script
from simulator.world import Place, World
from simulator.yaml_file import load
from tests.simulator.attendant import Attendant, Recorded
from tests.simulator.test_traffic import fleet_of

FOLDER = Path(__file__).parents[2] / "config" / "traffic"
SCRIPTS = sorted(FOLDER.glob("*.yaml"))


class Everything(Attendant):
    def has_target(self, box, kind, target):
        return target.startswith(box)


def play(paths, to_ms=220_000):
    lanes = {
        Place(box, f"{box}-{way}"): LaneSpec(id=f"{box}-{way}", direction=direction)
        for box in ("north", "south")
        for way, direction in (("in", "entry"), ("out", "exit"))
    }
    lanes[Place("south", "south-people")] = DoorSpec(id="south-people")
    attendant, journal = Everything(), Recorded()
    world = World(lanes, journal, attendant)
    attendant.world = world
    presence = Presence(world)
    for path in paths:
        Player(load(path, Script), fleet_of(80), world, seed=1, presence=presence).start()
    world.advance(to_ms)
    return journal


def test_there_is_a_script_for_everything_that_a_demo_has_to_show():
    assert len(SCRIPTS) >= 14


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_an_example_script_is_right_and_plays(path):
    assert play([path]).lines


def test_all_example_scripts_play_together_and_show_every_kind_of_happening():
    journal = play(SCRIPTS)
    seen = {happening.what for _box, _lane, happening in journal.lines}
    assert seen >= set(What) - {What.DOWN_VETOED}
    struck = [happening.values["by"] for happening in journal.of(What.ARM_STRUCK)]
    assert struck == ["vehicle"]
    assert len(journal.of(What.VEHICLE_CROSSED)) > 10
