"""A small world for the tests of the core: rules, facts that number themselves, a registry in a dict, one lane."""

import itertools
from dataclasses import dataclass, replace
from typing import Any

from controller.domain.centre_orders import FORGED
from controller.domain.codec import from_plain, to_plain
from controller.domain.decide import Decision, asked, decide
from controller.domain.effects import Effect, MoveBarrier, ReleaseLock, StartTimer, StopTimer
from controller.domain.events import Event
from controller.domain.facts import (
    BarrierState,
    BoxStarted,
    CardRead,
    CentreOrder,
    DoorState,
    Fact,
    GuardOrder,
    PlateRead,
    PlateUnseen,
    SlotReading,
    TimerDue,
)
from controller.domain.known import PERSON, Asked, CardFile, Known, NearMiss, OpenStay, Right, VehicleFile, WatchEntry
from controller.domain.rules import LaneRules, SiteRules
from controller.domain.state import BoxState, initial_state
from controller.domain.terms import (
    BarrierOrder,
    LaneKind,
    Order,
    PlateColor,
    PlateKind,
    RightKind,
    RightState,
    Role,
    Side,
    Signal,
)

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = 1_767_574_800_000_000  # 2026-01-05 01:00 UTC, a Monday, 09:00 at the site
ON, OFF, UNKNOWN, ABSENT = Signal.ON, Signal.OFF, Signal.UNKNOWN, Signal.ABSENT

AT_REST: dict[str, Signal] = {
    "limit_up": OFF,
    "limit_down": ON,
    "arming": OFF,
    "closing": OFF,
    "leaving": ABSENT,
    "photocell": OFF,
    "fire": OFF,
    "button": OFF,
    "fault": OFF,
}
DOOR_AT_REST: dict[str, Signal] = {"door": OFF, "lock": OFF, "exit_button": OFF, "fire": OFF, "fault": OFF}


def right(kind: RightKind = RightKind.PASS, group: str = "g1", **fields: Any) -> Right:
    """An active right without bounds."""
    given: dict[str, Any] = {"id": "right-" + group, "state": RightState.ACTIVE} | fields
    return Right(kind=kind, group=group, **given)


def vehicle(plate: str = "粤B12345", group: str = "g1", **fields: Any) -> VehicleFile:
    """A registered small car."""
    given: dict[str, Any] = {
        "id": "v-" + plate,
        "kind": PlateKind.SMALL,
        "color": PlateColor.BLUE,
        "unit": "3-201",
    } | fields
    return VehicleFile(plate=plate, group=group, **given)


@dataclass
class Registry:
    """What the registry and the log would answer, in plain dicts; stays are kept from the events that were decided."""

    vehicles: dict[str, tuple[VehicleFile, tuple[Right, ...]]]
    cards: dict[str, tuple[CardFile, tuple[Right, ...]]]
    near: dict[str, tuple[NearMiss, ...]]
    codes: dict[str, tuple[Right, ...]]
    watch: dict[str, WatchEntry]
    stays: dict[str, OpenStay]
    orders: dict[str, str]
    base: Known

    @classmethod
    def empty(cls) -> "Registry":
        return cls({}, {}, {}, {}, {}, {}, {}, Known())

    def add_vehicle(self, plate: str = "粤B12345", *rights: Right, group: str = "g1", **fields: Any) -> VehicleFile:
        found = vehicle(plate, group, **fields)
        self.vehicles[plate] = (found, rights or (right(group=group),))
        return found

    def add_card(self, card: str = "26:1:2", *vehicles: str, group: str = "g1", **fields: Any) -> None:
        given: dict[str, Any] = {"state": RightState.ACTIVE, "rights": (right(group=group),)} | fields
        rights = given.pop("rights")
        ids = tuple(self.vehicles[plate][0].id for plate in vehicles)
        self.cards[card] = (
            CardFile(id="c-" + card, card=card, holder="h", group=group, vehicles=ids, **given),
            rights,
        )

    def look_up(self, question: Asked) -> Known:
        found, rights = self.vehicles.get(question.plate, (None, ()))
        card, card_rights = self.cards.get(question.card, (None, ()))
        bound = tuple(v for v, _ in self.vehicles.values() if card is not None and v.id in card.vehicles)
        watch = tuple(self.watch[value] for value in (question.plate, question.card) if value in self.watch)
        groups = {question.group} | {each.group for each in (*rights, *card_rights)}
        groups |= {each.group for each in (found, card) if each is not None}
        near = () if found is not None else self.near.get(question.plate, ())
        concerned = [*([found] if found is not None else []), *bound, *(miss.vehicle for miss in near)]
        groups |= {each.group for each in concerned}
        ids = {question.vehicle} | {each.id for each in concerned}
        plates = {question.plate, question.stay_plate} | {each.plate for each in concerned}
        stays = tuple(
            stay
            for stay in self.stays.values()
            if (stay.group and stay.group in groups)
            or (stay.vehicle and stay.vehicle in ids)
            or (stay.plate and stay.plate in plates)
        )
        return replace(
            self.base,
            vehicle=found,
            vehicle_rights=rights,
            near=near,
            card=card,
            card_vehicles=bound,
            card_rights=card_rights,
            code_rights=self.codes.get(question.visitor_code or question.ticket, ()),
            watch=watch,
            stays=stays,
            inside=self.base.inside or sum(1 for stay in self.stays.values() if not stay.group.startswith(PERSON)),
            order_seen=self.orders.get(question.order_id, ""),
        )

    def note(self, event: Event, at: int) -> None:
        """What the event log's read models would do with an event."""
        body = event.body
        if event.type == "StayOpened":
            self.stays[body["stay"]] = OpenStay(
                stay=body["stay"],
                group=body.get("group", ""),
                plate=body.get("plate", ""),
                vehicle=body.get("vehicle", ""),
                lane=event.lane or "",
                since=at,
                temporary=body.get("temporary", False),
                card=body.get("card", ""),
            )
        elif event.type == "StayClosed":
            self.stays.pop(body["stay"], None)
        elif event.type in ("OrderDone", "OrderRefused") and body.get("reason") not in FORGED:
            self.orders[body["order_id"]] = "done" if event.type == "OrderDone" else body["reason"]


class World:
    """One box driven by hand: facts in, events and effects out; every state goes through the codec on its way."""

    def __init__(self, *lanes: LaneRules, **site: Any) -> None:
        self.rules = SiteRules(site="s", box="b", lanes=lanes or (LaneRules(id="n", name="North"),), **site)
        self.state: BoxState = initial_state(self.rules)
        self.registry = Registry.empty()
        self.at = START
        self.log: list[Event] = []
        self.causes: list[tuple[Fact, Known, tuple[Event, ...]]] = []
        self.timers: dict[tuple[str, str], tuple[str, int]] = {}
        self.inputs: dict[str, dict[str, Signal]] = {}
        self.effects: list[Effect] = []
        self._ids = itertools.count(1)

    # --- driving ---------------------------------------------------------------------------------------------------

    def give(self, fact: Fact) -> Decision:
        known = self.registry.look_up(asked(self.state, fact, self.rules))
        decision = decide(self.state, fact, known, self.rules)
        self.state = from_plain(BoxState, to_plain(decision.state))
        assert self.state == decision.state
        self.causes.append((fact, known, decision.events))
        for event in decision.events:
            self.log.append(event)
            self.registry.note(event, fact.at)
        for effect in decision.effects:
            if isinstance(effect, StartTimer):
                self.timers[effect.lane, effect.name] = (effect.token, self.at + effect.after_ms * 1000)
            elif isinstance(effect, StopTimer):
                self.timers.pop((effect.lane, effect.name), None)
        self.effects = list(decision.effects)
        return decision

    def stamp(self) -> dict[str, Any]:
        return {"id": f"f{next(self._ids)}", "at": self.at}

    def start(self, *, clock_trusted: bool = True) -> Decision:
        return self.give(BoxStarted(**self.stamp(), version="1", clock_trusted=clock_trusted))

    def scan(self, lane: str = "n", **changes: Signal) -> Decision:
        self.inputs[lane] = self.inputs.get(lane, dict(AT_REST)) | changes
        return self.give(BarrierState(**self.stamp(), lane=lane, **self.inputs[lane]))

    def door(self, lane: str = "gate", **changes: Signal) -> Decision:
        self.inputs[lane] = self.inputs.get(lane, dict(DOOR_AT_REST)) | changes
        return self.give(DoorState(**self.stamp(), lane=lane, **self.inputs[lane]))

    def card(self, card: str = "26:1:2", side: Side = Side.ENTRY, lane: str = "n", reader: str = "r") -> Decision:
        return self.give(CardRead(**self.stamp(), lane=lane, reader=reader, side=side, card=card))

    def plate(
        self,
        text: str = "粤B12345",
        *,
        margin: int = 900,
        weak: dict[int, tuple[int, str]] | None = None,
        side: Side = Side.ENTRY,
        lane: str = "n",
        kind: PlateKind = PlateKind.SMALL,
        color: PlateColor = PlateColor.BLUE,
        waited_us: int = 0,
        **more: Any,
    ) -> Decision:
        weak = weak or {}
        slots = tuple(
            SlotReading(char=char, margin=weak.get(i, (margin, ""))[0], others=weak.get(i, (margin, ""))[1])
            for i, char in enumerate(text)
        )
        return self.give(
            PlateRead(
                **self.stamp(),
                lane=lane,
                camera="cam",
                side=side,
                text=text,
                raw=text,
                kind=kind,
                color=color,
                margin=min((slot.margin for slot in slots), default=0),
                slots=slots,
                waited_us=waited_us,
                **{"picture": "p" * 8, **more},
            )
        )

    def no_plate(self, *, lane: str = "n", side: Side = Side.ENTRY, frames: int = 5, camera: str = "cam") -> Decision:
        return self.give(
            PlateUnseen(**self.stamp(), lane=lane, camera=camera, side=side, frames=frames, picture="u" * 8)
        )

    def guard(self, order: Order = Order.OPEN, *, role: Role = Role.GUARD, lane: str = "n", **fields: Any) -> Decision:
        current = self.lane(lane).current
        given: dict[str, Any] = {
            "user": "wang",
            "reason": "resident_known",
            "passage": current.id if current is not None else "",
        } | fields
        return self.give(GuardOrder(**self.stamp(), lane=lane, role=role, order=order, **given))

    def centre(self, order: str = "open", *, lane: str = "n", **fields: Any) -> Decision:
        given: dict[str, Any] = {
            "order_id": f"o{next(self._ids)}",
            "by": "office",
            "reason": "requested",
            "issued_at": self.at,
            "expires_at": self.at + 30_000_000,
        } | fields
        return self.give(CentreOrder(**self.stamp(), lane=lane, order=order, **given))

    def wait(self, ms: int) -> list[Event]:
        """Let time pass, with every timer that runs out on the way."""
        end, first = self.at + ms * 1000, len(self.log)
        while True:
            due = min(((when, key) for key, (_, when) in self.timers.items() if when <= end), default=None)
            if due is None:
                break
            self.at = max(self.at, due[0])
            token, _ = self.timers.pop(due[1])
            lane, name = due[1]
            self.give(TimerDue(**self.stamp(), lane=lane, name=name, token=token))
        self.at = end
        return self.log[first:]

    # --- a car, by hand --------------------------------------------------------------------------------------------

    def arm_up(self, lane: str = "n") -> Decision:
        self.scan(lane, limit_down=OFF)
        return self.scan(lane, limit_up=ON)

    def arm_down(self, lane: str = "n") -> Decision:
        self.scan(lane, limit_up=OFF)
        return self.scan(lane, limit_down=ON)

    def drive_through(self, lane: str = "n") -> Decision:
        """From the loop before the arm, which is up, to beyond it."""
        self.scan(lane, closing=ON)
        self.scan(lane, arming=OFF)
        return self.scan(lane, closing=OFF)

    # --- looking ---------------------------------------------------------------------------------------------------

    def lane(self, lane: str = "n") -> Any:
        return self.state.lanes[lane]

    def phase(self, lane: str = "n") -> str:
        current = self.lane(lane).current
        return current.phase.value if current is not None else ""

    def types(self) -> list[str]:
        return [event.type.value for event in self.log]

    def last(self, type_: str) -> dict[str, Any]:
        return dict(next(event.body for event in reversed(self.log) if event.type == type_))

    def alarms(self, lane: str = "n") -> list[str]:
        return [key.partition(":")[0] for key in self.lane(lane).alarms]


def orders(decision: Decision) -> list[str]:
    """What was ordered of the arm or the lock by one decision."""
    found = []
    for effect in decision.effects:
        if isinstance(effect, MoveBarrier):
            found.append(effect.order.value)
        elif isinstance(effect, ReleaseLock):
            found.append(BarrierOrder.UNLOCK.value)
    return found


def foot_lane(**fields: Any) -> LaneRules:
    """A gate for people."""
    return LaneRules(id="gate", name="Gate", kind=LaneKind.FOOT, **fields)


def fire_at_another_lane() -> World:
    """The fire signal is on at the board of lane n; the arm of lane s is up for it."""
    world = World(LaneRules(id="n", name="n"), LaneRules(id="s", name="s"))
    world.start()
    world.scan("n")
    world.scan("s")
    world.scan("n", fire=ON)
    world.arm_up("s")
    return world


def types(decision: Decision) -> list[str]:
    """Types of the events of one decision."""
    return [event.type.value for event in decision.events]
