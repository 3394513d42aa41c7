import pytest

from simulator.traffic.script import Script, milliseconds
from simulator.yaml_file import FileError, load

GOOD = """\
title: a morning
seed: 3
flows:
  - lane: north-in
    per_hour: 120
    until: 2m
steps:
  - at: 5s
    do: vehicle
    lane: north-in
    manner: tailgate
  - {at: 1m30s, do: fire, box: north, for: 10s}
"""


def wrong(tmp_path, text):
    path = tmp_path / "script.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError) as caught:
        load(path, Script)
    return str(caught.value).replace(str(path), "F")


def test_a_good_script_is_read_with_its_times_in_milliseconds(tmp_path):
    path = tmp_path / "script.yaml"
    path.write_text(GOOD, encoding="utf-8")
    script = load(path, Script)
    assert script.flows[0].until == 120_000
    assert [step.at for step in script.steps] == [5_000, 90_000]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("per_hour: 120", "perhour: 120", "F:5: flows.0.perhour: this key is not known, did you mean 'per_hour'?"),
        ("manner: tailgate", "manner: fly", "F:11: steps.0.manner:"),
        ("do: vehicle", "do: vehicel", "F:8: steps.0"),
        ("for: 10s", "for: soon", "F:12: steps.1.for: value error, expected a duration such as 500ms"),
        ("title: a morning", "name: a morning", "F:1: title: this key is missing"),
        ("at: 5s", "at: -5s", "F:8: steps.0.at:"),
        ("per_hour: 120", "per_hour: 0", "F:5: flows.0.per_hour: input should be greater than 0"),
        ("    lane: north-in\n    manner", "    manner", "F:8: steps.0.lane: this key is missing"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_key(tmp_path, old, new, said):
    assert old in GOOD
    assert said in wrong(tmp_path, GOOD.replace(old, new, 1))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: [", "F:1: no YAML:"),
        ("- a\n- b\n", "F:1: expected keys with values, got"),
        ("title: a\ntitle: b\n", "no YAML: found duplicate key"),
    ],
)
def test_what_is_no_script_at_all_is_told_without_a_traceback(tmp_path, text, said):
    assert said in wrong(tmp_path, text)


def test_a_file_that_is_not_there_is_told_by_name(tmp_path):
    with pytest.raises(FileError, match="cannot be read"):
        load(tmp_path / "none.yaml", Script)


@pytest.mark.parametrize(
    ("text", "ms"), [("500ms", 500), ("12s", 12_000), ("1m30s", 90_000), ("1.5h", 5_400_000), (7, 7_000)]
)
def test_durations_are_written_as_people_write_them(text, ms):
    assert milliseconds(text) == ms
