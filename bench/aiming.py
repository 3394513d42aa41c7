"""From which width, blur, tilt and light on plates are read: what the advice for aiming a camera stands on.

Simulated vehicles with blue plates before one camera, one condition changed at a time; every row says what the aiming
page would have told of it (`controller.booth.advice`) beside how many were read right and their weakest character.

    python -m bench.aiming [--plates 16] [--json FILE] [--quick]
"""

import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from bench.figure import Figure, Findings, options, run
from controller.app.plate_tables import plates_of_region
from controller.booth import advice
from drivers.camera.aim import Sight, aim_view
from drivers.camera.plate_recogniser import PlateRecogniser
from drivers.camera.recogniser import Picture
from drivers.camera.stream import Frame
from simulator.scene.plate_drawing import PlateText
from simulator.scene.scene import SceneRenderer
from simulator.scene.state import SceneState, SeenVehicle
from simulator.scene.viewpoint import Viewpoint
from training.draw.texts import BY_NAME, text_of

WHOLE = (0, 0, 1000, 1000)
DISTANCES_M = (0.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.5, 9.0)
BLURS_PX = (0.0, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
ROLLS_DEG = (0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0)
LIGHTS = (0.06, 0.1, 0.2, 0.4, 1.0, 1.6, 2.0, 2.6)
"""Pictures are made so many times as bright."""


@dataclass(slots=True)
class Row:
    """What was found under one condition; `measures` are the page's: pixels, sharpness, degrees, light."""

    condition: str
    value: float
    n: int = 0
    right: int = 0
    measures: list[float] = field(default_factory=list)
    margins: list[int] = field(default_factory=list)

    def line(self) -> str:
        measured = f"{statistics.median(self.measures):7.1f}" if self.measures else "      -"
        margins = sorted(self.margins) or [0]
        return (
            f"{self.condition:8} {self.value:6.2f}  measured {measured}  right {self.right:3} of {self.n:3}"
            f"  weakest character: least {margins[0]:4}, median {round(statistics.median(margins)):4}"
        )


def pictures(condition: str, value: float, count: int) -> Iterator[tuple[str, Picture]]:
    """Text and picture of so many vehicles under one condition, each with a text of its own."""
    renderer = SceneRenderer(Viewpoint(roll_deg=value if condition == "tilt" else 0.0), seed=3)
    for number in range(count):
        random = np.random.default_rng([number, 11])
        text = text_of(BY_NAME["small"], random)
        plate = PlateText(text=text, kind="small", seed=number)
        distance = value if condition == "width" else 1.0
        vehicle = SeenVehicle(plate=plate, distance_m=distance, color=str(random.choice(("white", "black", "silver"))))
        state = SceneState(vehicles=(vehicle,), arm=1.0)
        state = replace(state, defocus_px=value) if condition == "focus" else state
        picture = renderer.render(state, tick=number)
        if condition == "light":
            picture = np.asarray(cv2.convertScaleAbs(picture, alpha=value), np.uint8)
        yield text, picture


def found(recogniser: PlateRecogniser, condition: str, value: float, count: int) -> Row:
    """One row of the table."""
    row = Row(condition, value)
    for text, picture in pictures(condition, value, count):
        plates = recogniser.read(picture)
        row.n += 1
        if not plates:
            row.margins.append(0)
            continue
        best = plates[0]
        row.right += best.text == text
        row.margins.append(best.margin if best.text == text else 0)
        view = aim_view(Sight(Frame(picture, 0, 1), plates, None), WHOLE, now_ns=0, rate=10)
        seen = view.plates[0]
        row.measures.append(
            {
                "width": float(seen.width_px),
                "focus": seen.sharpness,
                "tilt": abs(seen.tilt_deg),
                "light": float(view.brightness),
            }[condition]
        )
    return row


def measured(count: int) -> Findings:
    """All rows, and how many right ones lie inside the advice's good range."""
    recogniser = PlateRecogniser(plates_of_region("cn"), threads=2)
    sweeps = {"width": DISTANCES_M, "focus": BLURS_PX, "tilt": ROLLS_DEG, "light": LIGHTS}
    rows = [found(recogniser, name, value, count) for name, values in sweeps.items() for value in values]
    good = [row for row in rows if row.measures and _is_good(row)]
    right, tried = sum(row.right for row in good), sum(row.n for row in good)
    figure = Figure("plates read right where the page says good", 100 * right / max(1, tried), "%", 100, at_least=True,
                    beside=f"{right} of {tried}")  # fmt: skip
    return Findings((figure,), [row.line() for row in rows])


def _is_good(row: Row) -> bool:
    middle = statistics.median(row.measures)
    return {
        "width": middle >= advice.SAFE_WIDTH_PX,
        "focus": middle >= advice.SAFE_SHARPNESS,
        "tilt": middle <= advice.SAFE_TILT_DEG,
        "light": advice.DARK <= middle <= advice.BRIGHT,
    }[row.condition]


def main() -> int:
    """Measure and tell."""
    parser = options(__doc__)
    parser.add_argument("--plates", type=int, default=16)
    given = parser.parse_args()
    return run("aiming", given, lambda: measured(2 if given.quick else given.plates))


if __name__ == "__main__":
    sys.exit(main())
