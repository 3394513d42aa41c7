"""State between two facts as rows: which lanes changed since the last commit, and the whole state back at a start.

No event may be written here. What the lanes share stands in `meta` under `box_state`.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from controller.domain.codec import CodecError, from_plain, to_plain
from controller.domain.state import BoxState, LaneState
from controller.eventlog.errors import DamagedLogError, LogError
from controller.eventlog.plain_text import plain_text
from controller.eventlog.projections import Change

LaneView = Callable[[LaneState], Mapping[str, Any]]

_STATE = "INSERT INTO lane_states VALUES (?1, ?2, ?3) ON CONFLICT (lane) DO UPDATE SET seq = ?2, state = ?3"
_VIEW = "INSERT INTO lane_views VALUES (?1, ?2, ?3) ON CONFLICT (lane) DO UPDATE SET seq = ?2, view = ?3"
_SHARED = "INSERT INTO meta VALUES ('box_state', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1"


def state_text(value: Any) -> str:
    """JSON text of a core value, as it stands in `lane_states` and `causes`."""
    return plain_text(to_plain(value))


class StateRows:
    """Knows what was committed last, so that only what changed is written again."""

    def __init__(self, view: LaneView, committed: BoxState | None) -> None:
        self._view = view
        self._committed = committed
        self._pending: BoxState | None = None

    def changes(self, state: BoxState, seq: int) -> Iterator[Change]:
        """The rows that lead from the state committed last to `state`; call `commit` once they are on disk."""
        self._pending = state
        before = self._committed
        if state is before:
            return
        old = before.lanes if before is not None else {}
        for lane, lane_state in state.lanes.items():
            if old.get(lane) is lane_state or old.get(lane) == lane_state:
                continue
            yield (_STATE, (lane, seq, state_text(lane_state)))
            yield (_VIEW, (lane, seq, plain_text(dict(self._view(lane_state)))))
        for gone in old.keys() - state.lanes.keys():
            yield ("DELETE FROM lane_states WHERE lane = ?1", (gone,))
            yield ("DELETE FROM lane_views WHERE lane = ?1", (gone,))
        shared = replace(state, lanes={})
        if before is None or shared != replace(before, lanes={}):
            yield (_SHARED, (state_text(shared),))

    def commit(self) -> None:
        """What `changes` gave last is on disk."""
        self._committed = self._pending


def load_state(connection: sqlite3.Connection, path: Path) -> BoxState | None:
    """The state as committed last; `None` in a new log.

    Raises DamagedLogError for text that is no JSON, and LogError for a state that only another program understands.
    """
    lanes: dict[str, str] = dict(connection.execute("SELECT lane, state FROM lane_states"))
    shared = connection.execute("SELECT value FROM meta WHERE key = 'box_state'").fetchone()
    if shared is None and not lanes:
        return None
    try:
        plain = json.loads(shared[0]) if shared else {}
        plain["lanes"] = {lane: json.loads(text) for lane, text in lanes.items()}
    except (ValueError, TypeError) as error:
        raise DamagedLogError(f"{path}: the lanes' state cannot be read back: {error}") from None
    try:
        return from_plain(BoxState, plain)
    except CodecError as error:
        raise LogError(f"{path}: the lanes' state was written by another program: {error}") from None
