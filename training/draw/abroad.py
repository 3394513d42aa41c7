"""Draws plates of the European Union, Brazil and the United States face-on. No perspective and no camera here."""

import cv2
import numpy as np

from simulator.scene.plate_styles import Bgr
from training.draw.die import MM, Die, Ink, Picture, Random, jittered, lay
from training.draw.strokes import stroke_glyph

AMERICAN_MM = (305.0, 152.0)
MOST_BESIDE_MARK = 7
"""A number of fewer characters leaves room for a mark beside it."""
STACK_MM = 24.0


def _row(
    picture: Picture, text: str, die: Die, box: tuple[float, float, float, float], ink: Ink,
    random: Random, gaps: tuple[int, ...] = (), gap_mm: float = 18.0, fill: bool = False,
    most_pitch: float | None = None,
) -> list[float]:  # fmt: skip
    """Characters in one row within a box of left, top, width, height in mm; gives where the wide gaps stand."""
    left, top, wide, tall = box
    pitch = (wide - gap_mm * len(gaps)) / len(text)
    pitch = min(pitch, most_pitch or tall * random.uniform(0.62, 0.82))
    total = pitch * len(text) + gap_mm * len(gaps)
    at = left + (wide - total) / 2
    places = []
    for number, char in enumerate(text):
        if number in gaps:
            places.append(at + gap_mm / 2)
            at += gap_mm
        shape = die.glyph(char, round(pitch * 0.86 * MM), round(tall * MM), fill=fill)
        lay(picture, shape, round((at + pitch * 0.07) * MM), round(top * MM), ink, die.relief)
        at += pitch
    return places


def european(text: str, die: Die, random: Random) -> Picture:
    """A plate of the European Union, most with the blue band, white or yellow."""
    tall = float(random.choice((112, 112, 110, 120)))
    width, height = round(520 * MM), round(tall * MM)
    yellow = random.random() < 0.2
    ground = jittered((30, 200, 245) if yellow else (238, 240, 240), random, 0.5)
    picture = np.full((height, width, 3), ground, np.uint8)
    band = round(random.uniform(38, 50) * MM) if random.random() < 0.85 else 0
    if band:
        picture[:, :band] = jittered((150, 50, 10), random)
        cv2.circle(
            picture, (band // 2, height // 3), max(2, band // 4), (30, 200, 240), max(1, band // 16), cv2.LINE_AA
        )
        cv2.putText(picture, str(random.choice(("D", "F", "SK", "CZ", "PL", "GB"))), (band // 5, round(height * 0.85)),
                    cv2.FONT_HERSHEY_SIMPLEX, 0.5, (240, 240, 240), 1, cv2.LINE_AA)  # fmt: skip
    if random.random() < 0.15:
        picture[:, -(band or 30) :] = jittered((150, 50, 10), random)
    ink = float(random.uniform(5, 45))
    if random.random() < 0.7:
        cv2.rectangle(picture, (2, 2), (width - 3, height - 3), (ink,) * 3, max(1, round(3 * MM)), cv2.LINE_AA)
    gaps = tuple(sorted(set(random.integers(1, len(text), int(random.integers(0, 3))).tolist())))
    places = _row(picture, text, die, (band / MM + 8, 16, 504 - band / MM, tall - 32), (ink,) * 3, random, gaps,
                  float(random.uniform(14, 50)))  # fmt: skip
    for at in places:
        _between(picture, at, tall / 2, ink, random)
    return picture


def _between(picture: Picture, at_mm: float, middle_mm: float, ink: float, random: Random) -> None:
    """What stands in a wide gap: nothing, a stroke, or seals."""
    x, y = round(at_mm * MM), round(middle_mm * MM)
    drawn = random.random()
    if drawn < 0.25:
        cv2.rectangle(picture, (x - 5, y - 2), (x + 5, y + 2), (ink,) * 3, -1)
    elif drawn < 0.5:
        for off in (-14, 14):
            color = [float(each) for each in random.integers(30, 230, 3)]
            cv2.circle(picture, (x, y + off), 9, color, -1, cv2.LINE_AA)


def _emblem(picture: Picture, x_mm: float, y_mm: float, random: Random) -> None:
    """A dot, a seal, or the shape of a state in the middle of the text."""
    color = [float(each) for each in random.integers(20, 200, 3)]
    middle, size = np.array((x_mm, y_mm)) * MM, float(random.uniform(3, 12)) * MM
    if random.random() < 0.5:
        cv2.circle(picture, (round(middle[0]), round(middle[1])), round(size), color, -1)
    else:
        points = middle + random.normal(0, 0.7 * size, (7, 2))
        cv2.fillPoly(picture, [np.round(points).astype(np.int32)], color, cv2.LINE_AA)


def brazilian(text: str, die: Die, random: Random) -> Picture:
    """A plate of Brazil: the grey ones, the red ones of taxis and buses, and the Mercosul plate."""
    width, height = round(400 * MM), round(130 * MM)
    if text[4].isalpha() or random.random() < 0.15:
        picture = np.full((height, width, 3), jittered((236, 238, 238), random, 0.4), np.uint8)
        picture[: round(30 * MM)] = jittered((150, 60, 10), random)
        cv2.putText(picture, "BRASIL", (width // 2 - 26, round(22 * MM)), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (240,) * 3, 1,
                    cv2.LINE_AA)  # fmt: skip
        _row(picture, text, die, (20, 40, 365, 78), (25,) * 3, random)
        return picture
    grounds: list[Bgr] = [(178, 178, 176), (178, 178, 176), (200, 200, 198), (40, 40, 180), (235, 235, 235)]
    base = grounds[int(random.integers(len(grounds)))]
    picture = np.full((height, width, 3), jittered(base, random, 0.5), np.uint8)
    ink = (235.0,) * 3 if base == (40, 40, 180) else (float(random.uniform(10, 60)),) * 3
    cv2.rectangle(picture, (2, 2), (width - 3, height - 3), ink, 1, cv2.LINE_AA)
    _small_words(picture, 0.5, 0.17, ink, random, 0.42)
    places = _row(picture, text, die, (14, 46, 372, 70), ink, random, (3,), float(random.uniform(16, 34)))
    cv2.circle(picture, (round(places[0] * MM), round(82 * MM)), max(2, round(4 * MM)), ink, -1, cv2.LINE_AA)
    return picture


def american(text: str, die: Die, random: Random) -> Picture:
    """A plate of one of the United States, with what else stands on it: marks, stickers, a dealer's frame."""
    picture, ink = _american_ground(random)
    gaps = (len(text) // 2,) if random.random() < 0.6 else ()
    left, right = 10.0, AMERICAN_MM[0] - 10.0
    foot, tall = float(random.uniform(106, 120)), float(random.uniform(62, 84))
    if len(text) < MOST_BESIDE_MARK and random.random() < 0.4:  # what is no character of the number stands beside it
        left += mark_beside(picture, left, foot - tall, tall, ink, random)
    if len(text) < MOST_BESIDE_MARK and random.random() < 0.12:
        right -= _stacked(picture, right - STACK_MM, foot - tall, tall, ink, random)
    # dies of most states are narrow; a plate of few characters does not spread them
    narrow = random.random() < 0.6
    pitch = tall * float(random.uniform(0.50, 0.60) if narrow else random.uniform(0.58, 0.82))
    places = _row(picture, text, die, (left, foot - tall, right - left, tall), ink, random, gaps,
                  float(random.uniform(6, 32)), fill=narrow, most_pitch=pitch)  # fmt: skip
    if places and random.random() < 0.6:
        _emblem(picture, places[0], foot - tall / 2, random)
    _hung_up(picture, random)
    if random.random() < 0.35:
        _holder(picture, foot - tall, foot, random)
    return picture


def _american_ground(random: Random) -> tuple[Picture, Ink]:
    """The ground with a state's colours, picture and words, and the ink of the number."""
    width, height = round(AMERICAN_MM[0] * MM), round(AMERICAN_MM[1] * MM)
    top, foot = (np.array(jittered((230, 225, 220), random, 1.0)) for _ in range(2))
    if random.random() < 0.15:
        top = foot = np.full(3, random.uniform(120, 210))
    elif random.random() < 0.35:
        top = np.array([float(each) for each in random.integers(90, 250, 3)])
    share = np.linspace(0, 1, height, dtype=np.float32)[:, None, None] ** float(random.uniform(0.4, 2.0))
    picture = np.repeat((top * (1 - share) + foot * share).astype(np.uint8), width, axis=1)
    if random.random() < 0.5:  # a landscape, a seal, a shape of a state behind the characters
        for _ in range(int(random.integers(1, 5))):
            points = np.stack((random.integers(0, width, 5), random.integers(0, height, 5)), axis=1).astype(np.int32)
            color = [float(each) for each in np.clip(foot + random.normal(0, 30, 3), 0, 255)]
            cv2.fillPoly(picture, [points], color, cv2.LINE_AA)
    blue, green, red = random.choice(((40, 30, 25), (120, 50, 20), (30, 30, 140), (40, 80, 30)))
    ink = (float(blue), float(green), float(red))
    _small_words(picture, 0.5, 0.16, ink if random.random() < 0.5 else (30, 40, 170), random, 0.6)
    if random.random() < 0.6:
        _small_words(picture, 0.5, 0.95, ink, random, 0.35)
    return picture, ink


def _hung_up(picture: Picture, random: Random) -> None:
    """Bolts at the upper edge, and the stickers of month and year."""
    width = picture.shape[1]
    for x in (0.22, 0.78):
        if random.random() < 0.6:
            cv2.circle(picture, (round(width * x), 6), 4, (90,) * 3, -1, cv2.LINE_AA)
    if random.random() < 0.5:
        for at in (4, width - 30):
            color = [float(each) for each in random.integers(20, 230, 3)]
            cv2.rectangle(picture, (at, 4), (at + 26, 22), color, -1)


def mark_beside(picture: Picture, left_mm: float, top_mm: float, tall_mm: float, ink: Ink, random: Random) -> float:
    """A sign before the number: a figure on a blue square, small letters one over the other, a shape. Gives its width
    in mm."""
    if random.random() < 0.3:
        return _stacked(picture, left_mm, top_mm, tall_mm, ink, random)
    side = float(random.uniform(26, 52))
    x, y, size = (
        round(left_mm * MM),
        round((top_mm + (tall_mm - side) * random.uniform(0.2, 0.9)) * MM),
        round(side * MM),
    )
    pale = (240.0, 240.0, 240.0)
    if random.random() < 0.4:
        cv2.rectangle(picture, (x, y), (x + size, y + size), jittered((170, 80, 20), random), -1)
        middle = (round(x + 0.5 * size), round(y + 0.64 * size))
        thick = max(1, size // 12)
        cv2.ellipse(picture, middle, (round(0.26 * size),) * 2, 0, -30, 230, pale, thick, cv2.LINE_AA)
        body = np.array(((0.42, 0.12), (0.45, 0.55), (0.68, 0.57), (0.8, 0.86)), np.float32) * size + (x, y)
        cv2.polylines(picture, [np.round(body).astype(np.int32)], False, pale, thick, cv2.LINE_AA)
        return side + 4
    color = ink if random.random() < 0.4 else tuple(float(each) for each in random.integers(20, 220, 3))
    for _ in range(int(random.integers(1, 4))):  # a tree, a horse, a cactus: nothing that is a character
        points = np.array((x, y), np.float32) + np.clip(random.normal(0.5, 0.28, (9, 2)), 0, 1) * size
        if random.random() < 0.4:
            points = points[np.argsort(points[:, 1])]
        cv2.fillPoly(picture, [np.round(points).astype(np.int32)], color, cv2.LINE_AA)
    return side + 4


def _stacked(picture: Picture, left_mm: float, top_mm: float, tall_mm: float, ink: Ink, random: Random) -> float:
    """Two or three small letters or digits one over the other, which belong to no number; gives their width in mm."""
    count = int(random.integers(2, 4))
    step = tall_mm / count
    for number in range(count):
        char = "DPVETXHCAMYRB0123456789"[int(random.integers(23))]
        shape = stroke_glyph(char, 0.22, random)
        tall, wide = max(4, round(step * 0.82 * MM)), max(3, round(min(20.0, step * 0.55) * MM))
        shape = np.asarray(cv2.resize(shape, (wide, tall), interpolation=cv2.INTER_AREA), np.uint8)
        lay(picture, shape, round((left_mm + 2) * MM), round((top_mm + number * step) * MM), ink)
    return STACK_MM


def _holder(picture: Picture, top_mm: float, foot_mm: float, random: Random) -> None:
    """A dealer's frame over the edges, with his name above and below, as near to the characters as frames come."""
    height, width = picture.shape[:2]
    grey = float(random.choice((20, 30, 190, 235)))
    upper = round(min(top_mm - 2, random.uniform(12, 36)) * MM)
    lower = round(max(foot_mm + 1, random.uniform(118, 146)) * MM)
    side = max(1, round(float(random.uniform(2, 8)) * MM))
    words = (240.0,) * 3 if grey < 120 else (40.0,) * 3
    picture[: max(1, upper)], picture[lower:] = grey, grey
    picture[:, :side], picture[:, width - side :] = grey, grey
    for at in (0.4 * upper / height, (lower / height + 1.0) / 2):
        if random.random() < 0.7:
            _small_words(picture, 0.5, at, words, random, float(random.uniform(0.4, 0.75)))


PLACES = ("TEXAS", "New York", "FLORIDA", "Ohio", "ILLINOIS", "RJ - RIO DE JANEIRO", "SP - SAO PAULO", "GEORGIA",
          "California", "PR - CURITIBA", "sunshine state", "The Empire State", "VIRGINIA", "garden state",
          "MISSOURI", "Washington", "Illinois", "ARIZONA", "South Carolina", "New Jersey", "VEHICLE MFR", "COLLECTOR",
          "Kentucky", "COLORADO", "ACME MOTORS", "DEALER SALES", "Live Free or Die", "Land of Lincoln",
          "INDIANA")  # fmt: skip


def _small_words(picture: Picture, x: float, y: float, ink: Ink, random: Random, size: float) -> None:
    """A line of small words about a point given in shares of the plate; its letters matter to nobody."""
    words = PLACES[int(random.integers(len(PLACES)))]
    face = int(random.choice((cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX)))
    (wide, tall), _base = cv2.getTextSize(words, face, size, 1)
    height, width = picture.shape[:2]
    at = round(width * x - wide / 2), min(height - 2, round(height * y + tall / 2))
    cv2.putText(picture, words, at, face, size, ink, int(random.integers(1, 3)), cv2.LINE_AA)
