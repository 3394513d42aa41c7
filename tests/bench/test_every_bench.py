"""Every bench works, and tells its figures in one and the same way."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import BENCHES, closing, document, figures_of

ROOT = Path(__file__).parents[2]
WITHIN_S = 200
NO_BENCHES = {
    "__init__": "the package",
    "__main__": "all of them",
    "awake": "a part of cameras",
    "big_data": "what they share",
    "big_log": "what they share",
    "figure": "how they tell",
    "limits": "what stands beside them",
    "registry_rows": "what they share",
    "start_parts": "run by start",
    "timed_daemon": "run by lane_latency and cameras",
    "traffic": "what they share",
    "watched_lane": "a part of cameras",
}


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_tells_its_figures_in_words_and_as_json(name: str, tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    command = [sys.executable, "-m", f"bench.{name}", "--quick", "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text(encoding="utf-8"))
    assert (found["bench"], found["quick"]) == (name, True)
    assert found["figures"]
    for figure in figures_of(found):
        # of one picture of each kind, as it is with --quick, one may be read wrong
        may_be_none = figure.aim == 0 or any(word in figure.name for word in ("wrong", "called", "weakest"))
        assert figure.value > 0 or may_be_none
        assert figure.name in done.stdout
    assert "load" in done.stdout.splitlines()[-1]


def test_every_module_of_the_folder_is_a_bench_that_make_bench_runs_or_a_part_of_one() -> None:
    modules = {file.stem for file in (ROOT / "bench").glob("*.py")}
    assert modules == set(BENCHES) | set(NO_BENCHES)


FOUND = {
    "bench": "gate", "machine": {"load": [0.5, 0.4, 0.3]}, "others_share": 0.02, "lines": ["one | two"],
    "figures": [
        {"name": "a", "value": 1.5, "unit": "ms", "aim": 2.0, "at_least": False, "beside": "limit | 1", "kept": True},
        {"name": "b", "value": 1.5, "unit": "/s", "aim": 2.0, "at_least": True, "beside": "", "kept": False},
        {"name": "c", "value": 4.0, "unit": "MB", "aim": None, "at_least": False, "beside": "", "kept": None},
    ],
}  # fmt: skip


def test_the_closing_table_names_every_missed_aim_and_every_bench_that_failed() -> None:
    told = closing({"gate": FOUND, "door": None})
    assert told[-1] == "2 figures have an aim, 1 keep it; missed: b"
    assert "  door: FAILED" in told
    words = [line.split() for line in told[:3]]
    assert ["kept" in each for each in words] == [True, False, False]
    assert ["MISSED" in each for each in words] == [False, True, False]


def test_the_written_figures_say_how_busy_the_machine_was() -> None:
    page = document({"gate": FOUND, "door": None}, quick=False)
    assert "- gate: load 0.5 at its beginning, others used 2% of the processors: quiet" in page
    assert "- door: failed" in page
    assert "| a | 1.5 ms | ≤ 2 ms | kept | limit / 1 |" in page
