"""What the documents point at is there, and the two commands of the README are targets of the Makefile."""

import re
from pathlib import Path

import pytest

DOCUMENTS = [Path("README.md"), *sorted(Path("docs").rglob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_link_and_picture_of_a_document_is_there(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8"))
    missing = [each for each in targets if "://" not in each and not (document.parent / each).exists()]
    assert missing == []


def test_the_readme_stays_one_page_and_its_commands_exist() -> None:
    text = Path("README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 80
    targets = set(re.findall(r"^([a-z]+):", Path("Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"demo", "test", "check", "bench", "soak"} <= targets
    assert set(re.findall(r"`?make ([a-z]+)", text)) <= targets


def test_no_document_has_a_path_of_somebody_s_machine() -> None:
    for document in DOCUMENTS:
        assert not re.search(r"/(work|root|home)/", document.read_text(encoding="utf-8")), document
