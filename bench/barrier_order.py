"""How long an order to the barrier takes: from the call to the last byte of its write leaving, at 9600 and at 38400.

Orders come at random moments while the line is scanned, and in the very moment a scan's request went out: the worst
case. Beside each figure stands what frame times alone set: a read in flight cannot be taken back, so its request, the
board's silence, its reply and our silence pass before the eight bytes of the write.

    python -m bench.barrier_order [--orders 200] [--json FILE] [--quick]
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from pathlib import Path

from bench.figure import Figure, Findings, options, percentile, run
from drivers.barrier.line import BarrierLine
from drivers.barrier.profiles import PROFILES, Board, LineSettings
from drivers.readings import Condition, DeviceCondition, OrderAnswered, Reading, WriteOutcome
from simulator.wire.modbus_board import ModbusBoard
from simulator.wire.modbus_line import ModbusLine
from simulator.wire.modbus_maps import MAPS

REQUEST_BYTES, REPLY_BYTES, WRITE_BYTES = 8, 6, 8
PROFILE = "waveshare-relay-d"


class Answers:
    """Waits for the answer of one order at a time."""

    def __init__(self) -> None:
        self.online = threading.Event()
        self._changed = threading.Condition()
        self._answers: dict[str, OrderAnswered] = {}

    def __call__(self, reading: Reading) -> None:
        if isinstance(reading, DeviceCondition) and reading.condition is Condition.ONLINE:
            self.online.set()
        if isinstance(reading, OrderAnswered):
            with self._changed:
                self._answers[reading.order_id] = reading
                self._changed.notify()

    def take(self, order_id: str) -> OrderAnswered:
        with self._changed:
            if not self._changed.wait_for(lambda: order_id in self._answers, 5.0):
                raise SystemExit(f"order {order_id} was never answered")
            return self._answers.pop(order_id)


def limit_ms(settings: LineSettings) -> float:
    """What frame times alone set behind a read whose request has just begun to leave."""
    frames = (REQUEST_BYTES + REPLY_BYTES + WRITE_BYTES) * settings.byte_ns
    return (frames + 2 * settings.silence_ns) / 1e6


def measure(baud: int, orders: int, *, in_flight: bool) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / "line"
        sim = ModbusLine(link, {1: ModbusBoard(MAPS[PROFILE])}, baud=baud)
        board = Board(id="b1", address=1, profile=PROFILES[PROFILE])
        settings = LineSettings(id="line", device=str(link), boards=(board,), baud=baud)
        answers = Answers()
        driver = BarrierLine(settings, answers)
        sim.start()
        driver.start()
        try:
            if not answers.online.wait(10):
                raise SystemExit("the simulated board never came online")
            taken = sorted(one_order(driver, sim, answers, number, in_flight) for number in range(orders))
        finally:
            driver.stop()
            sim.stop()
    limit = limit_ms(settings)
    p99 = percentile(taken, 0.99)
    return {
        "baud": baud,
        "orders": orders,
        "p50_ms": round(percentile(taken, 0.5), 2),
        "p99_ms": round(p99, 2),
        "max_ms": round(taken[-1], 2),
        "limit_ms": round(limit, 2),
        "p99_by_limit": round(p99 / limit, 2),
    }


def one_order(driver: BarrierLine, sim: ModbusLine, answers: Answers, number: int, in_flight: bool) -> float:
    """Milliseconds from the call to the last byte of the write leaving the master."""
    time.sleep(random.uniform(0.1, 0.2))
    if in_flight:
        before = sim.port.last_written_ns
        while sim.port.last_written_ns == before:
            time.sleep(0.0002)
    order_id = str(number)
    called_ns = time.monotonic_ns()
    driver.order("b1", order_id, "up")
    answer = answers.take(order_id)
    if answer.outcome is not WriteOutcome.WRITTEN:
        raise SystemExit(f"order {order_id}: {answer.outcome}: {answer.detail}")
    return (answer.origin_ns - called_ns) / 1e6


def findings(given: argparse.Namespace) -> Findings:
    orders = given.orders or (3 if given.quick else 200)
    figures, lines, runs = [], [], []
    for baud in (9600, 38_400):
        for in_flight in (False, True):
            result = measure(baud, orders, in_flight=in_flight)
            when = "a scan just begun" if in_flight else "at any moment"
            runs.append({"when": when, **result})
            lines.append(
                f"{baud:6d} baud, {when:18s} p50 {result['p50_ms']:6.1f}  p99 {result['p99_ms']:6.1f}  "
                f"max {result['max_ms']:6.1f} ms | limit behind a read {result['limit_ms']:.1f} ms"
            )
            beside = f"limit {result['limit_ms']:.1f} ms, {result['p99_by_limit']:.2f} of it; {orders} orders"
            figures.append(Figure(f"order to write at {baud}, {when}, p99", result["p99_ms"], "ms", beside=beside))
    return Findings(figures, lines, {"runs": runs})


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--orders", type=int)
    given = parser.parse_args()
    return run("barrier_order", given, lambda: findings(given))


if __name__ == "__main__":
    sys.exit(main())
