"""docs/simulator.md is run: its configuration is read, its tables name what the code knows, its example works."""

import re
from pathlib import Path

import pytest

from demo import judge_arm, judge_log, judge_passages
from simulator.config import SimConfig
from simulator.physics.driver import Manner, Plan
from simulator.physics.happening import What
from simulator.physics.lane import LaneModel, LaneSpec
from simulator.physics.vehicle import Vehicle
from simulator.traffic import script as steps
from simulator.yaml_file import load

TEXT = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text("utf-8")


def block(language):
    return re.search(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)[1]


def test_the_configuration_in_the_docs_is_right(tmp_path):
    path = tmp_path / "sim.yaml"
    path.write_text(block("yaml"), "utf-8")
    assert [lane.id for lane in load(path, SimConfig).boxes[0].lanes] == ["in", "out", "people"]


def test_the_example_of_the_physics_runs():
    names = {"LaneModel": LaneModel, "LaneSpec": LaneSpec, "Vehicle": Vehicle, "Plan": Plan}
    exec(block("python").replace('lane.order("up")', 'lane.order("up") if lane.now_ms < 9_000 else None'), names)
    assert names["lane"].find("v1") is None


@pytest.mark.parametrize("what", list(What))
def test_every_line_of_the_journal_is_described(what):
    assert f"`{what.value}`" in TEXT


@pytest.mark.parametrize("manner", list(Manner))
def test_every_manner_of_driving_is_described(manner):
    assert f"`{manner.value}`" in TEXT


def test_every_step_and_every_fault_is_described():
    for step in steps.Step.__origin__.__args__:
        assert f"| `{step.model_fields['do'].annotation.__args__[0]}` |" in TEXT
    for kinds in (steps.LineKind, steps.DeviceKind, steps.LaneFaultKind):
        for kind in kinds.__args__:
            assert f"`{kind}`" in TEXT
    for kind in steps.CameraKind.__args__:
        assert f"`{kind.replace('camera', '')}`" in TEXT or f"`{kind}`" in TEXT


def test_every_rule_of_the_judge_is_described():
    sources = "".join(Path(module.__file__).read_text("utf-8") for module in (judge_arm, judge_log, judge_passages))
    rules = set(re.findall(r'rule="([a-z_]+)"', sources))
    assert len(rules) > 15
    assert [rule for rule in sorted(rules) if f"`{rule}`" not in TEXT] == []
