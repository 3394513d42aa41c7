"""Memory, files and threads stay flat however many vehicles pass (F26). Accelerated: the real loop and log."""

import gc
import os
import threading
from pathlib import Path

import psutil
import pytest

from tests.support.box import WirelessBox

EVENTS = 200_000
WARM_UP = 20_000
MORE_MB = 8


def drive(box: WirelessBox, events: int) -> None:
    """Vehicles come and go until the log has so many more events."""
    wanted = box.log.head.seq + events
    while box.log.head.seq < wanted:
        box.scan(arming=True)
        box.card()
        box.scan(arming=True, limit_up=True)
        box.scan(closing=True, limit_up=True)
        box.scan(limit_up=True)
        box.pass_ms(2_000)
        box.scan()
        box.pass_ms(1_000)
        box.orders.effects.clear()


def taken() -> tuple[float, int, int]:
    """Megabytes, open files and threads of this process."""
    gc.collect()
    process = psutil.Process(os.getpid())
    return process.memory_info().rss / 1e6, process.num_fds(), threading.active_count()


@pytest.mark.soak
def test_two_hundred_thousand_events_leave_memory_files_and_threads_as_they_were(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box = WirelessBox(tmp_path)
    box.start()
    drive(box, WARM_UP)
    before = taken()
    drive(box, EVENTS)
    after = taken()
    with capsys.disabled():
        print(f"\n{box.log.head.seq} events; MB, files, threads: {before} before, {after} after")
    box.close()
    assert after[0] - before[0] < MORE_MB
    assert after[1:] == before[1:]
