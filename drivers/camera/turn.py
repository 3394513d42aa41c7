"""One vehicle's turn before the camera: which frames to read, when to say what was read. Pure: time is passed in.

No recogniser and no frame source may be put here. A turn begins when recognition is woken (arming loop occupied, or
something moves) and ends when it is rested.
"""

from dataclasses import dataclass
from typing import Generic

from drivers.camera.recogniser import Plate
from drivers.camera.settings import BEFORE_MS
from drivers.camera.vehicle_plates import Kept, Shot, VehiclePlates, choose
from drivers.camera.vote import Voted, vote

SURE_MARGIN = 800
"""A single frame in which every slot stands so far before the next needs no second look."""
SURE_SCORE = -2.0
OLDEST_FRAME_MS = 1_000
"""A frame older than this is the past: nothing is decided from it."""
LOOK_AGAIN_MS, LOOK_LATER_MS = 250, 1_000
EAGER_MS = 10_000
LOOK_FOR_NEXT_MS, LOOK_LESS_MS = 1_500, 5_000
"""With the vehicle's plate said, a look now and then tells whether another stands in its place; later less often."""
WATCHFUL_MS = 30_000
ANOTHER_FRAMES, ANOTHER_MARGIN = 2, 500
"""So many frames that agree so well make another vehicle of a plate that does not; one does where it is sure."""
FORGOTTEN_LOOKS = 4
"""A plate that was not sure and that so many looks in a row did not show again is looked for no longer."""
NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Seen(Generic[Shot]):
    """What is to be said of a vehicle: the vote, its best frame, and whether another's was read in this turn before."""

    voted: Voted
    best: Kept[Shot]
    another: bool


@dataclass(frozen=True, slots=True)
class Unseen:
    """A vehicle stands there, and in so many frames there was no plate."""

    frames: int


class Turn(Generic[Shot]):
    """The readings of the vehicle that stands there, `frames` of them at most, then one second look at a time.

    `began_ns` is when recognition was woken, `left_ns` when the vehicle before had left: no older frame is read. After
    `no_plate_frames` without any plate that is said, once (0: never). A plate narrower than `least_plate_px` is none:
    it is too far away, or too small to be read for sure.
    """

    def __init__(
        self, frames: int, began_ns: int, *, left_ns: int = 0, no_plate_frames: int = 0, least_plate_px: int = 0
    ) -> None:
        self._frames = frames
        self._no_plate_frames = no_plate_frames
        self._least_plate_px = least_plate_px
        self.began_ns = began_ns
        self._left_ns = left_ns
        self._track = VehiclePlates[Shot]()
        self._voted: Voted | None = None
        self._said: Voted | None = None
        self._stranger = VehiclePlates[Shot]()
        self._another = False
        self._blind = 0
        self._looked_ns: int | None = None

    @property
    def changed_since_ns(self) -> int:
        """The picture must have changed at or after this to count."""
        return self.began_ns - BEFORE_MS * NS_PER_MS

    def wants(self, frame_ns: int, now_ns: int, behind_ns: int = 0) -> bool:
        """Whether a frame of that age is to be read now. `behind_ns`: so old a frame is when it comes."""
        if now_ns - frame_ns > OLDEST_FRAME_MS * NS_PER_MS + behind_ns:
            return False
        if frame_ns < max(self.changed_since_ns, self._left_ns):
            return False
        return self._looked_ns is None or now_ns - self._looked_ns >= self._gap_ms(now_ns) * NS_PER_MS

    def _gap_ms(self, now_ns: int) -> int:
        lasted_ms = (now_ns - self.began_ns) // NS_PER_MS
        if self._stranger.plates:
            return LOOK_AGAIN_MS
        if self._is_done():
            return LOOK_FOR_NEXT_MS if lasted_ms <= WATCHFUL_MS else LOOK_LESS_MS
        if self._said is not None or lasted_ms > EAGER_MS:
            return LOOK_LATER_MS
        return 0 if self._track.plates and not self._blind else LOOK_AGAIN_MS

    def read(self, plates: list[Plate], shot: Shot, now_ns: int) -> Seen[Shot] | Unseen | None:
        """A frame was read; gives what is to be reported now, or None when there is nothing (new) to say."""
        self._looked_ns = now_ns
        plates = [plate for plate in plates if plate.width >= self._least_plate_px]
        if not plates:
            return self._saw_none()
        self._blind = 0
        plate, is_another = choose(plates, self._voted, self._track.corners)
        if is_another:
            return self._saw_another(plate, shot)
        self._stranger = VehiclePlates()
        return self._saw(plate, shot)

    def _saw(self, plate: Plate, shot: Shot) -> Seen[Shot] | None:
        if self._is_done():
            self._track.corners = plate.corners
            return None
        self._track.add(plate, shot)
        self._voted = vote(self._track.plates)
        return self._say() if self._is_worth_saying() else None

    def _saw_none(self) -> Seen[Shot] | Unseen | None:
        self._blind += 1
        if self._blind >= FORGOTTEN_LOOKS:
            self._stranger = VehiclePlates()
        if not self._no_plate_frames or self._blind != self._no_plate_frames:
            return None
        if self._voted is None:
            return Unseen(self._blind)
        return self._say() if self._said is None else None  # in doubt, and no better look of it to come

    def _saw_another(self, plate: Plate, shot: Shot) -> Seen[Shot] | None:
        """Once it is sure that another vehicle stands there, it is voted over by itself: two plates are never mixed."""
        if self._stranger.plates:
            voted = vote(self._stranger.plates)
            if choose([plate], voted, self._stranger.corners)[1]:
                self._stranger = VehiclePlates()
        self._stranger.add(plate, shot)
        voted = vote(self._stranger.plates)
        assert voted is not None
        several = len(self._stranger.plates) >= ANOTHER_FRAMES and voted.margin >= ANOTHER_MARGIN
        if not several and not is_sure(voted):
            return None
        self._another = self._another or self._said is not None
        self._track, self._stranger = self._stranger, VehiclePlates()
        self._voted, self._said = voted, None
        return self._say() if self._is_worth_saying() else None

    def _say(self) -> Seen[Shot]:
        voted = self._said = self._voted
        assert voted is not None
        return Seen(voted, self._track.best(voted.text), self._another)

    def _is_worth_saying(self) -> bool:
        voted = self._voted
        assert voted is not None
        if self._said is None:
            return is_sure(voted) or len(self._track.plates) >= self._frames
        return is_sure(voted) or (voted.text != self._said.text and voted.margin > self._said.margin)

    def _is_done(self) -> bool:
        """Whether nothing better is to be had of this vehicle."""
        settled = self._said is not None and is_sure(self._said)
        return settled or len(self._track.plates) >= 3 * self._frames


def is_sure(voted: Voted) -> bool:
    """Whether a reading needs no further look."""
    return voted.margin >= SURE_MARGIN and voted.best.score >= SURE_SCORE
