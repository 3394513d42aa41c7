"""Reads one straightened line with a PP-OCR recogniser by our own ONNX Runtime call: what it says of each frame, and
what it sees there before it says anything.

No grammar is applied here; the classifier of lines that stand on their head is left out, it turns plates upside down.
"""

import unicodedata
from dataclasses import dataclass

import cv2
import numpy as np

from drivers.camera.ctc import Floats
from drivers.camera.line import BLANK, Sums
from drivers.camera.models import PPOCR_V2, PPOCR_V2_CHARS, PPOCR_V4, WheelModel, model_file, open_model
from drivers.camera.reader_input import LINE_HEIGHT_PX, LINE_MOST_WIDTH_PX
from drivers.camera.recogniser import Picture

SEPARATORS = frozenset("·•.・,-—_:'`| ")
LIKENESS = str.maketrans("滬雲黒遼魯蘇贛晉陝閩貴粵寧瓊蒙學領應掛", "沪云黑辽鲁苏赣晋陕闽贵粤宁琼蒙学领应挂")


@dataclass(frozen=True, slots=True)
class Network:
    """A PP-OCR recogniser. It takes lines `height` pixels tall, filled up with grey to `least_width` at least, and
    gives a frame for `frame_px` pixels.

    `sees` names tensors within it that are wanted beside what it says: what its convolutions see in each frame, and
    what its last layer is given. `chars` is the list of its characters, where the model does not hold it.
    """

    model: WheelModel
    height: int
    least_width: int
    frame_px: int
    sees: tuple[str, str] | None = None
    chars: WheelModel | None = None


SEEN_VALUES = 600
"""Of V4 so many are wanted for each frame: 480 that its convolutions see, and 120 that its last layer is given."""
# Both were trained on lines filled up to 320 px; docs/recognition-tried.md says what less of it changes.
V4 = Network(PPOCR_V4, LINE_HEIGHT_PX, 192, 8, ("p2o.AveragePool.1", "transpose_51.tmp_0"))
V2 = Network(PPOCR_V2, 32, 192, 4, chars=PPOCR_V2_CHARS)


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

    def __init__(self, network: Network = V4, threads: int = 1) -> None:
        self._network = network
        self._session = open_model(network.model, threads, network.sees or ())
        self._input = self._session.get_inputs()[0].name
        self.charset = ["", *self._known(), " "]

    def _known(self) -> list[str]:
        if self._network.chars is not None:
            return model_file(self._network.chars).read_text(encoding="utf-8").splitlines()
        return str(self._session.get_modelmeta().custom_metadata_map["character"]).splitlines()

    def read(self, line: Picture) -> tuple[Floats, Floats]:
        """Of one line, LINE_HEIGHT_PX tall, BGR: probabilities (frames, characters), and what is seen (frames,
        SEEN_VALUES; of a network of which nothing of the kind is wanted (frames, 0)).

        The frames of what short lines are filled up with are left out.
        """
        wants = self._network
        if line.shape[0] != wants.height:
            shrunk = max(1, round(line.shape[1] * wants.height / line.shape[0])), wants.height
            line = np.asarray(cv2.resize(line, shrunk), np.uint8)
        most_width = LINE_MOST_WIDTH_PX * wants.height // LINE_HEIGHT_PX
        width = max(wants.least_width, min(most_width, line.shape[1]))
        blob = np.zeros((1, 3, wants.height, width), np.float32)
        blob[0, :, :, : line.shape[1]] = line[:, :width].transpose(2, 0, 1) * np.float32(2 / 255) - np.float32(1)
        shares, *within = self._session.run(None, {self._input: blob})
        frames = line.shape[1] // wants.frame_px + 2
        said = np.asarray(shares[0][:frames], np.float32)
        if not within:
            return said, np.empty((len(said), 0), np.float32)
        features, last = within
        seen = np.concatenate((features[0, :, 0].T, last[0]), axis=1)
        return said, np.ascontiguousarray(seen[:frames], np.float32)
