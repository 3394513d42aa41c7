"""A whole box on real wires, with the daemon as a process of its own: for tests and benches of the daemon.

Each lane has an OSDP reader alone on its bus, with secure channel, and a board alone on its line, both at the far ends
of paced ptys. Nothing of the daemon is imported but what fills its registry; it is run as an administrator runs it.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from demo.broker import free_port
from drivers.reader.osdp_keys import load_key, make_key
from simulator.wire.modbus_maps import WAVESHARE_RELAY_D
from simulator.wire.osdp_device import OsdpDevice, OsdpLine
from simulator.wire.port import PtyPort
from tests.support.broker import Broker
from tests.support.quick_arm import QuickArm

ROOT = Path(__file__).parents[2]
BOX, SITE = "north", "jade"


@dataclass(frozen=True, slots=True)
class Swipe:
    """One passage: when the card was handed to the reader, and when the order to open had left the master."""

    card: str
    handed_ns: int
    ordered_ns: int

    @property
    def ms(self) -> float:
        return (self.ordered_ns - self.handed_ns) / 1e6


class WiredLane:
    """An entry lane: a reader, a board and a quick arm. Vehicles drive through one at a time."""

    def __init__(self, name: str, folder: Path, baud: int) -> None:
        self.name = name
        self.baud = baud
        self._key = folder / f"{name}.key"
        make_key(self._key)
        self._port = PtyPort(folder / f"{name}-reader", baud)
        self.reader = OsdpDevice(1, load_key(self._key), secure_only=True)
        OsdpLine(self._port, [self.reader])
        self._port.start()
        self.arm = QuickArm(folder / f"{name}-board", baud=baud, board_map=WAVESHARE_RELAY_D)

    def stop(self) -> None:
        self.arm.stop()
        self._port.stop()

    def drive_in(self, card: str, wait_s: float) -> Swipe:
        """A vehicle arrives, waits, presents its card and drives in; the arm goes down. Raises TimeoutError."""
        arm = self.arm
        arm.loops(arming=True)
        arm.await_reads(1)
        time.sleep(wait_s)
        handed_ns = self.reader.present(card)
        ordered_ns = arm.await_order("up", handed_ns)
        arm.await_reads(1)
        for on in ({"arming": True, "closing": True}, {"closing": True}, {}):
            arm.loops(**on)
            arm.await_reads(1)
        arm.await_order("down", ordered_ns)
        arm.await_reads(2)
        return Swipe(card, handed_ns, ordered_ns)

    def config(self) -> dict[str, dict[str, Any]]:
        """The lane, its line of readers and its line of boards, as a configuration has them."""
        folder, name = self._port.link.parent, self.name
        reader = {"id": f"{name}-r", "address": 1, "key_file": str(self._key)}
        board = {"id": f"{name}-b", "address": 1, "profile": "waveshare-relay-d", "unwired": ["leaving"]}
        return {
            "lanes": {
                "id": name, "name": name, "direction": "entry", "board": f"{name}-b",
                "readers": [{"id": f"{name}-r", "side": "entry"}],
                "close_delay_ms": 0, "antipassback": {"mode": "off"},
            },
            "reader_lines": {
                "kind": "osdp", "id": f"{name}-rl", "device": str(folder / f"{name}-reader"), "baud": self.baud,
                "readers": [reader],
            },
            "barrier_lines": {
                "id": f"{name}-bl", "device": str(folder / f"{name}-board"), "baud": self.baud, "boards": [board],
            },
        }  # fmt: skip


@dataclass(slots=True)
class RunningDaemon:
    """A daemon that was started, and where its words go."""

    process: subprocess.Popen[bytes]
    words: Path

    def stop(self) -> int:
        """Ask it to end; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def last_words(self) -> str:
        return "\n".join(self.words.read_text(encoding="utf-8").splitlines()[-8:])


class WiredBox:
    """Lanes, broker and centre; the daemon is started apart. Close it in the end."""

    def __init__(self, folder: Path, lanes: list[str], baud: int, *, with_centre: bool = True) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.data.mkdir(parents=True)
        self.config = folder / f"{BOX}.yaml"
        self.page_port = free_port()
        self._closing = ExitStack()
        try:
            self.lanes = [self._lane(name, baud) for name in lanes]
            self._broker = self._centre() if with_centre else None
            self._write_config()
        except BaseException:
            self._closing.close()
            raise

    def __enter__(self) -> "WiredBox":
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    @property
    def page(self) -> str:
        return f"http://127.0.0.1:{self.page_port}"

    def start(self, command: list[str] | None = None) -> RunningDaemon:
        """The daemon, or another program that is given the same configuration."""
        words = self.folder / "daemon.log"
        run = command or ["-m", "controller.cli", "run"]
        with words.open("ab") as out:
            daemon = RunningDaemon(_program([*run, "--config", str(self.config)], out), words)
        self._closing.callback(daemon.stop)
        return daemon

    def await_ready(self, daemon: RunningDaemon, timeout_s: float = 60) -> None:
        """Until the page says so and every board and reader is asked. Raises TimeoutError, RuntimeError."""
        wait_until(lambda: self.is_ready(daemon), timeout_s, "the daemon is ready")
        for lane in self.lanes:
            lane.arm.await_reads(2, timeout_s)
            wait_until(partial(getattr, lane.reader, "is_asked"), timeout_s, f"{lane.name}: the reader is asked")

    def is_ready(self, daemon: RunningDaemon) -> bool:
        """Whether /readyz says so. Raises RuntimeError when the daemon has ended."""
        if daemon.process.poll() is not None:
            raise RuntimeError(f"the daemon ended:\n{daemon.last_words()}")
        try:
            with urllib.request.urlopen(f"{self.page}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False

    # --- parts -----------------------------------------------------------------------------------------------------

    def _lane(self, name: str, baud: int) -> WiredLane:
        lane = WiredLane(name, self.folder, baud)
        self._closing.callback(lane.stop)
        return lane

    def _centre(self) -> Broker:
        broker = Broker(self.folder / "broker", SITE, (BOX,))
        broker.start()
        self._closing.callback(broker.stop)
        options = {
            "--port": broker.port, "--password-file": broker.password_file(), "--site": SITE,
            "--db": self.folder / "central.db",
        }  # fmt: skip
        words = [str(word) for option in options.items() for word in option]
        with (self.folder / "centre.log").open("ab") as out:
            centre = _program(["-m", "tests.support.centre", *words], out)
        self._closing.callback(centre.wait, 20)
        self._closing.callback(centre.terminate)
        return broker

    def _write_config(self) -> None:
        config: dict[str, Any] = {
            "site": SITE, "box": BOX, "data": str(self.data),
            "booth": {"port": self.page_port, "plain_http": True},
            "keep": {"disk_free_mb": 1},
        }  # fmt: skip
        for lane in self.lanes:
            for key, value in lane.config().items():
                config.setdefault(key, []).append(value)
        if self._broker is not None:
            config["mqtt"] = {
                "host": "127.0.0.1", "port": self._broker.port, "tls": False, "user": f"box-{BOX}",
                "password_file": str(self._broker.password_file()),
            }  # fmt: skip
        self.config.write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")


def wait_until(true: Callable[[], bool], timeout_s: float, what: str) -> None:
    """Wait until something holds. Raises TimeoutError with what it was."""
    deadline = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout_s} s: {what}")
        time.sleep(0.01)


def _program(words: list[str], out: IO[bytes]) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, *words]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment)
