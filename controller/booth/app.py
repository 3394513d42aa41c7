"""The booth page as one FastAPI app: the door before every route, the routes, the frame around every answer.

No rule and no lookup may be put here; it only puts together. Nothing is loaded from elsewhere, also not at /docs.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from starlette.staticfiles import StaticFiles

from controller.booth import (
    problems,
    routes_api,
    routes_live,
    routes_orders,
    routes_pages,
    routes_settings,
    routes_sign,
)
from controller.booth.context import BoothContext
from controller.booth.desk import desk
from controller.booth.headers import Surround
from controller.booth.render import STATIC
from controller.booth.signed import door


def create_app(context: BoothContext) -> FastAPI:
    """The app of one box. Its threads run from start-up to shut-down of whatever serves it."""
    parts = desk(context)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        parts.start()
        yield
        parts.stop()

    app = FastAPI(
        title="Gatehouse booth",
        version=context.status().version,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        dependencies=[Depends(door)],
    )
    app.state.booth = parts
    problems.install(app)
    for routes in (routes_sign, routes_pages, routes_settings, routes_api, routes_orders, routes_live):
        app.include_router(routes.router)
    app.add_api_route("/api/v1/openapi.json", app.openapi, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(Surround, figures=parts.figures, plain_http=context.rules.plain_http)
    return app
