"""`gatehouse plate read`: one line a picture; a bad file is one clear line, and the others are still read."""

import json
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from controller.app.plate_cli import app
from controller.app.plate_tables import plates_of_any_region, plates_of_region
from controller.domain.plates import REGIONS
from drivers.camera.annotate import Gallery
from drivers.camera.picture_file import PictureRefused, read_picture
from drivers.camera.plate_form import PlateForm
from drivers.camera.progress_line import ProgressLine
from simulator.scene.plate_drawing import PlateText
from simulator.scene.scene import SceneRenderer
from simulator.scene.state import SceneState, SeenVehicle
from tests.camera.clips import approach, clip, cut, damaged


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


def spoilt(body: bytes, start: int = 2000, count: int = 4000) -> bytes:
    """The file with changed bytes in its middle."""
    return body[:start] + bytes(byte ^ 0xFF for byte in body[start : start + count]) + body[start + count :]


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty.jpg": (lambda: b"", "is empty"),
    "garbage.jpg": (lambda: b"not a picture at all" * 50, "no picture"),
    "truncated.jpg": (lambda: encoded(noisy(), "JPEG")[:4000], "cut short"),
    "truncated.png": (lambda: encoded(noisy(), "PNG")[:4000], "cut short"),
    "damaged.png": (lambda: encoded(noisy(), "PNG").replace(b"IDAT", b"IDAX", 1), "damaged"),
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
    "damaged.tiff": (lambda: spoilt(encoded(noisy(), "TIFF", compression="tiff_lzw")), "damaged"),
    "pages.tiff": (
        lambda: encoded(noisy(), "TIFF", save_all=True, append_images=[noisy()]),
        "2 pages, expected a single one",
    ),
    "photo.heic": (lambda: b"\0\0\0\x18ftypheic" + b"\0" * 500, "no picture, or damaged: expected one of JPEG"),
    "photo.avif": (lambda: b"\0\0\0\x18ftypavif" + b"\0" * 500, "no picture, or damaged: expected one of JPEG"),
    "empty.mp4": (lambda: b"", "is empty"),
    "garbage.avi": (lambda: b"not a video at all" * 50, "no video"),
    "header.mkv": (lambda: b"\x1a\x45\xdf\xa3" + b"\0" * 500, "no video"),
    "text.svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture"),
}


def test_bad_files_are_one_line_each_with_the_reason_and_the_others_are_read(
    good: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    files = []
    for name, (body, _reason) in BAD.items():
        files.append(tmp_path / name)
        files[-1].write_bytes(body())
    files += [tmp_path / "missing.jpg", tmp_path, tmp_path / "missing.mp4", Path("/dev/zero")]
    files.append(cut(clip(tmp_path / "whole.mp4", [scene()] * 3), tmp_path / "cut.mp4"))
    result = CliRunner().invoke(app, ["read", "--json", *map(str, files), str(good)])
    assert result.exit_code == 1
    lines = dict(line.split(": ", 1) for line in result.stderr.splitlines())
    assert list(lines) == [str(file) for file in files]
    for name, (_body, reason) in BAD.items():
        assert reason in lines[str(tmp_path / name)]
    assert "no such file" in lines[str(tmp_path / "missing.jpg")]
    assert "no such file" in lines[str(tmp_path / "missing.mp4")]
    assert "cut short" in lines[str(tmp_path / "cut.mp4")]
    assert "no file" in lines["/dev/zero"]
    assert capfd.readouterr().err == "", "a library's own words came through"
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
    other = tmp_path / "other" / "gate.jpg"
    other.parent.mkdir()
    other.write_bytes(good.read_bytes())
    result = CliRunner().invoke(app, ["read", str(good), str(other), "--annotate", str(tmp_path / "out")])
    assert result.exit_code == 0
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["gate-2.jpg", "gate.jpg"]
    drawn = cv2.imread(str(tmp_path / "out" / "gate.jpg"))
    assert drawn.shape == (720, 1280, 3)
    assert np.abs(drawn.astype(int) - cv2.imread(str(good))).max() > 60


def test_an_annotated_picture_never_takes_the_place_of_one_that_is_read(good: Path, tmp_path: Path) -> None:
    twin = tmp_path / "twin.png"
    cv2.imwrite(str(twin), SceneRenderer().render(SceneState()))
    other = tmp_path / "twin.jpg"
    other.write_bytes(good.read_bytes())
    before = {file: file.read_bytes() for file in (good, other)}
    command = ["read", "--json", "--annotate", str(tmp_path), str(twin), str(other), str(good)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0
    _none, second, third = map(json.loads, result.stdout.splitlines())
    assert second["plates"] == third["plates"], "the empty lane was not drawn over it before it was read"
    assert before == {file: file.read_bytes() for file in before}
    drawn = {"twin-2.jpg", "twin-3.jpg", "gate.jpg"}
    assert drawn <= {file.name for file in tmp_path.iterdir()}


def test_a_video_whose_name_is_no_text_is_refused_in_one_line_and_the_next_file_is_read(
    good: Path, tmp_path: Path
) -> None:
    named = Path(os.fsdecode(bytes(tmp_path) + b"/v\xff\xfe.avi"))
    named.write_bytes(clip(tmp_path / "v.avi", [scene()] * 3).read_bytes())
    command = [sys.executable, "-m", "controller.cli", "plate", "read", "--json", os.fspath(named), str(good)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "its name is no UTF-8 text" in done.stderr
    assert json.loads(done.stdout)["file"] == str(good)


def test_with_standard_error_closed_it_reads_as_ever(good: Path) -> None:
    command = f"{sys.executable} -m controller.cli plate read --json '{good}' 2>&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert json.loads(done.stdout)["plates"][0]["text"] == "粤B12345"


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


def test_a_photo_with_a_second_picture_inside_as_telephones_take_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    noisy().save(file, "MPO", save_all=True, append_images=[Image.new("RGB", (32, 20))])
    assert read_picture(file).shape == (200, 320, 3)


def test_names_that_differ_by_a_number_or_by_capitals_alone_do_not_overwrite_each_other(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path)
    blank = np.zeros((32, 32, 3), np.uint8)
    names = [gallery.write(stem, blank, []).name for stem in ("a", "a-2", "a", "A")]
    assert names == ["a.jpg", "a-2.jpg", "a-3.jpg", "A-4.jpg"]


def test_a_video_is_voted_over_and_its_plates_are_named_once_with_how_often_they_were_seen(tmp_path: Path) -> None:
    film = clip(tmp_path / "lane.avi", approach(["粤B12345", "京A98765"], looks=6))
    result = CliRunner().invoke(
        app, ["read", "--json", "--every", "300", str(film), "--annotate", str(tmp_path / "seen")]
    )
    assert (result.exit_code, result.stderr) == (0, "")
    (read,) = map(json.loads, result.stdout.splitlines())
    assert (read["file"], read["frames"]) == (str(film), 8)
    assert {plate["text"]: plate["frames"] for plate in read["plates"]} == {"粤B12345": 2, "京A98765": 2}
    first, second = sorted(read["plates"], key=lambda plate: plate["at_ms"])
    assert first["text"] == "粤B12345"
    assert first["first_ms"] <= first["at_ms"] <= first["last_ms"] < second["first_ms"]
    assert {"text", "kind", "color", "confidence", "box"} <= set(first)
    assert sorted(file.name for file in (tmp_path / "seen").iterdir()) == ["lane-1.jpg", "lane-2.jpg"]
    assert cv2.imread(str(tmp_path / "seen" / "lane-1.jpg")).shape == (720, 1280, 3)


def test_a_damaged_video_is_read_as_far_as_it_goes_and_called_damaged(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = clip(tmp_path / "whole.mkv", approach(looks=20))
    files = [cut(whole, tmp_path / "cut.mkv"), damaged(whole, tmp_path / "damaged.mkv", 40)]
    result = CliRunner().invoke(app, ["read", "--json", "--every", "1000", *map(str, files)])
    assert result.exit_code == 1
    first, second = result.stderr.splitlines()
    assert first.startswith(f"{files[0]}: cut short: ")
    assert second.startswith(f"{files[1]}: ")
    assert [read["frames"] > 0 for read in map(json.loads, result.stdout.splitlines())] == [True, True]
    assert capfd.readouterr().err == ""


def test_a_foreign_plate_is_read_in_china_as_foreign_and_by_the_table_of_its_region(tmp_path: Path) -> None:
    file = tmp_path / "abroad.png"
    car = SeenVehicle(plate=PlateText(text="RK260AR", kind="foreign"))
    cv2.imwrite(str(file), SceneRenderer(seed=2).render(SceneState(vehicles=(car,), arm=1.0)))
    for options in ([], ["--region", "eu"], ["--region", "cn"]):
        result = CliRunner().invoke(app, ["read", "--json", *options, str(file)])
        best = json.loads(result.stdout)["plates"][0]
        assert (best["text"], best["kind"]) == ("RK260AR", "foreign")


def test_digits_alone_are_read_in_the_united_states_in_doubt_where_no_region_is_named_and_not_in_china(
    tmp_path: Path,
) -> None:
    file = tmp_path / "digits.png"
    car = SeenVehicle(plate=PlateText(text="4539526", kind="foreign"))
    cv2.imwrite(str(file), SceneRenderer(seed=2).render(SceneState(vehicles=(car,), arm=1.0)))
    found = {}
    for region in ("us", "any", "cn"):
        result = CliRunner().invoke(app, ["read", "--json", "--region", region, str(file)])
        found[region] = json.loads(result.stdout)["plates"]
    assert found["us"][0]["text"] == found["any"][0]["text"] == "4539526"
    margins = {region: min(found[region][0]["margins"]) for region in ("us", "any")}
    assert margins["any"] < 300 < margins["us"], "a telephone number looks alike"
    assert "4539526" not in [plate["text"] for plate in found["cn"]]


def test_unasked_the_command_reads_plates_of_all_regions_and_a_lane_only_those_of_its_own_and_long_ones() -> None:
    def takes(forms: tuple[PlateForm, ...], text: str) -> bool:
        return any(form.takes(text) for form in forms)

    anywhere, in_china = plates_of_any_region(), plates_of_region("cn")
    for text in ("粤B12345", "RK260AR", "ABC1D23", "8XYZ123"):
        assert takes(anywhere, text) and takes(in_china, text)
    assert takes(anywhere, "10DTM") and not takes(in_china, "10DTM"), "half a plate in two rows is as short"
    assert not takes(anywhere, "20251128"), "a date is no plate anywhere"


def test_every_region_can_be_asked_for_and_another_is_wrong_usage(good: Path) -> None:
    told = " ".join(CliRunner().invoke(app, ["read", "--help"]).stdout.replace("│", " ").split())
    assert f"whose plates are expected: any, {', '.join(REGIONS)}" in told
    result = CliRunner().invoke(app, ["read", "--region", "mars", str(good)])
    assert result.exit_code == 2
    assert "any, cn, eu, br, us, generic" in result.stderr


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "shown"), [(Terminal, True), (StringIO, False)])
def test_progress_is_shown_on_a_terminal_alone_and_taken_away(
    monkeypatch: pytest.MonkeyPatch, stream: type[StringIO], shown: bool
) -> None:
    monkeypatch.setattr("sys.stderr", stream())
    line = ProgressLine()
    line.say("lane.mp4: 40 %")
    line.clear()
    line.clear()
    written = sys.stderr.getvalue()  # type: ignore[attr-defined]
    assert ("40 %" in written) is shown
    assert written.count("\x1b[K") == (2 if shown else 0)
