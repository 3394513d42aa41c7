"""A lane's card as values: what the guard sees of one lane, ready to be drawn.

No HTML, no SQL and no thread may be put here. Personal: unit and owner appear here and nowhere else on the live page.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from controller.booth.context import LanePlan, Row
from controller.booth.plate_view import CloseUp, PlateView, close_up, drawn, plate_view
from controller.booth.texts import text, text_or
from controller.booth.times import micros
from controller.booth.tones import PASSING, Tone, tone_of
from controller.domain.state import DoubtSeen
from controller.domain.terms import LaneKind, Order
from controller.domain.texts import doubt, ground, why

NEAR_KEYS = ("A", "B", "D")
ORDER_KEYS: dict[Order, str] = {
    Order.OPEN: "O",
    Order.REFUSE: "R",
    Order.CORRECT_PLATE: "C",
    Order.PULL_ASIDE: "P",
    Order.CLOSE: "X",
    Order.STOP: "S",
    Order.LOCK: "L",
    Order.UNLOCK: "U",
    Order.HOLD_OPEN: "H",
    Order.RELEASE: "E",
    Order.STAFF: "T",
    Order.UNSTAFF: "T",
    Order.RESET_FIRE: "F",
}
LIKELY_COLOR = 500
"""From this confidence (of 1000) on a vehicle's colour is suggested."""
EMPTY_VIEW: Row = {"mode": "normal", "arm": "unknown", "loops": {}, "passage": None, "devices": {}, "fault": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One order that may be given now. `place` is "main" or "more"; `strong` is the one to expect."""

    order: str
    key: str
    label: str
    place: str
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A registered vehicle whose plate is near to the one read, with the key that chooses it."""

    key: str
    plate: str
    drawn: PlateView
    unit: str
    difference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A small state in the card's foot: a loop or a device. `state` gives colour and shape, `words` the text."""

    name: str
    state: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Everything one card shows."""

    number: int
    plan: LanePlan
    tone: Tone
    headline: str
    reason: str
    next_step: str
    mode: str
    mode_words: str
    arm: str
    arm_words: str
    passage: str
    since: int | None
    plate: PlateView | None
    close_up: CloseUp | None
    doubt: str
    no_plate: str
    looks: str
    card: str
    owner: str
    unit: str
    near: tuple[Near, ...]
    signals: tuple[Mark, ...]
    devices: tuple[Mark, ...]
    picture: str
    camera: str
    camera_words: str
    buttons: tuple[Button, ...]


OwnerOf = Callable[[str], Row | None]


def card(number: int, plan: LanePlan, view: Row | None, owner_of: OwnerOf, language: str) -> Card:
    """The card of one lane; `view` None when the log knows nothing of it yet."""
    shown = view or EMPTY_VIEW
    tone = tone_of({"loops": {}, **shown})
    passage = shown.get("passage") or {}
    vehicle = str(passage.get("vehicle") or "")
    opened_for = (owner_of(vehicle) if vehicle else None) or {}
    owner = {} if tone.name == "mismatch" else opened_for
    near = _near(passage, language)
    foot = plan.kind is LaneKind.FOOT
    arm = _door(shown) if foot else str(shown.get("arm") or "unknown")
    camera = next((seat.id for seat in plan.cameras if seat.side == passage.get("side")), "")
    camera = camera or (plan.cameras[0].id if plan.cameras else "")
    condition = str((shown.get("devices") or {}).get(camera) or "online") if camera else ""
    return Card(
        number=number,
        plan=plan,
        tone=tone,
        headline=text(language, f"tone.{tone.name}"),
        reason=_mismatch(passage, opened_for, language) if tone.name == "mismatch" else _reason(tone, shown, language),
        next_step=_next_step(tone, shown, language, foot=foot),
        mode=str(shown.get("mode") or "normal"),
        mode_words=text_or(language, f"mode.{shown.get('mode')}", str(shown.get("mode"))),
        arm=arm,
        arm_words=text_or(language, f"door.{arm}" if foot else f"arm.{arm}", arm),
        passage=str(passage.get("id") or ""),
        since=micros(passage["started_at"]) if passage.get("started_at") else None,
        plate=drawn(passage),
        close_up=close_up(passage),
        doubt=doubt(DoubtSeen.among(passage.get("doubtful")), str(passage.get("plate") or ""), language),
        no_plate=text(language, "live.plate_unseen" if passage.get("plate_unseen") else "live.no_plate"),
        looks=_looks(passage, language),
        card=str(passage.get("card") or ""),
        owner=str(owner.get("owner") or ""),
        unit=str(owner.get("unit") or ""),
        near=near,
        signals=_signals(shown, language),
        devices=_devices(shown, language),
        picture=str(passage.get("picture") or ""),
        camera=camera,
        camera_words="" if condition == "online" else text_or(language, f"device.{condition}", condition),
        buttons=_buttons(shown, tone, language, foot=foot),
    )


def _mismatch(passage: Mapping[str, Any], opened_for: Row, language: str) -> str:
    """Whom the arm was opened for, who is not the one before it; the plate that is drawn says who that is."""
    plate = str(passage.get("registered_plate") or passage.get("card") or "")
    whose = f"{plate} ({opened_for['unit']})" if opened_for.get("unit") else plate
    return text(language, "live.opened_for", whose=whose)


def _looks(passage: Mapping[str, Any], language: str) -> str:
    """What colour the bodywork seems to have: a suggestion, said as one, and only where it is likely."""
    color, confidence = str(passage.get("vehicle_color") or ""), int(passage.get("vehicle_color_confidence") or 0)
    if not color or confidence < LIKELY_COLOR:
        return ""
    return text(language, "live.looks", color=text_or(language, f"body.{color}", color))


def _reason(tone: Tone, view: Row, language: str) -> str:
    """Why, in the core's own words where the view has them."""
    if tone.name == "fault":
        bad = [f"{name} {words}" for name, words in _bad_devices(view, language)]
        return " · ".join([text_or(language, f"alarm.{view.get('fault')}", str(view.get("fault"))), *bad])
    passage = view.get("passage") or {}
    unseen = tone.name == "reading" and passage.get("plate_unseen")
    if tone.name in ("fire", "unknown", "locked", "reading", "idle", "held") and not unseen:
        return ""
    says = (passage.get("says") or {}).get(language) or {}
    reason = str(passage.get("reason") or passage.get("opened_reason") or "")
    if tone.name == "manual" and passage.get("opened_reason"):
        return ground(str(passage["opened_reason"]), language)
    return str(says.get("why") or (why(reason, language) if reason else ""))


def _next_step(tone: Tone, view: Row, language: str, *, foot: bool) -> str:
    """What to do: the core's word for the reason, while it is the reason that counts."""
    passage = view.get("passage") or {}
    says = (passage.get("says") or {}).get(language) or {}
    if tone.name in ("referred", "denied") and says.get("next"):
        return str(says["next"])
    if tone.name == "referred" and passage.get("near"):
        return text(language, "next.near")
    if tone.name == "reading" and passage.get("plate_unseen"):
        return text(language, "next.unseen")
    if tone.name == "fault" and view.get("fault") == "device_lost":
        return text(language, "next.device_lost")
    otherwise = text(language, f"next.{tone.name}")
    return text_or(language, f"next.{tone.name}_foot", otherwise) if foot else otherwise


def _bad_devices(view: Row, language: str) -> list[tuple[str, str]]:
    return [
        (name, text_or(language, f"device.{state}", str(state)))
        for name, state in sorted((view.get("devices") or {}).items())
        if state != "online"
    ]


def _near(passage: Mapping[str, Any], language: str) -> tuple[Near, ...]:
    if passage.get("phase") in PASSING:
        return ()
    read = str(passage.get("plate") or "")
    found = []
    for key, one in zip(NEAR_KEYS, passage.get("near") or (), strict=False):
        position = int(one.get("position") or 0)
        plate = str(one["plate"])
        if one.get("difference") == "province":
            difference = text(language, "live.differs_province")
        else:
            was = read[position : position + 1] or "?"
            difference = text(
                language, "live.differs_one", n=position + 1, read=was, is_=plate[position : position + 1]
            )
        near = plate_view(plate, str(passage.get("color") or ""), "", {position: "differs"})
        found.append(Near(key=key, plate=plate, drawn=near, unit=str(one.get("unit") or ""), difference=difference))
    return tuple(found)


def _door(view: Row) -> str:
    door = (view.get("door") or {}).get("door")
    return {"on": "open", "off": "closed"}.get(str(door), "unknown")


def _signals(view: Row, language: str) -> tuple[Mark, ...]:
    shown = []
    door = {name: state for name, state in (view.get("door") or {}).items() if name in ("door", "lock")}
    for name, state in {**(view.get("loops") or {}), **door}.items():
        if state != "absent":
            words = text_or(language, f"{name}.signal_{state}", text_or(language, f"signal.{state}", str(state)))
            shown.append(Mark(name=text_or(language, f"loop.{name}", name), state=str(state), words=words))
    return tuple(shown)


def _devices(view: Row, language: str) -> tuple[Mark, ...]:
    return tuple(
        Mark(name=name, state=str(state), words=text_or(language, f"device.{state}", str(state)))
        for name, state in sorted((view.get("devices") or {}).items(), key=lambda one: (one[1] == "online", one[0]))
    )


def _buttons(view: Row, tone: Tone, language: str, *, foot: bool) -> tuple[Button, ...]:
    mode = str(view.get("mode") or "normal")
    here = bool(view.get("passage"))
    main = [Order.OPEN]
    more: list[Order] = []
    if here and not foot:
        main += [Order.CORRECT_PLATE, Order.REFUSE]
        more.append(Order.PULL_ASIDE)
    elif here:
        main.append(Order.REFUSE)
    if mode == "fire":
        main.append(Order.RESET_FIRE)
    main += {"held_open": [Order.RELEASE], "locked": [Order.UNLOCK]}.get(mode, [])
    more += [] if foot else [Order.STOP, Order.CLOSE]
    more += [order for order, in_mode in ((Order.LOCK, "locked"), (Order.HOLD_OPEN, "held_open")) if mode != in_mode]
    more.append(Order.UNSTAFF if mode == "staffed" else Order.STAFF)
    choice = bool((view.get("passage") or {}).get("near"))
    strong = Order.OPEN if tone.name == "referred" and not choice else None
    strong = {"held": Order.RELEASE, "locked": Order.UNLOCK, "fire": Order.RESET_FIRE}.get(tone.name, strong)
    return tuple(
        Button(
            order=order.value,
            key=ORDER_KEYS[order],
            label=text(language, "order.foot_open" if foot and order is Order.OPEN else f"order.{order.value}"),
            place=place,
            strong=order is strong,
        )
        for place, orders in (("main", main), ("more", more))
        for order in orders
    )
