"""What the booth changed in the registry and the centre has not absorbed, from the log to the registry's reader."""

from collections.abc import Sequence

from controller.eventlog.views import LogReader
from controller.registry.overlay import OverlayRow


class LogOverlay:
    """Gives the changes in force: the same object until `renew`, so that a look-up costs nothing extra."""

    def __init__(self, reader: LogReader) -> None:
        self._reader = reader
        self._rows: Sequence[OverlayRow] = ()

    def __call__(self) -> Sequence[OverlayRow]:
        """The changes as of the last `renew`."""
        return self._rows

    def renew(self) -> None:
        """Read them again, after a change was recorded or absorbed. Raises LogError."""
        self._rows = tuple(
            OverlayRow(table=row["tbl"], row_id=row["row_id"], row=row["row"], seq=row["seq"])
            for row in self._reader.overlay()
        )
