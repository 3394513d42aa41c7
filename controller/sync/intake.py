"""The intake: takes what the centre sends, checks it, and hands it on as facts or as a new registry version.

Orders are judged here and carried out by the lane loop; deltas are applied in a thread of their own, so that a large
one holds up neither the link nor the lane.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import structlog

from controller.domain.facts import CentreOrder, RegistryMoved, RemoteStay
from controller.inbox import Inbox, Incoming
from controller.ports import Clock
from controller.sync.link import Message
from controller.sync.messages import Ack, BadMessage, integer_of, parse_ack, parse_object, text_of
from controller.sync.orders import OrderDesk, judge_order, utc_us
from controller.sync.topics import Topics
from controller.sync.waiting import Waiting

log = structlog.get_logger("intake")


class Applied(Protocol):
    """What became of a message; `result` is "" while a snapshot is not complete. `moved`: it led to the version."""

    @property
    def version(self) -> int: ...

    @property
    def hash(self) -> str: ...

    @property
    def result(self) -> str: ...

    @property
    def reason(self) -> str: ...

    @property
    def moved(self) -> bool: ...

    @property
    def absorbed(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that never reached the registry."""

    reason: str
    version: int = 0
    hash: str = ""
    result: str = "refused"
    moved: bool = False
    absorbed: tuple[str, ...] = ()


class RegistryWriter(Protocol):
    """The registry's only writer; used from the intake's thread alone."""

    def apply_delta(self, message: Mapping[str, Any]) -> Applied: ...

    def apply_snapshot_part(self, message: Mapping[str, Any]) -> Applied: ...


class Intake:
    """Gives every message of the centre its way. `take` runs in the link's thread and returns at once."""

    def __init__(
        self,
        *,
        topics: Topics,
        desk: OrderDesk,
        clock: Clock,
        clock_trusted: Callable[[], bool],
        log_writable: Callable[[], bool],
        new_id: Callable[[], str],
        inbox: Inbox,
        acknowledge: Callable[[Ack], None],
        registry: Callable[[], RegistryWriter],
        tell: Callable[[str, bytes], object],
        order_seen_again: Callable[[str], None],
        waiting: Waiting | None = None,
    ) -> None:
        self._topics = topics
        self._desk = desk
        self._clock = clock
        self._clock_trusted = clock_trusted
        self._log_writable = log_writable
        self._new_id = new_id
        self._inbox = inbox
        self._acknowledge = acknowledge
        self._make_registry = registry
        self._tell = tell
        self._order_seen_again = order_seen_again
        self._deltas = waiting or Waiting()
        self._thread = threading.Thread(target=self._apply_all, name="intake", daemon=True)
        self.refused_messages = 0

    def start(self) -> None:
        """Begin to apply deltas."""
        self._thread.start()

    def stop(self) -> None:
        """End after the delta in hand."""
        self._deltas.close()
        self._thread.join(5)

    def take(self, message: Message) -> None:
        """One message of the broker, whatever it is."""
        name = self._topics.name_of(message.topic)
        try:
            match name:
                case "orders":
                    self._take_order(message)
                case "ack":
                    self._acknowledge(parse_ack(message.payload))
                case "stays/delta":
                    self._take_stay(message.payload)
                case "registry/delta" | "registry/snapshot":
                    self._take_delta(name, message)
                case _:
                    raise BadMessage("no topic of ours")
        except BadMessage as error:
            self.refused_messages += 1
            log.warning("message of the centre refused", topic=message.topic, why=str(error))

    def _take_order(self, message: Message) -> None:
        now_us = self._clock.utc_us()
        judged = judge_order(
            message.payload,
            retained=message.retained,
            desk=self._desk,
            now_us=now_us,
            clock_trusted=self._clock_trusted(),
        )
        if not judged.refusal and not self._log_writable():
            judged = replace(judged, refusal="log_unwritable", detail="whether it was seen before cannot be known now")
        if judged.refusal:
            log.warning("order of the centre refused", order=judged.id, why=judged.refusal, detail=judged.detail)
        lane = judged.lane if judged.lane in self._desk.lanes else next(iter(self._desk.lanes))
        fact = CentreOrder(
            id=self._new_id(),
            at=now_us,
            lane=lane,
            order_id=judged.id,
            order=judged.order,
            by=judged.by,
            reason=judged.reason,
            issued_at=judged.issued_at,
            expires_at=judged.expires_at,
            refusal=judged.refusal,
        )
        self._inbox.put(Incoming(fact, self._clock.monotonic_ns()))
        if not judged.refusal:
            self._order_seen_again(judged.id)

    def _take_stay(self, payload: bytes) -> None:
        message = parse_object(payload)
        inside = message.get("inside", True)
        if not isinstance(inside, bool):
            raise BadMessage(f"inside: expected true or false, got {inside!r}")
        fact = RemoteStay(
            id=self._new_id(),
            at=self._clock.utc_us(),
            stay=text_of(message, "stay", 64),
            group=text_of(message, "group", 64),
            plate=text_of(message, "plate", 32),
            from_lane=text_of(message, "lane", 64),
            since=utc_us(text_of(message, "at", 40)),
            inside=inside,
            version=integer_of(message, "version"),
        )
        self._inbox.put(Incoming(fact, self._clock.monotonic_ns()))

    def _take_delta(self, name: str, message: Message) -> None:
        if not self._deltas.put(name, message.payload):
            raise BadMessage("more deltas than can be applied; a snapshot will be asked for")

    # --- the thread that applies -----------------------------------------------------------------------------------

    def _apply_all(self) -> None:
        registry: RegistryWriter | None = None
        while (item := self._deltas.get()) is not None:
            name, payload = item
            applied: Applied
            try:
                registry = registry or self._make_registry()
                applied = self._apply(registry, name, payload)
            except BadMessage as error:
                applied = Refused(str(error))
            except Exception as error:  # the outermost edge of this thread: a bad delta must not end it
                log.exception("a delta could not be applied")
                applied = Refused(type(error).__name__)
            if applied.result:
                self._report(applied)
            if self._deltas.told_lost():
                why = "more came at once than could be kept"
                self._report(Refused(why, applied.version, applied.hash, result="need_snapshot"))

    def _apply(self, registry: RegistryWriter, name: str, payload: bytes) -> Applied:
        message = parse_object(payload)
        applied = registry.apply_delta(message) if name == "registry/delta" else registry.apply_snapshot_part(message)
        if applied.moved:
            fact = RegistryMoved(
                id=self._new_id(),
                at=self._clock.utc_us(),
                version=applied.version,
                hash=applied.hash,
                absorbed=applied.absorbed,
            )
            self._inbox.put(Incoming(fact, self._clock.monotonic_ns()))
        return applied

    def _report(self, applied: Applied) -> None:
        payload = {
            "version": applied.version,
            "hash": applied.hash,
            "result": str(applied.result),
            "reason": applied.reason,
        }
        self._tell(self._topics.of("registry/applied"), json.dumps(payload, ensure_ascii=False).encode())
