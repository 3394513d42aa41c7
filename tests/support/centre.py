"""A small acknowledging program that stands for the central office until there is one.

It receives events, checks that they come gapless and chained, keeps them, and acknowledges; it can sign
orders and send registry deltas. It speaks the contract alone and imports nothing of the daemon.

Run: python -m tests.support.centre --host 127.0.0.1 --port 1883 --user centre --password-file F --site S --db F
"""

import argparse
import base64
import hashlib
import json
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from paho.mqtt.enums import CallbackAPIVersion

FIRST_PREV = "0" * 64
ACK_EVERY_S = 0.2
UP = ("status", "lanes/+/state", "events", "registry/applied", "orders/result", "health")


def canonical(value: Any) -> bytes:
    """Canonical JSON as the contract says."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def chained_hash(event: dict[str, Any]) -> str:
    """The hash that an event must have."""
    members = {name: event[name] for name in ("actor", "at", "body", "id", "lane", "passage", "seq", "type")}
    return hashlib.sha256(event["prev"].encode("ascii") + canonical(members)).hexdigest()


@dataclass(slots=True)
class BoxRecord:
    """What the centre has of one box."""

    upto: int = 0
    head: str = FIRST_PREV
    events: list[dict[str, Any]] = field(default_factory=list)
    doubled: int = 0
    out_of_order: int = 0
    wrong_hash: int = 0
    acked: int = 0


class Centre:
    """Receives, checks, keeps, acknowledges. `acknowledging` False makes it a centre that is silent."""

    def __init__(self, *, site: str, store: "CentralStore | None" = None, key: Ed25519PrivateKey | None = None) -> None:
        self.site = site
        self.boxes: dict[str, BoxRecord] = {}
        self.other: list[tuple[str, dict[str, Any], bool]] = []
        self.acknowledging = True
        self.key = key or Ed25519PrivateKey.generate()
        self.changed = threading.Condition()
        self._store = store
        self._client: paho.Client | None = None
        self.subscriptions = 0

    def connect(
        self, host: str, port: int, user: str, password: str, *, mqtt5: bool = True, client_id: str = "centre"
    ) -> None:
        """Connect in the background and come back when the broker does."""
        protocol = paho.MQTTv5 if mqtt5 else paho.MQTTv311
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=protocol)
        client.username_pw_set(user, password)
        client.reconnect_delay_set(1, 2)
        client.on_connect = self._connected
        client.on_message = self._message
        client.on_subscribe = self._subscribed
        self._client = client
        client.connect_async(host, port, 10)
        client.loop_start()

    def close(self) -> None:
        """Say goodbye; everything received is in the file."""
        if self._client:
            self._client.disconnect()
            self._client.loop_stop()
        if self._store:
            self._store.close()

    # --- downwards -------------------------------------------------------------------------------------------------

    def acknowledge(self) -> None:
        """Acknowledge what is new and stored; called again and again by `main` or by a test."""
        if not self.acknowledging:
            return
        if self._store:
            with self.changed:
                self._store.commit(self.boxes)
        for box, record in list(self.boxes.items()):
            if record.upto > record.acked:
                record.acked = record.upto
                self.send(box, "ack", {"upto": record.upto, "head": record.head})

    def send(self, box: str, name: str, payload: dict[str, Any] | bytes, *, retain: bool = False) -> None:
        """Publish to one box."""
        assert self._client is not None
        raw = payload if isinstance(payload, bytes) else canonical(payload)
        self._client.publish(f"gatehouse/v1/{self.site}/{box}/{name}", raw, qos=1, retain=retain)

    def signed(self, order: dict[str, Any], key: Ed25519PrivateKey | None = None) -> dict[str, Any]:
        """The order with its signature."""
        signature = (key or self.key).sign(canonical(order))
        return {**order, "sig": base64.urlsafe_b64encode(signature).rstrip(b"=").decode()}

    def order(self, box: str, lane: str, what: str, /, **changes: Any) -> dict[str, Any]:
        """An order for a lane, signed, valid for half a minute; `changes` replace members before signing."""
        now = time.time()
        order = {
            "id": f"order-{time.time_ns()}",
            "site": self.site,
            "box": box,
            "lane": lane,
            "order": what,
            "args": {"reason": "asked by the office"},
            "by": "office",
            "issued_at": iso(now),
            "expires_at": iso(now + 30),
            "key_id": "k1",
        }
        return self.signed({**order, **changes})

    # --- upwards ---------------------------------------------------------------------------------------------------

    def _connected(self, client: paho.Client, *_rest: Any) -> None:
        for name in UP:
            client.subscribe(f"gatehouse/v1/{self.site}/+/{name}", qos=1)
        for record in self.boxes.values():
            record.acked = 0

    def _subscribed(self, *_said: Any) -> None:
        with self.changed:
            self.subscriptions += 1
            self.changed.notify_all()

    def _message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        _, _, _, box, name = message.topic.split("/", 4)
        with self.changed:
            if name == "events":
                self._event(box, json.loads(message.payload))
            elif message.payload:
                self.other.append((f"{box}/{name}", json.loads(message.payload), message.retain))
            self.changed.notify_all()

    def _event(self, box: str, event: dict[str, Any]) -> None:
        record = self.boxes.setdefault(box, BoxRecord())
        if event["seq"] <= record.upto:
            record.doubled += 1
            record.acked = min(record.acked, event["seq"])
        elif event["seq"] != record.upto + 1:
            record.out_of_order += 1
        elif event["prev"] != record.head or chained_hash(event) != event["hash"]:
            record.wrong_hash += 1
        else:
            record.upto, record.head = event["seq"], event["hash"]
            if self._store:
                self._store.keep(box, event)
            else:
                record.events.append(event)

    def wait_until(self, true: Callable[[], bool], timeout_s: float = 20) -> bool:
        """Wait, acknowledging all the while, until something holds; False when it did not in time."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            self.acknowledge()
            with self.changed:
                if true():
                    return True
                self.changed.wait(0.05)
        return true()


def iso(moment: float) -> str:
    """UTC as the contract writes it."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
    return f"{whole}.{int(moment % 1 * 1e6):06d}Z"


class CentralStore:
    """What the centre keeps: `central.db`, with every event of every box once, and what else was noticed."""

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(file, check_same_thread=False)
        self._database.executescript(_SCHEMA)
        self._new = False

    def heads(self) -> dict[str, BoxRecord]:
        """Where every box stood when this file was written last."""
        rows = self._database.execute("SELECT box, max(seq), hash FROM events GROUP BY box")
        return {box: BoxRecord(upto=seq, head=head) for box, seq, head in rows}

    def keep(self, box: str, event: dict[str, Any]) -> None:
        """Keep one event; on disk with the next `commit`."""
        body = json.dumps(event["body"], ensure_ascii=False, sort_keys=True)
        members = [event[name] for name in ("seq", "id", "at", "lane", "type", "passage", "actor")]
        values = [box, *members, body, event["prev"], event["hash"], event["epoch"], iso(time.time())]
        self._database.execute(f"INSERT INTO events VALUES ({', '.join('?' * len(values))})", values)
        self._new = True

    def commit(self, boxes: dict[str, BoxRecord]) -> None:
        """Put everything on disk, before it is acknowledged."""
        if self._new:
            rows = [(box, each.upto, each.doubled, each.out_of_order, each.wrong_hash) for box, each in boxes.items()]
            self._database.executemany("INSERT OR REPLACE INTO receipts VALUES (?, ?, ?, ?, ?)", rows)
            self._database.commit()
            self._new = False

    def close(self) -> None:
        """Close the file."""
        self._database.commit()
        self._database.close()


_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (box TEXT, seq INTEGER, id TEXT, at TEXT, lane TEXT, type TEXT, passage TEXT,
    actor TEXT, body TEXT, prev TEXT, hash TEXT, epoch INTEGER, received_at TEXT, PRIMARY KEY (box, seq));
CREATE TABLE IF NOT EXISTS receipts (box TEXT PRIMARY KEY, upto INTEGER, doubled INTEGER, out_of_order INTEGER,
    wrong_hash INTEGER);
"""


@contextmanager
def running_centre(site: str, port: int, password: str) -> Iterator[Centre]:
    """A centre connected to a broker on loopback, for a test."""
    centre = Centre(site=site)
    centre.connect("127.0.0.1", port, "centre", password)
    try:
        with centre.changed:  # what is said before anybody listens, and is not retained, is heard by nobody
            assert centre.changed.wait_for(lambda: centre.subscriptions >= len(UP), 20)
        yield centre
    finally:
        centre.close()


def main() -> int:
    """Run until SIGTERM; the demo starts it as a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--user", default="centre")
    parser.add_argument("--password-file", type=Path, required=True)
    parser.add_argument("--site", required=True)
    parser.add_argument("--db", type=Path, required=True)
    parser.add_argument("--mqtt-3", action="store_true", help="speak MQTT 3.1.1, for a broker that knows no 5")
    options = parser.parse_args()
    store = CentralStore(options.db)
    centre = Centre(site=options.site, store=store)
    centre.boxes.update(store.heads())
    password = options.password_file.read_text().strip()
    centre.connect(options.host, options.port, options.user, password, mqtt5=not options.mqtt_3)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    while not stopping.wait(ACK_EVERY_S):
        centre.acknowledge()
    centre.acknowledge()
    time.sleep(0.3)
    centre.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
