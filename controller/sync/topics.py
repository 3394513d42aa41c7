"""The topics between a box and the centre, in one place (contract, "MQTT"). No connection may be opened here."""

from dataclasses import dataclass

ROOT = "gatehouse/v1"


@dataclass(frozen=True, slots=True)
class Topics:
    """Topics of one box."""

    site: str
    box: str

    def of(self, name: str) -> str:
        """The full topic of a name such as "events" or "lanes/north-in/state"."""
        return f"{ROOT}/{self.site}/{self.box}/{name}"

    def name_of(self, topic: str) -> str | None:
        """The name within this box, None for a topic of another."""
        base = f"{ROOT}/{self.site}/{self.box}/"
        return topic[len(base) :] if topic.startswith(base) else None

    def lane_state(self, lane: str) -> str:
        """The retained state of one lane."""
        return self.of(f"lanes/{lane}/state")


DOWN = ("ack", "registry/delta", "registry/snapshot", "stays/delta", "orders")
"""What the box subscribes to, all at QoS 1."""

TOPIC_TABLE = (
    ("status", "up", 1, True, "online, since, version; also the last will"),
    ("lanes/<lane>/state", "up", 1, True, "mode, arm, loops, occupied, fault, updated_at"),
    ("events", "up", 1, False, "one event, in order of seq, sent again until acknowledged"),
    ("ack", "down", 1, False, "upto, head: cumulative; only this clears the outbox"),
    ("registry/delta", "down", 1, False, "a change of the registry"),
    ("registry/snapshot", "down", 1, False, "one numbered part of the whole registry, at most 200 kB"),
    ("registry/applied", "up", 1, False, "version, hash, result, reason"),
    ("stays/delta", "down", 1, False, "who came in or left elsewhere on the site"),
    ("orders", "down", 1, False, "a signed order; never retained"),
    ("orders/result", "up", 1, False, "id, result, reason, at"),
    ("health", "up", 0, False, "devices, outbox depth, disk, clock, versions"),
)
"""Name, way, QoS, retained, payload: what docs/mqtt.md is checked against."""
