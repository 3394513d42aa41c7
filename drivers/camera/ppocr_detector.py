"""Finds lines of text with the PP-OCRv4 detector by our own ONNX Runtime call. No reading and no grammar here."""

import cv2
import numpy as np

from drivers.camera.models import DETECTOR, open_model
from drivers.camera.recogniser import Picture
from drivers.camera.text_boxes import TextBox, boxes_of

STRIDE = 32
LEAST_SIDE = 64


class PpOcrDetector:
    """`longest` is the longest side, in pixels, that a picture is shrunk to; smaller ones are left as they are."""

    def __init__(self, longest: int, threads: int = 1) -> None:
        self._longest = longest
        self._session = open_model(DETECTOR, threads)

    def find(self, picture: Picture) -> list[TextBox]:
        """The lines of text in a BGR picture, in its own pixels."""
        height, width = picture.shape[:2]
        scale = min(1.0, self._longest / max(height, width))
        size = _strided(width * scale), _strided(height * scale)
        shrunk = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR)
        blob = shrunk.astype(np.float32).transpose(2, 0, 1)[None]
        blob *= np.float32(2 / 255)
        blob -= np.float32(1)
        (heat,) = self._session.run(None, {"x": blob})
        return boxes_of(heat[0, 0], width / size[0], height / size[1])


def _strided(length: float) -> int:
    return max(LEAST_SIDE, round(length / STRIDE) * STRIDE)
