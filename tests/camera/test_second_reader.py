"""The second reader: PP-OCRv4's own word on a line and that of our last layers on what it sees, as one."""

from pathlib import Path

import numpy as np
import pytest

from drivers.camera import models
from drivers.camera.line import written
from drivers.camera.models import ModelMissing, model_file, open_model
from drivers.camera.plate_detector import PlateDetector
from drivers.camera.plate_reader import PlateReader
from drivers.camera.ppocr_reader import SEEN_VALUES, V4, Folding, PpOcrReader
from drivers.camera.second_reader import OTHER_CHAR, PlateHead, SecondReader, blended, padded
from simulator.scene.glyphs import CHARACTERS, PROVINCES
from training.draw.die import Dies, measuring_dies
from training.draw.fonts import HANZI_TEST, LATIN_TEST, there
from training.draw.samples import Draughtsman


@pytest.fixture(scope="module")
def reader() -> PpOcrReader:
    return PpOcrReader()


def logs(*shares: float) -> np.ndarray:
    return np.log(np.array([shares], np.float32))


def test_what_it_sees_comes_beside_what_it_says_and_changes_nothing_of_that(reader: PpOcrReader) -> None:
    line, _text = Draughtsman(5, measuring_dies()).plate_line()
    shares, seen = reader.read(line)
    assert seen.shape == (len(shares), SEEN_VALUES)
    assert seen.std() > 0
    blob = np.zeros((1, 3, 48, max(192, line.shape[1])), np.float32)
    blob[0, :, :, : line.shape[1]] = line.transpose(2, 0, 1) * np.float32(2 / 255) - np.float32(1)
    (plain,) = open_model(models.PPOCR_V4, 1).run(None, {"x": blob})
    assert shares == pytest.approx(plain[0][: len(shares)], abs=1e-5)
    _said, last = open_model(models.PPOCR_V4, 1, (V4.sees or ())[1:]).run(None, {"x": blob})
    assert seen[:, 480:] == pytest.approx(last[0][: len(shares)], abs=1e-4), "and in the order of the training"


def test_the_package_of_another_network_is_refused_by_name_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    another = tmp_path / "another.onnx"
    another.write_bytes(model_file(models.PPOCR_V4).read_bytes() + b"\x32\x04note")  # the same layers with a remark
    monkeypatch.setattr(models, "model_file", lambda _model: another)
    with pytest.raises(ModelMissing, match=r"not the network that head\.onnx was trained on: install rapidocr"):
        SecondReader()


@pytest.mark.parametrize("damage", ["empty", "cut short", "no model", "another model"])
def test_a_damaged_model_is_a_fault_that_says_which_and_what_to_do(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The camera goes on without plates then: its process catches this and nothing else."""
    for name in ("head.onnx", "reader.onnx", "detector.onnx", "detector_int8.onnx"):
        whole = (models.OWN / name).read_bytes()
        other = (models.OWN / "detector.onnx").read_bytes()
        left = {"empty": b"", "cut short": whole[: len(whole) // 2], "no model": b"<html>", "another model": other}
        (tmp_path / name).write_bytes(left[damage])
    monkeypatch.setattr(models, "OWN", tmp_path)
    opened = (PlateHead, PlateReader) if damage == "another model" else (PlateHead, PlateReader, PlateDetector)
    for network in opened:
        with pytest.raises(ModelMissing, match=r"\.onnx is no model .*make train") as told:
            network()
        assert len(str(told.value).splitlines()) == 1
        assert "onnxruntime_src" not in str(told.value)


@pytest.mark.parametrize("width", [1, 48, 191, 192, 193, 640, 832])
def test_a_line_of_any_width_gives_as_many_frames_of_what_is_said_as_of_what_is_seen(
    reader: PpOcrReader, width: int
) -> None:
    shares, seen = reader.read(np.full((48, width, 3), 90, np.uint8))
    assert seen.shape == (len(shares), SEEN_VALUES)
    assert 1 <= len(shares) <= width // 8 + 2
    assert len(SecondReader().read(np.full((48, width, 3), 90, np.uint8)).both.log_p) == len(shares)


def test_every_character_of_plates_is_among_those_that_it_knows(reader: PpOcrReader) -> None:
    folding = Folding(reader.charset, CHARACTERS)
    for number, char in enumerate(CHARACTERS):
        shares = np.zeros((1, len(reader.charset)), np.float32)
        shares[0, reader.charset.index(char)] = 1.0
        assert folding.folded(shares)[0].argmax() == number + 1, char


@pytest.mark.parametrize(
    ("read", "counts_as"), [("a", "A"), ("雲", "云"), ("Ａ", "A"), ("·", ""), ("車", OTHER_CHAR), ("滇", OTHER_CHAR)]
)
def test_small_letters_and_old_forms_count_as_what_they_mean_and_dots_as_nothing(
    reader: PpOcrReader, read: str, counts_as: str
) -> None:
    columns = ["", *CHARACTERS, OTHER_CHAR]
    shares = np.zeros((1, len(reader.charset)), np.float32)
    shares[0, reader.charset.index(read)] = 1.0
    folded = Folding(reader.charset, CHARACTERS).folded(shares)[0]
    assert columns[int(folded.argmax())] == counts_as
    assert folded.sum() == pytest.approx(1.0)


def test_what_both_say_stays_and_what_one_alone_says_is_in_doubt() -> None:
    sure = blended(padded(logs(0.01, 0.98, 0.01)), logs(0.01, 0.98, 0.01, 1e-6))
    assert np.exp(sure).sum() == pytest.approx(1.0)
    assert np.exp(sure[0, 1]) > 0.95
    torn = np.exp(blended(padded(logs(0.01, 0.98, 0.01)), logs(0.01, 0.01, 0.98, 1e-6)))[0]
    assert torn[1:3].min() > 0.1, "neither is sure when they say two things"


@pytest.mark.parametrize(("ours", "stands"), [((0.01, 0.98, 0.01), 1), ((0.4, 0.3, 0.3), 0), ((0.98, 0.01, 0.01), 0)])
def test_a_character_of_no_plate_is_what_our_layers_see_there_be_it_nothing(
    ours: tuple[float, ...], stands: int
) -> None:
    """PP-OCR takes a province for another Chinese character, and a sign for what it is; ours tell which of the two."""
    shares = np.exp(blended(padded(logs(*ours)), logs(0.05, 0.05, 0.05, 0.85)))[0]
    assert shares.argmax() == stands
    assert shares[3] < 0.01


def test_both_words_together_read_plates_in_faces_unknown_to_them_better_than_that_of_pp_ocr_alone(
    reader: PpOcrReader,
) -> None:
    second, folding = SecondReader(), Folding(reader.charset, CHARACTERS)
    faces = Dies(there(HANZI_TEST[:1]), there(LATIN_TEST[:1]), 0.0)  # those that every machine has that runs the tests
    right, alone, count = 0, 0, 60
    draughtsman = Draughtsman(12, faces, severity=0.3)
    for _ in range(count):
        line, text = draughtsman.plate_line()
        while not text or text[0] not in PROVINCES:
            line, text = draughtsman.plate_line()
        right += second.read(line).both.free == text
        shares, _seen = reader.read(line)
        alone += written(np.log(np.maximum(folding.folded(shares), 1e-6)), CHARACTERS + OTHER_CHAR) == text
    assert right > 0.75 * count
    assert right > alone + 0.1 * count
