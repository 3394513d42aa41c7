"""Runs the simulation: one thread owns the world, the wires and the page hand their wishes to it.

No physics, protocol or page may be put here. With real wires time runs at its own speed or slower, never faster: the
daemon at the other end has a clock of its own.
"""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

from simulator.camera_view import plate_of
from simulator.config import SimConfig
from simulator.sight import Sights, sights_of
from simulator.traffic.fleet import Fleet, load_fleet
from simulator.traffic.player import Player, Presence
from simulator.traffic.script import Script
from simulator.truth import TruthJournal
from simulator.wire.cards import card_bits
from simulator.wires import Wires
from simulator.world import Place, World
from simulator.yaml_file import FileError, load

T = TypeVar("T")
LONGEST_REST_S = 0.5
ANSWER_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class SimClock:
    """Simulated milliseconds since the start, from the machine's own clocks; `speed` 1 is real time."""

    start_ns: int
    start_utc_us: int
    speed: float = 1.0

    @staticmethod
    def start(speed: float = 1.0) -> "SimClock":
        return SimClock(time.monotonic_ns(), time.time_ns() // 1_000, speed)

    def now_ms(self) -> int:
        return int((time.monotonic_ns() - self.start_ns) / 1e6 * self.speed)

    def utc_us(self, at_ms: int) -> int:
        return self.start_utc_us + int(at_ms * 1_000 / self.speed)

    def seconds_until(self, at_ms: int) -> float:
        return max(0.0, (at_ms / self.speed) / 1e3 - (time.monotonic_ns() - self.start_ns) / 1e9)


class Simulation:
    """The whole simulator. Public methods may be called from any thread."""

    def __init__(self, config: SimConfig, *, seed: int | None = None, speed: float = 1.0) -> None:
        self.config = config
        self.fleet = _drawable(load_fleet(config.fleet), config) if config.fleet else Fleet([])
        scripts = [load(path, Script) for path in config.traffic]
        self.clock = SimClock.start(speed)
        self.journal = TruthJournal(config.truth, self._utc_us)
        self.wires = Wires(config, self._on_relay)
        self.world = World(config.lanes(), self.journal, self.wires)
        self.sights: Sights = sights_of(self.world)
        chosen = config.seed if seed is None else seed
        presence = Presence(self.world)
        self.players = [Player(script, self.fleet, self.world, seed=chosen, presence=presence) for script in scripts]
        self._wishes: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="world", daemon=True)
        self._stopping = False
        self.failure: BaseException | None = None

    # --- life ------------------------------------------------------------------------------------------------------

    def open(self, *, closes_after_s: float | None = None) -> None:
        """Take up the scripts and open the wires; the lanes stand still and can be read.

        `closes_after_s`: nobody comes any more from so long after the start. Raises UnknownPlaceError for a script that
        names what is not there, OSError for a port that cannot be had.
        """
        for player in self.players:
            player.start()
            if closes_after_s is not None:
                player.close_at(round(closes_after_s * 1_000 * self.clock.speed))
        self.world.settle()
        self.wires.show_views(self.sights, self.world.now_ms)
        self.wires.start()

    def start(self) -> None:
        """Let time run."""
        self.clock = SimClock.start(self.clock.speed)
        self._thread.start()

    def stop(self) -> None:
        """Let time stand still, close the wires and the journal."""
        self._stopping = True
        self._wishes.put(lambda: None)
        if self._thread.is_alive():
            self._thread.join(timeout=5.0)
        self.wires.stop()
        self.journal.close()

    def _utc_us(self, at_ms: int) -> int:
        return self.clock.utc_us(at_ms)

    # --- the world's thread ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._stopping:
                self.world.advance(self.clock.now_ms())
                self.sights = sights_of(self.world)
                self.wires.show_views(self.sights, self.world.now_ms)
                self._carry_out_one(self._rest_s())
        except Exception as error:  # noqa: BLE001 - the thread's outermost edge: whoever waits on us has to be told
            self.failure = error

    def _rest_s(self) -> float:
        wake_ms = self.world.next_wake()
        return LONGEST_REST_S if wake_ms is None else min(LONGEST_REST_S, self.clock.seconds_until(wake_ms))

    def _carry_out_one(self, rest_s: float) -> None:
        try:
            wish = self._wishes.get(timeout=rest_s) if rest_s > 0 else self._wishes.get_nowait()
        except queue.Empty:
            return
        self.world.advance(self.clock.now_ms())
        wish()
        self.world.settle()

    # --- from other threads ----------------------------------------------------------------------------------------

    def ask(self, wish: Callable[[World], T]) -> T:
        """Do something with the world in its own thread and wait for the answer; errors come back as they are."""
        answer: Future[T] = Future()

        def carry_out() -> None:
            try:
                answer.set_result(wish(self.world))
            except ValueError as error:
                answer.set_exception(error)

        self._wishes.put(carry_out)
        return answer.result(timeout=ANSWER_WITHIN_S)

    def _on_relay(self, place: Place, name: str, closed: bool) -> None:
        self._wishes.put(lambda: self.world.relay(place, name, closed))


def _drawable(fleet: Fleet, config: SimConfig) -> Fleet:
    """The fleet, when every plate can be drawn and every card be sent; else FileError names the first that cannot."""
    for each in fleet.members:
        try:
            plate_of(each.vehicle)
            if each.card:
                card_bits(each.card)
        except ValueError as error:
            raise FileError(f"{config.fleet}: {each.vehicle.id}: {error}") from None
    return fleet
