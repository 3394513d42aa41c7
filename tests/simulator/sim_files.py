"""Files for a small simulation with every kind of wire, in a folder of a test's own."""

import json
from pathlib import Path

CONFIG = {
    "seed": 7,
    "truth": "truth.jsonl",
    "fleet": "fleet.csv",
    "traffic": [],
    "boxes": [
        {
            "id": "north",
            "reader_lines": [
                {"kind": "wiegand", "id": "wie", "device": "dev/wie", "baud": 38400, "reader": "in-reader"},
                {"kind": "keyboard", "id": "kbd", "device": "dev/kbd", "reader": "foot-reader"},
                {"kind": "osdp", "id": "bus", "device": "dev/osdp", "readers": [{"id": "out-reader", "address": 3}]},
            ],
            "barrier_lines": [
                {
                    "id": "barriers",
                    "device": "dev/modbus",
                    "baud": 38400,
                    "boards": [
                        {"id": "b1", "address": 1},
                        {"id": "b2", "address": 2, "profile": "waveshare-relay-d"},
                        {"id": "b3", "address": 3, "profile": "foot-gate"},
                    ],
                }
            ],
            "cameras": [{"id": "cam", "fps": 2}],
            "lanes": [
                {
                    "id": "in",
                    "direction": "entry",
                    "board": "b1",
                    "readers": [{"id": "in-reader", "side": "entry"}],
                    "cameras": [{"id": "cam", "side": "entry"}],
                },
                {
                    "id": "out",
                    "direction": "exit",
                    "board": "b2",
                    "readers": [{"id": "out-reader", "side": "exit"}],
                },
                {
                    "id": "foot",
                    "kind": "foot",
                    "direction": "both",
                    "board": "b3",
                    "readers": [{"id": "foot-reader", "side": "entry"}],
                },
            ],
        }
    ],
}
FLEET = """\
vehicle,plate,plate_kind,plate_color,card,who
v1,粤B12345,small,blue,26:1:1,resident
v2,粤AD12345,nev_small,green,26:1:2,resident
s1,粤B88888,small,blue,,stranger
p1,,,,26:1:5,person
"""


def write(folder: Path, **changes) -> Path:
    """The configuration's path; `changes` replace members at its top."""
    (folder / "fleet.csv").write_text(FLEET, "utf-8")
    path = folder / "sim.yaml"
    path.write_text(json.dumps(CONFIG | changes, indent=2), "utf-8")
    return path


def truth(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "truth.jsonl").read_text("utf-8").splitlines()]
