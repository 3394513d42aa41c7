"""Short video files of a drawn lane, whole and spoilt."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from simulator.scene.plate_drawing import PlateText
from simulator.scene.scene import SceneRenderer
from simulator.scene.state import SceneState, SeenVehicle

CODECS = {".mp4": "mp4v", ".avi": "MJPG", ".mkv": "MJPG"}


def approach(texts: Sequence[str] = ("粤B12345",), looks: int = 10, seed: int = 2) -> list[np.ndarray]:
    """One vehicle after another drives up, each for so many pictures, with an empty lane between them."""
    renderer = SceneRenderer(seed=seed)
    frames = []
    for text in texts:
        for look in range(looks):
            car = SeenVehicle(plate=PlateText(text=text), distance_m=1.0 - look / looks)
            frames.append(renderer.render(SceneState(vehicles=(car,), arm=1.0), tick=look))
        frames += [renderer.render(SceneState(arm=1.0))] * (looks if len(texts) > 1 else 0)
    return frames


def clip(file: Path, frames: Sequence[np.ndarray], fps: float = 10.0) -> Path:
    """Write the frames; a file of raw MJPEG has its pictures one after another and no pace of its own."""
    if file.suffix == ".mjpeg":
        file.write_bytes(b"".join(cv2.imencode(".jpg", frame)[1].tobytes() for frame in frames))
        return file
    height, width = frames[0].shape[:2]
    codec = cv2.VideoWriter_fourcc(*CODECS[file.suffix])  # type: ignore[attr-defined]
    writer = cv2.VideoWriter(str(file), cv2.CAP_FFMPEG, codec, fps, (width, height))
    assert writer.isOpened()
    for frame in frames:
        writer.write(frame)
    writer.release()
    return file


def cut(whole: Path, file: Path, share: float = 0.5) -> Path:
    """The begin of a file."""
    body = whole.read_bytes()
    file.write_bytes(body[: int(len(body) * share)])
    return file


def damaged(whole: Path, file: Path, bytes_changed: int = 400) -> Path:
    """A file with changed bytes behind its header."""
    body = bytearray(whole.read_bytes())
    for at in np.random.default_rng(1).integers(len(body) // 10, len(body) * 9 // 10, bytes_changed):
        body[at] ^= 0xFF
    file.write_bytes(bytes(body))
    return file
