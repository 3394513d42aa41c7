"""Several simulated Modbus boards on one RS-485 line: frames in and out of a port, replies at their time.

What a board does stands in `modbus_board`, the pace of the line in `port`. An address where no board is wired gets no
answer: the line times out, as a real one does. Framing and CRC are pymodbus's. Serial line guide V1.02, 2.5.1.
"""

import heapq
import itertools
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

from simulator.wire.modbus_board import ModbusBoard
from simulator.wire.port import PtyPort

LONGEST_FRAME = 256
MOST_HEARD = 2000
STALE_NS = 100_000_000
"""A beginning of a frame that nothing follows for this long was noise. A real board takes 1.5 byte times; a machine
that shares its cores may stop a sender in mid-frame for longer than that."""


class ModbusLine:
    """One line: a port behind `link`, and the boards by their addresses. Everybody may call `stop` and `boards`."""

    def __init__(self, link: Path, boards: Mapping[int, ModbusBoard], *, baud: int = 9600) -> None:
        self.boards = dict(boards)
        self.port = PtyPort(link, baud, on_bytes=self._on_bytes)
        self.requests: int = 0
        """How many whole requests came, for whatever address."""
        self.heard: deque[tuple[int, bytes, int]] = deque(maxlen=MOST_HEARD)
        """The last requests as they came: address, PDU, monotonic ns."""
        self._turnaround_ns = 1_750_000 if baud > 19_200 else 35_000_000_000 // baud
        self._framer = FramerRTU(DecodePDU(is_server=True))
        self._buffer = bytearray()
        self._last_byte_ns = 0
        self._wake = threading.Condition()
        self._replies: list[tuple[int, int, bytes]] = []
        self._count = itertools.count()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Open the port and answer."""
        self._stopping = False
        self.port.start()
        self._thread = threading.Thread(target=self._run, name=f"modbus {self.port.link.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port and end the thread; the boards keep their coils."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        with self._wake:
            self._stopping = True
            self._wake.notify()
        thread.join()
        self.port.stop()

    def writes(self) -> list[tuple[int, bytes, int]]:
        """The writes among the last requests."""
        with self._wake:
            return [request for request in self.heard if request[1][0] in (5, 15)]

    # --- the wire --------------------------------------------------------------------------------------------------

    def _on_bytes(self, data: bytes, now_ns: int) -> None:
        with self._wake:
            if now_ns - self._last_byte_ns > STALE_NS:
                self._buffer.clear()
            self._last_byte_ns = now_ns
            self._buffer += data
            while (request := self._next_request()) is not None:
                self._take(*request, now_ns)
            del self._buffer[:-LONGEST_FRAME]
            self._wake.notify()

    def _next_request(self) -> tuple[int, bytes] | None:
        """The first whole request in the buffer; a function that pymodbus does not know is one of eight bytes."""
        whole = bytes(self._buffer)
        if len(whole) == 8 and self._framer.decoder.lookupPduClass(whole) is None and _crc_is_right(whole):
            self._buffer.clear()
            return whole[0], whole[1:-2]
        used, address, _, pdu = self._framer.decode(whole)
        if not pdu:
            del self._buffer[:used]
            return None
        end = whole.index(pdu, 1) + len(pdu) + 2
        del self._buffer[:end]
        return address, pdu

    def _take(self, address: int, pdu: bytes, now_ns: int) -> None:
        self.requests += 1
        self.heard.append((address, pdu, now_ns))
        heard = self.boards.values() if address == 0 else [self.boards[address]] if address in self.boards else []
        for board in heard:
            faults = board.faults
            if faults.deaf:
                continue
            reply = board.handle(pdu, now_ns)
            if address and not faults.mute:
                self._answer(board, faults.other_address or address, reply, now_ns)

    def _answer(self, board: ModbusBoard, address: int, reply: bytes, now_ns: int) -> None:
        frame = self._framer.encode(reply, address, 0)
        if board.faults.wrong_crc:
            frame = frame[:-1] + bytes([frame[-1] ^ 0x55])
        due_ns = now_ns + self._turnaround_ns + board.faults.late_ms * 1_000_000
        for copy in range(board.faults.copies):
            copy_ns = due_ns + copy * board.faults.copy_gap_ms * 1_000_000
            heapq.heappush(self._replies, (copy_ns, next(self._count), frame))

    # --- the line's own thread: replies and pulses at their time ---------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._wake:
                if self._stopping:
                    return
                now_ns = time.monotonic_ns()
                for board in self.boards.values():
                    board.advance(now_ns)
                due = []
                while self._replies and self._replies[0][0] <= now_ns:
                    due.append(heapq.heappop(self._replies)[2])
                if not due:
                    self._wake.wait(self._rest_s(now_ns))
            for frame in due:
                self.port.write(frame)

    def _rest_s(self, now_ns: int) -> float | None:
        times = [wake for board in self.boards.values() if (wake := board.next_wake_ns()) is not None]
        if self._replies:
            times.append(self._replies[0][0])
        return max(min(times) - now_ns, 0) / 1e9 if times else None


def _crc_is_right(frame: bytes) -> bool:
    return FramerRTU.check_CRC(frame[:-2], int.from_bytes(frame[-2:], "big"))
