"""Frames come out of a video at the pace asked for; what is wrong with the file is said in one line."""

import struct
from pathlib import Path

import numpy as np
import pytest

from drivers.camera.overheard import overheard
from drivers.camera.picture_file import PictureRefused
from drivers.camera.video_file import VideoFile, is_video
from tests.camera.clips import clip, cut, damaged

FRAMES = [np.full((120, 160, 3), 20 + 7 * number, np.uint8) for number in range(30)]
NOISE = [np.random.default_rng(number).integers(0, 255, (120, 160, 3), dtype=np.uint8) for number in range(30)]


def times(file: Path, every_ms: float) -> list[int]:
    with VideoFile(file) as video:
        found = [round(frame.at_ms) for frame in video.frames(every_ms)]
    assert video.fault == ""
    return found


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".mkv"])
def test_frames_are_taken_at_the_pace_asked_for(tmp_path: Path, suffix: str) -> None:
    file = clip(tmp_path / f"lane{suffix}", FRAMES)
    assert times(file, 1000) == [0, 1000, 2000]
    assert times(file, 10) == list(range(0, 3000, 100))


def test_a_faster_video_is_thinned_without_drifting(tmp_path: Path) -> None:
    found = times(clip(tmp_path / "lane.avi", FRAMES, fps=25.0), 100)
    assert len(found) == 12
    assert max(abs(time_ms - 100 * number) for number, time_ms in enumerate(found)) <= 40


def test_raw_mjpeg_has_a_supposed_pace_and_no_length(tmp_path: Path) -> None:
    with VideoFile(clip(tmp_path / "lane.mjpeg", FRAMES)) as video:
        frames = list(video.frames(400))
    assert [round(frame.at_ms) for frame in frames] == [0, 400, 800]
    assert {frame.share for frame in frames} == {0.0}
    assert frames[0].picture.shape == (120, 160, 3)


def test_a_frame_is_the_one_of_its_time_and_tells_how_much_has_passed(tmp_path: Path) -> None:
    with VideoFile(clip(tmp_path / "lane.avi", FRAMES)) as video:
        _first, middle, _last = video.frames(1000)
    assert abs(int(np.median(middle.picture)) - (20 + 7 * 10)) <= 3
    assert middle.share == pytest.approx(1 / 3)


@pytest.mark.parametrize("suffix", [".avi", ".mkv"])
def test_a_video_that_was_cut_gives_what_is_there_and_says_how_much_it_was(tmp_path: Path, suffix: str) -> None:
    whole = clip(tmp_path / f"whole{suffix}", NOISE)
    with VideoFile(cut(whole, tmp_path / f"cut{suffix}")) as video:
        assert 5 < len(list(video.frames(100))) < 20
    assert "cut short" in video.fault
    assert "of 3.0 s" in video.fault


def test_a_damaged_video_gives_what_can_be_decoded_and_says_so(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = clip(tmp_path / "whole.mp4", NOISE)
    with VideoFile(damaged(whole, tmp_path / "damaged.mp4")) as video:
        assert len(list(video.frames(100))) > 5
    assert "damaged in places" in video.fault
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("empty.mp4", b"", "is empty"),
        ("garbage.mkv", b"no video at all" * 100, "cannot be opened"),
        ("text.avi", b"RIFF\0\0\0\0AVI " + b"\0" * 500, "cannot be opened"),
    ],
)
def test_a_file_that_is_no_video_is_refused_with_the_reason(
    tmp_path: Path, name: str, body: bytes, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / name
    file.write_bytes(body)
    with pytest.raises(PictureRefused, match=reason):
        VideoFile(file)
    assert capfd.readouterr().err == ""


def test_a_video_cut_anywhere_is_refused_or_read_and_raises_nothing_else(tmp_path: Path) -> None:
    for suffix in (".mp4", ".avi", ".mkv", ".mjpeg"):
        whole = clip(tmp_path / f"whole{suffix}", NOISE[:6])
        for share in np.linspace(0.001, 0.999, 12):
            try:
                with VideoFile(cut(whole, tmp_path / f"cut{suffix}", share)) as video:
                    assert all(frame.picture.shape == (120, 160, 3) for frame in video.frames(100))
            except PictureRefused as error:
                assert "\n" not in str(error)


def test_a_video_is_known_by_its_name_or_by_its_first_bytes(tmp_path: Path) -> None:
    assert is_video(clip(tmp_path / "lane.mp4", FRAMES).rename(tmp_path / "lane.bin"))
    assert is_video(tmp_path / "missing.MKV")
    assert not is_video(tmp_path / "missing.jpg")
    assert not is_video(tmp_path)


def test_a_name_like_an_address_is_a_file_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    clip(tmp_path / "lane.avi", FRAMES).rename(tmp_path / "concat:a|b.avi")
    assert times(Path("concat:a|b.avi"), 1000) == [0, 1000, 2000]


def test_what_a_library_writes_is_kept_off_standard_error_and_told(capfd: pytest.CaptureFixture[str]) -> None:
    import os

    with overheard() as heard:
        os.write(2, b"moov atom not found\n")
    assert heard.complained
    with overheard() as heard:
        pass
    assert not heard.complained
    assert capfd.readouterr().err == ""


def test_a_matroska_file_whose_sound_is_longer_than_its_pictures_is_whole(tmp_path: Path) -> None:
    """The length such a file tells is the longest track's: here 4.5 s for 3 s of pictures, as a sound leaves it."""
    file = clip(tmp_path / "lane.mkv", FRAMES)
    body = file.read_bytes()
    duration = b"\x44\x89\x88"
    at = body.index(duration) + len(duration)
    assert struct.unpack(">d", body[at : at + 8]) == (3000.0,)
    file.write_bytes(body[:at] + struct.pack(">d", 4500.0) + body[at + 8 :])
    assert times(file, 1000) == [0, 1000, 2000]
