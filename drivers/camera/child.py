"""One run of a camera's process as its keeper sees it: started, written to, read from, ended.

No decision to start it again may be put here.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections import deque
from pathlib import Path

from drivers.camera.messages import LineBuffer, Message, line_of, message_of
from drivers.camera.settings import CameraSettings

ROOT = Path(__file__).resolve().parents[2]
"""Where our packages stand: the process finds them from whatever folder the daemon was started in."""
MODULE = "drivers.camera.worker"
QUEUE_BYTES = 256 * 1024
"""More than this unread by the process means that it does not listen: further orders are refused."""


class ChildGone(Exception):
    """The process has ended or closed its pipe; the text says how."""


class Child:
    """The process with its two pipes. Used by one thread."""

    def __init__(self, settings: CameraSettings) -> None:
        quiet = {"OPENCV_LOG_LEVEL": "SILENT", "OPENCV_FFMPEG_LOGLEVEL": "-8", "OMP_NUM_THREADS": "1"}
        paths = (str(ROOT), os.environ.get("PYTHONPATH", ""))
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no text from outside
            [sys.executable, "-m", MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **quiet, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        self._buffer = LineBuffer()
        self._unsent: deque[bytes] = deque([settings.to_json().encode() + b"\n"])

    @property
    def pid(self) -> int:
        return self._process.pid

    def order(self, message: Message) -> bool:
        """Queue an order; False when the process has not taken up those before it."""
        if sum(map(len, self._unsent)) > QUEUE_BYTES:
            return False
        self._unsent.append(line_of(message))
        return True

    def exchange(self, wake: int, timeout_s: float) -> list[Message]:
        """Wait for the process, or for `wake` to be readable; send what is queued; give what it said.

        Raises `ChildGone` when it has ended, `LineRefused` for a line that is none of ours.
        """
        waiting = select.poll()  # `select` refuses a process that has over a thousand files open
        for descriptor in (self._out, wake):
            waiting.register(descriptor, select.POLLIN)
        if self._unsent:
            waiting.register(self._in, select.POLLOUT)
        ready = [descriptor for descriptor, _events in waiting.poll(timeout_s * 1000)]
        if self._in in ready:
            self._send()
        return self._received() if self._out in ready else []

    def _send(self) -> None:
        while self._unsent:
            line = self._unsent.popleft()
            try:
                sent = os.write(self._in, line)
            except BlockingIOError:
                sent = 0
            except BrokenPipeError:
                raise ChildGone(self._ending()) from None
            if sent < len(line):
                self._unsent.appendleft(line[sent:])
                return

    def _received(self) -> list[Message]:
        try:
            data = os.read(self._out, 65536)
        except BlockingIOError:
            return []
        if not data:
            raise ChildGone(self._ending())
        return [message_of(line) for line in self._buffer.feed(data)]

    def _ending(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)
        code = self._process.returncode
        if code is None:
            return "the process closed its pipe"
        return (
            f"the process ended by signal {signal.Signals(-code).name}"
            if code < 0
            else f"the process ended with {code}"
        )

    def end(self, patience_s: float) -> None:
        """Close its input, wait that long, then kill it; a stopped process dies too."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
