"""The station: gives a driver's reading its place and makes it a fact. No judgement may be put here.

One of the two files of the daemon that see drivers (the other is `controller.app`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from controller.config import BoxConfig, Lane
from controller.domain.facts import (
    BarrierAnswer,
    BarrierState,
    CardRead,
    DeviceState,
    DoorState,
    Fact,
    PictureFailed,
    PictureTaken,
    PlateRead,
    PlateUnseen,
    SlotReading,
)
from controller.domain.terms import (
    BarrierOrder,
    LaneKind,
    OrderOutcome,
    PlateColor,
    PlateKind,
    Side,
    Signal,
)
from controller.inbox import Incoming
from controller.ports import Clock
from drivers.readings import (
    CardPresented,
    DeviceCondition,
    InputsScanned,
    NoPlateSeen,
    OrderAnswered,
    PictureMissed,
    PictureSaved,
    PlateSeen,
    Reading,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device stands."""

    lane: str
    side: Side
    device_kind: str


@dataclass(slots=True)
class Site:
    """Which device stands where, from the configuration. A device that no lane names stands nowhere."""

    lanes: dict[str, Lane]
    places: dict[str, list[Place]] = field(default_factory=dict)

    def of(self, device: str) -> list[Place]:
        """Every place that a device (or the line that carries it) serves."""
        return self.places.get(device, [])


def site_of(config: BoxConfig) -> Site:
    """The map from devices to places that a configuration says."""
    site = Site(lanes={lane.id: lane for lane in config.lanes})
    for lane in config.lanes:
        front = Side.EXIT if lane.direction == "exit" else Side.ENTRY
        site.places.setdefault(lane.board, []).append(Place(lane.id, front, "board"))
        for reader in lane.readers:
            site.places.setdefault(reader.id, []).append(Place(lane.id, reader.side, "reader"))
        for camera in lane.cameras:
            site.places.setdefault(camera.id, []).append(Place(lane.id, camera.side, "camera"))
    for line in config.reader_lines:
        readers = [reader.id for reader in line.readers] if line.kind == "osdp" else [line.reader]
        _serve(site, line.id, readers)
    for barrier_line in config.barrier_lines:
        _serve(site, barrier_line.id, [board.id for board in barrier_line.boards])
    return site


def _serve(site: Site, line: str, devices: Iterable[str]) -> None:
    for device in devices:
        site.places.setdefault(line, []).extend(site.of(device))


class Station:
    """Turns readings into facts. Thread-safe: drivers call it from their own threads."""

    def __init__(self, site: Site, clock: Clock, new_id: Callable[[], str]) -> None:
        self._site = site
        self._clock = clock
        self._new_id = new_id
        self._origins: dict[str, int] = {}

    def remember_origin(self, order_id: str, origin_ns: int) -> None:
        """Keep the origin of the reading that led to an order, so that its answer can say how long it took."""
        if len(self._origins) > 1_000:
            self._origins.pop(next(iter(self._origins)))
        self._origins[order_id] = origin_ns

    def facts(self, reading: Reading) -> list[Incoming]:
        """The facts that a reading is, one for each lane that the device serves."""
        return [
            Incoming(fact, reading.origin_ns)
            for place in self._site.of(reading.device)
            if (fact := self._fact(reading, place)) is not None
        ]

    def _fact(self, reading: Reading, place: Place) -> Fact | None:
        fact_id, at, lane = self._new_id(), self._clock.utc_us(), place.lane
        match reading:
            case CardPresented(device=device, card=card, raw=raw, count=count):
                return CardRead(
                    id=fact_id, at=at, lane=lane, reader=device, side=place.side, card=card, raw=raw, count=count
                )
            case PlateSeen():
                return _plate_read(reading, fact_id, at, place)
            case NoPlateSeen(device=device, frames=frames, picture=picture):
                return PlateUnseen(
                    id=fact_id, at=at, lane=lane, camera=device, side=place.side, frames=frames, picture=picture
                )
            case InputsScanned(inputs=inputs):
                return self._inputs(dict(inputs), fact_id, at, lane)
            case OrderAnswered(order_id=order_id, order=order, outcome=outcome, detail=detail):
                origin_ns = self._origins.pop(order_id, reading.origin_ns)
                return BarrierAnswer(
                    id=fact_id,
                    at=at,
                    lane=lane,
                    order_id=order_id,
                    order=BarrierOrder(order),
                    outcome=OrderOutcome(outcome),
                    detail=detail,
                    since_origin_us=max(0, (reading.origin_ns - origin_ns) // 1000),
                )
            case DeviceCondition(device=device, condition=condition, detail=detail):
                return DeviceState(
                    id=fact_id,
                    at=at,
                    lane=lane,
                    device=device,
                    device_kind=place.device_kind,
                    condition=str(condition),
                    detail=detail,
                )
            case PictureSaved(device=device, request=request, sha256=sha256, width=width, height=height):
                passage, role = picture_asked(request)
                return PictureTaken(
                    id=fact_id,
                    at=at,
                    lane=lane,
                    camera=device,
                    passage=passage,
                    role=role,
                    sha256=sha256,
                    width=width,
                    height=height,
                )
            case PictureMissed(device=device, request=request, detail=detail):
                passage, role = picture_asked(request)
                return PictureFailed(
                    id=fact_id, at=at, lane=lane, camera=device, passage=passage, role=role, detail=detail
                )
        return None

    def _inputs(self, inputs: dict[str, bool | None], fact_id: str, at: int, lane: str) -> Fact:
        if self._site.lanes[lane].kind is LaneKind.FOOT:
            return DoorState(
                id=fact_id,
                at=at,
                lane=lane,
                door=_signal(inputs, "door"),
                lock=_signal(inputs, "lock_released"),
                exit_button=_signal(inputs, "exit_button"),
                fire=_signal(inputs, "fire"),
                fault=_signal(inputs, "fault"),
            )
        return BarrierState(
            id=fact_id,
            at=at,
            lane=lane,
            limit_up=_signal(inputs, "limit_up"),
            limit_down=_signal(inputs, "limit_down"),
            arming=_signal(inputs, "arming"),
            closing=_signal(inputs, "closing"),
            leaving=_signal(inputs, "leaving"),
            photocell=_signal(inputs, "photocell"),
            fire=_signal(inputs, "fire"),
            button=_signal(inputs, "button"),
            fault=_signal(inputs, "fault"),
        )


def _signal(inputs: dict[str, bool | None], name: str) -> Signal:
    if name not in inputs:
        return Signal.ABSENT
    value = inputs[name]
    return Signal.UNKNOWN if value is None else Signal.ON if value else Signal.OFF


def _plate_read(seen: PlateSeen, fact_id: str, at: int, place: Place) -> PlateRead:
    return PlateRead(
        id=fact_id,
        at=at,
        lane=place.lane,
        camera=seen.device,
        side=place.side,
        text=seen.text,
        raw=seen.raw,
        kind=PlateKind(seen.kind),
        color=PlateColor(seen.color),
        margin=seen.margin,
        slots=tuple(SlotReading(char=slot.char, margin=slot.margin, others=slot.others) for slot in seen.slots),
        frames=seen.frames,
        picture=seen.picture,
        another=seen.another,
        vehicle_color=seen.vehicle_color,
        vehicle_color_confidence=seen.vehicle_color_confidence,
        box=seen.box,
    )


def picture_request(passage: str, role: str) -> str:
    """The text by which a camera is asked for a picture; `picture_asked` reads it back."""
    return f"{passage}|{role}"


def picture_asked(request: str) -> tuple[str, str]:
    """Passage and role of a picture request."""
    passage, _, role = request.partition("|")
    return passage, role
