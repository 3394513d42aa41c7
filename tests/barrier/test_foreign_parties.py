"""Our driver against a board made with libmodbus, and our simulated boards under mbpoll: neither shares our code."""

import os
import shutil
import subprocess
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.barrier.line import BarrierLine
from drivers.barrier.profiles import Board, LineSettings
from drivers.readings import Condition, WriteOutcome
from tests.barrier.rig import ALL_PROFILES, LATCHED, Ear, Rig, until

MakeRig = Callable[..., Rig]
SERVER = Path(__file__).with_name("libmodbus_server.c")


def tool(name: str, package: str) -> str:
    path = shutil.which(name)
    assert path, f"{name} is missing: install the Debian package {package}"
    return path


def mbpoll(gate: Rig, *arguments: str, address: int = 1) -> subprocess.CompletedProcess[str]:
    command = [
        tool("mbpoll", "mbpoll"),
        "-m",
        "rtu",
        "-b",
        str(gate.settings.baud),
        "-P",
        "none",
        "-0",
        "-1",
        "-o",
        "1.0",
    ]
    return subprocess.run(
        [*command, "-a", str(address), *arguments], capture_output=True, text=True, timeout=20, check=False
    )


def values(output: str) -> list[str]:
    return [line.split(":")[1].strip() for line in output.splitlines() if line.startswith("[")]


@pytest.mark.parametrize("profile", ["generic", "waveshare-relay-d"])
def test_mbpoll_reads_inputs_and_coils_and_gives_a_pulse(rig: MakeRig, profile: str) -> None:
    gate = rig(profile)
    gate.line.start()
    gate.sims[0].set_named_input("closing", True)
    device = gate.settings.device
    inputs = mbpoll(gate, "-t", "1", "-r", "0", "-c", "8", device)
    assert values(inputs.stdout) == ["0", "0", "0", "1", "0", "0", "0", "0"], inputs.stdout + inputs.stderr
    coils = mbpoll(gate, "-t", "0", "-r", "0", "-c", "8", device)
    assert values(coils.stdout) == ["0"] * 8, coils.stdout + coils.stderr
    written = mbpoll(gate, "-t", "0", "-r", "2", device, "1")
    assert "Written 1 references" in written.stdout, written.stdout + written.stderr
    assert gate.moves[0][:3] == (0, 2, True)
    if profile == "generic":
        until(lambda: not gate.sims[0].coils[2], "the board ended its pulse")


def test_mbpoll_is_told_of_a_register_that_is_not_there(rig: MakeRig) -> None:
    gate = rig("waveshare-relay-d")
    gate.line.start()
    beyond = mbpoll(gate, "-t", "1", "-r", "100", "-c", "1", gate.settings.device)
    assert "Illegal data address" in beyond.stdout + beyond.stderr


def test_mbpoll_gets_no_answer_from_an_address_where_nothing_is_wired(rig: MakeRig) -> None:
    gate = rig("generic")
    gate.line.start()
    unwired = mbpoll(gate, "-t", "1", "-r", "0", "-c", "8", gate.settings.device, address=9)
    assert unwired.returncode != 0
    assert "timed out" in unwired.stdout + unwired.stderr


class Server:
    """The C program on a pty of its own, built from its source for this test."""

    def __init__(self, folder: Path, baud: int, address: int) -> None:
        program = folder / "libmodbus_server"
        assert Path("/usr/include/modbus/modbus.h").exists(), (
            "modbus.h is missing: install the Debian package libmodbus-dev"
        )
        flags = ["-I/usr/include/modbus", "-Wall", "-Werror", "-O1", "-o", str(program), str(SERVER), "-lmodbus"]
        subprocess.run([tool("gcc", "gcc"), *flags], check=True, timeout=60)
        self.pipes = [os.openpty(), os.openpty()]
        for _, slave in self.pipes:
            tty.setraw(slave)
        self.ours, theirs = (os.ttyname(slave) for _, slave in self.pipes)
        self.lines: list[str] = []
        self.program = subprocess.Popen(
            [str(program), theirs, str(baud), str(address)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        masters = [master for master, _ in self.pipes]
        self.threads = [
            threading.Thread(target=carry, args=masters),
            threading.Thread(target=carry, args=masters[::-1]),
            threading.Thread(target=self._listen),
        ]
        for thread in self.threads:
            thread.start()
        until(lambda: "ready" in self.lines, "the server is ready")

    def set_input(self, number: int, on: bool) -> None:
        assert self.program.stdin is not None
        before = self.lines.count("set")
        self.program.stdin.write(f"input {number} {'on' if on else 'off'}\n")
        self.program.stdin.flush()
        until(lambda: self.lines.count("set") > before, "the input was set")

    def _listen(self) -> None:
        assert self.program.stdout is not None
        self.lines.extend(line.strip() for line in self.program.stdout)

    def close(self) -> None:
        assert self.program.stdin is not None
        self.program.stdin.close()
        self.program.wait(5)
        for _, slave in self.pipes:
            os.close(slave)  # the last one: reading the master ends with an error
        for thread in self.threads:
            thread.join(5)
        for master, _ in self.pipes:
            os.close(master)
        assert self.program.stdout is not None
        self.program.stdout.close()


def carry(source: int, target: int) -> None:
    while True:
        try:
            os.write(target, os.read(source, 256))
        except OSError:
            return


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path, 9600, 7)
    yield made
    made.close()


@pytest.mark.parametrize("profile", ["generic", "latched"])
def test_the_driver_works_a_board_made_with_libmodbus(server: Server, profile: str) -> None:
    ear = Ear()
    board = Board(id="b1", address=7, profile=ALL_PROFILES[profile])
    line = BarrierLine(LineSettings(id="line", device=server.ours, boards=(board,)), ear)
    line.start()
    try:
        ear.condition("b1", Condition.ONLINE)
        server.set_input(8, True)
        ear.inputs("b1", fault=True, closing=False)
        line.order("b1", "one", "up")
        assert ear.answer("one").outcome is WriteOutcome.WRITTEN
        until(lambda: "coil 0 on" in server.lines, "the coil was written")
        server.set_input(3, True)
        line.order("b1", "two", "down")
        assert ear.answer("two").detail == "closing is on"
        server.set_input(3, False)
        line.order("b1", "three", "down")
        assert ear.answer("three").outcome is WriteOutcome.WRITTEN
        if profile == LATCHED.id:
            until(lambda: server.lines.count("coil 1 off") == 1, "the latched coil was opened again")
    finally:
        line.stop()
    assert "coil 2 on" not in server.lines
