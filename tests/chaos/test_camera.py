"""The whole daemon beside a camera with every fault, and a camera's process killed and stopped (F10, F11).

Real wires, a real camera stream and the real processes: whatever the camera does, the card lane works, what is wrong
stands in the log within 10 s, and nothing opens for a plate that nobody saw.
"""

import json
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from controller.eventlog.replay import replay
from controller.eventlog.verify import verify
from simulator.scene.plate_drawing import PlateText
from simulator.scene.scene import SceneRenderer
from simulator.scene.state import SceneState, SeenVehicle
from simulator.wire.camera_server import CameraFault
from simulator.wire.mjpeg_camera import MjpegCamera
from tests.support.box import import_registry, resident
from tests.support.wired_box import RunningDaemon, WiredBox, wait_until

BAUD = 115_200
CARDS = tuple(f"26:1:{10_001 + number}" for number in range(12))
STRANGER = SeenVehicle(plate=PlateText(text="沪C88888"))
KNOWN_WITHIN_S = 10.0
START_S = 120.0
"""How long a machine that is busy with other work may take to start a camera's process."""
CARD_MS = 2_000.0
"""From the card to the order: a good card waits 1.5 s for a camera that is held to work (R5)."""


class CameraBox(WiredBox):
    """A box with one lane, its reader, its board and a camera."""

    def __init__(self, folder: Path) -> None:
        self.scene = SceneState()
        self.camera = MjpegCamera(lambda _t: self.scene, renderer=SceneRenderer(seed=3), slow_s=12.0)
        self.camera.start()
        super().__init__(folder, ["in"], BAUD, with_centre=False)
        self._closing.callback(self.camera.stop)
        rows = [resident(number, f"粤B{10_000 + number}", card) for number, card in enumerate(CARDS)]
        import_registry(self.data / "registry.db", rows)

    def _write_config(self) -> None:
        super()._write_config()
        config = json.loads(self.config.read_text(encoding="utf-8"))
        config["cameras"] = [{"id": "cam", "source": self.camera.url, "stale_ms": 3000, "open_timeout_ms": 3000}]
        config["lanes"][0]["cameras"] = [{"id": "cam", "side": "entry"}]
        self.config.write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")

    def events(self, kind: str) -> list[dict[str, Any]]:
        connection = sqlite3.connect(f"file:{self.data / 'gate.db'}?mode=ro", uri=True, timeout=5)
        try:
            rows = connection.execute("SELECT body FROM events WHERE type = ? ORDER BY seq", (kind,)).fetchall()
        finally:
            connection.close()
        return [json.loads(body) for (body,) in rows]

    def conditions(self) -> list[str]:
        """What the camera's condition was, one after the other."""
        connection = sqlite3.connect(f"file:{self.data / 'gate.db'}?mode=ro", uri=True, timeout=5)
        try:
            rows = connection.execute(
                "SELECT body FROM events WHERE type IN ('DeviceLost', 'DeviceBack') ORDER BY seq"
            ).fetchall()
        finally:
            connection.close()
        bodies = [json.loads(body) for (body,) in rows]
        return [body["condition"] for body in bodies if body["device"] == "cam"]

    def await_condition(self, well: bool, within_s: float, what: str) -> None:
        wait_until(lambda: (self.conditions() or [""])[-1:] == ["online"] if well else self._is_bad(), within_s, what)

    def _is_bad(self) -> bool:
        return (self.conditions() or ["online"])[-1] != "online"


def worker_of(daemon: RunningDaemon) -> psutil.Process:
    """The camera's process."""
    children = psutil.Process(daemon.process.pid).children()
    return next(child for child in children if "drivers.camera.worker" in " ".join(child.cmdline()))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CameraBox, RunningDaemon]]:
    with CameraBox(tmp_path_factory.mktemp("camera")) as box:
        daemon = box.start()
        box.await_ready(daemon)
        box.await_condition(True, START_S, "the camera shows a picture")
        yield box, daemon
        assert daemon.stop() == 0, daemon.last_words()
        assert verify(box.data / "gate.db").fault is None
        assert replay(box.data / "gate.db").difference is None


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSTOP])
def test_f11_the_card_lane_works_while_the_camera_s_process_is_killed_or_stopped(
    running: tuple[CameraBox, RunningDaemon], sign: signal.Signals
) -> None:
    box, daemon = running
    before = worker_of(daemon).pid
    told = len(box.conditions())
    began = time.monotonic()
    os.kill(before, sign)
    card = CARDS[0 if sign is signal.SIGKILL else 1]
    assert box.lanes[0].drive_in(card, 0.1).ms < CARD_MS
    wait_until(
        lambda: len(box.conditions()) > told, KNOWN_WITHIN_S - (time.monotonic() - began), "the loss is on record"
    )
    assert box.conditions()[told] == "lost"
    box.await_condition(True, START_S, "it is back")
    assert worker_of(daemon).pid != before


@pytest.mark.parametrize("fault", list(CameraFault))
def test_f10_the_card_lane_works_whatever_is_wrong_with_the_camera_and_no_plate_is_made_of_it(
    running: tuple[CameraBox, RunningDaemon], fault: CameraFault
) -> None:
    box, _daemon = running
    box.scene = SceneState()
    box.await_condition(True, START_S, "the camera shows a picture")
    plates = plates_recorded(box)
    box.camera.set_fault(fault, True)
    try:
        box.await_condition(False, KNOWN_WITHIN_S, f"{fault} is on record")
        box.scene = SceneState(vehicles=(STRANGER,))
        card = CARDS[2 + list(CameraFault).index(fault)]
        assert box.lanes[0].drive_in(card, 0.1).ms < CARD_MS
        if fault is not CameraFault.SLOW:  # its rare pictures are of the present
            assert plates_recorded(box) == plates
    finally:
        box.scene = SceneState()
        box.camera.set_fault(fault, False)


def plates_recorded(box: CameraBox) -> int:
    """How often a plate, or that none is seen, was told to the lane."""
    told = [each["name"] for body in box.events("LaneObserved") for each in body["what"]]
    by_plate = [body for kind in ("AccessGranted", "AccessReferred", "AccessDenied") for body in box.events(kind)]
    return sum(name in ("plate", "plate_unseen") for name in told) + sum("plate" in body for body in by_plate)


def test_r25_a_vehicle_without_a_plate_is_on_record_with_its_picture_and_the_arm_stays_down(
    running: tuple[CameraBox, RunningDaemon],
) -> None:
    box, _daemon = running
    box.scene = SceneState()
    box.await_condition(True, START_S, "the camera shows a picture")
    arm = box.lanes[0].arm
    box.scene = SceneState(vehicles=(replace(STRANGER, plate=None),))
    arm.orders.clear()
    arm.loops(arming=True)
    try:
        wait_until(
            lambda: any(body["reason"] == "plate_unseen" for body in box.events("AccessReferred")), 60, "it is referred"
        )
        body = next(body for body in box.events("AccessReferred") if body["reason"] == "plate_unseen")
        assert body["frames"] == 5
        assert list((box.data / "pictures").glob(f"*/{body['picture']}.jpg"))
        assert arm.orders == []
    finally:
        arm.loops()
        box.scene = SceneState()
