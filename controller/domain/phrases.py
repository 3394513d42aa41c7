"""Which set phrase is shown to a driver after a finding (R23): never a name, a unit or a debt.

The words stand in `texts`; when a display is there is not known here.
"""

from controller.domain.effects import ShowPhrase
from controller.domain.reasons import Reason
from controller.domain.state import Finding, Passage
from controller.domain.terms import Side, Verdict
from controller.domain.turn import Turn

_BY_REASON = {
    Reason.FULL.value: "full",
    Reason.WATCH_LIST.value: "held",
    Reason.CARD_OTHER_VEHICLE.value: "held",
    Reason.NO_ENTRY_RECORD.value: "held",
    Reason.EXPIRED.value: "pass_ended",
    Reason.GRACE_DAYS.value: "pass_ended",
}


def show(turn: Turn, passage: Passage, found: Finding) -> ShowPhrase:
    """The phrase for the driver."""
    phrase = _BY_REASON.get(found.reason, "")
    if found.verdict is Verdict.GRANT:
        came_in = passage.side is Side.ENTRY
        phrase = ("visitor_in" if found.temporary else "resident_in") if came_in else "farewell"
    elif not phrase:
        phrase = "checking" if found.verdict is Verdict.REFER else "refused"
    return ShowPhrase(lane=turn.lane, phrase=phrase, side=passage.side)
