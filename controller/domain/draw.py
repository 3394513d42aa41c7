"""Draws docs/decision-core.md from the tables of the core, so that the drawing is what the code does.

Only text is made here. `python -m controller.domain.draw > docs/decision-core.md` writes it; a test holds it current.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any

from controller.domain.foot import FOOT_TABLE
from controller.domain.guard_orders import PERMITS
from controller.domain.passage import TABLE
from controller.domain.reasons import Reason
from controller.domain.state import Phase
from controller.domain.terms import LaneMode
from controller.domain.texts import PHRASES, lines
from controller.domain.texts_reasons import NEXT, WHY

HEAD = """# The decision core, drawn from its tables

Drawn by `python -m controller.domain.draw`; a test fails when this page and the code differ. Do not edit it.

`decide(state, fact, known, rules)` takes one fact and gives the new state, the events to record and the effects to
carry out. What a scan of the inputs means is judged in `scan`, who may pass in `entitlement`, the arm's safety in
`arm`; here stand the tables those work on.
"""


def drawing() -> str:
    """The whole page."""
    parts = [
        HEAD,
        "## The passage of one vehicle\n",
        _diagram((phase, what, row.phase) for (phase, what), row in TABLE.items()),
        _rows(TABLE),
        "## The passage of somebody on foot\n",
        _diagram((phase, what, row.phase) for (phase, what), row in FOOT_TABLE.items()),
        _rows(FOOT_TABLE),
        "## Orders from the booth\n",
        _orders(),
        "## Reasons\n",
        _reasons(),
        "## Phrases\n",
        _phrases(),
    ]
    return "\n".join(parts)


def _diagram(moves: Iterable[tuple[Phase, StrEnum, Phase | None]]) -> str:
    """A Mermaid state diagram; what leaves a phase as it is, is left out; several ways between two are one arrow."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for phase, what, after in moves:
        if after is not phase:
            arrows.setdefault((phase.value, after.value if after is not None else "[*]"), []).append(what.value)
    found = ["```mermaid", "stateDiagram-v2", f"    [*] --> {Phase.ARRIVED.value}"]
    for (one, other), whats in arrows.items():
        found.append(f"    {one} --> {other}: {' / '.join(whats)}")
    return "\n".join([*found, "```", ""])


def _rows(table: dict[Any, Any]) -> str:
    found = ["| Phase | What happened | Next | What follows |", "|---|---|---|---|"]
    for (phase, what), row in table.items():
        after = row.phase.value if row.phase is not None else "*ends*"
        found.append(f"| {phase.value} | {what.value} | {after} | {' '.join(map(_sentence, row.actions))} |")
    return "\n".join([*found, ""])


def _sentence(action: Callable[..., None]) -> str:
    """The first line of an action's docstring, under its name."""
    text = (action.__doc__ or "").strip().partition("\n")[0]
    return f"**{action.__name__}**: {text}"


def _orders() -> str:
    found = ["| Order | Least role | In the modes | About one passage | Needs a reason |", "|---|---|---|---|---|"]
    for order, permit in PERMITS.items():
        modes = (
            "all" if permit.modes == frozenset(LaneMode) else ", ".join(m.value for m in LaneMode if m in permit.modes)
        )
        about = "yes" if permit.of_passage else "no"
        reason = "yes" if permit.needs_reason else "no"
        found.append(f"| {order.value} | {permit.role.value} | {modes} | {about} | {reason} |")
    return "\n".join([*found, ""])


def _reasons() -> str:
    found = ["| Code | 简体 | 繁體 | English | What to do next |", "|---|---|---|---|---|"]
    for reason in Reason:
        why = WHY[reason]
        after = NEXT[reason]["en"] if reason in NEXT else ""
        found.append(f"| `{reason.value}` | {why['zh-Hans']} | {why['zh-Hant']} | {why['en']} | {after} |")
    return "\n".join([*found, ""])


def _phrases() -> str:
    found = ["| Phrase | 简体 | English | Lines of the display |", "|---|---|---|---|"]
    for name, text in PHRASES.items():
        shown = " / ".join(lines(text["zh-Hans"]))
        found.append(f"| `{name}` | {text['zh-Hans']} | {text['en']} | {shown} |")
    return "\n".join([*found, ""])


if __name__ == "__main__":
    print(drawing(), end="")
