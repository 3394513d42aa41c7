"""The programs of the demo, each a process of its own: started, watched, ended in order, their words kept in files.

What they do and in which order they come is not decided here (see `demo.play`).
"""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

ROOT = Path(__file__).resolve().parent.parent


class PartFailed(RuntimeError):
    """A part of the demo did not come up or went away; says which, and its last words."""


@dataclass(slots=True)
class Part:
    """One program. `said` gets every line of its standard output that is JSON."""

    name: str
    arguments: list[str]
    folder: Path
    said: Callable[[dict[str, Any]], None] | None = None
    process: subprocess.Popen[str] | None = None
    _log: TextIO | None = None
    _reader: threading.Thread | None = field(default=None)

    def start(self) -> None:
        """Start the program; its words go to `<name>.log`."""
        self._log = (self.folder / f"{self.name}.log").open("a", encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-m", *self.arguments],
            stdout=subprocess.PIPE if self.said else self._log,
            stderr=self._log,
            text=True,
            cwd=ROOT,
        )
        if self.said:
            self._reader = threading.Thread(target=self._read, name=f"{self.name} says", daemon=True)
            self._reader.start()

    def is_running(self) -> bool:
        """Whether the program has not ended."""
        return self.process is not None and self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it, if it runs."""
        if self.process and self.is_running():
            self.process.send_signal(number)

    def stop(self, timeout_s: float = 10) -> None:
        """Ask it to end, and end it when it does not."""
        if self.process is None:
            return
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        if self._reader:
            self._reader.join(2)
        if self._log:
            self._log.close()

    def last_words(self) -> str:
        """The end of what it wrote."""
        return (self.folder / f"{self.name}.log").read_text(encoding="utf-8", errors="replace")[-800:]

    def check(self) -> None:
        """Raise PartFailed when it has ended."""
        if not self.is_running():
            code = self.process.returncode if self.process else None
            raise PartFailed(f"{self.name} ended with {code}; its last words:\n{self.last_words()}")

    def _read(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        assert self.said is not None
        for line in self.process.stdout:
            try:
                told = json.loads(line)
            except json.JSONDecodeError:
                continue
            self.said(told)


def command(*words: str) -> str:
    """Run a `gatehouse` command to its end; what it printed. Raises PartFailed."""
    done = subprocess.run(
        [sys.executable, "-m", "controller.cli", *words], capture_output=True, text=True, cwd=ROOT, check=False
    )
    if done.returncode:
        raise PartFailed(f"gatehouse {' '.join(words)} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout


def wait_for_page(address: str, part: Part, timeout_s: float) -> None:
    """Wait until a page answers. Raises PartFailed when its program ends or the time runs out."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        part.check()
        try:
            with urllib.request.urlopen(address, timeout=1):  # noqa: S310 - an address of loopback that we chose
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise PartFailed(f"{part.name} did not answer at {address} within {timeout_s:.0f} s:\n{part.last_words()}")


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on just now, all different."""
    listeners = [socket.socket() for _ in range(count)]
    try:
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()


def port_is_free(port: int) -> bool:
    """Whether one can listen there."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return not _taken(listener, port)


def _taken(listener: socket.socket, port: int) -> bool:
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        return True
    return False
