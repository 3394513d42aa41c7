"""Where a box keeps its things; the names of the files, and nothing of what is in them."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where a box keeps its things."""

    root: Path

    @property
    def gate_db(self) -> Path:
        """The event log."""
        return self.root / "gate.db"

    @property
    def registry_db(self) -> Path:
        """Vehicles, cards and rights."""
        return self.root / "registry.db"

    @property
    def booth_db(self) -> Path:
        """People, sessions, lock-outs."""
        return self.root / "booth.db"

    @property
    def pictures(self) -> Path:
        """Snapshots by day and hash."""
        return self.root / "pictures"

    @property
    def previews(self) -> Path:
        """The newest small picture of each camera."""
        return self.root / "previews"

    @property
    def backups(self) -> Path:
        """Daily backups of the log."""
        return self.root / "backups"

    def make(self) -> None:
        """Make what is missing, for us alone."""
        for folder in (self.root, self.pictures, self.previews, self.backups):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
