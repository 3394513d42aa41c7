"""Drawn samples in files of some thousand, made by processes of their own while a network is trained on those before.

A chunk is the same for the same seed and number, whoever draws it and when: an interrupted run goes on where it was.

    python -m training.chunks reader --work .training --count 100 --workers 2
"""

import argparse
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.camera.ppocr_reader import PpOcrReader
from drivers.camera.reader_input import HEIGHT_PX, WIDTH_PX
from training.draw.die import training_dies
from training.draw.samples import Draughtsman

READER_SAMPLES, SCENE_SAMPLES = 4_096, 1_024
SCENE_PX = 384
MOST_PLATES, MOST_TEXT = 3, 10
COLORS = ("blue", "yellow", "green", "yellow_green", "white", "black", "other")
SCENE_LEAST_PX, SCENE_MOST_PX = 20.0, 300.0
READER_SEVERITY = 0.85
"""Beyond it nobody reads what is drawn, and nothing is learnt from it."""
Arrays = dict[str, NDArray[np.generic]]


def reader_chunk(seed: int) -> Arrays:
    """`pictures` (n, 40, 160, 3) uint8 BGR, `texts` (n,) unicode, `colors` (n,) numbers in COLORS."""
    draughtsman = Draughtsman(seed, training_dies(), severity=READER_SEVERITY)
    pictures = np.empty((READER_SAMPLES, HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    texts = np.empty(READER_SAMPLES, f"<U{MOST_TEXT}")
    colors = np.empty(READER_SAMPLES, np.uint8)
    for number in range(READER_SAMPLES):
        pictures[number], texts[number], color = draughtsman.plate_patch()
        colors[number] = COLORS.index(color)
    return {"pictures": pictures, "texts": texts, "colors": colors}


def scene_chunk(seed: int) -> Arrays:
    """`pictures` (n, 384, 384, 3) uint8 BGR, `corners` (n, 3, 4, 2) float32, `rows` (n, 3) uint8, 0 for no plate."""
    draughtsman = Draughtsman(seed, training_dies())
    pictures = np.empty((SCENE_SAMPLES, SCENE_PX, SCENE_PX, 3), np.uint8)
    corners = np.zeros((SCENE_SAMPLES, MOST_PLATES, 4, 2), np.float32)
    rows = np.zeros((SCENE_SAMPLES, MOST_PLATES), np.uint8)
    for number in range(SCENE_SAMPLES):
        count = int(draughtsman.random.choice((0, 1, 1, 1, 2, 3)))
        scene = draughtsman.scene(SCENE_PX, SCENE_PX, count, SCENE_LEAST_PX, SCENE_MOST_PX)
        pictures[number] = scene.picture
        for place, plate in enumerate(scene.plates):
            corners[number, place], rows[number, place] = plate.corners, plate.kind.rows
    return {"pictures": pictures, "corners": corners, "rows": rows}


def line_chunk(seed: int) -> Arrays:
    """What PP-OCRv4 sees of the plates that `reader_chunk` draws for the same seed: `seen` (frames of all lines,
    SEEN_VALUES) float16, `starts` (n + 1,) where each line begins in it, `texts` (n,) unicode."""
    draughtsman = Draughtsman(seed, training_dies(), severity=READER_SEVERITY)
    reader = PpOcrReader()
    texts = np.empty(READER_SAMPLES, f"<U{MOST_TEXT}")
    seen = []
    for number in range(READER_SAMPLES):
        line, texts[number] = draughtsman.plate_line()
        seen.append(reader.read(line)[1].astype(np.float16))
    starts = np.cumsum([0, *(len(each) for each in seen)])
    return {"seen": np.concatenate(seen), "starts": starts, "texts": texts}


MAKERS = {"reader": reader_chunk, "lines": line_chunk, "scenes": scene_chunk}


def chunk_file(work: Path, what: str, seed: int, number: int) -> Path:
    """Where a chunk lies; `.npz`, not compressed."""
    return work / f"{what}-{seed}-{number:04d}.npz"


def _make(work: Path, what: str, seed: int, first: int, step: int, count: int) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    cv2.setNumThreads(1)
    for number in range(first, count, step):
        target = chunk_file(work, what, seed, number)
        if target.exists():
            continue
        began = time.monotonic()
        arrays = MAKERS[what](seed * 100_003 + number)
        part = target.with_suffix(f".part{os.getpid()}.npz")
        np.savez(part, **arrays)  # type: ignore[arg-type] # numpy's stub takes the names for its own arguments
        part.rename(target)
        print(f"{target.name}: {time.monotonic() - began:.0f} s", flush=True)


def loaded(work: Path, what: str, seed: int, number: int, wait_s: float = 3_600) -> Arrays:
    """A chunk's arrays; waits for the process that draws it. TimeoutError when it does not come."""
    target = chunk_file(work, what, seed, number)
    until = time.monotonic() + wait_s
    while not target.exists():
        if time.monotonic() > until:
            raise TimeoutError(f"{target}: not drawn after {wait_s:.0f} s; is `python -m training.chunks` running?")
        time.sleep(0.5)
    with np.load(target) as arrays:
        return {name: arrays[name] for name in arrays.files}


def start(work: Path, what: str, seed: int, count: int, workers: int) -> list[multiprocessing.Process]:
    """Processes that draw chunks 0 to count - 1 between them; each takes every so-many-th.

    They end with this one, also when it is terminated. SIGINT would not do: what a script starts in the background
    ignores it.
    """
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    work.mkdir(parents=True, exist_ok=True)
    tasks = [(work, what, seed, first, workers, count) for first in range(workers)]
    processes = [multiprocessing.Process(target=_make, args=task, daemon=True) for task in tasks]
    for process in processes:
        process.start()
    return processes


def main() -> None:
    """Draw chunks and end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=sorted(MAKERS))
    parser.add_argument("--work", type=Path, default=Path(".training"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    for process in start(given.work, given.what, given.seed, given.count, given.workers):
        process.join()


if __name__ == "__main__":
    main()
