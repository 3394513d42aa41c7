"""Key files of OSDP readers."""

from pathlib import Path

import pytest

from drivers.reader.osdp_keys import DEFAULT_KEY, KeyFileError, load_key, make_key


def test_a_made_key_is_random_private_and_loads(tmp_path: Path) -> None:
    keys = set()
    for name in ("a", "b", "c"):
        make_key(tmp_path / name)
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
        keys.add(load_key(tmp_path / name))
    assert len(keys) == 3
    assert {len(key) for key in keys} == {16}


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    before = load_key(tmp_path / "key")
    with pytest.raises(KeyFileError, match="there is a key already"):
        make_key(tmp_path / "key")
    assert load_key(tmp_path / "key") == before


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        ("00" * 16, 0o640, "chmod 600"),
        ("00" * 15, 0o600, "expected 32 hexadecimal digits"),
        ("zz" * 16, 0o600, "expected 32 hexadecimal digits"),
        ("", 0o600, "expected 32 hexadecimal digits"),
        (DEFAULT_KEY.hex(), 0o600, "default key"),
    ],
)
def test_a_key_file_that_cannot_be_trusted_is_refused_with_what_to_do(
    tmp_path: Path, text: str, mode: int, why: str
) -> None:
    path = tmp_path / "key"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match=why) as refusal:
        load_key(path)
    assert not text or text not in str(refusal.value)


def test_a_missing_key_file_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="gatehouse osdp key"):
        load_key(tmp_path / "none")
