"""Follows plates from frame to frame of a video, so that each vehicle's readings are voted over. Values in, values out.

No frame is kept and no file is read here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from drivers.camera.edits import edits
from drivers.camera.recogniser import Plate
from drivers.camera.vote import Voted, vote

SAME_PLACE = 1.0
"""How far a plate moves from one look to the next, in its widths, and how much it grows: half as wide again."""
GROWTH = 1.5
NEXT_LOOK_MS, GONE_MS = 700.0, 3000.0
"""Until the first a plate in the same place is the same one though read otherwise; after the second it left."""
ALIKE, BARELY_ALIKE = 1, 3
"""Characters by which two readings of one plate differ: anywhere in the picture, and in the same place."""
MOST_READINGS = 40
"""The best of a track that are voted over: a parked vehicle would gather thousands."""
FAR = 1000
ENOUGH = 5
"""Looks after which more of them make a plate no likelier to be the one that is meant."""


@dataclass(slots=True)
class Track:
    """The readings of one plate. `best` is the one with the largest margin, seen at `best_ms`."""

    plates: list[Plate]
    best: Plate
    best_ms: float
    times_ms: set[float]
    """Of the looks that saw it; two tracks of one plate may share some."""
    last_ms: float

    @classmethod
    def of(cls, plate: Plate, at_ms: float) -> "Track":
        """A track that begins with this reading."""
        return cls([plate], plate, at_ms, {at_ms}, at_ms)

    @property
    def looks(self) -> int:
        """How many looks saw it."""
        return len(self.times_ms)

    @property
    def first_ms(self) -> float:
        return min(self.times_ms)

    def join(self, other: "Track") -> bool:
        """Take over the readings of another track of the same plate; true where the best is among them."""
        self.plates += other.plates
        self.times_ms |= other.times_ms
        self.last_ms = max(self.last_ms, other.last_ms)
        if len(self.plates) > 2 * MOST_READINGS:
            self._thin()
        if other.best.margin <= self.best.margin:
            return False
        self.best, self.best_ms = other.best, other.best_ms
        return True

    def _thin(self) -> None:
        """Keep the best, and the last, which says where the plate is."""
        last = self.plates[-1]
        best = sorted(self.plates[:-1], key=lambda plate: -plate.margin)[: MOST_READINGS - 1]
        self.plates = [*best, last]


@dataclass(frozen=True, slots=True)
class Followed:
    """A plate of a video after the vote, with the track it was read on."""

    voted: Voted
    track: Track


class Tracks:
    """Sorts the readings of look after look into tracks."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []

    def look(self, plates: Iterable[Plate], at_ms: float) -> list[Track]:
        """One frame's plates; gives the tracks of which it shows the best reading so far."""
        free = [track for track in self._tracks if at_ms - track.last_ms <= GONE_MS]
        better = []
        for plate in sorted(plates, key=lambda each: -each.margin):
            begun = Track.of(plate, at_ms)
            track = min(free, key=lambda each: _distance(each, plate, at_ms), default=begun)
            if track is begun or _distance(track, plate, at_ms) == FAR:
                self._tracks.append(begun)
                better.append(begun)
                continue
            free.remove(track)
            if track.join(begun):
                better.append(track)
        return better

    def best_times(self) -> set[float]:
        """When each plate was seen best so far."""
        return {track.best_ms for track in self._tracks}

    def __len__(self) -> int:
        return len(self._tracks)

    def followed(self) -> list[Followed]:
        """Every plate once, best first: by its margin after the vote, and by how often it was seen."""
        by_text: dict[str, Track] = {}
        for track in self._tracks:
            voted = vote(track.plates)
            if voted is None:
                continue
            if voted.text not in by_text:
                by_text[voted.text] = replace(track, plates=[*track.plates], times_ms={*track.times_ms})
            else:
                by_text[voted.text].join(track)
        found = [Followed(voted, track) for track in by_text.values() if (voted := vote(track.plates)) is not None]
        return sorted(found, key=lambda each: -each.voted.margin * min(each.track.looks, ENOUGH))


def _distance(track: Track, plate: Plate, at_ms: float) -> int:
    """By how many characters a plate differs from the track's last reading; `FAR` where it is another's."""
    last = track.plates[-1]
    differs = edits(last.text, plate.text)
    if differs <= ALIKE:
        return differs
    soon = at_ms - track.last_ms <= NEXT_LOOK_MS
    return differs if _same_place(last, plate) and (soon or differs <= BARELY_ALIKE) else FAR


def _same_place(one: Plate, other: Plate) -> bool:
    ax0, ay0, ax1, ay1 = one.box
    bx0, by0, bx1, by1 = other.box
    wide = max(1, ax1 - ax0), max(1, bx1 - bx0)
    far = max(abs(ax0 + ax1 - bx0 - bx1), abs(ay0 + ay1 - by0 - by1)) / 2
    return max(wide) / min(wide) <= GROWTH and far <= SAME_PLACE * max(wide)
