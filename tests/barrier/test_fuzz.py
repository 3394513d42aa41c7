"""A line that does to replies whatever hypothesis thinks of: the driver goes on, and lowers nothing onto anything."""

import threading
import time
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.barrier.exchange import BoardRefused, Exchange, LineLost, NoAnswer
from drivers.barrier.frames import flash_coil, read_inputs
from drivers.barrier.line import BarrierLine
from drivers.barrier.profiles import PROFILES, Board, LineSettings
from drivers.readings import Condition, WriteOutcome
from simulator.wire.modbus_board import ModbusBoard
from simulator.wire.modbus_maps import MAPS
from tests.barrier.rig import Ear
from tests.barrier.test_exchange import ScriptedPort, exchange, with_crc

TREATMENTS = [
    "sound",
    "sound",
    "sound",
    "lost",
    "late",
    "twice",
    "again_later",
    "again_much_later",
    "cut",
    "flipped",
    "noise",
]


class MeanPort:
    """A sound board behind a line that treats each reply as the script says; without a script it is sound."""

    def __init__(self, board: ModbusBoard, treatments: list[str]) -> None:
        self.board = board
        self.treatments = deque(treatments)
        self.lowered_on_vehicle = 0
        self._pieces: deque[bytes] = deque()
        self._held: list[tuple[int, bytes]] = []
        self._arrived = threading.Event()

    def send(self, data: bytes) -> int:
        now_ns = time.monotonic_ns()
        if data[1] == 5 and data[2:4] == b"\x02\x01" and self.board.input(MAPS["generic"].inputs["closing"]):
            self.lowered_on_vehicle += 1
        reply = with_crc((data[:1] + self.board.handle(data[1:-2], now_ns)).hex())
        due = [frame for wait, frame in self._held if wait == 0]
        self._held = [(wait - 1, frame) for wait, frame in self._held if wait > 0]
        self._pieces.extend(due)
        self._treat(self.treatments.popleft() if self.treatments else "sound", reply)
        return now_ns

    def _treat(self, treatment: str, reply: bytes) -> None:
        match treatment:
            case "sound" | "twice" | "again_later" | "again_much_later":
                self._pieces += [reply[:2], reply[2:]]
            case "cut":
                self._pieces.append(reply[:-2])
            case "flipped":
                self._pieces.append(reply[:-3] + bytes([reply[-3] ^ 4]) + reply[-2:])
            case "noise":
                self._pieces += [b"\x01\x02\x55\xaa", reply]
        waits = {"late": 0, "again_later": 0, "again_much_later": 1, "twice": -1}
        if treatment == "twice":
            self._pieces.append(reply)
        elif treatment in waits:
            self._held.append((waits[treatment], reply))

    def receive(self, timeout_s: float) -> bytes:
        if self._pieces:
            return self._pieces.popleft()
        self._arrived.wait(min(timeout_s, 0.001))
        return b""

    def close(self) -> None: ...


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from(TREATMENTS), max_size=40),
    st.lists(st.tuples(st.sampled_from(["up", "down", "down", "stop"]), st.booleans()), min_size=1, max_size=6),
)
def test_whatever_happens_to_replies_no_arm_goes_down_on_a_vehicle_and_every_order_is_answered(
    treatments: list[str], orders: list[tuple[str, bool]]
) -> None:
    board = ModbusBoard(MAPS["waveshare-relay-d"])
    port, ear = MeanPort(board, treatments), Ear()
    wired = Board(id="b1", address=1, profile=PROFILES["waveshare-relay-d"])
    line = BarrierLine(
        LineSettings(id="line", device="-", boards=(wired,), baud=115_200, scan_ms=20, reply_timeout_ms=20),
        ear,
        open_port=lambda _: port,
    )
    line.start()
    try:
        for number, (order, occupied) in enumerate(orders):
            board.set_named_input("closing", occupied)
            line.order("b1", str(number), order)
            answer = ear.answer(str(number))
            if order == "down" and occupied:
                assert answer.outcome is WriteOutcome.REFUSED
        port.treatments.clear()
        ear.condition("b1", Condition.ONLINE)
    finally:
        line.stop()
    assert port.lowered_on_vehicle == 0


@pytest.mark.parametrize("behind", [[], ["twice"], ["again_later"], ["again_much_later"], ["late"]])
@pytest.mark.parametrize("first", ["twice", "again_later", "again_much_later"])
def test_an_old_reading_that_arrives_again_under_the_question_lowers_nothing(first: str, behind: list[str]) -> None:
    board = ModbusBoard(MAPS["waveshare-relay-d"])
    port, ear = MeanPort(board, ["sound", first, *behind]), Ear()  # the coils, the first scan, what "down" asks
    wired = Board(id="b1", address=1, profile=PROFILES["waveshare-relay-d"])
    line = BarrierLine(
        LineSettings(id="line", device="-", boards=(wired,), baud=115_200, scan_ms=1000, reply_timeout_ms=20),
        ear,
        open_port=lambda _: port,
    )
    line.start()
    try:
        ear.inputs("b1", closing=False)
        board.set_named_input("closing", True)
        line.order("b1", "one", "down")
        assert ear.answer("one").outcome is WriteOutcome.REFUSED
    finally:
        line.stop()
    assert port.lowered_on_vehicle == 0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=20), max_size=6), st.booleans())
def test_only_its_own_errors_come_out_of_an_exchange(pieces: list[bytes], write: bool) -> None:
    line: Exchange = exchange(ScriptedPort(pieces))
    try:
        line.ask(flash_coil(1, 0, 700) if write else read_inputs(1, 0, 8), lambda waited_ns: waited_ns > 2_000_000)
    except (NoAnswer, BoardRefused):
        pass
    except LineLost as lost:
        raise AssertionError("the port was there all the time") from lost


def test_a_fault_of_the_driver_itself_loses_the_board_and_the_thread_goes_on() -> None:
    class Broken(MeanPort):
        broken = True

        def receive(self, timeout_s: float) -> bytes:
            if self.broken:
                raise ZeroDivisionError("a fault nobody thought of")
            return super().receive(timeout_s)

    port, ear = Broken(ModbusBoard(MAPS["generic"]), []), Ear()
    wired = Board(id="b1", address=1, profile=PROFILES["generic"])
    line = BarrierLine(LineSettings(id="line", device="-", boards=(wired,)), ear, open_port=lambda _: port)
    line.start()
    try:
        assert "fault of the driver: ZeroDivisionError" in ear.condition("b1", Condition.LOST).detail
        port.broken = False
        ear.condition("b1", Condition.ONLINE)
    finally:
        line.stop()
