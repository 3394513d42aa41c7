"""A network camera: MJPEG over HTTP on loopback, showing what the world says stands in view, with real ones' faults.

No drawing and no traffic may be put here. The stream is `multipart/x-mixed-replace`, a JPEG a part, as cameras send it.
"""

import base64
import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable
from enum import StrEnum, unique
from functools import partial

import cv2
import numpy as np

from simulator.scene.canvas import Picture
from simulator.scene.scene import SceneRenderer
from simulator.scene.state import SceneState

View = Callable[[float], SceneState]
"""What stands in view at a monotonic time in seconds."""

BOUNDARY = b"frame"
VARIANTS = 7
"""Prime: whoever looks at every second or every fourth picture still never sees the same twice in a row."""
REQUEST_LIMIT = 4096


@unique
class CameraFault(StrEnum):
    """What can be wrong with a camera (F10)."""

    FREEZE = "freeze"
    BLACK = "black"
    CUT = "cut"
    SLOW = "slow"
    SILENT = "silent"
    TRUNCATED = "truncated"


class MjpegCamera:
    """One camera at `url`. `view` is asked for every frame from the camera's thread; it must not block.

    A standing picture is drawn `VARIANTS` times with other noise and then sent from memory, so that an idle lane costs
    next to nothing and still never sends the same bytes twice in a row. `credentials` asks for HTTP basic sign-in;
    `slow_s` is the time between pictures under the fault `SLOW`.
    """

    def __init__(
        self,
        view: View,
        *,
        renderer: SceneRenderer | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        fps: float = 8.0,
        quality: int = 85,
        slow_s: float = 4.0,
        credentials: tuple[str, str] | None = None,
    ) -> None:
        self._view = view
        self._renderer = renderer or SceneRenderer()
        self._period_s = 1.0 / fps
        self._quality = quality
        self._slow_s = slow_s
        self._credentials = credentials
        self._address = (host, port)
        self._faults: frozenset[CameraFault] = frozenset()
        self._ready = threading.Condition()
        self._jpeg = b""
        self._number = 0
        self._kept: tuple[SceneState, list[bytes]] | None = None
        self._stopping = threading.Event()
        self._listener: socket.socket | None = None
        self._clients: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        """Where the driver finds the stream; known after `start`."""
        return f"http://{self._address[0]}:{self._address[1]}/stream.mjpg"

    def start(self) -> None:
        """Listen and begin to draw."""
        listener = socket.create_server(self._address, backlog=8)
        listener.settimeout(0.2)
        self._listener = listener
        self._address = listener.getsockname()[:2]
        for work, name in ((self._draw, "camera-draw"), (self._accept, "camera-accept")):
            self._run(work, f"{name}-{self._address[1]}")

    def stop(self) -> None:
        """Close every connection and end the threads."""
        self._stopping.set()
        with self._ready:
            self._ready.notify_all()
        self._drop_clients()
        for thread in list(self._threads):
            thread.join(timeout=2.0)
        if self._listener is not None:
            self._listener.close()

    def set_fault(self, fault: CameraFault, on: bool) -> None:
        """Switch one fault on or off; `CUT` and `SILENT` also end the connections that stand."""
        self._faults = self._faults | {fault} if on else self._faults - {fault}
        if on and fault in (CameraFault.CUT, CameraFault.SILENT):
            self._drop_clients()

    @property
    def faults(self) -> frozenset[CameraFault]:
        return self._faults

    # --- drawing ---------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        due = time.monotonic()
        while not self._stopping.is_set():
            period_s = self._slow_s if CameraFault.SLOW in self._faults else self._period_s
            if self._clients and not (CameraFault.FREEZE in self._faults and self._jpeg):
                self._offer(self._next_jpeg())
            elif self._clients:
                self._offer(self._jpeg)
            elif CameraFault.FREEZE not in self._faults:
                self._jpeg = b""  # the next to connect must not be shown what stood here before
            due = max(due + period_s, time.monotonic())
            self._stopping.wait(due - time.monotonic())

    def _offer(self, jpeg: bytes) -> None:
        with self._ready:
            self._jpeg = jpeg
            self._number += 1
            self._ready.notify_all()

    def _next_jpeg(self) -> bytes:
        if CameraFault.BLACK in self._faults:
            view = self._renderer.view
            return self._encoded(np.zeros((view.height, view.width, 3), np.uint8))
        state = self._view(time.monotonic())
        kept = self._kept[1] if self._kept is not None and self._kept[0] == state else []
        if len(kept) < VARIANTS:
            kept.append(self._encoded(self._renderer.render(state, self._number)))
            self._kept = (state, kept)
            return kept[-1]
        return kept[self._number % VARIANTS]

    def _encoded(self, picture: Picture) -> bytes:
        _done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, self._quality])
        return jpeg.tobytes()

    # --- serving ---------------------------------------------------------------------------------------------------

    def _run(self, work: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._threads = [alive for alive in self._threads if alive.is_alive()] + [thread]
        thread.start()

    def _accept(self) -> None:
        assert self._listener is not None
        while not self._stopping.is_set():
            try:
                client, _peer = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            if CameraFault.CUT in self._faults:
                client.close()
                continue
            client.settimeout(5.0)
            self._clients.add(client)
            self._run(partial(self._serve, client), f"camera-client-{client.fileno()}")

    def _serve(self, client: socket.socket) -> None:
        try:
            request = self._request(client)
            self._hold_silent(client)
            if not self._is_signed_in(request):
                client.sendall(
                    b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="camera"\r\nContent-Length: 0\r\n\r\n'
                )
                return
            client.sendall(
                b"HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nConnection: close\r\n"
                b"Content-Type: multipart/x-mixed-replace; boundary=" + BOUNDARY + b"\r\n\r\n"
            )
            self._stream(client)
        except OSError:
            return  # the driver went away, or the fault closed the connection: both are what a camera lives with
        finally:
            self._clients.discard(client)
            client.close()

    def _stream(self, client: socket.socket) -> None:
        sent = -1
        while not self._stopping.is_set() and client in self._clients:
            with self._ready:
                if self._number == sent:
                    self._ready.wait(timeout=1.0)
                jpeg, number = self._jpeg, self._number
            if number == sent or not jpeg:
                continue
            sent = number
            head = b"--%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % (BOUNDARY, len(jpeg))
            if CameraFault.TRUNCATED in self._faults:
                client.sendall(head + jpeg[: len(jpeg) // 2])
                return
            client.sendall(head + jpeg + b"\r\n")

    def _hold_silent(self, client: socket.socket) -> None:
        while CameraFault.SILENT in self._faults and not self._stopping.is_set():
            readable, _, _ = select.select([client], [], [], 0.1)
            if readable and not client.recv(1024):
                raise ConnectionResetError("the driver went away")

    def _request(self, client: socket.socket) -> bytes:
        request = b""
        while b"\r\n\r\n" not in request and len(request) < REQUEST_LIMIT:
            part = client.recv(1024)
            if not part:
                break
            request += part
        return request

    def _is_signed_in(self, request: bytes) -> bool:
        if self._credentials is None:
            return True
        token = base64.b64encode(":".join(self._credentials).encode())
        for line in request.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"authorization":
                return value.strip() == b"Basic " + token
        return False

    def _drop_clients(self) -> None:
        for client in list(self._clients):
            self._clients.discard(client)
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
