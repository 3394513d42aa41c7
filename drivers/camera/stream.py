"""Keeps the newest frame of one camera: opens it, reads in a thread of its own, opens it again after a loss.

Only the newest frame is kept: a slow consumer sees the present, not a queue. A network camera's JPEG is kept as it came
and decoded when somebody looks at it: at rest that is seldom. No judgement of frames may be put here.
"""

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.backoff import Backoff
from drivers.camera.pace import Pace, Stalls
from drivers.camera.recogniser import Picture
from drivers.camera.sources import Source, SourceKind

LEAST_GAP_S = 0.1
"""Frames that come faster are taken from the camera but not looked at: nobody reads more than ten a second."""
MOTION_JPEG, RAW = int.from_bytes(b"MJPG", "little"), -1
NS_PER_S = 1_000_000_000

ENDED = "the stream ended or no picture came in time"
STILLS = frozenset((".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"))
STILL_GAP_S = 0.2


Packet = NDArray[np.uint8]
"""The JPEG of one picture, (1, bytes)."""
REDUCED = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 8: cv2.IMREAD_REDUCED_COLOR_8}
"""How a JPEG is decoded so many times smaller; at an eighth a pixel is the mean of a block, as it stands there."""


class Frame:
    """One picture with the monotonic ns of its arrival and its number since the start.

    `glance`: the same to look at in passing; of a JPEG, given as `packet`, smaller, which takes half the time.
    `repeated`: whether it is video that shows once more what it showed before; None of what is no such video, whose
    pixels tell. For one thread alone.
    """

    def __init__(
        self, glance: Picture, at_ns: int, number: int, packet: Packet | None = None, *, repeated: bool | None = None
    ) -> None:
        self.glance, self.at_ns, self.number, self.repeated = glance, at_ns, number, repeated
        self._packet = packet
        self._picture = glance if packet is None else None

    @property
    def picture(self) -> Picture:
        """In full, decoded when it is first asked for."""
        if self._picture is None:
            self._picture, self._packet = self._decoded(1), None
        return self._picture

    def at_least(self, width: int) -> Picture:
        """At least so wide where the picture is, and no larger than need be."""
        if self.glance.shape[1] >= width:
            return self.glance
        half = self._decoded(2) if self._picture is None else self._picture
        return half if half.shape[1] >= width else self.picture

    def _decoded(self, smaller: int) -> Picture:
        """What can be glanced at but not decoded otherwise has its glance for it."""
        assert self._packet is not None
        decoded = _decoded(self._packet, smaller)
        return self.glance if decoded is None else decoded


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the thread took last: a picture, or the JPEG of one."""

    content: Picture | Packet
    at_ns: int
    number: int
    repeated: bool | None = None


class FrameStream:
    """The reading thread of one camera. `loss` says why there is no stream now ("" while there is one).

    `gap_ns` is what lies between two pictures of `newest` at least: whoever needs few lets few be decoded; by
    `patience_ns` more where the next one costs less later. `behind_ns`: so old the last one was when it came, as far as
    the stream knows. A JPEG's glance is `smaller` times smaller than the picture (1, 2 or 8).
    """

    def __init__(self, source: Source, name: str, smaller: int = 2) -> None:
        self._source = source
        self._smaller = smaller
        self._backoff = Backoff(250, 5_000)
        self._came: Arrival | None = None
        self._newest: Frame | None = None
        self._number = 0
        self._as_packets = source.kind is SourceKind.NETWORK
        self.gap_ns = self.patience_ns = self.behind_ns = 0
        self._busy_since_ns = time.monotonic_ns()
        self.loss = "not opened yet"
        self._stalls = Stalls()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"stream-{name}", daemon=True)

    def start(self) -> None:
        self._stalls.start()
        self._thread.start()

    def stop(self, wait_s: float = 1.5) -> None:
        """Ask the thread to end; one that sits in a native call is left to end with the process."""
        self._stopping.set()
        self._stalls.stop()
        self._thread.join(wait_s)

    @property
    def newest(self) -> Frame | None:
        """The newest picture that can be decoded, `gap_ns` apart; for one thread alone."""
        came, before = self._came, self._newest
        if came is None or (before is not None and came.at_ns - before.at_ns < max(1, self.gap_ns)):
            return before
        if came.content.ndim == 3:
            self._newest = Frame(came.content, came.at_ns, came.number, repeated=came.repeated)
        elif (glance := _decoded(came.content, self._smaller)) is not None:
            self._newest = Frame(glance, came.at_ns, came.number, came.content)
        return self._newest

    @property
    def live(self) -> bool:
        """Whether time passes in it by itself; a file is played at its own pace."""
        return self._source.live

    def busy_ns(self, now_ns: int) -> int:
        """For how long the thread has sat in one call: longer than its timeouts means that the backend hangs."""
        return now_ns - self._busy_since_ns

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._touch()
            if self._source.kind is SourceKind.FILE and Path(self._source.target).suffix.lower() in STILLS:
                self._show_still(Path(self._source.target))
                continue
            self._play()
            self._touch()
            self._pause(self._backoff.next_ms() / 1000)

    def _play(self) -> None:
        """Open the source and keep its frames until it ends; `loss` then says why."""
        capture = cv2.VideoCapture()
        try:
            if capture.open(self._source.target, self._source.backend, list(self._source.options)):
                self._read(capture)
            else:
                self.loss = f"{self._source.shown}: cannot be opened; is it there, and may we read it?"
        except cv2.error as error:
            self.loss = f"{self._source.shown}: {error.err or error}"
        finally:
            capture.release()

    def _read(self, capture: cv2.VideoCapture) -> None:
        """Frames until the stream ends. The first frame, not the opening, proves that a camera is there."""
        period_s = 0.0 if self._source.live else 1.0 / min(60.0, max(1.0, capture.get(cv2.CAP_PROP_FPS) or 10.0))
        taken, pace, proven = 0.0, Pace(), not self._takes_packets(capture)
        while not self._stopping.is_set():
            self._touch()
            asked = time.monotonic()
            if not capture.grab():
                break
            now = time.monotonic()
            if self._source.live and self._stalls.since(asked):
                return  # what waits in the buffers is the past: they go with the connection
            is_present = not self._source.live or pace.is_present(now)
            if is_present and now - taken >= LEAST_GAP_S:
                done, content = capture.retrieve()
                if not done or content is None or content.ndim not in (2, 3):
                    break
                taken = now
                content = cast(Picture | Packet, content)
                if not proven and content.ndim == 2 and _decoded(content, 1) is None:
                    self._as_packets = False  # what OpenCV's own JPEG reader refuses, FFmpeg's may take
                    break
                proven = True
                self._keep(content, now)
            self._stopping.wait(period_s)
        if not self._stopping.is_set() and self._source.live:
            self.loss = f"{self._source.shown}: {ENDED}"

    def _takes_packets(self, capture: cv2.VideoCapture) -> bool:
        """Have whole JPEGs given as they come, where the camera sends such."""
        is_jpeg = int(capture.get(cv2.CAP_PROP_FOURCC)) == MOTION_JPEG
        return self._as_packets and is_jpeg and capture.set(cv2.CAP_PROP_FORMAT, RAW)

    def _show_still(self, file: Path) -> None:
        """One picture from a file, shown again and again as a camera before a standing lane would."""
        picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
        if picture is None:
            self.loss = f"{self._source.shown}: no picture can be read from it; is it there, and is it a picture?"
            self._pause(self._backoff.next_ms() / 1000)
            return
        while not self._stopping.wait(STILL_GAP_S):
            self._touch()
            self._keep(cast(Picture, picture), time.monotonic())

    def _keep(self, content: Picture | Packet, came_s: float, *, repeated: bool | None = None) -> None:
        self._number += 1
        self._came = Arrival(content, int(came_s * NS_PER_S), self._number, repeated)
        self.loss = ""
        self._backoff.reset()

    def _pause(self, seconds: float) -> None:
        """Wait, still counting as alive: waiting to open again is not hanging."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._stopping.wait(0.2):
            self._touch()

    def _touch(self) -> None:
        self._busy_since_ns = time.monotonic_ns()


def _decoded(packet: Packet, smaller: int) -> Picture | None:
    """The picture, BGR, whole (1) or reduced; None for a damaged JPEG."""
    try:
        return cast(Picture | None, cv2.imdecode(packet, REDUCED[smaller] | cv2.IMREAD_IGNORE_ORIENTATION))
    except cv2.error:
        return None
