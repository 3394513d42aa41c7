"""The colour of a plate's ground, from the straightened plate. Arrays in, values out.

No kind of plate may be put here: what a colour means stands in the grammar.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.camera.recogniser import Picture

Shares = dict[str, float]
Pixels = NDArray[Any]
"""Hue, saturation, value as OpenCV gives them for bytes."""
HUES: tuple[tuple[str, int, int], ...] = (("yellow", 12, 36), ("green", 37, 92), ("blue", 93, 135))
"""Hue ranges of OpenCV's half degrees."""
LEAST_SATURATION = 60
LEAST_VALUE = 40
FLOOR = 0.02


def ground_colors(plate: Picture) -> tuple[tuple[str, float], ...]:
    """Colours with their probability, best first: blue, yellow, green, yellow_green, white, black.

    The ground is the larger of the two classes that the brightness falls into, within the plate's middle.
    """
    height, width = plate.shape[:2]
    inner = plate[height // 8 : max(height // 8 + 1, height - height // 8), width // 30 : max(1, width - width // 30)]
    hsv = cv2.cvtColor(inner, cv2.COLOR_BGR2HSV)
    bright = hsv[..., 2]
    threshold, _mask = cv2.threshold(bright, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    light = bright > threshold
    dark_ink = light.mean() > 0.5
    ground = hsv[light if dark_ink else ~light]
    shares = _hue_shares(ground)
    colorless = max(0.0, 1.0 - sum(shares.values()))
    shares["white" if dark_ink else "black"] = colorless
    shares["yellow_green"] = _two_grounds(hsv, light if dark_ink else ~light, shares)
    total = sum(shares.values()) + FLOOR * 6
    rated = {
        color: (shares.get(color, 0.0) + FLOOR) / total
        for color in ("blue", "yellow", "green", "yellow_green", "white", "black")
    }
    return tuple(sorted(rated.items(), key=lambda item: -item[1]))


def _hue_shares(ground: Pixels) -> Shares:
    if not len(ground):
        return {}
    hue, saturation, value = ground[:, 0], ground[:, 1], ground[:, 2]
    vivid = (saturation >= LEAST_SATURATION) & (value >= LEAST_VALUE)
    return {name: float((vivid & (hue >= low) & (hue <= high)).mean()) for name, low, high in HUES}


def _two_grounds(hsv: Pixels, mask: NDArray[np.bool_], shares: Shares) -> float:
    """How far the first two characters stand on yellow and the rest on green (new-energy large); takes from both."""
    edge = round(hsv.shape[1] * 0.27)
    left, right = hsv[:, :edge][mask[:, :edge]], hsv[:, edge:][mask[:, edge:]]
    share = min(_hue_shares(left).get("yellow", 0.0), _hue_shares(right).get("green", 0.0))
    if share > 0.4:
        shares["yellow"] *= 0.2
        shares["green"] *= 0.4
        return share
    return 0.0
