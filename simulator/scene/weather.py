"""What lies between the lane and the sensor: rain, glare, defocus, infrared grey, noise, the burnt-in text.

Nothing of the lane itself may be put here.
"""

import cv2
import numpy as np

from simulator.scene.canvas import Picture, glow
from simulator.scene.lighting import LAMPS
from simulator.scene.state import Light
from simulator.scene.viewpoint import Points

STREAK_LAYERS = 4


def rain_layers(width: int, height: int, rain: float, seed: int) -> list[Picture]:
    """A few layers of streaks to take in turn; BGR, to be added."""
    layers = []
    for number in range(STREAK_LAYERS):
        random = np.random.default_rng([seed, 23, number])
        layer = np.zeros((height, width), np.uint8)
        for _ in range(round(420 * rain)):
            x, y = int(random.integers(0, width)), int(random.integers(0, height))
            long = int(random.integers(height // 60, height // 18))
            cv2.line(layer, (x, y), (x - long // 6, y + long), int(random.integers(20, 70)), 1, cv2.LINE_AA)
        layers.append(cv2.merge((layer, layer, layer)))
    return [np.asarray(layer, np.uint8) for layer in layers]


def noise_layer(width: int, height: int, light: Light, seed: int) -> Picture:
    """Sensor noise as grey levels to add, with room to be shifted: 64 pixels more each way."""
    random = np.random.default_rng([seed, 31])
    level = LAMPS[light].noise
    noise = random.normal(level * 1.5, level, (height + 64, width + 64, 3))
    return np.clip(noise, 0, 255).astype(np.uint8)


def add_glare(frame: Picture, centre: Points, glare: float) -> None:
    """Sun or another's headlights in the lens."""
    strength = 255.0 * min(1.0, glare)
    glow(frame, centre, frame.shape[1] * (0.08 + 0.22 * glare), (strength * 0.9, strength * 0.97, strength))


def grey(frame: Picture) -> Picture:
    """The picture of an infrared camera: no colour."""
    one = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.merge((one, one, one)), np.uint8)


def burn_in(frame: Picture, text: str) -> None:
    """Date, time and name as cameras write them, white with a dark edge, at the top left."""
    scale = frame.shape[1] / 1280
    at = round(24 * scale), round(44 * scale)
    for color, thick in (((20, 20, 20), 5), ((250, 250, 250), 2)):
        cv2.putText(frame, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, color, max(1, round(thick * scale)), cv2.LINE_AA)
