"""What a technician does with OSDP readers from the command line: make a key file, give a new reader its key.

Each returns an exit code: 0 done, 1 refused or failed with one clear line. Parsing arguments stands elsewhere.
"""

import sys
import threading
from pathlib import Path

from drivers.reader.osdp_bus import OsdpBus, OsdpBusSettings
from drivers.reader.osdp_keys import KeyFileError, load_key, make_key
from drivers.readings import Condition, DeviceCondition, Reading

HELD_BY_ANOTHER = "another program holds it"


def make_key_file(path: Path) -> int:
    """Make a new random key file for one reader."""
    try:
        make_key(path)
    except KeyFileError as error:
        return _failed(str(error))
    _said(f"{path}: a new key, readable by its owner alone. Name it as key_file of the reader, then install it in it.")
    return 0


def install_key(settings: OsdpBusSettings, reader: str, minutes: float) -> int:
    """Give one new reader on the bus its key; the daemon must not be running on that line."""
    wanted = next((each for each in settings.readers if each.id == reader), None)
    if wanted is None or wanted.key_file is None:
        return _failed(f"{reader}: no reader with a key file of this name on bus {settings.id}")
    try:
        load_key(wanted.key_file)
    except KeyFileError as error:
        return _failed(str(error))
    done = threading.Event()
    newest: list[DeviceCondition] = []

    def told(reading: Reading) -> None:
        if isinstance(reading, DeviceCondition) and reading.device == reader:
            newest.append(reading)
            _said(f"{reader}: {reading.condition.value}: {reading.detail}")
            if reading.condition is Condition.ONLINE or HELD_BY_ANOTHER in reading.detail:
                done.set()

    bus = OsdpBus(settings, told)
    bus.start()
    try:
        bus.install(reader, minutes)
        _said(f"{reader}: install mode for {minutes:g} minutes; put only this reader on the line, without a key")
        done.wait(minutes * 60)
    finally:
        bus.stop()
    if newest and newest[-1].condition is Condition.ONLINE:
        return 0
    if newest and HELD_BY_ANOTHER in newest[-1].detail:
        return _failed(f"{settings.device}: {HELD_BY_ANOTHER}; stop the daemon first")
    return _failed(
        f"{reader}: did not take its key within {minutes:g} minutes; is it on the line, at its address, new?"
    )


def _said(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _failed(line: str) -> int:
    sys.stderr.write(line + "\n")
    return 1
