"""Number plates: what a plate looks like, what a camera takes it for, and which other plate was probably meant.

Pure tables and the little code that runs them; no vehicle file, no site rule and no language text may be put here.
Kinds and patterns: GA 36-2018 and what came after it. Regions are rows of `REGIONS`; add one there, not code elsewhere.
"""

from controller.domain.plates.grammar import (
    REGIONS,
    Classified,
    Misread,
    Region,
    classify,
    looks_misread,
    mask_of,
    masks,
    normalise,
    region,
    warn_unknown_letter,
)
from controller.domain.plates.near import CONFUSIONS, Candidate, confused_with, near
from controller.domain.plates.shapes import PROVINCES, Shape

__all__ = [
    "CONFUSIONS",
    "PROVINCES",
    "REGIONS",
    "Candidate",
    "Classified",
    "Misread",
    "Region",
    "Shape",
    "classify",
    "confused_with",
    "looks_misread",
    "mask_of",
    "masks",
    "near",
    "normalise",
    "region",
    "warn_unknown_letter",
]
