"""What a page shows of a lane: plain JSON values drawn from its state, for `lane_views` and the live page.

A drawing only; nothing is decided here, and no owner's name or number is in it.
"""

from dataclasses import asdict
from typing import Any

from controller.domain.arm import is_clear
from controller.domain.facts import SlotReading
from controller.domain.reasons import Reason
from controller.domain.state import IN_TRANSIT, DoubtSeen, LaneState, Passage, Phase
from controller.domain.terms import Arm, Signal
from controller.domain.texts import LANGUAGES, doubt, next_step, why


def lane_view(state: LaneState) -> dict[str, Any]:
    """The lane as a page shows it; the keys stand in the brief of the read models (`lane_views`)."""
    passage = shown(state)
    view: dict[str, Any] = {
        "lane": state.lane,
        "kind": "foot" if state.door is not None else "vehicle",
        "mode": state.mode.value,
        "arm": state.arm.value,
        "occupied": is_occupied(state),
        "fault": _fault(state),
        "alarms": list(state.alarms),
        "updated_at": state.updated_at,
        "passage": _passage(passage) if passage is not None else None,
        "waiting": len(state.waiting),
        "devices": dict(sorted(state.devices.items())),
    }
    if state.door is None:
        inputs = state.inputs
        view["loops"] = {
            "arming": inputs.arming.value,
            "closing": inputs.closing.value,
            "leaving": inputs.leaving.value,
            "photocell": inputs.photocell.value,
        }
        view["clear"] = is_clear(inputs)
    else:
        view["loops"] = {}
        view["door"] = {
            "door": state.door.door.value,
            "lock": state.door.lock.value,
            "released": state.door.released,
        }
    return view


def shown(state: LaneState) -> Passage | None:
    """The passage a person looks at: the one before the arm, else the one that is passing."""
    if state.current is not None and state.current.phase in IN_TRANSIT and state.waiting:
        return state.waiting[0]
    return state.current


def is_occupied(state: LaneState) -> bool:
    """Whether somebody is at the lane."""
    if state.door is not None:
        return state.door.door is Signal.ON
    return Signal.ON in (state.inputs.arming, state.inputs.closing, state.inputs.photocell)


def _fault(state: LaneState) -> str:
    for key in state.alarms:
        kind = key.partition(":")[0]
        if kind in ("fault", "stuck_arm", "stuck_lock", "limit_switch", "device_lost", "held_open"):
            return kind
    return "inputs_unknown" if state.door is None and state.arm is Arm.UNKNOWN else ""


def _passage(passage: Passage) -> dict[str, Any]:
    found, plate = passage.finding, passage.plate
    reason = found.reason if found is not None else ""
    return {
        "id": passage.id,
        "side": passage.side.value,
        "direction": passage.side.value,
        "phase": passage.phase.value,
        "plate": plate.text if plate is not None else "",
        "plate_kind": plate.kind.value if plate is not None else "",
        "color": plate.color.value if plate is not None else "",
        "margin": plate.margin if plate is not None else None,
        "slots": [_slot(each) for each in plate.slots] if plate is not None else [],
        "card": passage.card,
        "vehicle": found.vehicle if found is not None else "",
        "registered_plate": found.plate if found is not None else "",
        "group": found.group if found is not None else "",
        "right_kind": found.right_kind if found is not None else "",
        "verdict": found.verdict.value if found is not None else "",
        "reason": reason,
        "watched": passage.watched,
        "mismatched": _is_mismatched(passage),
        "priority": found.priority if found is not None else False,
        "temporary": found.temporary if found is not None else False,
        "near": [asdict(each) for each in found.near] if found is not None else [],
        "doubtful": [asdict(each) for each in plate.doubtful] if plate is not None else [],
        "plate_unseen": passage.unseen_frames > 0 and plate is None,
        "vehicle_color": plate.vehicle_color if plate is not None else "",
        "vehicle_color_confidence": plate.vehicle_color_confidence if plate is not None else 0,
        "picture": passage.picture,
        "close_up": {"picture": plate.picture, "box": list(plate.box)} if plate is not None and plate.box else None,
        "opened_by": passage.opened_by,
        "opened_reason": passage.opened_reason,
        "started_at": passage.started_at,
        "needs_person": passage.phase is Phase.REFERRED,
        "says": {language: _says(passage, reason, language) for language in LANGUAGES},
    }


def _is_mismatched(passage: Passage) -> bool:
    """Whether a right opened for another vehicle than the one that the plate says by now; who opened by hand had seen
    which it is."""
    found, plate = passage.finding, passage.plate
    if found is None or plate is None or passage.opened_by != "rule":
        return False
    return passage.mismatched and plate.text != found.plate


def _slot(slot: SlotReading) -> dict[str, Any]:
    return {"char": slot.char, "margin": slot.margin, "others": slot.others}


def _says(passage: Passage, reason: str, language: str) -> dict[str, str]:
    """Why, and what to do next, as the guard reads it; a near miss is named with its plate and unit."""
    shown_reason = reason or passage.opened_reason
    unseen = passage.unseen_frames > 0 and passage.plate is None
    waiting = (why(Reason.PLATE_UNSEEN, language), _CARD[language]) if unseen else (_WAITING[language],)
    text = why(shown_reason, language) if shown_reason else _SEMICOLON[language].join(waiting)
    near = passage.finding.near if passage.finding is not None else ()
    if near and passage.plate is not None:
        named = [_NEAR[language].format(read=passage.plate.text, plate=n.plate, unit=n.unit) for n in near]
        text = f"{text}{_COLON[language]}{_SEMICOLON[language].join(named)}"
    doubtful = _worth_saying(passage, tuple(each.position for each in near))
    if doubtful and passage.plate is not None:
        is_why = reason == Reason.PLATE_DOUBTFUL.value
        text += (_COLON if is_why else _SEMICOLON)[language] + doubt(doubtful, passage.plate.text, language)
    return {"why": text, "next": next_step(reason, language) if reason else ""}


def _worth_saying(passage: Passage, named: tuple[int, ...]) -> tuple[DoubtSeen, ...]:
    """The doubtful characters for somebody who has to decide, save those by which the near plates differ anyway."""
    if passage.phase is not Phase.REFERRED or passage.plate is None:
        return ()
    return tuple(each for each in passage.plate.doubtful if each.position not in named)


_COLON = {"zh-Hans": ":", "zh-Hant": ":", "en": ": "}
_SEMICOLON = {"zh-Hans": ";", "zh-Hant": ";", "en": "; "}
_WAITING = {"zh-Hans": "等待刷卡或识别车牌", "zh-Hant": "等待刷卡或識別車牌", "en": "Waiting for a card or a plate"}
_CARD = {"zh-Hans": "等待刷卡", "zh-Hant": "等待刷卡", "en": "waiting for a card"}
_NEAR = {
    "zh-Hans": "识别为 {read},与 {unit} 的 {plate} 差一位",
    "zh-Hant": "識別為 {read},與 {unit} 的 {plate} 差一位",
    "en": "read {read}; {plate} of {unit} differs in one character",
}
