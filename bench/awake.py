"""Keeps the processors at work while something small is measured.

What wakes a few times a second on a machine that is otherwise idle is charged for the waking, too: the processor comes
back slowly, that of a virtual machine above all. The same decoding of a picture has been charged eight times as much
after a second's rest (`python -m bench.awake` shows it). That time is missing nowhere. Where a share of a core is asked
for, what counts is what is missing when the cores have other work. Counting alone does not keep them awake; reading
plates does.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np

from controller.domain.plates import masks
from drivers.camera.plate_form import plate_forms
from drivers.camera.plate_recogniser import PlateRecogniser
from simulator.scene.plate_drawing import PlateText
from simulator.scene.scene import SceneRenderer
from simulator.scene.state import SceneState, SeenVehicle

LOWEST = 19
GAPS_S = (0.0, 0.1, 0.9)
TIMES = 8


@contextmanager
def awake() -> Iterator[None]:
    """For each processor a process of the lowest priority that reads plates without a pause; none outlives this one."""
    command = [sys.executable, "-m", "bench.awake", "--work"]
    works = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(os.cpu_count() or 1)]  # our own module
    try:
        for each in works:
            assert each.stdout is not None
            each.stdout.readline()  # it says when it has begun
        yield
    finally:
        for each in works:
            each.kill()
        for each in works:
            each.communicate()


def work() -> None:
    """Read plates until the process that started this one is gone."""
    os.nice(LOWEST)
    cv2.setNumThreads(1)
    parent = os.getppid()
    picture = SceneRenderer(seed=1).render(SceneState(vehicles=(SeenVehicle(plate=PlateText(text="粤B12345")),)))
    recogniser = PlateRecogniser(plate_forms(masks("cn")), threads=1)
    recogniser.read(picture)
    print("at work", flush=True)
    while os.getppid() == parent:
        recogniser.read(picture)


def decoding_ms(gap_s: float) -> float:
    """What decoding the same picture takes of the processor after a pause, median."""
    cv2.setNumThreads(1)
    picture = np.random.default_rng(1).integers(0, 255, (90, 160, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    jpeg, taken = cv2.imencode(".jpg", picture)[1], list[float]()
    for _ in range(TIMES):
        time.sleep(gap_s)
        began = time.thread_time()
        cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
        taken.append(1000 * (time.thread_time() - began))
    return statistics.median(taken)


def main() -> int:
    """A picture's decoding by the pause before it, with the machine at rest and at work."""
    if "--work" in sys.argv:
        work()
        return 0
    at_rest = [decoding_ms(gap) for gap in GAPS_S]
    with awake():
        at_work = [decoding_ms(gap) for gap in GAPS_S]
    for gap, one, other in zip(GAPS_S, at_rest, at_work, strict=True):
        print(f"after {gap:.1f} s: {one:5.2f} ms of the processor, with the machine at work {other:5.2f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
