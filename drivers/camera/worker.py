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

from drivers.camera.health import PictureHealth, look_at
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
from drivers.camera.ppocr import PpOcrRecogniser
from drivers.camera.recogniser import Picture, Recogniser
from drivers.camera.settings import CameraSettings
from drivers.camera.snapshot import day_of, save_snapshot, write_whole
from drivers.camera.sources import FFMPEG_OPTIONS, Source, source_of
from drivers.camera.stream import Frame, FrameStream
from drivers.camera.turn import Turn
from drivers.camera.vote import Voted
from drivers.readings import Condition, DeviceCondition, PictureMissed, PictureSaved, PlateSeen, Reading, Slot

TICK_S = 0.04
BEAT_S = 0.5
SLOWEST_ROUND_NS = 8_000_000_000
"""Reading a frame may take so long on a crowded machine; a loop that takes longer hangs, and the signs of life end."""
PREVIEW_NS, PREVIEW_WIDTH = 1_000_000_000, 640
HANG_NS = 25_000_000_000
"""A stream thread that sits so long in one call, beyond its own timeouts, hangs: the process ends and starts anew."""
READABLE = (Condition.ONLINE, Condition.FAULT)

Send = Callable[[Message | Reading], None]


class Worker:
    """What the process does each time round. `step` returns False when it is told to end."""

    def __init__(self, settings: CameraSettings, stream: FrameStream, send: Send, *, live: bool) -> None:
        now = time.monotonic_ns()
        self._settings = settings
        self._stream = stream
        self._send = send
        self._health = PictureHealth(settings.stale_ms, live=live, now_ns=now)
        self._condition: Condition | None = None
        self._recogniser: Recogniser | None = None
        self._trouble = ""
        self._turn: Turn | None = None
        self._best: tuple[int, Frame] | None = None
        self._frame: Frame | None = None
        self._fresh = False
        self._preview_ns = 0
        self._started_ns = self._round_ns = now

    def load(self) -> None:
        """Open the models; a camera whose recogniser cannot be opened still gives pictures, with a fault."""
        if not self._settings.forms:
            return
        try:
            self._recogniser = PpOcrRecogniser(
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
                self._turn = Turn(self._settings.frames, time.monotonic_ns()) if on else None
                self._best = None
            case Stop():
                return False
            case _:
                pass
        return True

    def step(self) -> None:
        """Once round: take up a new frame, judge the camera, read plates, show the preview."""
        now = self._round_ns = time.monotonic_ns()
        self._take_up(self._stream.newest)
        self._judge(now)
        if self._turn is not None and self._recogniser is not None and self._frame is not None and self._fresh:
            self._look(self._turn, self._recogniser, self._frame)
        self._preview(now)
        if self._stream.busy_ns(now) > HANG_NS:
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

    def _take_up(self, frame: Frame | None) -> None:
        if frame is None or (self._frame is not None and frame.number == self._frame.number):
            return
        self._frame = frame
        # A frame with the very content of the one before is no new evidence: it is not read again.
        self._fresh = self._health.saw(look_at(frame.picture), frame.at_ns) or self._fresh

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

    def _look(self, turn: Turn, recogniser: Recogniser, frame: Frame) -> None:
        if self._condition not in READABLE or not self._health.changed_since(turn.changed_since_ns):
            return
        if not turn.wants(frame.at_ns, time.monotonic_ns()):
            return
        self._fresh = False
        plates = recogniser.read(self._region(frame.picture))
        if plates and (self._best is None or plates[0].margin >= self._best[0]):
            self._best = plates[0].margin, frame
        voted = turn.read(plates, time.monotonic_ns())
        if voted is not None:
            self._say(voted, frame)

    def _region(self, picture: Picture) -> Picture:
        height, width = picture.shape[:2]
        x0, y0, x1, y1 = self._settings.region
        left, top = width * x0 // 1000, height * y0 // 1000
        return picture[top : max(top + 32, height * y1 // 1000), left : max(left + 32, width * x1 // 1000)]

    def _say(self, voted: Voted, frame: Frame) -> None:
        try:
            picture = self._save((self._best[1] if self._best is not None else frame).picture)[0]
        except OSError:
            picture = ""  # the reading counts without its picture: a full disk must not hold a vehicle
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
            )
        )

    # --- pictures --------------------------------------------------------------------------------------------------

    def _take(self, request: str) -> None:
        device, now = self._settings.id, time.monotonic_ns()
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

    def _save(self, picture: Picture) -> tuple[str, int, int]:
        day = day_of(time.time(), self._settings.utc_offset_minutes)
        saved = save_snapshot(picture, self._settings.pictures, day)
        return saved.sha256, saved.width, saved.height

    def _preview(self, now: int) -> None:
        path, frame = self._settings.preview, self._frame
        if path is None or frame is None or now - self._preview_ns < PREVIEW_NS or frame.at_ns < self._preview_ns:
            return
        self._preview_ns = now
        height, width = frame.picture.shape[:2]
        size = PREVIEW_WIDTH, max(1, round(height * PREVIEW_WIDTH / width))
        done, jpeg = cv2.imencode(".jpg", cv2.resize(frame.picture, size, interpolation=cv2.INTER_AREA))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if done:
                write_whole(path, jpeg.tobytes(), sync=False)
        except OSError:
            return  # a preview that cannot be written shows as old by its time; nothing depends on it


def _source(settings: CameraSettings, send: Send) -> Source:
    password = ""
    if settings.password_file is not None:
        try:
            password = settings.password_file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            detail = f"the password file {settings.password_file} cannot be read: {error}"
            now = time.monotonic_ns()
            send(DeviceCondition(device=settings.id, origin_ns=now, condition=Condition.LOST, detail=detail))
    return source_of(
        settings.source,
        user=settings.user,
        password=password,
        open_timeout_ms=settings.open_timeout_ms,
        read_timeout_ms=settings.stale_ms + 1_000,
    )


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
    source = _source(settings, send)
    stream = FrameStream(source, settings.id)
    stream.start()
    worker = Worker(settings, stream, send, live=source.live)
    worker.load()
    threading.Thread(target=worker.beat, name="beat", daemon=True).start()
    try:
        return _loop(worker, buffer, lines)
    except BrokenPipeError:
        return 0  # the daemon is gone
    finally:
        stream.stop(0.5)


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
        readable, _, _ = select.select([0], [], [], TICK_S)
        if readable:
            data = os.read(0, 65536)
            if not data:
                return 0
            lines = buffer.feed(data)


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # a stream thread that hangs in a native call must not hold the process
