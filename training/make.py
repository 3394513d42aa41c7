"""Makes the recogniser's weights from nothing: draw, train the reader, train the detector, write both as ONNX.

    make train                        both networks, hours on two cores
    make train ARGS="--quick"         some minutes: shows that it works, its weights are of no use

Stopped and started again it goes on where it was; the same seed gives the same batches in the same order. A GPU is used
where there is one, and more processes draw where there are more cores.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

SEED = 1
READER_CHUNKS = 60
READER_RUNS = (("reader-1.pt", 3.0, 2.2e-3), ("reader-2.pt", 3.5, 1.2e-3), ("reader.pt", 4.5, 1.5e-3))
"""State, passes and highest learning rate of each run; new pictures in each, from where the one before ended."""
DETECTOR_CHUNKS, DETECTOR_PASSES = 32, 3.0
DETECTOR_AGAIN_PASSES, DETECTOR_AGAIN_RATE = 4.5, 8e-4
"""The second run shows the same scenes again, at a lower rate, from where the first one ended."""
SHIPPED = Path("drivers/camera/weights")


def run(module: str, *words: object) -> None:
    """One step, in a process of its own; a step that fails ends it all with its own words above."""
    command = [sys.executable, "-m", f"training.{module}", *map(str, words)]
    print(" ".join(command[1:]), flush=True)
    done = subprocess.run(command, check=False)  # our own modules
    if done.returncode:
        raise SystemExit(done.returncode)


def main() -> None:
    """All steps in order."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(".training"), help="drawn samples and saved states: 30 GB")
    parser.add_argument("--into", type=Path, default=SHIPPED)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--quick", action="store_true", help="a chunk or two, into the work folder, not the package")
    given = parser.parse_args()
    workers = max(1, (os.cpu_count() or 2) - 1)
    reader, detector = (2, 2) if given.quick else (READER_CHUNKS, DETECTOR_CHUNKS)
    into = given.work / "weights" if given.quick else given.into
    common = ("--work", given.work, "--workers", workers)
    of_first = (*common, "--seed", given.seed)
    read, find = ("--chunks", reader), ("--chunks", detector)
    before = ""
    for number, (name, passes, rate) in enumerate(READER_RUNS):
        settings = ("--seed", given.seed + number, "--passes", passes, "--rate", rate, "--start", before)
        run("train_reader", *common, *read, *settings, "--name", name)
        before = name
    run("train_detector", *of_first, *find, "--passes", DETECTOR_PASSES, "--name", "detector-1.pt")
    again = ("--passes", DETECTOR_AGAIN_PASSES, "--rate", DETECTOR_AGAIN_RATE, "--start", "detector-1.pt")
    run("train_detector", *of_first, *find, *again, "--name", "detector.pt")
    run("export", "--work", given.work, "--seed", given.seed, "--into", into)


if __name__ == "__main__":
    main()
