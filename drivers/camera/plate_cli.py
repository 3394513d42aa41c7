"""`gatehouse plate`: reads plates in picture files with the recogniser of the lane.

The table of plates is given from outside (`plate_app`): no country's plates may be put here.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import cv2
import typer

from drivers.camera.annotate import annotated
from drivers.camera.models import ModelMissing
from drivers.camera.picture_file import PictureRefused, read_picture
from drivers.camera.plate_form import PlateForm
from drivers.camera.ppocr import PpOcrRecogniser
from drivers.camera.recogniser import Picture, Plate, Recogniser

Forms = Callable[[], tuple[PlateForm, ...]]
LONGEST = 800
EXAMPLE = "Example: gatehouse plate read --json gate.jpg street.png"

FilesArgument = Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="picture files")]
JsonOption = Annotated[bool, typer.Option("--json", help="one JSON object a line")]
AnnotateOption = Annotated[
    Path | None, typer.Option("--annotate", metavar="DIR", help="write the pictures there with what was read")
]
ThreadsOption = Annotated[int, typer.Option("--threads", min=1, max=64, help="threads to compute with")]


def plate_app(forms: Forms) -> typer.Typer:
    """The command with its table of plates; the table is only asked for when something is to be read."""
    app = typer.Typer(add_completion=False, no_args_is_help=True, help="Read plates in pictures.")

    @app.callback()
    def _plate() -> None:
        """Read plates in pictures."""

    @app.command(epilog=EXAMPLE)
    def read(
        images: FilesArgument, as_json: JsonOption = False, annotate: AnnotateOption = None, threads: ThreadsOption = 1
    ) -> None:
        """Read the plates in each IMAGE, best first; exit 1 when a picture could not be read, the others still are."""
        cv2.setNumThreads(threads)
        try:
            recogniser = PpOcrRecogniser(forms(), longest=LONGEST, threads=threads)
            if annotate is not None:
                annotate.mkdir(parents=True, exist_ok=True)
        except (ModelMissing, OSError) as error:
            typer.echo(f"plate read: {error}", err=True)
            raise typer.Exit(1) from None
        failed = [image for image in images if not read_one(image, recogniser, as_json=as_json, annotate=annotate)]
        if failed:
            raise typer.Exit(1)

    return app


def read_one(file: Path, recogniser: Recogniser, *, as_json: bool, annotate: Path | None) -> bool:
    """Read one file and print it; False when it could not be read, which has then been said in one line."""
    began = time.perf_counter()
    try:
        picture = read_picture(file)
    except PictureRefused as error:
        typer.echo(f"{_printable(file)}: {error}", err=True)
        return False
    decoded = time.perf_counter()
    plates = recogniser.read(picture)
    times_ms = (time.perf_counter() - decoded) * 1000, (decoded - began) * 1000
    if as_json:
        typer.echo(json.dumps(as_object(file, plates, *times_ms), ensure_ascii=False))
    else:
        _print(file, plates, times_ms[0])
    return annotate is None or _write(annotate / f"{file.stem}.jpg", picture, plates)


def as_object(file: Path, plates: list[Plate], ms: float, decode_ms: float) -> dict[str, Any]:
    """The line that others rely on; `margins`, `corners` and `rows` are beyond what is promised."""
    return {
        "file": _printable(file),
        "plates": [
            {
                "text": plate.text,
                "kind": plate.kind,
                "color": plate.color,
                "confidence": round(plate.confidence, 3),
                "box": list(plate.box),
                "corners": [[round(x, 1), round(y, 1)] for x, y in plate.corners],
                "rows": plate.rows,
                "margins": [slot.margin for slot in plate.slots],
            }
            for plate in plates
        ],
        "ms": round(ms, 1),
        "decode_ms": round(decode_ms, 1),
    }


def _print(file: Path, plates: list[Plate], ms: float) -> None:
    if not plates:
        typer.echo(f"{_printable(file)}: no plate ({ms:.0f} ms)")
    for plate in plates:
        where = ",".join(map(str, plate.box))
        typer.echo(
            f"{_printable(file)}: {plate.text}  {plate.kind} {plate.color}  "
            f"confidence {plate.confidence:.2f}  at {where}  ({ms:.0f} ms)"
        )


def _write(target: Path, picture: Picture, plates: list[Plate]) -> bool:
    done, jpeg = cv2.imencode(".jpg", annotated(picture, plates))
    try:
        if not done:
            raise OSError("the picture could not be encoded")
        target.write_bytes(jpeg.tobytes())
    except OSError as error:
        typer.echo(f"{_printable(target)}: cannot be written: {error}", err=True)
        return False
    return True


def _printable(file: Path) -> str:
    """A file's name that cannot break a line or a terminal."""
    return "".join(char if char.isprintable() else "?" for char in str(file))
