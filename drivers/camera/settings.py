"""What one camera's driver and its process are told at the start, as plain data that crosses a pipe.

No default of a site and no reading of configuration files may be put here.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from drivers.camera.plate_form import PlateForm

BEFORE_MS = 2_000
"""What was seen longer before recognition was woken, and a picture that has not changed since, show another vehicle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSettings:
    """One camera. `source` is an RTSP or HTTP address, a V4L2 device (`/dev/video0`) or a file.

    `region` is x0, y0, x1, y1 in thousandths of the picture: where plates are looked for. `frames` bounds the frames
    that are voted over for one vehicle; after `no_plate_frames` of them without a plate that is said (0: never), and a
    plate narrower than `least_plate_px` is none. `wake` says what wakes recognition: the lane ("loop"), something that
    moves in the region ("motion"), or either ("both"). Motion is watched for in `substream`, the address of a second,
    smaller stream of the same camera ("": it has none). `pictures` is the folder of full pictures by day; `preview` the
    file of the small live picture (None: none is written). `forms` are the plates to be read (empty: none are read).
    `longest` bounds the picture given to the detector, in pixels. The password is read from its file by the worker.
    """

    id: str
    source: str
    pictures: Path
    region: tuple[int, int, int, int] = (0, 0, 1000, 1000)
    stale_ms: int = 5_000
    open_timeout_ms: int = 5_000
    frames: int = 3
    no_plate_frames: int = 5
    least_plate_px: int = 0
    wake: str = "loop"
    substream: str = ""
    user: str = ""
    password_file: Path | None = None
    preview: Path | None = None
    forms: tuple[PlateForm, ...] = ()
    longest: int = 800
    threads: int = 1
    utc_offset_minutes: int = 480

    @property
    def wants_motion(self) -> bool:
        """Whether something that moves is to wake recognition."""
        return self.wake != "loop" and bool(self.forms)

    def to_json(self) -> str:
        """One line of text."""
        return json.dumps(asdict(self), ensure_ascii=True, default=str)

    @classmethod
    def from_json(cls, line: str) -> "CameraSettings":
        """What `to_json` wrote; ValueError, KeyError or TypeError for anything else."""
        body: dict[str, Any] = json.loads(line)
        body["pictures"] = Path(body["pictures"])
        for name in ("password_file", "preview"):
            body[name] = Path(body[name]) if body[name] is not None else None
        body["region"] = tuple(body["region"])
        body["forms"] = tuple(map(_form, body["forms"]))
        return cls(**body)


def _form(row: dict[str, Any]) -> PlateForm:
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return PlateForm(**fields)
