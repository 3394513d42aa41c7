"""The `gatehouse` command: which word leads to which room. A room is imported only when its word is used.

No work may be done here, so that `gatehouse plate read` need not know of a web server, nor the daemon of a simulator.
"""

import difflib
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import typer

from controller import __version__


@dataclass(frozen=True, slots=True)
class Word:
    """Where a command stands ("module:attribute", a typer app or function), and what it does, in one line."""

    place: str
    does: str


WORDS = {
    "run": Word("controller.app.cli:run", "Run the daemon of a gate box."),
    "demo": Word("demo.cli:demo", "Run a whole estate on this machine, with no hardware."),
    "sim": Word("simulator.cli:sim", "Run virtual hardware alone, behind stable device paths."),
    "config": Word("controller.config_cli:app", "Check, explain and show configuration files."),
    "doctor": Word("controller.app.doctor:doctor", "Check devices, rights, clock, disk, broker and certificates."),
    "log": Word("controller.eventlog.cli:app_log", "Verify and export the event log."),
    "why": Word("controller.eventlog.cli:why", "Tell the story of a passage."),
    "replay": Word("controller.eventlog.cli:replay", "Decide everything in a log again and compare."),
    "backup": Word("controller.eventlog.cli:backup", "Back up a log while it is in use."),
    "restore": Word("controller.eventlog.cli:restore", "Put a backup in place of a log."),
    "plate": Word("controller.app.plate_cli:app", "Read plates in pictures."),
    "registry": Word("controller.registry.cli:app", "Import and export vehicles, cards and rights."),
    "user": Word("controller.app.user_cli:app", "Add people who may sign in at the booth page."),
    "osdp": Word("controller.app.osdp_cli:app", "Make keys for OSDP readers."),
}


def app_of(word: Word, name: str) -> typer.Typer:
    """The typer app behind a word; a single function becomes an app of one command."""
    module, _, attribute = word.place.partition(":")
    found: Any = getattr(importlib.import_module(module), attribute)
    if isinstance(found, typer.Typer):
        return found
    single = typer.Typer(add_completion=False)
    single.command(name, epilog=getattr(found, "example", None))(found)
    return single


def overview() -> str:
    """What `gatehouse --help` prints; no room is imported for it."""
    lines = ["Usage: gatehouse COMMAND [ARGS]...", "", "The software of a residential car park's gate.", ""]
    lines += [f"  {name:<10}{word.does}" for name, word in WORDS.items()]
    return "\n".join([*lines, "", "`gatehouse COMMAND --help` tells more. Example: gatehouse demo --for 60s"])


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the console script. Exit 0 done, 1 refused or failed with one clear line, 2 wrong usage."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    first = given[0] if given else ""
    if first in {"--help", "-h"}:
        print(overview())
    elif first == "--version":
        print(f"gatehouse {__version__}")
    elif first in WORDS:
        app_of(WORDS[first], first)(args=given[1:], prog_name=f"gatehouse {first}")
    else:
        close = difflib.get_close_matches(first, list(WORDS), n=1)
        hint = f", did you mean {close[0]!r}?" if close else "; `gatehouse --help` lists them"
        print(f"gatehouse: no command {first!r}{hint}" if first else overview(), file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
