"""Hand-made evidence for the judge: a clean run of one box, and ways to spoil it."""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from controller.eventlog.chain import FIRST_PREV, chained_hash, event_text
from controller.eventlog.schema import EVENTS, READ_MODELS
from demo.evidence import OUTCOMES, Evidence

T0 = 1_790_000_000.0


def iso(seconds: float) -> str:
    moment = datetime.fromtimestamp(T0 + seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}Z"


def truth(at, what, lane="in", **values):
    return {"t": iso(at), "box": "north", "lane": lane, "what": what, **values}


def event(at, type_, passage="", lane="in", actor="box", **body):
    return {"at": iso(at), "type": type_, "passage": passage or None, "lane": lane, "actor": actor, "body": body}


def clean_truth(base=0.0, vehicle="v1", plate="粤B12345", card="26:1:1", lane="in", direction="entry"):
    who = {"vehicle": vehicle, "plate": plate}
    return [
        truth(base + 1, "vehicle_arrived", lane, **who, direction=direction),
        truth(base + 3, "card_presented", lane, vehicle=vehicle, card=card, side=direction),
        truth(base + 3.4, "arm", lane, position="rising"),
        truth(base + 5, "arm", lane, position="up"),
        truth(base + 7, "under_arm", lane, occupied=True, by=vehicle),
        truth(base + 9, "under_arm", lane, occupied=False, by=vehicle),
        truth(base + 9.5, "vehicle_crossed", lane, **who, direction=direction),
        truth(base + 10.3, "arm", lane, position="falling"),
        truth(base + 11.8, "arm", lane, position="down"),
        truth(base + 14, "vehicle_left", lane, **who, direction=direction),
    ]


def clean_events(base=0.0, passage="p1", plate="粤B12345", card="26:1:1", lane="in", direction="entry"):
    who = {"side": direction, "direction": direction, "plate": plate, "card": card, "vehicle": "v1", "group": "g1"}
    order = {"order_id": f"{passage}:up", "order": "up"}
    last = [event(base + 9.6, "StayOpened", passage, lane, stay=passage, group="g1")]
    if direction == "exit":
        last = [event(base + 9.6, "StayClosed", passage, lane, stay="p1", group="g1", minutes=1)]
    return [
        event(base + 1.2, "VehicleArrived", passage, lane, side=direction, direction=direction),
        event(base + 3.1, "AccessGranted", passage, lane, "reader:r1", **who, reason="pass_valid", waited_us=4_000),
        event(base + 3.1, "BarrierOrdered", passage, lane, "rule:R6", **order, because="AccessGranted"),
        event(base + 3.2, "BarrierAnswered", passage, lane, **order, outcome="written", since_origin_us=80_000),
        event(base + 9.6, "PassageCompleted", passage, lane, **who, verdict="grant"),
        *last,
    ]


class Maker:
    """Collects truth and events, then writes the files. Change the lists before `evidence`."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.truth = clean_truth() + clean_truth(30, lane="out", direction="exit")
        self.events = clean_events() + clean_events(30, "p2", lane="out", direction="exit")
        self.fleet = [("v1", "粤B12345", "26:1:1", "resident"), ("s1", "粤C99999", "", "stranger")]
        self.stays = [("p1", "p2")]
        self.after_write = []
        self.unacked = set()
        self.received_skip = set()
        self.received_twice = set()
        self.received_change = {}

    def evidence(self) -> Evidence:
        lines = sorted(self.truth, key=lambda line: line["t"])
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (self.folder / "truth.jsonl").write_text(text, "utf-8")
        rows = self._write_log()
        self._write_received(rows)
        fleet = "vehicle,plate,card,who\n" + "".join(",".join(row) + "\n" for row in self.fleet)
        (self.folder / "fleet.csv").write_text(fleet, "utf-8")
        return Evidence(
            truth=self.folder / "truth.jsonl",
            boxes={"north": self.folder / "gate.db"},
            received=self.folder / "received.jsonl",
            fleet=self.folder / "fleet.csv",
        )

    def _write_log(self):
        base = sqlite3.connect(self.folder / "gate.db")
        for statement in EVENTS + READ_MODELS:
            base.execute(statement)
        prev, rows = FIRST_PREV, []
        for seq, one in enumerate(sorted(self.events, key=lambda each: each["at"]), start=1):
            body = json.dumps(one["body"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            row = {"seq": seq, "id": f"e{seq}", **one, "body": body}
            hash_ = chained_hash(prev, event_text(**row))
            row |= {"prev": prev, "hash": hash_}
            prev = hash_
            rows.append(row)
            names = ("seq", "id", "at", "lane", "type", "passage", "actor", "body", "prev", "hash")
            base.execute(f"INSERT INTO events VALUES ({','.join('?' * 10)})", [row[name] for name in names])
            base.execute("INSERT INTO outbox VALUES (?, ?)", (seq, int(seq not in self.unacked)))
        for passage in dict.fromkeys(one["passage"] for one in self.events if one["passage"]):
            own = [one for one in self.events if one["passage"] == passage]
            outcome = next((OUTCOMES[one["type"]] for one in own if one["type"] in OUTCOMES), None)
            base.execute(
                "INSERT INTO passages (id, lane, started_at, outcome, first_seq, last_seq) VALUES (?,?,?,?,1,1)",
                (passage, own[0]["lane"], own[0]["at"], outcome),
            )
        for stay, closed_by in self.stays:
            base.execute(
                "INSERT INTO stays (id, entry_at, exit_at) VALUES (?, ?, ?)", (stay, iso(9), closed_by and iso(39))
            )
        for statement in self.after_write:
            base.execute(statement)
        base.commit()
        base.close()
        return rows

    def _write_received(self, rows):
        lines = []
        for row in rows:
            if row["seq"] in self.received_skip:
                continue
            line = {"box": "north", **row, "body": json.loads(row["body"])} | self.received_change.get(row["seq"], {})
            lines += [line] * (2 if row["seq"] in self.received_twice else 1)
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (self.folder / "received.jsonl").write_text(text, "utf-8")
