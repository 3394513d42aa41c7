"""The questions that the booth, the relay and the look-up ask of the log: read-only, by index, from any thread.

Nothing is written here and nothing decided. Rows are mappings of column names; JSON columns are decoded.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from controller.domain.events import RecordedEvent
from controller.domain.known import Asked, Known
from controller.eventlog.chain_check import head_of
from controller.eventlog.presence import VEHICLES_INSIDE, count_inside, with_stays
from controller.eventlog.readers import ReaderPool, Row
from controller.eventlog.timetext import text_of, us_of

_EVENT = "seq, id, at, lane, type, passage, actor, body, prev, hash"
_EVENTS_AFTER = f"SELECT {_EVENT} FROM events WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608 - our own columns
_STARTED = """first_seq < min(?, 1 + (SELECT max(first_seq) FROM passages INDEXED BY passages_started
 WHERE started_at >= ? AND started_at < ?))
 AND first_seq >= (SELECT min(first_seq) FROM passages INDEXED BY passages_started
 WHERE started_at >= ? AND started_at < ?) AND started_at >= ? AND started_at < ?"""
"""A time as one pair of bounds of numbers, which is the order of the answer, whatever the clock did meanwhile."""
_AFTER_ALL = "\U0010ffff"
_FEW_PLATES = 64
_SEEN = "raised_seq || ' ' || id IN (SELECT value FROM json_each(?))"
_CAUSE = "SELECT id, first_seq, last_seq, fact, known FROM causes WHERE first_seq <= ?1 AND last_seq >= ?1"


class LogReader:
    """One log, read. Safe to call from several threads at once; waits for no writer. Raises LogError."""

    def __init__(self, path: Path) -> None:
        self._pool = ReaderPool(path)

    def close(self) -> None:
        """Give the file back."""
        self._pool.close()

    # --- for a decision --------------------------------------------------------------------------------------------

    def with_stays(self, known: Known, asked: Asked) -> Known:
        """`known` with stays, last entry and exit, how many are inside, and whether the order was seen."""
        with self._pool.lent() as connection:
            return with_stays(connection, known, asked)

    def overlay(self) -> list[Row]:
        """What the booth changed in the registry and the centre has not absorbed yet, in order of `seq`."""
        rows = self._pool.rows("SELECT * FROM overlay WHERE absorbed_version IS NULL ORDER BY seq")
        return [_decoded(row, "row") for row in rows]

    # --- lanes -----------------------------------------------------------------------------------------------------

    def mark(self) -> int:
        """A number that grows with every commit that the page could show."""
        return int(
            self._pool.value(
                "SELECT coalesce((SELECT max(id) FROM causes), 0)"
                " + (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'acked_upto')"
            )
        )

    def lane_views(self) -> list[Row]:
        """`lane`, `seq` and `view` of every lane."""
        return [
            _decoded(row, "view") for row in self._pool.rows("SELECT lane, seq, view FROM lane_views ORDER BY lane")
        ]

    def devices(self) -> list[Row]:
        """Every device that ever told of its condition."""
        return list(self._pool.rows("SELECT * FROM devices ORDER BY lane, device"))

    def alarms(self, *, open_only: bool = True, limit: int = 100) -> list[Row]:
        """Alarms, newest first."""
        question = "SELECT * FROM alarms WHERE (cleared_seq IS NULL OR ?) ORDER BY raised_seq DESC LIMIT ?"
        return list(self._pool.rows(question, (not open_only, limit)))

    def alarm(self, raised_seq: int) -> Row | None:
        """The alarm that an event raised."""
        return self._pool.row("SELECT * FROM alarms WHERE raised_seq = ?", (raised_seq,))

    def open_alarms(self, seen: Sequence[tuple[str, int]], limit: int = 100) -> list[Row]:
        """Alarms not cleared, those that are not `seen` (id and `raised_seq`) first, then newest first."""
        question = f"SELECT * FROM alarms WHERE cleared_seq IS NULL ORDER BY {_SEEN}, raised_seq DESC LIMIT ?"  # noqa: S608
        return list(self._pool.rows(question, (_keys(seen), limit)))

    def count_open_alarms(self, seen: Sequence[tuple[str, int]]) -> tuple[int, int]:
        """How many alarms are not cleared, and how many of them are not `seen` (id and `raised_seq`)."""
        question = f"SELECT count(*) AS open, total(NOT {_SEEN}) AS unseen FROM alarms WHERE cleared_seq IS NULL"  # noqa: S608
        (row,) = self._pool.rows(question, (_keys(seen),))
        return int(row["open"]), int(row["unseen"])

    # --- passages --------------------------------------------------------------------------------------------------

    def passages(
        self,
        *,
        plate: str = "",
        lane: str = "",
        outcome: str = "",
        since: int | None = None,
        until: int | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[Row]:
        """Rows of `passages`, newest first. `plate` is any fragment; `before` a `first_seq` to page on from.

        `since` and `until` (not itself in it) are UTC microseconds of the start; outcome "open": still under way.
        """
        where = ["first_seq < ?"]
        values: list[Any] = [before if before is not None else 2**62]
        if since is not None or until is not None:
            where[0] = _STARTED
            begin = text_of(since) if since is not None else ""
            values.extend((begin, text_of(until) if until is not None else "~") * 3)
        told: list[tuple[str, Any]] = [
            ("lane = ?", lane),
            ("outcome = ?", outcome if outcome != "open" else ""),
        ]
        for condition, value in told:
            if value:
                where.append(condition)
                values.append(value)
        if outcome == "open":
            where.append("outcome IS NULL")
        fragment = plate_fragment(plate)
        if fragment:
            condition, plates = self._plate_condition(fragment)
            where.append(condition)
            values.extend(plates)
        question = f"SELECT * FROM passages WHERE {' AND '.join(where)} ORDER BY first_seq DESC LIMIT ?"  # noqa: S608
        return list(self._pool.rows(question, (*values, limit)))

    def passage(self, passage: str) -> Row | None:
        """One passage."""
        return self._pool.row("SELECT * FROM passages WHERE id = ?", (passage,))

    def passage_events(self, passage: str) -> list[Row]:
        """The events of one passage in order, in full."""
        question = f"SELECT {_EVENT} FROM events WHERE passage = ? ORDER BY seq"  # noqa: S608 - our own columns
        return [_decoded(row, "body") for row in self._pool.rows(question, (passage,))]

    def cause_of(self, seq: int) -> Row | None:
        """The fact that led to an event, and what was known when it was decided."""
        row = self._pool.row(f"{_CAUSE} ORDER BY first_seq DESC, id DESC LIMIT 1", (seq,))
        return _decoded(row, "fact", "known") if row else None

    def text_of_digest(self, digest: str) -> str | None:
        """The clear text of a personal text; `None` once it is erased."""
        found = self._pool.value("SELECT clear FROM texts WHERE digest = ?", (digest,))
        return None if found is None else str(found)

    # --- stays -----------------------------------------------------------------------------------------------------

    def stay_of(self, passage: str) -> Row | None:
        """The stay that this passage opened or closed."""
        question = "SELECT * FROM stays WHERE entry_passage = ?1 OR exit_passage = ?1 LIMIT 1"
        return self._pool.row(question, (passage,))

    def inside(self, *, search: str = "", limit: int = 200, offset: int = 0) -> list[Row]:
        """Vehicles inside, newest entry first; `search` is a fragment of plate, group, card or vehicle."""
        where, values = VEHICLES_INSIDE, []
        if search.strip():
            columns = {"plate": plate_fragment(search), **dict.fromkeys(("grp", "card", "vehicle"), search.strip())}
            where += " AND (" + " OR ".join(f"instr({column}, ?)" for column in columns) + ")"
            values = list(columns.values())
        question = (
            f"SELECT * FROM stays INDEXED BY stays_open_entry WHERE {where} ORDER BY entry_at DESC LIMIT ? OFFSET ?"  # noqa: S608
        )
        return list(self._pool.rows(question, (*values, limit, offset)))

    def inside_count(self) -> int:
        """How many vehicles are inside."""
        with self._pool.lent() as connection:
            return count_inside(connection)

    # --- orders and the way to the centre --------------------------------------------------------------------------

    def order_result(self, order: str) -> Row | None:
        """`result`, `reason` and `at` of an order; `None` until there is one."""
        return self._pool.row("SELECT * FROM orders WHERE id = ?", (order,))

    def unpublished_orders(self, limit: int = 100) -> list[Row]:
        """Results that did not go out yet, oldest first."""
        return list(self._pool.rows("SELECT * FROM orders WHERE published = 0 ORDER BY at LIMIT ?", (limit,)))

    def acked(self) -> int:
        """The number up to which the centre has acknowledged."""
        return int(self._pool.value("SELECT value FROM meta WHERE key = 'acked_upto'"))

    def events_after(self, seq: int, limit: int) -> list[RecordedEvent]:
        """Events that follow `seq`, in order."""
        return [RecordedEvent(**_decoded(row, "body")) for row in self._pool.rows(_EVENTS_AFTER, (seq, limit))]

    def order_results(self, *, since: int) -> list[Row]:
        """Results of the centre's orders that came at or after a time (UTC microseconds), oldest first."""
        question = "SELECT * FROM orders WHERE at >= ? AND published = 0 ORDER BY at"
        return list(self._pool.rows(question, (text_of(since),)))

    def outbox_depth(self) -> int:
        """How many events the centre has not acknowledged."""
        return int(
            self._pool.value(
                "SELECT coalesce((SELECT max(seq) FROM outbox WHERE acked = 0), 0)"
                " - coalesce((SELECT min(seq) FROM outbox WHERE acked = 0) - 1, 0)"
            )
        )

    def oldest_unacked_at(self) -> str | None:
        """Time of the oldest event that the centre has not acknowledged."""
        found = self._pool.value(
            "SELECT at FROM events WHERE seq = (SELECT min(seq) FROM outbox WHERE acked = 0)",
        )
        return None if found is None else str(found)

    def head(self) -> tuple[int, str]:
        """Number and hash of the last event; (0, 64 zeros) in a new log."""
        with self._pool.lent() as connection:
            found = head_of(connection)
        return found.seq, found.hash

    def last_at_us(self) -> int:
        """The latest time among the last events, UTC microseconds; 0 in an empty log.

        Not the time of the last one alone: after a clock has gone back, that is as wrong as the clock.
        """
        at = self._pool.value("SELECT max(at) FROM (SELECT at FROM events ORDER BY seq DESC LIMIT 500)")
        return us_of(at) if at else 0

    def epoch(self) -> int:
        """Grows each time the box is restored from a backup."""
        return int(self._pool.value("SELECT value FROM meta WHERE key = 'epoch'"))

    # --- figures ---------------------------------------------------------------------------------------------------

    def outcomes(self, *, since: int, until: int) -> list[Row]:
        """`direction`, `outcome`, `verdict`, `manual` (0 or 1), `reason`, `count` of the passages begun in a time."""
        question = (
            "SELECT direction, outcome, verdict, coalesce(actor LIKE 'user:%' OR actor LIKE 'centre:%', 0) AS manual,"
            " reason, count(*) AS count FROM passages WHERE started_at >= ? AND started_at < ?"
            " GROUP BY 1, 2, 3, 4, 5 ORDER BY count DESC"
        )
        return list(self._pool.rows(question, (text_of(since), text_of(until))))

    def flow(self, *, since: int, until: int) -> list[Row]:
        """`hour` (UTC seconds of its start), `lane`, `direction`, `count` of the passages that went through (R20)."""
        question = (
            "SELECT unixepoch(substr(started_at, 1, 19)) / 3600 * 3600 AS hour, lane, direction, count(*) AS count"
            " FROM passages WHERE started_at >= ? AND started_at < ?"
            " AND +outcome IN ('completed', 'tailgated', 'forced') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        )
        return list(self._pool.rows(question, (text_of(since), text_of(until))))

    # --- inside ----------------------------------------------------------------------------------------------------

    def _plate_condition(self, fragment: str) -> tuple[str, Sequence[str]]:
        """Few plates hold the fragment: their rows by index. Many do: then newest first soon finds enough of them."""
        question = "SELECT DISTINCT plate FROM plate_parts WHERE part >= ? AND part < ? LIMIT ?"
        found = self._pool.rows(question, (fragment, fragment + _AFTER_ALL, _FEW_PLATES + 1))
        plates = [str(row["plate"]) for row in found]
        if len(plates) > _FEW_PLATES:
            return "instr(plate, ?) > 0", (fragment,)
        return f"plate IN ({', '.join('?' * len(plates))})", plates


def plate_fragment(typed: str) -> str:
    """A fragment of a plate as it is stored: no separators, capital letters."""
    return "".join(char for char in typed.upper() if char.isalnum())


def _keys(seen: Sequence[tuple[str, int]]) -> str:
    return json.dumps([f"{raised_seq} {id_}" for id_, raised_seq in seen])


def _decoded(row: Row, *columns: str) -> dict[str, Any]:
    return {name: json.loads(value) if name in columns else value for name, value in row.items()}
