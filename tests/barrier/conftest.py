"""Rigs that are always taken down, and a check that no thread and no file stays behind."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.barrier.rig import Rig


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    rigs: list[Rig] = []

    def make(*profiles: str, **settings: int) -> Rig:
        rigs.append(Rig(tmp_path, *profiles, **settings))
        return rigs[-1]

    threads, files = set(threading.enumerate()), _open_files()
    yield make
    for made in rigs:
        made.close()
    left = [thread.name for thread in threading.enumerate() if thread not in threads]
    assert not left, f"threads left behind: {left}"
    assert _open_files() <= files, "files left open"
