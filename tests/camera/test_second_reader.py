"""The second reader: PP-OCRv4's own word on a line and that of our last layers on what it sees, as one."""

from pathlib import Path

import numpy as np
import pytest

from drivers.camera import models
from drivers.camera.line import written
from drivers.camera.models import ModelMissing, model_file, open_model
from drivers.camera.ppocr_reader import SEEN, SEEN_VALUES, Folding, PpOcrReader
from drivers.camera.second_reader import OTHER_CHARS, SecondReader, blended
from simulator.scene.glyphs import CHARACTERS, PROVINCES
from training.draw.die import measuring_dies
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
    (plain,) = open_model(models.READER, 1).run(None, {"x": blob})
    assert shares == pytest.approx(plain[0][: len(shares)], abs=1e-5)


def test_a_package_with_another_model_is_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelMissing, match=r"_det_infer\.onnx is not the model .*AveragePool.*[Ii]nstall rapidocr"):
        open_model(models.DETECTOR, 1, SEEN)
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(model_file(models.READER).read_bytes()[:5_000])
    monkeypatch.setattr(models, "model_file", lambda _name: cut)
    with pytest.raises(ModelMissing, match=r"cut\.onnx is not the model"):
        open_model(models.READER, 1, SEEN)


def test_every_character_of_plates_is_among_those_that_it_knows(reader: PpOcrReader) -> None:
    folding = Folding(reader.charset, CHARACTERS)
    for number, char in enumerate(CHARACTERS):
        shares = np.zeros((1, len(reader.charset)), np.float32)
        shares[0, reader.charset.index(char)] = 1.0
        assert folding.folded(shares)[0].argmax() == number + 1, char


@pytest.mark.parametrize(
    ("read", "counts_as"), [("a", "A"), ("雲", "云"), ("Ａ", "A"), ("·", ""), ("車", OTHER_CHARS), ("滇", OTHER_CHARS)]
)
def test_small_letters_and_old_forms_count_as_what_they_mean_and_dots_as_nothing(
    reader: PpOcrReader, read: str, counts_as: str
) -> None:
    columns = ["", *CHARACTERS, OTHER_CHARS]
    shares = np.zeros((1, len(reader.charset)), np.float32)
    shares[0, reader.charset.index(read)] = 1.0
    folded = Folding(reader.charset, CHARACTERS).folded(shares)[0]
    assert columns[int(folded.argmax())] == counts_as
    assert folded.sum() == pytest.approx(1.0)


def test_what_both_say_stays_and_what_one_alone_says_is_in_doubt() -> None:
    sure = blended(logs(0.01, 0.98, 0.01), logs(0.01, 0.98, 0.01, 1e-6))
    assert np.exp(sure).sum() == pytest.approx(1.0)
    assert np.exp(sure[0, 1]) > 0.95
    torn = np.exp(blended(logs(0.01, 0.98, 0.01), logs(0.01, 0.01, 0.98, 1e-6)))[0]
    assert torn[1:3].min() > 0.1, "neither is sure when they say two things"


def test_what_no_plate_has_is_heard_also_where_our_layers_know_no_such_thing() -> None:
    strange = np.exp(blended(logs(0.4, 0.3, 0.3), logs(1e-6, 1e-6, 1e-6, 1.0)))[0]
    assert strange[3] > 0.02, "a character of a sign is a doubt of each that a plate may have"


def test_both_words_together_read_plates_in_faces_unknown_to_them_better_than_that_of_pp_ocr_alone(
    reader: PpOcrReader,
) -> None:
    second, folding = SecondReader(), Folding(reader.charset, CHARACTERS)
    draughtsman = Draughtsman(11, measuring_dies(), severity=0.3)
    right, alone, count = 0, 0, 60
    for _ in range(count):
        line, text = draughtsman.plate_line()
        while not text or text[0] not in PROVINCES:
            line, text = draughtsman.plate_line()
        right += second.read(line).free == text
        shares, _seen = reader.read(line)
        alone += written(np.log(np.maximum(folding.folded(shares), 1e-6)), CHARACTERS + OTHER_CHARS) == text
    assert right > 0.7 * count
    assert right > alone + 0.1 * count
