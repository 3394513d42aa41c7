"""Gives the frames of a video file at a steady pace, or says in one line why there are none. No recognition here."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from drivers.camera.overheard import overheard
from drivers.camera.picture_file import LARGEST_PIXELS, LEAST_SIDE, PictureRefused, head_of
from drivers.camera.recogniser import Picture

SUFFIXES = frozenset(
    (".mp4", ".m4v", ".mov", ".3gp", ".avi", ".mkv", ".webm", ".mjpeg", ".mjpg", ".mpg", ".mpeg", ".ts")
)
MATROSKA = b"\x1a\x45\xdf\xa3"
STILLS = frozenset((b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"))
"""Brands of photographs that come in the wrapping of a video."""
SUPPOSED_FPS, MOST_FPS = 25.0, 1000.0
"""Where a file says nothing of its pace, or nonsense, as raw MJPEG does."""
SHORT_OF = 0.9
SHORT_BY_MS = 500.0
"""A video that ends before that share of the length it promises, and so much before it, was cut."""


@dataclass(frozen=True, slots=True)
class Frame:
    """`at_ms` counts from the video's begin; `share` says how much of it has passed (0-1), 0 where it has no length."""

    picture: Picture
    at_ms: float
    share: float


def is_video(file: Path) -> bool:
    """Whether the file's name or its first bytes are those of a video; a file that cannot be read is none."""
    head = head_of(file)
    return (
        file.suffix.lower() in SUFFIXES
        or (head[4:8] == b"ftyp" and head[8:12] not in STILLS)
        or (head[:4] == b"RIFF" and head[8:12] == b"AVI ")
        or head[:4] == MATROSKA
    )


class VideoFile:
    """A video that is open. Raises `PictureRefused` where there is none to be read; close it with `with`.

    `fault` is known when all frames were taken: what is wrong with the file although frames came out of it, or "".
    """

    def __init__(self, file: Path) -> None:
        head = head_of(file, refuse=True)
        if not head:
            raise PictureRefused("is empty: 0 bytes")
        name = _name_of(file)
        with overheard():
            # the whole path: a name with a colon would be a protocol to FFmpeg. One thread: others would go on to
            # decode, and to complain, between one call and the next
            options = (cv2.CAP_PROP_N_THREADS, 1)
            self._capture = cv2.VideoCapture(name, cv2.CAP_FFMPEG, options)
        self.fault = ""
        # Matroska tells the length of the whole, in which a sound may go on for longer than the pictures
        self._has_frame_count = head[:4] != MATROSKA
        try:
            self._check()
        except PictureRefused:
            self._capture.release()
            raise
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self._frame_ms = 1000.0 / (fps if 0 < fps <= MOST_FPS else SUPPOSED_FPS)
        self._length_ms = max(0.0, self._capture.get(cv2.CAP_PROP_FRAME_COUNT)) * self._frame_ms

    def __enter__(self) -> "VideoFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._capture.release()

    def frames(self, every_ms: float) -> Iterator[Frame]:
        """The first frame and then one after each `every_ms`; the others are not unpacked."""
        at_ms, due_ms, complained = -self._frame_ms, 0.0, False
        while True:
            with overheard() as heard:
                there = self._capture.grab()
            complained |= heard.complained
            if not there:
                break
            at_ms = self._time_after(at_ms)
            if at_ms < due_ms:
                continue
            with overheard() as heard:
                there, picture = self._capture.retrieve()
            complained |= heard.complained
            if there and picture is not None:
                due_ms = max(due_ms + every_ms, at_ms + every_ms / 2)
                yield Frame(_three_channels(np.asarray(picture, np.uint8)), at_ms, self._share(at_ms))
        self.fault = self._fault(at_ms + self._frame_ms, complained)

    def _check(self) -> None:
        if not self._capture.isOpened():
            raise PictureRefused("no video, or damaged or cut short: it cannot be opened")
        width = int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH))
        height = int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        if width * height > LARGEST_PIXELS:
            most = LARGEST_PIXELS // 1_000_000
            raise PictureRefused(f"too large: {width}x{height} pixels, expected at most {most} megapixels")
        if width < LEAST_SIDE or height < LEAST_SIDE:
            raise PictureRefused(f"too small: {width}x{height} pixels, expected at least {LEAST_SIDE}x{LEAST_SIDE}")

    def _time_after(self, before_ms: float) -> float:
        """The frame's own time, so far as it goes forward; else one frame later."""
        own = float(self._capture.get(cv2.CAP_PROP_POS_MSEC))
        return own if own > before_ms else before_ms + self._frame_ms

    def _share(self, at_ms: float) -> float:
        return min(1.0, at_ms / self._length_ms) if self._length_ms else 0.0

    def _fault(self, end_ms: float, complained: bool) -> str:
        if end_ms <= 0:
            return "damaged or cut short: no picture could be decoded"
        is_short = end_ms < SHORT_OF * self._length_ms and self._length_ms - end_ms > SHORT_BY_MS
        if is_short and (complained or self._has_frame_count):
            return f"cut short: {end_ms / 1000:.1f} s of {self._length_ms / 1000:.1f} s could be read"
        return "damaged in places: what could be decoded was read" if complained else ""


def _name_of(file: Path) -> str:
    """The whole path; OpenCV ends the process by a signal where it is no UTF-8."""
    name = str(file.resolve())
    try:
        name.encode()
    except UnicodeEncodeError:
        raise PictureRefused("its name is no UTF-8 text, with which a video cannot be opened: rename it") from None
    return name


def _three_channels(picture: Picture) -> Picture:
    if picture.ndim == 3 and picture.shape[2] == 3:
        return picture
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), np.uint8)
