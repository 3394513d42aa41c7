"""`gatehouse log`, `why`, `replay`, `backup`, `restore`: exit codes, one clear line, never a traceback."""

import csv
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import Result
from openpyxl import load_workbook
from typer.testing import CliRunner

from controller.domain.events import Event, EventType
from controller.domain.known import NOTHING
from controller.domain.personal import personal_text
from controller.domain.terms import Order, Role
from controller.eventlog import cli
from controller.eventlog.chain_check import head_of
from tests.domain.world import ON
from tests.eventlog.support import open_log, record_passage, tick
from tests.eventlog.test_replay import RecordedWorld

ALL = {
    "verify": (cli.app_log, ["verify", "{db}"]),
    "export": (cli.app_log, ["export", "{db}"]),
    "why": (cli.why, ["p1", "--db", "{db}"]),
    "replay": (cli.replay, ["{db}"]),
    "backup": (cli.backup, ["--db", "{db}", "{db}.copy"]),
    "restore": (cli.restore, ["{db}", "--db", "{db}.new"]),
}


def call(name: str, db: Path, *more: str) -> Result:
    app, arguments = ALL[name]
    return CliRunner().invoke(app, [*(each.format(db=db) for each in arguments), *more])


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "gate.db"
    log = open_log(path)
    world = RecordedWorld(log)
    world.car()
    body = {"user": "wang", "reason": "resident_known", "plate": "=cmd|'/c calc'!A1"}
    log.record(
        tick(1), NOTHING, world.state, [Event(type=EventType.MANUAL_OPENING, actor="=wang", lane="n", body=body)]
    )
    log.close()
    return path


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("wrong", ["missing", "text", "foreign", "folder", "empty", "newer"])
def test_a_wrong_file_is_one_clear_line_and_exit_1(tmp_path: Path, name: str, wrong: str) -> None:
    path = tmp_path / "x.db"
    if wrong == "text":
        path.write_text("no database, " * 500)
    elif wrong == "empty":
        path.touch()
    elif wrong == "folder":
        path.mkdir()
    elif wrong == "newer":
        open_log(path).close()
    if wrong in ("foreign", "newer"):
        connection = sqlite3.connect(path)
        statement = (
            "CREATE TABLE recipes (id)"
            if wrong == "foreign"
            else (
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('gatehouse.gate', '9999', '')"
            )
        )
        connection.execute(statement)
        connection.commit()
        connection.close()
    done = call(name, path)
    assert done.exit_code == 1, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert len(done.output.strip().splitlines()) == 1 and str(path) in done.output


def test_verify_tells_the_head_and_names_the_first_bad_number(db: Path) -> None:
    done = call("verify", db)
    assert done.exit_code == 0 and "whole" in done.output
    connection = sqlite3.connect(db)
    head = head_of(connection)
    connection.execute("UPDATE events SET actor = 'user:li' WHERE seq = 7")
    connection.commit()
    connection.close()
    assert head.hash in done.output
    bad = call("verify", db)
    assert (bad.exit_code, "first bad seq 7" in bad.output) == (1, True)


def test_verify_takes_the_head_that_the_centre_holds(db: Path) -> None:
    connection = sqlite3.connect(db)
    head = head_of(connection)
    connection.close()
    assert call("verify", db, "--head", f"{head.seq}:{head.hash}").exit_code == 0
    cut = call("verify", db, "--head", f"{head.seq + 1}:{'0' * 64}")
    assert (cut.exit_code, "cut tail" in cut.output) == (1, True)
    assert call("verify", db, "--head", "last").exit_code == 2


def test_an_export_has_every_event_and_no_cell_that_a_spreadsheet_would_run(db: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in call("export", db).output.splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[-1]["body"]["plate"].startswith("=cmd")
    for form in ("csv", "xlsx"):
        out = tmp_path / f"events.{form}"
        assert call("export", db, "--format", form, "--out", str(out)).exit_code == 0
        if form == "csv":
            with out.open(encoding="utf-8", newline="") as file:
                rows = list(csv.reader(file))
        else:
            rows = [[str(cell) for cell in row] for row in load_workbook(out)["events"].iter_rows(values_only=True)]
        assert len(rows) == len(lines) + 1
        assert rows[-1][6] == "'=wang"
    assert call("export", db, "--format", "xlsx").exit_code == 2


@pytest.mark.parametrize("form", ["jsonl", "csv", "xlsx"])
def test_an_export_replaces_a_file_only_when_asked_and_whole(db: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / "events"
    out.write_text("of last year")
    refused = call("export", db, "--format", form, "--out", str(out))
    assert (refused.exit_code, out.read_text()) == (1, "of last year")
    assert refused.output == f"{out}: is there already; choose another name, or --force\n"
    broken = tmp_path / "broken.db"
    broken.write_text("no log")
    assert call("export", broken, "--format", form, "--out", str(out), "--force").exit_code == 1
    assert out.read_text() == "of last year"
    assert call("export", db, "--format", form, "--out", str(out), "--force").exit_code == 0
    assert out.stat().st_size > 100
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize("name", ["gate.db", "gate.db-wal", "link", "hard", "here/../gate.db"])
def test_neither_an_export_nor_a_backup_ever_replaces_the_log_itself(db: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "link").symlink_to(db)
    (tmp_path / "hard").hardlink_to(db)
    target, before = str(tmp_path / name), db.read_bytes()
    exported = call("export", db, "--format", "csv", "--out", target, "--force")
    backed_up = CliRunner().invoke(cli.backup, ["--db", str(db), target, "--force"])
    for done in (exported, backed_up):
        assert (done.exit_code, done.output) == (1, f"{target}: is the log itself; choose another name\n")
    assert db.read_bytes() == before


def test_an_export_is_cut_to_a_time_and_a_lane(db: Path) -> None:
    log = open_log(db)
    record_passage(log, "p9", lane="other")
    log.close()
    assert len(call("export", db, "--lane", "other").output.splitlines()) == 6
    assert call("export", db, "--to", "2020-01-01").output == ""
    assert call("export", db, "--from", "yesterday").exit_code == 2


@pytest.mark.parametrize(("language", "words"), [("zh-Hans", "准予通行"), ("en", "granted")])
def test_why_tells_the_story_of_a_passage_by_id_or_plate(db: Path, language: str, words: str) -> None:
    log = open_log(db)
    record_passage(log, "p1", plate="湘A88888")
    log.close()
    for asked in ("p1", "湘A88888"):
        app, _ = ALL["why"]
        done = CliRunner().invoke(app, [asked, "--db", str(db), "--lang", language])
        assert done.exit_code == 0, done.output
        assert words in done.output and "湘A88888" in done.output and "#" in done.output
        assert "2026-05-29 04:26:40" in done.output, "the site's time, as the rules in the log say"
    missing = CliRunner().invoke(ALL["why"][0], ["nobody", "--db", str(db)])
    assert (missing.exit_code, "nobody" in missing.output) == (1, True)


def test_why_tells_what_was_known_when_it_was_decided(db: Path) -> None:
    connection = sqlite3.connect(db)
    (passage,) = connection.execute("SELECT id FROM passages ORDER BY first_seq LIMIT 1").fetchone()
    connection.close()
    done = CliRunner().invoke(cli.why, [passage, "--db", str(db), "--lang", "en"])
    assert "registered vehicle 粤B12345 of 3-201" in done.output and "card 26:1:2" in done.output


def test_why_tells_which_character_the_camera_was_in_doubt_of(tmp_path: Path) -> None:
    path = tmp_path / "gate.db"
    log = open_log(path)
    world = RecordedWorld(log)
    world.scan(arming=ON)
    world.plate("粤B12345", weak={6: (40, "S")})
    log.close()
    done = CliRunner().invoke(cli.why, ["粤B12345", "--db", str(path), "--lang", "en"])
    assert "the camera: character 7 read 5, perhaps S" in done.output


@contextmanager
def a_stranger_stands_there(path: Path) -> Iterator[RecordedWorld]:
    """A lane and its log, closed afterwards; a vehicle that nobody knows was read before the arm."""
    log = open_log(path)
    world = RecordedWorld(log)
    world.scan(arming=ON)
    world.plate("粤B66666")
    try:
        yield world
    finally:
        log.close()


@pytest.mark.parametrize(
    ("language", "ground", "remark"),
    [("zh-Hans", "访客,业主已确认", "说明:来看房"), ("en", "Visitor, host confirmed", "remark: 来看房")],
)
def test_why_says_the_ground_of_an_opening_in_words_and_what_was_written_to_it(
    tmp_path: Path, language: str, ground: str, remark: str
) -> None:
    path = tmp_path / "gate.db"
    with a_stranger_stands_there(path) as world:
        world.guard(reason="visitor_confirmed", remark=personal_text("来看房", "salt"))
    lines = CliRunner().invoke(cli.why, ["粤B66666", "--db", str(path), "--lang", language]).output.splitlines()
    at = next(number for number, line in enumerate(lines) if "user:wang" in line)
    assert ground in lines[at]
    assert lines[at + 1].endswith(f"· {remark}")
    log = open_log(path)
    log.erase_text(personal_text("来看房", "salt").digest)
    log.close()
    erased = {"zh-Hans": "说明已删除", "en": "the remark was erased"}[language]
    assert erased in CliRunner().invoke(cli.why, ["粤B66666", "--db", str(path), "--lang", language]).output


def test_why_says_for_what_a_plate_was_corrected_and_calls_a_ground_one_thing_throughout(tmp_path: Path) -> None:
    path = tmp_path / "gate.db"
    with a_stranger_stands_there(path) as world:
        world.guard(Order.CORRECT_PLATE, reason="dirty_plate", plate="粤B66668")
        world.guard(reason="plate_unreadable")
    told = CliRunner().invoke(cli.why, ["粤B66668", "--db", str(path), "--lang", "en"]).output
    assert "corrected the plate from 粤B66666 to 粤B66668: Plate dirty or covered" in told
    assert told.count("Plate unreadable, checked by eye") == 3, "headline, opening and barrier"


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-Hans", "值班员未放行 · 无来访事由"), ("en", "Not let through by the guard · No business here")],
)
def test_why_says_for_what_the_guard_refused(tmp_path: Path, language: str, words: str) -> None:
    path = tmp_path / "gate.db"
    with a_stranger_stands_there(path) as world:
        world.guard(Order.REFUSE, reason="no_business")
    assert words in CliRunner().invoke(cli.why, ["粤B66666", "--db", str(path), "--lang", language]).output


@pytest.mark.parametrize(("language", "words"), [("zh-Hans", ",班长 同意"), ("en", ", with the consent of 班长")])
def test_why_names_who_agreed_to_an_opening(tmp_path: Path, language: str, words: str) -> None:
    path = tmp_path / "gate.db"
    with a_stranger_stands_there(path) as world:
        world.guard(role=Role.LEADER, approver="班长")
    done = CliRunner().invoke(cli.why, ["粤B66666", "--db", str(path), "--lang", language])
    assert words in next(line for line in done.output.splitlines() if "user:wang" in line)
    assert call("replay", path).exit_code == 0


def test_replay_says_that_all_is_the_same_and_where_it_is_not(tmp_path: Path) -> None:
    path = tmp_path / "gate.db"
    log = open_log(path)
    RecordedWorld(log).afternoon()
    log.close()
    done = call("replay", path)
    assert (done.exit_code, "are the same" in done.output) == (0, True)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE events SET actor = 'user:li' WHERE seq = 7")
    connection.commit()
    connection.close()
    bad = call("replay", path)
    assert (bad.exit_code, "event 7" in bad.output) == (1, True)


def test_a_backup_is_made_once_and_restored_with_what_came_after_it(db: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    app, _ = ALL["backup"]
    assert CliRunner().invoke(app, ["--db", str(db), str(copy)]).exit_code == 0
    assert CliRunner().invoke(app, ["--db", str(db), str(copy)]).exit_code == 1
    log = open_log(db)
    record_passage(log, "later")
    busy = CliRunner().invoke(cli.restore, [str(copy), "--db", str(db)])
    assert (busy.exit_code, "another process" in busy.output) == (1, True)
    log.close()
    would = CliRunner().invoke(cli.restore, [str(copy), "--db", str(db), "--dry-run"])
    assert (would.exit_code, "would be" in would.output) == (0, True)
    done = CliRunner().invoke(cli.restore, [str(copy), "--db", str(db)])
    assert done.exit_code == 0 and "6 of them taken over" in done.output and "epoch 2" in done.output
    assert call("verify", db).exit_code == 0


@pytest.mark.parametrize("name", ALL)
def test_every_command_shows_an_example_in_its_help(name: str) -> None:
    app, arguments = ALL[name]
    words = [arguments[0], "--help"] if app is cli.app_log else ["--help"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0 and "Example: gatehouse" in done.output


def test_an_empty_log_is_whole_and_replays(tmp_path: Path) -> None:
    path = tmp_path / "gate.db"
    log = open_log(path)
    log.close()
    assert call("verify", path).exit_code == 0
    assert call("replay", path).exit_code == 0
