"""A real driver on a pty against the simulator's boards, and an ear that keeps every reading."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from drivers.barrier.line import BarrierLine
from drivers.barrier.profiles import PROFILES, Board, BoardProfile, LineSettings, Pulse
from drivers.readings import Condition, DeviceCondition, InputsScanned, OrderAnswered, Reading
from simulator.wire.modbus_board import ModbusBoard
from simulator.wire.modbus_line import ModbusLine
from simulator.wire.modbus_maps import MAPS, BoardMap

BAUD = 57_600

PULSE_MS, LONG_PULSE_MS = 200, 20_000
LATCHED = replace(PROFILES["generic"], id="latched", pulse=Pulse.LATCHED)


def _profiles() -> dict[str, BoardProfile]:
    """Each profile with a short pulse, with one that no test outlasts, and as it is sold."""
    found = {}
    for profile in (*PROFILES.values(), LATCHED):
        found[profile.id] = replace(profile, pulse_ms=PULSE_MS)
        found[f"{profile.id}, long"] = replace(profile, pulse_ms=LONG_PULSE_MS)
        found[f"{profile.id}, as sold"] = profile
    return found


def _maps() -> dict[str, BoardMap]:
    found = {}
    for board_map in MAPS.values():
        found[board_map.id] = replace(board_map, pulse_ms=PULSE_MS if board_map.pulse_ms else 0)
        found[f"{board_map.id}, long"] = replace(board_map, pulse_ms=LONG_PULSE_MS if board_map.pulse_ms else 0)
        found[f"{board_map.id}, as sold"] = board_map
    return found


ALL_PROFILES, ALL_MAPS = _profiles(), _maps()


class Ear:
    """Keeps readings; waits for one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.readings: list[Reading] = []

    def __call__(self, reading: Reading) -> None:
        with self._changed:
            self.readings.append(reading)
            self._changed.notify_all()

    def wait(self, wanted: Callable[[Reading], bool], what: str, timeout_s: float = 10.0) -> Reading:
        with self._changed:
            found: list[Reading] = []

            def there() -> bool:
                found[:] = [reading for reading in self.readings if wanted(reading)]
                return bool(found)

            assert self._changed.wait_for(there, timeout_s), f"never came: {what}; came: {self.readings}"
            return found[0]

    def answer(self, order_id: str, timeout_s: float = 10.0) -> OrderAnswered:
        reading = self.wait(
            lambda reading: isinstance(reading, OrderAnswered) and reading.order_id == order_id,
            f"answer to {order_id}",
            timeout_s,
        )
        assert isinstance(reading, OrderAnswered)
        return reading

    def condition(self, board: str, condition: Condition, timeout_s: float = 10.0) -> DeviceCondition:
        reading = self.wait(
            lambda reading: (
                isinstance(reading, DeviceCondition) and reading.device == board and reading.condition is condition
            ),
            f"{board} {condition}",
            timeout_s,
        )
        assert isinstance(reading, DeviceCondition)
        return reading

    def inputs(self, board: str, **wanted: bool | None) -> InputsScanned:
        reading = self.wait(
            lambda reading: (
                isinstance(reading, InputsScanned)
                and reading.device == board
                and all(dict(reading.inputs)[name] is value for name, value in wanted.items())
            ),
            f"{board} with {wanted}",
        )
        assert isinstance(reading, InputsScanned)
        return reading

    def last_inputs(self, board: str) -> dict[str, bool | None]:
        with self._changed:
            scans = [r for r in self.readings if isinstance(r, InputsScanned) and r.device == board]
        return dict(scans[-1].inputs)

    def forget(self) -> None:
        with self._changed:
            self.readings.clear()


class Rig:
    """`profiles` by board id; addresses count from 1. Everything is stopped by `close`."""

    def __init__(
        self, folder: Path, *profiles: str, baud: int = BAUD, scan_ms: int = 20, timeout_ms: int = 100
    ) -> None:
        self.moves: list[tuple[int, int, bool, int]] = []
        self.sims = [ModbusBoard(ALL_MAPS[name], on_output=self._hear(place)) for place, name in enumerate(profiles)]
        link = folder / "barrier"
        self.line = ModbusLine(link, {place + 1: sim for place, sim in enumerate(self.sims)}, baud=baud)
        self.ear = Ear()
        boards = tuple(
            Board(id=f"b{place + 1}", address=place + 1, profile=ALL_PROFILES[name])
            for place, name in enumerate(profiles)
        )
        self.settings = LineSettings(
            id="line", device=str(link), boards=boards, baud=baud, scan_ms=scan_ms, reply_timeout_ms=timeout_ms
        )
        self.driver = BarrierLine(self.settings, self.ear)
        self._orders = 0

    def start(self) -> "Rig":
        self.line.start()
        self.driver.start()
        return self

    def online(self) -> "Rig":
        self.start()
        for place in range(len(self.sims)):
            self.ear.condition(f"b{place + 1}", Condition.ONLINE)
        return self

    def close(self) -> None:
        self.driver.stop()
        self.line.stop()

    def order(self, order: str, board: str = "b1", *, for_ms: int = 0) -> str:
        self._orders += 1
        order_id = f"order-{self._orders}"
        self.driver.order(board, order_id, order, for_ms=for_ms)
        return order_id

    def ordered(self, order: str, board: str = "b1", *, for_ms: int = 0) -> OrderAnswered:
        return self.ear.answer(self.order(order, board, for_ms=for_ms))

    def writes(self) -> list[bytes]:
        return [pdu for _, pdu, _ in self.line.writes()]

    def scans(self, count: int) -> None:
        """Let the driver ask `count` times more."""
        wanted = self.line.requests + count
        until(lambda: self.line.requests >= wanted, f"{count} requests")

    def _hear(self, place: int) -> Callable[[int, bool, int], None]:
        def hear(number: int, on: bool, at_ns: int) -> None:
            self.moves.append((place, number, on, at_ns))

        return hear


def until(is_so: Callable[[], bool], what: str, timeout_s: float = 10.0) -> None:
    end = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < end, f"never became so: {what}"
        time.sleep(0.002)
