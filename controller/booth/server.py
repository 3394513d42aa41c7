"""The web server in a named thread of its own, and the limits that keep hostile callers away from the lanes.

No route may be put here. Stops in under five seconds also while live pages are open (F25).
"""

import socket
import threading
from pathlib import Path

import uvicorn

from controller.booth.app import create_app
from controller.booth.connections import guarded_protocol
from controller.booth.context import BoothContext

BACKLOG = 128
GRACE_S = 2
START_S = 15.0


class BoothServer:
    """Serves the booth page. `port` is the port in use once `start` has returned (0 asks for a free one)."""

    def __init__(
        self,
        context: BoothContext,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        certificate_file: Path | None = None,
        key_file: Path | None = None,
    ) -> None:
        self.app = create_app(context)
        self.port = port
        self._host = host
        self._socket: socket.socket | None = None
        config = uvicorn.Config(
            self.app,
            http=guarded_protocol(context.rules.local_sources),
            ws="none",
            loop="asyncio",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=GRACE_S,
            ssl_certfile=certificate_file,
            ssl_keyfile=str(key_file) if key_file else None,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="booth-web", daemon=True)

    def start(self) -> None:
        """Binds and serves. Raises OSError when the address is taken, RuntimeError when the page does not come up."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((self._host, self.port))
        self._socket.listen(BACKLOG)
        self.port = int(self._socket.getsockname()[1])
        self._thread.start()
        pause = threading.Event()
        for _ in range(int(START_S / 0.02)):
            if self._server.started:
                return
            if not self._thread.is_alive():
                break
            pause.wait(0.02)
        self.stop()
        raise RuntimeError(f"booth page: did not come up on {self._host}:{self.port}")

    def stop(self) -> None:
        """Ends open streams, then the server, then the threads behind the page."""
        self.app.state.booth.live.stop()
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(timeout=GRACE_S + 2)
        if self._socket is not None:
            self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket] if self._socket else None)
