"""`gatehouse osdp`: keys of OSDP readers. What a key is stands with the driver."""

from pathlib import Path
from typing import Annotated

import typer

from drivers.reader.osdp_keys import KeyFileError, make_key

app = typer.Typer(add_completion=False, help="Keys of OSDP readers.", no_args_is_help=True)


@app.callback()
def osdp() -> None:
    """Keys of OSDP readers."""


@app.command(epilog="Example: gatehouse osdp key config/secrets/in-reader.key")
def key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="where the key is written, for its owner alone")],
) -> None:
    """Make a new secure channel base key; an old one is never overwritten."""
    try:
        make_key(file)
    except KeyFileError as error:
        typer.echo(f"gatehouse osdp key: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{file}: made. The reader takes it in install mode; keep the file in the encrypted backup only.")
