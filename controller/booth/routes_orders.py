"""Orders to a lane, and the word that an alarm was seen.

No lane logic may be put here: an order is checked, posted and followed; the core decides.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool

from controller.booth.desk import Desk, desk_of
from controller.booth.orders import EVENTS_BACK, Posted, Told, Wish, clean
from controller.booth.passwords import HasherBusyError
from controller.booth.people import Person
from controller.booth.problems import Problem
from controller.booth.render import look_of
from controller.booth.replies import AlarmSeen, OrderAsked, OrderTold
from controller.booth.rights import needs_approval
from controller.booth.sign_in import Refused
from controller.booth.signed import session_of, source
from controller.booth.texts import text, text_or
from controller.domain.texts import why

router = APIRouter(prefix="/api/v1")
Name = Annotated[str, Path(max_length=64)]


@router.post("/lanes/{lane}/orders")
async def give(request: Request, lane: Name, asked: OrderAsked) -> OrderTold:
    """Gives an order and waits a few seconds for what becomes of it."""
    booth, person = desk_of(request), session_of(request).person
    wish = Wish(key=asked.key, lane=lane, order=asked.order, reason=asked.reason, passage=clean(asked.passage),
                plate=asked.plate, remark=clean(asked.remark))  # fmt: skip
    booth.orders.check(person, wish)
    posted = booth.orders.given(person, wish.key)
    if posted is None:
        approver = await _approver(request, booth, person, asked, watched=_is_watched(booth, lane, wish.passage))
        posted = await run_in_threadpool(booth.orders.post, person, wish, approver)
    told = await booth.orders.follow(posted)
    booth.figures.orders.labels(asked.order.value, told.result).inc()
    return _told(told, asked.order.value, look_of(request).language)


@router.get("/orders/{order}")
async def result(request: Request, order: Name) -> OrderTold:
    """What became of an order that was given before."""
    after = (await run_in_threadpool(desk_of(request).context.reads.head))[0] - EVENTS_BACK
    told = await desk_of(request).orders.follow(Posted(id=order, after=after), wait_s=0)
    return _told(told, "", look_of(request).language)


@router.post("/alarms/{alarm}/seen")
def seen(request: Request, alarm: Name, asked: AlarmSeen) -> dict[str, bool]:
    """Notes that the signed-in person has seen an alarm; it stays open until its cause is gone."""
    booth, person = desk_of(request), session_of(request).person
    known = booth.context.reads.alarm(asked.raised_seq)
    if known is None or known["id"] != alarm:
        raise Problem(404, "not_found", "There is no such alarm.")
    at = booth.context.clock.utc_us()
    booth.store.write(
        "INSERT OR IGNORE INTO seen_alarms(alarm, raised_seq, at, name, note) VALUES (?,?,?,?,?)",
        alarm, asked.raised_seq, at, person.name, clean(asked.note),
    )  # fmt: skip
    booth.live.nudge()
    return {"seen": True}


def _is_watched(booth: Desk, lane: str, passage: str) -> bool:
    """Whether the order is about a vehicle of the watch list, as the live page shows it; the core decides."""
    shown = (booth.live.now.lanes.get(lane) or {}).get("passage") or {}
    return shown.get("id") == passage and bool(shown.get("watched"))


async def _approver(
    request: Request, booth: Desk, person: Person, asked: OrderAsked, *, watched: bool
) -> Person | None:
    if not needs_approval(person, asked.order, asked.reason, watched=watched):
        return None
    if asked.approval is None:
        raise Problem(403, "approval_needed", "A leader has to agree: name, and password or one-time code.")
    at = booth.context.clock.utc_us()
    try:
        found = await booth.sign_in.approve(
            clean(asked.approval.name),
            asked.approval.secret,
            person,
            source=source(request),
            at=at,
            what=asked.order.value,
        )
    except HasherBusyError:
        raise Problem(429, "busy", "Too many sign-ins at once.", {"Retry-After": "5"}) from None
    if isinstance(found, Refused):
        if found.wait_s:
            raise Problem(429, "wait", f"Wait {found.wait_s} s before another try.", {"Retry-After": str(found.wait_s)})
        raise Problem(403, "approval_wrong", "The leader's password or code is wrong.")
    return found


def _told(told: Told, order: str, language: str) -> OrderTold:
    words = text(language, f"result.{told.result}" if told.result in ("done", "pending") else "result.refused",
                 order=text_or(language, f"order.{order}", order))  # fmt: skip
    words += f" · {why(told.reason, language)}" if told.reason else ""
    return OrderTold(id=told.id, result=told.result, reason=told.reason, words=words)
