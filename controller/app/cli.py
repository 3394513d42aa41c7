"""`gatehouse run`: the daemon from the command line. What the daemon is stands in `controller.app.daemon`."""

import logging
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer

from controller.config import BoxConfig
from controller.config_file import ConfigError, load_box_config

LAST_GOOD = "config.last-good.yaml"


def run(
    config: Annotated[Path, typer.Option("--config", metavar="FILE", help="the configuration of this gate box")],
    *,
    log_json: Annotated[bool, typer.Option("--log-json", help="write the program's log as JSON lines")] = False,
) -> None:
    """Run the daemon of a gate box until it is told to stop (SIGTERM, Ctrl-C)."""
    set_up_logging(as_json=log_json)
    from controller.app.daemon import Daemon  # noqa: PLC0415 - the rooms are imported once the configuration is right
    from controller.app.outward import StartError  # noqa: PLC0415
    from controller.eventlog.errors import LogError  # noqa: PLC0415
    from controller.ports import LogUnwritable  # noqa: PLC0415
    from controller.registry.errors import RegistryError  # noqa: PLC0415

    loaded, banner = load_or_last_good(config)
    try:
        Daemon(loaded, banner=banner, read_again=lambda: load_box_config(config)).run()
    except (StartError, LogError, LogUnwritable, RegistryError, sqlite3.Error, RuntimeError, OSError) as error:
        typer.echo(f"gatehouse run: {error}", err=True)
        raise typer.Exit(1) from None


run.example = "Example: gatehouse run --config config/two-lanes.yaml"  # type: ignore[attr-defined]


def load_or_last_good(file: Path) -> tuple[BoxConfig, str]:
    """The configuration in a file and "", or the last one that was right and why this one is not (F24).

    A gate that has worked yesterday shall work today: a typing mistake at night must not keep it from starting.
    """
    try:
        config = load_box_config(file)
    except ConfigError as error:
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        kept = file.with_name(f".{file.name}.{LAST_GOOD}")
        if not kept.exists():
            raise typer.Exit(1) from None
        typer.echo(f"gatehouse run: going on with the last configuration that was right, {kept}", err=True)
        return load_box_config(kept), str(error.problems[0])
    keep_as_last_good(file)
    return config, ""


def keep_as_last_good(file: Path) -> None:
    """Remember a configuration that was right, beside itself, so that relative paths mean the same."""
    kept = file.with_name(f".{file.name}.{LAST_GOOD}")
    fresh = kept.with_suffix(".new")
    try:
        shutil.copyfile(file, fresh)
        fresh.replace(kept)
    except OSError as error:
        typer.echo(f"gatehouse run: the configuration could not be remembered: {error}", err=True)


def set_up_logging(*, as_json: bool) -> None:
    """One line a happening on standard error: for people, or as JSON."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
