"""What `make` and `.ci/run` promise, tried with tools that only write down how they were called."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def tool(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def run(command: list[str], folder: Path, *, alone: bool = False) -> subprocess.CompletedProcess[str]:
    path = str(folder) if alone else f"{folder}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "LANG": "C"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30, check=False)


def test_a_missing_system_package_is_installed_by_name_and_a_present_one_is_left_alone(bin_folder: Path) -> None:
    tool(bin_folder, "dpkg-query", 'case "$3" in there) echo "install ok installed";; esac')
    tool(bin_folder, "apt-get", 'echo "apt-get $*"')
    tool(bin_folder, "id", "echo 0")
    done = run(["sh", "scripts/system_packages.sh", "there", "absent"], bin_folder)
    assert done.returncode == 0, done.stderr
    assert "apt-get install -q -y --no-install-recommends absent" in done.stdout
    nothing = run(["sh", "scripts/system_packages.sh", "there"], bin_folder)
    assert (nothing.returncode, nothing.stdout) == (0, "")


def test_a_package_that_cannot_be_installed_is_a_failure_with_its_name(bin_folder: Path) -> None:
    tool(bin_folder, "dpkg-query", "exit 1")
    tool(bin_folder, "apt-get", '[ "$1" = update ]')
    tool(bin_folder, "id", "echo 0")
    failed = run(["sh", "scripts/system_packages.sh", "absent"], bin_folder)
    assert failed.returncode == 1
    assert failed.stderr.strip().endswith("could not install: absent")


def test_without_root_and_sudo_the_error_says_what_to_run(bin_folder: Path) -> None:
    tool(bin_folder, "dpkg-query", "exit 1")
    tool(bin_folder, "apt-get", "exit 0")
    tool(bin_folder, "id", "echo 1000")
    failed = run(["/bin/sh", "scripts/system_packages.sh", "absent"], bin_folder, alone=True)
    assert failed.returncode == 1
    assert "as root, run: apt-get install absent" in failed.stderr


@pytest.mark.parametrize(("check", "test", "code"), [(0, 0, 0), (2, 0, 1), (0, 2, 1), (2, 2, 1)])
def test_ci_runs_the_tests_after_the_checks_and_fails_when_either_fails(
    bin_folder: Path, check: int, test: int, code: int
) -> None:
    tool(bin_folder, "make", f'echo "make $1"; [ "$1" = check ] && exit {check}; exit {test}')
    done = run(["sh", ".ci/run"], bin_folder)
    assert done.returncode == code
    assert done.stdout.startswith("make -j2\nmake check\n"), "the set-up goes before, two steps at a time"
    assert done.stdout.rstrip().endswith("make test")


def test_make_lists_what_it_does(bin_folder: Path) -> None:
    listed = run(["make"], bin_folder).stdout
    for target in ("demo", "test", "check", "bench", "soak"):
        assert f"make {target}" in listed
