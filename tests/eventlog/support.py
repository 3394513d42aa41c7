"""What the tests of the log share: a clock that is told the time, and scripted passages."""

from pathlib import Path
from typing import Any

from controller.domain.events import Event, EventType
from controller.domain.facts import CardRead, Fact, TimerDue
from controller.domain.known import NOTHING
from controller.domain.state import BoxState, LaneState
from controller.domain.terms import Side
from controller.eventlog.log import EventLog

START_US = 1_780_000_000_000_000


class ToldClock:
    """A clock that stands until it is moved."""

    def __init__(self, us: int = START_US) -> None:
        self.us = us

    def utc_us(self) -> int:
        self.us += 1
        return self.us

    def monotonic_ns(self) -> int:
        return self.us * 1000


def open_log(path: Path, clock: ToldClock | None = None) -> EventLog:
    return EventLog(path, clock=clock or ToldClock())


def tick(number: int, lane: str = "north-in") -> Fact:
    return TimerDue(id=f"fact-{number}", at=START_US + number, lane=lane, name="t", token=str(number))


def card(passage: str, lane: str = "north-in") -> CardRead:
    return CardRead(id=passage, at=START_US, lane=lane, reader="r1", side=Side.ENTRY, card="26:123:45678")


def passage_events(passage: str, lane: str = "north-in", plate: str = "粤B12345") -> list[tuple[Fact, list[Event]]]:
    """One entry from arrival to completion: four facts with the events they gave."""

    def event(kind: EventType, actor: str = "rule:R6", **body: Any) -> Event:
        return Event(type=kind, actor=actor, lane=lane, passage=passage, body=body)

    who = {"side": "entry", "direction": "entry", "plate": plate, "card": "26:123:45678", "vehicle": "v1"}
    return [
        (
            card(passage, lane),
            [
                event(EventType.VEHICLE_ARRIVED, "board:b1", side="entry", direction="entry"),
                event(EventType.ACCESS_GRANTED, **who, reason="valid", device="r1", group="3-201", waited_us=41_000),
                event(EventType.BARRIER_ORDERED, order_id=f"{passage}:1", order="up", because="AccessGranted"),
            ],
        ),
        (tick(1, lane), [event(EventType.BARRIER_MOVED, "board:b1", arm="up", limit_up="on", limit_down="off")]),
        (
            tick(2, lane),
            [
                event(EventType.PASSAGE_COMPLETED, **who, verdict="grant", reason="valid", duration_ms=9_000),
                event(EventType.STAY_OPENED, stay=passage, group="3-201", plate=plate, vehicle="v1", temporary=False),
            ],
        ),
    ]


def record_passage(log: EventLog, passage: str, lane: str = "north-in", plate: str = "粤B12345") -> None:
    for fact, events in passage_events(passage, lane, plate):
        log.record(fact, NOTHING, BoxState(lanes={lane: LaneState(lane=lane)}), events)
