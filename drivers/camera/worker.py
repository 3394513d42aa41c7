"""A camera's own process: frames, health, pictures, and plates while it is told to read them.

Started by `drivers.camera.camera` as `python -m drivers.camera.worker`: settings as the first line of standard input,
then orders; readings go out on standard output. It ends when its input ends: it never outlives the daemon. No policy.
"""

import os
import select
import sys
import threading
import time
from collections.abc import Callable

import cv2
import numpy as np

from drivers.camera import quad
from drivers.camera.aim import GAP_NS, Aim, Sight, region_box
from drivers.camera.health import NS_PER_MS, PictureHealth, look_at
from drivers.camera.lookout import GAPS_TO_STALE, Lookout
from drivers.camera.messages import (
    Beat,
    LineBuffer,
    LineRefused,
    Message,
    ReadPlates,
    Stop,
    TakePicture,
    line_of,
    message_of,
)
from drivers.camera.models import ModelMissing
from drivers.camera.motion import small_of
from drivers.camera.plate_recogniser import PlateRecogniser
from drivers.camera.recogniser import Picture, Plate, Recogniser
from drivers.camera.second_opinion import doubted
from drivers.camera.settings import CameraSettings
from drivers.camera.snapshot import day_of, save_snapshot, write_whole
from drivers.camera.sources import FFMPEG_OPTIONS, Source, source_of
from drivers.camera.stream import NS_PER_S, Frame, FrameStream
from drivers.camera.turn import Seen, Turn, Unseen
from drivers.camera.vehicle_color import vehicle_color
from drivers.readings import (
    Condition,
    DeviceCondition,
    NoPlateSeen,
    PictureMissed,
    PictureSaved,
    PlateSeen,
    Reading,
    Slot,
)

TICK_S, TICKS_IN_GAP = 0.04, 4
BEAT_S = 0.5
SLOWEST_ROUND_NS = 8_000_000_000
"""Reading a frame may take so long on a crowded machine; a loop that takes longer hangs, and the signs of life end."""
PREVIEW_NS, PREVIEW_WIDTH = 1_000_000_000, 640
AT_REST_NS = 900_000_000
"""While nobody asks for plates, pictures so far apart show whether the camera lives."""
GLANCE_SMALLER, WATCHED_SMALLER = 2, 8
"""How much smaller pictures are glanced at: at half their size, which serves the preview too; where motion is watched
for, so that more are, at an eighth."""
RECENT_NS = 400_000_000
"""What was looked at longer ago, while nobody asked, is not what is asked for: the next picture is."""
STOOD_NS = 2_000_000_000
"""Who stands there for less is no vehicle by which a camera is judged: loops flicker."""
AWAITED_TIMES, AWAITED_S = 30, 0.01
HANG_NS, BEYOND_TIMEOUT_MS = 25_000_000_000, 10_000
"""A stream thread that sits so long in one call, and so much beyond its own timeout, hangs: the process ends and starts
anew."""
READABLE = (Condition.ONLINE, Condition.FAULT)

Send = Callable[[Message | Reading], None]


class Worker:
    """What the process does each time round. `step` returns False when it is told to end."""

    def __init__(
        self,
        settings: CameraSettings,
        stream: FrameStream,
        send: Send,
        substream: FrameStream | None = None,
    ) -> None:
        now = time.monotonic_ns()
        self._settings = settings
        self._stream = stream
        self._send = send
        self._health = PictureHealth(settings.stale_ms, live=stream.live, now_ns=now)
        self._condition: Condition | None = None
        self._recogniser: Recogniser | None = None
        self._trouble = ""
        self._turn: Turn[Frame] | None = None
        self._asked = False
        self._left_ns = self._since_ns = 0
        self._lookout = Lookout(settings, substream, now_ns=now) if settings.wants_motion else None
        self._frame: Frame | None = None
        self._fresh = False
        self._preview_ns = 0
        self._aim = Aim(settings.preview, settings.region)
        self._sight: Sight | None = None
        self._hang_ns = max(HANG_NS, (2 * settings.open_timeout_ms + BEYOND_TIMEOUT_MS) * NS_PER_MS)
        self._started_ns = self._round_ns = now

    def load(self) -> None:
        """Open the models; a camera whose recogniser cannot be opened still gives pictures, with a fault."""
        if not self._settings.forms:
            return
        try:
            self._recogniser = PlateRecogniser(
                self._settings.forms, longest=self._settings.longest, threads=self._settings.threads
            )
        except ModelMissing as error:
            self._trouble = f"plates cannot be read: {error}"

    def obey(self, message: Message) -> bool:
        """Carry out one order; False for the order to end."""
        match message:
            case TakePicture(request=request):
                self._take(request)
            case ReadPlates(on=on):
                self._wake(asked=on, now=time.monotonic_ns())
            case Stop():
                return False
            case _:
                pass
        return True

    def step(self) -> None:
        """Once round: take up a new frame, judge the camera, read plates, show the preview."""
        now = self._round_ns = time.monotonic_ns()
        self._stream.gap_ns, self._stream.patience_ns = self._needed_gap_ns(), self._patience_ns
        if self._lookout is not None:
            self._lookout.look(now, heed=not self._asked)
        self._take_up(self._stream.newest)
        self._judge(now)
        self._heed_motion(now)
        if self._turn is not None and self._recogniser is not None and self._frame is not None and self._fresh:
            self._look(self._turn, self._recogniser, self._frame)
        self._show_aim(now)
        self._preview(now)
        if self._stream.busy_ns(now) > self._hang_ns:
            raise SystemExit(f"{self._settings.id}: the stream hangs in the backend, the process ends to free it")

    def beat(self) -> None:
        """Give signs of life, from a thread of its own, as long as the loop goes round."""
        try:
            while True:
                if time.monotonic_ns() - self._round_ns < SLOWEST_ROUND_NS:
                    self._send(Beat(ready=True))
                time.sleep(BEAT_S)
        except BrokenPipeError:
            return  # the daemon is gone; the loop ends by itself

    @property
    def tick_s(self) -> float:
        """How long the loop waits for an order before it goes round again."""
        gap_ns = self._needed_gap_ns()
        if self._lookout is not None:
            gap_ns = min(gap_ns, self._lookout.gap_ns)
        return max(TICK_S, gap_ns / TICKS_IN_GAP / NS_PER_S)

    @property
    def _is_at_work(self) -> bool:
        return self._turn is not None or self._aim.is_watched

    @property
    def _is_watched(self) -> bool:
        """Whether motion is watched for in the main picture, of which nothing may be left out then."""
        return self._lookout is not None and self._lookout.is_on_main

    def _needed_gap_ns(self) -> int:
        if self._is_at_work:
            return 0
        if self._lookout is not None and self._lookout.is_on_main:
            return self._lookout.main_gap_ns
        return min(AT_REST_NS, self._settings.stale_ms * NS_PER_MS // GAPS_TO_STALE)

    @property
    def _patience_ns(self) -> int:
        """So much later does for a picture that only shows that the camera lives: twice before it counts as frozen."""
        if self._is_at_work or self._is_watched:
            return 0
        return max(0, self._settings.stale_ms * NS_PER_MS // 2 - self._needed_gap_ns())

    def _take_up(self, frame: Frame | None) -> None:
        if frame is None or (self._frame is not None and frame.number == self._frame.number):
            return
        self._frame = frame
        if self._lookout is not None and not self._asked:
            self._lookout.saw_main(frame)
        # A frame with the very content of the one before is no new evidence: it is not read again.
        look, small = look_at(frame.glance), small_of(self._region(frame.glance))
        self._fresh = self._health.saw(look, frame.at_ns, small, repeated=frame.repeated) or self._fresh

    def _judge(self, now: int) -> None:
        waited = now - self._started_ns > self._settings.open_timeout_ms * 1_000_000
        if self._frame is None and not waited:
            return
        condition, detail = self._health.condition(now, self._stream.loss)
        if condition is Condition.ONLINE and self._trouble:
            condition, detail = Condition.FAULT, self._trouble
        if condition is not self._condition:
            self._condition = condition
            self._send(DeviceCondition(device=self._settings.id, origin_ns=now, condition=condition, detail=detail))

    # --- plates ----------------------------------------------------------------------------------------------------

    def _wake(self, *, asked: bool, now: int) -> None:
        """The lane says that a vehicle has come, or that it is gone.

        Where motion alone wakes recognition, the turn of the vehicle that the lane has heard of from here goes on.
        """
        if self._asked and not asked:
            self._left_ns = now
            if self._turn is not None and now - self._turn.began_ns >= STOOD_NS:
                self._health.vehicle_left(self._turn.changed_since_ns)
        goes_on = asked and self._turn is not None and not self._asked and self._settings.wake == "motion"
        self._asked = asked
        if not goes_on:
            self._turn = self._new_turn(now) if asked else None
            self._since_ns = now - RECENT_NS

    def _heed_motion(self, now: int) -> None:
        """Wake recognition while something moves, and rest it afterwards, unless the lane has asked for it."""
        if self._lookout is None or self._asked:
            return
        moves = self._lookout.moves(now)
        if not moves:
            self._turn = None
        elif self._turn is None:
            self._turn = self._new_turn(now)

    def _new_turn(self, now: int) -> Turn[Frame]:
        """What moves need be no vehicle: only where the lane has asked is a missing plate worth a word."""
        settings = self._settings
        unseen, left_ns = (settings.no_plate_frames, self._left_ns) if self._asked else (0, 0)
        least_px = settings.least_plate_px
        return Turn(settings.frames, now, left_ns=left_ns, no_plate_frames=unseen, least_plate_px=least_px)

    def _look(self, turn: Turn[Frame], recogniser: Recogniser, frame: Frame) -> None:
        if self._condition not in READABLE or self._health.is_black:
            return
        if frame.at_ns < self._since_ns or not self._health.changed_since(turn.changed_since_ns):
            return
        if not turn.wants(frame.at_ns, time.monotonic_ns(), self._stream.behind_ns):
            return
        self._fresh = False
        plates = self._read(recogniser, frame)
        if not self._health.moved_since(turn.changed_since_ns):
            plates = [doubted(plate) for plate in plates]  # it may be the vehicle before's
        match turn.read(plates, frame, time.monotonic_ns()):
            case Seen() as seen:
                self._say(seen, frame)
            case Unseen(frames=frames):
                picture = self._kept(frame)
                self._send(NoPlateSeen(device=self._settings.id, origin_ns=frame.at_ns, frames=frames, picture=picture))
            case None:
                pass

    def _region(self, picture: Picture) -> Picture:
        left, top, right, low = region_box(self._settings.region, picture)
        return picture[top:low, left:right]

    def _read(self, recogniser: Recogniser, frame: Frame) -> list[Plate]:
        began_ns = time.monotonic_ns()
        plates = recogniser.read(self._region(frame.picture))
        self._sight = Sight(frame, plates, (time.monotonic_ns() - began_ns) // 1_000_000)
        return plates

    def _show_aim(self, now: int) -> None:
        """For somebody who aims the camera: what was just read for the lane, else a frame read for this alone.

        Nothing of it is said to the lane, and no vote and no turn takes part in it.
        """
        frame = self._frame
        if frame is None or not self._aim.wants(frame, now):
            return
        if self._recogniser is None or self._condition not in READABLE:
            self._sight = Sight(frame, (), None)
        elif self._sight is None or now - self._sight.frame.at_ns >= GAP_NS:
            self._read(self._recogniser, frame)
        if self._sight is not None:
            substream = self._lookout.trouble if self._lookout is not None else None
            self._aim.show(self._sight, time.monotonic_ns(), substream)
            self._preview_ns = now

    def _say(self, seen: Seen[Frame], frame: Frame) -> None:
        voted, best = seen.voted, seen.best
        corners = self._in_picture(best.shot, best.plate)
        color, confidence = vehicle_color(best.shot.picture, corners)
        picture = self._kept(best.shot)
        self._send(
            PlateSeen(
                device=self._settings.id,
                origin_ns=frame.at_ns,
                text=voted.text,
                raw=voted.raw,
                kind=voted.kind,
                color=voted.color,
                margin=voted.margin,
                slots=tuple(Slot(char=slot.char, margin=slot.margin, others=slot.others) for slot in voted.slots),
                frames=voted.frames,
                picture=picture,
                another=seen.another,
                vehicle_color=color,
                vehicle_color_confidence=confidence,
                box=quad.box(corners, best.shot.picture.shape[1::-1]) if picture else (),
            )
        )

    def _in_picture(self, frame: Frame, plate: Plate) -> quad.Floats:
        """The corners in the whole picture: the region may cut off the bodywork about the plate."""
        left, top, _right, _low = region_box(self._settings.region, frame.picture)
        return np.asarray(np.add(plate.corners, (left, top)), np.float32)

    def _kept(self, frame: Frame) -> str:
        """The picture on disk; "" where it is refused: a full disk must not hold a vehicle."""
        try:
            return self._save(frame.picture)[0]
        except OSError:
            return ""

    # --- pictures --------------------------------------------------------------------------------------------------

    def _take(self, request: str) -> None:
        device, now = self._settings.id, time.monotonic_ns()
        self._stream.gap_ns = self._stream.patience_ns = 0
        self._await_present(now)
        self._take_up(self._stream.newest)
        frame = self._frame
        if frame is None or now - frame.at_ns > self._settings.stale_ms * 1_000_000:
            detail = self._stream.loss or "the newest picture is too old"
            self._send(PictureMissed(device=device, origin_ns=now, request=request, detail=detail))
            return
        try:
            sha256, width, height = self._save(frame.picture)
        except OSError as error:
            detail = f"the picture cannot be written under {self._settings.pictures}: {error}"
            self._send(PictureMissed(device=device, origin_ns=now, request=request, detail=detail))
            return
        self._send(
            PictureSaved(
                device=device, origin_ns=frame.at_ns, request=request, sha256=sha256, width=width, height=height
            )
        )

    def _await_present(self, now: int) -> None:
        """At rest a camera may have shown nothing for a second or two: its next picture is on the way."""
        for _ in range(AWAITED_TIMES):
            newest = self._stream.newest
            if self._stream.loss or (newest is not None and now - newest.at_ns < RECENT_NS):
                return
            time.sleep(AWAITED_S)

    def _save(self, picture: Picture) -> tuple[str, int, int]:
        day = day_of(time.time(), self._settings.utc_offset_minutes)
        saved = save_snapshot(picture, self._settings.pictures, day)
        return saved.sha256, saved.width, saved.height

    def _preview(self, now: int) -> None:
        path, frame = self._settings.preview, self._frame
        if path is None or frame is None or now - self._preview_ns < PREVIEW_NS or frame.at_ns < self._preview_ns:
            return
        self._preview_ns = now
        picture = frame.at_least(PREVIEW_WIDTH)
        height, width = picture.shape[:2]
        size = PREVIEW_WIDTH, max(1, round(height * PREVIEW_WIDTH / width))
        done, jpeg = cv2.imencode(".jpg", cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if done:
                write_whole(path, jpeg.tobytes(), sync=False)
        except OSError:
            return  # a preview that cannot be written shows as old by its time; nothing depends on it


def _password(settings: CameraSettings, send: Send) -> str:
    if settings.password_file is None:
        return ""
    try:
        return settings.password_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        detail = f"the password file {settings.password_file} cannot be read: {error}"
        now = time.monotonic_ns()
        send(DeviceCondition(device=settings.id, origin_ns=now, condition=Condition.LOST, detail=detail))
        return ""


def _source(address: str, settings: CameraSettings, password: str) -> Source:
    return source_of(
        address,
        user=settings.user,
        password=password,
        open_timeout_ms=settings.open_timeout_ms,
        read_timeout_ms=settings.stale_ms + 1_000,
    )


def _stream(source: Source, name: str, smaller: int) -> FrameStream:
    if source.is_rtsp:
        from drivers.camera.rtsp_stream import RtspStream  # noqa: PLC0415 - another FFmpeg, 20 MB, where it is needed

        return RtspStream(source, name)
    return FrameStream(source, name, smaller)


def _streams(settings: CameraSettings, password: str) -> list[FrameStream]:
    """The camera's main stream, and its substream where it has one and motion is watched for."""
    source = _source(settings.source, settings, password)
    if not settings.wants_motion:
        return [_stream(source, settings.id, GLANCE_SMALLER)]
    if not settings.substream:
        return [_stream(source, settings.id, WATCHED_SMALLER)]
    small = _source(settings.substream, settings, password)
    return [
        _stream(source, settings.id, GLANCE_SMALLER),
        _stream(small, f"{settings.id}-substream", GLANCE_SMALLER),
    ]


def _be_modest() -> None:
    """Give way to the lane: low priority, one thread in OpenCV, no chatter of the backends."""
    os.nice(10)
    cv2.setNumThreads(1)
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = FFMPEG_OPTIONS


def _own_output() -> int:
    """Keep standard output for our lines alone: whatever a library prints goes to standard error."""
    kept = os.dup(1)
    os.dup2(2, 1)
    return kept


def main() -> int:
    """Run until the input ends or says stop."""
    out, one_at_a_time = _own_output(), threading.Lock()

    def send(message: Message | Reading) -> None:
        line = line_of(message)
        with one_at_a_time:
            while line:
                line = line[os.write(out, line) :]

    _be_modest()
    buffer, lines = LineBuffer(), list[bytes]()
    while not lines:
        data = os.read(0, 65536)
        if not data:
            return 0
        lines = buffer.feed(data)
    settings = CameraSettings.from_json(lines.pop(0).decode())
    stream, *substream = streams = _streams(settings, _password(settings, send))
    for each in streams:
        each.start()
    worker = Worker(settings, stream, send, *substream)
    worker.load()
    send(Beat(ready=True))  # before all else: from here on it is known within seconds when the process stands still
    threading.Thread(target=worker.beat, name="beat", daemon=True).start()
    try:
        return _loop(worker, buffer, lines)
    except BrokenPipeError:
        return 0  # the daemon is gone
    finally:
        for each in streams:
            each.stop(0.5 / len(streams))


def _loop(worker: Worker, buffer: LineBuffer, lines: list[bytes]) -> int:
    while True:
        for line in lines:
            try:
                if not worker.obey(message_of(line)):
                    return 0
            except LineRefused as error:
                print(f"camera process: order refused: {error}", file=sys.stderr)
        lines = []
        worker.step()
        readable, _, _ = select.select([0], [], [], worker.tick_s)
        if readable:
            data = os.read(0, 65536)
            if not data:
                return 0
            lines = buffer.feed(data)


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # a stream thread that hangs in a native call must not hold the process
