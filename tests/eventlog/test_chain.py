"""The chain is what the contract says, by a second implementation of a few lines; whatever is changed in it shows."""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.domain.canonical import NotCanonical, canonical_json
from controller.domain.events import Event, EventType
from controller.domain.known import NOTHING
from controller.domain.state import BoxState
from controller.eventlog.chain_check import Link
from controller.eventlog.plain_text import body_text
from controller.eventlog.verify import verify
from tests.eventlog.support import open_log, record_passage, tick

COLUMNS = ("seq", "id", "at", "lane", "type", "passage", "actor", "body", "prev", "hash")


def independent_hash(row: dict[str, Any]) -> str:
    """The contract, read once more: SHA-256 over prev and canonical JSON of eight members."""

    def text(value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ",".join(f"{text(key)}:{text(value[key])}" for key in sorted(value)) + "}"
        if isinstance(value, list):
            return "[" + ",".join(text(item) for item in value) + "]"
        if isinstance(value, str):
            short = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
            return '"' + "".join(short.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in value) + '"'
        return (
            {None: "null", True: "true", False: "false"}[value]
            if value is None or value is True or (value is False)
            else str(value)
        )

    members = {name: row[name] for name in ("actor", "at", "body", "id", "lane", "passage", "seq", "type")}
    return hashlib.sha256((row["prev"] + text(members)).encode("utf-8")).hexdigest()


def rows(path: Path) -> list[dict[str, Any]]:
    connection = sqlite3.connect(path)
    try:
        found = connection.execute("SELECT * FROM events ORDER BY seq").fetchall()
    finally:
        connection.close()
    return [{**dict(zip(COLUMNS, row, strict=True)), "body": json.loads(row[7])} for row in found]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
keys = st.from_regex(r"[a-z0-9_]{1,8}", fullmatch=True)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
bodies = st.dictionaries(keys, values, max_size=5)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(EventType), bodies, st.none() | texts), min_size=1, max_size=6))
def test_whatever_bodies_are_recorded_the_chain_verifies_and_a_second_implementation_agrees(
    tmp_path_factory: pytest.TempPathFactory, told: list[tuple[EventType, dict[str, Any], str | None]]
) -> None:
    path = tmp_path_factory.mktemp("log") / "gate.db"
    log = open_log(path)
    for number, (kind, body, passage) in enumerate(told):
        event = Event(type=kind, actor="rule:R6", lane="a", passage=passage, body=body)
        log.record(tick(number), NOTHING, BoxState(), [event])
    log.close()
    found = verify(path)
    assert (found.fault, found.events) == (None, len(told))
    prev = "0" * 64
    for row, (_, body, _) in zip(rows(path), told, strict=True):
        assert (row["prev"], row["hash"], row["body"]) == (prev, independent_hash(row), body)
        prev = row["hash"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": "粤B·12345"}, '{"a":"粤B·12345","b":1}'),
        ({"a": '\x00\x1f\x7f\n"\\/\u2028'}, '{"a":"\\u0000\\u001f\x7f\\n\\"\\\\/\u2028"}'),
        ({"a": ["𠮷", None, True, -(2**53) + 1]}, '{"a":["𠮷",null,true,-9007199254740991]}'),
        ({"a1": {}, "a_": [], "a": ""}, '{"a":"","a1":{},"a_":[]}'),
    ],
)
def test_canonical_text_has_no_spaces_sorted_keys_and_only_the_escapes_of_json(
    value: dict[str, Any], text: str
) -> None:
    assert canonical_json(value) == text.encode("utf-8")
    assert body_text(value) == text


@pytest.mark.parametrize(
    "value", [{"a": 1.0}, {"a": 2**53}, {"a": -(2**53)}, {"a": "\ud800"}, {"A": 1}, {"a-b": 1}, {"": 1}, {"a": b"x"}]
)
def test_what_other_programs_could_read_otherwise_is_refused(value: dict[str, Any]) -> None:
    for _ in range(2):
        for text_of in (canonical_json, body_text):
            with pytest.raises(NotCanonical):
                text_of(value)


@given(bodies)
def test_the_fast_way_to_a_bodys_text_gives_the_same_bytes(body: dict[str, Any]) -> None:
    assert body_text(body).encode("utf-8") == canonical_json(body)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "gate.db"
    log = open_log(found)
    for number in range(4):
        record_passage(log, f"p{number}")
    log.close()
    return found


def head(path: Path) -> Link:
    last = rows(path)[-1]
    return Link(last["seq"], last["hash"])


def alter(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def rehash(path: Path) -> None:
    """A forger who can compute: every hash from the first event on, made to fit again."""
    connection = sqlite3.connect(path)
    prev = "0" * 64
    for row in rows(path):
        row["prev"] = prev
        prev = independent_hash(row)
        connection.execute("UPDATE events SET prev = ?, hash = ? WHERE seq = ?", (row["prev"], prev, row["seq"]))
    connection.commit()
    connection.close()


SWAP = "UPDATE events SET seq = CASE seq WHEN 7 THEN -8 WHEN 8 THEN -7 ELSE seq END WHERE seq IN (7, 8)"


@pytest.mark.parametrize(
    ("statements", "seq"),
    [
        (["UPDATE events SET body = replace(body, '粤B12345', '粤B12346') WHERE seq = 8"], 8),
        (["UPDATE events SET body = '{ ' || substr(body, 2) WHERE seq = 8"], 8),
        (["UPDATE events SET at = '2026-01-01T00:00:00.000000Z' WHERE seq = 5"], 5),
        (["UPDATE events SET actor = 'user:li' WHERE seq = 24"], 24),
        (["UPDATE events SET lane = NULL WHERE seq = 3"], 3),
        (["UPDATE events SET passage = x'00' WHERE seq = 3"], 3),
        (["DELETE FROM events WHERE seq = 11"], 11),
        (["DELETE FROM events WHERE seq = 1"], 1),
        (["DELETE FROM events WHERE seq > 20"], 21),
        ([SWAP, "UPDATE events SET seq = -seq WHERE seq < 0"], 7),
        (["DELETE FROM causes WHERE first_seq = 7"], 7),
        (["DELETE FROM outbox WHERE seq = 9"], 9),
        (["UPDATE meta SET value = '30' WHERE key = 'acked_upto'"], 1),
    ],
)
def test_whatever_is_edited_deleted_or_reordered_the_first_bad_number_is_named(
    path: Path, statements: list[str], seq: int
) -> None:
    assert verify(path).fault is None
    alter(path, *statements)
    fault = verify(path).fault
    assert fault is not None and fault.seq == seq


def test_a_cut_tail_shows_against_the_head_that_the_centre_holds(path: Path) -> None:
    held = head(path)
    alter(path, "DELETE FROM events WHERE seq > 18", "DELETE FROM outbox WHERE seq > 18")
    alter(path, "DELETE FROM causes WHERE last_seq > 18")
    assert verify(path).fault is None, "nothing inside the file can tell"
    fault = verify(path, head=held).fault
    assert fault is not None and (fault.seq, "cut tail" in fault.what) == (19, True)


def test_a_chain_that_was_computed_anew_shows_against_the_head_that_the_centre_holds(path: Path) -> None:
    held = head(path)
    alter(path, "UPDATE events SET body = replace(body, '粤B12345', '粤B12346')")
    rehash(path)
    assert verify(path).fault is None
    fault = verify(path, head=held).fault
    assert fault is not None and fault.seq == held.seq


def test_what_the_centre_acknowledged_is_remembered_and_checked_too(path: Path) -> None:
    held = head(path)
    log = open_log(path)
    assert log.mark_acked(held.seq, held.hash) is None
    log.close()
    alter(path, "UPDATE events SET body = replace(body, '粤B12345', '粤B12346')")
    rehash(path)
    fault = verify(path).fault
    assert fault is not None and fault.seq == held.seq


def test_verifying_tells_how_far_it_is(path: Path) -> None:
    told: list[tuple[int, int]] = []
    notes: Callable[[int, int], None] = lambda done, total: told.append((done, total))  # noqa: E731
    verify(path, progress=notes)
    assert told == [(24, 24)]
