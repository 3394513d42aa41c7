"""One simulated OSDP line and the real driver on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from drivers.reader.osdp_bus import OsdpBus, OsdpBusSettings
from drivers.reader.osdp_keys import load_key, make_key
from drivers.reader.osdp_reader import OsdpReaderSettings
from drivers.readings import Condition
from simulator.wire.osdp_device import OsdpDevice, OsdpLine
from simulator.wire.port import PtyPort
from tests.readers.collected import Collected


@dataclass
class Rig:
    """The device under swipe, the driver, and what it told."""

    port: PtyPort
    device: OsdpDevice
    bus: OsdpBus
    told: Collected
    devices: list[OsdpDevice]

    def online(self, timeout_s: float = 8.0) -> None:
        self.told.wait_condition("north", Condition.ONLINE, timeout_s)


def key_file(folder: Path, name: str = "north.key") -> Path:
    path = folder / name
    if not path.exists():
        make_key(path)
    return path


@contextmanager
def rig(
    folder: Path,
    *,
    devices: list[OsdpDevice] | None = None,
    readers: tuple[OsdpReaderSettings, ...] | None = None,
    baud: int = 115200,
) -> Iterator[Rig]:
    """A secured reader "north" at address 1, unless other devices and readers are given."""
    key = key_file(folder)
    devices = devices if devices is not None else [OsdpDevice(1, load_key(key), secure_only=True)]
    readers = readers or (OsdpReaderSettings(id="north", address=1, key_file=key),)
    port = PtyPort(folder / "ttyOSDP", baud, seed=3)
    OsdpLine(port, devices)
    told = Collected()
    bus = OsdpBus(OsdpBusSettings(id="bus", device=port.link, baud=baud, readers=readers), told)
    port.start()
    bus.start()
    try:
        yield Rig(port, devices[0] if devices else OsdpDevice(0), bus, told, devices)
    finally:
        bus.stop()
        port.stop()
