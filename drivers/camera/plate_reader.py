"""Reads cuts of plates with the project's own network: characters by frame, and the ground's colour.

No grammar is applied here.
"""

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.camera.ctc import Floats
from drivers.camera.grammar import Grammar
from drivers.camera.line import Line, Sums
from drivers.camera.models import open_own
from drivers.camera.recogniser import Picture

BLANK = 0
FLOOR = np.float32(1e-7)
Colors = tuple[tuple[str, float], ...]
"""(colour, probability), best first; "other" means that no colour was seen, as by infrared light."""


@dataclass(frozen=True, slots=True)
class ReadPatch:
    """What one cut holds: `log_p` (frames, 1 + characters), the best path as text, colours that add up to 1."""

    log_p: Floats
    free: str
    colors: Colors


class Columns:
    """A network's characters sorted into the columns of one grammar."""

    def __init__(self, grammar: Grammar, chars: str) -> None:
        self.grammar = grammar
        numbers = {char: number + 1 for number, char in enumerate(chars)}
        columns = [[numbers[char] for char in sources if char in numbers] for _char, sources in grammar.columns]
        used = {number for sources in columns for number in sources}
        others = [number for number in range(1, len(chars) + 1) if number not in used]
        self._sums = Sums((*columns, others))

    def line(self, patch: ReadPatch) -> Line:
        """The cut as that grammar sees it."""
        shares = np.exp(patch.log_p)
        sums = np.log(np.maximum(self._sums.of(shares), FLOOR))
        return Line(
            sums[:, :-1],
            sums[:, -1],
            np.log(np.maximum(shares[:, BLANK], FLOOR)),
            patch.free,
            float(patch.log_p.max(axis=1).sum()),
        )


class PlateReader:
    """The network; used by one thread."""

    def __init__(self, threads: int = 1) -> None:
        self._session = open_own("reader.onnx", threads)
        notes = self._session.get_modelmeta().custom_metadata_map
        self.chars = notes["characters"]
        self._colors: list[str] = json.loads(notes["colors"])

    def read(self, patches: list[Picture]) -> list[ReadPatch]:
        """Each of the cuts made by `reader_input.reader_patch`."""
        if not patches:
            return []
        blob = np.stack(patches).transpose(0, 3, 1, 2).astype(np.float32)
        blob *= np.float32(1 / 127.5)
        blob -= np.float32(1)
        chars, colors = self._session.run(None, {"x": blob})
        return [ReadPatch(chars[n], self._written(chars[n]), self._named(colors[n])) for n in range(len(patches))]

    def _written(self, log_p: Floats) -> str:
        best: NDArray[np.intp] = log_p.argmax(axis=1)
        changed = np.concatenate(([True], best[1:] != best[:-1]))
        return "".join(self.chars[number - 1] for number in best[changed] if number != BLANK)

    def _named(self, logits: Floats) -> Colors:
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        return tuple((self._colors[n], float(shares[n])) for n in np.argsort(-shares))
