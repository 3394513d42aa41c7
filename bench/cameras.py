"""What cameras cost: memory, an idle one's time, frame to plate, and what two of them at work take from the lane loop.

Simulated cameras of 1280x720 send 8 pictures a second over HTTP; drivers and processes are those of the daemon, with
its settings and niceness. Vehicles roll up one after another; the time to a plate runs from the arrival of the picture
that decided, and from the moment at which the loop before the arm woke recognition. RSS counts shared libraries in
full, PSS this process's share of them; the aim is kept by the greater, RSS. What a camera at rest takes of a core is
measured with the machine at rest, too, and beside other work on every processor: the aim is kept by what it takes from
that (`bench.awake` says why), for the JPEGs and for a camera of video, coded as cameras do it. One of video that motion
wakes is measured with its substream, as it should be set up, and without; the aim is kept by the former.

For the lane loop the whole daemon runs on real wires, as in `bench.lane_latency`. Spells with no camera's process and
spells with two of them take turns, each first every other time. At work a new vehicle stands before each of the two
every second, so that both read plates all the time. In every spell somebody else takes the same pictures, so that the
simulated cameras draw the same whether a driver looks or not.

    python -m bench.cameras [--vehicles 60] [--idle 20] [--rounds 4] [--seconds 15] [--json FILE] [--quick]
"""

import argparse
import itertools
import shutil
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import big_data
from bench.awake import awake
from bench.figure import Figure, Findings, options, percentile, run
from bench.lane_latency import BAUD, LANES, SETTLE_S, Times, in_words, sort_facts, spell, traffic
from bench.memory import memory_mb
from bench.watched_lane import ONLINE_S, WatchedLane, vehicles
from controller.config import BoxConfig
from controller.config_file import load_box_config
from drivers.camera.lookout import TRUSTED_NS
from simulator.scene.state import SceneState
from simulator.wire.camera_process import CameraProcess, CameraSettings
from simulator.wire.rtsp_camera import RtspCamera
from tests.support.wired_box import WiredBox

CAMERAS = ("cam-a", "cam-b")
FPS = 8.0
VIDEO_FPS, VIDEO_KEY_EVERY, VIDEO_KBIT_S = 25, 50, 2000
WAKES = {"loop": "the loop", "motion": "motion"}
"""What wakes a camera, as settings and as words have it."""
PART = b"Content-Type: image/jpeg"
"""Stands before every picture on the line."""
AIM_MB = 350
AIM_IDLE_PERCENT = 5
AIM_RATIO = 1.5
VIDEOS = (
    ("the loop", "loop", False, AIM_IDLE_PERCENT),
    ("motion in its substream", "motion", True, AIM_IDLE_PERCENT),
    ("motion, without a substream", "motion", False, None),
)
"""In words, what wakes it, whether it has a substream, and the aim."""
SEED = 5
GONE_S = 0.5
EVERY_S = 1.0
"""A new vehicle before each camera at work."""
WARM_UP_S = 2.0


# --- one camera ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Idle:
    """An empty lane before a camera."""

    percent: float
    pictures_per_s: float
    memory: dict[str, float]


class VideoStreet:
    """One camera of H.264 over RTSP. Use it as a context."""

    def __init__(self) -> None:
        self.scene = SceneState()
        self._camera = RtspCamera(lambda _t: self.scene, fps=VIDEO_FPS, key_every=VIDEO_KEY_EVERY, kbit_s=VIDEO_KBIT_S)
        self.urls, self.substream = dict[str, str](), ""

    def __enter__(self) -> "VideoStreet":
        self._camera.start()
        self.urls[CAMERAS[0]], self.substream = self._camera.url, self._camera.substream_url
        return self

    def __exit__(self, *_: object) -> None:
        self._camera.stop()

    def show(self, _name: str, scene: SceneState) -> None:
        self.scene = scene


def idle_video(config: BoxConfig, wake: str, seconds: float, *, has_substream: bool) -> float:
    """What a camera costs, in % of a core, that sends video and sees nobody."""
    with ExitStack() as stack:
        street = stack.enter_context(VideoStreet())
        substream = street.substream if has_substream else ""
        lane = stack.enter_context(WatchedLane(CAMERAS[0], street, config, wake, substream))
        # A key frame more before packets are left undecoded, and the time until a substream is trusted.
        time.sleep(WARM_UP_S + VIDEO_KEY_EVERY / VIDEO_FPS + (TRUSTED_NS / 1e9 if has_substream else 0.0))
        spent_s, began = lane.spent_s(), time.monotonic()
        time.sleep(seconds)
        return 100 * (lane.spent_s() - spent_s) / (time.monotonic() - began)


def idle(street: CameraProcess, config: BoxConfig, wake: str, seconds: float) -> Idle:
    """What a camera costs that sees nobody."""
    name = CAMERAS[0]
    with WatchedLane(name, street, config, wake) as lane, Looker(street.urls[name]) as looker:
        lane.show()
        time.sleep(WARM_UP_S)
        spent_s, sent, began = lane.spent_s(), looker.pictures, time.monotonic()
        time.sleep(seconds)
        spent_s, sent, took_s = lane.spent_s() - spent_s, looker.pictures - sent, time.monotonic() - began
        return Idle(100 * spent_s / took_s, sent / took_s, memory_mb(lane.process))


@dataclass(slots=True)
class Read:
    """Vehicles that came one after another, and what was said of them."""

    vehicles: int = 0
    exact: int = 0
    frame_ms: list[float] = field(default_factory=list)
    loop_ms: list[float] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    memory: list[dict[str, float]] = field(default_factory=list)
    peak_mb: float = 0.0


def read(street: CameraProcess, config: BoxConfig, count: int) -> Read:
    """So many vehicles roll up, stand on the loop until they are read, and are gone."""
    found = Read()
    with WatchedLane(CAMERAS[0], street, config) as lane:
        for vehicle in itertools.islice(vehicles(SEED), count):
            lane.roll_up(vehicle)
            woken_ns = time.monotonic_ns()
            lane.driver.read_plates(True)
            said = lane.await_plate()
            found.vehicles += 1
            if said is not None:
                assert vehicle.plate is not None
                found.exact += said.reading.text == vehicle.plate.text
                found.frame_ms.append(said.ms)
                found.loop_ms.append((said.heard_ns - woken_ns) / 1e6)
                found.frames.append(said.reading.frames)
            found.memory.append(memory_mb(lane.process))
            lane.driver.read_plates(False)
            lane.show()
            time.sleep(GONE_S)
            lane.heard()
        found.peak_mb = _peak_mb(lane.process.pid)
    assert found.frame_ms, "no plate was read"
    return found


def _peak_mb(pid: int) -> float:
    """The most that the process ever had resident, its start too."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


# --- the lane loop beside two cameras ------------------------------------------------------------------------------


@dataclass(slots=True)
class Work:
    """What the cameras did in the spells in which they were at work."""

    said: int = 0
    spent_s: float = 0.0
    lasted_s: float = 0.0


class Looker:
    """Somebody who takes the pictures of one camera, counts them and throws them away. Use it as a context."""

    def __init__(self, url: str) -> None:
        self.pictures = 0
        self._url = url
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._take, name="looker")

    def _take(self) -> None:
        end = b""
        with urllib.request.urlopen(self._url, timeout=ONLINE_S) as stream:
            while not self._stop.is_set() and (came := stream.read1(65_536)):
                self.pictures += (end + came).count(PART)
                end = came[1 - len(PART) :]

    def __enter__(self) -> "Looker":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


@contextmanager
def coming(street: CameraProcess, lanes: list[WatchedLane]) -> Iterator[None]:
    """New vehicles before every camera, in turn; where a driver is at work, it is told of them."""
    stop, cars = threading.Event(), vehicles(SEED + 1)
    drivers = {lane.name: lane for lane in lanes}

    def come() -> None:
        for name in itertools.cycle(CAMERAS):
            vehicle = next(cars)
            if name in drivers:
                drivers[name].stand(vehicle)
            else:
                street.show(name, SceneState(vehicles=(vehicle,)))
            if stop.wait(EVERY_S / len(CAMERAS)):
                return

    thread = threading.Thread(target=come, name="vehicles")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def beside(
    given: argparse.Namespace, box: WiredBox, street: CameraProcess, config: BoxConfig
) -> tuple[Times, Times, Work]:
    """The lane loop's times with no camera, with two at work, and what these did."""
    rounds, seconds = (1, 3.0) if given.quick else (given.rounds, given.seconds)
    alone, watched, work = Times(), Times(), Work()
    cards = iter(big_data.residents(20_000))
    daemon = box.start(["-m", "bench.timed_daemon"])
    box.await_ready(daemon)
    traffic(box.lanes, cards, 1.0)
    for number in range(rounds):
        for is_watched in (False, True) if number % 2 == 0 else (True, False):
            with ExitStack() as stack:
                lanes = [stack.enter_context(WatchedLane(name, street, config)) for name in CAMERAS if is_watched]
                stack.enter_context(coming(street, lanes))
                time.sleep(SETTLE_S)
                for lane in lanes:
                    lane.heard()
                spent_s, began = sum(lane.spent_s() for lane in lanes), time.monotonic()
                spell(watched if is_watched else alone, box, cards, seconds)
                if is_watched:
                    work.spent_s += sum(lane.spent_s() for lane in lanes) - spent_s
                    work.lasted_s += time.monotonic() - began
                    work.said += sum(len(lane.heard()) for lane in lanes)
    assert daemon.stop() == 0, daemon.last_words()
    sort_facts(box, alone, watched)
    assert work.said, "no plate was read: the cameras were not at work"
    return alone, watched, work


# --- all of it -----------------------------------------------------------------------------------------------------


def measure(given: argparse.Namespace) -> Findings:
    registry = big_data.registry(1_000 if given.quick else 100_000)
    street = CameraProcess([CameraSettings(name=name, fps=FPS) for name in CAMERAS])
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        box = stack.enter_context(WiredBox(Path(folder), list(LANES), BAUD))
        shutil.copyfile(registry, box.data / "registry.db")
        config = load_box_config(box.config)
        stack.callback(street.stop)
        street.start()
        seconds = 2.0 if given.quick else given.idle
        at_rest = {wake: idle(street, config, wake, seconds) for wake in WAKES}
        with awake():
            beside_work = {wake: idle(street, config, wake, seconds) for wake in WAKES}
            video = [
                (words, idle_video(config, wake, seconds, has_substream=has_substream), aim)
                for words, wake, has_substream, aim in VIDEOS
            ]
        plates = read(street, config, 2 if given.quick else given.vehicles)
        for url in street.urls.values():
            stack.enter_context(Looker(url))
        alone, watched, work = beside(given, box, street, config)
    figures = [*_idle(at_rest, beside_work, video), *_one_camera(plates), *_two_cameras(alone, watched, work)]
    lines = [
        "a camera at rest: RSS {rss:.0f} MB, PSS {pss:.0f} MB, threads {threads:.0f}".format(**at_rest["loop"].memory),
        f"{plates.vehicles} vehicles, {len(plates.frame_ms)} said, {plates.exact} exactly,"
        f" each from {statistics.mean(plates.frames):.1f} pictures",
        in_words("no camera", alone),
        in_words("two at work", watched),
    ]
    more = {
        "frame_ms": plates.frame_ms, "loop_ms": plates.loop_ms, "memory": plates.memory,
        "alone_ms": alone.facts_ms, "watched_ms": watched.facts_ms,
    }  # fmt: skip
    return Findings(figures, lines, more)


def _idle(
    at_rest: dict[str, Idle], beside_work: dict[str, Idle], video: list[tuple[str, float, int | None]]
) -> list[Figure]:
    unit = "% of a core"
    return [
        *(
            Figure(
                f"idle camera, woken by {words}, beside other work", beside_work[wake].percent, unit, AIM_IDLE_PERCENT,
                beside=f"{beside_work[wake].pictures_per_s:.1f} pictures/s came",
            )
            for wake, words in WAKES.items()
        ),
        *(
            Figure(
                f"idle camera of video, woken by {words}, beside other work", percent, unit, aim,
                beside=f"H.264, {VIDEO_FPS} pictures/s, {VIDEO_KBIT_S} kbit/s, each {VIDEO_KEY_EVERY}th a key frame",
            )
            for words, percent, aim in video
        ),
        *(
            Figure(
                f"the same on a machine at rest, woken by {words}", at_rest[wake].percent, unit,
                beside=f"{at_rest[wake].pictures_per_s:.1f} pictures/s came",
            )
            for wake, words in WAKES.items()
        ),
    ]  # fmt: skip


def _one_camera(plates: Read) -> list[Figure]:
    rss, pss = (max(each[name] for each in plates.memory) for name in ("rss", "pss"))
    of = f"{len(plates.frame_ms)} vehicles"
    return [
        Figure(
            "memory of a camera at work, RSS", rss, "MB", AIM_MB,
            beside=f"PSS {pss:.0f} MB; the most ever {plates.peak_mb:.0f} MB",
        ),
        Figure("picture to plate, p50", percentile(plates.frame_ms, 0.5), "ms", beside=of),
        Figure("picture to plate, p99", percentile(plates.frame_ms, 0.99), "ms", beside=of),
        Figure("loop to plate, p50", percentile(plates.loop_ms, 0.5), "ms", beside="with every look that it took"),
        Figure("loop to plate, p99", percentile(plates.loop_ms, 0.99), "ms", beside="with every look that it took"),
    ]  # fmt: skip


def _two_cameras(alone: Times, watched: Times, work: Work) -> list[Figure]:
    p99, watched_p99 = percentile(alone.facts_ms, 0.99), percentile(watched.facts_ms, 0.99)
    did = f"{work.said / work.lasted_s:.1f} plates/s, {100 * work.spent_s / work.lasted_s:.0f} % of a core"
    return [
        Figure("lane loop per fact, no camera, p99", p99, "ms", beside=f"{len(alone.facts_ms)} facts"),
        Figure(
            "lane loop per fact, two cameras at work, p99", watched_p99, "ms", beside=f"{len(watched.facts_ms)} facts"
        ),
        Figure("two cameras at work beside none", watched_p99 / p99, "×", AIM_RATIO, beside=did),
    ]


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--vehicles", type=int, default=60)
    parser.add_argument("--idle", type=float, default=20.0, metavar="SECONDS")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=15.0)
    given = parser.parse_args()
    return run("cameras", given, lambda: measure(given))


if __name__ == "__main__":
    sys.exit(main())
