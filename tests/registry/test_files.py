import threading
from pathlib import Path

import pytest

from controller.registry.errors import RegistryError
from controller.registry.files import VehicleFiles
from controller.registry.owners import OwnerReader
from tests.registry.estate import filled


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry.db"


def test_the_page_learns_unit_owner_and_rights_of_a_vehicle(path: Path) -> None:
    with filled(path):
        found = VehicleFiles(path).owner_of("v1")
    assert found is not None
    assert (found["plate"], found["unit"], found["owner"]) == ("粤B12345", "3-201", "王小明")
    assert found["rights"] == ["pass active from 1970-01-01 to 1970-01-01 07:00-19:00,22:00-23:00 main"]


def test_a_vehicle_that_is_not_registered_has_no_file(path: Path) -> None:
    with filled(path):
        files = VehicleFiles(path)
        assert files.owner_of("v99") is None
        assert files.by_plate("粤B99999") is None
        assert files.by_card("26:9:9") is None


def test_any_thread_may_ask(path: Path) -> None:
    found = []
    with filled(path):
        files = VehicleFiles(path)
        threads = [threading.Thread(target=lambda: found.append(files.by_plate("京A8888挂"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [file and file["plate"] for file in found] == ["京A88888 / 京A8888挂"] * 8


def test_a_registry_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(RegistryError, match=r"registry\.db: the registry cannot be read"):
        VehicleFiles(path).owner_of("v1")


def test_the_page_shows_the_lease_that_a_vehicle_shares_beside_its_own_permit(path: Path) -> None:
    with filled(path):
        found = OwnerReader(path).owner_of("v3")
    assert found is not None
    assert [(right["kind"], right["state"]) for right in found["rights"]] == [("permit", "active"), ("lease", "active")]
