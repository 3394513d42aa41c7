"""The reading thread beside a simulated camera: what is decoded, how often, and what happens to what cannot be."""

import itertools
import time
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from drivers.camera import stream as stream_module
from drivers.camera.recogniser import Picture
from drivers.camera.sources import source_of
from drivers.camera.stream import FrameStream, Packet
from simulator.scene.state import SceneState
from simulator.wire.mjpeg_camera import MjpegCamera
from tests.camera.support import frames

SLOW_S = 60.0


@pytest.fixture
def camera() -> Iterator[MjpegCamera]:
    shown = MjpegCamera(lambda _t: SceneState())
    shown.start()
    yield shown
    shown.stop()


@pytest.fixture
def stream(camera: MjpegCamera) -> Iterator[FrameStream]:
    taken = FrameStream(source_of(camera.url, open_timeout_ms=5_000, read_timeout_ms=5_000), "cam")
    taken.start()
    yield taken
    taken.stop()


def test_a_jpeg_from_the_network_is_decoded_only_as_often_as_somebody_wants_it(
    stream: FrameStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames(stream, 2)
    decoded: list[int] = []
    decode = stream_module._decoded

    def counted(packet: Packet, size: int) -> Picture | None:
        assert packet.ndim == 2, "it was decoded before anybody asked"
        decoded.append(size)
        return decode(packet, size)

    monkeypatch.setattr(stream_module, "_decoded", counted)
    stream.gap_ns = 400_000_000
    seen = frames(stream, 5)
    assert all(b.at_ns - a.at_ns >= 400_000_000 for a, b in itertools.pairwise(seen[1:]))
    assert seen[-1].number - seen[1].number >= 6, "the others still came, and were counted"
    assert decoded == 4 * [2], "nobody asked for a whole one"


def test_who_asks_for_all_pictures_again_gets_the_newest_at_once(stream: FrameStream) -> None:
    stream.gap_ns = 10_000_000_000
    (first,) = frames(stream, 1)
    end = time.monotonic() + SLOW_S
    while stream._number < first.number + 3 and time.monotonic() < end:
        time.sleep(0.02)
    assert stream.newest is first
    stream.gap_ns = 0
    newest = stream.newest
    assert newest is not None and newest.number >= first.number + 3


def test_a_picture_is_the_same_whoever_decodes_it(camera: MjpegCamera, stream: FrameStream) -> None:
    (ours,) = frames(stream, 1)
    plain = cv2.VideoCapture(camera.url, cv2.CAP_FFMPEG)
    done, theirs = plain.read()
    plain.release()
    assert done and ours.picture.shape == theirs.shape and ours.picture.dtype == theirs.dtype
    assert np.abs(ours.picture.mean(axis=(0, 1)) - theirs.mean(axis=(0, 1))).max() < 2.0


def test_a_jpeg_that_opencv_itself_cannot_decode_is_left_to_ffmpeg(
    camera: MjpegCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cv2, "imdecode", lambda *_: None)
    taken = FrameStream(source_of(camera.url, open_timeout_ms=5_000, read_timeout_ms=5_000), "cam")
    taken.start()
    try:
        assert frames(taken, 2)[0].picture.ndim == 3
    finally:
        taken.stop()


def test_a_damaged_jpeg_among_good_ones_is_passed_over(stream: FrameStream, monkeypatch: pytest.MonkeyPatch) -> None:
    frames(stream, 1)
    decode, calls = stream_module._decoded, iter(range(1_000))

    def every_second(packet: Packet, size: int) -> Picture | None:
        return None if next(calls) % 2 == 0 else decode(packet, size)

    monkeypatch.setattr(stream_module, "_decoded", every_second)
    assert all(frame.glance.ndim == 3 for frame in frames(stream, 4))


def test_a_frame_is_glanced_at_at_half_its_size_and_decoded_whole_once_when_somebody_asks(
    stream: FrameStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    (frame,) = frames(stream, 1)
    decode, sizes = stream_module._decoded, list[int]()

    def kept(packet: Packet, size: int) -> Picture | None:
        sizes.append(size)
        return decode(packet, size)

    monkeypatch.setattr(stream_module, "_decoded", kept)
    whole = frame.picture
    assert whole is frame.picture
    assert sizes == [1]
    assert frame.glance.shape == (whole.shape[0] // 2, whole.shape[1] // 2, 3)
    small = cv2.resize(whole, frame.glance.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - frame.glance).mean() < 2.0, "the same picture"


def test_a_frame_that_can_only_be_glanced_at_is_still_a_picture(
    stream: FrameStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    (frame,) = frames(stream, 1)
    monkeypatch.setattr(stream_module, "_decoded", lambda *_: None)
    assert frame.picture is frame.glance


@pytest.mark.parametrize(("smaller", "width", "decoded"), [(2, 640, []), (8, 160, []), (8, 640, [2]), (8, 641, [2, 1])])
def test_who_needs_a_width_gets_it_from_as_little_decoding_as_need_be(
    camera: MjpegCamera, monkeypatch: pytest.MonkeyPatch, smaller: int, width: int, decoded: list[int]
) -> None:
    taken = FrameStream(source_of(camera.url, open_timeout_ms=5_000, read_timeout_ms=5_000), "cam", smaller)
    taken.start()
    try:
        (frame,) = frames(taken, 1)
    finally:
        taken.stop()
    assert frame.glance.shape[1] == 1280 // smaller
    decode, sizes = stream_module._decoded, list[int]()

    def kept(packet: Packet, size: int) -> Picture | None:
        sizes.append(size)
        return decode(packet, size)

    monkeypatch.setattr(stream_module, "_decoded", kept)
    assert frame.at_least(width).shape[1] >= width
    assert sizes == decoded
    assert frame.at_least(5_000) is frame.picture, "no camera is wider than it is"
