"""Templates: how a page or a part of one is made, in the reader's language and light.

No route and no lookup may be put here. Escaping is always on; nothing inline, so that the strict CSP holds.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from controller.booth import times
from controller.booth.plate_view import plate_view
from controller.booth.texts import INDEX, LANGUAGES, text, text_or

HERE = Path(__file__).parent
STATIC = HERE / "static"
LANGUAGE_COOKIE = "gatehouse_language"
THEME_COOKIE = "gatehouse_theme"
THEMES = ("auto", "light", "dark")


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody sees the page."""

    language: str
    theme: str


@cache
def asset(name: str) -> str:
    """Address of a static file; it changes with the content, so that browsers may keep it for ever."""
    mark = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={mark}"


@cache
def environment() -> Environment:
    """The one template environment; templates are read from this package."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(asset=asset, languages=LANGUAGES, themes=THEMES, plate_view=plate_view)
    made.filters.update(hhmm=times.hhmm, stamp=times.stamp, day=times.day)
    return made


def look_of(request: Request) -> Look:
    """Language and theme by cookie, else the first of the browser's languages that the site has, else the site's."""
    offered = tuple(code for code in request.app.state.booth.context.rules.languages if code in INDEX) or ("en",)
    theme = request.cookies.get(THEME_COOKIE, "auto")
    language = request.cookies.get(LANGUAGE_COOKIE, "")
    if language not in offered:
        language = _accepted(request.headers.get("accept-language", ""), offered)
    return Look(language, theme if theme in THEMES else "auto")


def _accepted(header: str, offered: tuple[str, ...]) -> str:
    for wanted in (part.split(";")[0].strip().lower() for part in header.split(",")):
        traditional = any(mark in wanted for mark in ("hant", "-tw", "-hk", "-mo"))
        code = ("zh-Hant" if traditional else "zh-Hans") if wanted.startswith("zh") else "en"
        if code in offered and wanted.startswith(("zh", "en")):
            return code
    return offered[0]


def words(language: str) -> dict[str, Any]:
    """What every template has: `t(key)` and `t_or(key, otherwise)` in this language."""
    return {"t": partial(text, language), "t_or": partial(text_or, language), "language": language}


def part(template: str, language: str, **values: Any) -> str:
    """One fragment of a page."""
    return environment().get_template(template).render(**words(language), **values)


def page(
    request: Request, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
) -> HTMLResponse:
    """A whole page with its frame."""
    look = look_of(request)
    context = request.app.state.booth.context
    session = getattr(request.state, "session", None)
    frame = {
        "look": look,
        "person": session.person if session else None,
        "csrf": session.csrf if session else getattr(request.state, "form_csrf", ""),
        "site": context.site,
        "box": context.box,
        "rules": context.rules,
        "offered": [pair for pair in LANGUAGES if pair[0] in context.rules.languages],
        "here": request.url.path,
        "now_us": context.clock.utc_us(),
        "offset": context.rules.utc_offset_minutes,
    }
    html = environment().get_template(template).render(**words(look.language), **frame, **values)
    return HTMLResponse(html, status, dict(headers or {}))
