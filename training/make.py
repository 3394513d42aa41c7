"""Makes the recogniser's weights from nothing: draw, train both readers' networks and beside them the detector, write
all as ONNX.

    make train                        all networks, hours on two cores
    make train ARGS="--quick"         some twenty minutes: shows that it works, its weights are of no use

Stopped and started again it goes on where it was; the same seed gives the same batches in the same order. A GPU is used
where there is one, and more processes draw where there are more cores.
"""

import argparse
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SEED = 1
READER_CHUNKS = 60
READER_RUNS = (("reader-1.pt", 3.0, 2.2e-3), ("reader-2.pt", 3.5, 1.2e-3), ("reader.pt", 4.5, 1.5e-3))
"""State, passes and highest learning rate of each run; new pictures in each, from where the one before ended."""
HEAD_CHUNKS, HEAD_PASSES, HEAD_SEED = 28, 8.0, 76
"""Lines for the second reader's last layers; so much is added to the seed for them."""
DETECTOR_CHUNKS, DETECTOR_PASSES = 32, 3.0
DETECTOR_AGAIN_PASSES, DETECTOR_AGAIN_RATE = 4.5, 8e-4
"""The second run shows the same scenes again, at a lower rate, from where the first one ended."""
QUICK_CHUNKS, QUICK_SHARE = 2, 0.125
"""What `--quick` draws for each network, and how much of the passes it makes."""
SHIPPED = Path("drivers/camera/weights")
Words = tuple[object, ...]


class Failed(Exception):
    """A step ended badly, and has said why."""


class Steps:
    """Steps that run as processes of their own, some beside one another; one that fails ends them all."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock, self._failed = threading.RLock(), False

    def run(self, module: str, *words: object) -> None:
        """One step to its end. Failed where it, or one beside it, fails; its own words stand above."""
        command = [sys.executable, "-m", f"training.{module}", *map(str, words)]
        with self._lock:
            if self._failed:
                raise Failed
            print(" ".join(command[1:]), flush=True)
            process = subprocess.Popen(command)  # our own modules
            self._running.add(process)
        code = process.wait()
        with self._lock:
            self._running.discard(process)
            if code:
                self.end()
                raise Failed

    def end(self) -> None:
        """Ends what runs, and lets nothing begin any more."""
        with self._lock:
            self._failed = True
            for each in self._running:
                each.terminate()  # which also ends the processes that draw for it


def train_readers(steps: Steps, seed: int, share: float, chunks: tuple[int, int], common: Words) -> None:
    """All runs of the first reader, each from where the one before ended; then the second one's last layers.

    `chunks`: of each; `share`: of the passes.
    """
    reader, head = chunks
    before = ""
    for number, (name, passes, rate) in enumerate(READER_RUNS):
        settings = ("--seed", seed + number, "--passes", share * passes, "--rate", rate, "--start", before)
        steps.run("train_reader", *common, "--chunks", reader, *settings, "--name", name)
        before = name
    settings = ("--seed", seed + HEAD_SEED, "--passes", share * HEAD_PASSES)
    steps.run("train_head", *common, "--chunks", head, *settings, "--name", "head.pt")


def train_detector(steps: Steps, seed: int, share: float, chunks: tuple[int, int], common: Words) -> None:
    """Both runs of the detector, on the same scenes; then, hours before the first reader is done, the lines for the
    second one's last layers are drawn. `chunks`: of scenes and of lines; `share`: of the passes."""
    scenes, lines = chunks
    of_seed = (*common, "--chunks", scenes, "--seed", seed)
    steps.run("train_detector", *of_seed, "--passes", share * DETECTOR_PASSES, "--name", "detector-1.pt")
    again = ("--passes", share * DETECTOR_AGAIN_PASSES, "--rate", DETECTOR_AGAIN_RATE, "--start", "detector-1.pt")
    steps.run("train_detector", *of_seed, *again, "--name", "detector.pt")
    steps.run("chunks", "lines", *common, "--seed", seed + HEAD_SEED, "--count", lines)


def main() -> None:
    """All steps in order."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(".training"), help="drawn samples and saved states: 33 GB")
    parser.add_argument("--into", type=Path, default=SHIPPED)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--quick", action="store_true", help="little of each step, and into the work folder")
    given = parser.parse_args()
    workers = max(1, ((os.cpu_count() or 2) - 2) // 2)  # for each network: both are trained at once
    full = READER_CHUNKS, HEAD_CHUNKS, DETECTOR_CHUNKS
    reader, head, detector = (QUICK_CHUNKS,) * 3 if given.quick else full
    share = QUICK_SHARE if given.quick else 1.0
    work = given.work / "quick" if given.quick else given.work  # states of its own: no long run goes on from them
    into = work / "weights" if given.quick else given.into
    common: Words = ("--work", work, "--workers", workers)
    steps = Steps()
    signal.signal(signal.SIGTERM, lambda _number, _frame: steps.end())  # who stops this stops the steps as well
    try:
        with ThreadPoolExecutor(2) as both:
            done = (
                both.submit(train_readers, steps, given.seed, share, (reader, head), common),
                both.submit(train_detector, steps, given.seed, share, (detector, head), common),
            )
        for each in done:
            each.result()
        steps.run("export", "--work", work, "--seed", given.seed, "--into", into)
    except (Failed, KeyboardInterrupt):  # Ctrl-C reaches the steps as well
        raise SystemExit("stopped; the same command goes on from the last saved state") from None


if __name__ == "__main__":
    main()
