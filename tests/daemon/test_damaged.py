"""F5: a damaged registry or file of accounts is put aside and begun anew; the lanes start without it."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.app.damaged import accounts_or_new, registry_or_new
from controller.booth.store import BoothStore
from controller.registry.errors import RegistryError
from controller.registry.store import RegistryWriter

AT_US = 1_780_000_000_000_000
NOISE = bytes(range(256)) * 32


@pytest.mark.parametrize(
    ("name", "usable", "opens"),
    [("registry.db", registry_or_new, RegistryWriter), ("booth.db", accounts_or_new, BoothStore)],
)
def test_f5_a_damaged_file_is_put_aside_whole_and_a_new_one_opens(
    name: str, usable: Callable[[Path, int], str], opens: Callable[[Path], RegistryWriter | BoothStore], tmp_path: Path
) -> None:
    file = tmp_path / name
    assert usable(file, AT_US) == "", "a missing one is made"
    before = file.read_bytes()
    assert usable(file, AT_US) == ""
    assert file.read_bytes() == before, "a whole one is left as it is"
    file.write_bytes(NOISE)
    words = usable(file, AT_US)
    (aside,) = (tmp_path / "quarantine").rglob(name)
    assert aside.read_bytes() == NOISE
    assert str(aside) in words
    opens(file).close()
    assert usable(file, AT_US) == ""


def test_what_is_no_damage_is_never_put_aside(tmp_path: Path) -> None:
    other, folder = tmp_path / "booth.db", tmp_path / "registry.db"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE letters (id)")
    database.close()
    folder.mkdir()
    with pytest.raises(sqlite3.DatabaseError, match="other tables"):
        accounts_or_new(other, AT_US)
    with pytest.raises(RegistryError, match="cannot be opened"):
        registry_or_new(folder, AT_US)
    assert not (tmp_path / "quarantine").exists()
