"""A box whose log is real: events recorded by the real `EventLog` into SQLite, read by the real `LogReader`."""

import hashlib
import threading
from pathlib import Path
from typing import Any

from controller.booth.context import OrderReceipt, OrderRequest
from controller.domain.events import Event, EventType
from controller.domain.facts import Fact, GuardOrder, TimerDue
from controller.domain.known import Known, RegistryStamp
from controller.domain.state import BoxState, LaneState
from controller.eventlog.log import EventLog
from controller.eventlog.views import LogReader
from controller.ids import IdMaker
from tests.booth.fakes import Box

KNOWN = Known(registry=RegistryStamp(version=12, age_s=180))


class RealBox(Box):
    """What the page shows is what was recorded. `show` commits a lane's view, with the events that led to it.

    Orders are recorded as the lane loop would: an opening as `ManualOpening`, a correction as `PlateCorrected`, one
    for another passage as `OrderRefused`.
    """

    def __init__(self, folder: Path, clock: Any = None, **options: Any) -> None:
        super().__init__(folder, clock, **options)
        self.views: dict[str, dict[str, Any]] = {}
        self._ids = IdMaker(self.clock)
        self._lock = threading.RLock()
        self._commits = 0
        self.log = EventLog(folder / "gate.db", clock=self.clock, view=lambda state: self.views[state.lane])
        self.state = BoxState()
        self.reader = LogReader(folder / "gate.db")
        self.orders: list[OrderRequest] = []
        object.__setattr__(self.context, "reads", self.reader)
        object.__setattr__(self.context, "post_order", self.take)

    def close(self) -> None:
        self.reader.close()
        self.log.close()

    def new_id(self) -> str:
        return self._ids()

    def show(self, lane: str, view: dict[str, Any], *events: Event, fact: Fact | None = None) -> None:
        """One decision: a lane's new view and its events, in one transaction."""
        with self._lock:
            self._commits += 1
            self.views[lane] = view
            changed = LaneState(lane=lane, updated_at=self._commits)
            self.state = BoxState(lanes={**self.state.lanes, lane: changed})
            fact = fact or TimerDue(id=self._ids(), at=self.clock.utc_us(), lane=lane, name="test", token="1")
            self.log.record(fact, KNOWN, self.state, list(events) or [_observed(lane)])

    def passage(self, lane: str, type_: EventType, passage: str, actor: str = "box", /, **body: Any) -> None:
        """Records one event of a passage and leaves the lane's view as it is."""
        event = Event(type=type_, actor=actor, lane=lane, passage=passage or None, body=body)
        self.show(lane, self.views[lane], event)

    def take(self, order: OrderRequest) -> OrderReceipt:
        """The inbox: the order is recorded at once, with the fact that the lane loop would make of it."""
        self.orders.append(order)
        fact = GuardOrder(
            id=order.id, at=order.at, lane=order.lane, user=order.user, role=order.role, order=order.order,
            reason=order.reason, passage=order.passage, plate=order.plate, remark=order.remark,
            approver=order.approver,
        )  # fmt: skip
        view = self.views[order.lane]
        here = (view.get("passage") or {}).get("id", "")
        actor = f"user:{order.user}"
        if order.passage != here:
            body: dict[str, Any] = {
                "order_id": order.id,
                "order": order.order.value,
                "by": order.user,
                "reason": "other_passage",
            }
            self.show(
                order.lane,
                view,
                Event(type=EventType.ORDER_REFUSED, actor=actor, lane=order.lane, body=body),
                fact=fact,
            )
            return OrderReceipt(accepted=True)
        after = {**view, "arm": "rising"}
        if view.get("passage"):
            after["passage"] = {
                **view["passage"],
                "phase": "opening",
                "opened_by": actor,
                "opened_reason": order.reason,
                "near": [],
            }
        kind = EventType.PLATE_CORRECTED if order.plate else EventType.MANUAL_OPENING
        body = {"order": order.order.value, "reason": order.reason, "user": order.user, "plate": order.plate or ""}
        if order.plate and view.get("passage"):
            after["passage"] = {
                **after["passage"],
                "plate": order.plate,
                "opened_by": "",
                "verdict": "grant",
                "reason": "pass_valid",
            }
        if order.remark is not None:
            body["remark"] = order.remark.digest
        event = Event(type=kind, actor=actor, lane=order.lane, passage=here or None, body=body)
        self.show(order.lane, after, event, fact=fact)
        return OrderReceipt(accepted=True)

    def picture(self, jpeg: bytes) -> str:
        """Puts a picture where the camera would; gives its hash."""
        sha256 = hashlib.sha256(jpeg).hexdigest()
        day = self.context.paths.pictures / "2026-11-22"
        day.mkdir(parents=True, exist_ok=True)
        (day / f"{sha256}.jpg").write_bytes(jpeg)
        return sha256

    def preview(self, camera: str, jpeg: bytes) -> None:
        self.context.paths.previews.mkdir(parents=True, exist_ok=True)
        (self.context.paths.previews / f"{camera}.jpg").write_bytes(jpeg)


def _observed(lane: str) -> Event:
    return Event(type=EventType.LANE_OBSERVED, actor="box", lane=lane, body={"what": []})
