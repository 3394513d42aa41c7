"""The simulated network camera speaks MJPEG over HTTP as cameras do, and has their faults when told."""

import base64
import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from simulator.scene.plate_drawing import PlateText
from simulator.scene.state import SceneState, SeenVehicle
from simulator.wire.camera_server import CameraFault
from simulator.wire.mjpeg_camera import MjpegCamera

CAR = SceneState(vehicles=(SeenVehicle(plate=PlateText(text="粤B12345")),))


@contextlib.contextmanager
def camera(**options: object) -> Iterator[MjpegCamera]:
    running = MjpegCamera(lambda _t: CAR, fps=20.0, **options)  # type: ignore[arg-type]
    running.start()
    try:
        yield running
    finally:
        running.stop()
        assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("camera-")]


def connect(running: MjpegCamera, header: str = "") -> socket.socket:
    host, port = running.url.removeprefix("http://").split("/")[0].split(":")
    client = socket.create_connection((host, int(port)), timeout=5)
    client.sendall(f"GET /stream.mjpg HTTP/1.1\r\nHost: x\r\n{header}\r\n".encode())
    return client


def parts(client: socket.socket, count: int) -> list[bytes]:
    stream = client.makefile("rb")
    found = []
    while len(found) < count:
        line = stream.readline()
        if not line:
            break
        if line.lower().startswith(b"content-length:"):
            stream.readline()
            found.append(stream.read(int(line.split(b":")[1])))
    return found


def test_each_part_is_a_whole_picture_and_no_two_in_a_row_are_the_same_bytes() -> None:
    with camera() as running, connect(running) as client:
        pictures = parts(client, 6)
    assert len(pictures) == 6
    assert all(a != b for a, b in itertools.pairwise(pictures))
    first = cv2.imdecode(np.frombuffer(pictures[0], np.uint8), cv2.IMREAD_COLOR)
    assert first is not None
    assert first.shape == (720, 1280, 3)


def test_opencv_reads_the_stream() -> None:
    with camera() as running:
        capture = cv2.VideoCapture(
            running.url, cv2.CAP_FFMPEG, [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 3000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 3000]
        )
        seen, picture = capture.read()
        capture.release()
    assert seen
    assert picture.shape == (720, 1280, 3)


def test_a_frozen_camera_sends_the_same_bytes_again() -> None:
    with camera() as running, connect(running) as client:
        parts(client, 1)
        running.set_fault(CameraFault.FREEZE, True)
        pictures = parts(client, 5)
        assert len(set(pictures[2:])) == 1


def test_a_black_camera_sends_black_pictures() -> None:
    with camera() as running, connect(running) as client:
        running.set_fault(CameraFault.BLACK, True)
        last = parts(client, 4)[-1]
    assert cv2.imdecode(np.frombuffer(last, np.uint8), cv2.IMREAD_COLOR).max() < 4


def test_a_cut_camera_ends_the_stream_and_answers_no_more() -> None:
    with camera() as running, connect(running) as client:
        parts(client, 1)
        running.set_fault(CameraFault.CUT, True)
        assert len(parts(client, 1000)) < 100
        with connect(running) as second, contextlib.suppress(ConnectionError):
            assert parts(second, 1) == []


def test_a_silent_camera_accepts_and_says_nothing_until_it_recovers() -> None:
    with camera() as running:
        running.set_fault(CameraFault.SILENT, True)
        with connect(running) as client:
            client.settimeout(0.5)
            with pytest.raises(TimeoutError):
                client.recv(1)
            running.set_fault(CameraFault.SILENT, False)
            client.settimeout(5)
            assert len(parts(client, 1)) == 1


def test_a_picture_cut_in_the_middle_ends_the_connection() -> None:
    with camera() as running:
        running.set_fault(CameraFault.TRUNCATED, True)
        with connect(running) as client:
            (half,) = parts(client, 2)
    assert not half.endswith(b"\xff\xd9")


def test_a_camera_with_a_password_lets_nobody_in_without() -> None:
    with camera(credentials=("admin", "Geheim:1")) as running:
        with connect(running) as client:
            assert client.recv(100).startswith(b"HTTP/1.1 401")
        token = base64.b64encode(b"admin:Geheim:1").decode()
        with connect(running, f"Authorization: Basic {token}\r\n") as client:
            assert len(parts(client, 1)) == 1
