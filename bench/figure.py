"""What every bench tells: figures beside their limits, in words and as JSON, with the machine they were taken on.

Nothing is measured here. `python -m bench.<name> [--json FILE] [--quick]`; `--quick` is for trying that a bench works,
its figures say little.
"""

import argparse
import json
import math
import os
import platform
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

QUIET_SHARE = 0.1
"""A machine whose processors others used for more than this share of the time was not quiet."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value and what it stands beside. `aim` is at most, or at least where `at_least` says so."""

    name: str
    value: float
    unit: str
    aim: float | None = None
    at_least: bool = False
    beside: str = ""
    """What else was found in the same run, in words: the limit, the median."""

    @property
    def kept(self) -> bool | None:
        """Whether the aim is kept; None without an aim."""
        if self.aim is None:
            return None
        return self.value >= self.aim if self.at_least else self.value <= self.aim


@dataclass(frozen=True, slots=True)
class Findings:
    """What one bench found: its figures, lines for who wants to know more, and everything else for a program."""

    figures: Sequence[Figure]
    lines: Sequence[str] = ()
    more: dict[str, Any] = field(default_factory=dict)


class Load:
    """How busy others kept the machine, from its making to `share`."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._busy = _busy_s()
        self._own = _own_s()

    def share(self) -> float | None:
        """The share of all processors' time that others used; None where the kernel does not tell."""
        wall = (time.monotonic() - self._began) * (os.cpu_count() or 1)
        if self._busy is None or wall <= 0:
            return None
        busy = _busy_s()
        assert busy is not None
        return max(0.0, (busy - self._busy - (_own_s() - self._own)) / wall)


def _busy_s() -> float | None:
    try:
        words = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    except OSError:
        return None
    user, nice, system, _idle, _wait, irq, soft, steal = (int(word) for word in words[1:9])
    return (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK")


def _own_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all is not above."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def options(text: str | None) -> argparse.ArgumentParser:
    """The options that every bench has."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything found there as JSON")
    parser.add_argument("--quick", action="store_true", help="only try that it works: few rounds, small sizes")
    return parser


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load": [round(each, 1) for each in os.getloadavg()],
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def run(name: str, given: argparse.Namespace, measure: Callable[[], Findings]) -> int:
    """Measure, print, and write the JSON that was asked for; 0, because a missed aim is a finding and no failure."""
    load, began = Load(), time.monotonic()
    before = machine()
    found = measure()
    share = load.share()
    for line in found.lines:
        print(f"  {line}")
    for row in table(found.figures):
        print(row)
    took_s = round(time.monotonic() - began, 1)
    print(f"  {name}: {took_s} s{' (quick)' if given.quick else ''}; {load_text(before['load'], share)}", flush=True)
    if given.json:
        written = {
            "bench": name, "quick": given.quick, "took_s": took_s, "machine": before, "others_share": share,
            "figures": [{**_row(each), "kept": each.kept} for each in found.figures],
            "lines": list(found.lines), "more": found.more,
        }  # fmt: skip
        given.json.write_text(json.dumps(written, ensure_ascii=False, indent=1), encoding="utf-8")
    return 0


def load_text(load: Sequence[float], share: float | None) -> str:
    """How busy the machine was, in words."""
    began = f"load {load[0]} at its beginning"
    if share is None:
        return began
    verdict = "quiet" if share <= QUIET_SHARE else "UNDER LOAD"
    return f"{began}, others used {share:.0%} of the processors: {verdict}"


def _row(figure: Figure) -> dict[str, Any]:
    return {
        "name": figure.name, "value": figure.value, "unit": figure.unit, "aim": figure.aim,
        "at_least": figure.at_least, "beside": figure.beside,
    }  # fmt: skip


def number(value: float) -> str:
    """A number as people read it: three digits that say something, thousands apart."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 10 else f"{value:.1f}"


def aim_text(figure: Figure) -> str:
    """The aim in words, "" without one."""
    if figure.aim is None:
        return ""
    return f"{'≥' if figure.at_least else '≤'} {number(figure.aim)} {figure.unit}".rstrip()


def kept_text(figure: Figure) -> str:
    """Whether the aim is kept, in one word."""
    return {None: "", True: "kept", False: "MISSED"}[figure.kept]


def table(figures: Sequence[Figure]) -> list[str]:
    """Figures as lines of a table: name, value, aim, kept or not, what it stands beside."""
    wide = max((len(each.name) for each in figures), default=0)
    rows = []
    for each in figures:
        value = f"{number(each.value)} {each.unit}".rstrip()
        rows.append(
            f"  {each.name:<{wide}}  {value:>14}  {aim_text(each):>16}  {kept_text(each):<6}  {each.beside}".rstrip()
        )
    return rows
