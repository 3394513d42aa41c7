"""One request and its one reply on a line where replies may be late, doubled or another's.

No order of the trade and no input's meaning may be put here. RTU frames carry no transaction number, so a reply is
taken for the answer only when nothing else can have caused it: a request that had no answer, and a reply that nobody
asked for, leave their function *unsettled* at that board until a reply of another function has come. A board answers
in order, so after that no older one can be on its way. Serial line guide V1.02, sections 2.4.1 and 2.5.1.
"""

import time
from collections.abc import Callable, Collection
from typing import Protocol

from drivers.barrier.frames import (
    EXCEPTION,
    WRITE_COIL,
    Frame,
    Request,
    answers,
    bits,
    has_same_function,
    take_frames,
)

SLICE_S = 0.02  # how long a wait for bytes may hold a stop or an order up
LONGEST_BABBLE_NS = 50_000_000  # a stop must leave even when a converter never falls silent
MOST_KEPT = 4096  # bytes looked at in one sweep; a line that babbles more is read on in the next


class LineLost(Exception):
    """The port is gone: cable pulled, converter away, file closed. `sent`: the request may have been written."""

    def __init__(self, detail: str, *, sent: bool = False) -> None:
        super().__init__(detail)
        self.sent = sent


class NoAnswer(Exception):
    """No reply, or none that fits, in time (`early`: we did not wait that long). What became of it is unknown."""

    def __init__(self, detail: str, sent_ns: int, *, early: bool = False) -> None:
        super().__init__(detail)
        self.sent_ns = sent_ns
        self.early = early


class BoardRefused(Exception):
    """The board answered with a Modbus exception: it did not do what was asked."""

    def __init__(self, detail: str, sent_ns: int) -> None:
        super().__init__(detail)
        self.sent_ns = sent_ns


class Answer:
    """A reply that fits: the bits read (none for a write), when the request had left and when the reply was there."""

    __slots__ = ("bits", "received_ns", "sent_ns")

    def __init__(self, bits_read: tuple[bool, ...], sent_ns: int, received_ns: int) -> None:
        self.bits, self.sent_ns, self.received_ns = bits_read, sent_ns, received_ns


class Port(Protocol):
    """The open serial port. Both raise `LineLost`."""

    def send(self, data: bytes) -> int:
        """Write all of it; the monotonic ns when its last byte had left."""

    def receive(self, timeout_s: float) -> bytes:
        """What has arrived, at once when there is something, b"" when nothing came in time."""

    def close(self) -> None: ...


class Exchange:
    """The requests of one open port, one at a time, and what is not settled from earlier ones."""

    def __init__(
        self,
        port: Port,
        addresses: Collection[int],
        *,
        byte_ns: int,
        silence_ns: int,
        reply_timeout_ns: int,
    ) -> None:
        self._port = port
        self._addresses = frozenset(addresses)
        self._byte_ns = byte_ns
        self._silence_ns = silence_ns
        self._reply_timeout_ns = reply_timeout_ns
        self._buffer = bytearray()
        self._line_free_ns = 0
        self._unanswered: list[Request] = []
        self._unsettled: set[tuple[int, int]] = set()
        self._missed_ns: dict[int, int] = {}
        self.strays = 0
        """How often bytes came that nobody had asked for, since the port was opened: whole replies, halves, noise."""

    def ask(self, request: Request, give_up: Callable[[int], bool] = lambda _: False) -> Answer:
        """Send a request and wait for its reply. `give_up(waited_ns)` may end the wait early, as if time were over.

        Raises `NoAnswer`, `BoardRefused` or `LineLost`.
        """
        self.await_quiet()
        doubtful = self.is_unsettled(request)
        sent_ns = self._port.send(request.frame)
        self._line_free_ns = sent_ns
        try:
            return self._await(request, sent_ns, doubtful, give_up)
        except LineLost as lost:
            raise LineLost(str(lost), sent=True) from None

    def is_unsettled(self, request: Request) -> bool:
        """Whether a reply of this board and function may still come that is not the answer to a new request."""
        return (request.address, request.function) in self._unsettled

    def is_unanswered(self, request: Request) -> bool:
        """Whether the very same request was sent and nothing is known of it."""
        return request in self._unanswered

    def forget(self, address: int) -> None:
        """Expect nothing more of a board: it has been silent for long, or another function's reply settled all."""
        self._unanswered = [request for request in self._unanswered if request.address != address]
        self._unsettled = {(board, function) for board, function in self._unsettled if board != address}

    def unanswered_since_ns(self, address: int) -> int:
        """When this board last left a request without an answer; 0 when it never did."""
        return self._missed_ns.get(address, 0)

    def await_quiet(self) -> None:
        """Take in what comes unasked until the silence that ends a frame; a line that never falls silent is left so."""
        end_ns = time.monotonic_ns() + LONGEST_BABBLE_NS
        while True:
            self._sweep()
            now_ns = time.monotonic_ns()
            rest_ns = self._line_free_ns + self._silence_ns - now_ns
            if rest_ns <= 0 or now_ns >= end_ns:
                break
            time.sleep(rest_ns / 1e9)
        if self._buffer:  # half a frame, or noise
            self.strays += 1
            self._buffer.clear()

    def _sweep(self) -> None:
        seen = 0
        while seen < MOST_KEPT and (data := self._port.receive(0.0)):
            seen += len(data)
            self._take_in(data)
            self._sort_out()

    def _await(self, request: Request, sent_ns: int, doubtful: bool, give_up: Callable[[int], bool]) -> Answer:
        limit_ns = self._reply_timeout_ns + request.reply_length * self._byte_ns
        came = ""
        while (waited_ns := max(time.monotonic_ns() - sent_ns, 0)) < limit_ns and not give_up(waited_ns):
            self._take_in(self._port.receive(min(SLICE_S, (limit_ns - waited_ns) / 1e9)))
            answer, other = self._sort_out(request, doubtful)
            if answer is not None:
                return self._answer(request, answer, sent_ns, doubtful)
            came = other or came
        came = came or (f"bytes that are no reply: {self._buffer[:32].hex(' ')}" if self._buffer else "nothing")
        self._unanswered.append(request)
        self._missed_ns[request.address] = sent_ns
        self._unsettled.add((request.address, request.function))
        text = f"{request}: expected its reply within {limit_ns // 1_000_000} ms, came {came}"
        raise NoAnswer(text, sent_ns, early=waited_ns < limit_ns)

    def _answer(self, request: Request, frame: Frame, sent_ns: int, doubtful: bool) -> Answer:
        received_ns = self._line_free_ns
        beside = self.is_unsettled(request) and not doubtful  # a second reply came with this one
        told_apart = request.function == WRITE_COIL and request not in self._unanswered
        if beside or (doubtful and not told_apart):
            self._forget_others(request)
        else:
            self.forget(request.address)
        if frame.is_exception:
            raise BoardRefused(f"{request}: the board answered {frame.exception_text}", sent_ns)
        return Answer(bits(request, frame), sent_ns, received_ns)

    def _forget_others(self, request: Request) -> None:
        """A board answers in order: nothing of another function, asked earlier, can still be on its way."""
        here = (request.address, request.function)
        self._unanswered = [old for old in self._unanswered if old.address != here[0] or old.function == here[1]]
        self._unsettled = {there for there in self._unsettled if there[0] != here[0]} | {here}

    def _take_in(self, data: bytes) -> None:
        if data:
            self._buffer += data
            self._line_free_ns = time.monotonic_ns()

    def _sort_out(self, request: Request | None = None, doubtful: bool = False) -> tuple[Frame | None, str]:
        """The answer among the frames that came, and in words what came beside it.

        An exception names no register: where an earlier request of that function may still be answered, it proves
        nothing.
        """
        other, answer = "", None
        for frame in take_frames(self._buffer, self._addresses):
            fits = request is not None and answers(request, frame) and not (frame.is_exception and doubtful)
            if fits and answer is None:
                answer = frame
            elif not self._was_late(frame):
                other = f"another reply: {frame}"
                self.strays += 1
                self._unsettled.add((frame.address, frame.function & ~EXCEPTION))
        return answer, other

    def _was_late(self, frame: Frame) -> bool:
        for request in self._unanswered:
            if answers(request, frame):
                self._unanswered.remove(request)
                if not any(has_same_function(left, frame) for left in self._unanswered):
                    self._unsettled.discard((request.address, request.function))
                return True
        return False
