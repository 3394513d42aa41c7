"""`gatehouse osdp`: keys of OSDP readers. What is done with them stands with the driver."""

from pathlib import Path
from typing import Annotated

import typer

from controller.app.hardware import osdp_settings
from controller.config import OsdpBus
from controller.config_file import ConfigError, load_box_config
from drivers.reader.osdp_commands import install_key, make_key_file

app = typer.Typer(add_completion=False, help="Keys of OSDP readers.", no_args_is_help=True)
KeyArgument = Annotated[Path, typer.Argument(metavar="FILE", help="where the key is written, for its owner alone")]
ReaderArgument = Annotated[str, typer.Argument(metavar="READER", help="the reader's id in the configuration")]


@app.command(epilog="Example: gatehouse osdp key config/secrets/in-reader.key")
def key(file: KeyArgument) -> None:
    """Make a new secure channel base key; an old one is never overwritten."""
    raise typer.Exit(make_key_file(file))


@app.command(epilog="Example: gatehouse osdp install in-reader --config config/two-lanes.yaml --minutes 5")
def install(
    reader: ReaderArgument,
    config: Annotated[Path, typer.Option("--config", metavar="FILE", help="the configuration of the box")],
    minutes: Annotated[float, typer.Option(min=0.1, max=60, help="how long install mode lasts")] = 5,
) -> None:
    """Give a new reader its key: install mode for some minutes, and no longer. Stop the daemon first."""
    try:
        loaded = load_box_config(config)
    except ConfigError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    for line in loaded.reader_lines:
        if isinstance(line, OsdpBus) and any(each.id == reader for each in line.readers):
            raise typer.Exit(install_key(osdp_settings(line), reader, minutes))
    typer.echo(f"gatehouse osdp install: {config} has no OSDP reader {reader!r}", err=True)
    raise typer.Exit(1)
