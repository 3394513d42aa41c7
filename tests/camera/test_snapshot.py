"""A picture is whole and on disk before anybody names it."""

import hashlib
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.camera.snapshot import day_of, save_snapshot, write_whole


def picture(height: int = 720, width: int = 1280) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 255, (height, width, 3), dtype=np.uint8)


def test_a_snapshot_stands_under_its_day_and_the_hash_of_its_bytes(tmp_path: Path) -> None:
    saved = save_snapshot(picture(), tmp_path, "2026-05-01")
    assert saved.path == tmp_path / "2026-05-01" / f"{saved.sha256}.jpg"
    assert hashlib.sha256(saved.path.read_bytes()).hexdigest() == saved.sha256
    assert cv2.imread(str(saved.path)).shape == (720, 1280, 3)
    assert [path.name for path in saved.path.parent.iterdir()] == [saved.path.name], "no temporary file is left"


@pytest.mark.parametrize("size", [(720, 1280), (1080, 1920), (480, 640), (300, 1280), (1160, 720)])
def test_a_snapshot_has_at_least_1280_by_720(tmp_path: Path, size: tuple[int, int]) -> None:
    saved = save_snapshot(picture(*size), tmp_path, "2026-05-01")
    assert saved.width >= 1280
    assert saved.height >= 720
    assert abs(saved.width / saved.height - size[1] / size[0]) < 0.01


def test_the_same_picture_twice_is_one_file(tmp_path: Path) -> None:
    assert save_snapshot(picture(), tmp_path, "d") == save_snapshot(picture(), tmp_path, "d")
    assert len(list((tmp_path / "d").iterdir())) == 1


def test_the_bytes_are_synced_before_the_rename_and_the_folder_after(tmp_path: Path, mocker: object) -> None:
    order: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(handle: int) -> None:
        order.append("folder" if Path(f"/proc/self/fd/{handle}").is_dir() else "file")
        fsync(handle)

    def noted_replace(path: Path, target: Path) -> Path:
        order.append("rename")
        return replace(path, target)

    mocker.patch("os.fsync", noted_fsync)  # type: ignore[attr-defined]
    mocker.patch.object(Path, "replace", noted_replace)  # type: ignore[attr-defined]
    save_snapshot(picture(), tmp_path, "2026-05-01")
    assert order == ["file", "rename", "folder", "folder"], "a new day's folder is synced into its parent too"


def test_a_disk_that_refuses_leaves_nothing_behind_and_says_so(tmp_path: Path, mocker: object) -> None:
    def refused(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    mocker.patch("os.fsync", refused)  # type: ignore[attr-defined]
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "a.jpg", b"x", sync=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("utc_s", "offset", "day"), [(0, 0, "1970-01-01"), (57_600, 480, "1970-01-02"), (57_599, 480, "1970-01-01")]
)
def test_the_day_is_the_sites(utc_s: float, offset: int, day: str) -> None:
    assert day_of(utc_s, offset) == day
