"""What a camera's `source` means: a network stream, a V4L2 device or a file, and how OpenCV is to open it.

No reading of frames may be put here.
"""

import re
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path
from urllib.parse import quote

import cv2

FFMPEG_OPTIONS = "rtsp_transport;tcp|fflags;nobuffer|flags;low_delay|analyzeduration;200000|probesize;500000"
"""For OPENCV_FFMPEG_CAPTURE_OPTIONS: RTSP over TCP, nothing held back, and no seconds spent on guessing the format."""


NETWORK = r"\s*(rtsps?|https?)://"
SECRET = re.compile(r"(?i)(pass(?:word|wd)?|pwd)=[^&;/]*")


@unique
class SourceKind(StrEnum):
    """Where frames come from."""

    NETWORK = "network"
    DEVICE = "device"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Source:
    """How OpenCV opens it. `shown` is safe to print: it holds no password."""

    kind: SourceKind
    target: str
    shown: str
    backend: int
    options: tuple[int, ...]
    open_timeout_ms: int = 5_000
    read_timeout_ms: int = 5_000

    @property
    def is_rtsp(self) -> bool:
        """Whether it is a camera's video over RTSP, mostly H.264 or H.265."""
        return self.kind is SourceKind.NETWORK and self.target.startswith("rtsp")

    @property
    def live(self) -> bool:
        """Whether time passes in it by itself; a file is played at its own pace and begins again."""
        return self.kind is not SourceKind.FILE


def source_of(text: str, *, user: str = "", password: str = "", open_timeout_ms: int, read_timeout_ms: int) -> Source:
    """The source that the text names. Every kind has its open and read timeouts where the backend knows them."""
    timeouts = (
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, open_timeout_ms,
        cv2.CAP_PROP_READ_TIMEOUT_MSEC, read_timeout_ms,
        cv2.CAP_PROP_N_THREADS, 1,
    )  # fmt: skip
    if re.match(NETWORK, text, re.IGNORECASE):
        protocol, mark, rest = text.strip().partition("://")
        text = protocol.lower() + mark + rest  # in small letters, as FFmpeg knows it
        signed_in = _signed_in(text, user, password)
        return Source(
            SourceKind.NETWORK, signed_in, _shown(text), cv2.CAP_FFMPEG, timeouts, open_timeout_ms, read_timeout_ms
        )
    if re.fullmatch(r"/dev/video\d+|/dev/v4l/.*", text):
        return Source(SourceKind.DEVICE, text, text, cv2.CAP_V4L2, ())
    return Source(SourceKind.FILE, str(Path(text)), text, cv2.CAP_FFMPEG, timeouts)


def _signed_in(url: str, user: str, password: str) -> str:
    if not user:
        return url
    protocol, mark, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    host = authority.rpartition("@")[2]
    return f"{protocol}{mark}{quote(user, safe='')}:{quote(password, safe='')}@{host}{slash}{path}"


def _shown(url: str) -> str:
    """Without whatever may be a password, in the path too, where some recorders have it; also of an odd address."""
    protocol, mark, rest = url.partition("://")
    address = re.split(r"[?#]", rest.rpartition("@")[2])[0]
    return protocol + mark + SECRET.sub(r"\1=…", address)
