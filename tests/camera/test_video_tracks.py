"""The readings of a video are sorted by vehicle and voted over; each vehicle is named once."""

from dataclasses import replace

import pytest

from drivers.camera.edits import edits
from drivers.camera.recogniser import Plate
from drivers.camera.video_tracks import MOST_READINGS, Tracks
from tests.camera.support import plate


def at(text: str, x: float, share: float = 0.98, y: float = 100.0) -> Plate:
    """A plate of 100 by 30 pixels at that place."""
    corners = ((x, y), (x + 100, y), (x + 100, y + 30), (x, y + 30))
    return replace(plate(text, share), corners=corners)


def texts(tracks: Tracks) -> list[str]:
    return [each.voted.text for each in tracks.followed()]


def test_one_vehicle_read_in_several_ways_is_named_once_as_most_of_its_readings_say() -> None:
    tracks = Tracks()
    for look, text in enumerate(["粤B12345", "粤B12345", "粤B12346", "粤B1234", "粤B12345"]):
        tracks.look([at(text, 100 + 20 * look)], look * 100.0)
    (found,) = tracks.followed()
    assert found.voted.text == "粤B12345"
    assert (found.track.looks, found.track.first_ms, found.track.last_ms) == (5, 0.0, 400.0)


def test_two_vehicles_side_by_side_are_two_and_the_surer_comes_first() -> None:
    tracks = Tracks()
    for look in range(4):
        tracks.look([at("粤B12345", 100, 0.7), at("京A98765", 600)], look * 100.0)
    assert texts(tracks) == ["京A98765", "粤B12345"]


def test_one_vehicle_after_another_in_the_same_place_is_another() -> None:
    tracks = Tracks()
    for look in range(4):
        tracks.look([at("粤B12345", 100)], look * 100.0)
    for look in range(4):
        tracks.look([at("京A98765", 100)], 2000.0 + look * 100.0)
    assert sorted(texts(tracks)) == ["京A98765", "粤B12345"]


def test_a_vehicle_that_comes_back_is_named_once_with_all_its_looks() -> None:
    tracks = Tracks()
    tracks.look([at("粤B12345", 100)], 0.0)
    tracks.look([at("粤B12345", 100)], 60_000.0)
    (found,) = tracks.followed()
    assert (found.track.looks, found.track.first_ms, found.track.last_ms) == (2, 0.0, 60_000.0)


def test_a_look_tells_which_plates_it_shows_better_than_all_before() -> None:
    tracks = Tracks()
    assert len(tracks.look([at("粤B12345", 100, 0.8)], 0.0)) == 1
    assert len(tracks.look([at("粤B12345", 105, 0.9)], 100.0)) == 1
    assert tracks.look([at("粤B12345", 110, 0.6)], 200.0) == []
    assert tracks.best_times() == {100.0}


def test_a_parked_vehicle_does_not_gather_readings_without_end() -> None:
    tracks = Tracks()
    for look in range(10 * MOST_READINGS):
        tracks.look([at("粤B12345", 100)], look * 100.0)
    (found,) = tracks.followed()
    assert found.track.looks == 10 * MOST_READINGS
    assert len(found.track.plates) <= 2 * MOST_READINGS + 1


def test_a_video_without_plates_has_none() -> None:
    tracks = Tracks()
    assert tracks.look([], 0.0) == []
    assert tracks.followed() == []


@pytest.mark.parametrize(
    ("one", "other", "count"), [("", "", 0), ("AB", "", 2), ("ABC", "AXC", 1), ("ABC", "AC", 1), ("ABC", "BCD", 2)]
)
def test_edits_count_what_was_put_in_left_out_or_changed(one: str, other: str, count: int) -> None:
    assert edits(one, other) == edits(other, one) == count


def test_a_plate_seen_in_two_places_at_once_counts_each_look_once_and_its_times_stay_in_order() -> None:
    tracks = Tracks()
    for look in range(101):
        there = [at("粤B12345", 100)] + ([at("粤B12345", 900, 0.7)] if 10 <= look <= 20 else [])
        tracks.look(there, look * 100.0)
    for _asked_twice in range(2):
        (found,) = tracks.followed()
        assert (found.track.looks, found.track.first_ms, found.track.last_ms) == (101, 0.0, 10_000.0)
