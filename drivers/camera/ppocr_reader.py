"""Reads one straightened line with the PP-OCRv4 recogniser by our own ONNX Runtime call, as probabilities per frame.

No grammar is applied here; the classifier of lines that stand on their head is left out, it turns plates upside down.
"""

import unicodedata

import numpy as np
from numpy.typing import NDArray

from drivers.camera.ctc import Floats
from drivers.camera.grammar import Grammar
from drivers.camera.line import Line, Sums
from drivers.camera.models import READER, open_model
from drivers.camera.reader_input import LINE_HEIGHT_PX, LINE_MOST_WIDTH_PX
from drivers.camera.recogniser import Picture

LEAST_WIDTH_PX = 192
"""It was trained on lines padded to 320 px; less reads plates as well, in half the time (docs/recognition.md)."""
FRAME_PX = 8
"""The network gives a frame for so many pixels; the frames of the padding hold nothing and are left out."""
BLANK = 0
SEPARATORS = frozenset("·•.・,-—_:'`| ")
LIKENESS = str.maketrans("滬雲黒遼魯蘇贛晉陝閩貴粵寧瓊蒙學領應掛", "沪云黑辽鲁苏赣晋陕闽贵粤宁琼蒙学领应挂")
FLOOR = np.float32(1e-6)


def _by_meaning(charset: list[str]) -> dict[str, list[int]]:
    """Which of the network's characters count as which: small letters, full width, traditional forms."""
    numbers: dict[str, list[int]] = {}
    for number, char in enumerate(charset):
        meant = unicodedata.normalize("NFKC", char).upper().translate(LIKENESS)
        numbers.setdefault(meant, []).append(number)
    return numbers


class PpOcrColumns:
    """The network's characters sorted into the columns of one grammar."""

    def __init__(self, grammar: Grammar, charset: list[str]) -> None:
        self.grammar = grammar
        self._charset = charset
        numbers = _by_meaning(charset)
        columns = [
            [number for char in sources for number in numbers.get(char, ())] for _char, sources in grammar.columns
        ]
        blanks = [BLANK, *(number for number, char in enumerate(charset) if char in SEPARATORS and char)]
        known = {number for numbers in (*columns, blanks) for number in numbers}
        # A column that takes a twin's share repeats it: "other" is what no column and no blank holds.
        self._sums = Sums((*columns, blanks, sorted(known)))

    def line(self, shares: Floats) -> Line:
        """A line's probabilities (frames, characters) as that grammar sees them."""
        sums = self._sums.of(shares)
        chars, blank, other = sums[:, :-2], sums[:, -2], shares.sum(axis=1) - sums[:, -1]
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


class PpOcrReader:
    """The network; used by one thread."""

    def __init__(self, threads: int = 1) -> None:
        self._session = open_model(READER, threads)
        known = self._session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self.charset = ["", *known, " "]

    def read(self, line: Picture) -> Floats:
        """Probabilities (frames, characters) of one line, 48 pixels tall, BGR.

        Short lines are padded with grey; the padding's frames are left out.
        """
        width = max(LEAST_WIDTH_PX, min(LINE_MOST_WIDTH_PX, line.shape[1]))
        blob = np.zeros((1, 3, LINE_HEIGHT_PX, width), np.float32)
        blob[0, :, :, : line.shape[1]] = line[:, :width].transpose(2, 0, 1) * np.float32(2 / 255) - np.float32(1)
        (output,) = self._session.run(None, {"x": blob})
        return np.asarray(output[0][: line.shape[1] // FRAME_PX + 2], np.float32)
