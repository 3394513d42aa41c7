"""Errors as RFC 9457 problem JSON, or as a page for a browser; nothing of the inside is told.

No route may be put here.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from controller.booth.render import page

PROBLEM = "application/problem+json"
SIGN_IN = "/sign-in"


class Problem(HTTPException):
    """A refusal with a stable `code`: the key of its text on the page, and the tail of the problem's type."""

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, detail, headers)
        self.code = code


def problem_response(
    status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """One problem document. `more` are extension members."""
    content = {
        "type": f"urn:gatehouse:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **more,
    }
    return JSONResponse(content, status, dict(headers or {}), PROBLEM)


def wants_page(request: Request) -> bool:
    """Whether a person looks at this in a browser, rather than a program."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def install(app: FastAPI) -> None:
    """Makes every error of the app a problem."""

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        code = error.code if isinstance(error, Problem) else HTTPStatus(error.status_code).name.lower()
        if wants_page(request):
            if error.status_code == HTTPStatus.UNAUTHORIZED:
                return RedirectResponse(SIGN_IN, HTTPStatus.SEE_OTHER)
            return page(
                request, "error.html", status=error.status_code, code=code, detail=error.detail, headers=error.headers
            )
        return problem_response(error.status_code, code, str(error.detail), error.headers)

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> Response:
        if wants_page(request):
            return page(request, "error.html", status=422, code="malformed", detail="")
        errors = [{"where": ".".join(map(str, one["loc"])), "what": one["msg"]} for one in error.errors()]
        return problem_response(422, "malformed", "The request does not fit the interface description.", errors=errors)

    @app.exception_handler(Exception)
    def failed(request: Request, error: Exception) -> Response:
        del request, error  # the server's log has the traceback; the caller learns nothing of the inside
        return problem_response(500, "internal", "The booth page made a mistake. The lanes are not affected.")
