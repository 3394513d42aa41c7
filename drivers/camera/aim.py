"""What a camera is aimed by: the view of one moment, and the mark by which somebody asks for it.

No recogniser, no frame source and no advice may be put here. The view lies beside the preview as `<camera>.json` and
is there only while somebody aims; the mark `<camera>.aim` is touched by whoever shows the view, every few seconds.
"""

import contextlib
import json
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from drivers.camera import quad
from drivers.camera.recogniser import Box, Corner, Picture, Plate
from drivers.camera.rectify import straightened
from drivers.camera.snapshot import write_whole
from drivers.camera.stream import Frame

GAP_NS = 500_000_000
"""Two frames a second are read for somebody who turns a camera by hand."""
LOOK_NS = 1_000_000_000
OLDEST_NS = 2_000_000_000
"""A frame older than this is no live picture: the preview must be seen to stand still."""
ON_NS = 6_000_000_000
"""So long after the last touch of its mark a camera is still being aimed."""
PICTURE_WIDTH = 1280
"""Wide enough to see on it whether the lens is in focus."""
LONGEST_TROUBLE, MOST_PLATES = 300, 4
LEAST_SIDE_PX = 32
SHARP_HEIGHT_PX, SHARP_MOST_WIDTH_PX = 32, 256
BURNT = 250
RATE_OVER = 12


@dataclass(frozen=True, slots=True)
class AimSlot:
    """One character and how far it stands before the next (0-1000)."""

    char: str
    margin: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AimPlate:
    """One plate as it was read and as it looks. `corners` and sizes are pixels of the whole picture.

    `tilt_deg` is positive where the plate falls to the right. `sharpness` is 100 times the variance of the Laplacian by
    the variance of the plate, straightened to 32 px: it depends on the lens, little on size, noise or light.
    `brightness` is 0-255; `burnt` the part of the plate that is white to the limit, in thousandths.
    """

    text: str
    raw: str
    kind: str
    color: str
    rows: int
    score: float
    slots: tuple[AimSlot, ...]
    corners: tuple[Corner, ...]
    width_px: int
    height_px: int
    tilt_deg: float
    sharpness: float
    brightness: int
    burnt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AimView:
    """One moment of one camera. `region` is in thousandths of the picture, `brightness` (0-255) that of the region.

    `read_ms` is what the recogniser took (None: this frame was not read), `age_ms` how old the frame was when the view
    was written, `rate` the frames a second that come from the camera, at most ten of which are taken. `substream` says
    why its substream is of no use ("": it is), None where there is none.
    """

    frame: int
    width: int
    height: int
    region: tuple[int, int, int, int]
    brightness: int
    read_ms: int | None
    age_ms: int
    rate: float
    plates: tuple[AimPlate, ...]
    substream: str | None = None

    def to_json(self) -> str:
        """One line of text."""
        return json.dumps(asdict(self), ensure_ascii=True)


@dataclass(frozen=True, slots=True)
class Sight:
    """A frame with the plates found in its region (corners in pixels of the region) and what that took."""

    frame: Frame
    plates: Sequence[Plate]
    read_ms: int | None


def region_box(region: tuple[int, int, int, int], picture: Picture) -> Box:
    """The region in pixels of this picture, within it, and never smaller than what can hold a plate."""
    height, width = picture.shape[:2]
    (left, right), (top, low) = _span(region[0], region[2], width), _span(region[1], region[3], height)
    return left, top, right, low


def _span(begin: int, end: int, side: int) -> tuple[int, int]:
    """From and to in pixels, given in thousandths of the side."""
    first = max(0, min(side * begin // 1000, side - LEAST_SIDE_PX))
    return first, min(side, max(first + LEAST_SIDE_PX, side * end // 1000))


def aim_view(
    sight: Sight, region: tuple[int, int, int, int], *, now_ns: int, rate: float, substream: str | None = None
) -> AimView:
    """The view of a frame that was read."""
    picture = sight.frame.picture
    left, top, right, low = region_box(region, picture)
    within = picture[top:low, left:right]
    return AimView(
        frame=sight.frame.number,
        width=int(picture.shape[1]),
        height=int(picture.shape[0]),
        region=region,
        brightness=round(float(within[::8, ::8].mean())),
        read_ms=sight.read_ms,
        age_ms=max(0, (now_ns - sight.frame.at_ns) // 1_000_000),
        rate=round(rate, 1),
        plates=tuple(_aim_plate(plate, within, (left, top)) for plate in sight.plates[:MOST_PLATES]),
        substream=substream and substream[:LONGEST_TROUBLE],
    )


def _aim_plate(plate: Plate, within: Picture, origin: tuple[int, int]) -> AimPlate:
    corners = np.array(plate.corners, np.float32)
    flat = straightened(within, corners, SHARP_HEIGHT_PX, SHARP_MOST_WIDTH_PX)
    grey = cv2.cvtColor(flat, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return AimPlate(
        text=plate.text,
        raw=plate.raw,
        kind=plate.kind,
        color=plate.color,
        rows=plate.rows,
        score=round(plate.score, 2),
        slots=tuple(AimSlot(slot.char, slot.margin) for slot in plate.slots),
        corners=tuple((round(x + origin[0], 1), round(y + origin[1], 1)) for x, y in plate.corners),
        width_px=round(quad.width(corners)),
        height_px=round(quad.height(corners)),
        tilt_deg=round(quad.slope(corners), 1),
        sharpness=_sharpness(cast(Picture, grey)),
        brightness=round(float(grey.mean())),
        burnt=round(1000 * float((grey >= BURNT).mean())),
    )


def _sharpness(grey: Picture) -> float:
    """Smoothed before, so that a sensor's noise by night does not pass for edges."""
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.0)
    return round(100 * float(cv2.Laplacian(smooth, cv2.CV_32F).var()) / max(1.0, float(smooth.var())), 1)


class Aim:
    """Whether somebody aims this camera, when the next frame is due for it, and the writing of what they see."""

    def __init__(self, preview: Path | None, region: tuple[int, int, int, int]) -> None:
        self._region = region
        self._preview = preview
        self._mark = preview.with_suffix(".aim") if preview is not None else None
        self._looked_ns = -LOOK_NS
        self._touched = self._touch_time()
        self._until_ns: int | None = None
        self._taken_ns = -GAP_NS
        self._shown = 0
        self._came: deque[tuple[int, int]] = deque(maxlen=RATE_OVER)
        self._forget()

    @property
    def is_watched(self) -> bool:
        """Whether somebody aims this camera now."""
        return self._until_ns is not None

    def wants(self, frame: Frame, now_ns: int) -> bool:
        """Whether this frame is to be read and shown now; it then counts as taken.

        While nobody aims, this costs one look at a file a second.
        """
        if now_ns - self._looked_ns >= LOOK_NS:
            self._looked_ns = now_ns
            self._look(now_ns)
        if self._until_ns is None:
            return False
        if not self._came or self._came[-1][0] != frame.number:
            self._came.append((frame.number, frame.at_ns))
        is_news = frame.number != self._shown and now_ns - frame.at_ns <= OLDEST_NS
        if not is_news or now_ns - self._taken_ns < GAP_NS:
            return False
        self._taken_ns = now_ns
        return True

    def show(self, sight: Sight, now_ns: int, substream: str | None = None) -> None:
        """Write the picture, then the view that is drawn over it; what cannot be written shows as old by its time."""
        self._shown = sight.frame.number
        if self._preview is None:
            return
        view = aim_view(sight, self._region, now_ns=now_ns, rate=self._rate(), substream=substream)
        with contextlib.suppress(OSError):
            self._preview.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._preview, _jpeg(sight.frame.picture, PICTURE_WIDTH), sync=False)
            write_whole(self._preview.with_suffix(".json"), view.to_json().encode(), sync=False)

    def _look(self, now_ns: int) -> None:
        touched = self._touch_time()
        if touched is not None and touched != self._touched:
            self._until_ns = now_ns + ON_NS
        elif self._until_ns is not None and now_ns >= self._until_ns:
            self._until_ns = None
            self._came.clear()
            self._forget()
        self._touched = touched

    def _touch_time(self) -> int | None:
        """Only that it changed counts, never which time it says: a clock that jumps neither starts nor ends it."""
        try:
            return self._mark.stat().st_mtime_ns if self._mark is not None else None
        except OSError:
            return None

    def _forget(self) -> None:
        """Plates lie there no longer than somebody looks at them."""
        if self._preview is not None:
            with contextlib.suppress(OSError):
                self._preview.with_suffix(".json").unlink()

    def _rate(self) -> float:
        if len(self._came) < 2:
            return 0.0
        first, last = self._came[0], self._came[-1]
        return (last[0] - first[0]) * 1e9 / max(1, last[1] - first[1])


def _jpeg(picture: Picture, width: int) -> bytes:
    """The picture at most that wide, as JPEG; OSError when it cannot be encoded."""
    wide = min(width, picture.shape[1])
    size = wide, max(1, round(picture.shape[0] * wide / picture.shape[1]))
    done, jpeg = cv2.imencode(".jpg", cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
    if not done:
        raise OSError(f"a picture of {picture.shape[1]}x{picture.shape[0]} could not be encoded")
    return jpeg.tobytes()
