"""A camera that does not show the present is told from one that does, within 10 s, by frames and time alone."""

import cv2
import numpy as np
import pytest

from drivers.camera.health import Look, PictureHealth, look_at
from drivers.camera.motion import small_of
from drivers.camera.stream import REDUCED
from drivers.camera.worker import GLANCE_SMALLER, WATCHED_SMALLER
from drivers.readings import Condition

S = 1_000_000_000


def watched(*, live: bool = True, stale_ms: int = 5000) -> PictureHealth:
    return PictureHealth(stale_ms, live=live, now_ns=0)


def test_a_living_camera_is_online() -> None:
    health = watched()
    for second in range(60):
        health.saw(Look(str(second).encode(), black=False), second * S)
        assert health.condition(second * S + 100, "")[0] is Condition.ONLINE


@pytest.mark.parametrize("stale_ms", [500, 5000, 10_000])
def test_without_pictures_it_is_stale_at_its_limit_and_not_before(stale_ms: int) -> None:
    health = watched(stale_ms=stale_ms)
    health.saw(Look(b"a", black=False), 0)
    assert health.condition(stale_ms * 1_000_000 - 1, "")[0] is Condition.ONLINE
    condition, detail = health.condition(stale_ms * 1_000_000, "")
    assert condition is Condition.STALE
    assert f"within {stale_ms} ms" in detail


def test_without_a_stream_it_is_lost_and_says_why() -> None:
    assert watched().condition(6 * S, "http://cam: cannot be opened") == (
        Condition.LOST,
        "http://cam: cannot be opened",
    )


def test_the_same_picture_again_and_again_is_frozen_and_a_new_one_ends_it() -> None:
    health = watched()
    for tenth in range(60):
        health.saw(Look(b"a", black=False), tenth * S // 10)
    assert health.condition(6 * S, "")[0] is Condition.FROZEN
    health.saw(Look(b"b", black=False), 6 * S)
    assert health.condition(6 * S, "")[0] is Condition.ONLINE


def test_video_that_says_that_nothing_has_changed_is_frozen_when_two_key_frames_are_the_same() -> None:
    health = watched()
    for tenth in range(100):
        health.saw(Look(b"a", black=False), tenth * S // 10, repeated=False)
    assert health.condition(10 * S, "")[0] is Condition.ONLINE
    assert not health.changed_since(1 * S), "yet nothing is read of it for a vehicle that came since"
    health.saw(Look(b"a", black=False), 10 * S, repeated=True)
    assert health.condition(10 * S, "")[0] is Condition.FROZEN
    health.saw(Look(b"a", black=False), 11 * S, repeated=False)
    assert health.condition(11 * S, "")[0] is Condition.FROZEN, "what was proven stays so"
    health.saw(Look(b"b", black=False), 12 * S, repeated=False)
    assert health.condition(18 * S - 1, "")[0] is not Condition.FROZEN


def test_neither_the_clock_in_a_picture_nor_what_an_encoder_makes_of_it_is_a_movement_and_a_vehicle_is() -> None:
    health, random = watched(), np.random.default_rng(4)
    street = random.integers(40, 160, (45, 80, 3)).repeat(16, 0).repeat(16, 1).astype(np.uint8)
    for second in range(10):
        picture = np.clip(street + random.normal(0, 4, street.shape), 0, 255).astype(np.uint8)
        cv2.putText(picture, f"2026-11-30 12:00:{second:02d}", (20, 40), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (255,) * 3, 2)
        assert health.saw(look_at(picture), second * S, small_of(picture), repeated=False)
    assert health.changed_since(9 * S)
    assert health.moved_since(0)
    assert not health.moved_since(1)
    street[300:600, 400:700] = (40, 40, 200)
    health.saw(look_at(street), 10 * S, small_of(street), repeated=False)
    assert health.moved_since(10 * S)


def test_video_that_never_changes_is_frozen_after_a_minute_whatever_it_is_made_of() -> None:
    health = watched()
    for second in range(61):
        health.saw(Look(b"a", black=False), second * S, repeated=False)
        assert (health.condition(second * S, "")[0] is Condition.FROZEN) is (second == 60)


def test_a_still_file_is_not_called_frozen() -> None:
    health = watched(live=False)
    for second in range(20):
        health.saw(Look(b"a", black=False), second * S)
    assert health.condition(20 * S, "")[0] is Condition.ONLINE
    assert health.changed_since(19 * S)


def test_black_for_three_seconds_is_black_and_a_blink_is_not() -> None:
    health = watched()
    health.saw(Look(b"0", black=False), 0)
    for second in range(1, 3):
        health.saw(Look(bytes([second]), black=True), second * S)
        assert health.condition(second * S, "")[0] is Condition.ONLINE
    health.saw(Look(b"9", black=True), 3 * S)
    assert health.condition(3 * S, "")[0] is Condition.BLACK


def test_a_change_is_known_by_its_time() -> None:
    health = watched()
    assert not health.changed_since(0)
    assert health.saw(Look(b"a", black=False), 1 * S)
    assert not health.saw(Look(b"a", black=False), 5 * S)
    assert health.changed_since(1 * S)
    assert not health.changed_since(2 * S)


def test_night_with_a_lamp_is_not_black_and_a_covered_lens_is() -> None:
    covered = np.full((720, 1280, 3), 4, np.uint8)
    night = covered.copy()
    night[300:420, 500:800] = 90
    assert look_at(covered).black
    assert not look_at(night).black


def test_noise_alone_makes_another_picture() -> None:
    random = np.random.default_rng(1)
    picture = random.integers(0, 255, (720, 1280, 3), dtype=np.uint8)
    assert look_at(picture) == look_at(picture.copy())
    assert look_at(picture).digest != look_at(picture + random.integers(0, 2, picture.shape, dtype=np.uint8)).digest


@pytest.mark.parametrize("smaller", [GLANCE_SMALLER, WATCHED_SMALLER])
def test_the_noise_of_a_quiet_sensor_shows_in_what_is_glanced_at_of_a_jpeg(smaller: int) -> None:
    random = np.random.default_rng(1)
    ground = cv2.resize(
        random.integers(40, 200, (9, 16, 3), dtype=np.uint8), (1280, 720), interpolation=cv2.INTER_CUBIC
    )

    def glanced(noise: float) -> bytes:
        picture = np.clip(ground + random.normal(0, noise, ground.shape), 0, 255).astype(np.uint8)
        packet = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
        return look_at(np.asarray(cv2.imdecode(packet, REDUCED[smaller]), np.uint8)).digest

    assert glanced(0.0) == glanced(0.0), "a camera that has stopped"
    assert len({glanced(0.2) for _picture in range(6)}) == 6
