"""Serves the page on loopback: the lanes as they are, ten times a second, and what a person does there.

Nothing is decided here (see `acts`), and nothing may be loaded from elsewhere.
"""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import Body, FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.trustedhost import TrustedHostMiddleware

from simulator.app import Simulation
from simulator.page.acts import AnyAct, carry_out
from simulator.sight import LaneSight

FOLDER = Path(__file__).parent
PERIOD_S = 0.1
KEEP_ALIVE_S = 10.0
POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


class PageServer:
    """The page's server with its thread; `url` is known from the beginning."""

    def __init__(self, simulation: Simulation, port: int) -> None:
        self._simulation = simulation
        self._stopping = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"
        settings = uvicorn.Config(
            self._app(), log_level="warning", access_log=False, timeout_graceful_shutdown=1, lifespan="off"
        )
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(target=self._run, name="sim-page", daemon=True)

    def start(self) -> None:
        """Serve from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End every connection and the thread."""
        self._stopping.set()
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(timeout=4.0)
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    # --- routes ----------------------------------------------------------------------------------------------------

    def _app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
        app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")

        @app.get("/")
        def page() -> Response:
            return FileResponse(FOLDER / "index.html", headers={"Content-Security-Policy": POLICY})

        @app.get("/api/estate")
        def estate() -> dict[str, Any]:
            return self._estate()

        @app.get("/api/state")
        def state() -> Response:
            return Response(self._state(), media_type="application/json")

        @app.get("/api/stream")
        async def stream() -> Response:
            return StreamingResponse(self._stream(), media_type="text/event-stream")

        @app.post("/api/act")
        def act(request: Request, act: Annotated[AnyAct, Body()]) -> Response:
            if not self._is_ours(request):
                return _problem(403, "only this page itself may act")
            try:
                self._simulation.ask(lambda world: carry_out(act, world, self._simulation.fleet))
            except ValueError as error:
                return _problem(422, str(error))
            return JSONResponse({"done": act.do})

        return app

    def _is_ours(self, request: Request) -> bool:
        """A page from elsewhere in the same browser may not move anything."""
        origin = request.headers.get("origin")
        return origin is None or origin == f"http://{request.headers.get('host')}"

    async def _stream(self) -> AsyncIterator[str]:
        said, silent_s = "", 0.0
        while not self._stopping.is_set():
            state = self._state()
            if state != said:
                said, silent_s = state, 0.0
                yield f"data: {state}\n\n"
            elif silent_s >= KEEP_ALIVE_S:
                silent_s = 0.0
                yield ": still here\n\n"
            await asyncio.sleep(PERIOD_S)
            silent_s += PERIOD_S

    # --- what is shown ---------------------------------------------------------------------------------------------

    def _estate(self) -> dict[str, Any]:
        """What does not change: lanes, devices, fleet."""
        simulation = self._simulation
        boxes = [
            {
                "id": box,
                "lines": list(wires.lines),
                "boards": list(wires.boards),
                "cameras": wires.cameras,
                "tamper": simulation.wires.targets(box, "reader_tamper"),
            }
            for box, wires in simulation.wires.boxes.items()
        ]
        fleet = [
            {"id": each.vehicle.id, "plate": each.vehicle.plate, "card": each.card, "who": each.who}
            for each in simulation.fleet.members
        ]
        return {"boxes": boxes, "fleet": fleet}

    def _state(self) -> str:
        """What changes, as JSON text."""
        simulation = self._simulation
        scenery = simulation.wires.scenery
        content = {
            "lanes": [_shown(sight) for sight in simulation.sights.values()],
            "faults": sorted(simulation.world.faults.copy()),
            "scene": {"light": scenery.light, "rain": scenery.rain, "glare": scenery.glare},
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _shown(sight: LaneSight) -> dict[str, Any]:
    return {
        "box": sight.box,
        "lane": sight.lane,
        "kind": sight.kind,
        "direction": sight.direction,
        "arm": sight.arm,
        "position": sight.position,
        "boom_off": sight.boom_off,
        "person": sight.person,
        "inputs": [name for name, is_on in sight.inputs if is_on],
        "waiting": sight.waiting,
        "vehicles": [
            {
                "id": each.vehicle.id,
                "plate": each.vehicle.plate,
                "plate_color": each.vehicle.plate_color,
                "paint": each.vehicle.paint,
                "body": each.vehicle.body,
                "length": each.vehicle.length_m,
                "side": each.side,
                "front": each.front_m,
                "phase": each.phase,
                "crossed": each.has_crossed,
            }
            for each in sight.vehicles
        ],
    }


def _problem(status: int, words: str) -> Response:
    content = {"type": "about:blank", "title": words, "status": status}
    return JSONResponse(content, status_code=status, media_type="application/problem+json")
