"""What the process does each time round: signs of life, what wakes recognition, and what it says of a vehicle."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from controller.config_file import load_box_config
from controller.domain.facts import PlateRead, PlateUnseen
from controller.ids import IdMaker
from controller.station import Station, site_of
from drivers.camera import quad
from drivers.camera.messages import Beat, ReadPlates, TakePicture, line_of, message_of
from drivers.camera.recogniser import Picture, Plate
from drivers.camera.settings import CameraSettings
from drivers.camera.sources import SourceKind, source_of
from drivers.camera.stream import Frame, FrameStream
from drivers.camera.worker import SLOWEST_ROUND_NS, Worker
from drivers.readings import Condition, DeviceCondition, NoPlateSeen, PictureSaved, PlateSeen, Reading
from tests.camera.support import FORMS, plate, slot
from tests.support.box import SetClock


def beats(worker: Worker, sent: list[object], monkeypatch: pytest.MonkeyPatch) -> int:
    """How many signs of life a few rounds of the beating thread give."""
    rounds = iter(range(3))

    def slept(_seconds: float) -> None:
        if next(rounds, None) is None:
            raise BrokenPipeError

    monkeypatch.setattr(time, "sleep", slept)
    sent.clear()
    worker.beat()
    return sum(isinstance(message, Beat) for message in sent)


def test_a_loop_that_hangs_gives_no_sign_of_life_and_one_that_goes_round_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []
    source = source_of("/nonexistent.mp4", open_timeout_ms=500, read_timeout_ms=500)
    settings = CameraSettings(id="cam", source=source.target, pictures=tmp_path)
    worker = Worker(settings, FrameStream(source, "cam"), sent.append)
    worker.step()
    assert beats(worker, sent, monkeypatch) == 4
    later = time.monotonic_ns() + SLOWEST_ROUND_NS + 1
    monkeypatch.setattr(time, "monotonic_ns", lambda: later)
    assert beats(worker, sent, monkeypatch) == 0
    worker.step()
    assert beats(worker, sent, monkeypatch) == 4


@pytest.mark.parametrize(
    ("text", "kind", "live"),
    [
        ("rtsp://10.0.0.9:554/stream1", SourceKind.NETWORK, True),
        ("http://10.0.0.9/video.mjpg", SourceKind.NETWORK, True),
        ("https://10.0.0.9/video.mjpg", SourceKind.NETWORK, True),
        ("/dev/video0", SourceKind.DEVICE, True),
        ("/var/lib/clip.mp4", SourceKind.FILE, False),
        ("gate.jpg", SourceKind.FILE, False),
    ],
)
def test_a_source_is_what_its_text_says(text: str, kind: SourceKind, live: bool) -> None:
    source = source_of(text, open_timeout_ms=1, read_timeout_ms=2)
    assert (source.kind, source.live, source.target) == (kind, live, text)


def test_a_password_goes_into_the_address_and_never_into_what_is_shown() -> None:
    source = source_of(
        "rtsp://old:pw@cam:554/1?x=pw", user="a b", password="p@:/%", open_timeout_ms=1, read_timeout_ms=2
    )
    assert source.target == "rtsp://a%20b:p%40%3A%2F%25@cam:554/1?x=pw"
    assert source.shown == "rtsp://cam:554/1"


def test_an_address_in_capitals_or_with_a_password_in_its_path_is_shown_without_it_too() -> None:
    source = source_of(" RTSP://admin:s3cret@Cam/2", open_timeout_ms=1, read_timeout_ms=2)
    assert (source.kind, source.target) == (SourceKind.NETWORK, "rtsp://admin:s3cret@Cam/2")
    assert source.shown == "rtsp://Cam/2"
    recorder = "rtsp://h/user=admin&password=s3cret&channel=1&stream=1.sdp"
    source = source_of(recorder, open_timeout_ms=1, read_timeout_ms=2)
    assert source.target == recorder
    assert source.shown == "rtsp://h/user=admin&password=…&channel=1&stream=1.sdp"


@pytest.mark.parametrize("password", ["p]w", "[", "pa#ss", "pa/ss", "pa?ss", "p@ss", "℀"])
def test_whatever_a_password_holds_the_address_is_understood_and_the_password_not_shown(password: str) -> None:
    source = source_of(f"rtsp://admin:{password}@10.0.0.9:554/2", open_timeout_ms=1, read_timeout_ms=2)
    assert (source.is_rtsp, source.shown) == (True, "rtsp://10.0.0.9:554/2")


# --- plates, with a recogniser that is told what it sees -----------------------------------------------------------

MS = 1_000_000
HEIGHT, WIDTH = 360, 640


class Told:
    """A recogniser that gives what the test says, and keeps what it was shown."""

    def __init__(self) -> None:
        self.plates: list[Plate] = []
        self.shown: list[tuple[int, ...]] = []

    def read(self, image: Picture) -> list[Plate]:
        self.shown.append(image.shape)
        return self.plates


class Rig:
    """A worker with a stream, a recogniser and a clock of the test's own; no process and no thread."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: object) -> None:
        self.now = 1_000_000 * MS
        monkeypatch.setattr(time, "monotonic_ns", lambda: self.now)
        source = source_of("rtsp://nowhere/", open_timeout_ms=500, read_timeout_ms=500)
        self.stream = FrameStream(source, "cam")
        self.sent: list[Reading] = []
        options = CameraSettings(id="exit-camera", source=source.target, pictures=folder, forms=FORMS, **settings)  # type: ignore[arg-type]
        self.worker = Worker(options, self.stream, lambda message: self.sent.append(message))  # type: ignore[arg-type]
        self.worker._recogniser = self.recogniser = Told()
        self.rng = np.random.default_rng(4)
        ground = self.rng.integers(60, 180, (HEIGHT // 40, WIDTH // 40, 3)).repeat(40, 0).repeat(40, 1)
        self.grounds = [(ground + self.rng.integers(-3, 4, ground.shape)).astype(np.uint8) for _ in range(3)]
        self.car_x: int | None = None
        self._number = 0

    def picture(self) -> Picture:
        base = self.grounds[self._number % 3].copy()
        if self.car_x is not None:
            base[120:300, self.car_x : self.car_x + 200] = (40, 40, 200)
        return base

    def show(self, *plates: Plate, pictures: int = 1, period_ms: int = 125) -> None:
        """So many pictures come, in each of which these plates are to be read."""
        self.recogniser.plates = list(plates)
        for _ in range(pictures):
            self.now += period_ms * MS
            self._number += 1
            self.stream._newest = Frame(self.picture(), self.now, self._number)
            self.stream.loss = ""
            self.stream._touch()
            self.worker.step()

    def drive(self, pictures: int = 8) -> None:
        """A vehicle rolls through the picture."""
        for number in range(pictures):
            self.car_x = 20 + 40 * number
            self.show()

    def ask(self, on: bool = True) -> None:
        self.worker.obey(ReadPlates(on))

    def plates(self) -> list[PlateSeen]:
        return [each for each in self.sent if isinstance(each, PlateSeen)]

    def conditions(self) -> list[DeviceCondition]:
        return [each for each in self.sent if isinstance(each, DeviceCondition)]

    def unseen(self) -> list[NoPlateSeen]:
        return [each for each in self.sent if isinstance(each, NoPlateSeen)]


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    return Rig(tmp_path, monkeypatch)


CAR = replace(plate("粤B12345", 0.99), corners=((200.0, 260.0), (300.0, 260.0), (300.0, 290.0), (200.0, 290.0)))


def station() -> Station:
    clock = SetClock()
    return Station(site_of(load_box_config(Path("config/whole-estate.yaml"))), clock, IdMaker(clock))


def test_everything_the_recogniser_knows_of_a_plate_reaches_the_fact_that_is_decided_from(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    colored: list[object] = []

    def silver(picture: Picture, corners: object) -> tuple[str, int]:
        colored.extend((picture.shape, np.asarray(corners).tolist()))
        return "silver", 870

    monkeypatch.setattr("drivers.camera.worker.vehicle_color", silver)
    doubt = slot(("5", 0.6), ("S", 0.25), ("?", 0.1))
    doubtful = replace(CAR, slots=(*CAR.slots[:-1], doubt))
    rig.ask()
    rig.show(doubtful, pictures=12)
    seen = rig.plates()[0]
    fact = station().facts(message_of(line_of(seen)[:-1]))[0].fact  # type: ignore[arg-type]
    assert isinstance(fact, PlateRead)
    assert (fact.text, fact.raw, fact.kind, fact.color) == ("粤B12345", "粤B12345", "small", "blue")
    assert [each.char for each in fact.slots] == list("粤B12345")
    assert fact.margin == min(each.margin for each in fact.slots) == fact.slots[-1].margin < 1000
    assert fact.slots[-1].others == "S"
    assert fact.frames >= 2
    assert (fact.vehicle_color, fact.vehicle_color_confidence, fact.another) == ("silver", 870, False)
    assert list(tmp_path.glob(f"*/{fact.picture}.jpg")), "the picture is on disk before it is named"
    assert colored[0] == (HEIGHT, WIDTH, 3)


def test_the_vehicle_s_colour_is_looked_for_in_the_whole_picture_at_the_place_of_the_plate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[list[float]]] = []
    monkeypatch.setattr(
        "drivers.camera.worker.vehicle_color", lambda _picture, corners: asked.append(corners.tolist()) or ("", 0)
    )
    rig = Rig(tmp_path, monkeypatch, region=(500, 250, 1000, 1000))
    rig.ask()
    rig.show(CAR)
    assert rig.recogniser.shown == [(270, 320, 3)], "plates are looked for in the region alone"
    assert asked == [[[520.0, 350.0], [620.0, 350.0], [620.0, 380.0], [520.0, 380.0]]]
    (corners,) = asked
    assert rig.plates()[0].box == quad.box([(x, y) for x, y in corners], (WIDTH, HEIGHT)), "in the whole picture"


def test_r25_a_vehicle_without_a_plate_is_said_once_with_a_picture_that_is_on_disk(rig: Rig, tmp_path: Path) -> None:
    rig.ask()
    rig.show(pictures=60)
    (said,) = rig.unseen()
    assert said.frames == 5
    assert list(tmp_path.glob(f"*/{said.picture}.jpg"))
    fact = station().facts(message_of(line_of(said)[:-1]))[0].fact  # type: ignore[arg-type]
    assert isinstance(fact, PlateUnseen)
    assert (fact.lane, fact.side, fact.frames, fact.picture) == ("south-out", "exit", 5, said.picture)
    assert rig.plates() == []


def test_f10_a_stream_hangs_only_where_it_sits_in_a_call_for_longer_than_it_may_take_to_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for timeout_ms, patience_s in ((5_000, 25), (30_000, 70)):
        rig = Rig(tmp_path, monkeypatch, open_timeout_ms=timeout_ms)
        rig.stream._busy_since_ns = rig.now
        rig.now += (patience_s * 1000 - 1) * MS
        rig.worker.step()
        rig.now += 2 * MS
        with pytest.raises(SystemExit, match="hangs in the backend"):
            rig.worker.step()


def test_f10_a_black_picture_is_the_camera_s_fault_and_no_vehicle_without_a_plate(rig: Rig) -> None:
    rig.ask()
    rig.grounds = [np.zeros((HEIGHT, WIDTH, 3), np.uint8) + number for number in range(3)]
    rig.show(CAR, pictures=40)
    assert rig.recogniser.shown == []
    assert rig.unseen() == rig.plates() == []


def test_f10_a_frozen_picture_is_counted_once(rig: Rig) -> None:
    rig.ask()
    rig.grounds = rig.grounds[:1] * 3
    rig.show(pictures=60)
    assert len(rig.recogniser.shown) == 1
    assert rig.unseen() == []


def test_after_how_many_frames_that_is_said_stands_in_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Rig(tmp_path, monkeypatch, no_plate_frames=2)
    rig.ask()
    rig.show(pictures=4)
    assert [each.frames for each in rig.unseen()] == [2]


def test_a_plate_too_small_for_the_site_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig(tmp_path, monkeypatch, least_plate_px=101)
    rig.ask()
    rig.show(CAR, pictures=20)
    assert rig.plates() == []
    assert len(rig.unseen()) == 1


def test_a_trailer_behind_the_tractor_is_said_as_another_vehicle_with_its_own_picture(rig: Rig) -> None:
    rig.ask()
    rig.show(CAR)
    rig.car_x = 100
    rig.show(replace(plate("赣C1234挂", 0.99), corners=CAR.corners), pictures=20)
    assert [(each.text, each.another) for each in rig.plates()] == [("粤B12345", False), ("赣C1234挂", True)]
    assert rig.plates()[0].picture != rig.plates()[1].picture


def test_a_frame_of_the_vehicle_before_is_not_read_for_the_next_which_is_no_other_vehicle_then(rig: Rig) -> None:
    """The loop clears and is taken again between two pictures: the newest one still shows the vehicle before."""
    rig.drive()
    rig.ask()
    rig.show(CAR)
    rig._number += 1
    rig.stream._newest = Frame(rig.picture(), rig.now + 1 * MS, rig._number)
    rig.now += 2 * MS
    rig.ask(False)
    rig.ask()
    rig.worker.step()
    assert [each.text for each in rig.plates()] == ["粤B12345"]
    rig.show(replace(plate("京A67890", 0.99), corners=CAR.corners))
    assert [(each.text, each.another) for each in rig.plates()][1:] == [("京A67890", False)]


def standing(rig: Rig, *plates: Plate) -> None:
    """The lane says that a vehicle comes and stands there for three seconds; nothing moves, but the noise goes on."""
    rig.ask()
    rig.show(*plates, pictures=24)
    rig.ask(False)
    rig.show(*plates, pictures=24)


def test_f10_the_plate_of_a_picture_in_which_nobody_came_opens_nothing_for_who_did(rig: Rig) -> None:
    """The sensor has stopped on the vehicle before; its encoder goes on, and no two pictures are the same."""
    seen = replace(CAR, slots=tuple(slot((char, 0.96), *((other, 0.01) for other in "CDGQ")) for char in CAR.text))
    rig.drive()
    standing(rig, seen)
    assert [each.margin >= 300 for each in rig.plates()] == [True]
    rig.sent.clear()
    rig.ask()
    rig.show(seen, pictures=24)
    assert {(each.text, each.margin >= 300) for each in rig.plates()} == {("粤B12345", False)}
    assert all(slot.margin < 300 for each in rig.plates() for slot in each.slots), "nor as a near plate"
    rig.sent.clear()
    rig.drive()
    rig.show(seen, pictures=24)
    assert rig.plates()[-1].margin >= 300, "the camera lives, so it is the vehicle's that stands there"


def test_f10_two_vehicles_that_came_and_went_without_moving_the_picture_prove_that_the_camera_has_stopped(
    rig: Rig,
) -> None:
    rig.drive()
    standing(rig, CAR)
    for _flicker in range(5):
        rig.ask()
        rig.show(CAR, pictures=4)
        rig.ask(False)
        rig.show(CAR, pictures=24)
    standing(rig, CAR)
    assert [each for each in rig.conditions() if each.condition is not Condition.ONLINE] == []
    standing(rig, CAR)
    told = rig.conditions()[-1]
    assert told.condition is Condition.FROZEN
    assert "2 vehicles came and went and nothing moved" in told.detail
    rig.drive()
    assert rig.conditions()[-1].condition is Condition.ONLINE


def test_by_default_nothing_is_read_while_the_lane_does_not_ask_whatever_moves(rig: Rig) -> None:
    rig.drive()
    rig.show(CAR, pictures=8)
    assert rig.recogniser.shown == []
    rig.ask()
    rig.show(CAR)
    rig.ask(on=False)
    read = len(rig.recogniser.shown)
    rig.show(CAR, pictures=20)
    assert len(rig.recogniser.shown) == read


@pytest.mark.parametrize("wake", ["motion", "both"])
def test_where_motion_wakes_a_plate_is_read_while_something_moves_and_not_long_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wake: str
) -> None:
    rig = Rig(tmp_path, monkeypatch, wake=wake)
    rig.show(CAR, pictures=16)
    assert rig.recogniser.shown == [], "nothing moves"
    rig.drive()
    rig.show(CAR, pictures=8)
    assert [each.text for each in rig.plates()] == ["粤B12345"]
    rig.show(CAR, pictures=60)
    read = len(rig.recogniser.shown)
    rig.show(CAR, pictures=60)
    assert len(rig.recogniser.shown) == read, "it stands still: at rest"
    rig.drive()
    rig.show(replace(plate("京A67890", 0.99), corners=CAR.corners), pictures=4)
    assert [(each.text, each.another) for each in rig.plates()][1:] == [("京A67890", False)], "a turn of its own"


@pytest.mark.parametrize(
    ("settings", "gap_ms", "patience_ms"),
    [
        ({}, 900, 1600),
        ({"wake": "motion"}, 350, 0),
        ({"stale_ms": 500}, 125, 125),
        ({"stale_ms": 500, "wake": "motion"}, 125, 0),
    ],
)
def test_at_rest_few_pictures_are_looked_at_but_enough_to_know_in_time_that_the_camera_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, object], gap_ms: int, patience_ms: int
) -> None:
    rig = Rig(tmp_path, monkeypatch, **settings)
    rig.show(pictures=4, period_ms=gap_ms)
    assert (rig.stream.gap_ns, rig.stream.patience_ns) == (gap_ms * MS, patience_ms * MS)
    assert rig.worker.tick_s == pytest.approx(max(0.04, gap_ms / 4000))
    rig.ask()
    rig.show()
    assert (rig.stream.gap_ns, rig.stream.patience_ns) == (0, 0), "a vehicle is there: every picture, at once"
    assert rig.worker.tick_s == 0.04


def test_what_was_looked_at_a_while_before_the_vehicle_came_is_not_read_and_the_next_picture_is(rig: Rig) -> None:
    rig.show(CAR)
    rig.now += 900 * MS
    rig.ask()
    rig.worker.step()
    assert rig.recogniser.shown == []
    rig.show(CAR, period_ms=40)
    assert len(rig.plates()) == 1
    rig.ask(on=False)
    rig.show(CAR, pictures=2)
    rig.ask()
    rig.worker.step()
    assert len(rig.plates()) == 2, "a moment ago is soon enough"


def test_a_picture_asked_for_at_rest_is_of_the_present_where_the_camera_gives_one(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def comes(_seconds: float) -> None:
        rig.now += 40 * MS
        rig.stream._newest = Frame(rig.picture(), rig.now, 99)

    rig.show()
    shown_ns = rig.now
    rig.now += 900 * MS
    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", comes)
        rig.worker.obey(TakePicture("p1"))
    first = next(each for each in rig.sent if isinstance(each, PictureSaved))
    assert first.origin_ns == shown_ns + 940 * MS
    slept = list[float]()
    rig.now += 900 * MS
    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", slept.append)
        rig.worker.obey(TakePicture("p2"))
        assert 0.2 < sum(slept) < 0.5, "and what there is, where it gives none in time"
        rig.stream.loss = "the stream ended"
        slept.clear()
        rig.worker.obey(TakePicture("p3"))
        assert not slept, "a lost camera is not waited for"
    assert [each.origin_ns for each in rig.sent if isinstance(each, PictureSaved)] == 3 * [first.origin_ns]


def test_once_something_stirs_the_very_next_picture_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Rig(tmp_path, monkeypatch, wake="motion")
    rig.show(pictures=4, period_ms=375)
    rig.car_x = 200
    rig.show(period_ms=375)
    rig.worker.step()
    assert rig.stream.gap_ns == 0
    rig.show(CAR)
    rig.show(CAR)
    assert len(rig.plates()) == 1, "half a second after it came into view"


def test_what_moves_without_a_plate_is_no_vehicle_and_nobody_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Rig(tmp_path, monkeypatch, wake="motion")
    for _ in range(4):
        rig.drive()
    assert len(rig.recogniser.shown) > 5
    assert rig.sent == [each for each in rig.sent if not isinstance(each, (PlateSeen, NoPlateSeen))]


def test_where_motion_alone_wakes_the_lane_s_word_changes_nothing_but_that_it_may_be_told_of_a_missing_plate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Rig(tmp_path, monkeypatch, wake="motion")
    rig.drive()
    rig.show(CAR, pictures=2)
    rig.ask()
    rig.show(CAR, pictures=10)
    assert len(rig.plates()) == 1, "the plate that began the passage is not said twice"
    rig.ask(on=False)
    rig.ask()
    rig.show(pictures=60)
    assert len(rig.unseen()) == 1


def test_with_loop_and_motion_the_arrival_at_the_loop_begins_a_turn_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Rig(tmp_path, monkeypatch, wake="both")
    rig.drive()
    rig.show(CAR, pictures=2)
    rig.ask()
    rig.show(CAR, pictures=2)
    assert [each.text for each in rig.plates()] == ["粤B12345"] * 2, "what the lane could not use yet is said again"
