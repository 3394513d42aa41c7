"""Connections of the booth page: how many there may be, and how long one may take to ask for something (F22).

No HTTP meaning may be put here. A flood of idle or slow connections costs neither file handles of the daemon nor the
guard's place: the oldest connection that asks for nothing is the first to go.
"""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_ALL = 200
MOST_PER_SOURCE = 40
MOST_LOCAL = 120
ASK_WITHIN_S = 10.0
WHOLE = (h11.DONE, h11.MUST_CLOSE, h11.CLOSED)


class Crowd:
    """The connections of one server, the oldest first."""

    def __init__(self, local_sources: tuple[str, ...]) -> None:
        self._local = frozenset(local_sources)
        self._open: dict[Any, str] = {}

    def enter(self, protocol: Any, address: str) -> None:
        """Takes a connection in, and sends one away where there are too many."""
        self._open[protocol] = address
        here = [one for one, source in self._open.items() if source == address]
        if len(here) > (MOST_LOCAL if address in self._local else MOST_PER_SOURCE):
            self._send_away(here)
        elif len(self._open) > MOST_ALL:
            self._send_away(
                [one for one, source in self._open.items() if source not in self._local] or list(self._open)
            )

    def leave(self, protocol: Any) -> None:
        self._open.pop(protocol, None)

    def _send_away(self, connections: list[Any]) -> None:
        """The oldest that waits for nothing we owe it; else the newest, which has just come."""
        chosen = next((one for one in connections if not one.busy), connections[-1])
        self.leave(chosen)  # at once: it is told later that it was lost, and must not be chosen again until then
        chosen.transport.abort()


class GuardedProtocol(H11Protocol):
    """uvicorn's own protocol with a crowd to belong to and a deadline for whole requests."""

    crowd: Crowd
    deadline: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> bool:
        """Whether an answer is being given."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_request()
        self.crowd.enter(self, self.client[0] if self.client else "")

    def connection_lost(self, exc: Exception | None) -> None:
        self.crowd.leave(self)
        self._forget_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state in WHOLE:
            self._forget_deadline()
        elif self.deadline is None:
            self._expect_request()

    def _expect_request(self) -> None:
        self.deadline = self.loop.call_later(ASK_WITHIN_S, self._too_slow)

    def _forget_deadline(self) -> None:
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None

    def _too_slow(self) -> None:
        self.deadline = None
        self.transport.abort()


def guarded_protocol(local_sources: tuple[str, ...]) -> type[asyncio.Protocol]:
    """The protocol class for one server; all its connections share one crowd."""
    return type("ServerProtocol", (GuardedProtocol,), {"crowd": Crowd(local_sources)})
