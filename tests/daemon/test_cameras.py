"""What a configuration says of a camera reaches its driver, and what it does not say follows from what is wired."""

from pathlib import Path
from typing import Any

import pytest

from controller.app.hardware import camera_driver
from controller.config import BoxConfig
from controller.config_file import load_box_config
from drivers.camera.settings import CameraSettings


def settings(config: BoxConfig, camera: str) -> CameraSettings:
    found = next(each for each in config.cameras if each.id == camera)
    return camera_driver(config, found, lambda _reading: None)._settings


def estate(unwired: list[str], **camera: Any) -> BoxConfig:
    plain = load_box_config(Path("config/whole-estate.yaml")).model_dump(mode="json")
    for line in plain["barrier_lines"]:
        for board in line["boards"]:
            board["unwired"] = unwired
    plain["cameras"] = [{**each, **camera} for each in plain["cameras"]]
    return BoxConfig.model_validate(plain)


def test_every_key_of_a_camera_reaches_its_process() -> None:
    said = {"frames": 4, "no_plate_frames": 7, "least_plate_px": 90, "wake": "both", "threads": 2, "stale_ms": 1234}
    found = settings(estate([], **said), "exit-camera")
    assert {name: getattr(found, name) for name in said} == said
    assert CameraSettings.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    ("unwired", "camera", "wake"),
    [
        ([], "exit-camera", "loop"),
        (["arming"], "exit-camera", "motion"),
        (["leaving"], "exit-camera", "loop"),
        (["leaving"], "shared-in-camera", "loop"),
        (["leaving"], "shared-out-camera", "motion"),
        (["arming"], "shared-out-camera", "loop"),
    ],
)
def test_without_a_loop_before_the_arm_motion_wakes_the_camera_that_looks_there(
    unwired: list[str], camera: str, wake: str
) -> None:
    assert settings(estate(unwired), camera).wake == wake


def test_what_the_configuration_says_goes_first() -> None:
    assert settings(estate(["arming"], wake="loop"), "exit-camera").wake == "loop"
