"""The third reader: PP-OCRv2 on one line, by its own word alone.

It is two models older than the second reader. What is drawn it reads far worse, and blurred plates of real pictures
better than any other.
"""

import numpy as np

from drivers.camera.line import Said, written
from drivers.camera.ppocr_reader import V2, Folding, PpOcrReader
from drivers.camera.recogniser import Picture
from drivers.camera.second_reader import FLOOR, OTHER_CHAR


class ThirdReader:
    """Says what it reads in the characters of the second reader, `chars`; used by one thread."""

    def __init__(self, chars: str, threads: int = 1) -> None:
        self._reader = PpOcrReader(V2, threads)
        self._chars = chars
        self._folding = Folding(self._reader.charset, chars.removesuffix(OTHER_CHAR))

    def read(self, line: Picture) -> Said:
        """One line, 48 pixels tall, BGR."""
        shares, _seen = self._reader.read(line)
        log_p = np.log(np.maximum(self._folding.folded(shares), FLOOR))
        return Said(log_p, written(log_p, self._chars))
