"""The far end of a barrier's board for tests and benches: the arm is up or down as soon as it is told.

No physics stands here; how a real arm moves is `simulator.physics`. What the board was told is kept.
"""

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from simulator.wire.modbus_board import ModbusBoard
from simulator.wire.modbus_line import ModbusLine
from simulator.wire.modbus_maps import GENERIC, BoardMap

READ_INPUTS = 2  # Modbus function
MOST_KEPT = 8


class _WatchedBoard(ModbusBoard):
    """A board that counts how often its inputs were read."""

    def __init__(self, board_map: BoardMap, *, on_output: Callable[[int, bool, int], None]) -> None:
        super().__init__(board_map, on_output=on_output)
        self.reads = 0
        self.changed = threading.Condition()

    def handle(self, pdu: bytes, now_ns: int) -> bytes:
        reply = super().handle(pdu, now_ns)
        if pdu[0] == READ_INPUTS:
            with self.changed:
                self.reads += 1
                self.changed.notify_all()
        return reply


class QuickArm:
    """One board alone on its line; inputs that the map has not are left out."""

    def __init__(self, line_path: Path, *, baud: int, board_map: BoardMap = GENERIC) -> None:
        self.orders: list[str] = []
        """What was ordered; whoever watches may clear it."""
        self._ordered: deque[tuple[str, int]] = deque(maxlen=MOST_KEPT)
        self.board = _WatchedBoard(board_map, on_output=self._output)
        self.line = ModbusLine(line_path, {1: self.board}, baud=baud)
        self._map = board_map
        self._names = {number: name for name, number in board_map.outputs.items()}
        self.down()
        self.line.start()

    def stop(self) -> None:
        self.line.stop()

    def down(self) -> None:
        self.board.set_named_input("limit_up", False)
        self.board.set_named_input("limit_down", True)

    def is_up(self) -> bool:
        return self.board.input(self._map.inputs["limit_up"])

    def loops(self, **on: bool) -> None:
        """The loops and the photocell; what is not named is clear."""
        for name in ("arming", "closing", "leaving", "photocell"):
            self.board.set_named_input(name, on.get(name, False))

    def await_reads(self, count: int, timeout_s: float = 10.0) -> None:
        """Until the inputs were read so many times more. Raises TimeoutError."""
        board = self.board
        with board.changed:
            wanted = board.reads + count
            if not board.changed.wait_for(lambda: board.reads >= wanted, timeout_s):
                raise TimeoutError(f"{self.line.port.link.name}: nobody reads the board's inputs")

    def await_order(self, name: str, since_ns: int, timeout_s: float = 10.0) -> int:
        """The monotonic ns at which the last byte of the first such order after `since_ns` was here.

        Raises TimeoutError.
        """
        found: list[int] = []

        def ordered() -> bool:
            found[:] = [at_ns for order, at_ns in list(self._ordered) if order == name and at_ns > since_ns]
            return bool(found)

        with self.board.changed:
            if not self.board.changed.wait_for(ordered, timeout_s):
                raise TimeoutError(f"{self.line.port.link.name}: no order {name!r} within {timeout_s} s")
        return found[0]

    def _output(self, number: int, on: bool, now_ns: int) -> None:
        if not on:
            return
        name = self._names.get(number, str(number))
        with self.board.changed:
            if name == "up":
                self.board.set_named_input("limit_down", False)
                self.board.set_named_input("limit_up", True)
            elif name == "down":
                self.down()
            self.orders.append(name)
            self._ordered.append((name, now_ns))
            self.board.changed.notify_all()
