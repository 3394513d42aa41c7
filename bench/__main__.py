"""All benches one after the other, and one closing table: what was measured, its aim, and whether it is kept.

Each bench is a process of its own. A missed aim is a finding and no failure; a bench that ends with an error is one.

    python -m bench [--only swipe decide] [--earlier FILE] [--write] [--json FILE] [--quick]

`--write` writes docs/figures.md anew. Figures are worth little on a machine that others use; how busy they kept it
stands beside every bench.
"""

import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.figure import Figure, aim_text, kept_text, load_text, machine, number, options, table

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "docs" / "figures.md"
BENCHES: dict[str, tuple[str, ...]] = {
    "swipe": (),
    "swipe_reader": ("--swipes", "40"),
    "barrier_order": ("--orders", "40"),
    "decide": (),
    "registry": ("--seconds", "1"),
    "commit": (),
    "log_questions": (),
    "start": (),
    "memory": (),
    "lane_latency": ("--rounds", "3", "--seconds", "10"),
    "cameras": ("--vehicles", "40", "--rounds", "3", "--seconds", "10"),
    "plates": ("--pictures", "42"),
    "aiming": (),
    "aslant": ("--pictures", "20"),
    "varied": ("--pictures", "20"),
}
"""Every bench, with what it is told here beside its own defaults, so that all of them take about ten minutes."""


def ran(name: str, *, quick: bool) -> dict[str, Any] | None:
    """What one bench found, or None when it failed; its words go to the screen."""
    print(f"== {name}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "found.json"
        command = [sys.executable, "-m", f"bench.{name}", "--json", str(file)]
        command += ["--quick"] if quick else list(BENCHES[name])
        if subprocess.run(command, cwd=ROOT, check=False).returncode or not file.exists():
            return None
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return found


def figures_of(found: dict[str, Any]) -> list[Figure]:
    """The figures of one bench, as it wrote them."""
    return [Figure(**{key: value for key, value in each.items() if key != "kept"}) for each in found["figures"]]


def closing(results: dict[str, dict[str, Any] | None]) -> list[str]:
    """The closing table."""
    figures = [figure for found in results.values() if found for figure in figures_of(found)]
    lines = [*table(figures)]
    for name, found in results.items():
        if found is None:
            lines.append(f"  {name}: FAILED")
    aimed = [figure for figure in figures if figure.aim is not None]
    missed = [figure.name for figure in aimed if not figure.kept]
    lines.append(
        f"{len(aimed)} figures have an aim, {len(aimed) - len(missed)} keep it; missed: {', '.join(missed) or 'none'}"
    )
    return lines


def document(results: dict[str, dict[str, Any] | None], quick: bool) -> str:
    """docs/figures.md: every figure beside its limit, where it was taken, and what the bench says beside it."""
    here = machine()
    lines = [
        "# Figures",
        "",
        "What is measured, each figure beside its limit in the same run. Written by `make bench ARGS=--write`.",
        "",
        f"Taken {datetime.now(UTC):%Y-%m-%d} on {here['cores']} cores of {here['processor']}, "
        f"Python {here['python']}, SQLite {here['sqlite']}{', quick: these figures say little' if quick else ''}.",
        "How each is taken stands at the top of `bench/<name>.py`.",
        "",
        "| Figure | Measured | Aim | | Beside it |",
        "|---|---:|---:|---|---|",
    ]
    for found in results.values():
        for each in figures_of(found) if found else []:
            cells = (each.name, f"{number(each.value)} {each.unit}", aim_text(each), kept_text(each), each.beside)
            lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    lines += ["", "## How busy the machine was", ""]
    for name, found in results.items():
        said = load_text(found["machine"]["load"], found["others_share"]) if found else "failed"
        lines.append(f"- {name}: {said}")
    for name, found in results.items():
        if found and found["lines"]:
            lines += ["", f"## {name}", "", "```text", *found["lines"], "```"]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--only", nargs="+", choices=list(BENCHES), metavar="NAME", help="these and no others")
    parser.add_argument("--earlier", type=Path, metavar="FILE", help="take what is not run now from such a --json FILE")
    parser.add_argument("--write", action="store_true", help=f"write {FIGURES.relative_to(ROOT)}")
    given = parser.parse_args()
    began = time.monotonic()
    earlier = json.loads(given.earlier.read_text(encoding="utf-8")) if given.earlier else {}
    now = {name: ran(name, quick=given.quick) for name in given.only or BENCHES}
    results = {name: now.get(name, earlier.get(name)) for name in BENCHES if name in now or name in earlier}
    print(f"== all of it, {time.monotonic() - began:.0f} s")
    print("\n".join(closing(results)), flush=True)
    if given.json:
        given.json.write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")
    if given.write:
        FIGURES.write_text(document(results, given.quick), encoding="utf-8")
        print(f"written: {FIGURES.relative_to(ROOT)}")
    return 1 if None in results.values() else 0


if __name__ == "__main__":
    sys.exit(main())
