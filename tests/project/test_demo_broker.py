"""Where Mosquitto cannot be installed the demo runs on another broker, and all that speak with it speak MQTT 3.1.1."""

from pathlib import Path

from demo.broker import Broker
from tests.support.centre import Centre


def test_without_mosquitto_another_broker_carries_events_and_acknowledgements(tmp_path: Path) -> None:
    broker = Broker(folder=tmp_path / "broker", site="jade", boxes=("north",), mosquitto=None)
    assert not broker.speaks_mqtt5()
    broker.start()
    box, centre = Centre(site="jade"), Centre(site="jade")
    try:
        for each, name in ((box, "box"), (centre, "centre")):  # one name for both would drive each other out
            each.connect("127.0.0.1", broker.port, "centre", broker.password, mqtt5=False, client_id=name)

        def heard() -> bool:
            box.send("north", "status", {"online": True})
            return any(name == "north/status" for name, _, _ in centre.other)

        assert centre.wait_until(heard, 20)
    finally:
        box.close()
        centre.close()
        broker.stop()
