"""Keeps what C libraries write to standard error off the terminal, and says whether they complained.

FFmpeg, libtiff and OpenCV print about damaged files past Python. Nothing that decodes may be put here.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

STDERR = 2


@dataclass(slots=True)
class Overheard:
    """`complained` is known when the block has ended."""

    complained: bool = False


@contextlib.contextmanager
def overheard() -> Iterator[Overheard]:
    """While the block runs the process's standard error goes nowhere, that of other threads too: for commands only."""
    heard = Overheard()
    with os.fdopen(os.memfd_create("overheard"), "wb") as held:
        try:
            if sys.stderr is not None:
                sys.stderr.flush()
            kept = os.dup(STDERR)
        except OSError:  # closed by whoever started us: nothing can leak
            yield heard
            return
        try:
            os.dup2(held.fileno(), STDERR)
            yield heard
        finally:
            os.dup2(kept, STDERR)
            os.close(kept)
            heard.complained = os.fstat(held.fileno()).st_size > 0
