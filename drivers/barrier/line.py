"""One RS-485 line with its Modbus RTU boards: the thread that reads their inputs and carries orders out.

Framing stands in `frames`, matching of replies in `exchange`, the rules of the arm in `worker`. No policy and
no lane may be put here. Modbus over serial line V1.02: one master, one request at a time.
"""

import threading
import time
from collections.abc import Callable

from drivers.backoff import Backoff
from drivers.barrier.board import BoardState
from drivers.barrier.exchange import Exchange, LineLost, Port
from drivers.barrier.orders import RANK, OrderQueue, WaitingOrder
from drivers.barrier.profiles import LineSettings
from drivers.barrier.serial_line import SerialLine
from drivers.barrier.worker import Worker
from drivers.readings import Emit

FIRST_REOPEN_MS, LAST_REOPEN_MS = 100, 3_000

IDLE_S = 1.0
JOIN_S = 2.0


class BarrierLine:
    """Driver of one line. `order` may be called from any thread; readings come from the line's own."""

    def __init__(
        self,
        settings: LineSettings,
        emit: Emit,
        open_port: Callable[[LineSettings], Port] = SerialLine,
    ) -> None:
        self._settings = settings
        self._emit = emit
        self._open_port = open_port
        self._queue = OrderQueue()
        self._states = {board.id: BoardState(board) for board in settings.boards}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._backoff = Backoff(FIRST_REOPEN_MS, LAST_REOPEN_MS)

    def start(self) -> None:
        """Begin to read. Nothing is written until an order comes."""
        if self._thread is not None:
            raise RuntimeError(f"line {self._settings.id} is already running")
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name=f"barrier {self._settings.id}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Answer what waits, open the coils that only we can open, close the port, end the thread."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._stopping.set()
        self._queue.wake()
        thread.join(JOIN_S)

    def order(self, board: str, order_id: str, order: str, *, for_ms: int = 0) -> None:
        """Queue an order ("up", "down", "stop", "unlock", "lock"); its outcome comes as `OrderAnswered`. Never blocks.

        `for_ms` is the time of an "unlock"; 0: until "lock". Raises `ValueError` for a board or an order that does
        not exist.
        """
        if board not in self._states:
            raise ValueError(
                f"line {self._settings.id}: board {board!r} is not on it; it has {', '.join(self._states)}"
            )
        if order not in RANK:
            raise ValueError(f"board {board}: order {order!r}, expected one of {', '.join(RANK)}")
        if for_ms < 0:
            raise ValueError(f"board {board}: for_ms {for_ms}, expected 0 or more")
        self._queue.put(WaitingOrder(board=board, order_id=order_id, order=order, for_ms=for_ms))

    # --- the line's own thread -------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                port = self._open_port(self._settings)
            except LineLost as lost:
                self._be_without_port(self._worker(None), str(lost))
                continue
            worker = self._worker(port)
            try:
                self._work(worker)
            except LineLost as lost:
                self._be_without_port(worker, str(lost))
            except Exception as error:  # noqa: BLE001 - the thread's edge: a fault of ours must not leave a gate without its driver
                self._be_without_port(worker, f"fault of the driver: {error!r}")
            finally:
                port.close()
        self._finish()

    def _worker(self, port: Port | None) -> Worker:
        settings = self._settings
        exchange = Exchange(
            port or _NoPort(),
            [board.address for board in settings.boards],
            byte_ns=settings.byte_ns,
            silence_ns=settings.silence_ns,
            reply_timeout_ns=settings.reply_timeout_ms * 1_000_000,
        )
        return Worker(exchange, self._states, self._queue, self._emit, self._stopping.is_set)

    def _work(self, worker: Worker) -> None:
        for state in self._states.values():
            state.due_ns = 0
        while not self._stopping.is_set():
            self._step(worker)
        for state in self._states.values():
            for number, ends_ns in state.closed.items():
                state.closed[number] = None if ends_ns is None else 0
            worker.open_due(state)

    def _step(self, worker: Worker) -> None:
        """One exchange, the most urgent first: an order, the end of a pulse, a scan."""
        worker.answer_void()
        if waiting := self._queue.take():
            worker.carry(waiting)
            return
        now_ns = time.monotonic_ns()
        for state in self._states.values():
            if (opening_ns := state.next_opening_ns()) is not None and opening_ns <= now_ns:
                worker.open_due(state)
                return
        state = min(self._states.values(), key=lambda state: state.due_ns)
        if state.due_ns <= now_ns:
            state.plan_next(now_ns, self._settings.scan_ms * 1_000_000)
            worker.scan(state)
            self._backoff.reset()
            return
        openings = [ns for state in self._states.values() if (ns := state.next_opening_ns()) is not None]
        self._queue.wait((min([state.due_ns, *openings]) - now_ns) / 1e9)

    def _be_without_port(self, worker: Worker, detail: str) -> None:
        """Every board is lost; orders are refused at once until the next try to open the port."""
        for state in self._states.values():
            worker.lose(state, detail)
        end_ns = time.monotonic_ns() + self._backoff.next_ms() * 1_000_000
        while not self._stopping.is_set() and (rest_ns := end_ns - time.monotonic_ns()) > 0:
            self._queue.void_all(f"board lost: {detail}")
            worker.answer_void()
            self._queue.wait(min(rest_ns / 1e9, IDLE_S))
        self._queue.void_all(f"board lost: {detail}")
        worker.answer_void()

    def _finish(self) -> None:
        worker = self._worker(None)
        self._queue.void_all(f"line {self._settings.id} was stopped")
        worker.answer_void()


class _NoPort:
    """Stands where no port is open; nothing can be asked through it."""

    def send(self, data: bytes) -> int:  # noqa: ARG002 - the port's shape
        raise LineLost("no port is open")

    def receive(self, timeout_s: float) -> bytes:  # noqa: ARG002 - the port's shape
        raise LineLost("no port is open")

    def close(self) -> None: ...
