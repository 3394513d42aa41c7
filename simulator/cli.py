"""`gatehouse sim`: starts the virtual hardware, says where it stands, and stops it cleanly.

No simulation may be put here (see `app`). Standard output carries one JSON object a line: first `ready`, then what the
simulator asks of whoever runs it; words for people go to standard error.
"""

import json
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from simulator.app import Simulation
from simulator.config import SimConfig, load_config
from simulator.page.server import PageServer
from simulator.traffic.script import milliseconds
from simulator.world import UnknownPlaceError
from simulator.yaml_file import FileError


def sim(
    config: Annotated[Path, typer.Option("--config", help="the simulator's own YAML file", metavar="FILE")],
    speed: Annotated[float, typer.Option(help="1 is real time; wires allow no faster", min=0.05, max=1.0)] = 1.0,
    seed: Annotated[int | None, typer.Option(help="another seed than the files say")] = None,
    run_for: Annotated[str, typer.Option("--for", help="stop by itself after so long", metavar="60s")] = "",
    settle: Annotated[str, typer.Option(help="so long before the end nobody comes any more", metavar="15s")] = "0s",
) -> None:
    """Virtual hardware behind stable device paths: ports, boards, readers, cameras, and the traffic."""
    raise typer.Exit(run_sim(config, speed=speed, seed=seed, run_for=run_for, settle=settle))


def run_sim(config: Path, *, speed: float = 1.0, seed: int | None = None, run_for: str = "", settle: str = "0s") -> int:
    """Run the simulator until a signal or the end of its time; the exit code."""
    try:
        for_s, settle_s = _seconds("--for", run_for) if run_for else None, _seconds("--settle", settle)
    except ValueError as error:
        return _refuse(str(error), 2)
    try:
        return _run(load_config(config), speed, seed, for_s, settle_s)
    except (FileError, UnknownPlaceError) as error:
        return _refuse(str(error), 1)
    except OSError as error:
        return _refuse(f"gatehouse sim: {error.filename or 'a port'}: {error.strerror or error}", 1)


def _run(config: SimConfig, speed: float, seed: int | None, for_s: float | None, settle_s: float) -> int:
    simulation = Simulation(config, seed=seed, speed=speed)
    page = PageServer(simulation, config.page.port) if config.page is not None else None
    ended = threading.Event()
    before = {each: signal.signal(each, lambda *_: ended.set()) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        simulation.open(closes_after_s=max(0.0, for_s - settle_s) if for_s is not None else None)
        if page is not None:
            page.start()
        _say_ready(simulation, page)
        simulation.start()
        waited_s = 0.0
        while not ended.wait(0.25) and simulation.failure is None:
            waited_s += 0.25
            if for_s is not None and simulation.clock.now_ms() / 1_000 >= for_s * speed:
                break
    finally:
        if page is not None:
            page.stop()
        simulation.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
    if simulation.failure is not None:
        raise RuntimeError("the simulated world broke down") from simulation.failure
    return 0


def _say_ready(simulation: Simulation, page: PageServer | None) -> None:
    line = {"ready": True, "page": page.url if page else None, "cameras": simulation.wires.cameras.urls}
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _seconds(option: str, text: str) -> float:
    found = milliseconds(text)
    if not isinstance(found, int):
        raise ValueError(f"{option}: expected a duration such as 60s or 3m, got {text!r}")
    return found / 1_000


def _refuse(words: str, code: int) -> int:
    sys.stderr.write(words + "\n")
    return code


sim.example = "Example: gatehouse sim --config sim.yaml --for 60s --settle 15s"  # type: ignore[attr-defined] # the command line shows it
