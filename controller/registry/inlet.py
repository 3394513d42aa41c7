"""The way in for what the centre sends: one writer, one clock, one answer for each message.

The rules of versions stand in `delta`. Used by the intake's thread alone.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from controller.registry.delta import Applied, Result, apply_delta, apply_snapshot_part
from controller.registry.store import RegistryWriter


class RegistryInlet:
    """registry.db as the intake writes it. `utc_us` is the daemon's clock. Raises RegistryError when the file fails."""

    def __init__(self, path: Path, utc_us: Callable[[], int]) -> None:
        self._writer = RegistryWriter(path)
        self._utc_us = utc_us

    def apply_delta(self, message: Mapping[str, Any]) -> Applied:
        """Go to the delta's version, or say why not."""
        return apply_delta(self._writer, message, self._utc_us())

    def apply_snapshot_part(self, message: Mapping[str, Any]) -> Applied:
        """Take a part of a snapshot; the result is WAITING, an empty text, until the last one is here."""
        applied = apply_snapshot_part(self._writer, message, self._utc_us())
        if applied is not None:
            return applied
        now = self._writer.version()
        return Applied(now.version, now.hash, Result.WAITING)

    def confirm(self) -> None:
        """The centre was heard and has nothing newer: the registry is as fresh as now."""
        self._writer.confirm(self._utc_us())

    def close(self) -> None:
        """Close the file."""
        self._writer.close()
