"""The demo from beginning to end: prepare, start, let it run, settle, stop, judge. One function a step.

Every part is a process of its own and is spoken to as a user would: files, wires, pages, the broker.
"""

import fcntl
import json
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from demo import estate, fleet
from demo.attendant import Attendant
from demo.broker import Broker
from demo.processes import ROOT, Part, PartFailed, command, free_ports, port_is_free, wait_for_page

MARK = ".gatehouse-demo"
TRAFFIC = ROOT / "config" / "traffic"
SETTLE_S = 15.0
ACKNOWLEDGE_S = 30.0
Say = Callable[[str], None]


class DemoRefused(RuntimeError):
    """The demo cannot start; says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for on the command line. `seconds` None: until somebody ends it."""

    seconds: float | None
    seed: int
    speed: float
    port: int
    data: Path
    scripts: tuple[str, ...] = ()


@dataclass(slots=True)
class Stage:
    """Everything that runs."""

    wish: Wish
    ports: estate.Ports
    broker: Broker
    password: str
    mark: TextIO
    parts: dict[str, Part] = field(default_factory=dict)
    attendants: list[Attendant] = field(default_factory=list)
    expected_down: set[str] = field(default_factory=set)
    sim_ready: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def folder(self) -> Path:
        """Where everything of this run stays."""
        return self.wish.data

    def booth(self, box: str) -> str:
        """Address of a box's page."""
        return f"http://127.0.0.1:{self.ports.booths[box]}"


def play(wish: Wish, say: Say) -> Stage:
    """Run the whole demo; what is left is in `wish.data`. Raises DemoRefused and PartFailed."""
    stage = prepare(wish, say)
    try:
        with _ending_on_signals(stage):
            start(stage, say)
            run(stage, say)
            settle(stage, say)
    finally:
        stop(stage, say)
    return stage


# --- prepare -------------------------------------------------------------------------------------------------------


def prepare(wish: Wish, say: Say) -> Stage:
    """Empty the folder of an earlier demo, write every file, import the registry."""
    ports = _ports(wish)  # before anything is emptied: a taken port may well be that of a demo that runs there
    mark = make_folder(wish.data)
    stage = Stage(wish=wish, ports=ports, broker=_broker(wish), password=secrets.token_urlsafe(9), mark=mark)
    stage.broker.port = stage.ports.broker
    everybody = fleet.members(wish.seed)
    fleet.write_fleet(wish.data / "fleet.csv", everybody)
    fleet.write_registry(wish.data / "registry.csv", everybody)
    (wish.data / "dev").mkdir()
    estate.write_reader_keys(wish.data / "keys")
    for box in estate.BOXES:
        config = estate.box_config(box, wish.data, stage.ports, mqtt5=stage.broker.speaks_mqtt5())
        estate.write_yaml(wish.data / f"{box}.yaml", config)
        (wish.data / box).mkdir(mode=0o700)
    estate.write_yaml(
        wish.data / "sim.yaml", estate.simulator_config(wish.data, stage.ports, _scripts(wish), wish.seed)
    )
    say(f"{len(everybody)} vehicles and people, {fleet.REGISTERED} of them registered, in two gate boxes")
    _each_box(lambda box: _fill_box(stage, box))
    return stage


def make_folder(folder: Path) -> TextIO:
    """An empty folder for this run, its mark locked while the file given back is open. Raises DemoRefused."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise DemoRefused(f"{folder} is not empty and no earlier demo's; name another with --data")
        with _locked(folder / MARK):
            shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return _locked(folder / MARK)


def _locked(mark: Path) -> TextIO:
    file = mark.open("a", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise DemoRefused(f"{mark.parent} is in use by a demo that still runs; name another with --data") from None
    return file


def _ports(wish: Wish) -> estate.Ports:
    wanted = [wish.port, wish.port + 1, wish.port + 2]
    taken = [port for port in wanted if not port_is_free(port)]
    if taken:
        raise DemoRefused(f"port {taken[0]} of 127.0.0.1 is in use; name another with --port")
    broker, *cameras = free_ports(1 + len(estate.CAMERAS))
    return estate.Ports(
        booths=dict(zip(estate.BOXES, wanted, strict=False)),
        simulator_page=wanted[2],
        broker=broker,
        cameras=dict(zip(estate.CAMERAS, cameras, strict=True)),
    )


def _broker(wish: Wish) -> Broker:
    return Broker(folder=wish.data / "broker", site=estate.SITE, boxes=estate.BOXES)


def _scripts(wish: Wish) -> list[Path]:
    names = wish.scripts or tuple(sorted(file.stem for file in TRAFFIC.glob("*.yaml")))
    missing = [name for name in names if not (TRAFFIC / f"{name}.yaml").exists()]
    if missing:
        known = ", ".join(sorted(file.stem for file in TRAFFIC.glob("*.yaml")))
        raise DemoRefused(f"there is no traffic script {missing[0]!r}; there are {known}")
    return [TRAFFIC / f"{name}.yaml" for name in names]


def _fill_box(stage: Stage, box: str) -> None:
    """What an administrator does once: import the registry, make the accounts."""
    registry = stage.folder / box / "registry.db"
    command("registry", "import", str(stage.folder / "registry.csv"), "--db", str(registry))
    for name, role in (("guard", "guard"), ("leader", "leader")):
        add = ["user", "add", name, "--role", role, "--db", str(stage.folder / box / "booth.db")]
        done = subprocess.run(
            [sys.executable, "-m", "controller.cli", *add],
            input=stage.password + "\n",
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
        if done.returncode:
            raise PartFailed(f"gatehouse user add {name} ended with {done.returncode}: {done.stderr.strip()}")


def _each_box(work: Callable[[str], None]) -> None:
    """Do something for every box at the same time; the first thing that went wrong is raised."""
    wrong: list[BaseException] = []

    def guarded(box: str) -> None:
        try:
            work(box)
        except (PartFailed, OSError) as error:
            wrong.append(error)

    threads = [threading.Thread(target=guarded, args=(box,), name=f"prepare {box}") for box in estate.BOXES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]


# --- start ---------------------------------------------------------------------------------------------------------


def start(stage: Stage, say: Say) -> None:
    """Broker, simulator, daemons, centre, and the squad leader who looks after what is referred."""
    stage.broker.start()
    _start_part(stage, "sim", _sim_arguments(stage), lambda told: _sim_says(stage, told, say))
    _start_part(stage, "centre", _centre_arguments(stage))
    for box in estate.BOXES:
        _start_part(stage, box, ["controller.cli", "run", "--config", str(stage.folder / f"{box}.yaml")])
    for box in estate.BOXES:
        wait_for_page(f"{stage.booth(box)}/healthz", stage.parts[box], 30)
    if not stage.sim_ready.wait(30):
        raise PartFailed(f"the simulator did not say that it is ready:\n{stage.parts['sim'].last_words()}")
    for box in estate.BOXES:
        attendant = Attendant(stage.booth(box), "leader", stage.password)
        attendant.start()
        stage.attendants.append(attendant)
    _tell_addresses(stage, say)


def _start_part(
    stage: Stage, name: str, arguments: list[str], said: Callable[[dict[str, Any]], None] | None = None
) -> None:
    part = Part(name=name, arguments=arguments, folder=stage.folder, said=said)
    stage.parts[name] = part
    part.start()


def _sim_arguments(stage: Stage) -> list[str]:
    wish = stage.wish
    words = ["controller.cli", "sim", "--config", str(stage.folder / "sim.yaml"), "--speed", str(wish.speed)]
    words += ["--seed", str(wish.seed)]
    if wish.seconds is not None:
        settle = min(SETTLE_S, wish.seconds / 2)
        words += ["--for", f"{wish.seconds:g}s", "--settle", f"{settle:g}s"]
    return words


def _centre_arguments(stage: Stage) -> list[str]:
    return [
        "tests.support.centre", "--port", str(stage.broker.port), "--site", estate.SITE,
        "--password-file", str(stage.broker.password_file()), "--db", str(stage.folder / "central.db"),
        *([] if stage.broker.speaks_mqtt5() else ["--mqtt-3"]),
    ]  # fmt: skip


def _tell_addresses(stage: Stage, say: Say) -> None:
    say("")
    for box in estate.BOXES:
        say(f"  booth {box:<6} {stage.booth(box)}/")
    say(f"  simulator    http://127.0.0.1:{stage.ports.simulator_page}/")
    say(f"  sign in as   guard or leader, password {stage.password}")
    say("")


# --- run -----------------------------------------------------------------------------------------------------------


def _sim_says(stage: Stage, told: dict[str, Any], say: Say) -> None:
    """What the simulator asks of whoever runs it: things that lie outside of it."""
    if told.get("ready"):
        stage.sim_ready.set()
        return
    what, box = str(told.get("do", "")), str(told.get("box", ""))
    match what:
        case "broker_stop":
            say("the broker is killed")
            stage.broker.stop(signal.SIGKILL)
        case "broker_start":
            say("the broker is back")
            stage.broker.start()
        case "daemon_stop" if box in stage.parts:
            say(f"the daemon of {box} is killed")
            stage.expected_down.add(box)
            stage.parts[box].signal(signal.SIGKILL)
        case "daemon_start" if box in stage.parts:
            say(f"the daemon of {box} starts again")
            stage.parts[box].stop()
            stage.parts[box].start()
            stage.expected_down.discard(box)


def run(stage: Stage, say: Say) -> None:
    """Watch every part until the time is over or somebody ends it."""
    began = time.monotonic()
    told_at = 0
    sim = stage.parts["sim"]
    while not stage.ended.wait(0.25):
        for name, part in stage.parts.items():
            if name != "sim" and name not in stage.expected_down:
                part.check()
        if not sim.is_running():
            if stage.wish.seconds is None or sim.process is None or sim.process.returncode != 0:
                sim.check()
            return
        passed = time.monotonic() - began
        if stage.wish.seconds is not None and int(passed) // 15 > told_at:
            told_at = int(passed) // 15
            say(f"{int(passed):4d} s of {stage.wish.seconds:g} s: {_progress(stage)}")


def _progress(stage: Stage) -> str:
    """One line of what happened so far, from the simulator's own journal."""
    journal = stage.folder / "truth.jsonl"
    counts: dict[str, int] = {}
    for line in journal.read_text(encoding="utf-8").splitlines() if journal.exists() else []:
        try:
            what = json.loads(line)["what"]
        except (json.JSONDecodeError, KeyError):
            continue
        counts[what] = counts.get(what, 0) + 1
    return (
        f"{counts.get('vehicle_arrived', 0)} vehicles came, {counts.get('vehicle_crossed', 0)} went through, "
        f"{counts.get('card_presented', 0)} cards, {counts.get('fault', 0) // 2} faults"
    )


@contextmanager
def _ending_on_signals(stage: Stage) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the run in order, and are given back afterwards."""
    before = {number: signal.signal(number, lambda *_: stage.ended.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# --- settle and stop -----------------------------------------------------------------------------------------------


def settle(stage: Stage, say: Say) -> None:
    """Let the wires fall silent, then wait until the centre has everything."""
    for attendant in stage.attendants:
        attendant.stop()
    stage.parts["sim"].stop()
    deadline = time.monotonic() + ACKNOWLEDGE_S
    waiting = _unacknowledged(stage)
    while any(waiting.values()) and time.monotonic() < deadline:
        time.sleep(0.5)
        waiting = _unacknowledged(stage)
    if any(waiting.values()):
        say(f"the centre still lacks events: {waiting}")


def _unacknowledged(stage: Stage) -> dict[str, int]:
    found = {}
    for box in estate.BOXES:
        database = sqlite3.connect(f"file:{stage.folder / box / 'gate.db'}?mode=ro", uri=True)
        try:
            found[box] = int(database.execute("SELECT count(*) FROM outbox WHERE acked = 0").fetchone()[0])
        finally:
            database.close()
    return found


def stop(stage: Stage, say: Say) -> None:
    """End every part: what feeds first, the broker last."""
    for attendant in stage.attendants:
        attendant.stop()
    for name in ("sim", *estate.BOXES, "centre"):
        if name in stage.parts:
            stage.parts[name].stop()
    stage.broker.stop()
    stage.mark.close()
    say("everything is stopped")


def exit_codes(stage: Stage) -> dict[str, int | None]:
    """How every part ended."""
    return {name: part.process.returncode if part.process else None for name, part in stage.parts.items()}
