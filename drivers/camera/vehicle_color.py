"""The colour of the vehicle that carries a plate, from the body above and beside it. Arrays in, values out.

A suggestion for the register only: it knows no policy, and no lane may be opened or kept shut by it.

Paint lies on smooth surfaces, while grilles, lamps and gaps are all edges: smooth samples count for more. What is not
paint (glass, rubber, ground, shadow) is grey or dark: one hue is the paint also where it covers the smaller part, and
so is a light grey beside dark parts.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from drivers.camera.quad import spans
from drivers.camera.recogniser import Picture

Array = NDArray[np.float32]
COLORS = ("white", "silver", "grey", "black", "red", "blue", "brown", "green", "yellow")
UNKNOWN = ("", 0)

SAMPLES = 24
"""To the width of the plate. All that follows about the window is in widths of the plate, from its middle."""
LEFT, RIGHT, ABOVE, BELOW = -1.7, 1.7, -1.7, 0.25
"""A car is about four plates wide; below the bumper lies the road."""
SPREAD = 0.95
"""How fast a sample counts for less to the side."""
GLASS, LEAST_HIGH = -0.8, 0.35
"""From there upward a sample counts for less, down to the second at the window's top: there the windscreen may be."""
FRAME = 0.08
"""What the plate and its frame cover beyond its corners."""
LEAST_WIDTH_PX, LEAST_AREA = 12.0, 0.05
"""Of a plate; the area against the square of the width."""
LEAST_IN_VIEW = 0.45
EDGE = 14.0
"""The step of lightness from sample to sample at which one counts half."""
WHITE = 235.0
"""What the whitest is brought to, so that dusk and day compare."""
LEAST_WHITE, LEAST_MIDDLE = 70.0, 44.0
"""Brightness of what is white, and of the picture's middle; under these it is night, and paint shows no colour."""
PLATE_WHITE = 1.35
"""How much brighter white is than the brightest of a plate of few pixels, whose characters run into the ground."""
LEAST_CHROMA = 5.0
"""Lab chroma of plate and window together; under it the picture is a grey one by infrared light."""
NEUTRAL_CHROMA, NEUTRAL_SHARE, MOST_CAST = 15.0, 0.2, 9.0
EVEN_CAST = 3.0
"""Spread of the neutrals' a and b within which they show the light's colour, and not that of leaves or sky."""
NO_CHROMA, FULL_CHROMA = 6.0, 18.0
"""A sample's share in its hue grows from the first to the second."""
SKY, SKY_CHROMA = (238, 310), 1.5
"""The hues that glass, chrome and black paint reflect: there so many times the chroma is asked for."""
SAME_HUE = 26
"""Degrees to either side of the commonest hue that are the same paint."""
PAINT_SHARE = 0.22
"""Of the window: more of one hue than lamps, badges and reflections make up."""
PALE_CHROMA, PALE_LIGHTNESS, BROWN_CHROMA = 26.0, 58.0, 45.0
"""A pale beige passes for a metallic grey; a yellow or orange that is dark and dull is brown."""
DARK_SHARE = 0.6
"""Of the window: with so much in the dark the vehicle is black; what is lighter are lamps and reflections."""
EVEN_SHARE, MOSTLY_DARK = 0.16, 0.69
"""Unless so much is of one and the same lighter grey: a pale bumper under a large dark grille. A middling grey beside
still more that is dark is the ground."""
DARK, GREY, SILVER = 0.29, 0.47, 0.8
"""Brightness against white: up to the first it is black, then grey, then silver, then white."""
LEAST_EMPHASIS = 0.3
"""What a dark sample counts among the greys, where a white one counts 1.3: glass and gaps are dark, lamps are small."""
LIGHT, LIGHT_RIVAL, LIGHT_RIVAL_OF_PALE = 0.5, 2.0, 3.0
"""A light grey that covers so many times what a hue does is the paint, and the hue is that of lamps, leaves or a
neighbour; a pale hue is none of these."""
PALE = 65.0
LEAST_CONFIDENCE = 300
"""A guess that is no better suggests nothing."""
MODE = 0.06
"""Spread with which the brightnesses are smoothed to find the commonest."""
HUES: tuple[tuple[str, float, float], ...] = (
    ("red", -30.0, 46.0),
    ("yellow", 46.0, 108.0),
    ("green", 108.0, 222.0),
    ("blue", 222.0, 312.0),
    ("", 312.0, 330.0),
)
"""Degrees of hue in Lab; orange goes with yellow, and purple is none of the nine."""


@dataclass(frozen=True, slots=True)
class _Window:
    """Samples about a plate: BGR as float, how much each counts (0 on the plate and outside the picture)."""

    samples: Array
    weights: Array
    plate: Array
    in_view: float


@dataclass(frozen=True, slots=True)
class _Light:
    """What is white and black in the picture (0-255); the cast of what should be grey, a and b for a lightness of 1."""

    white: float
    black: float
    cast: Array


def vehicle_color(picture: Picture, corners: NDArray[np.floating]) -> tuple[str, int]:
    """One of `COLORS` with a confidence (0-1000), or ("", 0) where it cannot be known.

    `corners`: (4, 2) pixels of the plate, clockwise from its top left. It cannot be known by night, on an infrared
    picture, with too little of the body in view, and with corners that are no plate's.
    """
    window = _window(picture, np.asarray(corners, np.float32))
    if window is None or window.in_view < LEAST_IN_VIEW:
        return UNKNOWN
    light = _light(picture, window)
    if light is None:
        return UNKNOWN
    lab = _lab(window.samples * (WHITE / light.white))
    lab[..., 1:] -= light.cast * lab[..., :1]
    brightness = np.clip((window.samples.max(axis=-1) - light.black) / (light.white - light.black), 0.0, 1.0)
    weights = window.weights / (1.0 + (_steps(lab[..., 0]) / EDGE) ** 2)
    kept = weights > 0
    weights = weights[kept] / weights[kept].sum()
    name, confidence = _hue(lab[kept], brightness[kept], weights) or _grey(brightness[kept], weights)
    return (name, confidence) if confidence >= LEAST_CONFIDENCE else UNKNOWN


def _hue(lab: Array, brightness: Array, weights: Array) -> tuple[str, int] | None:
    """The name of the commonest hue; None where too little has one, or it is as pale as a metallic grey."""
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    hues = np.degrees(np.arctan2(lab[:, 2], lab[:, 1])).astype(int) % 360
    asked = np.where((hues >= SKY[0]) & (hues <= SKY[1]), SKY_CHROMA, 1.0)
    shares = weights * np.clip((chroma / asked - NO_CHROMA) / (FULL_CHROMA - NO_CHROMA), 0.0, 1.0)
    counts = np.bincount(hues, shares, 360)
    wrapped = np.concatenate((counts[-SAME_HUE:], counts, counts[:SAME_HUE]))
    near = np.convolve(wrapped, np.ones(2 * SAME_HUE + 1), "valid")
    share = float(near.max())
    light = float(weights[(chroma < FULL_CHROMA / 2) & (brightness > LIGHT)].sum())
    if share < PAINT_SHARE:
        return None
    apart = np.abs((hues - int(near.argmax()) + 180) % 360 - 180)
    same = apart <= SAME_HUE
    a, b = (float(np.average(lab[same, axis], weights=shares[same])) for axis in (1, 2))
    lightness = float(np.average(lab[same, 0], weights=shares[same]))
    if light > (LIGHT_RIVAL_OF_PALE if lightness > PALE else LIGHT_RIVAL) * share:
        return None
    name = _name_of(a, b, lightness)
    if name is None:
        return None
    return (name, _confidence(share - (float(shares.sum()) - share), 0.1, 0.65)) if name else UNKNOWN


def _name_of(a: float, b: float, lightness: float) -> str | None:
    """What a hue is called; "" for one that is none of the nine, None for a metallic grey."""
    degrees, chroma = (float(np.degrees(np.arctan2(b, a))) + 30.0) % 360.0 - 30.0, float(np.hypot(a, b))
    name = next(name for name, low, high in HUES if low <= degrees < high)
    if name != "yellow":
        return name
    if lightness < PALE_LIGHTNESS and chroma < BROWN_CHROMA:
        return "brown"
    return "yellow" if chroma >= PALE_CHROMA else None


def _grey(brightness: Array, weights: Array) -> tuple[str, int]:
    """White, silver, grey or black. Beside dark parts the lighter ones are the paint."""
    dark = float(weights[brightness < DARK].sum())
    lit = brightness >= DARK
    steps = np.arange(0.0, 1.001, 0.02)
    counts = np.exp(-0.5 * ((steps[:, None] - brightness[lit][None, :]) / MODE) ** 2) @ weights[lit]
    middle = float(steps[int((counts * (LEAST_EMPHASIS + steps)).argmax())])
    near = float(weights[lit & (np.abs(brightness - middle) < MODE)].sum())
    if dark >= DARK_SHARE and (near < EVEN_SHARE or (middle < GREY and dark >= MOSTLY_DARK)):
        return "black", _confidence(dark, DARK_SHARE - 0.25, 0.95)
    name = "grey" if middle < GREY else "silver" if middle < SILVER else "white"
    return name, _confidence(near, 0.1, 0.6)


def _confidence(share: float, least: float, most: float) -> int:
    return round(1000 * min(1.0, max(0.0, (share - least) / (most - least))))


def _window(picture: Picture, quad: Array) -> _Window | None:
    """The window about the plate, laid straight along it; None for corners that are no plate's."""
    if quad.shape != (4, 2) or not np.isfinite(quad).all() or np.abs(quad).max() > 1e5 or min(picture.shape[:2]) < 2:
        return None
    right, down = spans(quad)
    width, height = float(np.linalg.norm(right)), float(np.linalg.norm(down))
    if width < LEAST_WIDTH_PX or float(right[0] * down[1] - right[1] * down[0]) < LEAST_AREA * width * width:
        return None
    across = np.arange(LEFT, RIGHT, 1 / SAMPLES, dtype=np.float32)[None, :]
    along = np.arange(ABOVE, BELOW, 1 / SAMPLES, dtype=np.float32)[:, None]
    places = quad.mean(axis=0) + across[..., None] * right + along[..., None] * (down * (width / height))
    samples, seen = _sampled(picture, places.astype(np.float32), width / SAMPLES)
    plate = (np.abs(across) < 0.5) & (np.abs(along) < height / width / 2)
    covered = (np.abs(across) < 0.5 + FRAME) & (np.abs(along) < height / width / 2 + FRAME)
    high = np.interp(along, (ABOVE, GLASS), (LEAST_HIGH, 1.0))
    weights = np.exp(-0.5 * (across / SPREAD) ** 2) * high * ~covered
    in_view = float((weights * seen).sum() / weights.sum())
    return _Window(samples, np.asarray(weights * seen, np.float32), samples[plate & seen], in_view)


def _sampled(picture: Picture, places: Array, pixels: float) -> tuple[Array, NDArray[np.bool_]]:
    """The picture at these places, each the mean of about so many pixels to a side, and which places lie in it."""
    height, width = picture.shape[:2]
    seen = (places >= 0).all(axis=-1) & (places[..., 0] < width) & (places[..., 1] < height)
    (x0, y0), (x1, y1) = places.min(axis=(0, 1)), places.max(axis=(0, 1))
    x0, y0 = int(np.clip(x0, 0, width - 2)), int(np.clip(y0, 0, height - 2))
    x1, y1 = int(np.clip(x1 + 1, x0 + 2, width)), int(np.clip(y1 + 1, y0 + 2, height))
    view = picture[y0:y1, x0:x1]
    share = min(1.0, 1.0 / pixels)
    size = max(1, round((x1 - x0) * share)), max(1, round((y1 - y0) * share))
    view = np.asarray(cv2.resize(view, size, interpolation=cv2.INTER_AREA), np.uint8)
    scale = np.array((size[0] / (x1 - x0), size[1] / (y1 - y0)), np.float32)
    at = (places - np.array((x0, y0), np.float32)) * scale - 0.5
    found = cv2.remap(view, at.astype(np.float32), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return found.astype(np.float32), seen


def _light(picture: Picture, window: _Window) -> _Light | None:
    """None by night and on a picture without colour.

    What is white is taken from the plate (its characters or its ground), unless nothing else in the picture is as
    bright: a plate throws light back.
    """
    step = max(1, min(picture.shape[:2]) // 140)
    whole = picture[::step, ::step].reshape(-1, 3).astype(np.float32)
    black, middle, white = (float(value) for value in np.percentile(whole.max(axis=-1), (1, 60, 98)))
    if not len(window.plate) or middle < LEAST_MIDDLE:
        return None
    white = min(white, PLATE_WHITE * float(np.percentile(window.plate.max(axis=-1), 95)))
    black = min(black, 0.3 * white)
    if white < LEAST_WHITE:
        return None
    near = _lab(np.concatenate((window.samples[window.weights > 0], window.plate)) * (WHITE / white))
    if float(np.percentile(np.hypot(near[:, 1], near[:, 2]), 95)) < LEAST_CHROMA:
        return None
    return _Light(white, black, _cast(_lab(whole * (WHITE / white))))


def _cast(lab: Array) -> Array:
    """The colour of the light from what is nearly grey, as far as that agrees with itself."""
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    neutral = (chroma < NEUTRAL_CHROMA) & (lab[:, 0] > 20) & (lab[:, 0] < 95)
    if neutral.mean() < NEUTRAL_SHARE:
        return np.zeros(2, np.float32)
    tints = lab[neutral, 1:] / lab[neutral, :1] * 60.0
    cast = np.median(tints, axis=0)
    spread = float(np.median(np.hypot(*(tints - cast).T)))
    trust = min(1.0, EVEN_CAST / max(1e-6, spread)) ** 2 * min(1.0, MOST_CAST / max(1e-6, float(np.hypot(*cast))))
    return np.asarray(cast * trust / 60.0, np.float32)


def _lab(bgr: Array) -> Array:
    flat = np.clip(bgr / 255.0, 0.0, 1.0).astype(np.float32)
    shape = flat.shape
    return np.asarray(cv2.cvtColor(flat.reshape(-1, 1, 3), cv2.COLOR_BGR2LAB), np.float32).reshape(shape)


def _steps(lightness: Array) -> Array:
    """How much the lightness changes from a sample to its neighbours."""
    across, along = (
        cv2.Sobel(lightness, cv2.CV_32F, 1, 0, scale=0.25),
        cv2.Sobel(lightness, cv2.CV_32F, 0, 1, scale=0.25),
    )
    return np.hypot(across, along)
