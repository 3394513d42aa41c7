"""Judges whether a camera shows the present: lost, stale, frozen, black or online. Pure: time is passed in.

No frame source may be put here.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from drivers.camera.motion import Small, stirred
from drivers.camera.recogniser import Picture
from drivers.readings import Condition

SAMPLES_WIDE = 160
"""So many pixels of a row are looked at: the noise of a sensor shows in some of them."""
BLACK_STEP = 2
"""Whether all of it is black shows in a quarter of them."""
BLACK_MEAN, BLACK_PEAK, MOST_LIT = 10.0, 36, 0.01
BLACK_AFTER_NS = 3_000_000_000
UNPROVEN_NS = 60_000_000_000
"""Video that did not change for so long is frozen, whatever it is made of: key frames come more often."""
MOVED_SHARE = 0.006
"""A vehicle that comes changes 14 % of the cells and more, a clock that is burnt in and an encoder 0.2 % at most."""
STILL_VEHICLES = 2
"""So many vehicles in a row that come, stand and go without anything moving prove that the camera has stopped."""
NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Look:
    """What health needs of a frame: a digest of its content, and whether it is black."""

    digest: bytes
    black: bool


def look_at(picture: Picture) -> Look:
    """Digest of some pixels: sensor noise alone makes it differ from frame to frame of a living camera."""
    step = max(1, picture.shape[1] // SAMPLES_WIDE)
    sample = np.ascontiguousarray(picture[::step, ::step])
    digest = hashlib.blake2b(sample.tobytes(), digest_size=8).digest()
    few = sample[::BLACK_STEP, ::BLACK_STEP]
    lit = np.count_nonzero(few >= BLACK_PEAK) > MOST_LIT * few.size
    return Look(digest, not lit and bool(few.mean() < BLACK_MEAN))


class PictureHealth:
    """The condition of one camera. `stale_ms` bounds how old the newest frame, and the newest change, may be.

    `live` is False for files: a still picture is no frozen camera there.
    """

    def __init__(self, stale_ms: int, *, live: bool, now_ns: int) -> None:
        self._stale_ns = stale_ms * NS_PER_MS
        self._stale_ms = stale_ms
        self._live = live
        self._seen_ns = now_ns
        self._changed_ns: int | None = None
        self._proven = False
        self._moved_ns: int | None = None
        self._small: Small | None = None
        self._still_vehicles = 0
        self._lit_ns = now_ns
        self._black = False
        self._digest = b""
        self._any = False

    def saw(self, look: Look, at_ns: int, small: Small | None = None, *, repeated: bool | None = None) -> bool:
        """A frame came; tells whether its content is another than that of the one before.

        `small`: the frame in little; without it whatever changes has moved.

        `repeated`: whether video, coded anew, shows what it showed before. Where it is not known to (False), the same
        pixels again prove no freeze: of a quiet street a coarse encoder says for seconds that nothing has changed.
        None: it is no such video.
        """
        self._any = True
        self._seen_ns = at_ns
        self._black = look.black
        if not look.black:
            self._lit_ns = at_ns
        changed = look.digest != self._digest and not repeated
        if changed:
            self._changed_ns = at_ns
            self._digest = look.digest
        self._proven = not changed and (self._proven or repeated is not False)
        if changed and (small is None or self._small is None or stirred(self._small, small) >= MOVED_SHARE):
            self._moved_ns, self._small, self._still_vehicles = at_ns, small, 0
        return changed

    def moved_since(self, since_ns: int) -> bool:
        """Whether something moved in the picture at or after that time: more than the clock burnt into it, or an
        encoder that codes a stopped picture better and better. Always so for a file."""
        return not self._live or (self._moved_ns is not None and self._moved_ns >= since_ns)

    def vehicle_left(self, since_ns: int) -> None:
        """A vehicle is gone that stood there a while; nothing could come since then without moving in the picture."""
        if not self.moved_since(since_ns) and self._seen_ns >= since_ns:
            self._still_vehicles += 1

    @property
    def is_black(self) -> bool:
        """Whether the newest picture is black: for a while before that is called a condition, it shows no vehicle."""
        return self._black

    def changed_since(self, since_ns: int) -> bool:
        """Whether the content changed at or after that time; always so for a file."""
        return not self._live or (self._changed_ns is not None and self._changed_ns >= since_ns)

    def condition(self, now_ns: int, loss: str) -> tuple[Condition, str]:
        """The condition, with what was expected and what came. `loss` is the stream's own word ("" if it stands)."""
        age_ms = (now_ns - self._seen_ns) // NS_PER_MS
        if age_ms >= self._stale_ms or not self._any:
            if loss:
                return Condition.LOST, loss
            return Condition.STALE, f"no picture for {age_ms} ms, expected one within {self._stale_ms} ms"
        if self._black and now_ns - self._lit_ns >= BLACK_AFTER_NS:
            return Condition.BLACK, "the picture is black: lens covered, no light, or the sensor has failed"
        if self._still_vehicles >= STILL_VEHICLES:
            told = f"{self._still_vehicles} vehicles came and went and nothing moved in the picture"
            return Condition.FROZEN, f"{told}: the camera has stopped, or it does not see the lane"
        still_ns = now_ns - self._changed_ns if self._live and self._changed_ns is not None else 0
        if still_ns >= (self._stale_ns if self._proven else max(self._stale_ns, UNPROVEN_NS)):
            still_ms = still_ns // NS_PER_MS
            return Condition.FROZEN, f"the same picture for {still_ms} ms: the camera has stopped, restart it"
        return Condition.ONLINE, ""
