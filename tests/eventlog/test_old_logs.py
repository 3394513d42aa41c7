"""Logs that earlier programs wrote are decided again by this one to the same bytes.

A file in `logs` is a `gate.db` as text (`sqlite3 gate.db .dump`), named after the version that wrote it. Until that
version is released, a decision that is changed on purpose changes its log, too (`decided_anew`); afterwards never.
"""

import sqlite3
from pathlib import Path

import pytest

from controller.eventlog.replay import replay

LOGS = sorted((Path(__file__).parent / "logs").glob("*.sql"))


def test_there_are_old_logs() -> None:
    assert LOGS


@pytest.mark.parametrize("file", LOGS, ids=lambda file: file.stem)
def test_what_an_earlier_program_decided_is_decided_again_byte_for_byte(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "gate.db"
    connection = sqlite3.connect(path)
    connection.executescript(file.read_text(encoding="utf-8"))
    connection.close()
    found = replay(path)
    assert found.difference is None
    assert found.causes > 100
