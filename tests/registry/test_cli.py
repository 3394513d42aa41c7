from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from controller.registry.cli import app
from controller.registry.store import RegistryWriter

EXAMPLE = Path(__file__).parents[2] / "config" / "registry-example.csv"


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "registry.db"


def registry(*arguments: object) -> Result:
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_import_shows_the_counts_and_the_new_version(db: Path) -> None:
    result = registry("import", EXAMPLE, "--db", db)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == ["6 new, 0 changed, 0 unchanged, 0 bad", "version 1 is in force"]
    again = registry("import", EXAMPLE, "--db", db)
    assert again.stdout.splitlines()[-1] == "nothing to change"


def test_a_dry_run_writes_nothing_not_even_a_file(db: Path) -> None:
    result = registry("import", EXAMPLE, "--db", db, "--dry-run")
    assert result.exit_code == 0
    assert "6 new" in result.stdout
    assert not db.exists()
    registry("import", EXAMPLE, "--db", db)
    extra = db.with_name("extra.csv")
    extra.write_text("plate\n粤B00000\n", encoding="utf-8")
    registry("import", extra, "--db", db, "--dry-run")
    with RegistryWriter(db) as writer:
        assert writer.version().version == 1


def test_a_bad_row_stops_the_import_and_skip_bad_takes_the_others(db: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("plate,valid_to\n粤B12345,soon\n粤B54321,2026-12-31\n", encoding="utf-8")
    refused = registry("import", file, "--db", db)
    assert refused.exit_code == 1
    assert "list.csv: row 2: valid_to: expected a date" in refused.stderr
    assert "nothing was imported" in refused.stderr
    with RegistryWriter(db) as writer:
        assert writer.version().version == 0
    taken = registry("import", file, "--db", db, "--skip-bad")
    assert taken.exit_code == 0
    assert "1 new, 0 changed, 0 unchanged, 1 bad" in taken.stdout
    assert registry("show", "粤B54321", "--db", db).exit_code == 0
    assert registry("show", "粤B12345", "--db", db).exit_code == 1


def test_only_the_first_faults_of_a_hopeless_file_are_printed(db: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("plate\n" + "??\n" * 200, encoding="utf-8")
    result = registry("import", file, "--db", db)
    assert len(result.stderr.splitlines()) == 52
    assert "… and 150 more" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["import", "missing.csv"], 1, "missing.csv: cannot be read"),
        (["import", "list.pdf"], 1, "list.pdf"),
        (["import"], 2, "Missing argument"),
        (["import", "a.csv", "--region", "mars"], 2, "expected one of cn, eu, br, us, generic"),
        (["export", "out.csv"], 1, "there is no registry"),
        (["show", "粤B12345"], 1, "there is no registry"),
        (["show"], 2, "Missing argument"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_without_a_traceback(
    db: Path, arguments: list[str], code: int, says: str
) -> None:
    result = registry(*arguments, "--db", db)
    assert result.exit_code == code
    assert says in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["import", "export", "show"])
def test_a_file_that_is_no_registry_is_named(db: Path, command: str) -> None:
    db.write_bytes(b"no database at all, whatever its name says" * 100)
    result = registry(command, EXAMPLE if command == "import" else db.with_name("out.csv"), "--db", db)
    assert result.exit_code == 1
    assert "registry.db" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_export_and_import_make_a_round_trip(db: Path, tmp_path: Path) -> None:
    registry("import", EXAMPLE, "--db", db)
    out = tmp_path / "out.xlsx"
    assert registry("export", out, "--db", db).stdout.startswith("6 rows written")
    assert registry("import", out, "--db", db).stdout.splitlines()[0] == "0 new, 0 changed, 6 unchanged, 0 bad"


def test_show_tells_who_a_plate_or_card_belongs_to_and_what_it_may(db: Path) -> None:
    registry("import", EXAMPLE, "--db", db)
    plate = registry("show", "粤b·88661", "--db", db).stdout
    assert "5-1102" in plate
    assert "李芳" in plate
    assert "lease active from 2026-03-01 to 2027-02-28" in plate
    card = registry("show", "26:123:45678", "--db", db).stdout
    assert "card     26:123:45678" in card
    assert "粤B12345" in card
    assert registry("show", "26:1:1", "--db", db).exit_code == 1


def test_show_says_that_a_plate_is_watched(db: Path, tmp_path: Path) -> None:
    file = tmp_path / "watch.csv"
    file.write_text("watch,reason\n粤B88661,forced the exit\n", encoding="utf-8")
    registry("import", EXAMPLE, "--db", db)
    assert registry("import", file, "--db", db).exit_code == 0
    assert registry("show", "粤B88661", "--db", db).stdout.startswith("on the watch list: forced the exit")


@pytest.mark.parametrize("command", ["import", "export", "show"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = registry(command, "--help")
    assert result.exit_code == 0
    assert f"Example: gatehouse registry {command}" in " ".join(result.stdout.split())
