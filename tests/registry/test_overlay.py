from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.known import Asked
from controller.domain.terms import RightState
from controller.registry.delta import apply_delta
from controller.registry.overlay import KeptOverlay, OverlayRow
from tests.registry.estate import ESTATE, delta, filled, reading

EVERY_QUESTION = [
    *(Asked(plate=row["plate"]) for row in ESTATE["plates"]),
    *(Asked(card=row["card"]) for row in ESTATE["cards"]),
    Asked(plate="粤B1234S", card="26:1:3", visitor_code="482915"),
    Asked(plate="京B12345", ticket="482915"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry.db"


class Booth:
    """Changes of the booth, as the log gives them."""

    def __init__(self) -> None:
        self.changes: Sequence[OverlayRow] = ()

    def __call__(self) -> Sequence[OverlayRow]:
        return self.changes


def test_a_card_reported_lost_at_the_booth_is_lost_at_once(path: Path) -> None:
    booth = Booth()
    with filled(path), reading(path, booth) as reader:
        booth.changes = (OverlayRow("cards", "c1", {"state": "lost"}),)
        card = reader.look_up(Asked(card="26:123:45678"), 0).card
        assert card is not None
        assert (card.state, card.vehicles) == (RightState.LOST, ("v1",))
        booth.changes = ()
        card = reader.look_up(Asked(card="26:123:45678"), 0).card
        assert card is not None
        assert card.state is RightState.ACTIVE


def test_the_changes_of_the_log_are_read_when_they_are_renewed_and_not_at_every_look_up(path: Path) -> None:
    rows = [{"seq": 7, "tbl": "cards", "row_id": "c1", "row": {"state": "lost"}, "event_id": "e"}]
    asked = []

    def read() -> list[dict[str, object]]:
        asked.append(1)
        return rows

    overlay = KeptOverlay(read)
    with filled(path), reading(path, overlay) as reader:
        for _ in range(5):
            card = reader.look_up(Asked(card="26:123:45678"), 0).card
            assert card is not None
            assert card.state is RightState.LOST
        rows.clear()
        overlay.renew()
        card = reader.look_up(Asked(card="26:123:45678"), 0).card
    assert card is not None
    assert card.state is RightState.ACTIVE
    assert len(asked) == 2


@pytest.mark.parametrize("registry", list(RightState))
@pytest.mark.parametrize("booth", list(RightState))
def test_lost_and_suspended_win_whichever_is_newer(path: Path, registry: RightState, booth: RightState) -> None:
    rows = {"cards": [{"id": "c", "card": "26:1:1", "state": registry.value}]}
    with filled(path, rows), reading(path, lambda: (OverlayRow("cards", "c", {"state": booth.value}),)) as reader:
        card = reader.look_up(Asked(card="26:1:1"), 0).card
    assert card is not None
    blocked = [state for state in (RightState.LOST, RightState.SUSPENDED) if state in (registry, booth)]
    assert card.state is (blocked[0] if blocked else booth)


def test_a_later_change_of_the_booth_does_not_bring_a_lost_card_back(path: Path) -> None:
    changes = (OverlayRow("cards", "c1", {"state": "active"}, 9), OverlayRow("cards", "c1", {"state": "lost"}, 3))
    with filled(path), reading(path, lambda: changes) as reader:
        card = reader.look_up(Asked(card="26:123:45678"), 0).card
    assert card is not None
    assert card.state is RightState.LOST


def test_a_visitor_let_in_at_the_booth_has_a_permit_at_once(path: Path) -> None:
    changes = (
        OverlayRow("vehicles", "v9", {"unit": "3-201"}),
        OverlayRow("plates", "p9", {"vehicle": "v9", "plate": "粤B99999"}),
        OverlayRow("permits", "m9", {"vehicle": "v9", "purpose": "visit", "valid_to": 5}),
        OverlayRow("codes", "k9", {"kind": "ticket", "value": "7"}),
    )
    with filled(path), reading(path, lambda: changes) as reader:
        known = reader.look_up(Asked(plate="粤B99999", ticket="7"), 0)
        near = reader.look_up(Asked(plate="京B99999"), 0).near
    assert known.vehicle is not None
    assert known.vehicle.unit == "3-201"
    assert [right.purpose for right in known.vehicle_rights] == ["visit"]
    assert [right.id for right in known.code_rights] == ["k9"]
    assert [miss.vehicle.id for miss in near] == ["v9"]


def test_a_renewed_pass_keeps_what_was_not_changed(path: Path) -> None:
    with filled(path), reading(path, lambda: (OverlayRow("passes", "s1", {"valid_to": 77}),)) as reader:
        (right,) = reader.look_up(Asked(plate="粤B12345"), 0).vehicle_rights
    assert (right.valid_from, right.valid_to, right.lots) == (1, 77, ("main",))


def test_a_change_moves_a_row_from_what_it_answered_to_before(path: Path) -> None:
    with filled(path), reading(path, lambda: (OverlayRow("plates", "p1", {"plate": "粤B54321"}),)) as reader:
        assert reader.look_up(Asked(plate="粤B12345"), 0).vehicle is None
        moved = reader.look_up(Asked(plate="粤B54321"), 0).vehicle
    assert moved is not None
    assert moved.id == "v1"


def test_a_row_taken_away_is_gone(path: Path) -> None:
    with filled(path), reading(path, lambda: (OverlayRow("watch", "w1", None),)) as reader:
        assert reader.look_up(Asked(plate="京A88888"), 0).watch == ()


def test_a_new_version_is_laid_under_the_changes(path: Path) -> None:
    with filled(path) as writer, reading(path, lambda: (OverlayRow("passes", "s1", {"valid_to": 77}),)) as reader:
        reader.look_up(Asked(plate="粤B12345"), 0)
        new = [{"id": "s1", "vehicle": "v1", "state": "suspended", "valid_from": 5}]
        assert apply_delta(writer, delta(2, 1, ESTATE, {"passes": new}), 0).moved
        reader.refresh()
        (right,) = reader.look_up(Asked(plate="粤B12345"), 0).vehicle_rights
    assert (right.state, right.valid_from, right.valid_to) == (RightState.SUSPENDED, 5, 77)


def test_a_change_that_fits_no_table_is_left_out_and_named(path: Path) -> None:
    changes = (OverlayRow("cards", "c1", {"state": "stolen"}, 4), OverlayRow("tariffs", "t", {}, 5))
    with filled(path), reading(path, lambda: changes) as reader:
        card = reader.look_up(Asked(card="26:123:45678"), 0).card
        faults = reader.overlay_faults
    assert card is not None
    assert card.state is RightState.ACTIVE
    assert "change 4: cards 'c1': state: expected one of active" in faults[0]
    assert faults[1] == "change 5: unknown table 'tariffs'"


@given(st.sets(st.sampled_from([(table, row["id"]) for table, rows in ESTATE.items() for row in rows])))
def test_changes_that_repeat_the_registry_change_no_answer(
    tmp_path_factory: pytest.TempPathFactory, chosen: set[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("overlay") / "registry.db"
    changes = tuple(OverlayRow(table, row_id, {}) for table, row_id in sorted(chosen))
    with filled(path), reading(path) as plain, reading(path, lambda: changes) as laid:
        for asked in EVERY_QUESTION:
            assert laid.look_up(asked, 0) == plain.look_up(asked, 0)
