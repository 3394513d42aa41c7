import json
import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.domain.registry_tables import TABLES, Rule, full_row, registry_hash
from controller.registry.delta import Result, apply_delta, apply_snapshot_part, missing_parts
from controller.registry.errors import RegistryError
from controller.registry.importing import Import
from controller.registry.inlet import RegistryInlet
from controller.registry.store import EMPTY, RegistryWriter
from tests.registry.estate import ESTATE, Rows, changed, contents, delta, filled, full, snapshot

LOST = {"cards": [{"id": "c1", "card": "26:123:45678", "state": "lost"}]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry.db"


def in_parts(whole: dict[str, Any], parts: int) -> list[dict[str, Any]]:
    """The rows of a snapshot dealt out to numbered messages."""
    messages = []
    for part in range(1, parts + 1):
        upserts = {table: rows[part - 1 :: parts] for table, rows in whole["upserts"].items()}
        absorbed = whole["absorbed"] if part == parts else []
        messages.append({**whole, "upserts": upserts, "absorbed": absorbed, "part": part, "parts": parts})
    return messages


def test_the_hash_is_over_the_canonical_rows_of_all_tables_in_order_of_table_and_id(path: Path) -> None:
    with filled(path) as writer:
        assert writer.hash() == registry_hash(ESTATE)
    lines = [
        json.dumps([table, row], ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
        for table, rows in sorted(full(ESTATE).items())
        for row in rows
    ]
    from hashlib import sha256

    assert registry_hash(ESTATE) == sha256("".join(lines).encode()).hexdigest()


def rows_of(table: str) -> st.SearchStrategy[dict[str, Any]]:
    """Any row that a table takes, free texts with every character that may be printed."""
    characters = st.characters(exclude_categories=("C", "Z")) | st.sampled_from(' "\\/\x7e粤')
    printable = st.text(characters, max_size=20)
    by_rule = {
        Rule.ID: st.text(characters, min_size=1, max_size=6),
        Rule.REFERENCE: st.text(characters, min_size=1, max_size=20),
        Rule.TEXT: printable,
        Rule.TIME: st.none() | st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1),
        Rule.HOURS: st.sampled_from(["", "07:00-19:00", "22:00-06:00,12:00-24:00"]),
        Rule.LIST: st.sampled_from(["", "main", "main,inner"]),
        Rule.PLATE: st.sampled_from(["粤B12345", "ABC123"]),
        Rule.CARD: st.sampled_from(["26:1:1", "34:65535:65535"]),
        Rule.WATCHED: st.sampled_from(["京A88888", "26:1:1"]),
    }
    columns = {}
    for column in TABLES[table]:
        if column.rule is Rule.CHOICE:
            columns[column.name] = st.sampled_from(sorted(map(str, column.choices)))
        elif column.rule is Rule.NUMBER:
            columns[column.name] = st.integers(min_value=0, max_value=column.most)
        else:
            columns[column.name] = by_rule[column.rule]
    return st.fixed_dictionaries(columns)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_the_file_writes_the_same_canonical_lines_as_the_core(tmp_path_factory: Any, data: st.DataObject) -> None:
    rows: Rows = {}
    for table in sorted(TABLES):
        found = data.draw(st.lists(rows_of(table), max_size=4, unique_by=lambda row: row["id"]))
        rows[table] = [full_row(table, row) for row in found]
    with RegistryWriter(tmp_path_factory.mktemp("hash") / "registry.db") as writer, writer.transaction():
        for table, each in rows.items():
            writer.upsert(table, each)
        assert writer.hash() == registry_hash(rows)


def test_a_delta_leads_from_its_base_to_its_version(path: Path) -> None:
    message = {**delta(2, 1, ESTATE, LOST, {"passes": ["s2"], "watch": ["w1", "unknown"]}), "absorbed": ["e1", "e2"]}
    with filled(path) as writer:
        applied = apply_delta(writer, message, 5)
        now = writer.version()
        assert contents(writer) == full(changed(ESTATE, LOST, {"passes": ["s2"], "watch": ["w1"]}))
    assert applied.message() == {"version": 2, "hash": message["hash"], "result": "applied", "reason": ""}
    assert (applied.moved, applied.absorbed) == (True, ("e1", "e2"))
    assert (now.version, now.hash, now.applied_at, now.confirmed_at) == (2, message["hash"], 5, 5)


def test_a_delta_on_another_base_asks_for_a_snapshot_and_changes_nothing(path: Path) -> None:
    with filled(path) as writer:
        applied = apply_delta(writer, delta(4, 3, ESTATE, LOST), 0)
        assert (applied.result, applied.version, applied.moved) == (Result.NEED_SNAPSHOT, 1, False)
        assert applied.reason == "base is 3, the version in force is 1"
        assert contents(writer) == full(ESTATE)


def test_a_delta_whose_rows_do_not_give_its_hash_asks_for_a_snapshot_and_changes_nothing(path: Path) -> None:
    with filled(path) as writer:
        applied = apply_delta(writer, {**delta(2, 1, ESTATE, LOST), "hash": "0" * 64}, 0)
        assert (applied.result, applied.version, applied.moved) == (Result.NEED_SNAPSHOT, 1, False)
        assert applied.reason.startswith("hash: the rows give")
        assert contents(writer) == full(ESTATE)


@pytest.mark.parametrize("imports", [1, 2])
def test_r13_after_a_local_import_the_centres_next_version_asks_for_a_snapshot_which_takes_its_place(
    path: Path, tmp_path: Path, imports: int
) -> None:
    lost = changed(ESTATE, LOST, {})
    with filled(path) as writer:
        for number in range(imports):
            file = tmp_path / "list.csv"
            file.write_text(f"plate,unit\n粤B0000{number},9-1\n", encoding="utf-8")
            local = Import(writer)
            local.read(file)
            local.apply(5)
        for message in (delta(2, 1, ESTATE, LOST), delta(imports + 2, imports + 1, lost, {"units": [{"id": "7-7"}]})):
            asked = apply_delta(writer, message, 6)
            assert (asked.result, asked.version, asked.moved) == (Result.NEED_SNAPSHOT, imports + 1, False)
        put = apply_snapshot_part(writer, snapshot(2, lost), 7)
        assert put is not None
        assert (put.result, put.version, put.moved) == (Result.APPLIED, 2, True)
        assert contents(writer) == full(lost)
        after = apply_delta(writer, delta(3, 2, lost, {"units": [{"id": "7-7"}]}), 8)
        assert (after.version, after.moved) == (3, True)
        late = apply_snapshot_part(writer, snapshot(1, ESTATE), 9)
        assert late is not None
        assert not late.moved


def test_a_delta_that_came_already_is_applied_still_and_confirms_the_version(path: Path) -> None:
    message = delta(2, 1, ESTATE, LOST)
    with filled(path) as writer:
        apply_delta(writer, message, 5)
        again = apply_delta(writer, message, 9)
        assert (again.result, again.version, again.moved) == (Result.APPLIED, 2, False)
        assert writer.version().confirmed_at == 9


def test_an_older_version_with_other_rows_neither_applies_nor_confirms(path: Path) -> None:
    with filled(path, at_us=3) as writer:
        applied = apply_delta(writer, {**delta(1, 0, {}, LOST), "absorbed": ["e"]}, 9)
        assert (applied.moved, applied.absorbed, applied.version) == (False, (), 1)
        assert writer.version().confirmed_at == 3
        assert contents(writer) == full(ESTATE)


def broken(**members: Any) -> dict[str, Any]:
    return {**delta(2, 1, ESTATE, LOST), **members}


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (broken(hash="short"), "hash: expected 64"),
        (broken(version="2"), "version: expected a whole number"),
        (broken(version=True), "version: expected a whole number"),
        (broken(version=1), "version: expected one above base 1"),
        (broken(base=None), "base: expected a whole number"),
        (broken(upserts=[]), "upserts: expected an object"),
        (broken(upserts={"tariffs": []}), "upserts: unknown table 'tariffs'"),
        (broken(upserts={"cards": {}}), "upserts.cards: expected a list"),
        (broken(upserts={"cards": [7]}), "cards: expected a row as an object, got int"),
        (broken(upserts={"cards": [{"id": "c1"}]}), "cards 'c1': column 'card' is missing"),
        (broken(upserts={"cards": [{"id": "", "card": "26:1:1"}]}), "id: expected a text that is not empty"),
        (broken(upserts={"cards": [{"id": "c9", "card": "26:01:1"}]}), 'expected a card as "bits:facility:number"'),
        (broken(upserts={"cards": [{"id": "c9", "card": "26:1:1", "colour": "red"}]}), "unknown column 'colour'"),
        (broken(upserts={"cards": [{"id": "c9", "card": "26:1:1", "state": "stolen"}]}), "state: expected one of"),
        (broken(upserts={"passes": [{"id": "s", "valid_to": 1.5}]}), "valid_to: expected microseconds"),
        (broken(upserts={"passes": [{"id": "s", "hours": "7-19"}]}), "hours: expected hours as"),
        (broken(upserts={"passes": [{"id": "s", "hours": "07:00-19:00,"}]}), "hours: expected hours as"),
        (broken(upserts={"passes": [{"id": "s", "holidays": True}]}), "holidays: expected a whole number"),
        (broken(upserts={"owners": [{"id": "o", "name": "a\nb"}]}), "without control characters"),
        (broken(upserts={"plates": [{"id": "p", "vehicle": "v", "plate": "粤B1?345"}]}), "expected a plate"),
        (broken(upserts={"watch": [{"id": "w9", "value": "粤B·12345"}]}), "value: expected a plate as 粤B12345"),
        (broken(upserts={"watch": [{"id": "w9", "value": "026:0123:45678"}]}), "value: expected a plate as"),
        (broken(deletes={"cards": [1]}), "deletes.cards: expected a list of texts"),
        (broken(absorbed="e1"), "absorbed: expected a list"),
        (broken(extra=1), "unknown key 'extra'"),
        ([], "expected an object, got list"),
        (None, "expected an object, got NoneType"),
    ],
)
def test_a_malformed_delta_is_refused_with_the_reason_and_changes_nothing(path: Path, message: Any, why: str) -> None:
    with filled(path) as writer:
        applied = apply_delta(writer, message, 0)
        assert applied.result is Result.REFUSED
        assert why in applied.reason
        assert applied.version == writer.version().version == 1
        assert contents(writer) == full(ESTATE)


def test_two_rows_with_one_credential_are_refused(path: Path) -> None:
    double = {"plates": [{"id": "p9", "vehicle": "v2", "plate": "粤B12345"}]}
    with filled(path) as writer:
        applied = apply_delta(writer, delta(2, 1, ESTATE, double), 0)
        assert applied.result is Result.REFUSED
        assert applied.reason == "plates: plate '粤B12345' stands in more than one row"


def test_two_vehicles_may_exchange_their_plates_in_one_delta(path: Path) -> None:
    swapped = {
        "plates": [
            {**ESTATE["plates"][0], "plate": "粤BD12345"},
            {**ESTATE["plates"][1], "plate": "粤B12345"},
        ]
    }
    with filled(path) as writer:
        assert apply_delta(writer, delta(2, 1, ESTATE, swapped), 0).moved


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 0, 2, 1, 2)])
def test_a_snapshot_is_in_force_when_its_last_part_is_here_in_whatever_order(
    path: Path, order: tuple[int, ...]
) -> None:
    parts = in_parts(snapshot(7, ESTATE, absorbed=("e1",)), 3)
    old = {"vehicles": [{"id": "old"}]}
    with filled(path, old) as writer:
        answers = [apply_snapshot_part(writer, parts[index], 4) for index in order]
        assert contents(writer) == full(ESTATE)
        assert missing_parts(writer) == (0, 0, 0)
        assert writer.version().version == 7
    moved = [answer for answer in answers if answer is not None and answer.moved]
    assert len(moved) == 1
    assert (moved[0].version, moved[0].result, moved[0].absorbed) == (7, Result.APPLIED, ("e1",))


def test_parts_that_are_missing_leave_the_old_version_in_force_and_survive_a_restart(path: Path) -> None:
    first, second = in_parts(snapshot(7, ESTATE), 2)
    with filled(path, {}) as writer:
        assert apply_snapshot_part(writer, second, 0) is None
        assert writer.version().version == 1
        assert missing_parts(writer) == (7, 1, 2)
    with RegistryWriter(path) as writer:
        answer = apply_snapshot_part(writer, first, 0)
        assert answer is not None
        assert answer.moved


def test_parts_of_an_older_snapshot_make_way_for_a_newer_one_and_never_come_back(path: Path) -> None:
    older, newer = in_parts(snapshot(5, ESTATE), 2), in_parts(snapshot(6, {**ESTATE, "watch": []}), 2)
    with filled(path, {}) as writer:
        apply_snapshot_part(writer, older[0], 0)
        apply_snapshot_part(writer, newer[0], 0)
        assert apply_snapshot_part(writer, older[1], 0) is None
        answer = apply_snapshot_part(writer, newer[1], 0)
        assert answer is not None
        assert answer.version == 6
        assert contents(writer) == full({**ESTATE, "watch": []})


def test_a_snapshot_in_one_message_needs_no_numbers(path: Path) -> None:
    with RegistryWriter(path) as writer:
        assert writer.version() == EMPTY
        answer = apply_snapshot_part(writer, snapshot(3, ESTATE), 0)
        assert answer is not None
        assert answer.moved


@pytest.mark.parametrize("fault", ["hash", "row", "twice"])
def test_a_snapshot_with_a_wrong_part_is_refused_whole_and_can_be_sent_again(path: Path, fault: str) -> None:
    good = in_parts(snapshot(7, ESTATE), 2)
    bad = json.loads(json.dumps(good[1]))
    if fault == "row":
        bad["upserts"]["cards"][0]["card"] = "none"
    elif fault == "twice":
        bad["upserts"]["owners"] = good[0]["upserts"]["owners"]
    else:
        bad["upserts"]["watch"] = [{"id": "w9", "value": "1"}]
    with filled(path, {}) as writer:
        assert apply_snapshot_part(writer, good[0], 0) is None
        refused = apply_snapshot_part(writer, bad, 0)
        assert refused is not None
        assert (refused.result, refused.version) == (Result.REFUSED, 1)
        assert contents(writer) == full({})
        answers = [apply_snapshot_part(writer, part, 0) for part in good]
        assert answers[-1] is not None
        assert answers[-1].moved


HISTORY: list[Rows] = [{}]
MESSAGES: list[tuple[str, Any]] = []
for _version in range(1, 7):
    _upserts: Rows = {
        "vehicles": [{"id": f"v{_version % 3}", "note": str(_version)}],
        "cards": [{"id": f"c{_version % 2}", "card": f"26:1:{_version % 2}", "state": "lost"}],
    }
    _deletes = {"vehicles": [f"v{(_version + 1) % 3}"]}
    MESSAGES.append(("delta", delta(_version, _version - 1, HISTORY[-1], _upserts, _deletes)))
    HISTORY.append(changed(HISTORY[-1], _upserts, _deletes))
    MESSAGES += [("snapshot", part) for part in in_parts(snapshot(_version, HISTORY[-1]), 2)]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(MESSAGES), max_size=40))
def test_doubled_lost_and_reordered_messages_never_take_the_registry_back(
    tmp_path_factory: Any, sent: list[tuple[str, Any]]
) -> None:
    with RegistryWriter(tmp_path_factory.mktemp("order") / "registry.db") as writer:
        before = 0
        for kind, message in sent:
            answer = (apply_delta if kind == "delta" else apply_snapshot_part)(writer, message, 0)
            now = writer.version()
            assert now.version >= before
            assert answer is None or (answer.version, answer.hash) == (now.version, now.hash)
            assert contents(writer) == full(HISTORY[now.version])
            assert now.hash == registry_hash(HISTORY[now.version])
            before = now.version


def test_every_message_in_any_order_twice_ends_at_the_newest_version(path: Path) -> None:
    shuffled = MESSAGES * 2
    random.Random(7).shuffle(shuffled)
    with RegistryWriter(path) as writer:
        for kind, message in shuffled:
            (apply_delta if kind == "delta" else apply_snapshot_part)(writer, message, 0)
        assert writer.version().version == 6


def test_a_file_that_takes_nothing_is_named_and_nothing_is_half_done(path: Path) -> None:
    with filled(path) as writer:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        writer._db.execute("PRAGMA busy_timeout = 10")
        with pytest.raises(RegistryError, match="cannot be written"):
            apply_delta(writer, delta(2, 1, ESTATE, LOST), 0)
        other.close()
        assert apply_delta(writer, delta(2, 1, ESTATE, LOST), 0).moved


def test_versions_are_kept_to_a_thousand_and_never_restart(path: Path) -> None:
    with RegistryWriter(path) as writer:
        with writer.transaction() as db:
            db.executemany("INSERT INTO versions VALUES (?, 'x', 0, 0)", ((n,) for n in range(1, 1500)))
        assert apply_delta(writer, delta(1500, 1499, {}, ESTATE), 0).moved
        with writer.transaction() as db:
            assert db.execute("SELECT count(*), max(version) FROM versions").fetchone() == (1000, 1500)


def test_migrations_run_once_and_are_named(path: Path) -> None:
    for _ in range(2):
        with RegistryWriter(path) as writer, writer.transaction() as db:
            names = db.execute("SELECT migration_set, name FROM _sqlite_migrations").fetchall()
    assert [tuple(name) for name in names] == [("registry", "first_tables")]


def test_the_intakes_way_in_answers_every_message_and_waits_for_parts_in_silence(path: Path) -> None:
    times = iter(range(100, 200))
    inlet = RegistryInlet(path, lambda: next(times))
    first, second = in_parts(snapshot(1, ESTATE), 2)
    assert inlet.apply_snapshot_part(first).result == ""
    assert inlet.apply_snapshot_part(second).message() == {
        "version": 1,
        "hash": registry_hash(ESTATE),
        "result": "applied",
        "reason": "",
    }
    assert inlet.apply_delta(delta(2, 1, ESTATE, LOST)).moved
    inlet.confirm()
    inlet.close()
    with RegistryWriter(path) as writer:
        assert (writer.version().version, writer.version().applied_at, writer.version().confirmed_at) == (2, 102, 103)
