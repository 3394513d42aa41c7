"""The door of every route: who asks, may they, and did this change come from our own page.

No route may be put here. OWASP ASVS 5.0, 3.3 (cookies), 3.5 (cross-site requests), 8.2 (deny by default).
"""

import hmac
import secrets

from fastapi import Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from controller.booth.desk import desk_of
from controller.booth.problems import Problem
from controller.booth.rights import ROUTES, Access, may
from controller.booth.sessions import Session, csrf_of
from controller.booth.tries import Source, source_of

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf"
BY_THEMSELVES = frozenset({"/api/v1/live", "/api/v1/cameras/{camera}/preview", "/settings/cameras/{camera}/view"})
"""What an open page asks for by itself: no sign of a person, so no session lives longer by it."""


def cookie_name(request: Request) -> str:
    """The session's cookie; `__Host-` binds it to this host and path wherever the page is encrypted."""
    return "gatehouse" if desk_of(request).context.rules.plain_http else "__Host-gatehouse"


def form_cookie_name(request: Request) -> str:
    """The cookie that binds the sign-in form to a browser before there is a session."""
    return cookie_name(request) + "-form"


def set_cookie(request: Request, response: Response, name: str, value: str, *, max_age_s: int | None = None) -> None:
    """Sets a cookie that scripts cannot read and other sites cannot send."""
    secure = not desk_of(request).context.rules.plain_http
    response.set_cookie(name, value, max_age=max_age_s, path="/", secure=secure, httponly=True, samesite="strict")


def source(request: Request) -> Source:
    """Where this request comes from: the peer of the socket, never a header."""
    rules = desk_of(request).context.rules
    return source_of(request.client.host if request.client else "", rules.local_sources)


def session_of(request: Request) -> Session:
    """The session of a request that passed the door."""
    session: Session | None = request.state.session
    if session is None:
        raise Problem(401, "signed_out", "Sign in first.")
    return session


async def door(request: Request) -> None:
    """Runs before every route: refuses what the table of rights does not allow, and changes that are not ours."""
    booth = desk_of(request)
    need = ROUTES.get((request.method, request.scope["route"].path))
    if need is None:
        raise Problem(403, "forbidden", "This route is not open to anybody.")
    secret = request.cookies.get(cookie_name(request), "")
    touch = request.scope["route"].path not in BY_THEMSELVES
    session = None
    if secret:
        at = booth.context.clock.utc_us()
        session = await run_in_threadpool(booth.sessions.find, secret, at, touch=touch)
    request.state.session = session
    _bind_form(request)
    if session is None and need is not Access.PUBLIC:
        raise Problem(401, "signed_out", "Sign in first.")
    if not may(session.person if session else None, need):
        raise Problem(403, "forbidden", f"This needs the role {need.value}.")
    if request.method not in SAFE:
        await _ours(request, session)


def _bind_form(request: Request) -> None:
    """Before there is a session, the form's token is derived from a cookie of its own."""
    secret = request.cookies.get(form_cookie_name(request), "") or secrets.token_urlsafe(32)
    request.state.form_secret = secret
    request.state.form_csrf = csrf_of(secret)


async def _ours(request: Request, session: Session | None) -> None:
    """OWASP: a token that only our page knows, and the browser's own word on where the request began."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Problem(403, "form_old", "This change did not begin on the booth page.")
    origin = request.headers.get("origin", "")
    if origin and origin.split("://")[-1] != request.headers.get("host", ""):
        raise Problem(403, "form_old", "This change did not begin on the booth page.")
    given = request.headers.get(CSRF_HEADER, "")
    if not given and "form" in request.headers.get("content-type", ""):
        field = (await request.form()).get(CSRF_FIELD, "")
        given = field if isinstance(field, str) else ""
    expected = session.csrf if session else request.state.form_csrf
    bound = session is not None or form_cookie_name(request) in request.cookies
    if not bound or not hmac.compare_digest(given.encode(), expected.encode()):
        raise Problem(403, "form_old", "The page's token is missing or from an older sign-in. Load the page again.")
