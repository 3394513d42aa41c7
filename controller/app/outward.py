"""The way to the centre, wired: link, relay and intake with the log and the registry behind them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from controller.config import BoxConfig, CentreKey, Mqtt
from controller.domain.canonical import canonical_json
from controller.domain.events import RecordedEvent
from controller.domain.facts import BoxAlarm, Fact
from controller.eventlog.log import EventLog
from controller.eventlog.projections import UNPROVEN
from controller.eventlog.timetext import text_of
from controller.eventlog.views import LogReader
from controller.inbox import Inbox, Job
from controller.ports import Clock, LogUnwritable
from controller.registry.inlet import RegistryInlet
from controller.sync.intake import Intake
from controller.sync.link import LastWill, Link, LinkSettings
from controller.sync.messages import Ack
from controller.sync.orders import OrderDesk
from controller.sync.relay import LaneNow, OrderResult, Relay
from controller.sync.topics import DOWN, Topics

RESULTS_TOLD_US = 3600 * 1_000_000
STATE_KEYS = ("mode", "arm", "loops", "occupied", "fault", "updated_at")

log = structlog.get_logger("outward")


class StartError(Exception):
    """The daemon cannot start: one line that says whose fault it is and what to do."""


class LogOutbox:
    """The log as the relay reads it."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._reader = LogReader(path)
        self._clock = clock

    def acked(self) -> int:
        """The number up to which the centre has acknowledged."""
        return self._reader.acked()

    def epoch(self) -> int:
        """How often this box was restored from a backup."""
        return self._reader.epoch()

    def events_after(self, seq: int, limit: int) -> Sequence[RecordedEvent]:
        """Events that follow `seq`."""
        return self._reader.events_after(seq, limit)

    def lanes_now(self) -> Sequence[LaneNow]:
        """What the centre is told of each lane."""
        return [
            LaneNow(lane=row["lane"], seq=row["seq"], state=lane_state(row["view"]))
            for row in self._reader.lane_views()
        ]

    def order_results(self) -> Sequence[OrderResult]:
        """Results of the last hour; what nobody is known to have signed leaves an event and nothing else."""
        since = self._clock.utc_us() - RESULTS_TOLD_US
        return [
            OrderResult(id=row["id"], result=row["result"], reason=row["reason"] or "", at=row["at"])
            for row in self._reader.order_results(since=since)
            if row["reason"] not in UNPROVEN
        ]


def lane_state(view: Mapping[str, Any]) -> dict[str, Any]:
    """What the centre is told of a lane; its time as every other time on the wire."""
    state = {key: view.get(key) for key in STATE_KEYS}
    at = state["updated_at"]
    return {**state, "updated_at": text_of(at) if isinstance(at, int) else at}


def secret(file: Path | None, what: str) -> str:
    """The one line of a secret's file, "" when none is named. Raises StartError."""
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"{what}: {file} cannot be read: {error}") from None


def public_key(key: CentreKey) -> Ed25519PublicKey:
    """A key of the centre. Raises StartError for a file that holds no Ed25519 public key."""
    try:
        found = load_pem_public_key(key.public_key_file.read_bytes())
    except (OSError, ValueError) as error:
        raise StartError(f"centre key {key.id}: {key.public_key_file}: {error}") from None
    if not isinstance(found, Ed25519PublicKey):
        raise StartError(f"centre key {key.id}: {key.public_key_file} is no Ed25519 public key")
    return found


def link_settings(config: BoxConfig, settings: Mqtt) -> LinkSettings:
    """How the broker is reached. Raises StartError when the password's file cannot be read."""
    return LinkSettings(
        host=settings.host,
        port=settings.port,
        client_id=f"gatehouse-{config.site}-{config.box}",
        tls=settings.tls,
        ca_file=settings.ca_file,
        user=settings.user,
        password=secret(settings.password_file, "mqtt.password_file"),
        mqtt5=settings.protocol == "5",
        keepalive_s=settings.keepalive_s,
    )


class Outward:
    """Link, relay and intake of one box."""

    def __init__(
        self,
        config: BoxConfig,
        settings: Mqtt,
        *,
        gate_db: Path,
        registry_db: Path,
        clock: Clock,
        clock_trusted: Callable[[], bool],
        log_writable: Callable[[], bool],
        new_id: Callable[[], str],
        inbox: Inbox,
        writer: EventLog,
        post: Callable[[Fact], None],
        status: Callable[[], Mapping[str, Any]],
        health: Callable[[], Mapping[str, Any]],
    ) -> None:
        self._clock, self._inbox, self._writer, self._post, self._new_id = clock, inbox, writer, post, new_id
        self._head_mismatch = False
        topics = Topics(config.site, config.box)
        self.link = Link(
            link_settings(config, settings),
            clock,
            subscriptions=[topics.of(name) for name in DOWN],
            will=LastWill(topic=topics.of("status"), payload=canonical_json({**status(), "online": False})),
        )
        self.relay = Relay(
            self.link,
            LogOutbox(gate_db, clock),
            topics,
            clock,
            per_s=settings.drain_per_s,
            status=status,
            health=health,
            keepalive_s=settings.keepalive_s,
        )
        self.intake = Intake(
            topics=topics,
            desk=OrderDesk(
                site=config.site,
                box=config.box,
                lanes=[lane.id for lane in config.lanes],
                keys={key.id: public_key(key) for key in config.centre_keys},
            ),
            clock=clock,
            clock_trusted=clock_trusted,
            log_writable=log_writable,
            new_id=new_id,
            inbox=inbox,
            acknowledge=lambda ack: inbox.put(Job("acknowledgement", lambda: self._acknowledge(ack))),
            registry=lambda: RegistryInlet(registry_db, clock.utc_us),
            tell=self.link.publish,
            order_seen_again=self.relay.tell_again,
        )

    def start(self) -> None:
        """Connect, and go on trying."""
        self.intake.start()
        self.relay.start()
        self.link.start(on_connected=self.relay.connected, on_message=self.intake.take)

    def stop(self) -> None:
        """Say goodbye."""
        self.relay.stop()  # first, so that nothing says "online" after the goodbye
        self.link.stop()
        self.intake.stop()

    def _acknowledge(self, ack: Ack) -> None:
        """In the lane loop's thread: the log's only writer."""
        try:
            why = self._writer.mark_acked(ack.upto, ack.head)
        except LogUnwritable as error:
            log.warning("an acknowledgement could not be kept; the events go out again", why=str(error))
            return
        if why is None:
            self.relay.acknowledged(ack.upto)
        if bool(why) != self._head_mismatch:
            self._head_mismatch = bool(why)
            alarm = BoxAlarm(
                id=self._new_id(), at=self._clock.utc_us(), alarm="head_mismatch", on=bool(why), detail=why or ""
            )
            self._post(alarm)
