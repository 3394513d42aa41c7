"""One camera as the daemon sees it: a `CameraDriver` that keeps the camera's process alive and passes its readings on.

Frames and recognition live in that process (`worker`), so that neither can stall or crash the lane. No policy here.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable

from drivers.backoff import Backoff
from drivers.camera.child import Child, ChildGone
from drivers.camera.messages import Beat, LineRefused, Message, ReadPlates, Stop, TakePicture
from drivers.camera.settings import BEFORE_MS, CameraSettings
from drivers.readings import (
    Condition,
    DeviceCondition,
    Emit,
    NoPlateSeen,
    PictureMissed,
    PictureSaved,
    PlateSeen,
)

START_LIMIT_S = 30.0
"""Loading the models from a cold disk beside a busy lane."""
HANG_LIMIT_S = 4.0
"""Without a sign of life for so long the process hangs, or was stopped: it is killed and started again."""
PICTURE_LIMIT_S = 5.0
STEADY_S = 30.0
"""A process that lived so long was a good one: the next loss waits the shortest time again."""
ROUND_S = 0.25


class Camera:
    """The driver of one camera. Orders return at once; all readings are emitted from the driver's own thread."""

    def __init__(
        self,
        settings: CameraSettings,
        emit: Emit,
        *,
        hang_limit_s: float = HANG_LIMIT_S,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._settings = settings
        self._emit = emit
        self._hang_limit_s = hang_limit_s
        self._now_ns = monotonic_ns
        self._lock = threading.Lock()
        self._orders: list[Message] = []
        self._reading = False
        self._woken_ns = self._left_ns = 0
        self._closed = False
        self._asked: dict[str, int] = {}
        self._child: Child | None = None
        self._condition: Condition | None = None
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"camera-{settings.id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the process and the thread; returns within 2 s."""
        self._stopping.set()
        self._call()
        if self._thread.ident is not None:
            self._thread.join(2.0)
        if not self._thread.is_alive():
            with self._lock:
                if not self._closed:
                    self._closed = True
                    os.close(self._wake)

    def picture(self, request: str) -> None:
        """Ask for a full picture of the newest frame; `PictureSaved` or `PictureMissed` answers within 5 s."""
        self._order(TakePicture(request))

    def read_plates(self, on: bool) -> None:
        """Wake recognition for the vehicle that has come to the loop, or rest it."""
        self._order(ReadPlates(on))

    @property
    def pid(self) -> int | None:
        """The camera's process, for the page that shows what runs; None while there is none."""
        child = self._child
        return child.pid if child is not None else None

    def _order(self, message: Message) -> None:
        with self._lock:
            self._orders.append(message)
        self._call()

    def _call(self) -> None:
        """Wake the keeper. Never after the end: by then the number may be that of another file, a database too."""
        with self._lock:
            if not self._closed:
                os.eventfd_write(self._wake, 1)

    # --- the keeper's thread ---------------------------------------------------------------------------------------

    def _keep(self) -> None:
        backoff = Backoff(250, 30_000)
        while not self._stopping.is_set():
            began_ns = self._now_ns()
            trouble = self._run_once()
            if self._stopping.is_set():
                break
            self._report(Condition.LOST, f"{trouble}; starting it again")
            if self._now_ns() - began_ns > STEADY_S * 1e9:
                backoff.reset()
            self._idle(backoff.next_ms() / 1000)
        self._miss_all("the camera's driver stops")

    def _run_once(self) -> str:
        """One life of the process, from its start to its loss; gives the reason of the loss."""
        try:
            child = Child(self._settings)
        except OSError as error:
            return f"the camera's process cannot be started: {error}"
        self._child = child
        if self._reading:
            child.order(ReadPlates(True))
        trouble = ""
        try:
            self._exchange_until_stop(child)
        except (ChildGone, LineRefused, TimeoutError) as error:
            trouble = str(error)
        finally:
            self._child = None
            child.end(1.0 if self._stopping.is_set() else 0.0)
        self._miss_all(trouble or "the camera's driver stops")
        return trouble

    def _exchange_until_stop(self, child: Child) -> None:
        heard_ns, limit_s = self._now_ns(), START_LIMIT_S
        while not self._stopping.is_set():
            self._hand_over(child)
            for message in child.exchange(self._wake, ROUND_S):
                heard_ns = self._now_ns()
                if isinstance(message, Beat):
                    limit_s = self._hang_limit_s
                else:
                    self._pass_on(message)
            now = self._now_ns()
            if now - heard_ns > limit_s * 1e9:
                raise TimeoutError(
                    f"no sign of life from the camera's process for {limit_s:.0f} s: it hangs or is stopped"
                )
            self._miss_late(now)
        child.order(Stop())
        child.exchange(self._wake, 0.0)

    def _hand_over(self, child: Child) -> None:
        """Give the process what was ordered since the last round."""
        for message in self._taken_orders():
            if isinstance(message, TakePicture):
                self._asked[message.request] = self._now_ns()
            if not child.order(message) and isinstance(message, TakePicture):
                self._miss(message.request, "the camera's process does not take orders")

    def _taken_orders(self) -> list[Message]:
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._wake)
        with self._lock:
            orders, self._orders = self._orders, []
        for message in orders:
            if isinstance(message, ReadPlates):
                self._note(message.on)
        return orders

    def _note(self, on: bool) -> None:
        """Recognition is woken for a vehicle, or rested because it is gone."""
        if on:
            self._woken_ns = self._now_ns()
        elif self._reading:
            self._left_ns = self._now_ns()
        self._reading = on

    def _pass_on(self, message: Message) -> None:
        match message:
            case DeviceCondition():
                self._condition = message.condition
                self._emit(message)
            case PictureSaved() | PictureMissed():
                if self._asked.pop(message.request, None) is not None:
                    self._emit(message)
            case PlateSeen():
                if (self._reading or self._settings.wake != "loop") and self._is_of_now(message):
                    self._emit(message)
            case NoPlateSeen():
                if self._reading and self._is_of_now(message):
                    self._emit(message)
            case _:
                pass

    def _is_of_now(self, reading: PlateSeen | NoPlateSeen) -> bool:
        """Not of the vehicle before: a process that stood still speaks of it before it takes up newer orders."""
        return not self._reading or reading.origin_ns >= max(self._left_ns, self._woken_ns - BEFORE_MS * 1_000_000)

    def _report(self, condition: Condition, detail: str) -> None:
        if self._condition is not condition:
            self._condition = condition
            device = self._settings.id
            self._emit(DeviceCondition(device=device, origin_ns=self._now_ns(), condition=condition, detail=detail))

    def _idle(self, seconds: float) -> None:
        """Wait before the next start; whoever asks for a picture meanwhile is told at once."""
        end_ns = self._now_ns() + int(seconds * 1e9)
        while not self._stopping.wait(0.05) and self._now_ns() < end_ns:
            for message in self._taken_orders():
                if isinstance(message, TakePicture):
                    self._asked[message.request] = 0
            self._miss_all("the camera's process is being started again")

    # --- pictures that cannot be had -------------------------------------------------------------------------------

    def _miss_late(self, now_ns: int) -> None:
        for request, asked_ns in list(self._asked.items()):
            if now_ns - asked_ns > PICTURE_LIMIT_S * 1e9:
                self._miss(request, f"no picture within {PICTURE_LIMIT_S:.0f} s")

    def _miss_all(self, detail: str) -> None:
        for message in self._taken_orders():
            if isinstance(message, TakePicture):
                self._asked[message.request] = 0
        for request in list(self._asked):
            self._miss(request, detail)

    def _miss(self, request: str, detail: str) -> None:
        if self._asked.pop(request, None) is not None:
            device = self._settings.id
            self._emit(PictureMissed(device=device, origin_ns=self._now_ns(), request=request, detail=detail))
