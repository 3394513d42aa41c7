"""Carries effects to the drivers. Decides nothing, waits for nothing: what came of it returns as a fact."""

from collections.abc import Mapping
from typing import Protocol

import structlog

from controller.config import BoxConfig
from controller.domain.effects import (
    AnswerReader,
    Effect,
    MoveBarrier,
    ReadPlates,
    ReleaseLock,
    ShowPhrase,
    TakePicture,
)
from controller.domain.terms import BarrierOrder, Side

log = structlog.get_logger("actor")


class Readers(Protocol):
    """What the actor needs of a line of readers."""

    def answer(self, reader: str, verdict: str) -> None: ...


class Boards(Protocol):
    """What the actor needs of a line of boards."""

    def order(self, board: str, order_id: str, order: str, *, for_ms: int = 0) -> None: ...


class Pictures(Protocol):
    """What the actor needs of a camera."""

    def picture(self, request: str) -> None: ...

    def read_plates(self, on: bool) -> None: ...


class Origins(Protocol):
    """Who keeps the origin of an order until its answer comes (the station)."""

    def remember_origin(self, order_id: str, origin_ns: int) -> None: ...


class DriverActor:
    """Knows which driver serves which lane, and nothing else."""

    def __init__(
        self,
        config: BoxConfig,
        origins: Origins,
        *,
        readers: Mapping[str, Readers],
        boards: Mapping[str, Boards],
        cameras: Mapping[str, Pictures],
    ) -> None:
        self._origins = origins
        self._readers = readers
        self._boards = boards
        self._cameras = cameras
        self._board_of = {lane.id: lane.board for lane in config.lanes}
        self._cameras_of = {
            (lane.id, side): [at.id for at in lane.cameras if at.side == side] for lane in config.lanes for side in Side
        }

    def act(self, effect: Effect, origin_ns: int) -> None:
        """Hand an effect to its driver; returns at once."""
        match effect:
            case MoveBarrier(lane=lane, order_id=order_id, order=order):
                self._order(lane, order_id, order, 0, origin_ns)
            case ReleaseLock(lane=lane, order_id=order_id, for_ms=for_ms):
                self._order(lane, order_id, BarrierOrder.UNLOCK, for_ms, origin_ns)
            case AnswerReader(reader=reader, verdict=verdict):
                if reader in self._readers:
                    self._readers[reader].answer(reader, verdict.value)
            case TakePicture(lane=lane, side=side, passage=passage, role=role):
                for camera in self._cameras_of[lane, side]:
                    self._cameras[camera].picture(f"{passage}|{role}")
            case ReadPlates(lane=lane, side=side, on=on):
                for camera in self._cameras_of[lane, side]:
                    self._cameras[camera].read_plates(on)
            case ShowPhrase(lane=lane, phrase=phrase):
                log.debug("no display at this lane", lane=lane, phrase=phrase)
            case _:
                log.error("nobody carries this out", effect=type(effect).__name__, lane=effect.lane)

    def _order(self, lane: str, order_id: str, order: BarrierOrder, for_ms: int, origin_ns: int) -> None:
        self._origins.remember_origin(order_id, origin_ns)
        board = self._board_of[lane]
        self._boards[board].order(board, order_id, order.value, for_ms=for_ms)
