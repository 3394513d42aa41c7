"""The journal of what truly happened, `truth.jsonl`: one JSON object a line, flushed at once (contract, "Commands").

Nothing that the daemon believes may be written here. The judge reads it beside the databases.
"""

import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from simulator.physics.happening import Happening

UtcAt = Callable[[int], int]
"""UTC microseconds of a moment of simulated time in milliseconds."""


def utc_text(utc_us: int) -> str:
    """`YYYY-MM-DDTHH:MM:SS.ffffffZ`, as the event log writes times."""
    seconds, micros = divmod(utc_us, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{micros:06d}Z"


class TruthJournal:
    """Writes lines in the order in which they are given; safe to call from several threads."""

    def __init__(self, path: Path, utc_at: UtcAt) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = path.open("a", encoding="utf-8")
        self._utc_at = utc_at
        self._lock = threading.Lock()

    def write(self, box: str, lane: str | None, happening: Happening) -> None:
        """Put one happening into the journal."""
        self.write_line(box, lane, happening.at_ms, happening.what.value, happening.values)

    def write_line(
        self, box: str, lane: str | None, at_ms: int, what: str, values: Mapping[str, str | int | bool]
    ) -> None:
        """Put one line into the journal; `values` may not use the keys t, box, lane and what."""
        line = {"t": utc_text(self._utc_at(at_ms)), "box": box, "lane": lane, "what": what, **values}
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
        with self._lock:
            if not self._file.closed:
                self._file.write(text + "\n")
                self._file.flush()

    def close(self) -> None:
        """End the journal; later lines are dropped."""
        with self._lock:
            self._file.close()
