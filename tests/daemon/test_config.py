"""A configuration says what is wrong by file, line and key, and what was probably meant (F24)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.app.rules import site_rules
from controller.config_file import ConfigError, load_box_config, read_yaml

EXAMPLES = sorted(Path("config").glob("*.yaml"))


def test_there_are_examples_to_try() -> None:
    assert len(EXAMPLES) >= 3
    assert len(EVERY_KEY) > 150


def keys(tree: Any, path: str = "") -> Iterator[tuple[int, str, str]]:
    """Line (from 0), key and path of every key in a file."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            where = f"{path}.{key}".lstrip(".")
            yield tree.lc.key(key)[0], str(key), where
            yield from keys(value, where)
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from keys(value, f"{path}[{index}]")


def is_single(tree: Any, path: str) -> bool:
    """Whether one value stands at a path: the members of lists and mappings are tried one by one."""
    for step in path.replace("]", "").replace("[", ".").split("."):
        tree = tree[int(step)] if isinstance(tree, list) else tree[step]
    return not isinstance(tree, (dict, list))


EVERY_KEY = [(file, *found) for file in EXAMPLES for found in keys(read_yaml(file))]
EVERY_VALUE = [each for each in EVERY_KEY if is_single(read_yaml(each[0]), each[3])]


def problems_of(text: str, tmp_path: Path) -> list[str]:
    file = tmp_path / "box.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_box_config(file)
    return str(caught.value).replace(f"{tmp_path}/", "").splitlines()


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_every_example_is_right_and_gives_rules(file: Path) -> None:
    config = load_box_config(file)
    assert [lane.id for lane in site_rules(config).lanes] == [lane.id for lane in config.lanes]
    assert config.data.is_absolute()


@pytest.mark.parametrize(
    ("file", "line", "key", "path"), EVERY_KEY, ids=lambda value: str(value).removeprefix("config/")
)
def test_a_misspelt_key_is_named_with_its_line_and_the_key_that_was_meant(
    file: Path, line: int, key: str, path: str, tmp_path: Path
) -> None:
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    wrong = key[:-1] + "q" if len(key) > 2 else key + "q"
    lines[line] = lines[line].replace(f"{key}:", f"{wrong}:", 1)
    found = problems_of("".join(lines), tmp_path)
    named = path.removesuffix(key) + wrong
    if key == "kind" and path.startswith("reader_lines"):
        assert any(f"box.yaml:{line + 1}: " in each and "kind" in each for each in found)
    else:
        expected = f"box.yaml:{line + 1}: {named}: unknown key, did you mean"
        assert any(each.startswith(expected) for each in found), found
        assert any(f"'{key}'" in each for each in found if each.startswith(expected)), found


@pytest.mark.parametrize(
    ("file", "line", "key", "path"), EVERY_VALUE, ids=lambda value: str(value).removeprefix("config/")
)
def test_a_value_of_another_kind_is_named_with_its_line(
    file: Path, line: int, key: str, path: str, tmp_path: Path
) -> None:
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    before, _, _ = lines[line].partition(f"{key}:")
    lines[line] = f"{before}{key}: [[nothing]]\n"
    found = problems_of("".join(lines), tmp_path)
    assert any(each.startswith(f"box.yaml:{line + 1}: ") and path.partition("[")[0] in each for each in found), found


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("board: entry-board", "board: entri-board"), "no board 'entri-board', did you mean 'entry-board'?"),
        (("direction: entry", "direction: entri"), "'entry', 'exit' or 'both', got 'entri', did you mean 'entry'?"),
        (("profile: waveshare-relay-d", "profile: waveshare"), "'waveshare', did you mean 'waveshare-relay-d'?"),
        (("address: 1", "address: 300"), "less than or equal to 247"),
        (("  plain_http: true", "  plain_http: false"), "certificate_file is missing"),
        (("      - id: entry-reader\n", "      - id: entry-camera\n"), "no reader 'entry-camera'"),
        (("id: entry-camera\n    source", "id: entry-reader\n    source"), "'entry-reader' is used twice"),
        (("    source:", "    region: {x0: 700, x1: 300}\n    source:"), "x1 at least 50 above x0, got x0 700"),
        (("    source:", "    region: {y0: 1000}\n    source:"), "y1 at least 50 above y0, got y0 1000 and y1 1000"),
        (("source: rtsp:", "source: rstp:"), "unknown protocol 'rstp', did you mean 'rtsp'?"),
        (("    source:", "    substream: htps://h/2\n    source:"), "unknown protocol 'htps', did you mean 'https'?"),
        (("site: jade-garden", "site: Jade Garden"), "site: string should match"),
        (("lanes:", "lanes: ["), "YAML"),
        (("site:", "site: &a [*a]\nsite:"), "YAML"),
        (("site: jade-garden", "\tsite: jade-garden"), "YAML"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_said_in_words(change: tuple[str, str], says: str, tmp_path: Path) -> None:
    text = Path("config/one-lane.yaml").read_text(encoding="utf-8")
    assert change[0] in text
    found = problems_of(text.replace(*change, 1), tmp_path)
    assert any(says in each for each in found), found


@pytest.mark.parametrize(
    "content", [b"", b"- a\n", b"\xff\xfe", b"x" * 1_100_000, b"\x00", b"a: !!python/object:os.system x"]
)
def test_what_is_no_configuration_at_all_is_refused_in_one_clear_line(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "box.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_box_config(file)
    assert str(caught.value).startswith(str(file))


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_box_config(tmp_path / "none.yaml")
