"""What surrounds every answer: security headers, a limit on what may be sent, and figures by status.

No route may be put here. OWASP ASVS 5.0, 3.4: a strict content policy with nothing inline and nothing from elsewhere.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controller.booth.figures import Figures
from controller.booth.problems import problem_response

BODY_LIMIT = 64 * 1024
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; "
    "manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
FIXED = (
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
)


class Surround:
    """Plain ASGI, so that a stream is never held up."""

    def __init__(self, app: ASGIApp, figures: Figures, plain_http: bool) -> None:
        self._app = app
        self._figures = figures
        self._plain_http = plain_http

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._dress(MutableHeaders(scope=message), scope["path"])
                self._figures.requests.labels(f"{message['status'] // 100}xx").inc()
            await send(message)

        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdigit() or int(length) > BODY_LIMIT:
            await problem_response(413, "too_large", f"At most {BODY_LIMIT} bytes may be sent.")(
                scope, receive, send_with_headers
            )
            return
        await self._app(scope, _limited(receive), send_with_headers)

    def _dress(self, headers: MutableHeaders, path: str) -> None:
        for name, value in FIXED:
            headers[name] = value
        if not self._plain_http:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if path.startswith("/static/"):
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
        else:
            headers.setdefault("Cache-Control", "no-store")


def _limited(receive: Receive) -> Receive:
    """Bodies without a length are cut off at the limit: the rest looks like a caller who went away."""
    got = 0

    async def limited() -> Message:
        nonlocal got
        message = await receive()
        if message["type"] == "http.request":
            got += len(message.get("body", b""))
            if got > BODY_LIMIT:
                return {"type": "http.disconnect"}
        return message

    return limited
