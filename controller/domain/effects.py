"""Effects: what is to be done, in the imperative. Carried out only after the events beside them are on disk.

An effect is never taken for what happened: that comes back as a fact.
"""

from dataclasses import dataclass

from controller.domain.terms import BarrierOrder, Side, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What every effect has: the lane it is for."""

    lane: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveBarrier(Effect):
    """Give an order to the lane's board. `order_id` comes back in `BarrierAnswer`.

    `DOWN` is checked again by the driver, which reads the inputs first and refuses on anything not clear.
    """

    order_id: str
    order: BarrierOrder
    hold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseLock(Effect):
    """Release the lock of a gate for people for `for_ms` (0: until `LOCK` is ordered)."""

    order_id: str
    for_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerReader(Effect):
    """Light and sound at the reader, by verdict."""

    reader: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowPhrase(Effect):
    """Put a phrase of the site's list (R23) on the display, never a name, a unit or a debt."""

    phrase: str
    side: Side
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TakePicture(Effect):
    """Ask the camera of that side for a full picture that belongs to a passage."""

    side: Side
    passage: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPlates(Effect):
    """Wake the recogniser of that side (arming loop occupied), or let it rest."""

    side: Side
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTimer(Effect):
    """Send `TimerDue(name, token)` after `after_ms`; an older timer of the same lane and name is replaced."""

    name: str
    token: str
    after_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StopTimer(Effect):
    """Forget the timer of that name."""

    name: str
