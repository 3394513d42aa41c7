"""The gatehouse command: which words there are, and that each says what it does, with an example."""

import subprocess
import sys
from pathlib import Path

import pytest

from controller.cli import WORDS


def gatehouse(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "controller.cli", *words], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("word", WORDS)
def test_every_word_has_a_help_with_an_example(word: str) -> None:
    done = gatehouse(word, "--help")
    assert done.returncode == 0, done.stderr
    assert f"gatehouse {word}" in done.stdout
    assert "Example" in done.stdout or "Commands" in done.stdout


def test_a_word_that_does_not_exist_is_wrong_usage_with_a_hint() -> None:
    done = gatehouse("confg")
    assert (done.returncode, done.stderr) == (2, "gatehouse: no command 'confg', did you mean 'config'?\n")


def test_a_wrong_configuration_is_exit_1_with_file_line_key_and_hint_and_no_traceback(tmp_path: Path) -> None:
    file = tmp_path / "box.yaml"
    text = Path("config/one-lane.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("    baud: 9600", "    baude: 9600", 1), encoding="utf-8")
    for command in (("config", "check", str(file)), ("run", "--config", str(file)), ("doctor", "--config", str(file))):
        done = gatehouse(*command)
        assert done.returncode == 1
        assert f"{file}:14: reader_lines[0].baude: unknown key, did you mean 'baud'?" in done.stderr
        assert "Traceback" not in done.stderr


def test_the_doctor_names_every_device_that_is_not_there(tmp_path: Path) -> None:
    done = gatehouse("doctor", "--config", "config/one-lane.yaml")
    assert done.returncode == 1
    assert "WRONG device of entry-line: /dev/serial/by-id/usb-entry-reader does not exist" in done.stdout
    assert "WRONG device of barrier-line" in done.stdout
    assert "WRONG password of entry-camera" in done.stdout
    assert "note  broker: none is configured" in done.stdout


def test_the_doctor_looks_for_a_camera_s_substream_too(tmp_path: Path) -> None:
    source = "    source: rtsp://192.0.2.10/stream1\n"
    text, file = Path("config/one-lane.yaml").read_text("utf-8"), tmp_path / "box.yaml"
    for wake, told in (
        ("both", "WRONG camera entry-camera, substream: /nowhere/small.mp4 does not exist"),
        ("loop", "note  camera entry-camera, substream: not used: the loop wakes this camera, not motion"),
    ):
        more = f"    wake: {wake}\n    substream: /nowhere/small.mp4\n"
        file.write_text(text.replace(source, source + more), "utf-8")
        assert told in gatehouse("doctor", "--config", str(file)).stdout


def test_the_daemon_knows_no_simulator(tmp_path: Path) -> None:
    code = (
        "import controller.app.daemon, sys; print([m for m in sys.modules if m.split('.')[0] in ('simulator', 'demo')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip() == "[]"


def test_the_schema_is_json_that_names_the_keys() -> None:
    done = gatehouse("config", "schema")
    assert '"reader_lines"' in done.stdout
