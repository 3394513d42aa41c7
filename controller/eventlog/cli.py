"""`gatehouse log`, `why`, `replay`, `backup`, `restore`: what a person asks of a log file.

Nothing is decided or written here but by the rooms beside it. Contract, "Commands": exit 0 done, 1 refused or failed
with one clear line, 2 wrong usage; never a traceback for a wrong file.
"""

import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from controller.eventlog.backup import Restored, back_up, backups_in, finish_restore
from controller.eventlog.backup import restore as put_back
from controller.eventlog.chain_check import Link
from controller.eventlog.errors import LogError
from controller.eventlog.export import Format, Selection, selected, write_file, write_text, written_whole
from controller.eventlog.files import open_reader
from controller.eventlog.replay import replay as decide_again
from controller.eventlog.replay import rules_at
from controller.eventlog.story import LANGUAGES, story
from controller.eventlog.timetext import text_of, us_of
from controller.eventlog.verify import verify as verify_log
from controller.eventlog.views import LogReader

app_log = typer.Typer(add_completion=False, help="Verify and export an event log.", no_args_is_help=True)
why = typer.Typer(add_completion=False)
replay = typer.Typer(add_completion=False)
backup = typer.Typer(add_completion=False)
restore = typer.Typer(add_completion=False)

DbArgument = Annotated[Path, typer.Argument(metavar="DB", help="gate.db of a box, or an archive file")]
DbOption = Annotated[Path, typer.Option("--db", metavar="DB", help="gate.db of the box")]


@app_log.command(epilog="Example: gatehouse log verify data/north/gate.db --head 1200:9bc06a…")
def verify(
    db: DbArgument,
    head: Annotated[str, typer.Option(metavar="SEQ:HASH", help="what the centre holds as the last event")] = "",
    archives: Annotated[bool, typer.Option(help="verify the archived parts that lie beside the log too")] = True,
) -> None:
    """Check the chain of DB; exit 1 and the first bad number when anything was changed, lost or cut."""
    told = _head_of(head) if head else None
    with _one_line(), _progress("verifying") as progress:
        found = verify_log(db, head=told, archives=archives, progress=progress)
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)
    if found.fault is not None:
        _fail(f"{db}: first bad seq {found.fault.seq}: {found.fault.what}")
    typer.echo(
        f"{db}: whole. {found.events} events, {found.first_seq} to {found.head.seq}, head {found.head.hash}"
        if found.events
        else f"{db}: whole. No events yet."
    )


@app_log.command(
    epilog="Example: gatehouse log export gate.db --format csv --from 2026-05-01 --lane north-in > may.csv"
)
def export(
    db: DbArgument,
    *,
    form: Annotated[Format, typer.Option("--format", help="jsonl, csv, or xlsx (with --out)")] = Format.JSONL,
    begin: Annotated[
        str, typer.Option("--from", metavar="ISO", help="first moment, UTC unless it says otherwise")
    ] = "",
    end: Annotated[str, typer.Option("--to", metavar="ISO", help="the moment after the last one")] = "",
    lane: Annotated[str, typer.Option(help="one lane only")] = "",
    out: Annotated[Path | None, typer.Option(help="file to write; without it the screen")] = None,
    force: Annotated[bool, typer.Option(help="replace the file of --out when it is there")] = False,
) -> None:
    """Write the events of DB, in order, so that no cell begins a formula."""
    selection = Selection(begin=_moment(begin, "--from"), end=_moment(end, "--to"), lane=lane)
    if form is Format.XLSX and out is None:
        raise typer.BadParameter("xlsx needs a file: --out events.xlsx")
    with _one_line():
        events = selected(db, selection)
        if out is None:
            write_text(form, events, sys.stdout)
            return
        _refuse_target(db, out, force=force)
        with written_whole(out) as partial:
            count = write_file(form, events, partial)
    typer.echo(f"{out}: {count} events")


@why.command(epilog="Example: gatehouse why 0197f3c2-… --db data/north/gate.db --lang en")
def _why(
    passage: Annotated[str, typer.Argument(metavar="PASSAGE", help="id of a passage, or a plate for its newest one")],
    db: DbOption,
    lang: Annotated[str, typer.Option(help="zh-Hans or en")] = "zh-Hans",
) -> None:
    """Tell the story of PASSAGE: what happened, what was decided and why, and what was known then."""
    if lang not in LANGUAGES:
        raise typer.BadParameter(f"expected {' or '.join(LANGUAGES)}, got {lang!r}", param_hint="--lang")
    with _one_line():
        reader = LogReader(db)
        try:
            row = reader.passage(passage) or next(iter(reader.passages(plate=passage, limit=1)), None)
            if row is None:
                _fail(f"{db}: holds no passage {passage!r}; the page's search shows ids and plates")
            lines = story(
                row,
                reader.passage_events(row["id"]),
                reader.cause_of,
                language=lang,
                text_of=reader.text_of_digest,
                utc_offset_minutes=_offset_minutes(db),
            )
            for line in lines:
                typer.echo(line)
        finally:
            reader.close()


@replay.command(epilog="Example: gatehouse replay data/north/gate.db")
def _replay(db: DbArgument) -> None:
    """Decide everything in DB again from what was known then; exit 1 at the first difference."""
    with _one_line(), _progress("deciding again") as progress:
        found = decide_again(db, progress=progress)
    if found.difference is not None:
        each = found.difference
        place = f"event {each.seq}" if each.seq else f"after fact {each.cause}"
        _fail(f"{db}: {place}: {each.what}\n  recorded: {each.recorded}\n  decided:  {each.decided}")
    typer.echo(f"{db}: {found.causes} facts decided again, {found.events} events and the lanes' state are the same")


@backup.command(epilog="Example: gatehouse backup --db data/north/gate.db backup/gate.db")
def _backup(
    db: DbOption,
    target: Annotated[Path, typer.Argument(metavar="FILE", help="the file to write")],
    force: Annotated[bool, typer.Option(help="replace FILE when it is there")] = False,
) -> None:
    """Copy a log into FILE while it is in use, and verify the copy."""
    with _one_line(), _progress("verifying the copy") as progress:
        _refuse_target(db, target, force=force)
        back_up(db, target)
        found = verify_log(target, archives=False, progress=progress)
    if found.fault is not None:
        _fail(f"{target}: first bad seq {found.fault.seq}: {found.fault.what}")
    typer.echo(f"{target}: {found.events} events, up to {found.head.seq}, head {found.head.hash}")


@restore.command(epilog="Example: gatehouse restore backup/gate.db --db data/north/gate.db --dry-run")
def _restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a backup, or a folder: its newest one")],
    db: DbOption,
    dry_run: Annotated[bool, typer.Option(help="only say what would be done")] = False,
) -> None:
    """Put a backup in place of a log; the log that was there is kept in quarantine/. The daemon has to be stopped."""
    with _one_line():
        source = next(iter(backups_in(file)), None) if file.is_dir() else file
        if source is None:
            _fail(f"{file}: holds no backup (gate-….db)")
        at_us = time.time_ns() // 1000
        if not dry_run:
            finish_restore(db, at_us=at_us)
        done = put_back(db, source, at_us=at_us, why="asked for", dry_run=dry_run)
    typer.echo(_restored(db, done, dry_run=dry_run))


def _restored(db: Path, done: Restored, *, dry_run: bool) -> str:
    would = "would be " if dry_run else ""
    aside = f"; the old log {would}put into {done.quarantined}" if done.quarantined and not dry_run else ""
    more = f", {done.salvaged} of them taken over from the old log" if done.salvaged else ""
    return f"{db}: {would}restored from {done.backup} up to event {done.head.seq}{more}, epoch {done.epoch}{aside}"


# --- inside --------------------------------------------------------------------------------------------------------


@contextmanager
def _one_line() -> Iterator[None]:
    """Whatever is wrong with a file is one line on stderr and exit 1."""
    try:
        yield
    except (LogError, sqlite3.Error) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename or 'file'}: {error.strerror}")


def _refuse_target(db: Path, target: Path, *, force: bool) -> None:
    """Fail for a file that must not be written: one of the log's own, no file at all, or one that is there unasked."""
    own = [db.with_name(db.name + suffix) for suffix in ("", "-wal", "-shm")]
    is_there = target.exists()
    if target.resolve() in [each.resolve() for each in own] or (is_there and db.exists() and target.samefile(db)):
        _fail(f"{target}: is the log itself; choose another name")
    if is_there and not target.is_file():
        _fail(f"{target}: is there already and no file; choose another name")
    if is_there and not force:
        _fail(f"{target}: is there already; choose another name, or --force")


def _fail(line: str) -> NoReturn:
    typer.echo(line, err=True)
    raise typer.Exit(1)


class _Bar:
    """A progress callback that draws a bar on a terminal, and nothing elsewhere."""

    def __init__(self, bar: Progress, what: str) -> None:
        self._bar = bar
        self._task = bar.add_task(what, total=None)

    def __call__(self, done: int, total: int) -> None:
        self._bar.update(self._task, completed=done, total=total)


@contextmanager
def _progress(what: str) -> Iterator[_Bar]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield _Bar(bar, what)


def _head_of(text: str) -> Link:
    seq, _, hash_ = text.partition(":")
    if not seq.isdecimal() or len(hash_) != 64:
        raise typer.BadParameter(f"expected SEQ:HASH with 64 characters of hash, got {text!r}", param_hint="--head")
    return Link(int(seq), hash_)


def _moment(text: str, option: str) -> str:
    if not text:
        return ""
    try:
        return text_of(us_of(text))
    except ValueError:
        raise typer.BadParameter(f"expected a time such as 2026-05-01T08:00, got {text!r}", param_hint=option) from None


def _offset_minutes(db: Path) -> int:
    """The site's offset from UTC, as the rules in the log say; 0 where none were loaded."""
    connection = open_reader(db)
    try:
        rules = rules_at(connection, 2**62)
    finally:
        connection.close()
    return rules.utc_offset_minutes if rules is not None else 0
