"""The simulator's own configuration: the far end of every wire, the traffic, the journal.

No traffic and no figure of physics may be put here (see `traffic.script`, `physics.geometry`). The keys are named as
in the daemon's file, so that one can be written beside the other. Relative paths count from the folder of the file.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from simulator.physics.door import DoorSpec
from simulator.physics.lane import LaneSpec
from simulator.wire.modbus_maps import MAPS
from simulator.world import Place
from simulator.yaml_file import Loc, Part, load

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$", description="lower-case letters, digits, '-', '_'")]
Baud = Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400]
Port = Annotated[int, Field(ge=0, le=65535, description="0: any free one, printed at the start")]
Side = Literal["entry", "exit"]


class OsdpReader(Part):
    """One OSDP reader; with `key_file` it speaks only through a secure channel."""

    id: Id
    address: Annotated[int, Field(ge=0, le=126)]
    key_file: Path | None = None


class OsdpBus(Part):
    """One RS-485 line with OSDP readers."""

    kind: Literal["osdp"]
    id: Id
    device: Path
    baud: Baud = 9600
    readers: Annotated[tuple[OsdpReader, ...], Field(min_length=1)]


class WiegandLine(Part):
    """A serial converter with one Wiegand reader behind it."""

    kind: Literal["wiegand"]
    id: Id
    device: Path
    baud: Baud = 9600
    reader: Id
    format: Literal["hex_line", "binary_line", "decimal_line"] = "hex_line"


class KeyboardLine(Part):
    """A USB reader that types."""

    kind: Literal["keyboard"]
    id: Id
    device: Path
    reader: Id
    format: Literal["decimal10", "facility_number", "hex"] = "decimal10"


ReaderLine = Annotated[OsdpBus | WiegandLine | KeyboardLine, Field(discriminator="kind")]


class Board(Part):
    """One Modbus board; `profile` names its register map."""

    id: Id
    address: Annotated[int, Field(ge=1, le=247)]
    profile: Id = "generic"


class BarrierLine(Part):
    """One RS-485 line with Modbus boards."""

    id: Id
    device: Path
    baud: Baud = 9600
    boards: Annotated[tuple[Board, ...], Field(min_length=1)]


class Camera(Part):
    """One network camera on loopback: JPEGs over HTTP, or H.264 over RTSP."""

    id: Id
    port: Port = 0
    fps: Annotated[float, Field(gt=0, le=25)] = 6
    quality: Annotated[int, Field(ge=30, le=100)] = 85
    sends: Literal["jpeg", "h264"] = "jpeg"


class At(Part):
    """On which side of the arm a reader or a camera stands."""

    id: Id
    side: Side


class Lane(Part):
    """One lane or one gate for people, and what hangs on it."""

    id: Id
    kind: Literal["vehicle", "foot"] = "vehicle"
    direction: Literal["entry", "exit", "both"]
    board: Id
    readers: tuple[At, ...] = ()
    cameras: tuple[At, ...] = ()
    own_safety: bool = Field(True, description="the barrier's board reverses by itself on an obstruction")
    button_opens: bool = Field(True, description="the open button (foot: the exit button) is wired to the arm as well")


class Box(Part):
    """The hardware of one gate box."""

    id: Id
    reader_lines: tuple[ReaderLine, ...] = ()
    barrier_lines: tuple[BarrierLine, ...] = ()
    cameras: tuple[Camera, ...] = ()
    lanes: Annotated[tuple[Lane, ...], Field(min_length=1)]

    def reader_ids(self) -> list[str]:
        """Every reader on whatever line."""
        ids = []
        for line in self.reader_lines:
            ids += [each.id for each in line.readers] if isinstance(line, OsdpBus) else [line.reader]
        return ids

    def boards(self) -> dict[str, Board]:
        """Every board on whatever line, by its id."""
        return {board.id: board for line in self.barrier_lines for board in line.boards}


class Page(Part):
    """The page from which a person drives the simulation; it is served on loopback only."""

    port: Port = 0


class SimConfig(Part):
    """The whole file."""

    seed: int | None = None
    truth: Path
    fleet: Path | None = None
    traffic: tuple[Path, ...] = ()
    page: Page | None = Page()
    boxes: Annotated[tuple[Box, ...], Field(min_length=1)]

    def lanes(self) -> dict[Place, LaneSpec | DoorSpec]:
        """What physics has to know of each lane."""
        return {Place(box.id, lane.id): _spec(lane) for box in self.boxes for lane in box.lanes}


def _spec(lane: Lane) -> LaneSpec | DoorSpec:
    if lane.kind == "foot":
        return DoorSpec(id=lane.id, button_releases=False)
    return LaneSpec(id=lane.id, direction=lane.direction, own_safety=lane.own_safety, button_opens=lane.button_opens)


def load_config(path: Path) -> SimConfig:
    """Read and check the file; paths in it become absolute. Raises FileError."""
    config = load(path, SimConfig, _mistakes)
    return _with_paths_from(config, path.resolve().parent)


def _with_paths_from(config: SimConfig, folder: Path) -> SimConfig:
    """Relative paths count from the folder of the file; the rest of the content stays as it is."""

    def absolute(value: object) -> object:
        if isinstance(value, Path):
            return folder / value
        if isinstance(value, dict):
            return {key: absolute(each) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [absolute(each) for each in value]
        return value

    return SimConfig.model_validate(absolute(config.model_dump()))


def _mistakes(config: SimConfig) -> Iterator[tuple[Loc, str]]:
    if config.traffic and config.fleet is None:
        yield ("traffic",), "a script draws from a fleet: `fleet` is missing"
    seen: set[str] = set()
    for number, box in enumerate(config.boxes):
        at: Loc = ("boxes", number)
        if box.id in seen:
            yield (*at, "id"), f"box {box.id!r} stands in the file twice"
        seen.add(box.id)
        yield from _doubled(at, box)
        yield from _wrong_lanes(at, box)


def _doubled(at: Loc, box: Box) -> Iterator[tuple[Loc, str]]:
    kinds = {
        "reader_lines": box.reader_ids() + [line.id for line in box.reader_lines],
        "barrier_lines": [line.id for line in box.barrier_lines]
        + [each.id for ln in box.barrier_lines for each in ln.boards],
        "cameras": [each.id for each in box.cameras],
        "lanes": [each.id for each in box.lanes],
    }
    for key, ids in kinds.items():
        for each in sorted({each for each in ids if ids.count(each) > 1}):
            yield (*at, key), f"{each!r} is used twice"
    for number, line in enumerate(box.barrier_lines):
        for place, board in enumerate(line.boards):
            if board.profile not in MAPS:
                where = (*at, "barrier_lines", number, "boards", place, "profile")
                yield where, f"{board.profile!r} is not known; there are {', '.join(MAPS)}"


def _wrong_lanes(at: Loc, box: Box) -> Iterator[tuple[Loc, str]]:
    boards, readers, cameras = box.boards(), box.reader_ids(), [each.id for each in box.cameras]
    for number, lane in enumerate(box.lanes):
        here = (*at, "lanes", number)
        if lane.board not in boards:
            yield (*here, "board"), f"board {lane.board!r} is on no line; there are {', '.join(boards) or 'none'}"
        for key, used, known in (("readers", lane.readers, readers), ("cameras", lane.cameras, cameras)):
            for place, each in enumerate(used):
                if each.id not in known:
                    yield (*here, key, place, "id"), f"{each.id!r} is not known; there are {', '.join(known) or 'none'}"
