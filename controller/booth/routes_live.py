"""The stream of the live page, pictures, previews, and what machines ask: health, readiness, figures.

No drawing and no lookup in the log may be put here.
"""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from controller.booth.desk import desk_of
from controller.booth.problems import Problem, problem_response
from controller.booth.render import look_of
from controller.booth.signed import cookie_name
from controller.booth.texts import INDEX

router = APIRouter()
BEAT_S = 4.0
CHECK_SESSION_US = 15_000_000
SHA256 = re.compile(r"[0-9a-f]{64}")
PREVIEW_OLD_US = 10_000_000
Hash = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


@router.get("/api/v1/live", response_class=EventSourceResponse)
async def live(request: Request, language: Annotated[str, Query(max_length=16)] = "") -> EventSourceResponse:
    """Server-sent events: "parts" with the fragments that changed, "beat" when nothing did, "bye" at the end."""
    chosen = language if language in INDEX else look_of(request).language
    return EventSourceResponse(_stream(request, chosen), ping=60, headers={"X-Accel-Buffering": "no"})


async def _stream(request: Request, language: str) -> AsyncIterator[ServerSentEvent]:
    booth = desk_of(request)
    clock = booth.context.clock
    secret = request.cookies.get(cookie_name(request), "")
    sent: dict[str, str] = {}
    version, checked_at = -1, clock.utc_us()
    booth.figures.pages.inc()
    try:
        while not booth.live.closed:
            look = await booth.live.newer(version, BEAT_S)
            at = clock.utc_us()
            if abs(at - checked_at) > CHECK_SESSION_US:
                checked_at = at
                if await run_in_threadpool(booth.sessions.find, secret, at, touch=False) is None:
                    break
            if look is None:
                yield _event("beat", at)
                continue
            version = look.version
            parts = await run_in_threadpool(booth.live.parts, language)
            changed = {name: html for name, html in parts.items() if sent.get(name) != html}
            sent = dict(parts)
            yield _event("parts", at, parts=changed) if changed else _event("beat", at)
        yield _event("bye", clock.utc_us(), stopping=booth.live.closed)
    finally:
        booth.figures.pages.dec()


def _event(kind: str, at: int, **more: object) -> ServerSentEvent:
    return ServerSentEvent(json.dumps({"at": at, **more}, ensure_ascii=False), event=kind)


@router.get("/api/v1/pictures/{sha256}", response_class=FileResponse)
def picture(request: Request, sha256: Hash) -> Response:
    """One picture by its hash; a picture never changes."""
    folder = desk_of(request).context.paths.pictures
    found = (
        next((path for path in _places(folder, sha256) if path.is_file()), None) if SHA256.fullmatch(sha256) else None
    )
    if found is None:
        raise Problem(404, "not_found", "There is no such picture, or it is past its keeping time.")
    return FileResponse(found, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400, immutable"})


def _places(folder: FilePath, sha256: str) -> list[FilePath]:
    """Where a picture may lie: by day, the newest days first."""
    days = sorted((day for day in folder.glob("*") if day.is_dir()), reverse=True) if folder.is_dir() else []
    return [day / f"{sha256}.jpg" for day in days] + [folder / f"{sha256}.jpg"]


@router.get("/api/v1/cameras/{camera}/preview", response_class=FileResponse)
def preview(request: Request, camera: Annotated[str, Path(max_length=64)]) -> Response:
    """The newest frame of a camera; 404 when there is none or it is older than ten seconds."""
    context = desk_of(request).context
    if camera not in {seat.id for plan in context.lanes for seat in plan.cameras}:
        raise Problem(404, "not_found", "There is no such camera at this box.")
    path = context.paths.previews / f"{camera}.jpg"
    try:
        written_us = path.stat().st_mtime_ns // 1000
        if context.clock.utc_us() - written_us > PREVIEW_OLD_US:
            raise Problem(404, "no_picture", "The camera has given no picture for ten seconds.")
        return Response(path.read_bytes(), media_type="image/jpeg")
    except OSError:
        raise Problem(404, "no_picture", "The camera has given no picture yet.") from None


# --- for machines --------------------------------------------------------------------------------------------------


@router.get("/healthz", response_class=PlainTextResponse)
def healthz() -> PlainTextResponse:
    """The process lives."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def readyz(request: Request) -> Response:
    """The log can be written and every lane has told of itself."""
    booth = desk_of(request)
    silent = [plan.id for plan in booth.context.lanes if plan.id not in booth.live.now.lanes]
    if not booth.context.status().log_writable:
        return problem_response(503, "log", "The log cannot be written.")
    if silent:
        return problem_response(503, "devices", f"Nothing is known yet of: {', '.join(silent)}.")
    return PlainTextResponse("ready\n")


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(request: Request) -> PlainTextResponse:
    """Figures in Prometheus' text form."""
    booth = desk_of(request)
    return PlainTextResponse(booth.figures.text(booth.live.now), media_type="text/plain; version=0.0.4; charset=utf-8")
