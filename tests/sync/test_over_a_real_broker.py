"""Relay, intake and link against a real Mosquitto with passwords and access list."""

import json
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from controller.clock import SystemClock
from controller.domain.canonical import canonical_json
from controller.domain.events import RecordedEvent
from controller.domain.facts import CentreOrder
from controller.ids import IdMaker
from controller.inbox import Inbox, Incoming
from controller.sync.intake import Intake, Refused
from controller.sync.link import LastWill, Link, LinkSettings
from controller.sync.messages import Ack
from controller.sync.orders import OrderDesk
from controller.sync.relay import LaneNow, OrderResult, Relay
from controller.sync.topics import Topics
from tests.support.broker import Broker
from tests.support.centre import FIRST_PREV, Centre, chained_hash, running_centre

CLOCK = SystemClock()


@dataclass
class FakeOutbox:
    """A log in memory: the same members, a real chain."""

    events: list[RecordedEvent] = field(default_factory=list)
    upto: int = 0
    lanes: list[LaneNow] = field(default_factory=list)
    results: list[OrderResult] = field(default_factory=list)

    def add(self, count: int) -> None:
        for _ in range(count):
            seq = len(self.events) + 1
            prev = self.events[-1].hash if self.events else FIRST_PREV
            members: dict[str, Any] = {
                "actor": "box",
                "at": "2026-01-01T00:00:00.000000Z",
                "body": {"text": "粤B12345"},
                "id": f"id-{seq}",
                "lane": None,
                "passage": None,
                "prev": prev,
                "seq": seq,
                "type": "LaneObserved",
            }
            self.events.append(RecordedEvent(**members, hash=chained_hash(members)))

    def acked(self) -> int:
        return self.upto

    def epoch(self) -> int:
        return 1

    def events_after(self, seq: int, limit: int) -> Sequence[RecordedEvent]:
        return self.events[seq : seq + limit]

    def lanes_now(self) -> Sequence[LaneNow]:
        return self.lanes

    def order_results(self) -> Sequence[OrderResult]:
        return self.results


class FakeRegistry:
    """Takes every delta, as the registry would."""

    def apply_delta(self, message: Any) -> Refused:
        return Refused("", version=message["version"], hash="h", result="applied")

    def apply_snapshot_part(self, message: Any) -> Refused:
        return Refused("", version=message["version"], hash="h", result="")


class Box:
    """The daemon's side of the wire, without its lanes."""

    def __init__(
        self, broker: Broker, centre: Centre, *, mqtt5: bool = True, box: str = "north", per_s: int = 5_000
    ) -> None:
        self.outbox = FakeOutbox()
        self.log_writable = True
        self.inbox = Inbox()
        topics = Topics(broker.site, box)
        settings = LinkSettings(
            host="127.0.0.1",
            port=broker.port,
            client_id=f"gatehouse-{broker.site}-{box}",
            tls=False,
            user=f"box-{box}",
            password=broker.password,
            mqtt5=mqtt5,
            keepalive_s=5,
        )
        self.link = Link(
            settings,
            CLOCK,
            subscriptions=[topics.of(name) for name in ("ack", "orders", "registry/delta", "registry/snapshot")],
            will=LastWill(topic=topics.of("status"), payload=canonical_json({"online": False})),
        )
        self.relay = Relay(
            self.link,
            self.outbox,
            topics,
            CLOCK,
            per_s=per_s,
            status=lambda: {"online": True, "version": "test"},
            health=lambda: {"outbox": len(self.outbox.events) - self.outbox.upto},
            keepalive_s=5,
        )
        self.intake = Intake(
            topics=topics,
            desk=OrderDesk(site=broker.site, box=box, lanes=("in",), keys={"k1": centre.key.public_key()}),
            clock=CLOCK,
            clock_trusted=lambda: True,
            log_writable=lambda: self.log_writable,
            new_id=IdMaker(CLOCK),
            inbox=self.inbox,
            acknowledge=self._acknowledge,
            registry=FakeRegistry,
            tell=self.link.publish,
            order_seen_again=self.relay.tell_again,
        )

    def _acknowledge(self, ack: Ack) -> None:
        assert self.outbox.events[ack.upto - 1].hash == ack.head
        self.outbox.upto = max(self.outbox.upto, ack.upto)
        self.relay.acknowledged(ack.upto)

    def start(self) -> None:
        self.intake.start()
        self.relay.start()
        self.link.start(on_connected=self.relay.connected, on_message=self.intake.take)

    def stop(self) -> None:
        self.relay.stop()
        self.link.stop()
        self.intake.stop()

    def orders(self) -> list[CentreOrder]:
        found = []
        while (item := self.inbox.get(0)) is not None:
            if isinstance(item, Incoming) and isinstance(item.fact, CentreOrder):
                found.append(item.fact)
        return found


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    running = Broker(tmp_path / "broker", boxes=("north", "south"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def centre(broker: Broker) -> Iterator[Centre]:
    with running_centre(broker.site, broker.port, broker.password) as running:
        yield running


@pytest.fixture(params=[True, False], ids=["MQTT 5", "MQTT 3.1.1"])
def box(broker: Broker, centre: Centre, request: pytest.FixtureRequest) -> Iterator[Box]:
    running = Box(broker, centre, mqtt5=request.param)
    running.start()
    yield running
    running.stop()


def received(centre: Centre) -> list[int]:
    record = centre.boxes.get("north")
    return [event["seq"] for event in record.events] if record else []


def test_events_reach_the_centre_in_order_and_are_acknowledged_by_number(box: Box, centre: Centre) -> None:
    box.outbox.add(300)
    box.relay.wake()
    assert centre.wait_until(lambda: box.outbox.upto == 300)
    assert received(centre) == list(range(1, 301))
    assert centre.boxes["north"].wrong_hash == 0


def test_a_killed_broker_loses_nothing_that_the_centre_has_not_acknowledged(
    box: Box, broker: Broker, centre: Centre
) -> None:
    box.outbox.add(100)
    assert centre.wait_until(lambda: box.outbox.upto == 100)
    broker.stop(signal.SIGKILL)
    box.outbox.add(1_000)
    time.sleep(1)
    broker.start()
    box.outbox.add(100)
    assert centre.wait_until(lambda: box.outbox.upto == 1_200, 40)
    assert received(centre) == list(range(1, 1_201))


def test_a_silent_centre_gets_the_same_events_again_until_it_answers(box: Box, centre: Centre) -> None:
    centre.acknowledging = False
    box.outbox.add(5)
    assert centre.wait_until(lambda: received(centre) == [1, 2, 3, 4, 5])
    assert centre.wait_until(lambda: centre.boxes["north"].doubled >= 5, 15)
    assert box.outbox.upto == 0
    centre.acknowledging = True
    assert centre.wait_until(lambda: box.outbox.upto == 5)


def test_a_signed_order_becomes_a_fact_without_objection_and_a_forged_one_with(box: Box, centre: Centre) -> None:
    assert centre.wait_until(lambda: any(name == "north/status" for name, _, _ in centre.other))
    good = centre.order("north", "in", "open")
    for message in (good, {**good, "lane": "out"}, b"\xff" * 1_000, b"[" * 100_000, good):
        centre.send("north", "orders", message)
    found: list[CentreOrder] = []
    assert centre.wait_until(lambda: len(found.extend(box.orders()) or found) >= 5)
    assert [fact.refusal for fact in found] == ["", "bad_signature", "malformed", "malformed", ""]
    assert box.link.is_alive()


def test_no_order_is_taken_while_the_log_cannot_say_whether_it_was_seen_before(box: Box, centre: Centre) -> None:
    assert centre.wait_until(lambda: any(name == "north/status" for name, _, _ in centre.other))
    box.log_writable = False
    centre.send("north", "orders", centre.order("north", "in", "open"))
    found: list[CentreOrder] = []
    assert centre.wait_until(lambda: bool(found.extend(box.orders()) or found))
    assert [fact.refusal for fact in found] == ["log_unwritable"]


def test_a_retained_order_is_known_as_such_by_a_box_that_comes_later(broker: Broker, centre: Centre) -> None:
    centre.send("north", "orders", centre.order("north", "in", "open"), retain=True)
    time.sleep(0.5)
    late = Box(broker, centre)
    late.start()
    try:
        found: list[CentreOrder] = []
        assert centre.wait_until(lambda: bool(found.extend(late.orders()) or found))
        assert [fact.refusal for fact in found] == ["retained"]
    finally:
        late.stop()


def test_lane_state_status_and_results_are_told_and_retained_where_the_contract_says(box: Box, centre: Centre) -> None:
    assert centre.wait_until(lambda: any(name == "north/status" for name, _, _ in centre.other))
    box.outbox.lanes = [LaneNow(lane="in", seq=1, state={"mode": "normal"})]
    box.outbox.results = [OrderResult(id="o1", result="done", reason="", at="2026-01-01T00:00:00Z")]
    box.relay.wake()
    wanted = {"north/lanes/in/state", "north/status", "north/orders/result", "north/health"}
    assert centre.wait_until(lambda: wanted <= {name for name, _, _ in centre.other})


def test_a_result_that_changes_is_told_again_and_so_is_one_whose_order_came_once_more(box: Box, centre: Centre) -> None:
    def told() -> list[str]:
        return [payload["result"] for name, payload, _ in centre.other if name == "north/orders/result"]

    box.outbox.results = [OrderResult(id="o1", result="unknown", reason="unknown", at="2026-01-01T00:00:00Z")]
    assert centre.wait_until(lambda: told()[-1:] == ["unknown"])
    box.outbox.results = [OrderResult(id="o1", result="done", reason="", at="2026-01-01T00:00:09Z")]
    assert centre.wait_until(lambda: told()[-1:] == ["done"])
    before = len(told())
    box.relay.tell_again("o1")
    assert centre.wait_until(lambda: len(told()) > before)


def test_an_order_that_comes_once_more_while_its_result_is_being_sent_is_told_again(
    box: Box, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = box.link.publish

    def repeated_at_once(topic: str, payload: bytes, **more: bool) -> bool:
        done = publish(topic, payload, **more)
        if topic.endswith("orders/result"):
            monkeypatch.setattr(box.link, "publish", publish)
            box.relay.tell_again("o1")
        return done

    monkeypatch.setattr(box.link, "publish", repeated_at_once)
    box.outbox.results = [OrderResult(id="o1", result="done", reason="", at="2026-01-01T00:00:09Z")]
    assert centre.wait_until(lambda: [name for name, _, _ in centre.other].count("north/orders/result") == 2)


def test_a_box_that_stops_in_order_says_itself_that_it_is_offline(broker: Broker, centre: Centre) -> None:
    leaving = Box(broker, centre)
    leaving.start()
    assert centre.wait_until(lambda: any(name == "north/status" and told["online"] for name, told, _ in centre.other))
    leaving.stop()
    assert centre.wait_until(
        lambda: not [told for name, told, _ in centre.other if name == "north/status"][-1]["online"]
    )


def test_a_delta_is_applied_in_its_own_thread_and_its_result_told(box: Box, centre: Centre) -> None:
    assert centre.wait_until(lambda: any(name == "north/status" for name, _, _ in centre.other))
    centre.send("north", "registry/delta", {"version": 7})
    assert centre.wait_until(lambda: ("north/registry/applied") in {name for name, _, _ in centre.other})
    told = next(payload for name, payload, _ in centre.other if name == "north/registry/applied")
    assert (told["version"], told["result"]) == (7, "applied")


def test_the_broker_says_offline_when_a_box_dies_without_a_word(broker: Broker, centre: Centre) -> None:
    dying = Box(broker, centre)
    dying.start()
    assert centre.wait_until(lambda: any(name == "north/status" and told["online"] for name, told, _ in centre.other))
    sock = dying.link._client.socket()
    assert sock is not None
    dying.link._client.reconnect_delay_set(60, 60)
    sock.shutdown(2)
    assert centre.wait_until(
        lambda: any(name == "north/status" and not told["online"] for name, told, _ in centre.other)
    )
    dying.stop()


def test_two_boxes_with_one_client_id_are_told_so_in_words(broker: Broker, centre: Centre) -> None:
    boxes = [Box(broker, centre), Box(broker, centre)]
    for each in boxes:
        each.start()
    try:
        said = "perhaps another box uses the client id"
        assert centre.wait_until(lambda: any(said in each.link.detail for each in boxes), 30)
    finally:
        for each in boxes:
            each.stop()


def test_a_box_may_not_write_in_the_name_of_another(broker: Broker, centre: Centre) -> None:
    south = Box(broker, centre, box="south")
    south.start()
    try:
        assert centre.wait_until(lambda: any(name == "south/status" for name, _, _ in centre.other))
        south.link.publish(
            Topics(broker.site, "north").of("status"), json.dumps({"online": False}).encode(), retain=True
        )
        time.sleep(0.5)
        assert not any(name == "north/status" for name, _, _ in centre.other)
    finally:
        south.stop()
