"""`gatehouse config`: check a file, show what is in force, print the schema. No device has to exist."""

import json
from pathlib import Path
from typing import Annotated

import typer

from controller.config import BoxConfig
from controller.config_file import ConfigError, load_box_config

app = typer.Typer(add_completion=False, help="Check, explain and show configuration files.", no_args_is_help=True)
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="the configuration file of a box")]


@app.command(epilog="Example: gatehouse config check config/two-lanes.yaml")
def check(file: FileArgument) -> None:
    """Say what is wrong in FILE, by line and key; exit 1 when anything is."""
    config = _loaded(file)
    lanes = ", ".join(lane.id for lane in config.lanes)
    typer.echo(f"{file}: right. Site {config.site}, box {config.box}, lanes {lanes}.")


@app.command(epilog="Example: gatehouse config show config/two-lanes.yaml")
def show(file: FileArgument) -> None:
    """Print FILE with every default filled in and every path absolute, as JSON."""
    typer.echo(_loaded(file).model_dump_json(indent=2))


@app.command(epilog="Example: gatehouse config schema > box.schema.json")
def schema() -> None:
    """Print the JSON schema of a configuration, for editors that complete and check while one types."""
    typer.echo(json.dumps(BoxConfig.model_json_schema(), indent=2, ensure_ascii=False))


def _loaded(file: Path) -> BoxConfig:
    try:
        return load_box_config(file)
    except ConfigError as error:
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None
