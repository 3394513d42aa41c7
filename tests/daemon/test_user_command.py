"""`gatehouse user`: a wrong file is one clear line, and no other database is touched."""

import sqlite3
from pathlib import Path

import pytest

from controller.booth.cli import REFUSED, list_users
from controller.booth.store import BoothStore


def other_database(file: Path) -> None:
    database = sqlite3.connect(file)
    database.execute("CREATE TABLE events (seq INTEGER)")
    database.commit()
    database.close()


@pytest.mark.parametrize("kind", ["missing", "no database", "a folder", "of somebody else"])
def test_a_file_that_is_no_booth_db_is_refused_in_one_line_and_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    file = tmp_path / "booth.db"
    if kind == "no database":
        file.write_text("something else")
    elif kind == "a folder":
        file.mkdir()
    elif kind == "of somebody else":
        other_database(file)
    before = file.read_bytes() if file.is_file() else b""
    assert list_users(file) == REFUSED
    told = capsys.readouterr()
    assert told.out == ""
    assert str(file) in told.err
    assert told.err.count("\n") == 1
    assert (file.read_bytes() if file.is_file() else b"") == before


def test_a_booth_db_that_is_there_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    BoothStore(tmp_path / "booth.db").close()
    assert list_users(tmp_path / "booth.db") == 0
    assert capsys.readouterr().err == ""
