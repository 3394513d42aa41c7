"""The broker is killed and stays away for the time of 5,000 events (F13, F14): all come afterwards, once, in order."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.app.outward import LogOutbox
from controller.clock import SystemClock
from controller.config import Mqtt
from controller.ids import IdMaker
from controller.inbox import Job
from controller.sync.link import LastWill, Link, LinkSettings
from controller.sync.messages import Ack
from controller.sync.relay import Relay
from controller.sync.topics import Topics
from tests.support.box import WirelessBox
from tests.support.broker import Broker
from tests.support.centre import Centre, running_centre

EVENTS = 5_000


class TellingBox(WirelessBox):
    """A box without wires but with its way to the centre: the real log, relay and link."""

    def __init__(self, folder: Path, broker: Broker) -> None:
        super().__init__(folder)
        clock = SystemClock()
        topics = Topics("jade", "north")
        settings = LinkSettings(
            host="127.0.0.1", port=broker.port, client_id="gatehouse-jade-north", tls=False, user="box-north",
            password=broker.password, keepalive_s=5,
        )  # fmt: skip
        self.link = Link(
            settings, clock, subscriptions=[topics.of("ack")], will=LastWill(topic=topics.of("status"), payload=b"{}")
        )
        per_s = Mqtt.model_fields["drain_per_s"].default
        self.relay = Relay(
            self.link,
            LogOutbox(folder / "gate.db", clock),
            topics,
            clock,
            per_s=per_s,
            status=dict,
            health=dict,
            keepalive_s=5,
        )
        self.new_order_id = IdMaker(clock)

    def connect(self) -> None:
        self.relay.start()
        self.link.start(on_connected=self.relay.connected, on_message=lambda message: self._acked(message.payload))

    def _acked(self, payload: bytes) -> None:
        from controller.sync.messages import parse_ack

        ack = parse_ack(payload)
        self.inbox.put(Job("ack", lambda: self._mark(ack)))

    def _mark(self, ack: Ack) -> None:
        assert self.log.mark_acked(ack.upto, ack.head) is None
        self.relay.acknowledged(ack.upto)

    def work(self) -> None:
        while len(self.inbox):
            self.loop.step(0)

    def drive_in(self, times: int) -> None:
        """Vehicles come and go until the log has so many more events."""
        wanted = self.log.head.seq + times
        while self.log.head.seq < wanted:
            self.scan(arming=True)
            self.card()
            self.scan(arming=True, limit_up=True)
            self.scan(closing=True, limit_up=True)
            self.scan(limit_up=True)
            self.pass_ms(2_000)
            self.scan()
            self.pass_ms(1_000)

    def disconnect(self) -> None:
        self.link.stop()
        self.relay.stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    running = Broker(tmp_path / "broker")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def centre(broker: Broker) -> Iterator[Centre]:
    with running_centre("jade", broker.port, broker.password) as running:
        yield running


def test_all_events_of_a_long_absence_arrive_once_and_in_order(
    tmp_path: Path, broker: Broker, centre: Centre, capsys: pytest.CaptureFixture[str]
) -> None:
    box = TellingBox(tmp_path, broker)
    box.connect()
    try:
        box.start()
        box.drive_in(50)

        def all_acknowledged() -> bool:
            box.work()
            return box.reader.outbox_depth() == 0

        assert centre.wait_until(all_acknowledged, 30)
        broker.stop(signal.SIGKILL)
        before = box.log.head.seq
        box.drive_in(EVENTS)
        assert box.reader.outbox_depth() >= EVENTS
        broker.start()
        assert centre.wait_until(all_acknowledged, 120)
        record = centre.boxes["north"]
        assert [event["seq"] for event in record.events] == list(range(1, box.log.head.seq + 1))
        assert record.wrong_hash == 0
        with capsys.disabled():
            away = box.log.head.seq - before
            came = len(record.events)
            print(f"\n{away} events while the broker was away, {came} at the centre, {record.doubled} came twice")
    finally:
        box.disconnect()
        box.close()
