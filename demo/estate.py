"""The demo's estate on paper: two boxes of two lanes each, one with a gate for people; files for daemon and simulator.

Only files are written here; nothing is started. The daemon's files are such as a real gate would have: nothing in them
knows of a simulator.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SITE = "jade"
Yaml = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ports:
    """Addresses on loopback: pages, broker and cameras."""

    booths: dict[str, int]
    simulator_page: int
    broker: int
    cameras: dict[str, int]


LANES = {
    "north": (("north-in", "北门入口", "entry"), ("north-out", "北门出口", "exit")),
    "south": (("south-in", "南门入口", "entry"), ("south-out", "南门出口", "exit")),
}
BOXES = tuple(LANES)
CAMERAS = tuple(f"{lane}-camera" for lanes in LANES.values() for lane, _, _ in lanes)


def reader_lines(box: str, devices: Path, keys: Path) -> list[Yaml]:
    """North has an OSDP bus with secure channel; south a Wiegand converter, a USB reader and an OSDP door reader."""
    if box == "north":
        readers = [
            {"id": f"{lane}-reader", "address": address, "key_file": str(keys / f"{lane}-reader.key")}
            for address, (lane, _, _) in enumerate(LANES[box])
        ]
        return [_line("osdp", "north-readers", devices, baud=9600, readers=readers)]
    people = [{"id": "south-people-reader", "address": 0, "key_file": str(keys / "south-people-reader.key")}]
    return [
        _line("wiegand", "south-in-line", devices, baud=9600, format="hex_line", reader="south-in-reader"),
        _line("keyboard", "south-out-line", devices, format="decimal10", reader="south-out-reader"),
        _line("osdp", "south-people-bus", devices, baud=38400, readers=people),
    ]


def _line(kind: str, line_id: str, devices: Path, **more: Any) -> Yaml:
    return {"kind": kind, "id": line_id, "device": str(devices / line_id), **more}


def barrier_lines(box: str, devices: Path) -> list[Yaml]:
    """North speaks to two generic boards on one line; south to two Waveshare boards and a foot gate's on another."""
    profile = "generic" if box == "north" else "waveshare-relay-d"
    boards = [
        {"id": f"{lane}-board", "address": address, "profile": profile}
        for address, (lane, _, _) in enumerate(LANES[box], 1)
    ]
    if box == "south":
        boards.append({"id": "south-people-board", "address": 3, "profile": "foot-gate"})
    return [{"id": f"{box}-barriers", "device": str(devices / f"{box}-barriers"), "baud": 9600, "boards": boards}]


def lanes(box: str) -> list[Yaml]:
    """What stands at each lane; the same for daemon and simulator."""
    found: list[Yaml] = [
        {
            "id": lane,
            "direction": direction,
            "board": f"{lane}-board",
            "readers": [{"id": f"{lane}-reader", "side": direction}],
            "cameras": [{"id": f"{lane}-camera", "side": direction}],
        }
        for lane, _, direction in LANES[box]
    ]
    if box == "south":
        people = [{"id": "south-people-reader", "side": "entry"}]
        found.append(
            {
                "id": "south-people",
                "kind": "foot",
                "direction": "both",
                "board": "south-people-board",
                "readers": people,
            }
        )
    return found


def box_config(box: str, folder: Path, ports: Ports, *, mqtt5: bool) -> Yaml:
    """The daemon's configuration of one box."""
    names = {lane: name for lane, name, _ in LANES[box]} | {"south-people": "南门人行"}
    daemon_lanes = [{**lane, "name": names[lane["id"]], **_policy(lane)} for lane in lanes(box)]
    return {
        "site": SITE,
        "box": box,
        "data": str(folder / box),
        "languages": ["zh-Hans", "en"],
        "capacity": 400,
        "reader_lines": reader_lines(box, folder / "dev", folder / "keys"),
        "barrier_lines": barrier_lines(box, folder / "dev"),
        "cameras": [
            {"id": f"{lane}-camera", "source": f"http://127.0.0.1:{ports.cameras[f'{lane}-camera']}/stream.mjpg"}
            for lane, _, _ in LANES[box]
        ],
        "lanes": daemon_lanes,
        "mqtt": {
            "host": "127.0.0.1",
            "port": ports.broker,
            "tls": False,
            "user": f"box-{box}",
            "password_file": str(folder / "broker" / "password"),
            "protocol": "5" if mqtt5 else "3.1.1",
            "keepalive_s": 5,
        },
        "booth": {"host": "127.0.0.1", "port": ports.booths[box], "plain_http": True},
        "keep": {"disk_free_mb": 50},
    }


def _policy(lane: Yaml) -> Yaml:
    """How the demo's lanes decide."""
    if lane.get("kind") == "foot":
        return {"evidence": "card", "antipassback": {"mode": "off"}}
    return {"evidence": "either", "antipassback": {"mode": "soft"}}


def simulator_config(folder: Path, ports: Ports, traffic: Sequence[Path], seed: int) -> Yaml:
    """The simulator's configuration: the other end of the same wires."""
    boxes = [
        {
            "id": box,
            "reader_lines": reader_lines(box, folder / "dev", folder / "keys"),
            "barrier_lines": barrier_lines(box, folder / "dev"),
            "cameras": [{"id": f"{lane}-camera", "port": ports.cameras[f"{lane}-camera"]} for lane, _, _ in LANES[box]],
            "lanes": lanes(box),
        }
        for box in BOXES
    ]
    return {
        "seed": seed,
        "truth": str(folder / "truth.jsonl"),
        "fleet": str(folder / "fleet.csv"),
        "traffic": [str(each) for each in traffic],
        "page": {"port": ports.simulator_page},
        "boxes": boxes,
    }


def write_yaml(file: Path, value: Yaml) -> None:
    """Write a configuration; JSON is YAML, and every tool reads it."""
    file.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def write_reader_keys(folder: Path) -> None:
    """A key for each OSDP reader, as an installer would make with `gatehouse osdp key`."""
    folder.mkdir(parents=True, exist_ok=True)
    for reader in ("north-in-reader", "north-out-reader", "south-people-reader"):
        file = folder / f"{reader}.key"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_hex(16) + "\n")
