"""What stands in a camera's view at one moment, as values: the only thing that the world tells the drawing.

No pixels and no time may be put here.
"""

from dataclasses import dataclass
from enum import StrEnum, unique

from simulator.scene.plate_drawing import PlateText


@unique
class Light(StrEnum):
    """What lights the lane; at night a lamp beside the camera lights what is near."""

    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"


@unique
class Body(StrEnum):
    """The shape of a vehicle's front."""

    CAR = "car"
    SUV = "suv"
    VAN = "van"
    TRUCK = "truck"
    BUS = "bus"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenVehicle:
    """One vehicle. `distance_m` is from its front to the place where it should stop, positive before it.

    `lateral_m` is from the middle of the lane, positive to the camera's right; `yaw_deg` turns its front, positive
    towards the camera's right. `plate` is None when it has none or it is covered. `color` is a row of `vehicle.PAINTS`.
    """

    plate: PlateText | None
    distance_m: float = 0.0
    body: Body = Body.CAR
    color: str = "white"
    lateral_m: float = 0.0
    yaw_deg: float = 0.0
    headlights: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneState:
    """Everything in view. `arm` is 0 (down) to 1 (up); `rain` and `glare` 0 to 1; `stamp` is burnt in as text.

    `infrared` gives the grey picture of a camera that lights the lane with infrared; `defocus_px` blurs it.
    """

    vehicles: tuple[SeenVehicle, ...] = ()
    arm: float = 0.0
    light: Light = Light.DAY
    rain: float = 0.0
    glare: float = 0.0
    infrared: bool = False
    defocus_px: float = 0.0
    stamp: str = ""
