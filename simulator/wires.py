"""All simulated devices of all boxes: made from the configuration, started, moved by the world, broken and mended.

No physics and no traffic may be put here. Relays and orders that come in over the wires are handed to `on_relay`, from
the wires' own threads; everything else is called from the world's thread.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from simulator import config as shape
from simulator.camera_view import Scenery, view_of
from simulator.scene.state import SceneState
from simulator.sight import Sights
from simulator.wire.camera_process import CameraProcess, CameraSettings
from simulator.wire.camera_server import CameraFault
from simulator.wire.keyboard import EVENT_BAUD, KeyboardReader
from simulator.wire.modbus_board import ModbusBoard
from simulator.wire.modbus_line import ModbusLine
from simulator.wire.modbus_maps import MAPS
from simulator.wire.osdp_device import OsdpDevice, OsdpLine
from simulator.wire.port import PtyPort
from simulator.wire.wiegand_sender import WiegandSender
from simulator.world import Place
from simulator.yaml_file import FileError

OnRelay = Callable[[Place, str, bool], None]
FLIPPED_SHARE = 0.02
LATE_MS = 120
KEY_BYTES = 16
VIEW_EVERY_MS = 100
"""How often a changed view is told to a camera: more often than any of them draws."""


class Reader(Protocol):
    """What every simulated reader can do."""

    def present(self, card: str) -> int: ...


class Running(Protocol):
    """What starts and stops."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass(slots=True)
class BoxWires:
    """The devices of one box by their ids."""

    lines: dict[str, PtyPort] = field(default_factory=dict)
    readers: dict[str, Reader] = field(default_factory=dict)
    boards: dict[str, ModbusBoard] = field(default_factory=dict)
    cameras: list[str] = field(default_factory=list)


@dataclass(slots=True)
class CameraPost:
    """Where a camera stands, and what it was last shown."""

    place: Place
    side: str
    stamp: str
    shown: SceneState | None = None
    shown_ms: int = -VIEW_EVERY_MS


class Wires:
    """The far ends of every wire of the estate."""

    def __init__(self, config: shape.SimConfig, on_relay: OnRelay) -> None:
        self.scenery = Scenery()
        self._on_relay = on_relay
        self._running: list[Running] = []
        self._reader_at: dict[tuple[Place, str], list[Reader]] = {}
        self._board_of: dict[Place, ModbusBoard] = {}
        self._posts: dict[str, CameraPost] = {}
        self.boxes = {box.id: self._make(box) for box in config.boxes}
        self.cameras = CameraProcess(
            [
                CameraSettings(
                    name=f"{box.id}/{each.id}",
                    port=each.port,
                    fps=each.fps,
                    quality=each.quality,
                    h264=each.sends == "h264",
                )
                for box in config.boxes
                for each in box.cameras
            ]
        )
        self._running.append(self.cameras)

    # --- life ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Open every port and every stream; what was opened is closed again when one of them cannot be."""
        started: list[Running] = []
        try:
            for each in self._running:
                each.start()
                started.append(each)
            for name, post in self._posts.items():
                if post.shown is not None:
                    self.cameras.show(name, post.shown)
        except OSError:
            for each in reversed(started):
                each.stop()
            raise

    def stop(self) -> None:
        """Close everything; safe after a start that failed."""
        for each in reversed(self._running):
            each.stop()

    # --- making ----------------------------------------------------------------------------------------------------

    def _make(self, box: shape.Box) -> BoxWires:
        wires = BoxWires()
        for line in box.reader_lines:
            self._make_readers(line, wires)
        for barrier in box.barrier_lines:
            boards = {each.address: ModbusBoard(MAPS[each.profile]) for each in barrier.boards}
            wires.boards |= {each.id: boards[each.address] for each in barrier.boards}
            barrier.device.parent.mkdir(parents=True, exist_ok=True)
            modbus = ModbusLine(barrier.device, boards, baud=barrier.baud)
            wires.lines[barrier.id] = modbus.port
            self._running.append(modbus)
        for lane in box.lanes:
            self._join(box, lane, wires)
        return wires

    def _make_readers(self, line: shape.ReaderLine, wires: BoxWires) -> None:
        line.device.parent.mkdir(parents=True, exist_ok=True)
        baud = EVENT_BAUD if isinstance(line, shape.KeyboardLine) else line.baud
        port = PtyPort(line.device, baud)
        wires.lines[line.id] = port
        if isinstance(line, shape.OsdpBus):
            devices = {each.id: _osdp_device(each) for each in line.readers}
            OsdpLine(port, list(devices.values()))
            wires.readers |= devices
        elif isinstance(line, shape.KeyboardLine):
            wires.readers[line.reader] = KeyboardReader(port, line.format)
        else:
            wires.readers[line.reader] = WiegandSender(port, line.format)
        self._running.append(port)

    def _join(self, box: shape.Box, lane: shape.Lane, wires: BoxWires) -> None:
        """Tie a lane to its board, its readers and its cameras."""
        place = Place(box.id, lane.id)
        board = wires.boards[lane.board]
        names = {number: name for name, number in board.map.outputs.items()}
        # A gate for people has one relay: closed it releases the lock.
        relays = {number: "unlock" if name == "lock" else name for number, name in names.items()}

        def on_output(number: int, closed: bool, _at_ns: int) -> None:
            if number in relays:
                self._on_relay(place, relays[number], closed)

        board.on_output = on_output
        self._board_of[place] = board
        for at in lane.readers:
            self._reader_at.setdefault((place, at.side), []).append(wires.readers[at.id])
        for at in lane.cameras:
            wires.cameras.append(at.id)
            self._posts[f"{box.id}/{at.id}"] = CameraPost(place=place, side=at.side, stamp=f"{box.id} {at.id}")

    # --- what the world moves --------------------------------------------------------------------------------------

    def present_card(self, place: Place, side: str, card: str) -> None:
        """Hold a card to the readers of that side."""
        for reader in self._reader_at.get((place, side), ()):
            reader.present(card)

    def show_inputs(self, place: Place, inputs: Mapping[str, bool]) -> None:
        """Put the state of every contact on the board's terminals; those that are not wired are left out."""
        board = self._board_of[place]
        for name, is_on in inputs.items():
            if name in board.map.inputs:
                board.set_named_input(name, is_on)

    def set_scene(self, light: str, rain: int, glare: int) -> None:
        """Light and weather before every camera."""
        self.scenery = Scenery(light=light, rain=rain, glare=glare)

    def show_views(self, sights: Sights, now_ms: int) -> None:
        """Put what stands in the lanes before the cameras, where it has changed."""
        for name, post in self._posts.items():
            if now_ms - post.shown_ms < VIEW_EVERY_MS:
                continue
            view = view_of(sights[post.place.box, post.place.lane], post.side, self.scenery, post.stamp)
            if view != post.shown:
                post.shown, post.shown_ms = view, now_ms
                self.cameras.show(name, view)

    def ask_outside(self, what: str, box: str) -> None:
        """Say on standard output what only somebody outside can do: one JSON object a line."""
        sys.stdout.write(json.dumps({"do": what, "box": box}) + "\n")
        sys.stdout.flush()

    # --- faults ----------------------------------------------------------------------------------------------------

    def targets(self, box: str, kind: str) -> list[str]:
        """Ids that this kind of fault can strike at that box."""
        wires = self.boxes[box]
        if kind.startswith("camera_"):
            return wires.cameras
        if kind.startswith("board_"):
            return list(wires.boards)
        if kind.startswith("reader_"):  # only OSDP readers can say that they were opened, and be missed
            return [each for each, reader in wires.readers.items() if isinstance(reader, OsdpDevice)]
        return list(wires.lines)

    def has_target(self, box: str, kind: str, target: str) -> bool:
        """That box has something of that name which this fault can strike."""
        return box in self.boxes and target in self.targets(box, kind)

    def set_fault(self, box: str, kind: str, target: str, on: bool) -> None:
        """Break or mend a device or a line; `has_target` says whether it is there."""
        wires = self.boxes[box]
        if kind.startswith("camera_"):
            self.cameras.set_fault(f"{box}/{target}", CameraFault(kind.removeprefix("camera_")), on)
        elif kind == "board_silent":
            wires.boards[target].faults.deaf = on
        elif kind.startswith("reader_"):
            device = wires.readers[target]
            assert isinstance(device, OsdpDevice)
            if kind == "reader_tamper":
                device.tamper(on)
            else:
                device.offline = on
        else:
            self._set_line_fault(wires.lines[target], kind, on)

    @staticmethod
    def _set_line_fault(line: PtyPort, kind: str, on: bool) -> None:
        if kind == "cable_cut":
            (line.cut if on else line.restore)()
        elif kind == "bits_flipped":
            line.out.flip(FLIPPED_SHARE if on else 0.0)
        elif kind == "bytes_lost":
            line.out.drop(3 if on else 0)
        else:
            line.out.delay(LATE_MS if on else 0)


def _osdp_device(reader: shape.OsdpReader) -> OsdpDevice:
    """A reader with its key, 32 hex digits in its file; without one it speaks in clear text."""
    if reader.key_file is None:
        return OsdpDevice(address=reader.address)
    try:
        key = bytes.fromhex(reader.key_file.read_text(encoding="ascii").strip())
    except OSError as error:
        raise FileError(f"{reader.key_file}: key of reader {reader.id} cannot be read: {error.strerror}") from None
    except ValueError:
        raise FileError(f"{reader.key_file}: key of reader {reader.id}: expected 32 hex digits") from None
    if len(key) != KEY_BYTES:
        raise FileError(f"{reader.key_file}: key of reader {reader.id}: expected 32 hex digits, got {2 * len(key)}")
    return OsdpDevice(address=reader.address, key=key, secure_only=True)
