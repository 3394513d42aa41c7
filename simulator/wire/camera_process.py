"""All cameras in a process of their own, so that drawing never holds up a byte on a serial line.

No lane and no traffic may be put here: scenes come in as values, pictures go out over HTTP or RTSP. The process ends
when its other end of the pipe is closed, however the simulator ended.
"""

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

from simulator.scene.scene import SceneRenderer
from simulator.scene.state import SceneState
from simulator.wire.camera_server import CameraFault
from simulator.wire.mjpeg_camera import MjpegCamera
from simulator.wire.rtsp_camera import RtspCamera

START_WITHIN_S = 30.0
STOP_WITHIN_S = 5.0
NICE = 5
"""Pictures may be late; bytes may not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSettings:
    """One camera. `name` is any name that tells it from the others; `port` 0 is any free one. `h264`: it sends video
    over RTSP, else JPEGs over HTTP."""

    name: str
    port: int = 0
    fps: float = 6.0
    quality: int = 85
    h264: bool = False


class CameraProcess:
    """Cameras that run elsewhere. Calls come from one thread."""

    def __init__(self, cameras: Sequence[CameraSettings]) -> None:
        self._cameras = tuple(cameras)
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self.urls: dict[str, str] = {}
        """Where each camera's stream is; known after `start`."""

    def start(self) -> None:
        """Start the process; OSError when a camera's port cannot be had."""
        if not self._cameras:
            return
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_run, args=(theirs, self._cameras), name="cameras", daemon=True)
        self._process.start()
        theirs.close()
        answer = self._pipe.recv() if self._pipe.poll(START_WITHIN_S) else "the cameras' process did not start in time"
        if not isinstance(answer, dict):
            self.stop()
            raise OSError(0, str(answer), "camera")
        self.urls = answer

    def stop(self) -> None:
        """End the process."""
        if self._process is None or self._pipe is None:
            return
        self._pipe.close()
        self._process.join(STOP_WITHIN_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()
        self._process = self._pipe = None

    def show(self, name: str, state: SceneState) -> None:
        """From now on this stands before the camera."""
        self._send((name, state))

    def set_fault(self, name: str, fault: CameraFault, on: bool) -> None:
        """Break or mend a camera."""
        self._send((name, fault, on))

    def _send(self, message: tuple[object, ...]) -> None:
        if self._pipe is not None:
            # A process that died is seen by the daemon as a camera that is gone; the traffic goes on.
            with contextlib.suppress(BrokenPipeError):
                self._pipe.send(message)


def _run(pipe: Connection, settings: Sequence[CameraSettings]) -> None:
    """The process: cameras until the pipe is closed."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # whoever started us says when it is over
    os.nice(NICE)
    views = {each.name: SceneState() for each in settings}
    cameras: dict[str, MjpegCamera | RtspCamera] = {}
    try:
        for each in settings:
            renderer = SceneRenderer(seed=sum(each.name.encode()))
            camera = (RtspCamera if each.h264 else MjpegCamera)(
                lambda _now_s, name=each.name: views[name],  # type: ignore[misc]
                renderer=renderer,
                port=each.port,
                fps=each.fps,
                quality=each.quality,
            )
            camera.start()
            cameras[each.name] = camera
        pipe.send({name: camera.url for name, camera in cameras.items()})
        _serve(pipe, views, cameras)
    except OSError as error:
        with contextlib.suppress(OSError):
            pipe.send(f"camera port: {error.strerror or error}")
    finally:
        for camera in cameras.values():
            camera.stop()


def _serve(pipe: Connection, views: dict[str, SceneState], cameras: dict[str, MjpegCamera | RtspCamera]) -> None:
    with contextlib.suppress(EOFError):
        while True:
            name, *rest = pipe.recv()
            if isinstance(rest[0], SceneState):
                views[name] = rest[0]
            else:
                cameras[name].set_fault(rest[0], rest[1])
