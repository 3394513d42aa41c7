"""`gatehouse plate`: reads plates in picture and video files with the recogniser of the lane.

The tables of plates are given from outside (`plate_app`): no country's plates may be put here.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from drivers.camera.annotate import Gallery
from drivers.camera.models import ModelMissing
from drivers.camera.picture_file import PictureRefused, read_picture
from drivers.camera.plate_form import PlateForm
from drivers.camera.plate_lines import FileRead, Seen, as_line, as_words, counted, printable
from drivers.camera.plate_recogniser import PlateRecogniser
from drivers.camera.progress_line import ProgressLine
from drivers.camera.recogniser import Picture, Plate, Recogniser
from drivers.camera.video_file import VideoFile, is_video
from drivers.camera.video_tracks import Followed, Tracks

EVERY_MS, LEAST_EVERY_MS = 100, 10
EXAMPLE = "Example: gatehouse plate read --json gate.jpg lane.mp4 --annotate seen"

FilesArgument = Annotated[list[Path], typer.Argument(metavar="FILE...", help="picture and video files")]
JsonOption = Annotated[bool, typer.Option("--json", help="one JSON object a line for each file")]
AnnotateOption = Annotated[
    Path | None,
    typer.Option("--annotate", metavar="DIR", help="write the pictures there with what was read; of a video the best"),
]
EveryOption = Annotated[
    int, typer.Option("--every", metavar="MS", min=LEAST_EVERY_MS, help="how often to look at a video, in its own time")
]
ThreadsOption = Annotated[int, typer.Option("--threads", min=1, max=64, help="threads to compute with")]


def plate_app(regions: Mapping[str, Callable[[], tuple[PlateForm, ...]]]) -> typer.Typer:
    """The command with its tables of plates by region, the default first; a table is asked for when it is needed."""
    app = typer.Typer(add_completion=False, no_args_is_help=True, help="Read plates in pictures and videos.")
    names = ", ".join(regions)
    region_option = typer.Option("--region", help=f"whose plates are expected: {names}")

    @app.callback()
    def _plate() -> None:
        """Read plates in pictures and videos."""

    @app.command(epilog=EXAMPLE)
    def read(  # noqa: PLR0917 - every option is one of the command line, given by name
        files: FilesArgument,
        as_json: JsonOption = False,
        region: Annotated[str, region_option] = next(iter(regions)),
        annotate: AnnotateOption = None,
        every: EveryOption = EVERY_MS,
        threads: ThreadsOption = 1,
    ) -> None:
        """Read the plates in each FILE, best first; exit 1 when a file could not be read, the others still are."""
        if region not in regions:
            raise typer.BadParameter(f"expected one of {names}", param_hint="--region")
        cv2.setNumThreads(threads)
        try:
            recogniser = PlateRecogniser(regions[region](), threads=threads, strict=False, aslant=True)
            gallery = None if annotate is None else Gallery(annotate, files)
        except (ModelMissing, OSError) as error:
            typer.echo(f"plate read: {error}", err=True)
            raise typer.Exit(1) from None
        reading = _Reading(recogniser, gallery, every, as_json)
        if [file for file in files if not reading.read(file)]:
            raise typer.Exit(1)

    return app


@dataclass(slots=True)
class _Reading:
    """One call of the command: reads and prints file after file."""

    recogniser: Recogniser
    gallery: Gallery | None
    every_ms: int
    as_json: bool
    line: ProgressLine = field(default_factory=ProgressLine)

    def read(self, file: Path) -> bool:
        """Read and print one file; False where something is wrong with it, which has then been said in one line."""
        self.line.say(f"{printable(file)} …")
        try:
            return self._video(file) if is_video(file) else self._picture(file)
        except PictureRefused as error:
            return self._wrong(file, str(error))
        finally:
            self.line.clear()

    def _picture(self, file: Path) -> bool:
        began = time.perf_counter()
        picture = read_picture(file)
        decoded = time.perf_counter()
        plates = self.recogniser.read(picture)
        ms, decode_ms = (time.perf_counter() - decoded) * 1000, (decoded - began) * 1000
        seen = tuple(map(Seen, plates))
        self._print(FileRead(file=file, size=_size(picture), plates=seen, ms=ms, decode_ms=decode_ms))
        return self._draw(file, file.stem, picture, plates)

    def _video(self, file: Path) -> bool:
        tracks, shots, looks, ms, size = Tracks(), _Shots(), 0, 0.0, (0, 0)
        began = time.perf_counter()
        with VideoFile(file) as video:
            for frame in video.frames(self.every_ms):
                decoded = time.perf_counter()
                better = tracks.look(self.recogniser.read(frame.picture), frame.at_ms)
                looks, size, ms = looks + 1, _size(frame.picture), ms + (time.perf_counter() - decoded) * 1000
                if better and self.gallery is not None:
                    shots.keep(frame.picture, frame.at_ms, tracks.best_times())
                share = f"{frame.share:.0%}" if frame.share else f"{frame.at_ms / 1000:.0f} s"
                self.line.say(f"{printable(file)}: {share}, {counted(looks)}, plates seen: {len(tracks)}")
        if not looks:
            raise PictureRefused(video.fault or "damaged: no picture could be decoded")
        decode_ms = (time.perf_counter() - began) * 1000 - ms
        seen = tuple(map(_seen, tracks.followed()))
        self._print(FileRead(file=file, size=size, plates=seen, ms=ms, decode_ms=decode_ms, frames=looks))
        fine = not video.fault or self._wrong(file, video.fault)
        for number, each in enumerate(seen if self.gallery is not None else (), 1):
            fine &= self._draw(file, f"{file.stem}-{number}", shots.at(each.best_ms), [each.plate])
        return fine

    def _print(self, read: FileRead) -> None:
        self.line.clear()
        for line in [as_line(read)] if self.as_json else as_words(read):
            typer.echo(line)

    def _draw(self, file: Path, stem: str, picture: Picture, plates: list[Plate]) -> bool:
        if self.gallery is None:
            return True
        try:
            self.gallery.write(stem, picture, plates)
        except OSError as error:
            return self._wrong(file, f"its picture cannot be written: {error}")
        return True

    def _wrong(self, file: Path, why: str) -> bool:
        self.line.clear()
        typer.echo(f"{printable(file)}: {why}", err=True)
        return False


class _Shots:
    """The pictures of a video on which some plate is best seen, packed."""

    def __init__(self) -> None:
        self._packed: dict[float, bytes] = {}

    def keep(self, picture: Picture, at_ms: float, needed: set[float]) -> None:
        """Keep this one, and of the others those that are still needed."""
        self._packed = {time_ms: jpeg for time_ms, jpeg in self._packed.items() if time_ms in needed}
        _done, jpeg = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, 95))
        self._packed[at_ms] = jpeg.tobytes()

    def at(self, at_ms: float) -> Picture:
        """The picture of that time."""
        packed = np.frombuffer(self._packed[at_ms], np.uint8)
        return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def _size(picture: Picture) -> tuple[int, int]:
    """Width and height in pixels."""
    return int(picture.shape[1]), int(picture.shape[0])


def _seen(followed: Followed) -> Seen:
    """Where a track is read best, with what the vote says of it."""
    voted, track = followed.voted, followed.track
    plate = replace(track.best, text=voted.text, kind=voted.kind, color=voted.color, slots=voted.slots)
    return Seen(plate, track.looks, track.first_ms, track.best_ms, track.last_ms)
