"""Signing in and out, the first set-up, and how somebody wants to see the page.

No hashing and no counting may be put here. OWASP ASVS 5.0, 7.2: a new session at every sign-in, dead at sign-out.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from controller.booth.desk import desk_of
from controller.booth.passwords import HasherBusyError
from controller.booth.people import Person, UnacceptableError
from controller.booth.render import LANGUAGE_COOKIE, THEME_COOKIE, THEMES, look_of, page
from controller.booth.sign_in import Refused
from controller.booth.signed import cookie_name, form_cookie_name, session_of, set_cookie, source
from controller.booth.texts import INDEX, text
from controller.domain.terms import Role

router = APIRouter(include_in_schema=False)
Field = Annotated[str, Form(max_length=512)]
YEAR_S = 365 * 24 * 3600


def _form(
    request: Request, template: str, *, status: int = 200, problem: str = "", wait_s: int = 0, **values: object
) -> Response:
    words = text(look_of(request).language, f"problem.{problem}", s=wait_s) if problem else ""
    headers = {"Retry-After": str(wait_s)} if wait_s else None
    answer = page(request, template, status=status, headers=headers, problem=words, **values)
    set_cookie(request, answer, form_cookie_name(request), request.state.form_secret)
    return answer


def _welcome(request: Request, secret: str) -> Response:
    answer = RedirectResponse("/", 303)
    set_cookie(request, answer, cookie_name(request), secret)
    answer.delete_cookie(form_cookie_name(request), path="/", secure=cookie_name(request).startswith("__Host-"))
    return answer


@router.get("/sign-in")
def sign_in_page(request: Request) -> Response:
    """The form; who is signed in goes on to the live page."""
    if request.state.session is not None:
        return RedirectResponse("/", 303)
    return _form(request, "sign_in.html", name="", first=desk_of(request).setup.open())


@router.post("/sign-in")
async def sign_in(request: Request, name: Field, password: Field) -> Response:
    """Checks name and password; every wrong try makes the next one wait longer."""
    booth = desk_of(request)
    at = booth.context.clock.utc_us()
    try:
        found = await booth.sign_in.check(name, password, source(request), at)
    except HasherBusyError:
        booth.figures.sign_ins.labels("busy").inc()
        return _form(request, "sign_in.html", status=429, problem="busy", wait_s=5, name=name, first=False)
    if isinstance(found, Refused):
        booth.figures.sign_ins.labels(found.code).inc()
        status = 429 if found.wait_s else 403
        return _form(
            request, "sign_in.html", status=status, problem=found.code, wait_s=found.wait_s, name=name, first=False
        )
    booth.figures.sign_ins.labels("done").inc()
    return _welcome(request, await run_in_threadpool(_start, request, found, at))


def _start(request: Request, person: Person, at: int) -> str:
    """A new session; the one that this browser had before is ended."""
    booth = desk_of(request)
    if request.state.session is not None:
        booth.sessions.end(request.state.session.digest)
    booth.store.note(at, "signed_in", person.name, source(request).address)
    return str(booth.sessions.start(person, source(request).address, at))


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    """Ends the session on the server, not only in the browser."""
    booth, session = desk_of(request), session_of(request)
    booth.sessions.end(session.digest)
    booth.store.note(booth.context.clock.utc_us(), "signed_out", session.person.name, source(request).address)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(cookie_name(request), path="/", secure=cookie_name(request).startswith("__Host-"))
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@router.get("/set-up")
def set_up_page(request: Request, token: str = "") -> Response:
    """The form for the first account, open only while there is none."""
    if not desk_of(request).setup.open():
        return RedirectResponse("/sign-in", 303)
    return _form(request, "set_up.html", name="", token=token[:64])


@router.post("/set-up")
async def set_up(request: Request, token: Field, name: Field, password: Field, again: Field) -> Response:
    """Makes the first supervisor with the token from the console."""
    booth = desk_of(request)
    at = booth.context.clock.utc_us()
    wait_s = await run_in_threadpool(booth.tries.begin, source(request), "set-up", at)
    problem = "wait" if wait_s else "" if booth.setup.fits(token) else "token_wrong"
    if not problem and password != again:
        problem = "passwords_differ"
    if not problem:
        try:
            person = await run_in_threadpool(booth.people.add, name, Role.SUPERVISOR, password, by="set-up", at=at)
        except UnacceptableError as error:
            problem = error.code
        except HasherBusyError:
            problem, wait_s = "busy", 5
    if problem:
        status = 429 if wait_s else 403 if problem == "token_wrong" else 422
        if problem not in ("wait", "token_wrong"):
            await run_in_threadpool(booth.tries.succeeded, source(request), "set-up")
        return _form(request, "set_up.html", status=status, problem=problem, wait_s=wait_s, name=name, token=token[:64])
    booth.setup.used()
    return _welcome(request, await run_in_threadpool(_start, request, person, at))


@router.post("/preferences")
def preferences(request: Request, language: Field = "", theme: Field = "", back: Field = "/") -> Response:
    """Language and theme are the browser's own; nothing about anybody is stored."""
    inside = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable()
    answer = RedirectResponse(back if inside else "/", 303)
    if language in INDEX:
        set_cookie(request, answer, LANGUAGE_COOKIE, language, max_age_s=YEAR_S)
    if theme in THEMES:
        set_cookie(request, answer, THEME_COOKIE, theme, max_age_s=YEAR_S)
    return answer
