"""Reads one straightened line with the PP-OCRv4 recogniser by our own ONNX Runtime call: what it says of each frame,
and what it sees there before it says anything.

No grammar is applied here; the classifier of lines that stand on their head is left out, it turns plates upside down.
"""

import unicodedata

import numpy as np

from drivers.camera.ctc import Floats
from drivers.camera.line import BLANK, Sums
from drivers.camera.models import READER, open_model
from drivers.camera.reader_input import LINE_HEIGHT_PX, LINE_MOST_WIDTH_PX
from drivers.camera.recogniser import Picture

LEAST_WIDTH_PX = 192
"""It was trained on lines padded to 320 px; less reads plates as well, in half the time (docs/recognition-tried.md)."""
FRAME_PX = 8
"""The network gives a frame for so many pixels; the frames of the padding hold nothing and are left out."""
SEPARATORS = frozenset("·•.・,-—_:'`| ")
LIKENESS = str.maketrans("滬雲黒遼魯蘇贛晉陝閩貴粵寧瓊蒙學領應掛", "沪云黑辽鲁苏赣晋陕闽贵粤宁琼蒙学领应挂")
SEEN = ("p2o.AveragePool.1", "transpose_51.tmp_0")
"""Two tensors within the network: what its convolutions see in each frame (480 values), and what its last layer is
given (120)."""
SEEN_VALUES = 600


def _by_meaning(charset: list[str]) -> dict[str, list[int]]:
    """Which of the network's characters count as which: small letters, full width, traditional forms."""
    numbers: dict[str, list[int]] = {}
    for number, char in enumerate(charset):
        meant = unicodedata.normalize("NFKC", char).upper().translate(LIKENESS)
        numbers.setdefault(meant, []).append(number)
    return numbers


class Folding:
    """The network's characters sorted into those that plates have, and one for all others."""

    def __init__(self, charset: list[str], chars: str) -> None:
        numbers = _by_meaning(charset)
        blanks = [BLANK, *(number for number, char in enumerate(charset) if char in SEPARATORS)]
        known = [blanks, *(numbers.get(char, []) for char in chars)]
        self._sums = Sums((*known, sorted({number for column in known for number in column})))

    def folded(self, shares: Floats) -> Floats:
        """(frames, 1 + characters of plates + 1) of shares (frames, characters of the network); the last is others'."""
        sums = self._sums.of(shares)
        sums[:, -1] = shares.sum(axis=1) - sums[:, -1]
        return sums


class PpOcrReader:
    """The network; used by one thread."""

    def __init__(self, threads: int = 1) -> None:
        self._session = open_model(READER, threads, SEEN)
        known = self._session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self.charset = ["", *known, " "]

    def read(self, line: Picture) -> tuple[Floats, Floats]:
        """Of one line, 48 pixels tall, BGR: probabilities (frames, characters), and what is seen (frames, SEEN_VALUES).

        Short lines are padded with grey; the padding's frames are left out.
        """
        width = max(LEAST_WIDTH_PX, min(LINE_MOST_WIDTH_PX, line.shape[1]))
        blob = np.zeros((1, 3, LINE_HEIGHT_PX, width), np.float32)
        blob[0, :, :, : line.shape[1]] = line[:, :width].transpose(2, 0, 1) * np.float32(2 / 255) - np.float32(1)
        shares, features, last = self._session.run(None, {"x": blob})
        frames = line.shape[1] // FRAME_PX + 2
        seen = np.concatenate((features[0, :, 0].T, last[0]), axis=1)
        return np.asarray(shares[0][:frames], np.float32), np.ascontiguousarray(seen[:frames], np.float32)
