"""Reads cuts of plates with the project's own network: characters by frame, and the ground's colour.

No grammar is applied here.
"""

import json
from dataclasses import dataclass

import numpy as np

from drivers.camera.ctc import Floats
from drivers.camera.line import Said, written
from drivers.camera.models import note_of, open_own
from drivers.camera.recogniser import Picture

MODEL = "reader.onnx"
Colors = tuple[tuple[str, float], ...]
"""(colour, probability), best first; "other" means that no colour was seen, as by infrared light."""


@dataclass(frozen=True, slots=True)
class ReadPatch:
    """What one cut holds: the characters by frame, and colours that add up to 1."""

    said: Said
    colors: Colors

    @property
    def free(self) -> str:
        """The best path as text."""
        return self.said.free


class PlateReader:
    """The network; used by one thread."""

    def __init__(self, threads: int = 1) -> None:
        self._session = open_own(MODEL, threads)
        self.chars = note_of(self._session, "characters", MODEL)
        self._colors: list[str] = json.loads(note_of(self._session, "colors", MODEL))

    def read(self, patches: list[Picture]) -> list[ReadPatch]:
        """Each of the cuts made by `reader_input.reader_patch`."""
        if not patches:
            return []
        blob = np.stack(patches).transpose(0, 3, 1, 2).astype(np.float32)
        blob *= np.float32(1 / 127.5)
        blob -= np.float32(1)
        chars, colors = self._session.run(None, {"x": blob})
        return [
            ReadPatch(Said(said, written(said, self.chars)), self._named(ground))
            for said, ground in zip(chars, colors, strict=True)
        ]

    def _named(self, logits: Floats) -> Colors:
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        return tuple((self._colors[n], float(shares[n])) for n in np.argsort(-shares))
