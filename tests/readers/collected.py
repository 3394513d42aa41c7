"""What a driver told, collected from its thread, with waiting for what must come."""

import threading
from collections.abc import Callable
from typing import TypeVar

from drivers.readings import CardPresented, Condition, DeviceCondition, Reading

Kind = TypeVar("Kind", bound=Reading)


class Collected:
    """An `Emit` that keeps every reading."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self._changed = threading.Condition()

    def __call__(self, reading: Reading) -> None:
        with self._changed:
            self.readings.append(reading)
            self._changed.notify_all()

    def wait(self, wanted: Callable[[list[Reading]], bool], timeout_s: float = 5.0) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: wanted(self.readings), timeout_s)

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [reading for reading in self.readings if isinstance(reading, kind)]

    @property
    def cards(self) -> list[str]:
        return [reading.card for reading in self.of(CardPresented)]

    def wait_cards(self, count: int, timeout_s: float = 5.0) -> list[str]:
        self.wait(lambda _: len(self.cards) >= count, timeout_s)
        return self.cards

    def wait_condition(self, device: str, condition: Condition, timeout_s: float = 5.0) -> DeviceCondition:
        """The newest condition of this device, once it is the wanted one."""

        def newest() -> DeviceCondition | None:
            return next((told for told in reversed(self.of(DeviceCondition)) if told.device == device), None)

        self.wait(lambda _: (told := newest()) is not None and told.condition is condition, timeout_s)
        told = newest()
        assert told is not None, f"{device}: nothing told, expected {condition}"
        assert told.condition is condition, f"{device}: expected {condition}, told {told}"
        return told
