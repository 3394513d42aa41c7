"""What a technician is told about a camera's picture: a table of checks, each with its limits and its sentences.

No file and no HTML may be put here. The limits were measured with the recogniser in use, on drawn scenes
(docs/recognition.md); a plate inside all of them was read right with every character far before the next.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from controller.booth.aiming import PlateSeen, ViewSeen

LEAST_WIDTH_PX, SAFE_WIDTH_PX = 70, 80
LEAST_SHARPNESS, SAFE_SHARPNESS = 12.0, 17.0
LEAST_MARGIN, SAFE_MARGIN = 300, 800
MOST_TILT_DEG, SAFE_TILT_DEG = 25.0, 10.0
DARK, BRIGHT = 25, 165
BURNT = 500
EDGE_PX = 6
LEAST_RATE = 4.0
LATE_MS = 2_000

GOOD, ASK, BAD = "good", "ask", "bad"
RANK = {GOOD: 0, ASK: 1, BAD: 2}
ICON = {GOOD: "check", ASK: "ask", BAD: "stop"}
Values = dict[str, object]


@dataclass(frozen=True, slots=True)
class Advice:
    """One line: how good it is, what was checked, and the sentence's key with what is filled into it."""

    level: str
    check: str
    key: str
    values: Values = field(default_factory=dict)

    @property
    def icon(self) -> str:
        """The symbol that says the level without a colour."""
        return ICON[self.level]


def _width(_view: ViewSeen, plate: PlateSeen) -> Advice:
    values: Values = {"px": plate.width_px, "least": SAFE_WIDTH_PX}
    if plate.width_px < SAFE_WIDTH_PX:
        return Advice(BAD if plate.width_px < LEAST_WIDTH_PX else ASK, "size", "aim.small", values)
    return Advice(GOOD, "size", "aim.large", values)


def _sharpness(_view: ViewSeen, plate: PlateSeen) -> Advice:
    values: Values = {"n": int(plate.sharpness), "least": round(SAFE_SHARPNESS)}
    if plate.sharpness < SAFE_SHARPNESS:
        return Advice(BAD if plate.sharpness < LEAST_SHARPNESS else ASK, "focus", "aim.blurred", values)
    return Advice(GOOD, "focus", "aim.sharp", values)


def _tilt(_view: ViewSeen, plate: PlateSeen) -> Advice:
    degrees = abs(round(plate.tilt_deg))
    if degrees <= SAFE_TILT_DEG:
        return Advice(GOOD, "tilt", "aim.level", {"n": degrees, "most": round(SAFE_TILT_DEG)})
    falls = "aim.tilted_right" if plate.tilt_deg > 0 else "aim.tilted_left"
    return Advice(BAD if degrees > MOST_TILT_DEG else ASK, "tilt", falls, {"n": degrees, "most": round(SAFE_TILT_DEG)})


def _light(view: ViewSeen, plate: PlateSeen | None) -> Advice:
    if plate is not None and plate.burnt > BURNT:
        return Advice(ASK, "light", "aim.burnt")
    brightness = view.brightness if plate is None else plate.brightness
    if brightness < DARK:
        return Advice(ASK, "light", "aim.dark", {"n": brightness, "least": DARK})
    if view.brightness > BRIGHT:
        return Advice(ASK, "light", "aim.bright", {"n": view.brightness, "most": BRIGHT})
    return Advice(GOOD, "light", "aim.lit", {"n": brightness})


def _place(view: ViewSeen, plate: PlateSeen) -> Advice:
    x0, y0, x1, y1 = region_px(view)
    xs, ys = [x for x, _y in plate.corners], [y for _x, y in plate.corners]
    at_edge = min(xs) < x0 + EDGE_PX or max(xs) > x1 - EDGE_PX or min(ys) < y0 + EDGE_PX or max(ys) > y1 - EDGE_PX
    return Advice(ASK, "place", "aim.at_edge") if at_edge else Advice(GOOD, "place", "aim.inside")


def _reading(_view: ViewSeen, plate: PlateSeen) -> Advice:
    level = plate_level(plate)
    values: Values = {"char": plate.weakest.char if plate.weakest else "?", "n": plate.margin}
    return Advice(level, "reading", "aim.sure" if level == GOOD else "aim.doubtful", values)


PLATE_CHECKS: tuple[Callable[[ViewSeen, PlateSeen], Advice], ...] = (
    _width,
    _sharpness,
    _tilt,
    _light,
    _place,
    _reading,
)


def advice(view: ViewSeen, age_ms: int) -> list[Advice]:
    """Every check in its fixed place, so that the eye finds what has changed."""
    of_stream = [_flow(view, age_ms), *_substream(view)]
    if view.read_ms is None:
        return [_light(view, None), *of_stream]
    if not view.plates:
        return [Advice(ASK, "place", "aim.none"), _light(view, None), *of_stream]
    return [*(check(view, view.plates[0]) for check in PLATE_CHECKS), *of_stream]


def worst(lines: list[Advice]) -> str:
    """The level of the whole."""
    return max((line.level for line in lines), key=RANK.__getitem__, default=GOOD)


def margin_level(margin: int) -> str:
    """How sure a character is."""
    return BAD if margin < LEAST_MARGIN else ASK if margin < SAFE_MARGIN else GOOD


def plate_level(plate: PlateSeen) -> str:
    """How sure a reading is, as the colour of its outline."""
    return margin_level(plate.margin)


def region_px(view: ViewSeen) -> tuple[int, int, int, int]:
    """The region in pixels of the picture."""
    x0, y0, x1, y1 = view.region
    return view.width * x0 // 1000, view.height * y0 // 1000, view.width * x1 // 1000, view.height * y1 // 1000


def _substream(view: ViewSeen) -> list[Advice]:
    """Where the camera has one, and motion is watched for in it."""
    if view.substream is None:
        return []
    if view.substream:
        return [Advice(ASK, "substream", "aim.substream_bad", {"why": view.substream})]
    return [Advice(GOOD, "substream", "aim.substream_good")]


def _flow(view: ViewSeen, age_ms: int) -> Advice:
    if age_ms > LATE_MS:
        return Advice(ASK, "flow", "aim.late", {"s": f"{age_ms / 1000:.1f}"})
    if 0 < view.rate < LEAST_RATE:
        return Advice(ASK, "flow", "aim.slow", {"n": f"{view.rate:.1f}", "least": round(LEAST_RATE)})
    return Advice(GOOD, "flow", "aim.flows", {"n": f"{view.rate:.1f}"})
