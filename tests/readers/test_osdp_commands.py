"""The technician's commands for OSDP readers."""

from pathlib import Path

import pytest

from drivers.reader.osdp_bus import OsdpBusSettings
from drivers.reader.osdp_commands import install_key, make_key_file
from drivers.reader.osdp_keys import load_key
from drivers.reader.osdp_reader import OsdpReaderSettings
from drivers.serial_port import SerialPort
from simulator.wire.osdp_device import OsdpDevice, OsdpLine
from simulator.wire.port import PtyPort


def settings(folder: Path) -> OsdpBusSettings:
    readers = (OsdpReaderSettings(id="north", address=1, key_file=folder / "key"),)
    return OsdpBusSettings(id="bus", device=folder / "tty", baud=115200, readers=readers)


def test_a_key_file_is_made_once_and_the_second_time_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_key_file(tmp_path / "key") == 0
    key = load_key(tmp_path / "key")
    assert make_key_file(tmp_path / "key") == 1
    told = capsys.readouterr()
    assert "there is a key already" in told.err
    assert key.hex() not in told.out + told.err


def test_a_new_reader_gets_its_key_from_the_command(tmp_path: Path) -> None:
    make_key_file(tmp_path / "key")
    port = PtyPort(tmp_path / "tty", 115200)
    device = OsdpDevice(1)
    OsdpLine(port, [device])
    port.start()
    try:
        assert install_key(settings(tmp_path), "north", 0.2) == 0
        assert device.key == load_key(tmp_path / "key")
    finally:
        port.stop()


def test_a_reader_that_is_not_there_ends_the_command_in_time_with_a_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_key_file(tmp_path / "key")
    port = PtyPort(tmp_path / "tty", 115200)
    port.start()
    try:
        assert install_key(settings(tmp_path), "north", 0.3 / 60) == 1
    finally:
        port.stop()
    assert "did not take its key" in capsys.readouterr().err


def test_a_running_daemon_is_named_as_the_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_key_file(tmp_path / "key")
    port = PtyPort(tmp_path / "tty", 115200)
    port.start()
    daemon = SerialPort(port.link, 115200)
    daemon.open()
    try:
        assert install_key(settings(tmp_path), "north", 1) == 1
    finally:
        daemon.close()
        port.stop()
    assert "stop the daemon first" in capsys.readouterr().err


@pytest.mark.parametrize("reader", ["south", "north"])
def test_an_unknown_reader_or_a_missing_key_is_refused_before_the_line_is_opened(tmp_path: Path, reader: str) -> None:
    assert install_key(settings(tmp_path), reader, 1) == 1
