"""What the tests of the camera share: the forms of plates, made readings, and a driver beside a simulated camera."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np

from controller.domain.plates import masks
from drivers.camera.camera import Camera
from drivers.camera.plate_form import PlateForm, plate_forms
from drivers.camera.recogniser import Plate, SlotScores
from drivers.camera.settings import CameraSettings
from drivers.camera.stream import Frame, FrameStream
from drivers.readings import Reading
from simulator.scene.scene import SceneRenderer
from simulator.scene.state import SceneState
from simulator.wire.mjpeg_camera import MjpegCamera
from simulator.wire.rtsp_camera import RtspCamera

FRAMES_WITHIN_S = 60.0
FORMS: tuple[PlateForm, ...] = plate_forms(masks("cn"))
QUAD = ((10.0, 10.0), (110.0, 10.0), (110.0, 40.0), (10.0, 40.0))
R = TypeVar("R", bound=Reading)


def slot(*shares: tuple[str, float]) -> SlotScores:
    return SlotScores(tuple((char, float(np.log(share))) for char, share in sorted(shares, key=lambda pair: -pair[1])))


def plate(text: str, share: float = 0.98, *, kind: str = "small", color: str = "blue", score: float = 0.0) -> Plate:
    """A reading in which every slot has that probability."""
    slots = tuple(slot((char, share), ("?", 1 - share)) for char in text)
    return Plate(
        text=text,
        raw=text,
        kind=kind,
        color=color,
        colors=((color, 0.9),),
        slots=slots,
        corners=QUAD,
        rows=1,
        score=score,
    )


class Heard:
    """Keeps what a driver emits, in order, for the test's thread to wait on."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self._came = threading.Condition()

    def __call__(self, reading: Reading) -> None:
        with self._came:
            self.readings.append(reading)
            self._came.notify_all()

    def wait(self, kind: type[R], when: Callable[[R], bool] = lambda _reading: True, *, within_s: float) -> R:
        """The first reading of that kind for which `when` holds, taken from those not yet waited for."""
        end = time.monotonic() + within_s
        with self._came:
            while True:
                for number, reading in enumerate(self.readings):
                    if isinstance(reading, kind) and when(reading):
                        del self.readings[: number + 1]
                        return reading
                if not self._came.wait(max(0.0, end - time.monotonic())) and time.monotonic() >= end:
                    raise AssertionError(f"no {kind.__name__} within {within_s} s, only {self.readings}")


def frames(stream: FrameStream, count: int) -> list[Frame]:
    """So many frames as somebody sees them who looks all the time."""
    seen: list[Frame] = []
    end = time.monotonic() + FRAMES_WITHIN_S
    while len(seen) < count and time.monotonic() < end:
        newest = stream.newest
        if newest is not None and (not seen or newest.number != seen[-1].number):
            seen.append(newest)
        time.sleep(0.005)
    assert len(seen) == count, f"only {len(seen)} frames; {stream.loss}"
    return seen


class Lane:
    """A simulated camera whose scene the test sets; `over` HTTP as JPEGs, or RTSP as H.264."""

    def __init__(self, over: str = "http") -> None:
        self.scene, renderer = SceneState(), SceneRenderer(seed=3)
        self.camera: MjpegCamera | RtspCamera
        if over == "rtsp":
            self.camera = RtspCamera(lambda _t: self.scene, renderer=renderer, key_every=15, slow_s=2.5)
        else:
            self.camera = MjpegCamera(lambda _t: self.scene, renderer=renderer, slow_s=2.5)


@contextlib.contextmanager
def lane(
    folder: Path, *, hang_limit_s: float = 3.0, over: str = "http", **settings: object
) -> Iterator[tuple[Lane, Camera, Heard]]:
    """A camera, its driver with the real process, and what the driver says; nothing is left behind."""
    shown, heard = Lane(over), Heard()
    shown.camera.start()
    options = {
        "source": shown.camera.url,
        "pictures": folder / "pictures",
        "stale_ms": 1500,
        "open_timeout_ms": 1500,
        **settings,
    }
    driver = Camera(CameraSettings(id="cam", **options), heard, hang_limit_s=hang_limit_s)  # type: ignore[arg-type]
    driver.start()
    try:
        yield shown, driver, heard
    finally:
        driver.stop()
        shown.camera.stop()
        assert driver.pid is None
