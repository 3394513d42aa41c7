"""The reading thread beside a camera that sends H.264 over RTSP: what is decoded, and when, and how losses are told."""

import contextlib
import io
import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import cast

import av
import cv2
import numpy as np
import pytest

from drivers.camera import rtsp_stream
from drivers.camera.health import PictureHealth, look_at
from drivers.camera.rtsp_stream import RtspStream, VideoPacket
from drivers.camera.sources import source_of
from drivers.camera.stream import NS_PER_S, Frame
from drivers.readings import Condition
from simulator.scene.plate_drawing import PlateText
from simulator.scene.scene import SceneRenderer
from simulator.scene.state import SceneState, SeenVehicle
from simulator.wire.camera_server import CameraFault
from simulator.wire.rtsp_camera import RtspCamera
from tests.camera.support import frames
from tests.support.wired_box import wait_until

SLOW_S = 30.0
FPS, KEY_EVERY = 10, 8
GAP_NS, PATIENCE_NS = 500_000_000, 900_000_000
CAR = SceneState(vehicles=(SeenVehicle(plate=PlateText(text="粤B12345")),))


class Street:
    """A camera, and the sizes of what is decoded at once, with whether it begins with a key frame. A context."""

    def __init__(self, **settings: object) -> None:
        self.scene = SceneState()
        renderer = SceneRenderer(seed=3)
        self.camera = RtspCamera(
            lambda _t: self.scene, renderer=renderer, **{"fps": FPS, "key_every": KEY_EVERY} | settings
        )  # type: ignore[arg-type]
        self.decoded: list[tuple[int, bool]] = []

    def __enter__(self) -> "Street":
        self.camera.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.camera.stop()


class Given:
    """A packet that gives this picture; without one it is damaged."""

    is_keyframe = False

    def __init__(self, frame: av.VideoFrame | None, pts: int | None = None) -> None:
        self.frame, self.pts = frame, pts

    def decode(self) -> list[av.VideoFrame]:
        if self.frame is None:
            raise av.error.InvalidDataError(1, "damaged")
        return [self.frame]


@pytest.fixture
def street(monkeypatch: pytest.MonkeyPatch) -> Iterator[Street]:
    newest = rtsp_stream._Decoder.newest

    def noted(decoder: rtsp_stream._Decoder, packets: list[VideoPacket]) -> tuple[av.VideoFrame | None, float]:
        shown.decoded.append((len(packets), packets[0].is_keyframe))
        return newest(decoder, packets)

    monkeypatch.setattr(rtsp_stream._Decoder, "newest", noted)
    with Street() as shown:
        yield shown


@contextlib.contextmanager
def watching(
    url: str, user: str = "", password: str = "", timeout_ms: int = 5_000, gap_ns: int = 0, patience_ns: int = 0
) -> Iterator[RtspStream]:
    """The stream of that address, at work."""
    source = source_of(url, user=user, password=password, open_timeout_ms=timeout_ms, read_timeout_ms=timeout_ms)
    stream = RtspStream(source, "cam")
    stream.gap_ns, stream.patience_ns = gap_ns, patience_ns
    stream.start()
    try:
        yield stream
    finally:
        stream.stop()


@pytest.fixture
def stream(street: Street) -> Iterator[RtspStream]:
    with watching(street.camera.url) as taken:
        yield taken


def apart(frame: Frame, scene: SceneState) -> float:
    """By how many levels a pixel differs from the scene, in the mean."""
    height, width = frame.picture.shape[:2]
    expected = cv2.resize(SceneRenderer(seed=3).render(scene), (width, height), interpolation=cv2.INTER_AREA)
    return float(np.abs(frame.picture.astype(int) - expected).mean())


def test_what_comes_out_is_what_the_camera_showed(street: Street, stream: RtspStream) -> None:
    street.scene = CAR
    frame = frames(stream, 4)[-1]
    assert frame.picture.shape == (720, 1280, 3)
    assert frame.picture.dtype == np.uint8
    assert apart(frame, CAR) < 6.0 < apart(frame, SceneState())
    assert stream.loss == ""


def test_the_substream_shows_the_same_in_little(street: Street) -> None:
    street.scene = CAR
    with watching(street.camera.substream_url) as small:
        frame = frames(small, 4)[-1]
    assert frame.picture.shape == (360, 640, 3)
    assert apart(frame, CAR) < 6.0 < apart(frame, SceneState())


def test_at_rest_key_frames_alone_are_decoded_once_two_have_shown_that_they_stand_by_themselves(
    street: Street, stream: RtspStream
) -> None:
    frames(stream, 2)
    stream.gap_ns, stream.patience_ns = GAP_NS, PATIENCE_NS
    frames(stream, 3)
    assert {count for count, _ in street.decoded} == {1}
    assert sum(not key for _, key in street.decoded) >= KEY_EVERY - 2, "all of them, till then"
    street.decoded.clear()
    seen = frames(stream, 4)
    assert set(street.decoded) == {(1, True)}
    assert all(0.6 < (b.at_ns - a.at_ns) / 1e9 < 1.2 for a, b in itertools.pairwise(seen[1:])), (
        "each 8th of 10 a second"
    )


def test_who_wants_a_picture_then_gets_one_of_the_present_from_all_that_waited(
    street: Street, stream: RtspStream
) -> None:
    stream.gap_ns, stream.patience_ns = GAP_NS, PATIENCE_NS
    frames(stream, 4)
    street.scene = CAR
    time.sleep(0.5)
    street.decoded.clear()
    asked_ns = time.monotonic_ns()
    stream.gap_ns = stream.patience_ns = 0
    wait_until(lambda: stream.newest is not None and stream.newest.at_ns >= asked_ns, 5, "a picture of now")
    frame = cast(Frame, stream.newest)
    assert (frame.at_ns - asked_ns) / 1e9 < 0.6
    assert apart(frame, CAR) < 6.0, "nothing of the video is missing"
    (waited, key), *_ = street.decoded
    assert waited > 2 or key


def test_what_cannot_wait_for_a_key_frame_is_decoded_before(street: Street, stream: RtspStream) -> None:
    frames(stream, 2 * KEY_EVERY)
    stream.gap_ns = 350_000_000
    frames(stream, 2)
    street.decoded.clear()
    seen = frames(stream, 4)
    assert all(0.3 < (b.at_ns - a.at_ns) / 1e9 < 0.7 for a, b in itertools.pairwise(seen[1:]))
    assert 2 <= max(count for count, _ in street.decoded) <= 6


def test_not_more_waits_than_can_be_caught_up_with_soon(
    street: Street, stream: RtspStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rtsp_stream, "MOST_WAITING", 6)
    frames(stream, 2 * KEY_EVERY)
    stream.gap_ns = stream.patience_ns = 20_000_000_000
    street.decoded.clear()
    wait_until(lambda: len(street.decoded) > 4, 10, "some catching up")
    assert max(count for count, _ in street.decoded) == 6


def test_a_picture_of_video_that_comes_out_of_order_is_shown_soon_and_stamped_with_when_it_was_sent() -> None:
    fps = 5
    with (
        Street(out_of_order=True, fps=fps, key_every=fps) as street,
        watching(street.camera.url, gap_ns=GAP_NS, patience_ns=PATIENCE_NS) as stream,
    ):
        for _ in range(3):
            (frame,) = frames(stream, 1)
            wait_until(lambda: cast(Frame, stream.newest).number > frame.number, SLOW_S, "a picture")  # noqa: B023 - called at once
            assert time.monotonic_ns() - cast(Frame, stream.newest).at_ns < 3 * NS_PER_S // fps + 300_000_000, "soon"
        stream.gap_ns = stream.patience_ns = 0
        for scene in (CAR, SceneState()):
            street.scene, changed_ns = scene, time.monotonic_ns()
            wait_until(lambda: apart(cast(Frame, stream.newest), scene) < 6.0, SLOW_S, "the new scene")  # noqa: B023 - called at once
            assert cast(Frame, stream.newest).at_ns - changed_ns > -NS_PER_S // fps, "not stamped earlier than it was"
            wait_until(lambda: cast(Frame, stream.newest).at_ns > changed_ns + NS_PER_S // fps, SLOW_S, "later ones")  # noqa: B023 - called at once
            assert apart(cast(Frame, stream.newest), scene) < 6.0, "what is stamped later shows it"


def test_a_camera_s_clock_that_is_set_makes_no_picture_late() -> None:
    with av.open(io.BytesIO(), "w", format="matroska") as container:
        video = container.add_stream("h264", rate=10)
        video.time_base = Fraction(1, 1000)
        decoder = rtsp_stream._Decoder(video)
        lates = list[float]()
        for pts in (0, 100, 200, 900_000, 900_100, 500, 600, 700):
            picture = av.VideoFrame.from_ndarray(np.zeros((8, 8, 3), np.uint8), format="bgr24")
            picture.pts = pts
            decoder.came(pts)
            lates.append(decoder.newest(cast(list[VideoPacket], [Given(picture, pts)]))[1])
        assert lates == pytest.approx([0.0, *7 * [0.1]])
        decoder.came(1_000)
        assert decoder.newest(cast(list[VideoPacket], [Given(picture, 1_000)]))[1] == pytest.approx(0.3 + 0.3)


def test_what_is_shown_after_a_repeated_key_frame_is_new_where_it_differs(street: Street, stream: RtspStream) -> None:
    """Black to the last pixel, then the lights go on in the middle of a group."""
    street.camera.set_fault(CameraFault.BLACK, True)
    wait_until(lambda: stream.newest is not None and stream.newest.repeated, SLOW_S, "a key frame as the one before")
    street.camera.set_fault(CameraFault.BLACK, False)
    wait_until(lambda: cast(Frame, stream.newest).glance.mean() > 30, 3, "light")
    assert not cast(Frame, stream.newest).repeated


def test_a_camera_s_sound_is_not_asked_for() -> None:
    """It would keep a line busy on which the video has stopped, and nobody listens."""
    with Street(has_sound=True) as street, watching(street.camera.url) as stream:
        assert frames(stream, 2)
        assert street.camera.set_up == ["video"]


@pytest.mark.parametrize("title", ["海康威视".encode("gbk"), "Caméra".encode("latin-1"), b""])
def test_a_camera_may_call_itself_what_it_likes(title: bytes) -> None:
    with Street(title=title) as street, watching(street.camera.url) as stream:
        assert frames(stream, 2)


def test_video_that_nobody_can_decode_is_told_and_tried_again() -> None:
    with Street(codec="SVAC") as street, watching(street.camera.url) as stream:
        wait_until(lambda: "is it H.264 or H.265?" in stream.loss or "no video" in stream.loss, SLOW_S, "a word of it")
        assert stream._thread.is_alive()


def test_a_damaged_packet_is_passed_over() -> None:
    pictures = [av.VideoFrame.from_ndarray(np.full((8, 8, 3), level, np.uint8), format="bgr24") for level in range(3)]

    packets = cast(
        list[VideoPacket], [Given(pictures[0]), Given(None), Given(pictures[1]), Given(pictures[2]), Given(None)]
    )
    with av.open(io.BytesIO(), "w", format="matroska") as container:
        decoder = rtsp_stream._Decoder(container.add_stream("h264", rate=10))
        assert decoder.newest(packets) == (pictures[2], 0.0)


def test_f10_a_picture_that_is_coded_again_and_again_is_none_that_shows_the_present(
    street: Street, stream: RtspStream
) -> None:
    frames(stream, 2 * KEY_EVERY)
    assert not frames(stream, 1)[0].repeated
    street.camera.set_fault(CameraFault.FREEZE, True)
    wait_until(lambda: cast(Frame, stream.newest).repeated, 8, "a key frame that shows what the one before did")
    assert all(frame.repeated for frame in frames(stream, KEY_EVERY)), "whatever the packets between better"
    street.camera.set_fault(CameraFault.FREEZE, False)
    wait_until(lambda: not cast(Frame, stream.newest).repeated, 8, "a key frame that shows another picture")


def test_f10_a_quiet_street_at_night_that_is_coded_coarsely_is_no_frozen_camera() -> None:
    """The sensor lives, as its noise shows, but for seconds the encoder says that nothing has changed."""
    fps, seconds, random = 5, 12, np.random.default_rng(2)
    street, file = SceneRenderer(seed=3).render(SceneState()), io.BytesIO()
    with av.open(file, "w", format="mpegts") as container:
        video = container.add_stream("libx264", rate=fps)
        video.height, video.width = street.shape[:2]
        video.pix_fmt, video.options = "yuv420p", {"preset": "veryfast", "tune": "zerolatency", "crf": "38", "g": "100"}
        for _ in range(fps * seconds):
            noisy = np.clip(0.3 * street + random.normal(0, 2.0, street.shape), 0, 255).astype(np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(noisy, format="bgr24")))
        container.mux(video.encode())
    health, unchanged, longest = PictureHealth(3_000, live=True, now_ns=0), 0, 0
    with av.open(io.BytesIO(file.getvalue())) as container:
        decoder = rtsp_stream._Decoder(container.streams.video[0])
        for number, packet in enumerate(container.demux(container.streams.video[0])):
            frame, _late_s = decoder.newest([packet])
            at_ns = number * NS_PER_S // fps
            if frame is not None:
                look = look_at(frame.to_ndarray(format="bgr24"))
                changed = health.saw(look, at_ns, repeated=decoder.is_repeated(frame))
                unchanged = 0 if changed else unchanged + 1
                longest = max(longest, unchanged)
                assert health.condition(at_ns, "")[0] is Condition.ONLINE
    assert longest > 4 * fps, "else nothing was shown by it"


def test_a_camera_that_asks_for_a_password_is_read_with_it_and_the_password_is_never_told() -> None:
    with Street(credentials=("gate", "p@ss:/w")) as street:
        with watching(street.camera.url, "gate", "p@ss:/w") as known:
            assert frames(known, 1)
        with watching(street.camera.url, "gate", "s3cret") as wrong:
            wait_until(lambda: "nauthorized" in wrong.loss, SLOW_S, "a word of the refusal")
        assert "s3cret" not in wrong.loss
        assert wrong.loss.startswith(f"{street.camera.url}: ")


def test_f10_a_camera_that_accepts_and_says_nothing_is_given_up_in_time_and_taken_when_it_speaks(
    street: Street,
) -> None:
    street.camera.set_fault(CameraFault.SILENT, True)
    with watching(street.camera.url, timeout_ms=700) as stream:
        wait_until(lambda: "no answer for 7" in stream.loss, 5, "a word of the silence")
        assert stream.newest is None
        street.camera.set_fault(CameraFault.SILENT, False)
        assert frames(stream, 2)
        assert stream.loss == ""
        street.camera.set_fault(CameraFault.CUT, True)
        wait_until(lambda: stream.loss != "", 10, "a word of the loss")
        street.camera.set_fault(CameraFault.CUT, False)
        street.scene = replace(CAR)
        (last,) = frames(stream, 1)
        wait_until(lambda: cast(Frame, stream.newest).number > last.number, SLOW_S, "pictures again")
