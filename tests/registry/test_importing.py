from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.domain.known import Asked, Known
from controller.domain.terms import PlateKind, RightKind, RightState
from controller.registry.delta import apply_delta
from controller.registry.errors import BadSheet
from controller.registry.exporting import Export
from controller.registry.importing import Import, Preview
from controller.registry.store import RegistryWriter
from tests.registry.estate import ESTATE, contents, delta, filled, reading

EXAMPLE = Path(__file__).parents[2] / "config" / "registry-example.csv"


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "registry.db"


def csv(tmp_path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "list.csv"
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


def load(db: Path, path: Path, *, apply: bool = True) -> Preview:
    with RegistryWriter(db) as writer:
        task = Import(writer)
        preview = task.read(path)
        if apply:
            assert not preview.bad, preview.faults
            task.apply(5)
    return preview


def faults(db: Path, path: Path) -> list[str]:
    return [str(fault) for fault in load(db, path, apply=False).faults]


def look_up(db: Path, asked: Asked) -> Known:
    with reading(db) as reader:
        return reader.look_up(asked, 0)


def test_the_example_is_imported_and_answers_at_the_lane(db: Path) -> None:
    assert load(db, EXAMPLE).line() == "6 new, 0 changed, 0 unchanged, 0 bad"
    known = look_up(db, Asked(plate="粤B12345", card="26:123:45678"))
    assert known.vehicle is not None
    assert (known.vehicle.unit, known.vehicle.kind) == ("3-201", PlateKind.SMALL)
    assert known.card is not None
    assert known.card.vehicles == (known.vehicle.id,)
    assert [right.kind for right in known.card_rights] == [RightKind.PASS]
    shared = [look_up(db, Asked(plate=plate)) for plate in ("粤B88661", "粤B2H590")]
    assert [(right.id, right.spaces) for known in shared for right in known.vehicle_rights] == [
        ("lease:space:B12", 1)
    ] * 2
    assert {known.vehicle.group for known in shared if known.vehicle} == {"space:B12"}
    trailer = look_up(db, Asked(plate="粤B7701挂"))
    assert trailer.vehicle is not None
    assert trailer.vehicle.kind is PlateKind.TRAILER
    assert (trailer.vehicle_rights[0].days, trailer.vehicle_rights[0].hours) == (31, ("08:00-12:00",))
    assert look_up(db, Asked(plate="粤B77012")).vehicle_rights == trailer.vehicle_rights
    foot = look_up(db, Asked(card="34:1:20017"))
    assert foot.card is not None
    assert foot.card.group.startswith("person:")
    assert foot.card_rights[0].purpose == "resident on foot"


def test_importing_the_same_file_again_changes_nothing_and_makes_no_version(db: Path) -> None:
    load(db, EXAMPLE)
    assert load(db, EXAMPLE).line() == "0 new, 0 changed, 6 unchanged, 0 bad"
    with RegistryWriter(db) as writer:
        assert writer.version().version == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_chinese_headers_are_known_in_every_usual_encoding(
    db: Path, tmp_path: Path, encoding: str, separator: str
) -> None:
    header = ["车牌号", "车牌颜色", "房号", "业主", "到期日期", "状态"]
    row = ["粤B12345", "蓝色", "3-201", "王小明", "2026年12月31日", "报停"]
    assert load(db, csv(tmp_path, separator.join(header), separator.join(row), encoding=encoding)).new == 1
    known = look_up(db, Asked(plate="粤B12345"))
    assert known.vehicle is not None
    assert known.vehicle.kind is PlateKind.SMALL
    assert known.vehicle_rights[0].state is RightState.SUSPENDED


def test_a_workbook_is_read_sheet_by_sheet_with_its_dates_and_numbers(db: Path, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Licence Plate", "Valid To", "Phone", "Holidays", "Room"])
    sheet.append(["粤B12345", date(2026, 12, 31), 13800000001.0, True, "3-201"])
    watch = book.create_sheet("watch")
    watch.append(["watch", "reason"])
    watch.append(["京A88888", "forced"])
    book.create_sheet("notes").append(["whatever"])
    path = tmp_path / "list.xlsx"
    book.save(path)
    assert load(db, path).line() == "2 new, 0 changed, 0 unchanged, 0 bad"
    assert look_up(db, Asked(plate="京A88888")).watch[0].reason == "forced"
    assert look_up(db, Asked(plate="粤B12345")).vehicle_rights[0].valid_to == 1798732799999999


@pytest.mark.parametrize(
    ("typed", "plate", "card"),
    [
        ("粤B·12345", "粤B12345", ""),
        ("粤b77777", "粤B77777", ""),
        (" 粤B 66666", "粤B66666", ""),
        ("026:0123:45678", "", "26:123:45678"),
        ("26-123-45678", "", "26:123:45678"),
    ],
)
def test_the_watch_list_matches_a_plate_or_card_however_it_was_typed(
    db: Path, tmp_path: Path, typed: str, plate: str, card: str
) -> None:
    assert load(db, csv(tmp_path, "watch,reason", f"{typed},forced")).new == 1
    assert [entry.reason for entry in look_up(db, Asked(plate=plate, card=card)).watch] == ["forced"]
    assert load(db, csv(tmp_path, "watch,reason", f"{plate or card},forced")).unchanged == 1


@pytest.mark.parametrize("typed", ["粤B1?345", "26:123", "粤B12345;粤B77777", "the red car of the neighbour"])
def test_what_is_neither_a_plate_nor_a_card_is_refused_for_the_watch_list(db: Path, tmp_path: Path, typed: str) -> None:
    (fault,) = faults(db, csv(tmp_path, "watch,reason", f'"{typed}",forced'))
    assert "row 2: watch: expected one plate as 粤B12345, or one card as 26:123:45678" in fault


HEADER = "plate,plate_color,unit,owner,card,right,valid_to,spaces,vehicle_id,right_id"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            ["粤B1?345,,,,,,,,,"],
            "row 2: plate: expected a plate as 粤B12345, several with ; between them, got '粤B1?345'; correct",
        ),
        (["粤B12345,,,,,,soon,,,"], "row 2: valid_to: expected a date as 2026-12-31 or 2026-12-31 18:30, got 'soon'"),
        (["粤B12345,,,,,,,many,,"], "row 2: spaces: expected a whole number, got 'many'"),
        (["粤B12345,pink,,,,,,,,"], "row 2: plate_color: expected one of blue, yellow"),
        (["粤B12345,,,,123,,,,,"], "row 2: card: expected a card as 26:123:45678"),
        (["粤B12345,,,,,vip,,,,"], "row 2: right: expected one of pass, permit, lease, got 'vip'"),
        ([",,3-201,,,,,,,"], "row 2: plate: expected a plate, a card or a vehicle_id, got a row without any"),
        (["粤B12345,,,,,,,,,,,x"], "row 2: expected 10 columns, got 12"),
        (
            ["粤B12345,,,,,,,,,", "粤B12345,,,,,,,,,"],
            "row 3: row: expected each vehicle, card and right once, got the same as in row 2; take",
        ),
        (
            ["粤B12345,,,,,,,,v1,", "粤B12345,,,,,,,,v2,"],
            "row 3: vehicle: expected 'v1' as in row 2, which is about the same one of plates",
        ),
        ([",,,王,26:1:1,,,,,", "粤B12345,,,李,26:1:1,,,,v9,"], None),
        ([",,,王,26:1:1,pass,,,,", ",,,李,26:1:1,permit,,,,"], "as in row 2, which is about the same one of cards"),
        (
            ["粤B12345,blue;green;black,,,,,,,,"],
            "row 2: plate_color: expected one colour, or one for each plate, got 3 for 1 plates",
        ),
        (
            ["粤B12345,,,,,pass,2026-01-01,,,a", "粤B12345,,,,,pass,2026-01-01,,,b", "粤B12345,,,,,pass,,,,a"],
            "row 4: row: expected each",
        ),
    ],
)
def test_every_bad_row_says_row_column_expected_came_and_what_to_do(
    db: Path, tmp_path: Path, rows: Sequence[str], expected: str | None
) -> None:
    found = faults(db, csv(tmp_path, HEADER, *rows))
    if expected is None:
        assert found == []
    else:
        assert len(found) == 1
        assert expected in found[0]


def test_every_fault_of_a_row_is_told_at_once_and_good_rows_are_counted(db: Path, tmp_path: Path) -> None:
    preview = load(db, csv(tmp_path, HEADER, "?,pink,,,x,,,,,", "粤B12345,,,,,,,,,"), apply=False)
    assert preview.line() == "1 new, 0 changed, 0 unchanged, 1 bad"
    assert len(preview.faults) == 3


def test_an_ambiguous_right_asks_for_its_id(db: Path, tmp_path: Path) -> None:
    load(db, csv(tmp_path, HEADER, "粤B12345,,,,,pass,,,,a", "粤B12345,,,,,pass,,,,b"))
    (fault,) = faults(db, csv(tmp_path, HEADER, "粤B12345,,,,,pass,2027-01-01,,,"))
    assert "right_id: expected which of 2 passes is meant, got an empty cell; fill in its right_id" in fault


def test_only_columns_that_the_file_has_are_changed(db: Path, tmp_path: Path) -> None:
    load(db, EXAMPLE)
    before = look_up(db, Asked(plate="粤B12345"))
    assert load(db, csv(tmp_path, "plate,valid_to", "粤B12345,2027-12-31")).changed == 1
    after = look_up(db, Asked(plate="粤B12345"))
    assert after.vehicle == before.vehicle
    assert after.vehicle_rights[0].valid_from == before.vehicle_rights[0].valid_from
    assert after.vehicle_rights[0].valid_to == 1830268799999999
    assert after.registry.version == 2


def test_plates_and_cards_left_out_of_a_vehicles_row_are_taken_from_it(db: Path, tmp_path: Path) -> None:
    load(db, csv(tmp_path, "plate,card,vehicle_id", "粤B11111;粤B22222,26:1:1;26:1:2,v1"))
    load(db, csv(tmp_path, "plate,card,vehicle_id", "粤B22222,26:1:2,v1"))
    assert look_up(db, Asked(plate="粤B11111")).vehicle is None
    card = look_up(db, Asked(card="26:1:1")).card
    assert card is not None
    assert card.vehicles == ()
    assert look_up(db, Asked(card="26:1:2")).card_vehicles[0].plate == "粤B22222"


def test_plates_may_change_between_vehicles_in_one_file(db: Path, tmp_path: Path) -> None:
    load(db, csv(tmp_path, "plate,vehicle_id", "粤B11111,v1", "粤B22222,v2"))
    load(db, csv(tmp_path, "plate,vehicle_id", "粤B22222,v1", "粤B11111,v2"))
    found = [look_up(db, Asked(plate=plate)).vehicle for plate in ("粤B11111", "粤B22222")]
    assert [file.id for file in found if file] == ["v2", "v1"]


def test_r13_a_card_that_was_reported_lost_while_a_file_was_read_stays_lost(db: Path, tmp_path: Path) -> None:
    path = csv(tmp_path, "card,card_valid_to", "26:123:45678,2030-01-01")
    lost = {"cards": [{"id": "c1", "card": "26:123:45678", "holder": "o1", "state": "lost"}]}
    with filled(db) as writer:
        task = Import(writer)
        task.read(path)
        with RegistryWriter(db) as intake:
            assert apply_delta(intake, delta(2, 1, ESTATE, lost), 6).moved
        with pytest.raises(BadSheet, match="version 2 of the registry came into force"):
            task.apply(9)
        again = Import(writer)
        again.read(path)
        assert again.apply(9).version == 3
    card = look_up(db, Asked(card="26:123:45678")).card
    assert card is not None
    assert (card.state, card.valid_to) == (RightState.LOST, 1893513599999999)


def test_unknown_columns_are_named_and_left_out(db: Path, tmp_path: Path) -> None:
    assert load(db, csv(tmp_path, "plate,shoe size,", "粤B12345,44,")).ignored_columns == ["shoe size"]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("list.csv", b"", "no sheet with a header row"),
        ("list.csv", b"name,age\nA,1\n", "no sheet with a header row"),
        ("list.csv", b"plate,plates\nA,1\n", "two columns are headed as 'plate'"),
        ("list.csv", b'plate\n"open', "row 2: no CSV"),
        ("list.csv", b"plate\n\xff\xff\xff", "neither UTF-8 nor GBK"),
        ("list.csv", b"plate\n" + b"9" * 200_000, "row 2: no CSV"),
        ("list.xlsx", b"PK\x03\x04 no zip", "no readable XLSX"),
        ("list.xlsx", b"", "no readable XLSX"),
        ("list.pdf", b"%PDF", "expected a .csv or .xlsx file"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_the_reason(
    db: Path, tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadSheet, match=why):
        load(db, path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=300)
    | st.text(max_size=200).map(lambda text: f"plate,card,valid_to\n{text}".encode("utf-8", "replace"))
)
def test_no_csv_file_makes_anything_come_out_but_faults_and_bad_sheet(db: Path, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(content)
    try:
        load(db, path, apply=False)
    except BadSheet as error:
        assert str(path.name) in str(error)


def test_a_second_car_of_an_owner_of_the_same_unit_belongs_to_the_same_person(db: Path, tmp_path: Path) -> None:
    load(db, EXAMPLE)
    load(db, csv(tmp_path, "plate,unit,owner", "粤B00001,3-201,王小明", "粤B00002,3-201,王大明"))
    with RegistryWriter(db) as writer:
        owners = {row["id"]: row["owner"] for row in writer.rows("vehicles")}
        names = [row["name"] for row in writer.rows("owners")]
    assert owners["v:粤B00001"] == owners["v:粤B12345"] != owners["v:粤B00002"]
    assert names.count("王小明") == names.count("王大明") == 1
    assert not any("明" in str(owner) for owner in owners.values())


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_an_export_read_back_changes_nothing(db: Path, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out.{suffix}"
    with filled(db) as writer:
        before = contents(writer)
        assert Export(writer).write(path) > 0
        task = Import(writer)
        preview = task.read(path)
        assert (preview.new, preview.changed, preview.faults) == (0, 0, [])
        assert task.apply(9).version == 1
        assert contents(writer) == before


def without_persons(known: Known) -> Known:
    """Ids of cards and holders are not exported: a new registry gives them others."""
    person = known.card is not None and known.card.group.startswith("person:")
    card = known.card and replace(known.card, id="", holder="", group="" if person else known.card.group)
    rights = tuple(replace(each, group="" if person else each.group) for each in known.card_rights)
    return replace(known, card=card, card_rights=rights, registry=Known().registry, watch=())


def test_an_export_read_into_an_empty_registry_answers_the_same_at_the_lane(db: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    with filled(db) as writer:
        Export(writer).write(path)
    other = tmp_path / "other.db"
    load(other, path)
    for row in [*ESTATE["plates"], *ESTATE["cards"]]:
        asked = Asked(plate=row.get("plate", ""), card=row.get("card", ""))
        first, second = look_up(db, asked), look_up(other, asked)
        assert without_persons(second) == without_persons(first)
        assert [entry.value for entry in second.watch] == [entry.value for entry in first.watch]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_exports_hold_no_formula_and_read_back_as_written(db: Path, tmp_path: Path, suffix: str) -> None:
    rows = {
        "owners": [{"id": "o1", "name": '=HYPERLINK("http://x")', "phone": "+8613800000000"}],
        "vehicles": [{"id": "v1", "owner": "o1", "note": "@SUM(1)"}, {"id": "v2", "note": "'quoted"}],
        "plates": [{"id": "p1", "vehicle": "v1", "plate": "粤B12345"}],
    }
    path = tmp_path / f"out.{suffix}"
    with filled(db, rows) as writer:
        Export(writer).write(path)
        if suffix == "csv":
            text = path.read_text(encoding="utf-8-sig")
            assert '"\'=HYPERLINK(""http://x"")"' in text
            assert "'+8613800000000" in text
            assert "'@SUM(1)" in text
        else:
            sheet = openpyxl.load_workbook(path)["vehicles"]
            assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "inlineStr", "n"}
            assert not any(isinstance(cell.value, (int, float)) for row in sheet.iter_rows() for cell in row)
        preview = Import(writer).read(path)
        assert (preview.new, preview.changed, preview.bad) == (0, 0, 0), preview.faults
