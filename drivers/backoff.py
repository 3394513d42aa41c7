"""How long to wait before a lost device is tried again. No clock and no sleeping stand here."""


class Backoff:
    """Waiting times that double from `first_ms` up to `most_ms`, and begin anew after `reset`."""

    def __init__(self, first_ms: int = 250, most_ms: int = 10_000) -> None:
        if not 0 < first_ms <= most_ms:
            raise ValueError(f"back-off from {first_ms} ms to {most_ms} ms: expected 0 < first <= most")
        self._first_ms = first_ms
        self._most_ms = most_ms
        self._next_ms = first_ms

    def next_ms(self) -> int:
        """The time to wait now; the one after is twice as long, up to the limit."""
        wait_ms, self._next_ms = self._next_ms, min(self._next_ms * 2, self._most_ms)
        return wait_ms

    def reset(self) -> None:
        """The device answered: a new loss begins with the shortest time."""
        self._next_ms = self._first_ms
