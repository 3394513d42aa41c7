"""The real process beside a simulated camera: no plate to be seen, motion, stops and kills in the middle (F10, F11)."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import psutil
import pytest

from drivers.camera.camera import Camera
from drivers.camera.lookout import TRUSTED_NS
from drivers.camera.messages import Beat, message_of
from drivers.camera.settings import CameraSettings
from drivers.readings import Condition, DeviceCondition, NoPlateSeen, PlateSeen
from simulator.scene.plate_drawing import PlateText
from simulator.scene.state import SceneState, SeenVehicle
from simulator.wire.camera_server import CameraFault
from tests.camera.support import FORMS, Heard, Lane
from tests.camera.support import lane as at_lane

CAR = SeenVehicle(plate=PlateText(text="粤B12345"), color="red")
OTHER = SeenVehicle(plate=PlateText(text="京A67890"), color="silver")
SLOW_S = 60.0
"""How long a machine that is busy with other work may take for what takes a second alone."""
lane = partial(at_lane, hang_limit_s=SLOW_S)


def scene(*vehicles: SeenVehicle) -> SceneState:
    return SceneState(vehicles=vehicles)


def online(heard: Heard) -> None:
    heard.wait(DeviceCondition, lambda said: said.condition is Condition.ONLINE, within_s=SLOW_S)


def opens(seen: PlateSeen) -> bool:
    """Whether it is sure enough for an arm: of a plate half behind the arm some is said in doubt, and said again."""
    return seen.margin >= 300


def roll(shown: Lane, vehicle: SeenVehicle, metres: float = 3.0, steps: int = 10) -> None:
    """A vehicle rolls up to the arm."""
    for number in range(steps + 1):
        shown.scene = scene(replace(vehicle, distance_m=metres * (1 - number / steps)))
        time.sleep(0.15)


def test_r25_a_vehicle_without_a_plate_is_told_once_with_its_picture_and_read_when_it_is_uncovered(
    tmp_path: Path,
) -> None:
    with lane(tmp_path, forms=FORMS, no_plate_frames=3) as (shown, driver, heard):
        online(heard)
        shown.scene = scene(replace(CAR, plate=None))
        driver.read_plates(True)
        told = heard.wait(NoPlateSeen, within_s=SLOW_S)
        assert told.frames == 3
        assert list((tmp_path / "pictures").glob(f"*/{told.picture}.jpg"))
        time.sleep(2)
        assert heard.readings == [], "once is enough"
        shown.scene = scene(CAR)
        seen = heard.wait(PlateSeen, within_s=SLOW_S)
        assert (seen.text, seen.another) == ("粤B12345", False)


def test_at_a_lane_without_a_loop_a_vehicle_that_rolls_up_is_read_though_nobody_asked(tmp_path: Path) -> None:
    with lane(tmp_path, forms=FORMS, wake="motion") as (shown, _driver, heard):
        online(heard)
        roll(shown, CAR)
        assert heard.wait(PlateSeen, opens, within_s=SLOW_S).text == "粤B12345"
        shown.scene = scene()
        time.sleep(7)
        heard.readings.clear()
        roll(shown, OTHER)
        seen = heard.wait(PlateSeen, opens, within_s=SLOW_S)
        assert (seen.text, seen.another) == ("京A67890", False)


def test_a_vehicle_is_noticed_in_the_substream_and_read_in_the_main_one_which_is_watched_where_that_is_lost(
    tmp_path: Path,
) -> None:
    small = Lane("rtsp")
    small.camera.start()
    address = small.camera.url.replace("stream1", "stream2")
    try:
        with lane(tmp_path, forms=FORMS, wake="motion", over="rtsp", substream=address) as (shown, _driver, heard):
            online(heard)
            time.sleep(TRUSTED_NS / 1e9 + 3)
            shown.scene = scene(replace(CAR, distance_m=1.0))
            time.sleep(2)
            assert not any(isinstance(each, PlateSeen) for each in heard.readings), "nobody watches the main stream"
            shown.scene = scene(CAR)
            roll(small, CAR)
            assert heard.wait(PlateSeen, opens, within_s=SLOW_S).text == "粤B12345"
            shown.scene = small.scene = scene()
            time.sleep(7)
            heard.readings.clear()
            small.camera.set_fault(CameraFault.CUT, True)
            roll(shown, OTHER)
            assert heard.wait(PlateSeen, opens, within_s=SLOW_S).text == "京A67890"
    finally:
        small.camera.stop()


def test_the_next_vehicle_in_the_same_turn_is_said_as_another_never_mixed_with_the_first(tmp_path: Path) -> None:
    with lane(tmp_path, forms=FORMS) as (shown, driver, heard):
        online(heard)
        roll(shown, CAR)
        driver.read_plates(True)
        first = heard.wait(PlateSeen, within_s=SLOW_S)
        roll(shown, OTHER)
        second = heard.wait(PlateSeen, lambda seen: seen.text != first.text, within_s=SLOW_S)
        assert (first.text, first.another) == ("粤B12345", False)
        assert (second.text, second.another) == ("京A67890", True)


@pytest.mark.parametrize("over", ["http", "rtsp"])
def test_f11_a_process_stopped_for_a_moment_reads_nothing_of_what_was_sent_meanwhile(tmp_path: Path, over: str) -> None:
    """Not long enough to be killed for it: the pictures of the vehicle before wait in the line's buffers."""
    with lane(tmp_path, forms=FORMS, over=over) as (shown, driver, heard):
        online(heard)
        shown.scene = scene(CAR)
        time.sleep(1.0)
        pid = driver.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        time.sleep(1.6)
        shown.scene = scene(OTHER)
        driver.read_plates(True)
        time.sleep(0.4)
        os.kill(pid, signal.SIGCONT)
        seen = heard.wait(PlateSeen, within_s=SLOW_S)
        assert seen.text == "京A67890", "the vehicle that stands there now"
        assert driver.pid == pid


def test_f11_a_process_that_is_killed_at_every_start_is_started_ever_less_often_and_works_when_it_is_let(
    tmp_path: Path,
) -> None:
    with lane(tmp_path, forms=FORMS) as (shown, driver, heard):
        online(heard)
        killed, gaps, before = set[int](), list[float](), time.monotonic()
        end = time.monotonic() + 9
        while time.monotonic() < end:
            began = time.monotonic()
            driver.picture("p")
            assert time.monotonic() - began < 0.2, "the lane never waits for it"
            pid = driver.pid
            if pid is not None and pid not in killed:
                killed.add(pid)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                gaps.append(time.monotonic() - before)
                before = time.monotonic()
            time.sleep(0.01)
        assert 3 <= len(killed) <= 8
        assert gaps[-1] > 2 * gaps[1], "with a longer and longer pause"
        online(heard)
        shown.scene = scene(CAR)
        driver.read_plates(True)
        assert heard.wait(PlateSeen, within_s=SLOW_S).text == "粤B12345"


def test_f11_the_first_word_of_a_process_is_a_sign_of_life_so_that_it_is_missed_soon(tmp_path: Path) -> None:
    """Until it has given one it is held to be loading its models, and is given half a minute."""
    settings = CameraSettings(id="cam", source="/nonexistent.mp4", pictures=tmp_path)
    command = [sys.executable, "-m", "drivers.camera.worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(settings.to_json().encode() + b"\n")
        process.stdin.flush()
        assert message_of(process.stdout.readline()) == Beat(ready=True)
        process.stdin.close()
        assert process.wait(SLOW_S) == 0


def test_f10_a_line_that_comes_and_goes_gives_no_plate_of_the_vehicle_before(tmp_path: Path) -> None:
    with lane(tmp_path, forms=FORMS) as (shown, driver, heard):
        online(heard)
        roll(shown, CAR)
        for number in range(6):
            shown.camera.set_fault(CameraFault.CUT, number % 2 == 0)
            time.sleep(0.4)
        shown.camera.set_fault(CameraFault.SILENT, True)
        shown.scene = scene(OTHER)
        time.sleep(1.2)  # a picture of less than a second ago still counts
        driver.read_plates(True)
        time.sleep(2.0)
        assert not [reading for reading in heard.readings if isinstance(reading, (PlateSeen, NoPlateSeen))]
        shown.camera.set_fault(CameraFault.SILENT, False)
        assert heard.wait(PlateSeen, within_s=SLOW_S).text == "京A67890"


def test_f10_a_camera_that_freezes_or_goes_black_in_the_middle_of_a_turn_is_no_vehicle_without_a_plate(
    tmp_path: Path,
) -> None:
    """A black picture shows no plate either: that is the camera's fault, not the driver's."""
    for fault in (CameraFault.BLACK, CameraFault.FREEZE):
        with lane(tmp_path, forms=FORMS, no_plate_frames=3) as (shown, driver, heard):
            online(heard)
            shown.scene = scene(replace(CAR, plate=None))
            time.sleep(0.3)
            shown.camera.set_fault(fault, True)
            driver.read_plates(True)
            heard.wait(DeviceCondition, lambda said: said.condition is not Condition.ONLINE, within_s=SLOW_S)
            time.sleep(1.5)
            assert not [reading for reading in heard.readings if isinstance(reading, (PlateSeen, NoPlateSeen))], fault


@contextlib.contextmanager
def answering(*parts: bytes) -> Iterator[str]:
    """A server that answers every request with these bytes, the last of them for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    stopping = threading.Event()

    def serve() -> None:
        while not stopping.is_set():
            with contextlib.suppress(OSError):
                client, _peer = listener.accept()
                client.settimeout(1.0)
                with client:
                    client.recv(4096)
                    for part in parts:
                        client.sendall(part)
                    while not stopping.wait(0.02):
                        client.sendall(parts[-1])

    thread = threading.Thread(target=serve, name="answering")
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/stream.mjpg"
    finally:
        stopping.set()
        thread.join()
        listener.close()


def test_f10_whatever_answers_in_the_camera_s_place_is_known_within_10_s_and_costs_little(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"
    broken = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 64\r\n\r\n\xff\xd8\xff\xe0" + bytes(60) + b"\r\n"
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>sign in</html>"
    for parts in ((head, broken), (page,), (os.urandom(512),)):
        heard = Heard()
        with answering(*parts) as url:
            settings = CameraSettings(id="cam", source=url, pictures=tmp_path, stale_ms=1500, open_timeout_ms=1500)
            driver = Camera(settings, heard)
            driver.start()
            try:
                said = heard.wait(DeviceCondition, within_s=10)
                assert said.condition in (Condition.LOST, Condition.STALE)
                assert said.detail
            finally:
                driver.stop()


def spent_s(process: psutil.Process, seconds: float) -> float:
    """The processor time that a process takes meanwhile."""
    before = process.cpu_times()
    time.sleep(seconds)
    after = process.cpu_times()
    return after.user + after.system - before.user - before.system


def test_a_camera_that_watches_for_motion_costs_a_small_part_of_one_that_reads(tmp_path: Path) -> None:
    """Beside its own work, for what it costs of a core is the machine's as well: `bench.cameras` tells that."""
    with lane(tmp_path, forms=FORMS, wake="motion", preview=tmp_path / "cam.jpg") as (shown, driver, heard):
        online(heard)
        process = psutil.Process(driver.pid)
        time.sleep(2)
        at_rest = spent_s(process, 6)
        shown.scene = scene(replace(CAR, plate=None))
        driver.read_plates(True)
        heard.wait(NoPlateSeen, within_s=SLOW_S)
        at_work = spent_s(process, 4) / 4 * 6
        assert at_rest < at_work / 3, f"{at_rest:.2f} s at rest, {at_work:.2f} s at work"
        assert process.num_threads() < 16
