"""`gatehouse registry`: import, export and show, for a person at a terminal.

No rule of the import stands here. Exit 0 done, 1 refused or failed with one clear line, 2 wrong usage.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from controller.domain.plates import REGIONS, normalise
from controller.registry.cells import Locale
from controller.registry.errors import BadSheet, RegistryError
from controller.registry.exporting import Export
from controller.registry.files import VehicleFiles
from controller.registry.importing import Import
from controller.registry.store import RegistryWriter

app = typer.Typer(add_completion=False, help="Import and export vehicles, cards and rights.", no_args_is_help=True)

FAULTS_SHOWN = 50
PROGRESS_STEP = 500

Database = Annotated[Path, typer.Option("--db", help="The box's registry.db.", envvar="GATEHOUSE_REGISTRY")]
Offset = Annotated[
    int, typer.Option("--utc-offset-minutes", min=-720, max=840, help="Local time's distance from UTC; China: 480.")
]
RegionName = Annotated[str, typer.Option("--region", help=f"Whose plates: {', '.join(REGIONS)}.")]
DEFAULT_DB = Path("registry.db")
_STDERR = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def _counting(what: str) -> Iterator[Callable[[int], None]]:
    """Progress on the terminal for as long as the block runs; nothing where nobody watches."""
    columns = (SpinnerColumn(), TextColumn("{task.description} {task.completed} rows"), TimeElapsedColumn())
    with Progress(*columns, console=_STDERR, transient=True, disable=not _STDERR.is_terminal) as progress:
        task = progress.add_task(what, total=None)

        def told(rows: int) -> None:
            if rows % PROGRESS_STEP == 0:
                progress.update(task, completed=rows)

        yield told


def _fail(why: object) -> typer.Exit:
    typer.echo(f"gatehouse registry: {why}", err=True)
    return typer.Exit(1)


def _locale(utc_offset_minutes: int, region: str) -> Locale:
    if region not in REGIONS:
        raise typer.BadParameter(f"expected one of {', '.join(REGIONS)}", param_hint="--region")
    return Locale(utc_offset_minutes, region)


@app.command("import", epilog="Example: gatehouse registry import residents.xlsx --db box/registry.db --dry-run")
def import_file(  # noqa: PLR0917 - every option is one of the command line, given by name
    file: Annotated[Path, typer.Argument(help="A .csv or .xlsx file; its columns stand in docs/registry.md.")],
    db: Database = DEFAULT_DB,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change and write nothing.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Import the good rows although others are bad.")] = False,
    utc_offset_minutes: Offset = 480,
    region: RegionName = "cn",
) -> None:
    """Import vehicles, cards, rights or the watch list: a preview, an error for each bad row, one new version."""
    locale = _locale(utc_offset_minutes, region)
    try:
        with _target(db, dry_run) as writer:
            load = Import(writer, locale)
            with _counting("reading") as told:
                preview = load.read(file, told)
            for fault in preview.faults[:FAULTS_SHOWN]:
                typer.echo(str(fault), err=True)
            if len(preview.faults) > FAULTS_SHOWN:
                typer.echo(f"… and {len(preview.faults) - FAULTS_SHOWN} more", err=True)
            for header in preview.ignored_columns:
                typer.echo(f"column {header!r} is not known and was left out", err=True)
            typer.echo(preview.line())
            if preview.bad and not skip_bad:
                raise _fail("nothing was imported; correct the rows, or use --skip-bad to import the others")
            if dry_run:
                typer.echo("dry run: nothing was written")
                return
            before = writer.version().version
            with _STDERR.status("writing"):
                version = load.apply(time.time_ns() // 1000)
            done = f"version {version.version} is in force" if version.version != before else "nothing to change"
            typer.echo(done)
    except (BadSheet, RegistryError, sqlite3.Error) as error:
        raise _fail(error) from error


@app.command("export", epilog="Example: gatehouse registry export residents.xlsx --db box/registry.db")
def export_file(
    file: Annotated[Path, typer.Argument(help="The .csv or .xlsx file to write.")],
    db: Database = DEFAULT_DB,
    utc_offset_minutes: Offset = 480,
) -> None:
    """Export vehicles, cards and rights (XLSX: the watch list too) as import reads them back. Holds personal data."""
    try:
        _must_exist(db)
        with RegistryWriter(db) as writer, _counting("writing") as told:
            rows = Export(writer, Locale(utc_offset_minutes)).write(file, told)
        typer.echo(f"{rows} rows written to {file}")
    except (BadSheet, RegistryError, sqlite3.Error) as error:
        raise _fail(error) from error


@app.command("show", epilog="Example: gatehouse registry show 粤B12345 --db box/registry.db")
def show(
    credential: Annotated[str, typer.Argument(help="A plate, or a card as bits:facility:number.")],
    db: Database = DEFAULT_DB,
    utc_offset_minutes: Offset = 480,
    region: RegionName = "cn",
) -> None:
    """Show the file of one plate or card: unit, owner, rights, watch list."""
    locale = _locale(utc_offset_minutes, region)
    value = credential.strip() if ":" in credential else normalise(credential, locale.region)
    try:
        _must_exist(db)
        files = VehicleFiles(db, utc_offset_minutes)
        found = files.by_card(value) if ":" in value else files.by_plate(value)
        for reason in files.watched(value):
            typer.echo(f"on the watch list: {reason}")
    except (RegistryError, sqlite3.Error) as error:
        raise _fail(error) from error
    if found is None:
        raise _fail(f"{value} is not registered")
    _print_file(found)


def _print_file(found: dict[str, Any], indent: str = "") -> None:
    for name, value in found.items():
        if name == "vehicles":
            for each in value:
                typer.echo(f"{indent}vehicle")
                _print_file(each, indent + "  ")
        elif name == "rights":
            for right in value or ["none"]:
                typer.echo(f"{indent}right    {right}")
        else:
            typer.echo(f"{indent}{name:<9}{value}")


@contextmanager
def _target(db: Path, dry_run: bool) -> Iterator[RegistryWriter]:
    """The registry to import into; a dry run that has none yet makes one that is thrown away."""
    with (
        TemporaryDirectory() as folder,
        RegistryWriter(Path(folder) / "r.db" if dry_run and not db.exists() else db) as it,
    ):
        yield it


def _must_exist(db: Path) -> None:
    if not db.is_file():
        raise RegistryError(f"{db}: there is no registry; name the right file with --db, or import one first")
