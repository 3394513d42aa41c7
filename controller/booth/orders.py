"""Orders from a person to a lane: checked here, posted to the inbox, and followed until the log says what became of it.

No lane logic may be put here: whether the arm moves is decided in the core. One click is one order, however often the
browser sends it.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from controller.booth.context import BoothContext, OrderRequest
from controller.booth.live import Live
from controller.booth.people import Person
from controller.booth.problems import Problem
from controller.booth.reasons import OTHER, REASONS
from controller.booth.rights import ORDERS, may
from controller.domain.personal import personal_text
from controller.domain.plates import normalise
from controller.domain.terms import LaneKind, Order

WAIT_S = 4.0
LOOK_AGAIN_S = 0.5
EVENTS_BACK = 200
KEPT_KEYS = 2_000
LONGEST_REMARK = 200
NOT_ON_FOOT = frozenset({Order.CORRECT_PLATE, Order.PULL_ASIDE, Order.STOP, Order.CLOSE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What came from the page. `key` is the page's own number of the click."""

    key: str
    lane: str
    order: Order
    reason: str
    passage: str = ""
    plate: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of an order: "done", "refused" or "pending" with the core's reason."""

    id: str
    result: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """An order in the inbox: its id, and the last event of the log before it was posted."""

    id: str
    after: int


class Orders:
    """Gives orders and remembers the clicks that it has seen, so that none counts twice."""

    def __init__(self, context: BoothContext, live: Live) -> None:
        self._context = context
        self._live = live
        self._lock = threading.Lock()
        self._seen: OrderedDict[tuple[str, str], Posted] = OrderedDict()

    def check(self, person: Person, wish: Wish) -> None:
        """Raises Problem for an order that cannot be given so; says what to do next."""
        plan = next((plan for plan in self._context.lanes if plan.id == wish.lane), None)
        if plan is None:
            raise Problem(404, "not_found", f"There is no lane {wish.lane!r} at this box.")
        if not may(person, ORDERS[wish.order]):
            raise Problem(403, "forbidden", f"The order {wish.order.value} needs the role {ORDERS[wish.order].value}.")
        if plan.kind is LaneKind.FOOT and wish.order in NOT_ON_FOOT:
            raise Problem(422, "malformed", f"The order {wish.order.value} means nothing at a gate for people.")
        if wish.reason not in REASONS[wish.order]:
            raise Problem(422, "malformed", f"Reason is one of: {', '.join(REASONS[wish.order])}.")
        if wish.reason == OTHER and not wish.remark:
            raise Problem(422, "remark_needed", "The reason 'other' needs a remark.")
        if wish.order is Order.CORRECT_PLATE and not plate_of(wish.plate):
            raise Problem(422, "plate_needed", "The right plate is needed, without '?'.")

    def given(self, person: Person, key: str) -> Posted | None:
        """What a click gave that was taken already: sent again, it needs no approval, whose code is used up."""
        with self._lock:
            return self._seen.get((person.name.casefold(), key))

    def post(self, person: Person, wish: Wish, approver: Person | None) -> Posted:
        """Posts the order once; a click seen before gives what its first time gave."""
        click = (person.name.casefold(), wish.key)
        with self._lock:
            if (known := self._seen.get(click)) is not None:
                return known
            posted = Posted(id=self._context.uuid(), after=self._context.reads.head()[0])
            receipt = self._context.post_order(self._request(posted.id, person, wish, approver))
            if not receipt.accepted:
                raise Problem(503, "inbox", f"The gate box did not take the order: {receipt.refusal}")
            self._seen[click] = posted
            while len(self._seen) > KEPT_KEYS:
                self._seen.popitem(last=False)
            return posted

    async def follow(self, posted: Posted, wait_s: float = WAIT_S) -> Told:
        """Waits for the log to say what became of the order, a few seconds at most."""
        clock: Callable[[], int] = self._context.clock.monotonic_ns
        until = clock() + int(wait_s * 1e9)
        version = self._live.now.version
        while True:
            told = await run_in_threadpool(self._told, posted)
            left_s = (until - clock()) / 1e9
            if told is not None or left_s <= 0 or self._live.closed:
                return told or Told(id=posted.id, result="pending")
            look = await self._live.newer(version, min(left_s, LOOK_AGAIN_S))
            version = look.version if look else version

    def _told(self, posted: Posted) -> Told | None:
        """Refused where the log says so; carried out where it holds an event that this order led to."""
        reads = self._context.reads
        row = reads.order_result(posted.id)
        if row is not None:
            return Told(id=posted.id, result=str(row["result"]), reason=str(row.get("reason") or ""))
        head = reads.head()[0]
        for seq in range(max(posted.after + 1, head - EVENTS_BACK), head + 1):
            cause = reads.cause_of(seq)
            if cause is not None and cause["fact"].get("id") == posted.id:
                return Told(id=posted.id, result="done")
        return None

    def _request(self, order_id: str, person: Person, wish: Wish, approver: Person | None) -> OrderRequest:
        return OrderRequest(
            id=order_id,
            at=self._context.clock.utc_us(),
            lane=wish.lane,
            order=wish.order,
            user=person.name,
            role=approver.role if approver else person.role,
            reason=wish.reason,
            passage=wish.passage,
            plate=plate_of(wish.plate) if wish.order is Order.CORRECT_PLATE else "",
            remark=personal_text(wish.remark, secrets.token_hex(16)) if wish.remark else None,
            approver=approver.name if approver else "",
        )


def plate_of(typed: str) -> str:
    """The plate as the core takes it; "" when it is unusable."""
    plate = normalise(typed)
    return plate if 4 <= len(plate) <= 10 and "?" not in plate else ""


def clean(typed: str, longest: int = LONGEST_REMARK) -> str:
    """A typed text without control characters, so that it can forge no line anywhere."""
    return "".join(char if char.isprintable() else " " for char in typed).strip()[:longest]
