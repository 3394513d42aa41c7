"""The pages for people: live, passages, one passage, inside, alarms, devices, people, and the interface description.

No change may be made here but by POST, and no SQL.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from controller.booth import interface
from controller.booth.cards import NEAR_KEYS, ORDER_KEYS
from controller.booth.context import Row
from controller.booth.desk import Desk, desk_of
from controller.booth.people import UnacceptableError
from controller.booth.problems import Problem
from controller.booth.reasons import OTHER, REASONS
from controller.booth.render import look_of, page, part
from controller.booth.replies import PageSearch
from controller.booth.rights import ORDERS, may, needs_approval
from controller.booth.signed import session_of
from controller.booth.stories import DECISIONS, story
from controller.booth.texts import text
from controller.booth.times import duration, micros, typed
from controller.domain.guard_orders import EMERGENCY
from controller.domain.plates import PROVINCES
from controller.domain.terms import Order, Role
from controller.domain.texts import ground

router = APIRouter(include_in_schema=False)
OUTCOMES = ("completed", "turned_away", "reversed_out", "tailgated", "forced", "timed_out", "abandoned", "open")
PAGE_ROWS = 50
Short = Annotated[str, Query(max_length=64)]


@router.get("/")
def live(request: Request) -> Response:
    """The live page, drawn as it is now; the stream goes on from there."""
    booth, person = desk_of(request), session_of(request).person
    language = look_of(request).language
    dialogs = [
        {
            "order": order.value,
            "key": ORDER_KEYS[order],
            "reasons": [(code, ground(code, language)) for code in REASONS[order]],
            "approval": needs_approval(person, order),
        }
        for order in Order
        if may(person, ORDERS[order])
    ]
    return page(
        request,
        "live.html",
        parts=booth.live.parts(language),
        version=booth.live.now.version,
        lanes=booth.context.lanes,
        dialogs=dialogs,
        other=OTHER,
        emergency=EMERGENCY,
        provinces=PROVINCES,
        keys=[(key, text(language, f"order.{order.value}")) for order, key in ORDER_KEYS.items()
              if order is not Order.UNSTAFF],
        near_keys=NEAR_KEYS,
    )  # fmt: skip


@router.get("/passages")
def passages(request: Request, asked: Annotated[PageSearch, Query()]) -> Response:
    """The list with its search; htmx asks for the rows alone."""
    booth, language = desk_of(request), look_of(request).language
    offset = booth.context.rules.utc_offset_minutes
    found = booth.context.reads.passages(
        plate=asked.plate.strip(), lane=asked.lane, outcome=asked.outcome, since=typed(asked.since, offset),
        until=typed(asked.until, offset), before=asked.before, limit=PAGE_ROWS + 1,
    )  # fmt: skip
    rows = [booth.drawing.row(row, language) for row in found[:PAGE_ROWS]]
    older = found[PAGE_ROWS - 1]["first_seq"] if len(found) > PAGE_ROWS else None
    again = asked.model_dump(exclude={"before"})
    if request.headers.get("hx-request"):
        html = part("passages_rows.html", language, rows=rows, older=older, asked=again, offset=offset)
        return Response(html, media_type="text/html; charset=utf-8")
    return page(
        request, "passages.html", lanes=booth.context.lanes, outcomes=OUTCOMES, rows=rows, older=older, asked=again
    )


@router.get("/passages/{passage}")
def passage(request: Request, passage: str) -> Response:
    """One passage: both pictures side by side (R9), and the story of why."""
    booth, language = desk_of(request), look_of(request).language
    reads = booth.context.reads
    row = reads.passage(passage)
    if row is None:
        raise Problem(404, "not_found", "There is no passage with this number.")
    events = _events(booth, row)
    stay = reads.stay_of(passage)
    other = _other(booth, stay, passage)
    vehicle = str(row.get("vehicle") or "")
    return page(
        request,
        "passage.html",
        row=booth.drawing.row(_as_decided(row, events), language),
        stay=stay,
        stayed=duration(language, int(stay["minutes"]) * 60) if stay and stay.get("minutes") is not None else "",
        other=booth.drawing.row(_as_decided(other, _events(booth, other)), language) if other else None,
        owner=booth.context.registry.owner_of(vehicle) if vehicle else None,
        lines=story(events, language, reads.text_of_digest),
    )


def _events(booth: Desk, row: Row) -> list[Row]:
    return list(booth.context.reads.passage_events(str(row["id"])))


def _as_decided(row: Row, events: list[Row]) -> Row:
    """The passage with what was decided of its plate last: which characters were in doubt, and where it is in the
    picture that was decided by. Of a plate that was read before, or corrected since, nothing is told."""
    bodies = [event["body"] for event in events if event["type"] in DECISIONS]
    body: Row = next((body for body in reversed(bodies) if body.get("plate") == row.get("plate")), {})
    close_up = {"picture": body.get("picture"), "box": body.get("plate_box")}
    return {**row, "doubtful": body.get("doubtful"), "close_up": close_up}


def _other(booth: Desk, stay: Row | None, passage: str) -> Row | None:
    """The passage at the other end of the stay, whose picture stands beside this one (R9)."""
    if not stay:
        return None
    ends = (stay.get("entry_passage"), stay.get("exit_passage"))
    other = next((str(end) for end in ends if end and end != passage), None)
    return booth.context.reads.passage(other) if other else None


@router.get("/inside")
def inside(request: Request, search: Short = "", offset: Annotated[int, Query(ge=0, le=10**6)] = 0) -> Response:
    """Who is inside by the record."""
    booth, language = desk_of(request), look_of(request).language
    now = booth.context.clock.utc_us()
    rows = []
    for stay in booth.context.reads.inside(search=search, limit=200, offset=offset):
        vehicle = str(stay.get("vehicle") or "")
        owner = booth.context.registry.owner_of(vehicle) if vehicle else None
        since = micros(stay["entry_at"]) if stay.get("entry_at") else now
        rows.append({
            **stay,
            "unit": (owner or {}).get("unit", ""),
            "stayed": duration(language, max(0, now - since) // 1_000_000),
            "lane_name": booth.drawing.lane_name(str(stay.get("entry_lane") or "")),
        })  # fmt: skip
    return page(request, "inside.html", rows=rows, search=search, count=booth.live.now.inside)


@router.get("/alarms")
def alarms(request: Request) -> Response:
    """Alarms, open and cleared, with who has seen them."""
    booth, language = desk_of(request), look_of(request).language
    rows = [booth.drawing.alarm(row, language) for row in booth.context.reads.alarms(open_only=False, limit=200)]
    return page(request, "alarms.html", rows=rows)


@router.get("/devices")
def devices(request: Request) -> Response:
    """Every device and its condition."""
    booth = desk_of(request)
    rows = [{**row, "lane_name": booth.drawing.lane_name(str(row.get("lane") or ""))}
            for row in booth.context.reads.devices()]  # fmt: skip
    return page(request, "devices.html", rows=rows)


@router.get("/docs")
def docs(request: Request) -> Response:
    """The interface for programs, described on a page of our own."""
    return page(request, "docs.html", operations=interface.operations(request.app.openapi()))


# --- people --------------------------------------------------------------------------------------------------------

Text = Annotated[str, Form(max_length=512)]


def _people(
    request: Request, *, status: int = 200, problem: str = "", codes: tuple[str, list[str]] | None = None
) -> Response:
    booth = desk_of(request)
    words = text(look_of(request).language, f"problem.{problem}") if problem else ""
    return page(
        request,
        "people.html",
        status=status,
        rows=booth.people.everybody(),
        roles=list(Role),
        problem=words,
        codes=codes,
    )


@router.get("/people")
def people(request: Request) -> Response:
    """The accounts."""
    return _people(request)


@router.post("/people")
def add_person(request: Request, name: Text, password: Text, role: Annotated[Role, Form()]) -> Response:
    """Makes an account."""
    booth, by = desk_of(request), session_of(request).person.name
    try:
        booth.people.add(name, role, password, by=by, at=booth.context.clock.utc_us())
    except UnacceptableError as error:
        return _people(request, status=422, problem=error.code)
    return _people(request)


@router.post("/people/{name}/end")
def end_person(request: Request, name: str) -> Response:
    """Ends an account, never the own one."""
    booth, by = desk_of(request), session_of(request).person
    if name.casefold() == by.name.casefold():
        raise Problem(422, "malformed", "Nobody ends the account that is signed in.")
    if not booth.people.end(name, by=by.name, at=booth.context.clock.utc_us()):
        raise Problem(404, "not_found", "There is no such account in force.")
    return _people(request)


@router.post("/people/{name}/codes")
async def make_codes(request: Request, name: str) -> Response:
    """Makes one-time codes of approval and shows them once."""
    booth, by = desk_of(request), session_of(request).person.name
    person = await run_in_threadpool(booth.people.find, name)
    if person is None or not person.ranks(Role.LEADER):
        raise Problem(422, "malformed", "Only a leader and above approve by one-time code.")
    codes = await run_in_threadpool(booth.people.make_codes, person.name, 10, by=by, at=booth.context.clock.utc_us())
    return _people(request, codes=(person.name, codes))
