"""The second reader: PP-OCRv4 on one line, by its own word and by that of last layers of ours on what it sees.

Its own last layers tell 6,625 characters apart and have read texts of all sorts, ours the 78 of plates and nothing but
drawn plates: each knows shapes that the other does not. Both go by the same frames, so they are one before any grammar.
"""

from dataclasses import dataclass

import numpy as np

from drivers.camera.ctc import Floats
from drivers.camera.line import Said, written
from drivers.camera.models import PPOCR_V4, ModelMissing, fingerprint, model_file, note_of, open_own
from drivers.camera.ppocr_reader import V4, Folding, PpOcrReader
from drivers.camera.recogniser import Picture

MODEL = "head.onnx"
OTHER_CHAR = "\ufffd"
"""One more character of the second reader's: all that no plate has."""
FLOOR = np.float32(1e-6)
OURS = np.float32(0.5)
"""How much our layers' word counts; the rest is PP-OCR's own."""


class PlateHead:
    """Our last layers on what PP-OCRv4 sees; used by one thread."""

    def __init__(self, threads: int = 1) -> None:
        self._session = open_own(MODEL, threads)
        self.chars = note_of(self._session, "characters", MODEL)
        self.sees = note_of(self._session, "sees", MODEL)
        """Fingerprint of the network that it was trained on."""

    def read(self, seen: Floats) -> Floats:
        """Log-probabilities (frames, 1 + characters) of what is seen (frames, SEEN_VALUES)."""
        (log_p,) = self._session.run(None, {"x": seen[None]})
        return np.asarray(log_p[0], np.float32)


@dataclass(frozen=True, slots=True)
class Heard:
    """What the second reader says of a line: both words as one, and each by itself."""

    both: Said
    ours: Said
    theirs: Said


class SecondReader:
    """Both together; used by one thread. ModelMissing where the one was trained on another network than is there."""

    def __init__(self, threads: int = 1) -> None:
        self._head = PlateHead(threads)
        if fingerprint(PPOCR_V4) != self._head.sees:
            path = model_file(PPOCR_V4)
            raise ModelMissing(f"{path} is not the network that {MODEL} was trained on: {PPOCR_V4.cure}")
        self._reader = PpOcrReader(V4, threads)
        self._folding = Folding(self._reader.charset, self._head.chars)
        self.chars = self._head.chars + OTHER_CHAR

    def read(self, line: Picture) -> Heard:
        """One line, 48 pixels tall, BGR."""
        shares, seen = self._reader.read(line)
        ours, theirs = self._head.read(seen), np.log(np.maximum(self._folding.folded(shares), FLOOR))
        alone = padded(ours)
        return Heard(*(Said(log_p, written(log_p, self.chars)) for log_p in (blended(alone, theirs), alone, theirs)))


def padded(ours: Floats) -> Floats:
    """The word of our layers, (frames, 1 + characters), with as good as nothing for what no plate has."""
    against = np.full((len(ours), 1), np.log(FLOOR), np.float32)
    return np.concatenate((np.maximum(ours, np.log(FLOOR)), against), axis=1)


def blended(ours: Floats, theirs: Floats) -> Floats:
    """The weighted mean of two words, each (frames, 1 + characters + 1), as log-probabilities that add up to 1.

    Ours, `padded`, knows nothing but plates, and that counts as a word against what no plate has, all but a veto:
    PP-OCR takes many a province for another Chinese character. That there is no plate at all ours says by seeing
    nothing there.
    """
    sums = OURS * ours + (1 - OURS) * theirs
    return np.asarray(sums - np.log(np.exp(sums).sum(axis=1, keepdims=True)), np.float32)
