"""Chinese characters whose die (GA 36) is built unlike any font's, as lines of our own. No letters and no digits."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from training.draw.fonts import CELL_HEIGHT

Random = np.random.Generator
Lines = tuple[tuple[tuple[float, float], ...], ...]

LINES: dict[str, Lines] = {
    # the roof is a pitched one under an upright dot; the left part is narrow, begins lower and ends higher
    "皖": (
        ((0.20, 0.08), (0.10, 0.20)),
        ((0.02, 0.20), (0.29, 0.20), (0.29, 0.85), (0.02, 0.85), (0.02, 0.20)),
        ((0.02, 0.52), (0.29, 0.52)),
        ((0.68, 0.0), (0.68, 0.09)),
        ((0.38, 0.32), (0.38, 0.23), (0.68, 0.09), (0.98, 0.23), (0.98, 0.32)),
        ((0.54, 0.33), (0.84, 0.33)),
        ((0.42, 0.47), (0.96, 0.47)),
        ((0.57, 0.47), (0.57, 0.78), (0.53, 0.90), (0.38, 1.0)),
        ((0.80, 0.47), (0.80, 0.93), (0.84, 1.0), (1.0, 1.0), (1.0, 0.88)),
    ),
}
"""x and y from 0 to 1 within the character's ink, y growing downward."""
SPREAD = 0.012
"""By how much each corner of the lines differs from plate to plate."""


def lines_of(char: str, random: Random) -> NDArray[np.float32] | None:
    """Points (n, 2) along the lines, as `fonts.bones` gives them; None for a character that fonts have right."""
    lines = LINES.get(char)
    if lines is None:
        return None
    points = []
    for line in lines:
        corners = np.array(line, np.float32) + random.normal(0, SPREAD, (len(line), 2)).astype(np.float32)
        for start, end in pairwise(corners):
            steps = max(2, round(float(np.abs(end - start).max()) * CELL_HEIGHT))
            points.append(start + (end - start) * np.linspace(0, 1, steps, dtype=np.float32)[:, None])
    found = np.concatenate(points)
    low, high = found.min(axis=0), found.max(axis=0)
    return np.asarray((found - low) / (high - low), np.float32)
