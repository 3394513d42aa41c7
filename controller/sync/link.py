"""One connection to the broker: paho-mqtt behind the few calls that relay and intake need.

The link counts as alive by the age of the broker's last answer, never by what the library believes (F15). Every
callback is wrapped: an exception in one would end the library's thread while it went on claiming to be connected.
"""

import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from controller.ports import Clock

PACKET_LIMIT = 1_000_000
GOODBYE_S = 1.0
SHORT_NS = 10_000_000_000
SHORT_ONES_SUSPECT = 3

log = structlog.get_logger("link")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """Where the broker is and how it is spoken to; `password` was read from its file."""

    host: str
    port: int
    client_id: str
    tls: bool = True
    ca_file: Path | None = None
    user: str = ""
    password: str = ""
    mqtt5: bool = True
    keepalive_s: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message from the broker; `name` is the topic within this box."""

    topic: str
    payload: bytes
    retained: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWill:
    """What the broker says of this box when it goes silent."""

    topic: str
    payload: bytes


class Link:
    """A connection that comes back by itself."""

    def __init__(
        self,
        settings: LinkSettings,
        clock: Clock,
        *,
        subscriptions: list[str],
        will: LastWill,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._subscriptions = subscriptions
        self._on_connected: Callable[[], None] = _nobody
        self._on_message: Callable[[Message], None] = _nobody
        self._answered_ns: int | None = None
        self._connected_ns = 0
        self._short_ones = 0
        self._lock = threading.Lock()
        self.detail = "not connected yet"
        self._will = will
        self._client = self._make_client(will)

    def start(self, *, on_connected: Callable[[], None], on_message: Callable[[Message], None]) -> None:
        """Connect, and go on trying, in the library's own thread, which also makes the calls."""
        self._on_connected, self._on_message = on_connected, on_message
        settings = self._settings
        if settings.mqtt5:
            limits = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            limits.MaximumPacketSize = PACKET_LIMIT
            self._client.connect_async(
                settings.host, settings.port, settings.keepalive_s, clean_start=True, properties=limits
            )
        else:
            self._client.connect_async(settings.host, settings.port, settings.keepalive_s)
        self._client.loop_start()

    def stop(self) -> None:
        """Say goodbye and end the thread. Of a client that takes its leave the broker tells no last will: we do."""
        if self._client.is_connected():
            told = self._client.publish(self._will.topic, self._will.payload, qos=1, retain=True)
            with suppress(ValueError, RuntimeError):  # the connection went meanwhile: then the broker tells it
                told.wait_for_publish(GOODBYE_S)
        self._client.disconnect()
        self._client.loop_stop()

    def is_alive(self) -> bool:
        """Whether the broker answered within twice the keepalive."""
        with self._lock:
            answered_ns = self._answered_ns
        if answered_ns is None:
            return False
        return self._clock.monotonic_ns() - answered_ns < 2 * self._settings.keepalive_s * 1_000_000_000

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """Hand a message over; False when the library cannot take it now (queue full or not connected)."""
        if not self._client.is_connected():
            return False
        return self._client.publish(topic, payload, qos=qos, retain=retain).rc == paho.MQTT_ERR_SUCCESS

    # --- the library's side ----------------------------------------------------------------------------------------

    def _make_client(self, will: LastWill) -> paho.Client:
        settings = self._settings
        protocol = paho.MQTTv5 if settings.mqtt5 else paho.MQTTv311
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            protocol=protocol,
            clean_session=None if settings.mqtt5 else True,
        )
        if settings.user:
            client.username_pw_set(settings.user, settings.password)
        if settings.tls:
            client.tls_set(
                ca_certs=str(settings.ca_file) if settings.ca_file else None, tls_version=ssl.PROTOCOL_TLS_CLIENT
            )
        client.will_set(will.topic, will.payload, qos=1, retain=True)
        client.max_inflight_messages_set(100)
        client.max_queued_messages_set(1_000)
        client.reconnect_delay_set(min_delay=1, max_delay=30)
        client.on_connect = self._guarded(self._connected)
        client.on_disconnect = self._guarded(self._disconnected)
        client.on_publish = self._guarded(self._published)
        client.on_message = self._guarded(self._received)
        client.on_subscribe = self._guarded(self._published)
        return client

    def _guarded(self, call: Callable[..., None]) -> Callable[..., None]:
        def guarded(*arguments: Any) -> None:
            try:
                call(*arguments)
            except Exception:  # the outermost edge of the library's thread: it must live on
                log.exception("a message from the broker could not be handled")

        return guarded

    def _connected(self, _client: object, _data: object, _flags: object, reason: ReasonCode, *_rest: object) -> None:
        if reason.is_failure:
            self.detail = f"the broker refused: {reason}"
            log.error("the broker refused the connection", reason=str(reason), user=self._settings.user or "(none)")
            return
        self._answered()
        self._connected_ns = self._clock.monotonic_ns()
        if self._short_ones < SHORT_ONES_SUSPECT:
            self.detail = ""
        for topic in self._subscriptions:
            self._client.subscribe(topic, qos=1)
        self._on_connected()

    def _disconnected(self, _client: object, _data: object, _flags: object, reason: ReasonCode, *_rest: object) -> None:
        self.detail = f"disconnected: {reason}"
        short = self._clock.monotonic_ns() - self._connected_ns < SHORT_NS
        self._short_ones = self._short_ones + 1 if short and reason.is_failure else 0
        self._client.reconnect_delay_set(min(2**self._short_ones, 30), 60)
        if self._short_ones >= SHORT_ONES_SUSPECT:
            client_id = self._settings.client_id
            self.detail = f"connections end at once: perhaps another box uses the client id {client_id!r}"
            log.error(
                "connections end seconds after they are made; does another box use the same id?", client_id=client_id
            )
        log.warning("link lost", why=self.detail)

    def _published(self, *_arguments: object) -> None:
        self._answered()

    def _received(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        self._answered()
        self._on_message(Message(topic=message.topic, payload=bytes(message.payload), retained=message.retain))

    def _answered(self) -> None:
        with self._lock:
            self._answered_ns = self._clock.monotonic_ns()


def _nobody(*_arguments: object) -> None:
    """Nobody listens before `start`."""
