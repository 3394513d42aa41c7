"""One gate on real wires for tests of faults: a daemon to kill, a board whose arm is quick, a reader, a broker.

The board is the simulator's, at the far end of a pty; its arm follows its coils at once, so that a passage takes well
under a second. What the board was told is kept.
"""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from simulator.wire.port import PtyPort
from simulator.wire.wiegand_sender import WiegandSender
from tests.support.box import import_registry, resident
from tests.support.broker import Broker
from tests.support.centre import Centre
from tests.support.quick_arm import QuickArm

CALLS = ("pwrite64", "fdatasync", "ftruncate", "unlink")
CARD = "26:1:10001"
BAUD = 115_200


def until(true: Callable[[], bool], timeout_s: float, what: str) -> None:
    """Wait until something holds; a test failure with its name when it does not."""
    deadline = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {timeout_s} s: {what}")
        time.sleep(0.005)


class Gate:
    """Broker, centre, board and reader, and a daemon that is started and killed again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "north"
        self.data.mkdir(parents=True)
        self.broker = Broker(folder / "broker")
        self.broker.start()
        self.centre = Centre(site="jade")
        self.centre.connect("127.0.0.1", self.broker.port, "centre", self.broker.password)
        self.arm = QuickArm(folder / "board", baud=BAUD)
        self.reader_port = PtyPort(folder / "reader", BAUD)
        self.reader_port.start()
        self.reader = WiegandSender(self.reader_port)
        self.config = folder / "north.yaml"
        self._write_config()
        import_registry(self.data / "registry.db", [resident(1, "粤B12345", CARD)])
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.fork_server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._runs = 0
        self.template = folder / "template.db"
        self._pump_stop = threading.Event()
        self._pump = threading.Thread(target=self._acknowledge, name="centre acknowledges")
        self._pump.start()

    def close(self) -> None:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._pump_stop.set()
        self._pump.join()
        self._server.stdin.close()
        try:
            self._server.wait(5)
        except subprocess.TimeoutExpired:
            self._server.kill()  # a test that failed left its daemon running; it dies with its server
            self._server.wait(5)
        self._server.stdout.close()
        self.arm.stop()
        self.reader_port.stop()
        self.centre.close()
        self.broker.stop()

    def _acknowledge(self) -> None:
        while not self._pump_stop.wait(0.02):
            self.centre.acknowledge()

    def _write_config(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        lane = {
            "id": "in", "name": "入口", "direction": "entry", "board": "b", "readers": [{"id": "r", "side": "entry"}],
            "close_delay_ms": 0, "antipassback": {"mode": "off"},
        }  # fmt: skip
        board = {"id": "b", "address": 1, "profile": "generic", "unwired": ["leaving"]}
        config: dict[str, Any] = {
            "site": "jade", "box": "north", "data": str(self.data),
            "reader_lines": [
                {"kind": "wiegand", "id": "rl", "device": str(self.folder / "reader"), "baud": BAUD, "reader": "r"}
            ],
            "barrier_lines": [
                {"id": "bl", "device": str(self.folder / "board"), "baud": BAUD, "scan_ms": 20, "boards": [board]}
            ],
            "lanes": [lane],
            "mqtt": {"host": "127.0.0.1", "port": self.broker.port, "tls": False, "user": "box-north",
                     "password_file": str(self.broker.password_file()), "keepalive_s": 5, "drain_per_s": 10_000},
            "centre_keys": [{"id": "k1", "public_key_file": str(self._public_key())}],
            "booth": {"port": port, "plain_http": True},
            "keep": {"disk_free_mb": 1},
        }  # fmt: skip
        self.config.write_text(json.dumps(config, ensure_ascii=False))

    def _public_key(self) -> Path:
        """The centre's key, as an installer puts it onto the box."""
        file = self.folder / "k1.pem"
        public = self.centre.key.public_key()
        file.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        return file

    # --- the daemon ------------------------------------------------------------------------------------------------

    def start(self, inject: str = "", *, trace: bool = False) -> "Running":
        """A daemon, traced from before its first write when `inject` or `trace` say so."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._runs += 1
        go = self.folder / f"go-{self._runs}"
        self._server.stdin.write(f"{self.config} {go}\n")
        self._server.stdin.flush()
        pid = int(self._server.stdout.readline())
        tracer = _traced(pid, inject, self.folder / "trace") if inject or trace else None
        go.touch()
        return Running(pid, tracer, self._server.stdout, self.folder / "trace")

    def lay_out(self) -> None:
        """Keep a log that was laid out and used once, for every run to begin with."""
        self.reset()
        first = self.start()
        until(self.is_ready, 30, "the first start")
        assert first.stop() == 0
        shutil.copyfile(self.data / "gate.db", self.template)

    def is_ready(self) -> bool:
        """Whether the daemon has read its board: it asks for inputs again and again."""
        before = self.arm.line.requests
        time.sleep(0.03)
        return self.arm.line.requests > before

    def passage(self, alive: Callable[[], bool], timeout_s: float = 20) -> bool:
        """A resident drives in; False when the daemon died before the passage was complete."""

        def waits(true: Callable[[], bool]) -> bool:
            deadline = time.monotonic() + timeout_s
            while not true():
                if not alive() or time.monotonic() > deadline:
                    return False
                time.sleep(0.005)
            return True

        if not waits(self.is_ready):
            return False
        completed = self.count("PassageCompleted")
        self.arm.loops(arming=True)
        if not waits(lambda: self.count("VehicleArrived") > 0):
            return False
        self.reader.present(CARD)
        if not waits(self.arm.is_up):
            return False
        for step in ({"arming": True, "closing": True}, {"closing": True}, {}):
            time.sleep(0.06)
            self.arm.loops(**step)
        return waits(lambda: self.count("PassageCompleted") > completed and not self.arm.is_up())

    # --- what is left ----------------------------------------------------------------------------------------------

    def count(self, event_type: str) -> int:
        """How many events of a type are on disk."""
        database = self.data / "gate.db"
        if not database.exists():
            return 0
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)
        try:
            question = "SELECT count(*) FROM events WHERE type = ?"
            return int(connection.execute(question, (event_type,)).fetchone()[0])
        except sqlite3.OperationalError:
            return 0
        finally:
            connection.close()

    def reset(self) -> None:
        """Everything as before the first run: an empty log, the arm down, a centre that knows nothing."""
        self.arm.loops()
        self.arm.down()
        self.arm.orders.clear()
        for name in ("gate.db", "gate.db-wal", "gate.db-shm"):
            (self.data / name).unlink(missing_ok=True)
        if self.template.exists():
            shutil.copyfile(self.template, self.data / "gate.db")
        for name in ("backups", "quarantine"):
            shutil.rmtree(self.data / name, ignore_errors=True)
        with self.centre.changed:
            self.centre.boxes.clear()


@dataclass
class Running:
    """A daemon that was started; `ended` reads its exit status."""

    pid: int
    tracer: subprocess.Popen[bytes] | None
    server: Any
    trace: Path
    status: int | None = None

    def alive(self) -> bool:
        """Whether it works still (a killed one that nobody has asked about is a zombie)."""
        try:
            state = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, IndexError):
            return False
        return state not in "ZX"

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it if it has not ended; the exit status."""
        if self.status is None:
            if self.alive():
                os.kill(self.pid, how)
            self.status = int(self.server.readline())
            if self.tracer:
                self.tracer.wait(20)
        return self.status

    def calls(self) -> Counter[str]:
        """The traced calls of its main thread and all others, by name."""
        found: Counter[str] = Counter()
        for file in self.trace.parent.glob(self.trace.name + "*"):
            for line in file.read_text().splitlines():
                name = line.partition("(")[0]
                if name in CALLS:
                    found[name] += 1
        return found


def _traced(pid: int, inject: str, trace: Path) -> "subprocess.Popen[bytes]":
    for old in trace.parent.glob(trace.name + "*"):
        old.unlink()
    options = ["-e", f"inject={inject}"] if inject else []
    command = ["strace", "-qq", "-o", str(trace), "-e", f"trace={','.join(CALLS)}", *options, "-p", str(pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    until(
        lambda: "TracerPid:\t0\n" not in Path(f"/proc/{pid}/status").read_text(), 20, "strace takes hold of the daemon"
    )
    return tracer
