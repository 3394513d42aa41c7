"""A network camera: MJPEG over HTTP on loopback, showing what the world says stands in view, with real ones' faults.

No drawing and no traffic may be put here. The stream is `multipart/x-mixed-replace`, a JPEG a part, as cameras send it.
"""

import base64
import socket
import threading
import time

import cv2
import numpy as np

from simulator.scene.canvas import Picture
from simulator.scene.scene import SceneRenderer
from simulator.scene.state import SceneState
from simulator.wire.camera_server import CameraFault, CameraServer, View, request_of

BOUNDARY = b"frame"
VARIANTS = 7
"""Prime: whoever looks at every second or every fourth picture still never sees the same twice in a row."""
REQUEST_LIMIT = 4096


class MjpegCamera(CameraServer):
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
        super().__init__(host, port)
        self._view = view
        self._renderer = renderer or SceneRenderer()
        self._period_s = 1.0 / fps
        self._quality = quality
        self._slow_s = slow_s
        self._credentials = credentials
        self._ready = threading.Condition()
        self._jpeg = b""
        self._number = 0
        self._kept: tuple[SceneState, list[bytes]] | None = None

    @property
    def url(self) -> str:
        """Where the driver finds the stream; known after `start`."""
        return f"http://{self.address[0]}:{self.address[1]}/stream.mjpg"

    def start(self) -> None:
        """Listen and begin to draw."""
        super().start()
        self._run(self._draw, "draw")

    def stop(self) -> None:
        """Close every connection and end the threads."""
        self._stopping.set()
        with self._ready:
            self._ready.notify_all()
        super().stop()

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

    def serve(self, client: socket.socket) -> None:
        """One client: its request, then pictures."""
        request = request_of(client, REQUEST_LIMIT)
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

    def _is_signed_in(self, request: bytes) -> bool:
        if self._credentials is None:
            return True
        token = base64.b64encode(":".join(self._credentials).encode())
        for line in request.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"authorization":
                return value.strip() == b"Basic " + token
        return False
