"""A network camera: H.264 over RTSP, all in the one TCP connection as gates ask for it, showing what stands in view.

Its main stream is at `/stream1`, and the same in little, its substream, at `/stream2`.

No drawing and no traffic may be put here. RFC 2326 (RTSP, OPTIONS to TEARDOWN), 3550 (RTP) and 6184 (H.264 in RTP:
single units, and those longer than a packet in pieces, FU-A). Each who connects gets an encoder of its own, so begins
with a key frame. The first picture of a group stands by itself, the others tell what changed, as cameras send it.
"""

import base64
import itertools
import socket
import struct
import threading
import time
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np

from simulator.scene.canvas import Picture
from simulator.scene.scene import SceneRenderer
from simulator.wire.camera_server import CameraFault, CameraServer, View, request_of

CLOCK_HZ = 90_000
LONGEST_RTP = 1_400
FINEST_QP, QP_FOR_QUALITY = 19, 1 / 3
PAYLOAD, FU_A = 96, 28
REQUEST_LIMIT = 8_192
METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"
SDP = (
    b"v=0\r\no=- 0 0 IN IP4 %%b\r\ns=%%b\r\nt=0 0\r\nm=video 0 RTP/AVP %d\r\na=rtpmap:%d %%b/%d\r\n"
    b"a=fmtp:%d packetization-mode=1\r\na=control:video\r\n"
) % (PAYLOAD, PAYLOAD, CLOCK_HZ, PAYLOAD)
SOUND = b"m=audio 0 RTP/AVP 0\r\na=control:sound\r\n"
"""What DESCRIBE answers (RFC 4566); the parameter sets stand in the video itself."""
SUBSTREAM_WIDTH = 640
Answer = tuple[str, dict[str, str], bytes]


class RtspCamera(CameraServer):
    """One camera at `url`. `view` is asked for every picture from a client's thread; it must not block.

    `key_every`: pictures from one key frame to the next. `credentials` asks for basic sign-in. `title` is what it calls
    itself, in whatever bytes, and `codec` the name of what it sends. `out_of_order`: some pictures are told from later
    ones, and come after them. `kbit_s`: it codes as cameras are set to, at that rate, the substream at a quarter of it,
    with all that a decoder then has to undo (0: as fast as can be). `has_sound`: it offers sound, but sends none;
    `set_up` is what it was asked for, "video" or "sound". `quality` (30 to 100) is as of a JPEG; `slow_s` is the time
    between pictures under the fault `SLOW`; under `TRUNCATED` the line ends in the middle of each picture.
    """

    def __init__(
        self,
        view: View,
        *,
        renderer: SceneRenderer | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        fps: float = 10.0,
        quality: int = 85,
        slow_s: float = 4.0,
        key_every: int = 20,
        credentials: tuple[str, str] | None = None,
        title: bytes = b"camera",
        codec: str = "H264",
        out_of_order: bool = False,
        kbit_s: int = 0,
        has_sound: bool = False,
    ) -> None:
        super().__init__(host, port)
        self._view = view
        self._renderer = renderer or SceneRenderer()
        self._fps, self._key_every, self._slow_s = Fraction(fps).limit_denominator(100), key_every, slow_s
        self._qp = round(FINEST_QP + (100 - quality) * QP_FOR_QUALITY)
        self._credentials, self._title, self._codec = credentials, title, codec
        self._out_of_order, self._kbit_s, self._has_sound = out_of_order, kbit_s, has_sound
        self.set_up: list[str] = []
        self._drawing = threading.Lock()
        self._number = 0

    @property
    def url(self) -> str:
        """Where the driver finds the stream; known after `start`."""
        return f"rtsp://{self.address[0]}:{self.address[1]}/stream1"

    @property
    def substream_url(self) -> str:
        """Where the driver finds the small stream; known after `start`."""
        return self.url.removesuffix("1") + "2"

    # --- RTSP ------------------------------------------------------------------------------------------------------

    def serve(self, client: socket.socket) -> None:
        """One client: requests until PLAY, then pictures."""
        while not self._stopping.is_set() and (request := request_of(client, REQUEST_LIMIT)):
            lines = request.decode("latin-1").split("\r\n")
            self._hold_silent(client)
            method, _, uri = lines[0].partition(" ")
            fields = {name.strip().lower(): value.strip() for name, _, value in (x.partition(":") for x in lines[1:])}
            status, more, body = self._answer(method, uri, fields)
            head = {"CSeq": fields.get("cseq", "0"), **more, **({"Content-Length": str(len(body))} if body else {})}
            text = "".join(f"{name}: {value}\r\n" for name, value in head.items())
            client.sendall(f"RTSP/1.0 {status}\r\n{text}\r\n".encode() + body)
            if method == "PLAY" and status.startswith("200"):
                view = self._renderer.view
                is_small = uri.split("/stream", 1)[-1].startswith("2")
                width = min(SUBSTREAM_WIDTH, view.width) if is_small else view.width
                self._stream(client, (width, view.height * width // view.width // 2 * 2))
                return

    def _answer(self, method: str, uri: str, fields: dict[str, str]) -> Answer:
        if not self._is_signed_in(fields):
            return "401 Unauthorized", {"WWW-Authenticate": 'Basic realm="camera"'}, b""
        session = {"Session": "4711;timeout=60"}
        match method:
            case "DESCRIBE":
                sdp = SDP % (self.address[0].encode(), self._title, self._codec.encode()) + SOUND * self._has_sound
                base = uri.split(maxsplit=1)[0] + "/"
                return "200 OK", {"Content-Type": "application/sdp", "Content-Base": base}, sdp
            case "SETUP" if "interleaved" in fields.get("transport", ""):
                self.set_up.append(uri.split(maxsplit=1)[0].rpartition("/")[2])
                return "200 OK", session | {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}, b""
            case "SETUP":
                return "461 Unsupported Transport", {}, b""
            case "OPTIONS":
                return "200 OK", {"Public": METHODS}, b""
            case "PLAY" | "GET_PARAMETER" | "TEARDOWN":
                return "200 OK", session, b""
            case _:
                return "501 Not Implemented", {}, b""

    def _is_signed_in(self, fields: dict[str, str]) -> bool:
        if self._credentials is None:
            return True
        return fields.get("authorization") == "Basic " + base64.b64encode(":".join(self._credentials).encode()).decode()

    # --- pictures --------------------------------------------------------------------------------------------------

    def _stream(self, client: socket.socket, size: tuple[int, int]) -> None:
        encoder = _encoder(
            *size, self._fps, self._key_every, self._coding(is_small=size[0] < self._renderer.view.width)
        )
        order, due, frozen = itertools.count(), time.monotonic(), None
        for count in itertools.count():
            if self._stopping.is_set() or client not in self._clients:
                return
            picture = frozen = self._picture(frozen)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(*size, "yuv420p")
            frame.pts = count
            for packet in encoder.encode(frame):
                video = b"".join(_rtp(bytes(packet), int((packet.pts or 0) * CLOCK_HZ / self._fps), order))
                if CameraFault.TRUNCATED in self._faults:
                    client.sendall(video[: len(video) // 2])
                    return
                client.sendall(video)
            period_s = self._slow_s if CameraFault.SLOW in self._faults else float(1 / self._fps)
            due = max(due + period_s, time.monotonic() - 1.0)
            self._stopping.wait(max(0.0, due - time.monotonic()))

    def _coding(self, *, is_small: bool) -> dict[str, str]:
        """What x264 is told. Each picture is as fine as the other, or each second as long as the other."""
        order = {"bf": "2"} if self._out_of_order else {"bf": "0", "tune": "zerolatency"}
        if not self._kbit_s:
            return {"preset": "ultrafast", "qp": str(self._qp), **order}
        rate = str((self._kbit_s // 4 if is_small else self._kbit_s) * 1000)
        return {"preset": "veryfast", "b": rate, "maxrate": rate, "bufsize": rate, **order}

    def _picture(self, last: Picture | None) -> Picture:
        if CameraFault.FREEZE in self._faults and last is not None:
            return last
        view = self._renderer.view
        if CameraFault.BLACK in self._faults:
            return np.zeros((view.height, view.width, 3), np.uint8)
        with self._drawing:  # one renderer for all who look
            self._number += 1
            return self._renderer.render(self._view(time.monotonic()), self._number)


def _encoder(width: int, height: int, fps: Fraction, key_every: int, coding: dict[str, str]) -> av.VideoCodecContext:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = 1 / fps, fps
    encoder.gop_size, encoder.thread_count = key_every, 1
    encoder.options = coding
    return encoder


def _rtp(video: bytes, stamp: int, order: Iterator[int]) -> Iterator[bytes]:
    """One picture's packets, each behind the four bytes that mark it in the RTSP connection. `video`: Annex B."""
    units = [
        unit.rstrip(b"\x00") for unit in video.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01")[1:]
    ]
    payloads = [payload for unit in units for payload in _payloads(unit)]
    for at, payload in enumerate(payloads):
        mark = 0x80 if at == len(payloads) - 1 else 0
        head = struct.pack("!BBHII", 0x80, mark | PAYLOAD, next(order) & 0xFFFF, stamp & 0xFFFFFFFF, 0x47415445)
        yield struct.pack("!cBH", b"$", 0, len(head) + len(payload)) + head + payload


def _payloads(unit: bytes) -> Iterator[bytes]:
    if len(unit) <= LONGEST_RTP:
        yield unit
        return
    indicator, kind = unit[0] & 0xE0 | FU_A, unit[0] & 0x1F
    for at in range(1, len(unit), LONGEST_RTP):
        piece = unit[at : at + LONGEST_RTP]
        first, last = 0x80 if at == 1 else 0, 0x40 if at + LONGEST_RTP >= len(unit) else 0
        yield bytes((indicator, first | last | kind)) + piece
