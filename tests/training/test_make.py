"""The steps that make the weights: several beside one another, and none left behind when one fails."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

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
