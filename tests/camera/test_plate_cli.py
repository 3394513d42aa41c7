"""`gatehouse plate read`: one line a picture; a bad file is one clear line, and the others are still read."""

import json
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from controller.app.plate_cli import app
from drivers.camera.picture_file import PictureRefused, read_picture
from simulator.scene.plate_drawing import PlateText
from simulator.scene.scene import SceneRenderer
from simulator.scene.state import SceneState, SeenVehicle


def scene(text: str = "粤B12345", distance_m: float = 0.0) -> np.ndarray:
    car = SeenVehicle(plate=PlateText(text=text), distance_m=distance_m)
    return SceneRenderer(seed=2).render(SceneState(vehicles=(car,), arm=1.0))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("good") / "gate.jpg"
    cv2.imwrite(str(file), scene())
    return file


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    held = BytesIO()
    image.save(held, kind, **options)
    return held.getvalue()


def noisy(size: tuple[int, int] = (320, 200)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8))


def huge_header() -> bytes:
    """A PNG whose header promises 40,000 x 40,000 pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def sixteen_bits(kind: str) -> bytes:
    done, body = cv2.imencode(kind, np.random.default_rng(1).integers(0, 65535, (64, 64, 3), dtype=np.uint16))
    assert done
    return body.tobytes()


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty.jpg": (lambda: b"", "is empty"),
    "garbage.jpg": (lambda: b"not a picture at all" * 50, "no picture"),
    "truncated.jpg": (lambda: encoded(noisy(), "JPEG")[:4000], "cut short"),
    "truncated.png": (lambda: encoded(noisy(), "PNG")[:4000], "cut short"),
    "damaged.png": (lambda: encoded(noisy(), "PNG").replace(b"IDAT", b"IDAX", 1), ""),
    "huge.png": (huge_header, "too large"),
    "one.png": (lambda: encoded(noisy((1, 1)), "PNG"), "too small: 1x1"),
    "deep.png": (lambda: sixteen_bits(".png"), "16 bits"),
    "deep.tiff": (lambda: sixteen_bits(".tiff"), "16 bits"),
    "deep_grey.png": (lambda: encoded(Image.new("I;16", (40, 40)), "PNG"), "16 bits"),
    "cmyk.jpg": (lambda: encoded(noisy().convert("CMYK"), "JPEG"), "CMYK"),
    "moving.gif": (
        lambda: encoded(noisy(), "GIF", save_all=True, append_images=[Image.new("RGB", (320, 200))]),
        "2 frames",
    ),
    "moving.png": (
        lambda: encoded(noisy(), "PNG", save_all=True, append_images=[Image.new("RGB", (320, 200))]),
        "frames",
    ),
    "text.svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture"),
}


def test_bad_files_are_one_line_each_with_the_reason_and_the_others_are_read(good: Path, tmp_path: Path) -> None:
    files = []
    for name, (body, _reason) in BAD.items():
        files.append(tmp_path / name)
        files[-1].write_bytes(body())
    files += [tmp_path / "missing.jpg", tmp_path]
    result = CliRunner().invoke(app, ["read", "--json", *map(str, files), str(good)])
    assert result.exit_code == 1
    lines = dict(line.split(": ", 1) for line in result.stderr.splitlines())
    assert list(lines) == [str(file) for file in files]
    for name, (_body, reason) in BAD.items():
        assert reason in lines[str(tmp_path / name)]
    assert "no such file" in lines[str(tmp_path / "missing.jpg")]
    (read,) = map(json.loads, result.stdout.splitlines())
    assert read["file"] == str(good)
    assert read["plates"][0]["text"] == "粤B12345"


def test_the_json_line_has_what_the_contract_names(good: Path) -> None:
    result = CliRunner().invoke(app, ["read", str(good), "--json"])
    assert result.exit_code == 0
    (read,) = map(json.loads, result.stdout.splitlines())
    assert {"file", "plates", "ms", "decode_ms"} <= set(read)
    (best,) = read["plates"]
    assert {"text", "kind", "color", "confidence", "box"} <= set(best)
    assert (best["text"], best["kind"], best["color"]) == ("粤B12345", "small", "blue")
    x0, y0, x1, y1 = best["box"]
    (_text, corners), *_ = SceneRenderer().plates(SceneState(vehicles=(SeenVehicle(plate=PlateText(text="粤B12345")),)))
    x, y = corners.mean(axis=0)
    assert x0 < x < x1
    assert y0 < y < y1
    assert 0 <= best["confidence"] <= 1
    assert 0 < read["ms"] < 60_000
    assert 0 < read["decode_ms"] < 60_000


def test_for_people_it_says_the_plate_in_words_and_a_picture_without_one_is_no_failure(
    good: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty_lane.png"
    cv2.imwrite(str(empty), SceneRenderer().render(SceneState()))
    result = CliRunner().invoke(app, ["read", str(good), str(empty)])
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert "粤B12345" in first
    assert "small blue" in first
    assert "no plate" in second


def test_annotated_pictures_are_written_where_asked(good: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["read", str(good), "--annotate", str(tmp_path / "out")])
    assert result.exit_code == 0
    drawn = cv2.imread(str(tmp_path / "out" / "gate.jpg"))
    assert drawn.shape == (720, 1280, 3)
    assert np.abs(drawn.astype(int) - cv2.imread(str(good))).max() > 60


def test_a_folder_for_annotations_that_cannot_be_made_is_one_line(good: Path) -> None:
    result = CliRunner().invoke(app, ["read", str(good), "--annotate", str(good / "below")])
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1


def test_no_file_is_wrong_usage_and_help_shows_an_example() -> None:
    assert CliRunner().invoke(app, ["read"]).exit_code == 2
    told = CliRunner().invoke(app, ["read", "--help"])
    assert told.exit_code == 0
    assert "Example: gatehouse plate read" in told.stdout


def test_a_picture_is_turned_upright_as_its_exif_says(tmp_path: Path) -> None:
    upright = Image.fromarray(scene()[..., ::-1])
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side: turn a quarter to the right to show
    file = tmp_path / "side.jpg"
    upright.transpose(Image.Transpose.ROTATE_90).save(file, exif=exif, quality=95)
    assert read_picture(file).shape == (720, 1280, 3)
    result = CliRunner().invoke(app, ["read", "--json", str(file)])
    assert json.loads(result.stdout)["plates"][0]["text"] == "粤B12345"


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1"])
def test_grey_palette_and_transparent_pictures_are_read(tmp_path: Path, mode: str) -> None:
    file = tmp_path / "a.png"
    noisy().convert(mode).save(file)
    assert read_picture(file).shape == (200, 320, 3)


def test_a_name_with_control_characters_cannot_forge_a_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["read", str(tmp_path / "a\nb: fine")])
    assert len(result.stderr.splitlines()) == 1


def test_a_picture_cut_anywhere_is_refused_or_read_and_raises_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "cut"
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"):
        body = encoded(noisy((96, 64)), kind)
        for end in np.linspace(1, len(body), 25).astype(int):
            file.write_bytes(body[:end])
            try:
                assert read_picture(file).shape == (64, 96, 3)
            except PictureRefused as error:
                assert "\n" not in str(error)
