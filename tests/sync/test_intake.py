"""Deltas and snapshots on their way from the link to the registry: however many, none is lost in silence."""

import json
import threading
from pathlib import Path
from typing import Any

from controller.inbox import Inbox
from controller.registry.inlet import RegistryInlet
from controller.sync.intake import Intake
from controller.sync.link import Message
from controller.sync.orders import OrderDesk
from controller.sync.topics import Topics
from controller.sync.waiting import LEAST_COST, Waiting
from tests.eventlog.support import ToldClock
from tests.registry.estate import Rows, snapshot

TOPICS = Topics("s", "b")
PARTS = 150
VEHICLES: Rows = {"vehicles": [{"id": f"v{number:03}"} for number in range(PARTS)]}


def in_parts(whole: dict[str, Any]) -> list[bytes]:
    """A snapshot of vehicles with one of them in each message."""
    return [
        json.dumps({**whole, "upserts": {"vehicles": [row]}, "part": part, "parts": PARTS}).encode()
        for part, row in enumerate(whole["upserts"]["vehicles"], 1)
    ]


class Box:
    """An intake over a registry of its own, and what it told the centre."""

    def __init__(self, folder: Path, waiting: Waiting) -> None:
        self.told: list[dict[str, Any]] = []
        self._told_one = threading.Condition()
        self.intake = Intake(
            topics=TOPICS,
            desk=OrderDesk(site="s", box="b", lanes=["n"], keys={}),
            clock=ToldClock(),
            clock_trusted=lambda: True,
            log_writable=lambda: True,
            new_id=lambda: "id",
            inbox=Inbox(),
            acknowledge=lambda _: None,
            registry=lambda: RegistryInlet(folder / "registry.db", lambda: 1),
            tell=self._tell,
            order_seen_again=lambda _: None,
            waiting=waiting,
        )

    def send(self, payloads: list[bytes]) -> None:
        for payload in payloads:
            self.intake.take(Message(topic=TOPICS.of("registry/snapshot"), payload=payload, retained=False))

    def wait_for(self, count: int) -> None:
        with self._told_one:
            assert self._told_one.wait_for(lambda: len(self.told) >= count, 30), self.told

    def _tell(self, topic: str, payload: bytes) -> None:
        assert topic == TOPICS.of("registry/applied")
        with self._told_one:
            self.told.append(json.loads(payload))
            self._told_one.notify()


def test_a_snapshot_of_150_parts_that_come_at_once_is_put_in_force(tmp_path: Path) -> None:
    whole = snapshot(1, VEHICLES)
    box = Box(tmp_path, Waiting())
    box.send(in_parts(whole))
    box.intake.start()
    box.wait_for(1)
    box.intake.stop()
    assert box.intake.refused_messages == 0
    assert box.told == [{"version": 1, "hash": whole["hash"], "result": "applied", "reason": ""}]


def test_what_finds_no_room_is_asked_for_anew_once_and_the_parts_that_are_here_count(tmp_path: Path) -> None:
    whole = snapshot(1, VEHICLES)
    parts = in_parts(whole)
    box = Box(tmp_path, Waiting(bytes_held=100 * LEAST_COST))
    box.send(parts)
    assert box.intake.refused_messages == 50
    box.intake.start()
    box.wait_for(1)
    box.send(parts[100:])
    box.wait_for(2)
    box.intake.stop()
    assert (box.told[0]["result"], box.told[0]["version"]) == ("need_snapshot", 0)
    assert box.told[1:] == [{"version": 1, "hash": whole["hash"], "result": "applied", "reason": ""}]


def test_an_intake_that_is_stopped_leaves_what_still_waits() -> None:
    waiting = Waiting()
    assert waiting.put("registry/snapshot", b"{}")
    waiting.close()
    assert waiting.get() is None
