import json
import signal
import subprocess
import sys

import pytest

from simulator.cli import run_sim
from tests.simulator import sim_files


def start(config, *more):
    words = [sys.executable, "-m", "controller.cli", "sim", "--config", str(config), *more]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_when_it_is_ready_and_ends_cleanly_on_a_signal(tmp_path, number):
    running = start(sim_files.write(tmp_path))
    ready = json.loads(running.stdout.readline())
    assert ready["ready"] is True
    assert ready["page"].startswith("http://127.0.0.1:")
    assert ready["cameras"]["north/cam"].endswith("/stream.mjpg")
    running.send_signal(number)
    out, err = running.communicate(timeout=20)
    assert (running.returncode, out, err) == (0, "", "")
    assert list((tmp_path / "dev").iterdir()) == []


def test_what_lies_outside_is_asked_for_on_standard_output(tmp_path):
    script = tmp_path / "script.yaml"
    script.write_text("title: t\nsteps:\n  - {at: 500ms, do: outside, what: broker_stop}\n", "utf-8")
    running = start(sim_files.write(tmp_path, traffic=["script.yaml"]), "--for", "2s")
    out, _err = running.communicate(timeout=30)
    assert running.returncode == 0
    assert json.loads(out.splitlines()[1]) == {"do": "broker_stop", "box": ""}
    assert [line["do"] for line in sim_files.truth(tmp_path) if line["what"] == "outside"] == ["broker_stop"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"boxen": 1}, "boxen: this key is not known, did you mean 'boxes'?"),
        ({"seed": "x"}, "seed: input should be a valid integer"),
        ({"fleet": "none.csv"}, "none.csv: cannot be read"),
        ({"traffic": ["none.yaml"]}, "none.yaml: cannot be read"),
    ],
)
def test_a_mistake_in_the_file_ends_with_1_and_its_place(tmp_path, capsys, changes, said):
    assert run_sim(sim_files.write(tmp_path, **changes)) == 1
    assert said in capsys.readouterr().err


def test_a_lane_without_its_board_is_told_with_the_boards_that_there_are(tmp_path, capsys):
    boxes = json.loads(json.dumps(sim_files.CONFIG["boxes"]))
    boxes[0]["lanes"][1]["board"] = "b9"
    boxes[0]["cameras"].append({"id": "cam"})
    assert run_sim(sim_files.write(tmp_path, boxes=boxes)) == 1
    err = capsys.readouterr().err
    assert "boxes.0.lanes.1.board: board 'b9' is on no line; there are b1, b2, b3" in err
    assert "boxes.0.cameras: 'cam' is used twice" in err


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("v9,粤B1234Ω,small,blue,26:1:1,resident", "v9: "),
        ("v9,粤B12346,small,blue,26:999:1,resident", "do not fit into 26 bits"),
        ("v9,粤B12346,tank,blue,26:1:1,resident", "no drawing for kind 'tank'"),
    ],
)
def test_a_fleet_that_cannot_be_drawn_or_swiped_is_told_before_anything_starts(tmp_path, capsys, row, said):
    config = sim_files.write(tmp_path)
    (tmp_path / "fleet.csv").write_text(sim_files.FLEET + row + "\n", "utf-8")
    assert run_sim(config) == 1
    assert said in capsys.readouterr().err


def test_a_script_that_names_what_is_not_there_is_refused_before_anything_is_ready(tmp_path, capsys):
    (tmp_path / "s.yaml").write_text("title: t\nsteps:\n  - {at: 1s, do: button, lane: moon}\n", "utf-8")
    assert run_sim(sim_files.write(tmp_path, traffic=["s.yaml"])) == 1
    told = capsys.readouterr()
    assert "lane 'moon' is not here; there are north/in, north/out, north/foot" in told.err
    assert told.out == ""


def test_wrong_usage_ends_with_2(tmp_path, capsys):
    assert run_sim(sim_files.write(tmp_path), run_for="soon") == 2
    assert "expected a duration" in capsys.readouterr().err
