"""Asking a camera to be aimed by, and reading what its process shows for it: two files beside the preview.

No advice and no HTML may be put here. `<camera>.aim` is touched by the web server alone, `<camera>.json` written by the
camera's process alone, and only while the mark is fresh. A file that is not understood counts as none.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from controller.booth.context import BoothContext

OLD_US = 10_000_000
"""A picture or a view older than this is the past; the preview's own limit."""
MOST_BYTES = 64 * 1024
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Thousandth = Annotated[int, Field(ge=0, le=1000)]
Pixel = Annotated[float, Field(ge=-100_000, le=100_000, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class SlotSeen(BaseModel):
    """One character and how far it stands before the next."""

    char: Annotated[str, Field(min_length=1, max_length=2)]
    margin: Thousandth


class PlateSeen(BaseModel):
    """One plate: read, and measured in pixels of the whole picture."""

    text: Annotated[str, Field(max_length=16)]
    raw: Annotated[str, Field(max_length=200)]
    kind: Annotated[str, Field(max_length=32)]
    color: Annotated[str, Field(max_length=32)]
    slots: Annotated[list[SlotSeen], Field(max_length=16)]
    corners: Annotated[list[tuple[Pixel, Pixel]], Field(min_length=4, max_length=4)]
    width_px: Count
    tilt_deg: Finite
    sharpness: Finite
    brightness: Count
    burnt: Thousandth

    @property
    def weakest(self) -> SlotSeen | None:
        """The character that stands least before the next."""
        return min(self.slots, key=lambda slot: slot.margin, default=None)

    @property
    def margin(self) -> int:
        """The smallest of its characters; 0 where there is none."""
        return self.weakest.margin if self.weakest else 0

    @property
    def is_raw_other(self) -> bool:
        """Whether what was read without any grammar is another text, dots and dashes aside."""
        return "".join(char for char in self.raw if char.isalnum()) != self.text


class ViewSeen(BaseModel):
    """One moment of one camera."""

    frame: Count
    width: Annotated[int, Field(ge=1, le=100_000)]
    height: Annotated[int, Field(ge=1, le=100_000)]
    region: tuple[Thousandth, Thousandth, Thousandth, Thousandth]
    brightness: Count
    read_ms: Count | None
    age_ms: Count
    rate: Annotated[float, Field(ge=0, le=1000)]
    plates: Annotated[list[PlateSeen], Field(max_length=16)]
    substream: Annotated[str, Field(max_length=1000)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A camera of a lane, with the condition that the log has of it ("" and `None` before the first word)."""

    id: str
    lane_name: str
    condition: str
    detail: str
    since: str | None


class Aiming:
    """The cameras of this box and what is to be seen of each."""

    def __init__(self, context: BoothContext) -> None:
        self._context = context

    def cameras(self) -> list[Camera]:
        """Every camera once, in the order of the lanes."""
        told = {str(row["device"]): row for row in self._context.reads.devices()}
        found: dict[str, Camera] = {}
        for plan in self._context.lanes:
            for seat in plan.cameras:
                row = told.get(seat.id, {})
                found.setdefault(
                    seat.id,
                    Camera(
                        id=seat.id,
                        lane_name=plan.name,
                        condition=str(row.get("condition") or ""),
                        detail=str(row.get("detail") or ""),
                        since=row.get("since"),
                    ),
                )
        return list(found.values())

    def camera(self, camera: str) -> Camera | None:
        return next((each for each in self.cameras() if each.id == camera), None)

    def ask(self, camera: Camera) -> bool:
        """Keep this camera being read for some seconds more; False when the disk refuses."""
        try:
            self._path(camera, ".aim").touch()
        except OSError:
            return False
        return True

    def view(self, camera: Camera) -> tuple[ViewSeen, int] | None:
        """The newest view and how old its frame is now, in milliseconds; `None` when there is none that is fresh."""
        path = self._path(camera, ".json")
        try:
            written_us = path.stat().st_mtime_ns // 1000
            with path.open("rb") as file:
                body = file.read(MOST_BYTES + 1)
        except OSError:
            return None
        age_us = self._context.clock.utc_us() - written_us
        if age_us > OLD_US or len(body) > MOST_BYTES:
            return None
        try:
            view = ViewSeen.model_validate_json(body)
        except ValidationError:
            return None
        return view, view.age_ms + max(0, age_us) // 1000

    def picture_at(self, camera: Camera) -> int | None:
        """When the preview was written (UTC µs), or `None` when there is none that is fresh."""
        try:
            written_us = self._path(camera, ".jpg").stat().st_mtime_ns // 1000
        except OSError:
            return None
        return written_us if self._context.clock.utc_us() - written_us <= OLD_US else None

    def _path(self, camera: Camera, ending: str) -> Path:
        return self._context.paths.previews / f"{camera.id}{ending}"
