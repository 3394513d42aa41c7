"""The process's signs of life tell a loop that goes round from one that hangs."""

import time
from pathlib import Path

import pytest

from drivers.camera.messages import Beat
from drivers.camera.settings import CameraSettings
from drivers.camera.sources import SourceKind, source_of
from drivers.camera.stream import FrameStream
from drivers.camera.worker import SLOWEST_ROUND_NS, Worker


def beats(worker: Worker, sent: list[object], monkeypatch: pytest.MonkeyPatch) -> int:
    """How many signs of life a few rounds of the beating thread give."""
    rounds = iter(range(3))

    def slept(_seconds: float) -> None:
        if next(rounds, None) is None:
            raise BrokenPipeError

    monkeypatch.setattr(time, "sleep", slept)
    sent.clear()
    worker.beat()
    return sum(isinstance(message, Beat) for message in sent)


def test_a_loop_that_hangs_gives_no_sign_of_life_and_one_that_goes_round_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []
    source = source_of("/nonexistent.mp4", open_timeout_ms=500, read_timeout_ms=500)
    settings = CameraSettings(id="cam", source=source.target, pictures=tmp_path)
    worker = Worker(settings, FrameStream(source, "cam"), sent.append, live=True)
    worker.step()
    assert beats(worker, sent, monkeypatch) == 4
    later = time.monotonic_ns() + SLOWEST_ROUND_NS + 1
    monkeypatch.setattr(time, "monotonic_ns", lambda: later)
    assert beats(worker, sent, monkeypatch) == 0
    worker.step()
    assert beats(worker, sent, monkeypatch) == 4


@pytest.mark.parametrize(
    ("text", "kind", "live"),
    [
        ("rtsp://10.0.0.9:554/stream1", SourceKind.NETWORK, True),
        ("http://10.0.0.9/video.mjpg", SourceKind.NETWORK, True),
        ("https://10.0.0.9/video.mjpg", SourceKind.NETWORK, True),
        ("/dev/video0", SourceKind.DEVICE, True),
        ("/var/lib/clip.mp4", SourceKind.FILE, False),
        ("gate.jpg", SourceKind.FILE, False),
    ],
)
def test_a_source_is_what_its_text_says(text: str, kind: SourceKind, live: bool) -> None:
    source = source_of(text, open_timeout_ms=1, read_timeout_ms=2)
    assert (source.kind, source.live, source.target) == (kind, live, text)


def test_a_password_goes_into_the_address_and_never_into_what_is_shown() -> None:
    source = source_of(
        "rtsp://old:pw@cam:554/1?x=pw", user="a b", password="p@:/%", open_timeout_ms=1, read_timeout_ms=2
    )
    assert source.target == "rtsp://a%20b:p%40%3A%2F%25@cam:554/1?x=pw"
    assert source.shown == "rtsp://cam:554/1"
