"""The drawing in the docs is what the code does."""

from pathlib import Path

from controller.domain.draw import drawing
from controller.domain.foot import FOOT_TABLE
from controller.domain.passage import TABLE, What
from controller.domain.state import Phase

PAGE = Path(__file__).parents[2] / "docs" / "decision-core.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == drawing(), (
        "run: python -m controller.domain.draw > docs/decision-core.md"
    )


def test_every_phase_can_be_reached_and_left() -> None:
    reached = {row.phase for row in TABLE.values()} | {Phase.ARRIVED}
    left = {phase for (phase, _), row in TABLE.items() if row.phase is not phase}
    assert reached - {None} == set(Phase)
    assert left == set(Phase)


def test_every_thing_that_can_happen_is_in_the_table() -> None:
    assert {what for _, what in TABLE} == set(What)


def test_every_phase_of_a_gate_leads_to_an_end() -> None:
    leads = {phase: {row.phase for (one, _), row in FOOT_TABLE.items() if one is phase} for phase, _ in FOOT_TABLE}
    for phase in leads:
        seen, todo = set(), {phase}
        while todo:
            one = todo.pop()
            seen.add(one)
            todo |= leads.get(one, set()) - seen
        assert None in seen, phase
