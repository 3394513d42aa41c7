"""A gate box as the booth page sees it: read models that a test fills, a registry, an inbox, and a clock."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from controller.booth.context import (
    BoothContext,
    BoothPaths,
    BoothRules,
    BoxStatus,
    LanePlan,
    OrderReceipt,
    OrderRequest,
    Row,
    Seat,
)
from controller.domain.terms import LaneDirection, LaneKind, Side
from controller.ids import IdMaker

START_US = 1_795_300_000_000_000  # 2026-11-21 22:26:40 UTC


class HandClock:
    """A clock that a test moves; its monotonic side moves with it."""

    def __init__(self, at_us: int = START_US) -> None:
        self.at_us = at_us

    def utc_us(self) -> int:
        return self.at_us

    def monotonic_ns(self) -> int:
        return self.at_us * 1000

    def pass_s(self, seconds: float) -> None:
        self.at_us += int(seconds * 1_000_000)


class RowsInMemory:
    """Read models as plain rows; `changed` is what a commit would do."""

    def __init__(self) -> None:
        self.views: dict[str, dict[str, Any]] = {}
        self.passage_rows: list[dict[str, Any]] = []
        self.alarm_rows: list[dict[str, Any]] = []
        self.device_rows: list[dict[str, Any]] = []
        self.stay_rows: list[dict[str, Any]] = []
        self.event_rows: list[dict[str, Any]] = []
        self.order_rows: dict[str, dict[str, Any]] = {}
        self.causes: list[dict[str, Any]] = []
        self.looks = 0
        self._mark = 1

    def changed(self) -> None:
        self._mark += 1

    def mark(self) -> int:
        return self._mark

    def lane_views(self) -> Sequence[Row]:
        self.looks += 1
        return [{"lane": lane, "seq": self._mark, "view": view} for lane, view in self.views.items()]

    def passages(self, *, plate: str = "", lane: str = "", outcome: str = "", since: int | None = None,
                 until: int | None = None, before: int | None = None, limit: int = 50) -> Sequence[Row]:  # fmt: skip
        del since, until
        return [
            row
            for row in sorted(self.passage_rows, key=lambda one: -int(one["first_seq"]))
            if plate.upper() in str(row["plate"] or "")
            and lane in ("", row["lane"])
            and outcome in ("", row["outcome"])
            and (before is None or row["first_seq"] < before)
        ][:limit]

    def passage(self, passage: str) -> Row | None:
        return next((row for row in self.passage_rows if row["id"] == passage), None)

    def passage_events(self, passage: str) -> Sequence[Row]:
        return [row for row in self.event_rows if row["passage"] == passage]

    def head(self) -> tuple[int, str]:
        return len(self.causes), "0" * 64

    def cause_of(self, seq: int) -> Row | None:
        return self.causes[seq - 1] if 0 < seq <= len(self.causes) else None

    def text_of_digest(self, digest: str) -> str | None:
        return None

    def stay_of(self, passage: str) -> Row | None:
        return next((row for row in self.stay_rows if passage in (row["entry_passage"], row["exit_passage"])), None)

    def alarms(self, *, open_only: bool = True, limit: int = 100) -> Sequence[Row]:
        return [row for row in self.alarm_rows if not (open_only and row["cleared_at"])][:limit]

    def alarm(self, raised_seq: int) -> Row | None:
        return next((row for row in self.alarm_rows if row["raised_seq"] == raised_seq), None)

    def open_alarms(self, seen: Sequence[tuple[str, int]], limit: int = 100) -> Sequence[Row]:
        found = sorted(
            self.alarms(limit=10**6), key=lambda row: ((row["id"], row["raised_seq"]) in seen, -row["raised_seq"])
        )
        return found[:limit]

    def count_open_alarms(self, seen: Sequence[tuple[str, int]]) -> tuple[int, int]:
        found = self.alarms(limit=10**6)
        return len(found), sum((row["id"], row["raised_seq"]) not in seen for row in found)

    def inside(self, *, search: str = "", limit: int = 200, offset: int = 0) -> Sequence[Row]:
        found = [row for row in self.stay_rows if not row["exit_at"] and search.upper() in str(row["plate"])]
        return found[offset : offset + limit]

    def inside_count(self) -> int:
        return sum(1 for row in self.stay_rows if not row["exit_at"])

    def devices(self) -> Sequence[Row]:
        return self.device_rows

    def order_result(self, order: str) -> Row | None:
        return self.order_rows.get(order)


class Owners:
    """A registry of three households."""

    known: ClassVar[dict[str, dict[str, str]]] = {
        "v1": {"plate": "粤B12345", "unit": "3-201", "owner": "陈建国"},
        "v2": {"plate": "粤B1234S", "unit": "7-1502", "owner": "林淑芬"},
        "v3": {"plate": "粤BD12345", "unit": "12-803", "owner": "Maria Lopez"},
    }

    def owner_of(self, vehicle: str) -> Row | None:
        return self.known.get(vehicle)


class Inbox:
    """Takes orders, and answers each as `result` says, at once, as the log would."""

    def __init__(self, reads: RowsInMemory) -> None:
        self.taken: list[OrderRequest] = []
        self.result = ("done", "")
        self.full = False
        self._reads = reads

    def post(self, order: OrderRequest) -> OrderReceipt:
        if self.full:
            return OrderReceipt(accepted=False, refusal="the inbox is shut")
        self.taken.append(order)
        result, reason = self.result
        if result == "refused":
            self._reads.order_rows[order.id] = {"id": order.id, "result": result, "reason": reason, "at": ""}
        if result:
            self._reads.causes.append({"fact": {"id": order.id}, "known": {}})
            self._reads.changed()
        return OrderReceipt(accepted=True)


class Box:
    """All of it together."""

    def __init__(self, folder: Path, clock: Any = None, *, lanes: int = 2, **rules: Any) -> None:
        self.clock = clock or HandClock()
        self.reads = RowsInMemory()
        self.inbox = Inbox(self.reads)
        self.status = BoxStatus(
            version="0.1.0", link_configured=True, link_alive=True, link_since=self.clock.utc_us() - 4_000_000_000,
            list_version=12, list_age_s=180, outbox_depth=0, clock_trusted=True, log_writable=True,
        )  # fmt: skip
        self.context = BoothContext(
            site="翠湖花园",
            box="south-gate",
            lanes=LANES[:lanes],
            paths=BoothPaths(booth_db=folder / "booth.db", pictures=folder / "pictures", previews=folder / "previews"),
            rules=BoothRules(capacity=320, **rules),
            clock=self.clock,
            uuid=IdMaker(self.clock),
            reads=self.reads,
            registry=Owners(),
            post_order=self.inbox.post,
            status=lambda: self.status,
        )


LANES = (
    LanePlan(id="south-in", name="南门入口", direction=LaneDirection.ENTRY,
             cameras=(Seat(id="cam-in", side=Side.ENTRY),), readers=(Seat(id="r-in", side=Side.ENTRY),)),
    LanePlan(id="south-out", name="南门出口", direction=LaneDirection.EXIT,
             cameras=(Seat(id="cam-out", side=Side.EXIT),), readers=(Seat(id="r-out", side=Side.EXIT),)),
    LanePlan(id="west-both", name="西侧通道", direction=LaneDirection.BOTH,
             cameras=(Seat(id="cam-west", side=Side.ENTRY),)),
    LanePlan(id="foot", name="东侧人行门", kind=LaneKind.FOOT, direction=LaneDirection.BOTH),
)  # fmt: skip


def view(**changed: Any) -> dict[str, Any]:
    """A lane's view at rest, with what is said otherwise."""
    return {
        "mode": "normal", "arm": "down",
        "loops": {"arming": "off", "closing": "off", "leaving": "absent", "photocell": "off"},
        "occupied": False, "fault": "", "updated_at": "2026-11-21T22:26:40.000000Z", "passage": None,
        "devices": {"board": "online"}, **changed,
    }  # fmt: skip


def passing(**changed: Any) -> dict[str, Any]:
    """A passage in a lane's view."""
    return {
        "id": "p-1", "side": "entry", "direction": "entry", "phase": "referred", "plate": "粤B12345",
        "plate_kind": "small", "color": "blue", "margin": 640, "card": "", "vehicle": "", "verdict": "refer",
        "reason": "near_miss", "near": [], "picture": "", "opened_by": "", "started_at": START_US - 42_000_000,
        **changed,
    }  # fmt: skip


NEAR = [{"plate": "粤B1234S", "vehicle": "v2", "unit": "7-1502", "difference": "confusion", "position": 6}]
