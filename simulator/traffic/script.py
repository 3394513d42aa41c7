"""The shape of a traffic script: flows of vehicles and single steps, with their times.

Nothing that runs may be put here (see `player`). Times count from the start of the simulation.
"""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from simulator.physics.driver import Manner
from simulator.physics.person import Way
from simulator.yaml_file import Part

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")


def milliseconds(text: object) -> object:
    """Milliseconds of a duration such as "500ms", "12s" or "1m30s"; whole numbers are seconds."""
    if isinstance(text, bool) or not isinstance(text, (int, str)):
        return text
    if isinstance(text, int):
        return text * 1_000
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text.replace(" ", ""):
        raise ValueError(f"expected a duration such as 500ms, 12s or 1m30s, got {text!r}")
    return round(sum(float(number) * _UNITS_MS[unit] for number, unit in parts))


Duration = Annotated[int, BeforeValidator(milliseconds), Field(ge=0)]
LaneName = Annotated[str, Field(pattern=r"^[a-z0-9_-]+(/[a-z0-9_-]+)?$", description="lane, or box/lane")]

CameraKind = Literal["camera_freeze", "camera_black", "camera_cut", "camera_slow", "camera_silent", "camera_truncated"]
LineKind = Literal["cable_cut", "bytes_lost", "bits_flipped", "answers_late"]
DeviceKind = Literal["reader_tamper", "reader_silent", "board_silent"]
LaneFaultKind = Literal[
    "arm_stuck", "limit_up_off", "limit_up_on", "limit_down_off", "limit_down_on",
    "arming_stuck", "closing_stuck", "photocell_dirty",
]  # fmt: skip
CAMERA_KINDS = ("camera_freeze", "camera_black", "camera_cut", "camera_slow", "camera_silent", "camera_truncated")


class Flow(Part):
    """Vehicles that come to a lane at random times, so many an hour on average.

    `who` is a drawer of the fleet, or "inside": those that came in by the same box and have not left.
    """

    lane: LaneName
    who: str = "resident"
    per_hour: Annotated[float, Field(gt=0, le=3600)]
    start: Duration = Field(0, alias="from")
    until: Duration | None = None
    patience: Duration = 20_000
    card_share: Annotated[int, Field(ge=0, le=100)] = Field(100, description="percent who use their card")


class Timed(Part):
    """What every step has: when, and how often again."""

    at: Duration
    every: Duration | None = None
    times: Annotated[int, Field(ge=1, le=10_000)] = 1


class VehicleStep(Timed):
    """One vehicle comes. `card`: own, none, borrowed (of another resident), lost, or unknown to everybody."""

    do: Literal["vehicle"]
    lane: LaneName
    who: str = "resident"
    vehicle: str = ""
    side: Literal["", "entry", "exit"] = ""
    card: Literal["own", "none", "borrowed", "lost", "unknown"] = "own"
    manner: Manner = Manner.NORMAL
    patience: Duration = 20_000
    pause: Duration = 6_000
    away: Duration = 60_000
    gap_m: Annotated[float, Field(ge=0.3, le=10)] | None = None
    dirt: Annotated[int, Field(ge=0, le=100)] = 0


class WalkerStep(Timed):
    """Somebody comes to a gate for people."""

    do: Literal["walker"]
    lane: LaneName
    who: str = "person"
    way: Way = Way.CARD
    direction: Literal["entry", "exit"] = "entry"
    hold: Duration = 0


class UnderArmStep(Timed):
    """A person walks under the arm: now, behind the next vehicle while the arm is up, or when it next falls."""

    do: Literal["person_under_arm"]
    lane: LaneName
    stay: Duration = Field(4_000, alias="for")
    when: Literal["now", "after_vehicle", "arm_falls"] = "after_vehicle"


class ButtonStep(Timed):
    """Somebody presses the booth's open button, or the exit button of a gate for people."""

    do: Literal["button"]
    lane: LaneName


class FireStep(Timed):
    """The fire alarm contact closes at every lane of a box for a while."""

    do: Literal["fire"]
    box: str
    stay: Duration = Field(10_000, alias="for")


class FaultStep(Timed):
    """Something breaks for a while: a camera, a line, a device, or a part of a lane. `target` is its id."""

    do: Literal["fault"]
    kind: CameraKind | LineKind | DeviceKind | LaneFaultKind
    box: str
    target: str
    stay: Duration = Field(10_000, alias="for")


class SceneStep(Timed):
    """Light and weather from here on, at every camera."""

    do: Literal["scene"]
    light: Literal["day", "dusk", "night"] = "day"
    rain: Annotated[int, Field(ge=0, le=100)] = 0
    glare: Annotated[int, Field(ge=0, le=100)] = 0


class OutsideStep(Timed):
    """Something that lies outside the simulator: it is said on standard output, and whoever runs us does it."""

    do: Literal["outside"]
    what: Literal["broker_stop", "broker_start", "daemon_stop", "daemon_start"]
    box: str = ""


Step = Annotated[
    VehicleStep | WalkerStep | UnderArmStep | ButtonStep | FireStep | FaultStep | SceneStep | OutsideStep,
    Field(discriminator="do"),
]


class Script(Part):
    """A whole script. `seed` is used where the command gives none."""

    title: str
    seed: int = 1
    flows: tuple[Flow, ...] = ()
    steps: tuple[Step, ...] = ()
