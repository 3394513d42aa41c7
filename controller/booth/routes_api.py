"""The interface for programs under /api/v1: what the pages show, as JSON.

No change of a lane may be made here; orders stand in `routes_orders`.
"""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from controller.booth.context import LanePlan
from controller.booth.desk import Desk, desk_of
from controller.booth.problems import Problem
from controller.booth.render import look_of
from controller.booth.replies import ApiSearch, LaneTold, Rows, StatusTold, Why
from controller.booth.stories import story
from controller.booth.tones import tone_of

router = APIRouter(prefix="/api/v1")
Name = Annotated[str, Path(max_length=64)]
Word = Annotated[str, Query(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=500)]
JUDGED = ("AccessGranted", "AccessDenied", "AccessReferred", "ManualOpening")


@router.get("/status")
def status(request: Request) -> StatusTold:
    """The box as it is now: link, list, outbox, clock."""
    booth = desk_of(request)
    told: dict[str, Any] = asdict(booth.context.status())
    told.pop("detail")
    look = booth.live.now
    return StatusTold(site=booth.context.site, box=booth.context.box, inside=look.inside,
                      alarms_open=look.alarms_open, **told)  # fmt: skip


@router.get("/lanes")
def lanes(request: Request) -> list[LaneTold]:
    """All lanes of the box with what is happening on them."""
    booth = desk_of(request)
    return [_lane(booth, plan) for plan in booth.context.lanes]


@router.get("/lanes/{lane}")
def lane(request: Request, lane: Name) -> LaneTold:
    """One lane."""
    booth = desk_of(request)
    for plan in booth.context.lanes:
        if plan.id == lane:
            return _lane(booth, plan)
    raise Problem(404, "not_found", "There is no such lane at this box.")


def _lane(booth: Desk, plan: LanePlan) -> LaneTold:
    view = booth.live.now.lanes.get(plan.id)
    tone = tone_of({"loops": {}, **view}).name if view else "unknown"
    return LaneTold(id=plan.id, name=plan.name, kind=plan.kind.value, direction=plan.direction.value, tone=tone,
                    view=dict(view) if view else None)  # fmt: skip


@router.get("/passages")
def passages(request: Request, asked: Annotated[ApiSearch, Query()]) -> Rows:
    """Passages, newest first, by part of a plate, lane, outcome and time."""
    wanted = asked.model_dump() | {"limit": asked.limit + 1}
    rows = desk_of(request).context.reads.passages(**wanted)
    older = int(rows[asked.limit - 1]["first_seq"]) if len(rows) > asked.limit else None
    return Rows(rows=[dict(row) for row in rows[: asked.limit]], older=older)


@router.get("/passages/{passage}")
def passage(request: Request, passage: Name) -> dict[str, Any]:
    """One passage."""
    found = desk_of(request).context.reads.passage(passage)
    if found is None:
        raise Problem(404, "not_found", "There is no passage with this number.")
    return dict(found)


@router.get("/passages/{passage}/why")
def why(request: Request, passage: Name) -> Why:
    """Why a passage went as it did: its events as sentences, and what was known when it was decided."""
    reads = desk_of(request).context.reads
    found = reads.passage(passage)
    if found is None:
        raise Problem(404, "not_found", "There is no passage with this number.")
    events = list(reads.passage_events(passage))
    judged = next((event for event in reversed(events) if event["type"] in JUDGED), None)
    cause = reads.cause_of(int(judged["seq"])) if judged else None
    stay = reads.stay_of(passage)
    lines = story(events, look_of(request).language, reads.text_of_digest)
    return Why(passage=dict(found), stay=dict(stay) if stay else None, story=lines,
               known=dict(cause["known"]) if cause else None)  # fmt: skip


@router.get("/alarms")
def alarms(request: Request, open_only: bool = True, limit: Limit = 100) -> Rows:
    """Alarms, newest first, with who has seen them."""
    booth = desk_of(request)
    language = look_of(request).language
    rows = booth.context.reads.alarms(open_only=open_only, limit=limit)
    return Rows(rows=[booth.drawing.alarm(row, language) for row in rows])


@router.get("/inside")
def inside(
    request: Request, search: Word = "", limit: Limit = 200, offset: Annotated[int, Query(ge=0, le=10**6)] = 0
) -> Rows:
    """Who is inside by the record, newest entry first."""
    rows = desk_of(request).context.reads.inside(search=search, limit=limit, offset=offset)
    return Rows(rows=[dict(row) for row in rows])


@router.get("/devices")
def devices(request: Request) -> Rows:
    """Every device and its condition."""
    return Rows(rows=[dict(row) for row in desk_of(request).context.reads.devices()])
