"""What is printed of a file: the promised keys for programs, words for people."""

import json
from dataclasses import replace
from pathlib import Path

from drivers.camera.plate_lines import FileRead, Seen, as_line, as_object, as_words
from tests.camera.support import plate


def read(*plates: Seen, file: str = "gate.jpg", frames: int = 0) -> FileRead:
    return FileRead(file=Path(file), size=(1280, 720), plates=plates, ms=123.44, decode_ms=5.06, frames=frames)


def test_a_picture_has_the_promised_keys_and_none_of_a_video() -> None:
    told = as_object(read(Seen(plate("粤B12345"))))
    assert list(told) == ["file", "plates", "ms", "decode_ms"]
    assert (told["ms"], told["decode_ms"]) == (123.4, 5.1)
    assert {"frames", "at_ms"}.isdisjoint(told["plates"][0])


def test_a_plate_of_a_video_says_how_often_and_when_it_was_seen() -> None:
    seen = Seen(plate("粤B12345"), 3, 100.0, 300.0, 500.04)
    told = as_object(read(seen, file="lane.mp4", frames=12))
    assert told["frames"] == 12
    assert {name: told["plates"][0][name] for name in ("frames", "first_ms", "at_ms", "last_ms")} == {
        "frames": 3,
        "first_ms": 100,
        "at_ms": 300,
        "last_ms": 500,
    }
    (line,) = as_words(read(seen, file="lane.mp4", frames=12))
    assert line.startswith("lane.mp4: 粤B12345  small blue")
    assert "at 0.3 s, in 3 pictures" in line


def test_a_file_without_plates_says_so_in_one_line() -> None:
    assert as_words(read()) == ["gate.jpg: no plate (123 ms)"]
    assert as_words(read(file="lane.mp4", frames=1)) == ["lane.mp4: no plate in 1 picture (123 ms)"]


def test_a_name_cannot_break_the_line() -> None:
    assert as_words(read(file="a\nb\x1b[2J.jpg")) == ["a?b?[2J.jpg: no plate (123 ms)"]


def test_programs_are_told_the_very_name_they_gave_in_one_line_of_printable_characters() -> None:
    for name in ("门口\u30001.jpg", "a\nb\x1b[2J\u2028.jpg", "\xa0.jpg", "😀.jpg"):
        line = as_line(read(file=name))
        assert line.isprintable()
        assert json.loads(line)["file"] == name
    assert json.loads(as_line(read(file="\udcff.jpg")))["file"] == "?.jpg"


def test_the_box_of_a_plate_that_reaches_over_the_edge_ends_there() -> None:
    beyond = replace(plate("粤B12345"), corners=((-3.7, 690.2), (96.3, 690.2), (96.3, 720.2), (-3.7, 720.2)))
    assert beyond.box == (-4, 690, 97, 721)
    assert as_object(read(Seen(beyond)))["plates"][0]["box"] == [0, 690, 97, 720]
    assert " at 0,690,97,720" in as_words(read(Seen(beyond)))[0]
