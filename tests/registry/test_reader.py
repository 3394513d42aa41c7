import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from controller.domain.codec import to_plain
from controller.domain.known import Asked
from controller.domain.terms import PlateColor, PlateKind, RightKind, RightState
from controller.registry.delta import apply_delta
from controller.registry.errors import RegistryError
from controller.registry.overlay import OverlayRow
from controller.registry.reader import RegistryReader
from controller.registry.store import RegistryWriter
from tests.registry.estate import ESTATE, HOUR_US, changed, delta, filled, reading


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry.db"


def test_a_plate_gives_its_vehicle_and_its_rights(path: Path) -> None:
    with filled(path), reading(path) as reader:
        known = reader.look_up(Asked(plate="粤B12345"), 0)
    assert known.vehicle is not None
    assert (known.vehicle.id, known.vehicle.unit, known.vehicle.group) == ("v1", "3-201", "v1")
    assert (known.vehicle.kind, known.vehicle.color) == (PlateKind.SMALL, PlateColor.BLUE)
    (right,) = known.vehicle_rights
    assert (right.id, right.kind, right.state, right.group) == ("s1", RightKind.PASS, RightState.ACTIVE, "v1")
    assert (right.valid_from, right.valid_to, right.lots) == (1, 9, ("main",))
    assert right.hours == ("07:00-19:00", "22:00-23:00")
    assert known.near == ()
    assert known.registry.version == 1


def test_vehicles_that_share_a_space_share_its_lease_and_its_group(path: Path) -> None:
    with filled(path), reading(path) as reader:
        second = reader.look_up(Asked(plate="粤BD12345"), 0)
        third = reader.look_up(Asked(plate="京A8888挂"), 0)
    assert second.vehicle is not None
    assert third.vehicle is not None
    assert second.vehicle.group == third.vehicle.group == "space:B12"
    assert [(right.id, right.group, right.spaces) for right in second.vehicle_rights] == [("l1", "space:B12", 1)]
    assert [(right.id, right.group) for right in third.vehicle_rights] == [("l1", "space:B12"), ("m1", "space:B12")]


def test_every_plate_of_a_vehicle_finds_the_same_file(path: Path) -> None:
    with filled(path), reading(path) as reader:
        found = [reader.look_up(Asked(plate=plate), 0).vehicle for plate in ("京A88888", "京A8888挂")]
    assert [file.id for file in found if file] == ["v3", "v3"]


def test_a_card_gives_its_vehicles_and_what_they_may(path: Path) -> None:
    with filled(path), reading(path) as reader:
        known = reader.look_up(Asked(card="26:123:45678"), 0)
    assert known.card is not None
    assert (known.card.id, known.card.vehicles, known.card.group) == ("c1", ("v1",), "v1")
    assert [file.plate for file in known.card_vehicles] == ["粤B12345"]
    assert [right.id for right in known.card_rights] == ["s1"]


def test_a_lost_card_is_found_as_lost_with_every_plate_of_its_vehicle(path: Path) -> None:
    with filled(path), reading(path) as reader:
        known = reader.look_up(Asked(card="26:1:3"), 0)
    assert known.card is not None
    assert known.card.state is RightState.LOST
    assert [file.plate for file in known.card_vehicles] == ["京A88888", "京A8888挂"]


def test_a_card_without_a_vehicle_is_somebody_on_foot_with_the_rights_of_the_card(path: Path) -> None:
    with filled(path), reading(path) as reader:
        known = reader.look_up(Asked(card="34:1:2"), 0)
    assert known.card is not None
    assert (known.card.vehicles, known.card.group) == ((), "person:o1")
    assert [(right.id, right.purpose) for right in known.card_rights] == [("s2", "resident")]


def test_a_card_bound_to_a_vehicle_without_a_plate_is_still_bound(path: Path) -> None:
    rows = {
        "cards": [{"id": "c", "card": "26:1:1"}],
        "card_vehicles": [{"id": "b", "card": "c", "vehicle": "v"}, {"id": "d", "card": "c", "vehicle": "gone"}],
        "vehicles": [{"id": "v"}],
    }
    with filled(path, rows), reading(path) as reader:
        known = reader.look_up(Asked(card="26:1:1"), 0)
    assert known.card is not None
    assert known.card.vehicles == ("gone", "v")
    assert [file.plate for file in known.card_vehicles] == ["", ""]


def test_a_visitors_code_gives_its_permit_and_a_ticket_of_that_number_does_not(path: Path) -> None:
    with filled(path), reading(path) as reader:
        (right,) = reader.look_up(Asked(visitor_code="482915"), 0).code_rights
        assert reader.look_up(Asked(ticket="482915"), 0).code_rights == ()
    assert (right.id, right.kind, right.valid_to, right.purpose) == ("k1", RightKind.PERMIT, 99, "visit")


def test_a_misread_plate_names_the_registered_ones_it_may_be_with_their_rights(path: Path) -> None:
    with filled(path), reading(path) as reader:
        known = reader.look_up(Asked(plate="粤B1234S"), 0)
        (province,) = reader.look_up(Asked(plate="京B12345"), 0).near
    (miss,) = known.near
    assert known.vehicle is None
    assert (miss.vehicle.id, miss.difference, miss.position) == ("v1", "confusion", 6)
    assert [right.id for right in miss.rights] == ["s1"]
    assert (province.vehicle.id, province.difference, province.position) == ("v1", "province", 0)


def test_the_watch_list_is_asked_for_every_plate_that_the_credential_may_stand_for(path: Path) -> None:
    with filled(path), reading(path) as reader:
        for asked in (Asked(plate="京A88888"), Asked(card="26:1:3"), Asked(plate="京A8888B")):
            assert [entry.id for entry in reader.look_up(asked, 0).watch] == ["w1"]
        assert reader.look_up(Asked(plate="粤B12345"), 0).watch == ()


def test_what_is_not_asked_is_not_answered(path: Path) -> None:
    with filled(path), reading(path) as reader:
        assert to_plain(reader.look_up(Asked(), 0)) == {"registry": to_plain(reader.stamp(0))}


def test_a_look_up_gives_no_name_and_no_phone(path: Path) -> None:
    with filled(path), reading(path) as reader:
        known = reader.look_up(Asked(plate="粤B12345", card="26:123:45678", visitor_code="482915"), 0)
    assert "王小明" not in str(to_plain(known))
    assert "13800000000" not in str(to_plain(known))


def test_the_age_counts_from_the_last_confirmation_and_never_below_nothing(path: Path) -> None:
    with filled(path, at_us=HOUR_US) as writer, reading(path) as reader:
        assert reader.stamp(3 * HOUR_US).age_s == 7200
        assert reader.stamp(0).age_s == 0
        writer.confirm(3 * HOUR_US)
        assert reader.stamp(4 * HOUR_US).age_s == 3600


def test_a_new_version_is_seen_after_refresh_and_not_before(path: Path) -> None:
    moved = delta(2, 1, ESTATE, {"cards": [{"id": "c1", "card": "26:123:45678", "state": "lost"}]})
    with filled(path) as writer, reading(path) as reader:
        assert apply_delta(writer, moved, 0).moved
        for at_us in (0, HOUR_US, 2 * HOUR_US):
            before = reader.look_up(Asked(card="26:123:45678"), at_us)
            assert before.card is not None
            assert (before.card.state, before.registry.version) == (RightState.ACTIVE, 1)
        assert reader.newest() == 2
        assert reader.refresh() == 2
        after = reader.look_up(Asked(card="26:123:45678"), 0)
    assert after.card is not None
    assert (after.card.state, after.registry.version) == (RightState.LOST, 2)


def test_a_reader_lets_the_write_ahead_log_be_folded_back(path: Path) -> None:
    with filled(path) as writer, reading(path) as reader:
        wal = path.with_name(path.name + "-wal")
        rows = ESTATE
        sizes = []
        for version in range(2, 40):
            upserts = {"texts": [{"id": f"t{version}-{n}", "text": "x" * 200} for n in range(40)]}
            assert apply_delta(writer, delta(version, version - 1, rows, upserts), 0).moved
            rows = changed(rows, upserts, {})
            reader.refresh()
            with writer.transaction() as db:
                pass
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")
            reader.look_up(Asked(), version * HOUR_US)
            sizes.append(wal.stat().st_size)
        assert sizes[-1] <= max(sizes[:5])


def test_readers_see_whole_versions_while_deltas_are_applied(path: Path) -> None:
    """In every version the two vehicles' passes have the same purpose: a mixture would be a torn read."""

    def rows(version: int) -> dict[str, list[dict[str, Any]]]:
        return {"passes": [{"id": f"s{n}", "vehicle": f"v{n}", "purpose": str(version)} for n in (1, 2)]}

    base = {
        "vehicles": [{"id": "v1"}, {"id": "v2"}],
        "plates": [
            {"id": "p1", "vehicle": "v1", "plate": "粤B11111"},
            {"id": "p2", "vehicle": "v2", "plate": "粤B22222"},
        ],
    }
    done = threading.Event()

    def write() -> None:
        with RegistryWriter(path) as writer:
            for version in range(2, 80):
                applied = apply_delta(
                    writer, delta(version, version - 1, {**base, **rows(version - 1)}, rows(version)), 0
                )
                assert applied.moved, applied.reason
        done.set()

    seen = set()
    with filled(path, {**base, **rows(1)}):
        thread = threading.Thread(target=write, name="writer")
        thread.start()
        with reading(path) as reader:
            while not done.is_set() or len(seen) < 2:
                reader.refresh()
                first = reader.look_up(Asked(plate="粤B11111"), 0)
                second = reader.look_up(Asked(plate="粤B22222"), 0)
                purposes = {right.purpose for known in (first, second) for right in known.vehicle_rights}
                assert purposes == {str(first.registry.version)} == {str(second.registry.version)}
                seen |= purposes
        thread.join()
    assert len(seen) > 1


def test_a_missing_file_is_named_with_what_to_do(path: Path) -> None:
    with pytest.raises(RegistryError, match=r"registry\.db.*cannot be read.*restore it"):
        RegistryReader(path)


def test_a_damaged_file_is_named_with_what_to_do(path: Path) -> None:
    path.write_bytes(b"this is no database" * 500)
    with pytest.raises(RegistryError, match="cannot be read"):
        RegistryReader(path)
    with pytest.raises(RegistryError, match="cannot be opened"):
        RegistryWriter(path)


def test_a_read_that_failed_once_is_forgotten_by_the_next_minute(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with filled(path), reading(path) as reader:
        connection = reader._other

        class FailsOnce:
            def __getattr__(self, name: str) -> object:
                return getattr(connection, name)

            def execute(self, statement: str, *values: Any) -> object:
                if statement.startswith("SELECT"):
                    monkeypatch.undo()
                    raise sqlite3.OperationalError("disk I/O error")
                return connection.execute(statement, *values)

        monkeypatch.setattr(reader, "_other", FailsOnce())
        with pytest.raises(RegistryError, match="disk I/O error"):
            reader.look_up(Asked(plate="粤B12345"), HOUR_US)
        for hour in (2, 3, 4):
            assert reader.look_up(Asked(plate="粤B12345"), hour * HOUR_US).vehicle is not None


def test_every_statement_of_a_look_up_uses_an_index(path: Path) -> None:
    with filled(path), reading(path, lambda: (OverlayRow("texts", "t", {"text": "x"}),)) as reader:
        statements: list[str] = []
        reader._held.set_trace_callback(statements.append)
        reader.look_up(Asked(plate="京A8888B", card="26:1:3", visitor_code="1", ticket="2"), 0)
        reader.look_up(Asked(plate="粤B12345"), 0)
        reader._held.set_trace_callback(None)
    db = sqlite3.connect(path)
    for statement in {each for each in statements if each.startswith("SELECT")}:
        for *_, step in db.execute(f"EXPLAIN QUERY PLAN {statement}"):
            assert not step.startswith("SCAN"), f"{step}: {statement}"
    db.close()


def test_a_reader_cannot_write(path: Path) -> None:
    with filled(path), reading(path) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._held.execute("DELETE FROM cards")
