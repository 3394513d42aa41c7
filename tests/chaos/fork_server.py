"""Starts whole daemons quickly: imports once, then a child for each line of standard input, which waits to be traced.

A line is "<configuration> <file>"; the child works once the file exists. Answers with the child's pid, and with its
exit status when it has ended (negative: the signal).
"""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

import controller.app.daemon
from controller.app.cli import set_up_logging
from controller.config_file import load_box_config

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Whoever started us is gone: nothing of a test may live on and hold its wires."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def child(config: Path, go: Path) -> int:
    """Wait for the word, then be a daemon."""
    die_with_parent()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    with (config.with_suffix(".log")).open("a") as words:
        os.dup2(words.fileno(), 1)
        os.dup2(words.fileno(), 2)
    while not go.exists():
        time.sleep(0.002)
    set_up_logging(as_json=False)
    controller.app.daemon.Daemon(load_box_config(config), read_again=lambda: load_box_config(config)).run()
    return 0


def main() -> None:
    """Serve until standard input ends."""
    die_with_parent()
    for line in sys.stdin:
        config, go = (Path(word) for word in line.split())
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                status = child(config, go)
            finally:
                os._exit(status)
        print(pid, flush=True)
        _, ended = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(ended), flush=True)


if __name__ == "__main__":
    main()
