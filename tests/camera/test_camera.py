"""The camera driver with its real process beside a simulated camera with every fault (F10, F11)."""

import hashlib
import os
import signal
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import cast

import cv2
import pytest

from drivers.camera.camera import Camera
from drivers.camera.messages import Beat, ReadPlates
from drivers.camera.settings import CameraSettings
from drivers.readings import Condition, DeviceCondition, PictureMissed, PictureSaved, PlateSeen
from simulator.scene.plate_drawing import PlateText
from simulator.scene.state import SceneState, SeenVehicle
from simulator.wire.camera_server import CameraFault
from simulator.wire.mjpeg_camera import MjpegCamera
from tests.camera.support import FORMS, Heard, Lane, lane
from tests.support.wired_box import wait_until

CAR = SceneState(vehicles=(SeenVehicle(plate=PlateText(text="粤B12345")),))
OTHER_CAR = SceneState(vehicles=(SeenVehicle(plate=PlateText(text="京A67890"), color="red"),))


def is_(condition: Condition):  # type: ignore[no-untyped-def]
    return lambda reading: reading.condition is condition


def online(heard: Heard) -> None:
    heard.wait(DeviceCondition, is_(Condition.ONLINE), within_s=20)


def arrive(shown: Lane, scene: SceneState) -> None:
    """A vehicle rolls up: the picture changes, then it stands."""
    (vehicle,) = scene.vehicles
    shown.scene = replace(scene, vehicles=(replace(vehicle, distance_m=2.0),))
    time.sleep(0.3)
    shown.scene = scene
    time.sleep(0.3)


@pytest.mark.parametrize("over", ["http", "rtsp"])
def test_plates_are_read_only_while_the_lane_asks_and_the_reading_names_a_picture_that_is_on_disk(
    tmp_path: Path, over: str
) -> None:
    with lane(tmp_path, forms=FORMS, preview=tmp_path / "live" / "cam.jpg", over=over) as (shown, driver, heard):
        online(heard)
        arrive(shown, CAR)
        time.sleep(1.5)
        assert heard.readings == [], "nobody asked for plates"
        before_ns = time.monotonic_ns()
        driver.read_plates(True)
        seen = heard.wait(PlateSeen, within_s=10)
        assert (seen.text, seen.kind, seen.color) == ("粤B12345", "small", "blue")
        assert [slot.char for slot in seen.slots] == list("粤B12345")
        assert seen.margin == min(slot.margin for slot in seen.slots)
        assert before_ns - 2_000_000_000 < seen.origin_ns < time.monotonic_ns(), "the origin is the frame's arrival"
        (file,) = (tmp_path / "pictures").glob(f"*/{seen.picture}.jpg")
        assert hashlib.sha256(file.read_bytes()).hexdigest() == seen.picture
        driver.read_plates(False)
        arrive(shown, OTHER_CAR)
        driver.read_plates(True)
        assert heard.wait(PlateSeen, within_s=10).text == "京A67890", "the next vehicle is a turn of its own"
        small = cv2.imread(str(tmp_path / "live" / "cam.jpg"))
        assert small.shape == (360, 640, 3)


@pytest.mark.parametrize("over", ["http", "rtsp"])
def test_a_picture_is_whole_on_disk_when_it_is_said_to_be_and_has_the_cameras_size(tmp_path: Path, over: str) -> None:
    with lane(tmp_path, over=over, stale_ms=5000) as (shown, driver, heard):
        shown.scene = CAR
        online(heard)
        driver.picture("passage-1")
        saved = heard.wait(PictureSaved, within_s=6)
        assert (saved.request, saved.width, saved.height) == ("passage-1", 1280, 720)
        if over == "rtsp":
            time.sleep(3.5)  # by now key frames alone are decoded
        for request in ("passage-2", "passage-3"):
            time.sleep(0.7)
            asked_ns = time.monotonic_ns()
            driver.picture(request)
            saved = heard.wait(PictureSaved, within_s=6)
            assert asked_ns - saved.origin_ns < 450_000_000, "of the present"
        (file,) = (tmp_path / "pictures").rglob(f"{saved.sha256}.jpg")
        assert hashlib.sha256(file.read_bytes()).hexdigest() == saved.sha256


def test_a_picture_that_the_disk_refuses_is_missed_with_the_reason_and_plates_are_still_read(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("a file stands where the folder should be")
    with lane(tmp_path, forms=FORMS) as (shown, driver, heard):
        online(heard)
        driver.picture("p")
        assert "cannot be written" in heard.wait(PictureMissed, within_s=6).detail
        arrive(shown, CAR)
        driver.read_plates(True)
        seen = heard.wait(PlateSeen, within_s=10)
        assert (seen.text, seen.picture) == ("粤B12345", "")


FAULTS = {
    CameraFault.FREEZE: {Condition.FROZEN},
    CameraFault.BLACK: {Condition.BLACK},
    CameraFault.CUT: {Condition.LOST},
    CameraFault.SLOW: {Condition.STALE, Condition.LOST},
    CameraFault.SILENT: {Condition.STALE, Condition.LOST},
    CameraFault.TRUNCATED: {Condition.STALE, Condition.LOST},
}


def suffer(over: str, fault: CameraFault, folder: Path) -> None:
    with lane(folder, forms=FORMS, over=over) as (shown, driver, heard):
        online(heard)
        shown.scene = CAR
        time.sleep(0.3)
        shown.camera.set_fault(fault, True)
        began = time.monotonic()
        said = heard.wait(DeviceCondition, lambda each: each.condition in FAULTS[fault], within_s=10)
        assert time.monotonic() - began < 10
        assert said.detail
        if over == "rtsp" and fault is CameraFault.FREEZE:
            time.sleep(4.0)  # known for good by the second key frame that shows the same
        if fault is not CameraFault.SLOW:  # a slow camera's new pictures are new, however few they are
            time.sleep(0.6)
            driver.read_plates(True)
            time.sleep(1.0)
            assert not [reading for reading in heard.readings if isinstance(reading, PlateSeen)]
            driver.read_plates(False)
            time.sleep(0.5)
        shown.camera.set_fault(fault, False)
        online(heard)
        arrive(shown, OTHER_CAR)
        driver.read_plates(True)
        assert heard.wait(PlateSeen, within_s=10).text == "京A67890"


@pytest.mark.parametrize("over", ["http", "rtsp"])
def test_a_camera_at_fault_is_known_within_10_s_gives_no_plate_and_comes_back(tmp_path: Path, over: str) -> None:
    """F10, all faults of the table at once, a camera each."""
    with ThreadPoolExecutor(len(FAULTS), "suffer") as pool:
        runs = {fault: pool.submit(suffer, over, fault, tmp_path / fault) for fault in FAULTS}
    failed = {fault: error for fault, run in runs.items() if (error := run.exception()) is not None}
    assert failed == {}


def test_a_picture_from_before_the_vehicle_came_decides_nothing(tmp_path: Path) -> None:
    """The camera freezes on one vehicle and another comes to the loop before anybody has noticed the freeze."""
    with lane(tmp_path, forms=FORMS, stale_ms=9000) as (shown, driver, heard):
        online(heard)
        arrive(shown, CAR)
        shown.camera.set_fault(CameraFault.FREEZE, True)
        time.sleep(2.6)
        driver.read_plates(True)
        time.sleep(2.0)
        assert not [reading for reading in heard.readings if isinstance(reading, PlateSeen)]


class Slow:
    """A process that takes its orders and says what the test has it say, however late."""

    pid = 0

    def __init__(self, _settings: CameraSettings) -> None:
        self.orders: list[object] = []
        self.late: deque[PlateSeen] = deque()

    def order(self, message: object) -> bool:
        self.orders.append(message)
        return True

    def exchange(self, _wake: int, _timeout_s: float) -> list[object]:
        time.sleep(0.01)
        return [Beat(ready=True), *([self.late.popleft()] if self.late else [])]

    def end(self, _patience_s: float) -> None:
        return


def test_a_plate_of_the_vehicle_before_that_is_said_late_is_not_the_next_one_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One vehicle leaves and the next comes within two seconds, while the process stood still."""
    now, heard = [10_000_000_000], Heard()
    monkeypatch.setattr("drivers.camera.camera.Child", Slow)
    settings = CameraSettings(id="cam", source="rtsp://nowhere/", pictures=tmp_path, forms=FORMS)
    camera = Camera(settings, heard, monotonic_ns=lambda: now[0])
    camera.start()
    try:
        wait_until(lambda: camera._child is not None, 5, "a process")
        child = cast(Slow, camera._child)
        for on in (True, False, True):
            camera.read_plates(on)
            wait_until(lambda: child.orders[-1:] == [ReadPlates(on)], 5, "the order")  # noqa: B023 - called at once
            now[0] += 500_000_000
        left_ns = 10_500_000_000
        for origin_ns, text in ((left_ns - 1, "粤B12345"), (left_ns + 1, "京A67890")):
            child.late.append(
                PlateSeen(
                    device="cam", origin_ns=origin_ns, text=text, raw=text, kind="small", color="blue", margin=900,
                    slots=(), frames=1, picture="",
                )
            )  # fmt: skip
        assert heard.wait(PlateSeen, within_s=5).text == "京A67890"
    finally:
        camera.stop()


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSTOP])
def test_a_process_killed_or_stopped_is_replaced_and_goes_on_reading(tmp_path: Path, sign: signal.Signals) -> None:
    with lane(tmp_path, forms=FORMS) as (shown, driver, heard):
        online(heard)
        first = driver.pid
        assert first is not None
        driver.read_plates(True)
        os.kill(first, sign)
        lost = heard.wait(DeviceCondition, is_(Condition.LOST), within_s=10)
        assert ("SIGKILL" if sign is signal.SIGKILL else "no sign of life") in lost.detail
        online(heard)
        assert driver.pid not in {None, first}
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)
        shown.scene = CAR
        assert heard.wait(PlateSeen, within_s=10).text == "粤B12345", "it was reading before and reads again"


def test_orders_return_at_once_and_pictures_are_missed_while_the_process_is_stopped(tmp_path: Path) -> None:
    with lane(tmp_path) as (_shown, driver, heard):
        online(heard)
        pid = driver.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        for number in range(50):
            began = time.monotonic()
            driver.picture(f"p{number}")
            driver.read_plates(bool(number % 2))
            assert time.monotonic() - began < 0.2
        for number in range(50):
            heard.wait(PictureMissed, lambda missed, number=number: missed.request == f"p{number}", within_s=10)


def test_the_process_ends_when_the_daemon_is_gone() -> None:
    """Its input ends with the daemon, however the daemon ended."""
    import subprocess
    import sys

    settings = CameraSettings(id="cam", source="/nonexistent.mp4", pictures=Path("/nonexistent"))
    process = subprocess.Popen(
        [sys.executable, "-m", "drivers.camera.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(settings.to_json().encode() + b"\n")
    process.stdin.flush()
    assert process.stdout.readline()
    process.stdin.close()
    assert process.wait(5) == 0
    process.stdout.close()


def test_stopping_takes_less_than_two_seconds_at_any_moment(tmp_path: Path) -> None:
    for wait_s in (0.0, 0.3, 2.0):
        heard = Heard()
        driver = Camera(CameraSettings(id="cam", source="http://127.0.0.1:9/", pictures=tmp_path), heard)
        driver.start()
        time.sleep(wait_s)
        began = time.monotonic()
        driver.stop()
        assert time.monotonic() - began < 2.0
        assert driver.pid is None


def test_a_camera_with_a_password_is_opened_with_it_and_the_password_is_shown_nowhere(tmp_path: Path) -> None:
    secret = "p@ss:/w%rd"
    (tmp_path / "secret").write_text(secret + "\n")
    camera = MjpegCamera(lambda _t: SceneState(), credentials=("admin", secret))
    camera.start()
    heard = Heard()
    base = CameraSettings(id="cam", source=camera.url, pictures=tmp_path, open_timeout_ms=1500, stale_ms=1500)
    without = Camera(base, heard)
    without.start()
    lost = heard.wait(DeviceCondition, is_(Condition.LOST), within_s=15)
    without.stop()
    assert camera.url in lost.detail
    driver = Camera(replace(base, user="admin", password_file=tmp_path / "secret"), heard)
    driver.start()
    try:
        heard.wait(DeviceCondition, is_(Condition.ONLINE), within_s=15)
        pid = driver.pid
        assert secret.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
        camera.stop()
        lost = heard.wait(DeviceCondition, is_(Condition.LOST), within_s=15)
        assert "w%rd" not in lost.detail
        assert "w%25rd" not in lost.detail
    finally:
        driver.stop()
        camera.stop()


def test_a_file_is_played_as_a_camera_from_whatever_folder_the_daemon_was_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    from simulator.scene.scene import SceneRenderer

    still = tmp_path / "gate.png"
    cv2.imwrite(str(still), SceneRenderer().render(CAR))
    heard = Heard()
    driver = Camera(CameraSettings(id="cam", source=str(still), pictures=tmp_path / "p", forms=FORMS), heard)
    driver.start()
    try:
        heard.wait(DeviceCondition, is_(Condition.ONLINE), within_s=15)
        driver.read_plates(True)
        assert heard.wait(PlateSeen, within_s=10).text == "粤B12345"
    finally:
        driver.stop()


def test_what_is_asked_of_a_camera_that_was_stopped_goes_nowhere(tmp_path: Path) -> None:
    settings = CameraSettings(
        id="cam", source="http://127.0.0.1:9/", pictures=tmp_path, preview=tmp_path / "cam.jpg", forms=FORMS
    )
    driver = Camera(settings, lambda reading: None)
    driver.stop()
    with (tmp_path / "another").open("wb") as other:
        if other.fileno() != driver._wake:
            os.dup2(other.fileno(), driver._wake)
        try:
            driver.picture("p1|decision")
            driver.read_plates(True)
            driver.stop()
        finally:
            if other.fileno() != driver._wake:
                os.close(driver._wake)
    assert (tmp_path / "another").read_bytes() == b"", "the number of its closed wake-up may be that of another file"
