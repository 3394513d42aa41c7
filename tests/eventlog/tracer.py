"""A log writer under strace: what it does is counted, and at a chosen call it is killed or given an error."""

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

CALLS = ("pwrite64", "fdatasync", "ftruncate", "unlink")


@dataclass(frozen=True)
class Run:
    """How a run ended: exit status (-9: killed), what was acknowledged, all that was noted, and the calls made."""

    status: int
    acks: tuple[tuple[int, str], ...]
    notes: tuple[str, ...]
    calls: Counter[str]


class TracedWriter:
    """One writer process whose children are traced, one at a time."""

    def __init__(self) -> None:
        if shutil.which("strace") is None:
            pytest.fail("strace is not installed: apt-get install strace")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.eventlog.writer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, path: Path, inject: str = "") -> Run:
        """Let a child write the log at `path`; `inject` as strace takes it: "pwrite64:signal=KILL:when=3"."""
        go, trace, acks = (path.with_name(path.name + suffix) for suffix in (".go", ".trace", ".acks"))
        os.mkfifo(go)
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        child = int(self._process.stdout.readline())
        options = ["-e", f"inject={inject}"] if inject else []
        command = ["strace", "-qq", "-o", str(trace), "-e", f"trace={','.join(CALLS)}", *options, "-p", str(child)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as tracer:
            _wait_until_traced(child)
            go.open("w").close()
            status = int(self._process.stdout.readline())
            tracer.wait(timeout=20)
        notes = tuple(acks.read_text().splitlines()) if acks.exists() else ()
        calls = Counter(line.partition("(")[0] for line in trace.read_text().splitlines() if "(" in line)
        parts = [line.split() for line in notes if line[0].isdigit()]
        for left in (go, trace, acks):
            left.unlink(missing_ok=True)
        return Run(status, tuple((int(seq), hash_) for seq, hash_ in parts), notes, calls)

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=20)
        self._process.stdout.close()


def _wait_until_traced(pid: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if "TracerPid:\t0\n" not in Path(f"/proc/{pid}/status").read_text():
            return
        time.sleep(0.001)
    pytest.fail("strace could not take hold of the writer: ptrace must be allowed (CAP_SYS_PTRACE)")
