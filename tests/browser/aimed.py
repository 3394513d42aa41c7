"""A real camera process beside a simulated camera, whose conditions reach the log as the lane loop would write them."""

import contextlib
import time
from collections.abc import Iterator

from controller.domain.events import EventType
from drivers.camera.camera import Camera
from drivers.camera.settings import CameraSettings
from drivers.readings import Condition, DeviceCondition, PlateSeen, Reading
from simulator.scene.plate_drawing import PlateText
from simulator.scene.state import SceneState, SeenVehicle
from tests.booth.real_log import RealBox
from tests.camera.support import FORMS, Lane


class Aimed:
    """The camera `cam-in` of the lane `south-in`. `plates` are the readings that reached the lane: none may."""

    def __init__(self, box: RealBox, lane: Lane, **settings: str) -> None:
        self.lane, self._box = lane, box
        self.plates: list[PlateSeen] = []
        self.condition = ""
        previews = box.context.paths.previews
        previews.mkdir(parents=True, exist_ok=True)
        self.driver = Camera(
            CameraSettings(
                id="cam-in",
                source=lane.camera.url,
                pictures=box.context.paths.pictures,
                preview=previews / "cam-in.jpg",
                stale_ms=1500,
                open_timeout_ms=1500,
                forms=FORMS,
                region=(150, 250, 850, 1000),
                **settings,  # type: ignore[arg-type]
            ),
            self._hear,
        )

    def show(self, text: str = "粤B12345", kind: str = "small", distance_m: float = 0.3, **scene: object) -> None:
        """A vehicle with this plate stands there; "" for an empty lane."""
        vehicle = SeenVehicle(plate=PlateText(text=text, kind=kind, seed=3), distance_m=distance_m, color="silver")
        self.lane.scene = SceneState(vehicles=(vehicle,) if text else (), **scene)  # type: ignore[arg-type]

    def wait_for(self, condition: Condition, within_s: float = 30) -> None:
        end = time.monotonic() + within_s
        while self.condition != condition.value:
            assert time.monotonic() < end, f"the camera is {self.condition}, not {condition.value}"
            time.sleep(0.05)

    def _hear(self, reading: Reading) -> None:
        if isinstance(reading, PlateSeen):
            self.plates.append(reading)
        elif isinstance(reading, DeviceCondition):
            self.condition = reading.condition.value
            kind = EventType.DEVICE_BACK if reading.condition is Condition.ONLINE else EventType.DEVICE_LOST
            told = {"device": "cam-in", "device_kind": "camera", "condition": self.condition, "detail": reading.detail}
            self._box.passage("south-in", kind, "", **told)


@contextlib.contextmanager
def aimed(box: RealBox, over: str = "http", **settings: str) -> Iterator[Aimed]:
    """The camera online before an empty lane; afterwards nothing of it is left."""
    lane = Lane(over)
    lane.camera.start()
    made = Aimed(box, lane, **settings)
    made.show("")
    made.driver.start()
    try:
        made.wait_for(Condition.ONLINE)
        yield made
    finally:
        made.driver.stop()
        lane.camera.stop()
