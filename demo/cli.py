"""`gatehouse demo`: the whole estate on loopback, with no hardware. What happens stands in `demo.play`."""

import json
import sqlite3
import time
from pathlib import Path
from typing import Annotated

import typer

from demo.broker import BrokerMissing
from demo.estate import BOXES
from demo.evidence import Evidence
from demo.judge import judge
from demo.play import DemoRefused, Wish, play
from demo.processes import PartFailed
from demo.report import report

FOREVER = ""


def demo(  # noqa: PLR0917 - the options of the contract
    run_for: Annotated[str, typer.Option("--for", metavar="60s", help="end by itself after so long")] = FOREVER,
    seed: Annotated[int, typer.Option(help="the same seed gives the same traffic")] = 1,
    speed: Annotated[float, typer.Option(help="1 is real time; wires allow no faster", min=0.05, max=1.0)] = 1.0,
    port: Annotated[int, typer.Option(help="port of the first page; the next two are used as well")] = 8080,
    data: Annotated[Path, typer.Option(help="folder in which everything stays")] = Path("demo-data"),
    report_file: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="write the judge's report as JSON")
    ] = None,
    script: Annotated[list[str] | None, typer.Option(help="traffic scripts by name; all of them without")] = None,
) -> None:
    """Run simulator, two gate boxes, broker and centre on this machine, with traffic, and judge what happened."""
    try:
        wish = Wish(
            seconds=seconds(run_for),
            seed=seed,
            speed=speed,
            port=port,
            data=data.resolve(),
            scripts=tuple(script or ()),
        )
    except ValueError as error:
        typer.echo(f"gatehouse demo: {error}", err=True)
        raise typer.Exit(2) from None
    try:
        began = time.monotonic()
        play(wish, say)
        clean = judged(wish, began, report_file)
    except (DemoRefused, PartFailed, BrokerMissing, TimeoutError, OSError, sqlite3.Error) as error:
        typer.echo(f"gatehouse demo: {error}", err=True)
        raise typer.Exit(1) from None
    raise typer.Exit(0 if clean else 1)


demo.example = "Example: gatehouse demo --for 60s --seed 7 --report report.json"  # type: ignore[attr-defined]


def say(words: str) -> None:
    """A line for whoever watches, at once."""
    print(words, flush=True)


def seconds(text: str) -> float | None:
    """Seconds of "90", "60s", "3m" or "1m30s"; None for nothing. Raises ValueError."""
    if not text:
        return None
    total, number = 0.0, ""
    for char in text.strip():
        if char.isdigit() or char == ".":
            number += char
        elif char in "smh" and number:
            total += float(number) * {"s": 1, "m": 60, "h": 3600}[char]
            number = ""
        else:
            raise ValueError(f"--for: expected a time such as 60s or 3m, got {text!r}")
    total += float(number) if number else 0.0
    if total < 5:
        raise ValueError(f"--for: at least 5s, got {text!r}")
    return total


def judged(wish: Wish, began: float, report_file: Path | None) -> bool:
    """Judge the run and tell what was found; True when there is nothing."""
    evidence = Evidence(
        truth=wish.data / "truth.jsonl",
        boxes={box: wish.data / box / "gate.db" for box in BOXES},
        received=wish.data / "central.db",
        fleet=wish.data / "fleet.csv",
        strangers=("stranger", "lost", "expired"),
    )
    judgement = judge(evidence)
    figures = report(judgement, seed=wish.seed, seconds=time.monotonic() - began)
    if report_file is not None:
        report_file.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    for line in judgement.lines():
        typer.echo(f"violation: {line}")
    typer.echo(json.dumps({key: value for key, value in figures.items() if key != "violations"}, ensure_ascii=False))
    typer.echo("the judge finds nothing" if judgement.is_clean else f"the judge finds {len(judgement.violations)}")
    return judgement.is_clean
