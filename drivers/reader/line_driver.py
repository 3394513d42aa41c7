"""One reader on a line of its own that only talks: opens the line, feeds the decoder, tells cards and conditions.

No format stands here (that is the decoder's) and no policy: a card is told, never judged. One named thread a line.
"""

import contextlib
import os
import select
import threading
import time
from typing import Protocol

import structlog

from drivers.backoff import Backoff
from drivers.reader.cards import Card
from drivers.reader.decoding import Decoder, Misread
from drivers.reader.presentation import Presentations
from drivers.readings import CardPresented, Condition, DeviceCondition, Emit
from drivers.serial_port import PortLost

log = structlog.get_logger(__name__)
MISREADS_TO_FAULT = 3  # one bad swipe is a bad swipe, three in a row are a reader or a cable to look at
TICK_S = 0.5


class Source(Protocol):
    """Where the bytes come from. `open` and `read` raise `PortLost`; `read` is called when there is something."""

    def open(self) -> None: ...

    def close(self) -> None: ...

    def fileno(self) -> int: ...

    def read(self) -> bytes: ...


class LineDriver:
    """A reader line that only talks; it has no lamp of its own, so a verdict cannot be shown on it."""

    def __init__(self, line: str, reader: str, source: Source, decoder: Decoder, emit: Emit) -> None:
        self._reader = reader
        self._source = source
        self._decoder = decoder
        self._emit = emit
        self._log = log.bind(line=line, reader=reader)
        self._presentations = Presentations()
        self._backoff = Backoff()
        self._misreads = 0
        self._condition: Condition | None = None
        self._stopping = threading.Event()
        self._wake_read, self._wake_write = -1, -1
        self._thread = threading.Thread(target=self._run, name=f"reader {line}", daemon=True)

    def start(self) -> None:
        """Begin; an absent device is tried again until it is there."""
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close the line."""
        if not self._thread.is_alive():
            return
        self._stopping.set()
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, b"\0")
        self._thread.join()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def answer(self, reader: str, verdict: str) -> None:
        """These lines go one way only: the verdict is shown by the display and the arm."""

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._source.open()
                self._told(Condition.ONLINE, "the line is open")
                self._backoff.reset()
                self._listen()
            except PortLost as lost:
                self._told(Condition.LOST, str(lost))
            except Exception as error:  # noqa: BLE001 - the thread's edge: a line that died silently would be worse
                self._log.exception("line_failed")
                self._told(Condition.FAULT, f"the driver failed ({error!r}) and begins anew")
            finally:
                self._source.close()
                self._decoder.reset()
            if not self._stopping.is_set():
                self._stopping.wait(self._backoff.next_ms() / 1000)

    def _listen(self) -> None:
        while not self._stopping.is_set():
            ready, _, _ = select.select([self._source.fileno(), self._wake_read], [], [], TICK_S)
            now_ns = time.monotonic_ns()
            if ready and self._wake_read not in ready:
                data = self._source.read()
                now_ns = time.monotonic_ns()
                for decoded in self._decoder.feed(data, now_ns):
                    self._tell(decoded, now_ns)
            for ended in self._presentations.ended(now_ns):
                if ended.count > 1:
                    self._log.info("presentation_ended", frames=ended.count, lasted_ms=ended.lasted_ms)

    def _tell(self, decoded: Card | Misread, now_ns: int) -> None:
        if isinstance(decoded, Misread):
            self._misreads += 1
            self._log.warning("card_misread", reason=decoded.reason, in_a_row=self._misreads)
            if self._misreads >= MISREADS_TO_FAULT:
                self._told(Condition.FAULT, f"{self._misreads} misreads in a row; the last: {decoded.reason}")
            return
        self._misreads = 0
        self._told(Condition.ONLINE, "the reader reads again")
        if self._presentations.seen(decoded.text, now_ns):
            self._emit(CardPresented(device=self._reader, origin_ns=now_ns, card=decoded.text, raw=decoded.raw))

    def _told(self, condition: Condition, detail: str) -> None:
        if condition is self._condition:
            return
        self._condition = condition
        self._log.info("reader_condition", condition=condition.value, detail=detail)
        reading = DeviceCondition(
            device=self._reader, origin_ns=time.monotonic_ns(), condition=condition, detail=detail
        )
        self._emit(reading)
