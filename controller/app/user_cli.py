"""`gatehouse user`: who may sign in at a booth page. What an account is stands in the booth's room."""

import time
from pathlib import Path
from typing import Annotated

import typer

from controller.booth import cli as booth
from controller.config_file import ConfigError, load_box_config

app = typer.Typer(add_completion=False, help="People who may sign in at the booth page.", no_args_is_help=True)
DbOption = Annotated[Path | None, typer.Option("--db", metavar="FILE", help="the booth.db of a box")]
ConfigOption = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="the configuration of a box")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME")]


def booth_db(db: Path | None, config: Path | None) -> Path:
    """The file meant by `--db` or `--config`; exit 2 when neither is given."""
    if db is not None:
        return db
    if config is None:
        typer.echo("gatehouse user: give --config FILE of the box, or --db FILE", err=True)
        raise typer.Exit(2)
    try:
        return load_box_config(config).data / "booth.db"
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _now_us() -> int:
    return time.time_ns() // 1000


@app.command(epilog="Example: gatehouse user add wang --role guard --config config/two-lanes.yaml")
def add(
    name: NameArgument,
    role: Annotated[str, typer.Option(help="guard, leader, supervisor or office")],
    db: DbOption = None,
    config: ConfigOption = None,
) -> None:
    """Make an account; the password is asked for, or read from standard input."""
    raise typer.Exit(booth.add_user(booth_db(db, config), name, role, at=_now_us()))


@app.command(epilog="Example: gatehouse user password wang --config config/two-lanes.yaml")
def password(name: NameArgument, db: DbOption = None, config: ConfigOption = None) -> None:
    """Give an account a new password and end its sessions."""
    raise typer.Exit(booth.set_password(booth_db(db, config), name, at=_now_us()))


@app.command(epilog="Example: gatehouse user end wang --config config/two-lanes.yaml")
def end(name: NameArgument, db: DbOption = None, config: ConfigOption = None) -> None:
    """End an account and its sessions; what it did stays on record."""
    raise typer.Exit(booth.end_user(booth_db(db, config), name, at=_now_us()))


@app.command("list", epilog="Example: gatehouse user list --config config/two-lanes.yaml")
def list_all(db: DbOption = None, config: ConfigOption = None) -> None:
    """Print every account, its role and whether it is in force."""
    raise typer.Exit(booth.list_users(booth_db(db, config)))
