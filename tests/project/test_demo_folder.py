"""The folder of a demo: emptied only when it is an earlier demo's, and never under one that still runs."""

from pathlib import Path

import pytest

from demo.play import DemoRefused, make_folder


def test_a_folder_of_an_earlier_demo_is_emptied(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    make_folder(folder).close()
    (folder / "truth.jsonl").write_text("{}\n")
    make_folder(folder).close()
    assert not (folder / "truth.jsonl").exists()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("ten years of work")
    with pytest.raises(DemoRefused, match="no earlier demo's"):
        make_folder(tmp_path)
    assert (tmp_path / "thesis.odt").exists()


def test_a_demo_that_still_runs_keeps_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with make_folder(folder):
        (folder / "truth.jsonl").write_text("{}\n")
        with pytest.raises(DemoRefused, match="still runs"):
            make_folder(folder)
        assert (folder / "truth.jsonl").exists()
