"""The work on one open line: reading the boards' inputs, and carrying orders out by the rules of the arm.

No thread, no port and no frame is made here. What an order means to the passage is not known here either.

The rules (safety of the arm; S10, S11; F9, F12, F31): stop beats open beats close; "down" reads the inputs first and
goes only when closing loop, photocell and fire input are off by that very reading; an order whose outcome is unknown
is never sent again unasked, and when asked only after the inputs were read; nothing is written because a board is
there or there again.
"""

import time
from collections.abc import Callable, Mapping

from drivers.barrier.board import BoardState, OrderImpossible
from drivers.barrier.exchange import BoardRefused, Exchange, LineLost, NoAnswer
from drivers.barrier.frames import Request
from drivers.barrier.orders import OrderQueue, WaitingOrder
from drivers.barrier.profiles import Channel
from drivers.readings import Condition, DeviceCondition, Emit, OrderAnswered, WriteOutcome

PATIENCE_NS = 50_000_000
"""How long a read that gets no answer may hold an order up beyond the reply's own time on the wire."""

SETTLE_NS = 1_000_000_000
"""A reply that is later than this is not reckoned with any more."""

OPEN_AGAIN_NS = 200_000_000
"""How soon opening a coil is tried again when it was not answered: opening is the safe direction, and idempotent."""


class Refusal(Exception):
    """The driver does not carry the order out, and says why."""


class Unsettled(Exception):
    """No reading can be trusted just now: an older reply may still be on its way."""


class Worker:
    """One line while its port is open. Every call may raise `LineLost`."""

    def __init__(
        self,
        exchange: Exchange,
        states: Mapping[str, BoardState],
        queue: OrderQueue,
        emit: Emit,
        is_stopping: Callable[[], bool],
    ) -> None:
        self._exchange = exchange
        self._states = states
        self._queue = queue
        self._emit = emit
        self._is_stopping = is_stopping

    # --- reading ---------------------------------------------------------------------------------------------------

    def scan(self, state: BoardState) -> None:
        """Read one board, and tell what changed; a board that stays silent is lost after three misses."""
        try:
            self._read(state, self._yield_to_orders)
        except NoAnswer as missed:
            if not missed.early:
                self._count_miss(state, str(missed))
        except BoardRefused as refused:
            self._count_miss(state, str(refused))
        except Unsettled:
            return

    def _read(self, state: BoardState, give_up: Callable[[int], bool]) -> None:
        """Read the inputs so that only an answer to this very request can be taken for one."""
        found: list[str] = []
        if state.condition is not Condition.ONLINE or self._exchange.is_unsettled(state.inputs_request):
            found = self._ask_coils(state, give_up)
        answer = self._exchange.ask(state.inputs_request, give_up)
        state.misses = 0
        if state.condition is not Condition.ONLINE:
            state.condition = Condition.ONLINE
            detail = f"found closed and left so until the next order: {', '.join(found)}" if found else ""
            self._tell(state, answer.received_ns, detail)
        if state.take_inputs(answer.bits):
            self._emit(state.snapshot(answer.received_ns))

    def _ask_coils(self, state: BoardState, give_up: Callable[[int], bool]) -> list[str]:
        """Ask for the coils: their reply cannot be mistaken for inputs, and settles what was asked before."""
        exchange, request = self._exchange, state.coils_request
        if exchange.is_unsettled(request) and exchange.is_unsettled(state.inputs_request):
            if time.monotonic_ns() - exchange.unanswered_since_ns(state.board.address) < SETTLE_NS:
                raise Unsettled
            exchange.forget(state.board.address)
        try:
            bits = exchange.ask(request, give_up).bits
        except BoardRefused:
            bits = ()  # a board without function 01 answered all the same
        if exchange.is_unsettled(state.inputs_request):
            raise Unsettled
        return state.learn_coils(bits) if bits and state.condition is not Condition.ONLINE else []

    def _count_miss(self, state: BoardState, detail: str) -> None:
        if state.condition is Condition.LOST:
            return
        if state.missed():
            self.lose(state, detail)

    def lose(self, state: BoardState, detail: str) -> None:
        """The board is lost: every input is unknown at once, waiting orders are refused."""
        if state.condition is Condition.LOST:
            return
        now_ns = time.monotonic_ns()
        state.lose(detail)
        self._emit(state.snapshot(now_ns))
        self._tell(state, now_ns, detail)
        self._queue.void_all(f"board lost: {detail}", lambda waiting: waiting.board == state.board.id)

    def _tell(self, state: BoardState, origin_ns: int, detail: str) -> None:
        assert state.condition is not None
        self._emit(
            DeviceCondition(device=state.board.id, origin_ns=origin_ns, condition=state.condition, detail=detail)
        )

    # --- orders ----------------------------------------------------------------------------------------------------

    def carry(self, waiting: WaitingOrder) -> None:
        """Carry one order out and answer it, whatever happens."""
        state = self._states[waiting.board]
        try:
            write = self._prepare(state, waiting)
        except (Refusal, OrderImpossible, NoAnswer, BoardRefused, Unsettled) as why:
            self._answer(waiting, WriteOutcome.REFUSED, time.monotonic_ns(), self._reason(why))
            return
        except LineLost as lost:
            self._answer(waiting, WriteOutcome.REFUSED, time.monotonic_ns(), f"board lost: {lost}")
            raise
        self._write(state, waiting, write)
        if waiting.order != "down":
            self._open_all(state, waiting.order)

    def _prepare(self, state: BoardState, waiting: WaitingOrder) -> Request:
        """Everything that must be so before the write. Raises what speaks against it."""
        if state.condition is Condition.LOST:
            raise Refusal(f"board lost: {state.lost_detail}")
        write = state.write_for(waiting.order, waiting.for_ms)
        if waiting.order == "down":
            self._open_all(state, waiting.order)
            self._look_below(state, waiting)
        elif self._exchange.is_unanswered(write):
            self._read(state, self._is_stopped)
        return write

    def _look_below(self, state: BoardState, waiting: WaitingOrder) -> None:
        """The arm goes down only on inputs that were read for it.

        Before and after them the coils are read: a board answers in order, so an old reply taken for the inputs shows
        itself by the true one that comes before the coils' second reply, and any reply too many speaks against going.
        """
        self._ask_coils(state, self._is_stopped)
        strays = self._exchange.strays
        self._read(state, self._is_stopped)
        self._ask_coils(state, self._is_stopped)
        self._exchange.await_quiet()
        if self._exchange.strays != strays:
            raise Unsettled
        if reason := state.not_clear():
            raise Refusal(reason)
        if other := self._queue.overtaking(waiting):
            raise Refusal(f"a newer '{other.order}' ({other.order_id}) took its place")

    def _write(self, state: BoardState, waiting: WaitingOrder, write: Request) -> None:
        try:
            sent_ns = self._exchange.ask(write, self._yield_to_stop).sent_ns
        except BoardRefused as refused:
            self._answer(waiting, WriteOutcome.REFUSED, refused.sent_ns, str(refused))
            return
        except NoAnswer as missed:
            state.note_written(waiting.order, waiting.for_ms, missed.sent_ns)
            state.due_ns = 0  # what became of it, only the inputs can tell
            self._answer(waiting, WriteOutcome.UNKNOWN, missed.sent_ns, str(missed))
            self._count_miss(state, str(missed))
            return
        except LineLost as lost:
            state.note_written(waiting.order, waiting.for_ms, time.monotonic_ns())
            outcome = WriteOutcome.UNKNOWN if lost.sent else WriteOutcome.REFUSED
            self._answer(waiting, outcome, time.monotonic_ns(), f"board lost: {lost}")
            raise
        state.misses = 0
        state.note_written(waiting.order, waiting.for_ms, sent_ns)
        self._answer(waiting, WriteOutcome.WRITTEN, sent_ns, "")

    def open_due(self, state: BoardState) -> None:
        """End the pulses that the board does not end itself."""
        for channel in state.due_to_open(time.monotonic_ns()):
            self._open(state, channel)

    def _open_all(self, state: BoardState, order: str) -> None:
        for channel in state.opposing(order, time.monotonic_ns()):
            if not self._open(state, channel) and order == "down":
                raise Refusal(f"output '{channel.name}' may still be closed and could not be opened")

    def _open(self, state: BoardState, channel: Channel) -> bool:
        try:
            self._exchange.ask(state.opening(channel), self._yield_to_stop)
        except (NoAnswer, BoardRefused) as failed:
            if channel.number in state.closed:
                state.closed[channel.number] = time.monotonic_ns() + OPEN_AGAIN_NS
            self._count_miss(state, str(failed))
            return False
        state.closed.pop(channel.number, None)
        return True

    def answer_void(self) -> None:
        """Answer the orders that will not be carried out."""
        for void in self._queue.take_void():
            self._answer(void.waiting, WriteOutcome.REFUSED, time.monotonic_ns(), void.reason)

    def _answer(self, waiting: WaitingOrder, outcome: WriteOutcome, origin_ns: int, detail: str) -> None:
        self._emit(
            OrderAnswered(
                device=waiting.board,
                origin_ns=origin_ns,
                order_id=waiting.order_id,
                order=waiting.order,
                outcome=outcome,
                detail=detail,
            )
        )

    @staticmethod
    def _reason(why: Exception) -> str:
        if isinstance(why, Unsettled):
            return "the inputs are unknown: replies came that nobody had asked for, or an older one may still come"
        if isinstance(why, NoAnswer | BoardRefused):
            return f"the inputs are unknown: {why}"
        return str(why)

    # --- when a wait ends early ------------------------------------------------------------------------------------

    def _is_stopped(self, waited_ns: int) -> bool:  # noqa: ARG002 - the shape of a `give_up`
        return self._is_stopping()

    def _yield_to_orders(self, waited_ns: int) -> bool:
        return self._is_stopping() or (waited_ns > PATIENCE_NS and self._queue.has_waiting())

    def _yield_to_stop(self, waited_ns: int) -> bool:
        return waited_ns > PATIENCE_NS and self._queue.has_stop()
