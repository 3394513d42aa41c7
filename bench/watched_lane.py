"""A simulated camera with the driver that the daemon makes for it, and the vehicles that come before it.

Nothing is measured here but when a plate is heard.
"""

import contextlib
import itertools
import queue
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import psutil

from controller.app.hardware import camera_driver
from controller.config import BoxConfig, Camera
from drivers.readings import Condition, DeviceCondition, PlateSeen, Reading
from simulator.scene.glyphs import PROVINCES
from simulator.scene.plate_drawing import PlateText
from simulator.scene.state import Body, SceneState, SeenVehicle
from simulator.scene.vehicle import PAINTS

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
ROLL_UP_M = (2.0, 1.5, 1.0, 0.5, 0.0)
ROLL_STEP_S = 0.15
ONLINE_S, PLATE_S = 60.0, 5.0


@dataclass(frozen=True, slots=True)
class Said:
    """A plate as the daemon hears it; times are monotonic nanoseconds."""

    reading: PlateSeen
    heard_ns: int

    @property
    def ms(self) -> float:
        return (self.heard_ns - self.reading.origin_ns) / 1e6


class Street(Protocol):
    """Simulated cameras by name."""

    urls: dict[str, str]

    def show(self, name: str, scene: SceneState) -> None:
        """What that camera sees from now on."""


class WatchedLane:
    """A simulated camera and its driver as the daemon makes it. Use it as a context: it ends the camera's process."""

    def __init__(self, name: str, street: Street, config: BoxConfig, wake: str = "loop", substream: str = "") -> None:
        self.name = name
        self._street = street
        self._conditions = queue.SimpleQueue[DeviceCondition]()
        self._said = queue.SimpleQueue[Said]()
        settings = {"id": name, "source": street.urls[name], "wake": wake, "substream": substream}
        camera = Camera.model_validate(settings)
        self.driver = camera_driver(config, camera, self._hear)

    def _hear(self, reading: Reading) -> None:
        heard_ns = time.monotonic_ns()
        match reading:
            case PlateSeen():
                self._said.put(Said(reading, heard_ns))
            case DeviceCondition():
                self._conditions.put(reading)
            case _:
                pass

    def __enter__(self) -> "WatchedLane":
        self.driver.start()
        try:
            self._await_online()
        except BaseException:
            self.driver.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.driver.stop()

    def _await_online(self) -> None:
        """Raises RuntimeError for a camera that cannot read plates, and for one that is not online in time."""
        until, last = time.monotonic() + ONLINE_S, "nothing came"
        while (left_s := until - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                said = self._conditions.get(timeout=left_s)
                if said.condition is Condition.ONLINE:
                    return
                last = f"{said.condition}: {said.detail}"
                if said.condition is Condition.FAULT:
                    break
        raise RuntimeError(f"{self.name}: expected a camera that is online within {ONLINE_S:.0f} s; {last}")

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self.driver.pid)

    def spent_s(self) -> float:
        """The processor's time that the camera's process has used."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def show(self, *vehicles: SeenVehicle) -> None:
        self._street.show(self.name, SceneState(vehicles=vehicles))

    def roll_up(self, vehicle: SeenVehicle) -> None:
        for distance_m in ROLL_UP_M:
            self.show(replace(vehicle, distance_m=distance_m))
            time.sleep(ROLL_STEP_S)

    def stand(self, vehicle: SeenVehicle) -> None:
        """Another vehicle stands there, and the loop has told so."""
        self.driver.read_plates(False)
        self.show(vehicle)
        self.driver.read_plates(True)

    def await_plate(self) -> Said | None:
        try:
            return self._said.get(timeout=PLATE_S)
        except queue.Empty:
            return None

    def heard(self) -> list[Said]:
        """What was said and not yet taken."""
        taken = []
        while not self._said.empty():
            taken.append(self._said.get())
        return taken


def vehicles(seed: int) -> Iterator[SeenVehicle]:
    """Private cars of a residential park, one in three with the green plate of an electric one; some are dirty."""
    chance = random.Random(seed)
    for number in itertools.count():
        is_green = number % 3 == 2
        middle = chance.choice("DF") if is_green else ""
        text = chance.choice(PROVINCES) + chance.choice(LETTERS) + middle + f"{chance.randrange(100_000):05}"
        kind = "nev_small" if is_green else "small"
        yield SeenVehicle(
            plate=PlateText(text=text, kind=kind, dirt=chance.choice((0.0, 0.0, 0.2)), seed=number),
            body=chance.choice((Body.CAR, Body.SUV)),
            color=chance.choice(list(PAINTS)),
            lateral_m=chance.uniform(-0.15, 0.15),
            yaw_deg=chance.uniform(-4, 4),
        )
