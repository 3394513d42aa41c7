"""The steps that make the weights: several beside one another, and none left behind when one fails."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from training import make
from training.make import Failed, Steps

PATIENCE_S = 20.0


def _drawing(work: Path) -> list[int]:
    """Processes that draw into that folder."""
    named = str(work).encode()
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            continue
        if named in words:
            found.append(int(entry.name))
    return found


@pytest.fixture(params=["on a terminal", "behind a script that is left"])
def started(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a shell without job control starts in the background ignores SIGINT, as does all that comes of it."""
    before = signal.getsignal(signal.SIGINT)
    if request.param != "on a terminal":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("started")
def test_a_step_that_fails_ends_the_one_beside_it_and_what_draws_for_that(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    steps = Steps()
    with ThreadPoolExecutor(2) as both:
        long = both.submit(steps.run, "chunks", "reader", "--work", tmp_path, "--count", 2, "--workers", 2)
        until = time.monotonic() + PATIENCE_S
        while len(_drawing(tmp_path)) < 3 and time.monotonic() < until:
            time.sleep(0.05)
        assert len(_drawing(tmp_path)) == 3, "the step and the two processes that draw for it"
        short = both.submit(steps.run, "chunks", "no such samples")
        with pytest.raises(Failed):
            short.result(PATIENCE_S)
        with pytest.raises(Failed):
            long.result(PATIENCE_S)
    assert not _drawing(tmp_path)
    assert "no such samples" in capfd.readouterr().err, "the step has said itself what was wrong"
    with pytest.raises(Failed):
        steps.run("chunks", "reader", "--work", tmp_path, "--count", 1)


TWO_STEPS = """
import sys
from training import make
draw = ("reader", "--work", sys.argv[2], "--count", 2, "--workers", 1)
make.train_readers = lambda steps, *_: steps.run("chunks", *draw)
make.train_detector = lambda steps, *_: steps.run("chunks", *draw)
make.main()
"""


def test_who_stops_the_making_stops_its_steps_and_is_told_how_it_goes_on(tmp_path: Path) -> None:
    making = subprocess.Popen(
        [sys.executable, "-c", TWO_STEPS, "--work", str(tmp_path)], stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + PATIENCE_S
    while len(_drawing(tmp_path)) < 5 and time.monotonic() < until:
        time.sleep(0.05)
    assert len(_drawing(tmp_path)) == 5, "the making, two steps, and the process that draws for each"
    making.terminate()
    _out, err = making.communicate(timeout=PATIENCE_S)
    assert "stopped; the same command goes on from the last saved state" in err
    assert making.returncode == 1
    assert not _drawing(tmp_path)


class Noted(Steps):
    """Steps that are told and not taken."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, ...]] = []

    def run(self, module: str, *words: object) -> None:
        """Only noted."""
        self.told.append((module, *map(str, words)))


def test_the_lines_drawn_behind_the_detector_are_those_that_the_last_layers_are_trained_on() -> None:
    steps, common = Noted(), ("--work", "somewhere", "--workers", 1)
    make.train_detector(steps, 4, 1.0, (32, 28), common)
    make.train_readers(steps, 4, 1.0, (60, 28), common)
    (drawn,) = (told for told in steps.told if told[0] == "chunks")
    trained = steps.told[-1]
    assert (drawn[1], trained[0]) == ("lines", "train_head")
    for drawn_by, trained_by in (("--seed", "--seed"), ("--count", "--chunks"), ("--work", "--work")):
        assert drawn[drawn.index(drawn_by) + 1] == trained[trained.index(trained_by) + 1]
