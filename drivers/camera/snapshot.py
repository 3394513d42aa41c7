"""Puts a full picture on disk so that what names it can rely on it: temporary name, fsync, rename, fsync of the folder.

No choice of the moment may be put here. A picture's name is the SHA-256 of its bytes; folders are by day of the site.
"""

import contextlib
import hashlib
import os
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2

from drivers.camera.recogniser import Picture

LEAST_WIDTH, LEAST_HEIGHT = 1280, 720
"""Figure S6 (GA/T 1742-2020, 7.2): a snapshot has at least so many pixels."""
QUALITY = 88


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A picture on disk, synced."""

    sha256: str
    width: int
    height: int
    path: Path


def save_snapshot(picture: Picture, folder: Path, day: str) -> Snapshot:
    """Write the picture under `folder/day/`; OSError when the disk refuses, and then nothing is left behind.

    A picture smaller than the least size is enlarged to it: its proportions stay.
    """
    sized = _large_enough(picture)
    done, jpeg = cv2.imencode(".jpg", sized, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise OSError(f"the picture of {sized.shape[1]}x{sized.shape[0]} could not be encoded")
    body = jpeg.tobytes()
    sha256 = hashlib.sha256(body).hexdigest()
    path = folder / day / f"{sha256}.jpg"
    made = not path.parent.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        write_whole(path, body, sync=True)
        if made:
            _sync_folder(folder)
    return Snapshot(sha256, int(sized.shape[1]), int(sized.shape[0]), path)


def write_whole(path: Path, body: bytes, *, sync: bool) -> None:
    """Write so that nobody ever sees half a file; with `sync` it also survives a power cut."""
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        Path(name).chmod(0o640)
        Path(name).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    if sync:
        _sync_folder(path.parent)


def day_of(utc_s: float, utc_offset_minutes: int) -> str:
    """The day at the site, YYYY-MM-DD."""
    return (datetime.fromtimestamp(utc_s, UTC) + timedelta(minutes=utc_offset_minutes)).strftime("%Y-%m-%d")


def _large_enough(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    scale = max(LEAST_WIDTH / width, LEAST_HEIGHT / height)
    if scale <= 1:
        return picture
    size = max(LEAST_WIDTH, round(width * scale)), max(LEAST_HEIGHT, round(height * scale))
    return cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
