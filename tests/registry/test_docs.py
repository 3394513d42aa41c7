import json
from pathlib import Path

import pytest

from controller.domain.registry_tables import TABLES, canonical_row
from controller.registry.columns import VEHICLES, WATCH, Field, field_by_header

PAGE = (Path(__file__).parents[2] / "docs" / "registry.md").read_text(encoding="utf-8")


def table_after(mark: str) -> list[list[str]]:
    lines = PAGE.partition(f"<!-- {mark} -->\n")[2].splitlines()
    rows = []
    for line in lines[2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


@pytest.mark.parametrize(
    ("mark", "fields"), [("columns of the vehicle list", VEHICLES), ("columns of the watch list", WATCH)]
)
def test_the_page_lists_every_column_with_its_names(mark: str, fields: tuple[Field, ...]) -> None:
    assert table_after(mark) == [[f"`{each.name}`", ", ".join(each.headers), each.meaning] for each in fields]


def test_no_header_stands_for_two_columns() -> None:
    for fields in (VEHICLES, WATCH):
        assert len(field_by_header(fields)) == sum(1 + len(each.headers) for each in fields) - len(doubled(fields))


def doubled(fields: tuple[Field, ...]) -> list[str]:
    """Headers that come to the same as another one of the same column."""
    from controller.registry.columns import folded

    found = []
    for each in fields:
        names = [folded(name) for name in (each.name, *each.headers)]
        found += names[len(set(names)) :]
    return found


def test_the_page_lists_every_table_with_its_columns_and_marks_the_personal_ones() -> None:
    assert table_after("tables") == [
        [f"`{table}`", ", ".join(each.name + "*" * each.personal for each in columns)]
        for table, columns in TABLES.items()
    ]


def test_the_line_that_the_page_shows_is_the_canonical_one() -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith('["watch"'))
    assert canonical_row(*json.loads(line)) == line.encode() + b"\n"
