"""Which reply is taken for the answer, on a scripted line where every moment is ours to choose."""

import time
from collections.abc import Callable

import pytest

from drivers.barrier.exchange import BoardRefused, Exchange, LineLost, NoAnswer
from drivers.barrier.frames import Request, flash_coil, read_coils, read_inputs, write_coil

INPUTS, COILS = read_inputs(1, 0, 8), read_coils(1, 0, 3)
UP, DOWN = flash_coil(1, 0, 700), flash_coil(1, 1, 700)


def with_crc(text: str) -> bytes:
    body = bytes.fromhex(text)
    crc = 0xFFFF
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return body + crc.to_bytes(2, "little")


OFF_REPLY, ON_REPLY = with_crc("01 02 01 00"), with_crc("01 02 01 08")
COILS_REPLY = with_crc("01 01 01 00")


class ScriptedPort:
    """Each request is answered by the next piece of the script; "later" bytes come before the next request."""

    def __init__(self, *script: bytes | list[bytes]) -> None:
        self.script = list(script)
        self.sent: list[bytes] = []
        self.pieces: list[bytes] = []

    def send(self, data: bytes) -> int:
        self.sent.append(data)
        answer = self.script.pop(0) if self.script else b""
        self.pieces += answer if isinstance(answer, list) else [answer] if answer else []
        return time.monotonic_ns()

    def receive(self, timeout_s: float) -> bytes:
        if self.pieces:
            return self.pieces.pop(0)
        time.sleep(min(timeout_s, 0.002))
        return b""

    def close(self) -> None: ...


def exchange(port: ScriptedPort) -> Exchange:
    return Exchange(port, [1, 2], byte_ns=10_000, silence_ns=10_000, reply_timeout_ns=10_000_000)


def test_a_reply_of_one_byte_at_a_time_is_one_reply() -> None:
    port = ScriptedPort([bytes([byte]) for byte in ON_REPLY])
    assert exchange(port).ask(INPUTS).bits == (False, False, False, True, False, False, False, False)


def test_garbage_before_a_reply_is_skipped() -> None:
    assert exchange(ScriptedPort(b"\x01\x02\xff\x00\x01" + ON_REPLY)).ask(INPUTS).bits[3]


@pytest.mark.parametrize(
    "broken", [ON_REPLY[:-1] + b"\0", ON_REPLY[:-2], b"", b"\xff" * 300, with_crc("01 02 02 08 00")]
)
def test_a_broken_cut_or_missing_reply_is_no_answer(broken: bytes) -> None:
    with pytest.raises(NoAnswer, match="address 1 function 02"):
        exchange(ScriptedPort(broken)).ask(INPUTS)


def test_a_reply_of_another_board_is_no_answer() -> None:
    with pytest.raises(NoAnswer, match="another reply: address 2"):
        exchange(ScriptedPort(with_crc("02 02 01 08"))).ask(INPUTS)


def test_an_echo_of_another_register_is_no_answer_to_a_write() -> None:
    line = exchange(ScriptedPort(DOWN.frame))
    with pytest.raises(NoAnswer, match=r"another reply: address 1 function 0x05 body 02 01"):
        line.ask(UP)
    assert line.is_unanswered(UP)


def test_an_exception_is_a_refusal_with_its_name() -> None:
    with pytest.raises(BoardRefused, match=r"exception 2 \(illegal data address\)"):
        exchange(ScriptedPort(with_crc("01 85 02"))).ask(UP)


def test_a_late_reply_that_came_before_the_next_request_is_accounted_for() -> None:
    port = ScriptedPort(b"", COILS_REPLY)
    line = exchange(port)
    with pytest.raises(NoAnswer):
        line.ask(INPUTS)
    assert line.is_unsettled(INPUTS)
    port.pieces.append(ON_REPLY)
    line.ask(COILS)
    assert not line.is_unsettled(INPUTS)
    assert line.strays == 0


def test_a_late_reply_during_a_request_of_another_function_is_not_its_answer() -> None:
    line = exchange(ScriptedPort(b"", [ON_REPLY, COILS_REPLY]))
    with pytest.raises(NoAnswer):
        line.ask(INPUTS)
    assert line.ask(COILS).bits == (False, False, False)
    assert not line.is_unsettled(INPUTS)


def test_a_reply_of_another_function_settles_what_was_asked_before() -> None:
    line = exchange(ScriptedPort(b"", COILS_REPLY, OFF_REPLY))
    with pytest.raises(NoAnswer):
        line.ask(INPUTS)
    line.ask(COILS)
    assert not line.is_unsettled(INPUTS)
    assert not any(line.ask(INPUTS).bits)


@pytest.mark.parametrize("gap", [False, True])
def test_a_doubled_reply_leaves_its_function_unsettled(gap: bool) -> None:
    port = ScriptedPort(OFF_REPLY if gap else OFF_REPLY + OFF_REPLY)
    line = exchange(port)
    line.ask(INPUTS)
    if gap:
        port.pieces.append(OFF_REPLY)
        line.await_quiet()
    assert line.is_unsettled(INPUTS)
    assert line.strays == 1


def test_an_exception_proves_nothing_while_an_earlier_write_may_be_answered() -> None:
    line = exchange(ScriptedPort(b"", [with_crc("01 85 04"), DOWN.frame]))
    with pytest.raises(NoAnswer):
        line.ask(UP)
    assert line.ask(DOWN).bits is not None
    assert not line.is_unanswered(UP)


def test_the_late_echo_of_one_write_is_not_taken_for_another() -> None:
    line = exchange(ScriptedPort(b"", [UP.frame, DOWN.frame]))
    with pytest.raises(NoAnswer):
        line.ask(UP)
    line.ask(DOWN)
    assert line.strays == 0


def test_the_silence_of_one_board_says_nothing_of_another() -> None:
    line = exchange(ScriptedPort(b"", with_crc("02 02 01 00")))
    with pytest.raises(NoAnswer):
        line.ask(INPUTS)
    other = read_inputs(2, 0, 8)
    line.ask(other)
    assert line.is_unsettled(INPUTS)
    assert not line.is_unsettled(other)


def test_half_a_frame_left_over_is_dropped_before_the_next_request() -> None:
    port = ScriptedPort(OFF_REPLY)
    port.pieces.append(ON_REPLY[:4])
    assert not any(exchange(port).ask(INPUTS).bits)


def test_a_line_that_babbles_without_end_is_talked_over() -> None:
    class Babble(ScriptedPort):
        def receive(self, timeout_s: float) -> bytes:
            return super().receive(timeout_s) if self.sent else b"\x55" * 64

    port = Babble(UP.frame)
    exchange(port).ask(UP)
    assert port.sent == [UP.frame]


@pytest.mark.parametrize("raises", [False, True])
def test_a_lost_line_tells_whether_the_request_was_written(raises: bool) -> None:
    class Gone(ScriptedPort):
        def send(self, data: bytes) -> int:
            self.gone = True
            return super().send(data)

        def receive(self, timeout_s: float) -> bytes:
            if raises or getattr(self, "gone", False):
                raise LineLost("the cable was pulled")
            return b""

    with pytest.raises(LineLost) as lost:
        exchange(Gone()).ask(UP)
    assert lost.value.sent is not raises


def test_a_wait_that_is_given_up_is_told_from_one_that_ran_out() -> None:
    with pytest.raises(NoAnswer) as early:
        exchange(ScriptedPort()).ask(INPUTS, give_up=lambda waited_ns: waited_ns > 1_000_000)
    assert early.value.early
    with pytest.raises(NoAnswer) as over:
        exchange(ScriptedPort()).ask(INPUTS)
    assert not over.value.early


@pytest.mark.parametrize("first", [INPUTS, UP])
def test_what_was_forgotten_is_settled(first: Request) -> None:
    line = exchange(ScriptedPort())
    with pytest.raises(NoAnswer):
        line.ask(first)
    line.forget(1)
    assert not line.is_unsettled(first)
    assert not line.is_unanswered(first)


Maker = Callable[[], Request]


@pytest.mark.parametrize("request_of", [lambda: write_coil(1, 0, True), lambda: flash_coil(1, 0, 700)])
def test_a_write_unknown_is_remembered_as_the_very_same_request(request_of: Maker) -> None:
    line = exchange(ScriptedPort())
    with pytest.raises(NoAnswer):
        line.ask(request_of())
    assert line.is_unanswered(request_of())


@pytest.mark.parametrize("pieces", [[OFF_REPLY[:1], OFF_REPLY[1:]], [OFF_REPLY[:3]], [b"\x55"]])
def test_whatever_comes_unasked_is_counted_whole_or_not(pieces: list[bytes]) -> None:
    port = ScriptedPort()
    line = exchange(port)
    port.pieces += pieces
    line.await_quiet()
    assert line.strays == 1
