"""Killed at any write, the log has each decision as a whole or not at all, and all that was acknowledged (F1)."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.eventlog.verify import verify
from tests.eventlog.support import open_log, record_passage
from tests.eventlog.tracer import CALLS, Run, TracedWriter
from tests.eventlog.writer import FACTS

LEAST_KILLS = 50
LAST_SEQS = {0: 0, 1: 3, 2: 4, 3: 6, 4: 9, 5: 10}
"""Facts recorded, and the number of the last event then."""


@pytest.fixture(scope="module")
def writer() -> Iterator[TracedWriter]:
    opened = TracedWriter()
    yield opened
    opened.close()


def check(path: Path, run: Run, at: str) -> int:
    """The log after a kill, opened as a restart would; how many facts it holds."""
    log = open_log(path)
    head = log.head
    record_passage(log, "after")
    log.close()
    found = verify(path)
    assert found.fault is None, f"{at}: {found.fault}"
    connection = sqlite3.connect(path)
    try:
        facts = int(connection.execute("SELECT count(*) FROM causes").fetchone()[0]) - 3
        hashes = dict(connection.execute("SELECT seq, hash FROM events"))
        passages = dict(connection.execute("SELECT id, last_seq FROM passages WHERE id != 'after'"))
        stays = connection.execute("SELECT count(*) FROM stays WHERE id = 'p1'").fetchone()[0]
        views = dict(connection.execute("SELECT lane, seq FROM lane_views"))
    finally:
        connection.close()
    assert head.seq == LAST_SEQS[facts], f"{at}: {facts} facts, but the log ends in event {head.seq}"
    for seq, hash_ in run.acks:
        assert hashes.get(seq) == hash_, f"{at}: event {seq} was acknowledged and is not there"
    assert passages == {"p1": min(head.seq, 6), "p2": head.seq} if head.seq > 6 else passages in ({}, {"p1": head.seq})
    assert stays == (head.seq >= 6) and set(views) == {"north-in"}
    return facts


def test_killed_at_every_write_nothing_acknowledged_is_lost_and_nothing_is_there_by_half(
    tmp_path: Path, writer: TracedWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty.db"
    open_log(empty).close()
    whole = tmp_path / "whole" / "gate.db"
    whole.parent.mkdir()
    shutil.copy(empty, whole)
    counted = writer.run(whole)
    assert counted.status == 0 and len(counted.acks) == FACTS, counted.notes
    kills, kept = 0, set()
    for call in CALLS:
        for number in range(1, counted.calls[call] + 1):
            path = tmp_path / f"{call}-{number}" / "gate.db"
            path.parent.mkdir()
            shutil.copy(empty, path)
            run = writer.run(path, f"{call}:signal=KILL:when={number}")
            kills += run.status == -9
            kept.add(check(path, run, f"killed at {call} {number}"))
            shutil.rmtree(path.parent)
    with capsys.disabled():
        print(f"\n{sum(counted.calls.values())} writes {dict(counted.calls)}, {kills} kills")
    assert kills >= LEAST_KILLS and kills == sum(counted.calls.values())
    assert kept == set(range(FACTS + 1))


def test_killed_while_the_log_is_laid_out_the_next_start_finishes_it(tmp_path: Path, writer: TracedWriter) -> None:
    first = tmp_path / "first" / "gate.db"
    first.parent.mkdir()
    counted = writer.run(first)
    kills = 0
    for call in CALLS:
        for number in range(1, counted.calls[call] + 1, 11):
            path = tmp_path / f"{call}-{number}" / "gate.db"
            path.parent.mkdir()
            run = writer.run(path, f"{call}:signal=KILL:when={number}")
            kills += run.status == -9
            check(path, run, f"killed at {call} {number}")
            shutil.rmtree(path.parent)
    assert kills >= 15
