"""Keeps the newest frame of one camera: opens it, reads in a thread of its own, opens it again after a loss.

Only the newest frame is kept: a slow consumer sees the present, not a queue. No judgement of frames may be put here.
"""

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import cv2

from drivers.backoff import Backoff
from drivers.camera.pace import Pace, Stalls
from drivers.camera.recogniser import Picture
from drivers.camera.sources import Source, SourceKind

LEAST_GAP_S = 0.1
"""Frames that come faster are taken from the camera but not decoded: nobody reads more than ten a second."""

STILLS = frozenset((".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"))
STILL_GAP_S = 0.2


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture with the monotonic ns of its arrival and its number since the start."""

    picture: Picture
    at_ns: int
    number: int


class FrameStream:
    """The reading thread of one camera. `loss` says why there is no stream now ("" while there is one)."""

    def __init__(self, source: Source, name: str) -> None:
        self._source = source
        self._backoff = Backoff(250, 5_000)
        self._newest: Frame | None = None
        self._number = 0
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
        return self._newest

    def busy_ns(self, now_ns: int) -> int:
        """For how long the thread has sat in one call: longer than its timeouts means that the backend hangs."""
        return now_ns - self._busy_since_ns

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._touch()
            if self._source.kind is SourceKind.FILE and Path(self._source.target).suffix.lower() in STILLS:
                self._show_still(Path(self._source.target))
                continue
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
            self._touch()
            self._pause(self._backoff.next_ms() / 1000)

    def _read(self, capture: cv2.VideoCapture) -> None:
        """Frames until the stream ends. The first frame, not the opening, proves that a camera is there."""
        period_s = 0.0 if self._source.live else 1.0 / min(60.0, max(1.0, capture.get(cv2.CAP_PROP_FPS) or 10.0))
        taken, pace = 0.0, Pace()
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
                done, picture = capture.retrieve()
                if not done or picture is None or picture.ndim != 3:
                    break
                taken = now
                self._keep(cast(Picture, picture), now)
            self._stopping.wait(period_s)
        if not self._stopping.is_set() and self._source.live:
            self.loss = f"{self._source.shown}: the stream ended or no picture came in time"

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

    def _keep(self, picture: Picture, came_s: float) -> None:
        self._number += 1
        self._newest = Frame(picture, int(came_s * 1e9), self._number)
        self.loss = ""
        self._backoff.reset()

    def _pause(self, seconds: float) -> None:
        """Wait, still counting as alive: waiting to open again is not hanging."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._stopping.wait(0.2):
            self._touch()

    def _touch(self) -> None:
        self._busy_since_ns = time.monotonic_ns()
