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


class Orders:
    """Gives orders and remembers the clicks that it has seen, so that none counts twice."""

    def __init__(self, context: BoothContext, live: Live) -> None:
        self._context = context
        self._live = live
        self._lock = threading.Lock()
        self._seen: OrderedDict[tuple[str, str], str] = OrderedDict()

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

    def post(self, person: Person, wish: Wish, approver: str) -> str:
        """Posts the order once and gives its id; a click seen before gives the id of its first time."""
        click = (person.name.casefold(), wish.key)
        with self._lock:
            if (known := self._seen.get(click)) is not None:
                return known
            order_id = self._context.uuid()
            receipt = self._context.post_order(self._request(order_id, person, wish, approver))
            if not receipt.accepted:
                raise Problem(503, "inbox", f"The gate box did not take the order: {receipt.refusal}")
            self._seen[click] = order_id
            while len(self._seen) > KEPT_KEYS:
                self._seen.popitem(last=False)
            return order_id

    async def follow(self, order_id: str, wait_s: float = WAIT_S) -> Told:
        """Waits for the log to say what became of the order, a few seconds at most."""
        clock: Callable[[], int] = self._context.clock.monotonic_ns
        until = clock() + int(wait_s * 1e9)
        version = self._live.now.version
        while True:
            row = await run_in_threadpool(self._context.reads.order_result, order_id)
            if row is not None:
                return Told(id=order_id, result=str(row["result"]), reason=str(row.get("reason") or ""))
            left_s = (until - clock()) / 1e9
            if left_s <= 0 or self._live.closed:
                return Told(id=order_id, result="pending")
            look = await self._live.newer(version, min(left_s, 0.5))
            version = look.version if look else version

    def _request(self, order_id: str, person: Person, wish: Wish, approver: str) -> OrderRequest:
        return OrderRequest(
            id=order_id,
            at=self._context.clock.utc_us(),
            lane=wish.lane,
            order=wish.order,
            user=person.name,
            role=person.role,
            reason=wish.reason,
            passage=wish.passage,
            plate=plate_of(wish.plate) if wish.order is Order.CORRECT_PLATE else "",
            remark=personal_text(wish.remark, secrets.token_hex(16)) if wish.remark else None,
            approver=approver,
        )


def plate_of(typed: str) -> str:
    """The plate as the core takes it; "" when it is unusable."""
    plate = normalise(typed)
    return plate if 4 <= len(plate) <= 10 and "?" not in plate else ""


def clean(typed: str, longest: int = LONGEST_REMARK) -> str:
    """A typed text without control characters, so that it can forge no line anywhere."""
    return "".join(char if char.isprintable() else " " for char in typed).strip()[:longest]
