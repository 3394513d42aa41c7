"""The relay: reads the outbox and tells the centre, in a thread of its own; nothing of the lane waits for it.

Reads `gate.db` through `Outbox` only, and writes nothing: what the centre acknowledged goes to the lane loop.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from controller.domain.canonical import canonical_json
from controller.domain.events import RecordedEvent
from controller.ports import Clock
from controller.sync.link import Link
from controller.sync.topics import Topics
from controller.sync.window import Allowance, Window, after_ack, after_reconnect, after_sending, after_silence

TURN_S = 0.05
HEALTH_EVERY_S = 10.0
BATCH = 200

log = structlog.get_logger("relay")


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneNow:
    """The state of a lane as the centre is told: its number in the log, and the contract's members."""

    lane: str
    seq: int
    state: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderResult:
    """What became of an order of the centre."""

    id: str
    result: str
    reason: str
    at: str


class Outbox(Protocol):
    """What the relay reads of the log; called from the relay's thread alone."""

    def acked(self) -> int:
        """The number up to which the centre has acknowledged."""

    def epoch(self) -> int:
        """How often this box was restored from a backup."""

    def events_after(self, seq: int, limit: int) -> Sequence[RecordedEvent]:
        """Events that follow `seq`, in order."""

    def lanes_now(self) -> Sequence[LaneNow]: ...

    def order_results(self) -> Sequence[OrderResult]:
        """Results of the orders of the last hour, oldest first."""


class Relay:
    """Sends events, lane states, results of orders, and health, as the link allows."""

    def __init__(
        self,
        link: Link,
        outbox: Outbox,
        topics: Topics,
        clock: Clock,
        *,
        per_s: int,
        status: Callable[[], Mapping[str, Any]],
        health: Callable[[], Mapping[str, Any]],
        keepalive_s: int,
    ) -> None:
        self._link = link
        self._outbox = outbox
        self._topics = topics
        self._clock = clock
        self._status = status
        self._health = health
        self._keepalive_s = keepalive_s
        self._allowance = Allowance(per_s)
        self._window = Window(acked=0, sent=0)
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._reconnected = False
        self._lanes_told: dict[str, int] = {}
        self._results_told: dict[str, OrderResult] = {}
        self._next_status_ns = 0
        self._next_health_ns = 0
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def start(self) -> None:
        """Begin where the log says that the centre is."""
        acked = self._outbox.acked()
        self._window = Window(acked=acked, sent=acked)
        self._thread.start()

    def stop(self) -> None:
        """End within two seconds."""
        self._stopping = True
        self._wake.set()
        self._thread.join(2)

    def wake(self) -> None:
        """Something was recorded; callable from any thread, returns at once."""
        self._wake.set()

    def connected(self) -> None:
        """A new connection stands: say who we are, and send everything unacknowledged again."""
        self._reconnected = True
        self._wake.set()

    def acknowledged(self, upto: int) -> None:
        """The log took an acknowledgement."""
        with self._lock:
            self._window = after_ack(self._window, upto, self._clock.monotonic_ns())
        self._wake.set()

    def tell_again(self, order_id: str) -> None:
        """An order came once more: its stored result is sent again."""
        self._results_told.pop(order_id, None)
        self._wake.set()

    # --- the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping:
            try:
                busy = self._turn()
            except Exception:  # the outermost edge of the relay's thread: the log may be busy or moved
                log.exception("the relay stumbled and goes on")
                busy = False
                time.sleep(1)
            self._wake.wait(TURN_S if busy else 1.0)
            self._wake.clear()

    def _turn(self) -> bool:
        """One round; True when there may be more to do at once."""
        now_ns = self._clock.monotonic_ns()
        if self._reconnected:
            self._reconnected = False
            self._lanes_told.clear()
            self._results_told.clear()  # a broker that died may have lost them
            self._next_status_ns = self._next_health_ns = 0
            with self._lock:
                self._window = after_reconnect(self._window, now_ns)
        self._tell_status(now_ns)
        if not self._link.is_alive():
            return False
        sent = self._send_events(now_ns)
        self._tell_lanes()
        self._tell_results()
        return sent > 0

    def _send_events(self, now_ns: int) -> int:
        with self._lock:
            self._window = after_silence(self._window, now_ns)
            window = self._window
        wanted = min(window.room(), BATCH)
        events = self._outbox.events_after(window.sent, wanted) if wanted else []
        allowed = self._allowance.take(len(events), now_ns)
        epoch = self._outbox.epoch()
        for count, event in enumerate(events[:allowed]):
            if not self._link.publish(self._topics.of("events"), event_payload(event, epoch)):
                return count
            with self._lock:
                if self._window.sent > event.seq:
                    continue
                self._window = after_sending(self._window, event.seq, now_ns)
        return allowed

    def _tell_lanes(self) -> None:
        for lane in self._outbox.lanes_now():
            if self._lanes_told.get(lane.lane) == lane.seq:
                continue
            if self._link.publish(self._topics.lane_state(lane.lane), _plain_json(lane.state), retain=True):
                self._lanes_told[lane.lane] = lane.seq

    def _tell_results(self) -> None:
        for result in self._outbox.order_results():
            if self._results_told.get(result.id) == result:
                continue
            payload = {"id": result.id, "result": result.result, "reason": result.reason, "at": result.at}
            # Before it goes out: the answer may be the same order once more, which is to be told again.
            self._results_told[result.id] = result
            if not self._link.publish(self._topics.of("orders/result"), _plain_json(payload)):
                self._results_told.pop(result.id, None)

    def _tell_status(self, now_ns: int) -> None:
        """Status again every half keepalive: its acknowledgement is what shows that the link lives."""
        if now_ns >= self._next_status_ns:
            self._next_status_ns = now_ns + self._keepalive_s * 500_000_000
            self._link.publish(self._topics.of("status"), _plain_json(self._status()), retain=True)
        if now_ns >= self._next_health_ns:
            self._next_health_ns = now_ns + int(HEALTH_EVERY_S * 1e9)
            self._link.publish(self._topics.of("health"), _plain_json(self._health()), qos=0)


def event_payload(event: RecordedEvent, epoch: int) -> bytes:
    """An event as the centre gets it: the members of the log, and the epoch."""
    return canonical_json(
        {
            "actor": event.actor,
            "at": event.at,
            "body": event.body,
            "epoch": epoch,
            "hash": event.hash,
            "id": event.id,
            "lane": event.lane,
            "passage": event.passage,
            "prev": event.prev,
            "seq": event.seq,
            "type": event.type,
        }
    )


def _plain_json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
