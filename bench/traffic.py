"""Scripted passages for the benches of the log: facts with the events and the state that they lead to."""

from collections.abc import Iterator
from dataclasses import replace

from controller.domain.events import Event, EventType
from controller.domain.facts import CardRead, Fact, TimerDue
from controller.domain.state import BoxState, LaneState
from controller.domain.terms import Arm, Side

START_US = 1_767_225_600_000_000
SECOND_US = 1_000_000
LANES = ("north-in", "north-out", "south-in", "south-out")

Turn = tuple[Fact, BoxState, list[Event]]

_REST = BoxState(lanes={lane: LaneState(lane=lane) for lane in LANES})


def plate_of(number: int) -> str:
    """One of 20,000 plates."""
    return f"粤B{number * 7919 % 20_000:05}"


def facts_of_passage(number: int) -> Iterator[Turn]:
    """Arrival to departure at one lane: four facts, eight events; an entry opens a stay, the exit closes it."""
    lane = LANES[number % len(LANES)]
    side = "entry" if lane.endswith("in") else "exit"
    passage, at = f"0197f3c2-0000-7000-8000-{number:012x}", START_US + number * 30 * SECOND_US
    who = {"side": side, "direction": side, "plate": plate_of(number), "card": f"26:1:{number % 60_000}"}

    def event(kind: EventType, actor: str, **body: object) -> Event:
        return Event(type=kind, actor=actor, lane=lane, passage=passage, body=body)

    def fact(order: int) -> Fact:
        return TimerDue(id=f"{passage}:{order}", at=at + order * SECOND_US, lane=lane, name="t", token="1")

    def moved(arm: Arm) -> BoxState:
        return replace(_REST, lanes={**_REST.lanes, lane: LaneState(lane=lane, arm=arm, updated_at=at)})

    granted = {**who, "reason": "pass_valid", "device": "r1", "vehicle": f"v{number}", "group": f"g{number % 9000}"}
    yield (
        CardRead(id=passage, at=at, lane=lane, reader="r1", side=Side(side), card=who["card"]),
        moved(Arm.DOWN),
        [
            event(EventType.VEHICLE_ARRIVED, "board:b1", side=side, direction=side),
            event(EventType.ACCESS_GRANTED, "rule:R6", **granted, waited_us=41_000, registry_version=7),
            event(EventType.BARRIER_ORDERED, "rule:R6", order_id=f"{passage}:1", order="up", because="AccessGranted"),
        ],
    )
    up = event(EventType.BARRIER_MOVED, "board:b1", arm="up", limit_up="on", limit_down="off")
    yield fact(1), moved(Arm.UP), [up]
    end = event(EventType.PASSAGE_COMPLETED, "board:b1", **who, verdict="grant", reason="pass_valid", duration_ms=9_000)
    stay = {"group": granted["group"], "plate": who["plate"], "vehicle": granted["vehicle"]}
    kind = EventType.STAY_OPENED if side == "entry" else EventType.STAY_CLOSED
    of = passage if side == "entry" else f"0197f3c2-0000-7000-8000-{number - 1:012x}"
    down = event(EventType.BARRIER_ORDERED, "rule:clear", order_id=f"{passage}:2", order="down", because="clear")
    yield fact(2), moved(Arm.UP), [end, event(kind, "rule:stay", stay=of, **stay), down]
    yield fact(3), moved(Arm.DOWN), [event(EventType.BARRIER_MOVED, "board:b1", arm="down", limit_down="on")]
