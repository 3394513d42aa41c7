"""What network cameras of either kind share: who connects, the threads that serve, and the faults real ones have.

No drawing, no protocol and no traffic may be put here.
"""

import contextlib
import select
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import StrEnum, unique
from functools import partial

from simulator.scene.state import SceneState

View = Callable[[float], SceneState]
"""What stands in view at a monotonic time in seconds."""

CLIENT_TIMEOUT_S = 5.0


@unique
class CameraFault(StrEnum):
    """What can be wrong with a camera (F10)."""

    FREEZE = "freeze"
    BLACK = "black"
    CUT = "cut"
    SLOW = "slow"
    SILENT = "silent"
    TRUNCATED = "truncated"


class CameraServer(ABC):
    """A camera's end of the wire. A client is dropped where `serve` ends, whatever it ended with."""

    def __init__(self, host: str, port: int) -> None:
        self.address = (host, port)
        self._faults: frozenset[CameraFault] = frozenset()
        self._stopping = threading.Event()
        self._listener: socket.socket | None = None
        self._clients: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    @property
    @abstractmethod
    def url(self) -> str:
        """Where the driver finds the stream; known after `start`."""

    @abstractmethod
    def serve(self, client: socket.socket) -> None:
        """Speak with one client to the end, in a thread of its own. OSError: it went away, or a fault dropped it."""

    def start(self) -> None:
        """Listen."""
        self._listener = socket.create_server(self.address, backlog=8)
        self._listener.settimeout(0.2)
        self.address = self._listener.getsockname()[:2]
        self._run(self._accept, "accept")

    def stop(self) -> None:
        """Close every connection and end the threads."""
        self._stopping.set()
        self._drop_clients()
        for thread in list(self._threads):
            thread.join(timeout=2.0)
        if self._listener is not None:
            self._listener.close()

    def set_fault(self, fault: CameraFault, on: bool) -> None:
        """Switch one fault on or off; `CUT` and `SILENT` also end the connections that stand."""
        self._faults = self._faults | {fault} if on else self._faults - {fault}
        if on and fault in (CameraFault.CUT, CameraFault.SILENT):
            self._drop_clients()

    @property
    def faults(self) -> frozenset[CameraFault]:
        return self._faults

    def _run(self, work: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=work, name=f"camera-{self.address[1]}-{name}", daemon=True)
        self._threads = [alive for alive in self._threads if alive.is_alive()] + [thread]
        thread.start()

    def _accept(self) -> None:
        assert self._listener is not None
        while not self._stopping.is_set():
            try:
                client, _peer = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            if CameraFault.CUT in self._faults:
                client.close()
                continue
            client.settimeout(CLIENT_TIMEOUT_S)
            self._clients.add(client)
            self._run(partial(self._serve, client), f"client-{client.fileno()}")

    def _serve(self, client: socket.socket) -> None:
        try:
            self.serve(client)
        except OSError:
            return  # the driver went away, or the fault closed the connection: both are what a camera lives with
        finally:
            self._clients.discard(client)
            client.close()

    def _hold_silent(self, client: socket.socket) -> None:
        while CameraFault.SILENT in self._faults and not self._stopping.is_set():
            readable, _, _ = select.select([client], [], [], 0.1)
            if readable and not client.recv(1024):
                raise ConnectionResetError("the driver went away")

    def _drop_clients(self) -> None:
        for client in list(self._clients):
            self._clients.discard(client)
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)


def request_of(client: socket.socket, limit: int) -> bytes:
    """The head of the next request, as far as it came; empty where there is none. HTTP and RTSP end it alike."""
    request = b""
    while b"\r\n\r\n" not in request and len(request) < limit:
        part = client.recv(1024)
        if not part:
            break
        request += part
    return request
