"""Nothing may be left running by a test of the camera: neither a thread nor a process."""

import threading
from collections.abc import Iterator

import psutil
import pytest


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    before = {child.pid for child in psutil.Process().children()}
    yield
    threads = [thread.name for thread in threading.enumerate() if thread.name.startswith(("camera-", "stream-"))]
    assert threads == []
    assert [child for child in psutil.Process().children() if child.pid not in before] == []
