"""The demo's broker, as the tests use it: a real Mosquitto or a failure with its name, never the fallback."""

from pathlib import Path

from demo.broker import Broker as DemoBroker


class MosquittoMissing(RuntimeError):
    """The broker that the tests need is not installed."""


class Broker(DemoBroker):
    """A broker for a test, on a free port."""

    def __init__(self, folder: Path, site: str = "jade", boxes: tuple[str, ...] = ("north",)) -> None:
        super().__init__(folder=folder, site=site, boxes=boxes)
        if self.mosquitto is None:
            raise MosquittoMissing("mosquitto is not installed; `make test` installs it (apt-get install mosquitto)")
