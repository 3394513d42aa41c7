"""The page a camera is aimed by: the list of cameras, one camera, and the part of it that is drawn anew twice a second.

No measuring and no limits may be put here. Asking for a page or a part keeps its camera being read for some seconds.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response
from starlette.status import HTTP_303_SEE_OTHER

from controller.booth.advice import SAFE_WIDTH_PX, advice, margin_level, worst
from controller.booth.aim_drawing import overlay
from controller.booth.aiming import Camera
from controller.booth.desk import Desk, desk_of
from controller.booth.problems import Problem
from controller.booth.render import look_of, page, part

router = APIRouter(include_in_schema=False)
CameraId = Annotated[str, Path(max_length=64)]
BLIND = frozenset({"lost", "stale", "frozen", "black", "fault"})
"""Conditions in which no advice about the picture helps: first the camera itself has to be put right."""


@router.get("/settings/cameras")
def cameras(request: Request) -> Response:
    """Every camera of this box; where there is one, that one."""
    aiming = desk_of(request).aiming
    found = aiming.cameras()
    if len(found) == 1:
        return RedirectResponse(f"/settings/cameras/{found[0].id}", HTTP_303_SEE_OTHER)
    rows = [(camera, aiming.picture_at(camera)) for camera in found]
    return page(request, "cameras.html", rows=rows)


@router.get("/settings/cameras/{camera}")
def camera(request: Request, camera: CameraId) -> Response:
    """One camera, drawn as it is now; the page then asks for the part again and again."""
    booth = desk_of(request)
    chosen = _camera(booth, camera)
    return page(request, "aim.html", camera=chosen, cameras=booth.aiming.cameras(), **_seen(booth, chosen))


@router.get("/settings/cameras/{camera}/view")
def view(request: Request, camera: CameraId) -> Response:
    """The part of the page that changes."""
    booth = desk_of(request)
    chosen = _camera(booth, camera)
    html = part(
        "aim_view.html",
        look_of(request).language,
        camera=chosen,
        now_us=booth.context.clock.utc_us(),
        offset=booth.context.rules.utc_offset_minutes,
        **_seen(booth, chosen),
    )
    return Response(html, media_type="text/html; charset=utf-8")


def _camera(booth: Desk, camera: str) -> Camera:
    found = booth.aiming.camera(camera)
    if found is None:
        raise Problem(404, "not_found", "There is no such camera at this box.")
    return found


def _seen(booth: Desk, camera: Camera) -> dict[str, Any]:
    asked = booth.aiming.ask(camera)
    found = booth.aiming.view(camera)
    lines = advice(*found) if found else []
    return {
        "asked": asked,
        "blind": camera.condition in BLIND,
        "seen": found[0] if found else None,
        "age_ms": found[1] if found else 0,
        "lines": lines,
        "level": worst(lines),
        "margin_level": margin_level,
        "least_px": SAFE_WIDTH_PX,
        "over": overlay(found[0]) if found else None,
        "picture_at": booth.aiming.picture_at(camera),
    }
