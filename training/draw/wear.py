"""What the road, the light and the camera do to a drawn picture: dirt, shadow, glare, night, blur, noise, JPEG.

Arrays in, arrays out; nothing here knows what a plate is.
"""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]
Random = np.random.Generator


def cloud(height: int, width: int, cell: int, random: Random) -> Floats:
    """Soft noise from 0 to 1, (height, width), with spots about `cell` pixels wide."""
    seed = random.random((max(2, height // cell + 2), max(2, width // cell + 2)), dtype=np.float32)
    return np.asarray(cv2.resize(seed, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def rainy(picture: Picture, random: Random) -> Picture:
    """Streaks of rain, and drops on the glass that blur what is behind them."""
    height, width = picture.shape[:2]
    layer = np.zeros((height, width), np.uint8)
    slant = float(random.normal(0, 0.2))
    for _ in range(int(random.integers(20, 160) * height * width / 150_000) + 5):
        x, y = int(random.integers(0, width)), int(random.integers(0, height))
        long = int(random.integers(height // 60 + 2, height // 14 + 4))
        cv2.line(layer, (x, y), (round(x + slant * long), y + long), int(random.integers(15, 90)), 1, cv2.LINE_AA)
    wet = cv2.add(picture, cv2.merge((layer, layer, layer)))
    for _ in range(int(random.integers(0, 6))):
        x, y = int(random.integers(0, width)), int(random.integers(0, height))
        r = int(random.integers(3, max(4, height // 25) + 1))
        view = wet[max(0, y - r) : y + r, max(0, x - r) : x + r]
        if view.size:
            view[:] = cv2.GaussianBlur(view, (0, 0), 1.0 + r / 6)
    return np.asarray(wet, np.uint8)


def lamplight(picture: Picture, random: Random, places: list[tuple[float, float, float]]) -> Picture:
    """The glow of headlights at (x, y, radius), which spills over what is near."""
    height, width = picture.shape[:2]
    light = np.zeros((height // 4 + 1, width // 4 + 1), np.float32)
    for x, y, radius in places:
        cv2.circle(light, (round(x / 4), round(y / 4)), max(1, round(radius / 4)), 1.0, -1)
        light = np.maximum(light, 0.45 * cv2.GaussianBlur(light, (0, 0), max(1.0, radius / 4)))
    glow = cv2.resize(light, (width, height), interpolation=cv2.INTER_LINEAR)[..., None]
    strength = float(random.uniform(120, 300))
    return np.clip(picture + glow * strength, 0, 255).astype(np.uint8)


def dirty(plate: Picture, random: Random, most: float = 1.0) -> Picture:
    """Mud thrown up, a film of dust, chipped paint, scratches; `most` bounds how bad it gets."""
    picture = plate.astype(np.float32)
    height, width = plate.shape[:2]
    if random.random() < 0.45:
        strength = float(random.uniform(0.1, 0.8)) * most
        spots = cloud(height, width, int(random.integers(5, 40)), random)
        foot = np.linspace(float(random.uniform(0.3, 1.0)), 1.0, height, dtype=np.float32)[:, None]
        share = np.clip((spots * foot - (1.0 - strength * 0.7)) * 3.0, 0, 0.9)[..., None]
        picture += (np.array(random.integers(30, 150, 3), np.float32) - picture) * share
    if random.random() < 0.4:
        picture += (
            (np.array(random.integers(60, 200, 3), np.float32) - picture) * float(random.uniform(0.05, 0.4)) * most
        )
    if random.random() < 0.15:
        for _ in range(int(random.integers(1, 4))):
            ends = random.integers(0, (width, height), (2, 2))
            level = [float(random.uniform(30, 230))] * 3
            cv2.line(picture, ends[0].tolist(), ends[1].tolist(), level, int(random.integers(1, 3)), cv2.LINE_AA)
    return np.clip(picture, 0, 255).astype(np.uint8)


def shaded(plate: Picture, random: Random) -> Picture:
    """Uneven light: a slope, the edge of a shadow, bars of a shadow, a bright reflection."""
    height, width = plate.shape[:2]
    light = np.ones((height, width), np.float32)
    if random.random() < 0.5:
        ends = random.uniform(0.65, 1.3, 4).astype(np.float32).reshape(2, 2)
        light *= cv2.resize(ends, (width, height), interpolation=cv2.INTER_LINEAR)
    if random.random() < 0.3:
        mask = np.zeros((height, width), np.float32)
        turn, off = float(random.uniform(0, np.pi)), float(random.uniform(-0.5, 0.5))
        normal = np.array((np.cos(turn), np.sin(turn)))
        ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
        mask[(xs / width - 0.5) * normal[0] + (ys / height - 0.5) * normal[1] > off] = 1.0
        soft = float(random.uniform(0.5, 6))
        light *= 1 - cv2.GaussianBlur(mask, (0, 0), soft) * float(random.uniform(0.2, 0.7))
    picture = plate.astype(np.float32) * light[..., None]
    if random.random() < 0.2:
        glare = np.zeros((height, width), np.float32)
        centre = int(random.integers(0, width)), int(random.integers(0, height))
        radius = int(random.integers(height // 5, height))
        cv2.circle(glare, centre, radius, 1.0, -1)
        glare = cv2.GaussianBlur(glare, (0, 0), max(1.0, radius * float(random.uniform(0.3, 0.9))))
        picture += glare[..., None] * float(random.uniform(40, 200))
    return np.clip(picture, 0, 255).astype(np.uint8)


def blurred(picture: Picture, random: Random, pixel: float) -> Picture:
    """Defocus and motion; `pixel` is how many pixels a character is high: the blur is kept readable against it."""
    drawn = random.random()
    if drawn < 0.45:
        sigma = float(random.uniform(0.3, 0.062 * pixel + 0.35))
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)
    if drawn > 0.35 and drawn < 0.6:
        length = int(random.integers(2, max(3, round(0.28 * pixel)) + 1))
        turn = float(random.uniform(-40, 40)) if random.random() < 0.6 else float(random.uniform(0, 180))
        kernel = np.zeros((length * 2 + 1, length * 2 + 1), np.float32)
        step = np.array((np.cos(np.radians(turn)), np.sin(np.radians(turn)))) * length / 2
        middle = np.array((length, length))
        ends = np.round((middle - step) * 16).astype(int), np.round((middle + step) * 16).astype(int)
        cv2.line(kernel, ends[0].tolist(), ends[1].tolist(), 1.0, 1, cv2.LINE_AA, 4)
        picture = np.asarray(cv2.filter2D(picture, -1, kernel / max(1e-6, float(kernel.sum()))), np.uint8)
    return picture


NOISE_PX, NOISE_LEVEL = 1_024, 32.0


@lru_cache(maxsize=1)
def _noise() -> Picture:
    """(NOISE_PX, NOISE_PX, 3) of normal noise about 128; a window of it is another noise for every picture."""
    field = np.random.default_rng(7).normal(128, NOISE_LEVEL, (NOISE_PX, NOISE_PX, 3))
    return np.clip(field, 0, 255).astype(np.uint8)


def _colored(random: Random, infrared: bool) -> Floats:
    """The matrix of the colours: saturation and cast, or grey by some mixture of the channels."""
    if infrared:
        return np.tile(np.array(random.dirichlet((2, 2, 2)), np.float32), (3, 1))
    share = float(random.uniform(0.4, 1.6))
    matrix = np.full((3, 3), (1 - share) / 3, np.float32) + np.eye(3, dtype=np.float32) * share
    return np.asarray(matrix * random.normal(1.0, 0.09, (3, 1)), np.float32)


def _exposed(random: Random, severity: float) -> tuple[NDArray[np.uint8], bool]:
    """A table of 256 levels: exposure, contrast, night gamma, haze; and whether it is dark."""
    levels = np.arange(256, dtype=np.float32)
    drawn = random.random()
    if drawn < 0.25:
        levels = 255 * (levels / 255) ** float(random.uniform(1.2, 2.4)) * float(random.uniform(0.25, 0.9))
    elif drawn < 0.42:
        levels = levels * float(random.uniform(1.1, 2.0)) + float(random.uniform(0, 40))
    else:
        levels = levels * float(random.uniform(0.7, 1.25)) + float(random.normal(0, 14))
    if random.random() < 0.25:
        levels += (float(random.uniform(60, 200)) - levels) * float(random.uniform(0.1, 0.55)) * severity
    plain = np.arange(256, dtype=np.float32)
    levels = plain + (levels - plain) * (0.3 + 0.7 * severity)
    return np.clip(levels, 0, 255).astype(np.uint8), drawn < 0.25


def developed(picture: Picture, random: Random, infrared: bool, severity: float = 1.0) -> Picture:
    """The camera's side: exposure, contrast, colour cast, saturation, night gamma, sensor noise, sharpening, JPEG."""
    frame = cv2.transform(picture, _colored(random, infrared))
    table, dark = _exposed(random, severity)
    frame = cv2.LUT(frame, table)
    if random.random() < 0.7:
        level = severity * float(random.uniform(0.5, 14 if dark else 9)) / NOISE_LEVEL
        height, width = frame.shape[:2]
        top, left = (int(random.integers(0, max(1, NOISE_PX - side))) for side in (height, width))
        window = _noise()[top : top + height, left : left + width]
        if window.shape[:2] != frame.shape[:2]:
            window = cv2.resize(window, (width, height), interpolation=cv2.INTER_NEAREST)
        if infrared:
            window = cv2.cvtColor(window[..., 0], cv2.COLOR_GRAY2BGR)
        frame = cv2.addWeighted(frame, 1.0, window, level, -128.0 * level)
    image = np.asarray(frame, np.uint8)
    if random.random() < 0.2:
        soft = cv2.GaussianBlur(image, (0, 0), 1.2)
        image = np.asarray(cv2.addWeighted(image, 1.8, soft, -0.8, 0), np.uint8)
    if random.random() < 0.6:
        _done, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(25, 95))])
        image = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)
    return image
