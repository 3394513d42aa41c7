"""Reads one straightened line with the PP-OCRv4 recogniser by our own ONNX Runtime call, as probabilities per frame.

No grammar is applied here; the classifier of lines that stand on their head is left out, it turns plates upside down.
"""

import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.camera.ctc import Floats
from drivers.camera.grammar import Grammar
from drivers.camera.models import READER, open_model
from drivers.camera.recogniser import Picture

HEIGHT_PX = 48
LEAST_WIDTH_PX = 320
MOST_WIDTH_PX = 640
FRAME_PX = 8
"""The network gives a frame for so many pixels; the frames of the padding hold nothing and are left out."""
BLANK = 0
SEPARATORS = frozenset("·•.・,-—_:'`| ")
LIKENESS = str.maketrans("滬雲黒遼魯蘇贛晉陝閩貴粵寧瓊蒙學領應掛", "沪云黑辽鲁苏赣晋陕闽贵粤宁琼蒙学领应挂")
FLOOR = np.float32(1e-6)


@dataclass(frozen=True, slots=True)
class Line:
    """What the network said of one line, in natural logarithms.

    `log_chars` (frames, columns of the grammar), `log_other` (frames,) every other character together, `log_blank`
    (frames,) nothing or a separator; `free` is the best path over all characters, `free_log_p` its log-probability.
    """

    log_chars: Floats
    log_other: Floats
    log_blank: Floats
    free: str
    free_log_p: float


def joined(lines: tuple[Line, ...]) -> Line:
    """Several lines read as one text, in order."""
    return Line(
        np.concatenate([line.log_chars for line in lines]),
        np.concatenate([line.log_other for line in lines]),
        np.concatenate([line.log_blank for line in lines]),
        "".join(line.free for line in lines),
        sum(line.free_log_p for line in lines),
    )


def _by_meaning(charset: list[str]) -> dict[str, list[int]]:
    """Which of the network's characters count as which: small letters, full width, traditional forms."""
    numbers: dict[str, list[int]] = {}
    for number, char in enumerate(charset):
        meant = unicodedata.normalize("NFKC", char).upper().translate(LIKENESS)
        numbers.setdefault(meant, []).append(number)
    return numbers


class PpOcrReader:
    """The network with its characters sorted into the grammar's columns."""

    def __init__(self, grammar: Grammar, threads: int = 1) -> None:
        self._session = open_model(READER, threads)
        known = self._session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._charset = ["", *known, " "]
        numbers = _by_meaning(self._charset)
        self._columns = [
            [number for char in sources for number in numbers.get(char, ())] for _char, sources in grammar.columns
        ]
        self._blanks = [BLANK, *(number for number, char in enumerate(self._charset) if char in SEPARATORS and char)]

    def read(self, line: Picture) -> Line:
        """One line, 48 pixels tall, BGR. Short lines are padded to 320 pixels with grey, as the network was trained."""
        width = max(LEAST_WIDTH_PX, min(MOST_WIDTH_PX, line.shape[1]))
        blob = np.zeros((1, 3, HEIGHT_PX, width), np.float32)
        blob[0, :, :, : line.shape[1]] = line[:, :width].transpose(2, 0, 1) * np.float32(2 / 255) - np.float32(1)
        (output,) = self._session.run(None, {"x": blob})
        return self._sorted(output[0][: line.shape[1] // FRAME_PX + 2])

    def _sorted(self, shares: Floats) -> Line:
        chars = np.stack([shares[:, sources].sum(axis=1) for sources in self._columns], axis=1)
        blank = shares[:, self._blanks].sum(axis=1)
        # A column that takes a twin's share repeats it: "other" is what no column and no blank holds.
        used = np.zeros(shares.shape[1], np.bool_)
        for sources in self._columns:
            used[sources] = True
        used[self._blanks] = True
        other = shares[:, ~used].sum(axis=1)
        best = shares.argmax(axis=1)
        return Line(
            np.log(np.maximum(chars, FLOOR)),
            np.log(np.maximum(other, FLOOR)),
            np.log(np.maximum(blank, FLOOR)),
            self._written(best),
            float(np.log(np.maximum(np.maximum(shares.max(axis=1), blank), FLOOR)).sum()),
        )

    def _written(self, best: NDArray[np.intp]) -> str:
        changed = np.concatenate(([True], best[1:] != best[:-1]))
        return "".join(self._charset[number] for number in best[changed] if number != BLANK)
