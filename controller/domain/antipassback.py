"""Anti-passback: who is inside may not come in again, who is outside may not leave; and shared spaces.

Presence is counted per group by the open stays that the log knows (here and, as the centre told, elsewhere on the
site). What a stay is, stands in `stay`. R5, T14.
"""

from dataclasses import dataclass

from controller.domain.known import PERSON, Known, OpenStay, Right
from controller.domain.reasons import Reason
from controller.domain.rules import LaneRules
from controller.domain.state import PlateSeen
from controller.domain.terms import AntiPassback, Side, Verdict

MINUTE_US = 60_000_000
ENFORCED = (AntiPassback.HARD, AntiPassback.TIMED)
"""Ways that refuse a second entry; only these keep account of people on foot."""


@dataclass(frozen=True, slots=True)
class Presence:
    """What presence says against (or only about) a grant; `verdict` GRANT with an alarm is the soft way."""

    verdict: Verdict
    reason: Reason | None = None
    alarm: str = ""


CLEAR = Presence(Verdict.GRANT)


def own_stays(known: Known, vehicle: str, plate: PlateSeen | None, card: str, group: str) -> tuple[OpenStay, ...]:
    """The open stays of this very vehicle; by card, or by being alone in the group, only where no vehicle is known."""
    text = plate.text if plate is not None else ""
    cars = [each for each in known.stays if not each.group.startswith(PERSON)]
    own = [each for each in cars if (vehicle and each.vehicle == vehicle) or (text and each.plate == text)]
    if not own and card and not vehicle:
        own = [each for each in cars if each.card == card]
    if not own and group and not vehicle and not text:
        of_group = [each for each in cars if each.group == group]
        own = of_group if len(of_group) == 1 else []
    return tuple(own)


def presence(
    rules: LaneRules, side: Side, own: tuple[OpenStay, ...], *, known: Known, right: Right | None, at: int
) -> Presence:
    """What the open stays say about an entry or an exit by a vehicle that has a right."""
    if side is Side.EXIT:
        return CLEAR
    if own:
        return _again(rules, own, at)
    if right is not None and right.spaces and spaces_used(known, right.group) >= right.spaces:
        return Presence(Verdict.REFER, Reason.SPACE_TAKEN)
    return CLEAR


def spaces_used(known: Known, group: str) -> int:
    """How many vehicles of the group are inside on its spaces; one let in as temporary takes none."""
    return sum(1 for each in known.stays if each.group == group and not each.temporary)


def _again(rules: LaneRules, own: tuple[OpenStay, ...], at: int) -> Presence:
    mode = rules.antipassback
    if mode in (AntiPassback.OFF, AntiPassback.FORGIVING):
        return CLEAR
    if mode is AntiPassback.SOFT:
        return Presence(Verdict.GRANT, None, "passback")
    if mode is AntiPassback.TIMED:
        since = max(each.since for each in own)
        if not 0 <= at - since < rules.antipassback_minutes * MINUTE_US:
            return CLEAR
    return Presence(Verdict.DENY, Reason.ALREADY_INSIDE, "passback")
