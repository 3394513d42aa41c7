"""How day, dusk, night and rain change colours: one table, and the function that applies it.

No shape may be put here.
"""

from dataclasses import dataclass

from simulator.scene.canvas import Color
from simulator.scene.plate_styles import Bgr
from simulator.scene.state import Light, SceneState


@dataclass(frozen=True, slots=True)
class Lamp:
    """`ambient` is the share of a colour that is left per channel (BGR); `near` what the lamp at the post adds for what
    is near; `plate` the share that a plate, being reflective, shows; `noise` the sensor's noise in grey levels.
    """

    ambient: tuple[float, float, float]
    near: float
    plate: float
    noise: float


LAMPS: dict[Light, Lamp] = {
    Light.DAY: Lamp((1.0, 1.0, 1.0), 0.0, 1.0, 2.0),
    Light.DUSK: Lamp((0.52, 0.46, 0.44), 0.08, 0.72, 3.5),
    Light.NIGHT: Lamp((0.13, 0.10, 0.09), 0.22, 0.68, 5.5),
}


def lit(color: Bgr, state: SceneState, nearness: float = 0.0) -> Color:
    """A colour as the scene's light leaves it; `nearness` 0 (far) to 1 (under the lamp)."""
    lamp = LAMPS[state.light]
    haze = 0.25 * state.rain
    sky = 150.0 * lamp.ambient[1]
    shares = (min(1.0, ambient + lamp.near * nearness) for ambient in lamp.ambient)
    blue, green, red = (channel * share for channel, share in zip(color, shares, strict=True))
    blue, green, red = (channel * (1 - haze) + sky * haze for channel in (blue, green, red))
    return blue, green, red
