"""Drivers from the configuration: values in, driver objects out. One of the places that see drivers; no policy here."""

from dataclasses import dataclass, field, replace

from controller import config as c
from controller.app.plate_tables import plates_of_region
from drivers.barrier import profiles as b
from drivers.barrier.line import BarrierLine
from drivers.camera.camera import Camera
from drivers.camera.settings import CameraSettings
from drivers.reader.keyboard_line import KeyboardLine, KeyboardLineSettings
from drivers.reader.osdp_bus import OsdpBus, OsdpBusSettings
from drivers.reader.osdp_reader import OsdpReaderSettings
from drivers.reader.wiegand_line import WiegandLine, WiegandLineSettings
from drivers.readings import BoardDriver, CameraDriver, Driver, Emit, ReaderDriver


@dataclass(slots=True)
class Hardware:
    """Every driver of a box, and which one serves which device."""

    drivers: list[Driver] = field(default_factory=list)
    readers: dict[str, ReaderDriver] = field(default_factory=dict)
    boards: dict[str, BoardDriver] = field(default_factory=dict)
    cameras: dict[str, CameraDriver] = field(default_factory=dict)

    def start(self) -> None:
        """Start every driver; one whose device is absent goes on trying by itself."""
        for driver in self.drivers:
            driver.start()

    def stop(self) -> None:
        """Stop them all, boards last, so that what still has to be written is written."""
        for driver in self.drivers:
            driver.stop()


def board_profile(config: c.BoxConfig, board: c.Board) -> b.BoardProfile:
    """The register map of a board, less the inputs to which nothing is connected there."""
    own = {profile.id: profile for profile in config.profiles}
    profile = _own_profile(own[board.profile]) if board.profile in own else b.PROFILES[board.profile]
    wired = tuple(channel for channel in profile.inputs if channel.name not in board.unwired)
    return replace(profile, inputs=wired)


def _own_profile(profile: c.BoardProfile) -> b.BoardProfile:
    return b.BoardProfile(
        id=profile.id,
        pulse=b.Pulse(profile.pulse),
        pulse_ms=profile.pulse_ms,
        inputs=tuple(b.Channel(each.name, each.number, each.inverted) for each in profile.inputs),
        outputs=tuple(b.Channel(each.name, each.number, each.inverted) for each in profile.outputs),
    )


def barrier_line(config: c.BoxConfig, line: c.BarrierLine, emit: Emit) -> BarrierLine:
    """The driver of one line of boards."""
    settings = b.LineSettings(
        id=line.id,
        device=str(line.device),
        baud=line.baud,
        parity=line.parity,
        scan_ms=line.scan_ms,
        reply_timeout_ms=line.reply_timeout_ms,
        boards=tuple(
            b.Board(id=board.id, address=board.address, profile=board_profile(config, board)) for board in line.boards
        ),
    )
    return BarrierLine(settings, emit)


def osdp_settings(line: c.OsdpBus) -> OsdpBusSettings:
    """One bus of readers as its driver is told."""
    readers = tuple(
        OsdpReaderSettings(id=each.id, address=each.address, key_file=each.key_file, clear_text=each.clear_text)
        for each in line.readers
    )
    return OsdpBusSettings(id=line.id, device=line.device, baud=line.baud, readers=readers)


def reader_line(line: c.ReaderLine, emit: Emit) -> tuple[ReaderDriver, list[str]]:
    """The driver of one line of readers, and the ids of the readers on it."""
    match line:
        case c.OsdpBus():
            return OsdpBus(osdp_settings(line), emit), [each.id for each in line.readers]
        case c.WiegandLine():
            wiegand = WiegandLineSettings(
                id=line.id, device=line.device, reader=line.reader, baud=line.baud, format=line.format
            )
            return WiegandLine(wiegand, emit), [line.reader]
        case c.KeyboardLine():
            keyboard = KeyboardLineSettings(
                id=line.id,
                device=line.device,
                reader=line.reader,
                format=line.format,
                bits=line.bits,
                grab=line.grab,
            )
            return KeyboardLine(keyboard, emit), [line.reader]


def _has_loop(config: c.BoxConfig, camera: c.Camera) -> bool:
    """Whether a loop lies before the arm wherever this camera stands: then the lane can say that somebody has come."""
    boards = {board.id: board for line in config.barrier_lines for board in line.boards}
    places = [(lane, at.side) for lane in config.lanes for at in lane.cameras if at.id == camera.id]
    return all(
        ("leaving" if lane.direction == "both" and side == "exit" else "arming")
        in {channel.name for channel in board_profile(config, boards[lane.board]).inputs}
        for lane, side in places
    )


def wake_of(config: c.BoxConfig, camera: c.Camera) -> str:
    """What wakes recognition at this camera: "loop", "motion" or "both"."""
    return camera.wake or ("loop" if _has_loop(config, camera) else "motion")


def camera_driver(config: c.BoxConfig, camera: c.Camera, emit: Emit) -> Camera:
    """The driver of one camera, with the region's table of plates as plain data."""
    region = camera.region
    settings = CameraSettings(
        id=camera.id,
        source=camera.source,
        pictures=config.data / "pictures",
        preview=config.data / "previews" / f"{camera.id}.jpg",
        region=(region.x0, region.y0, region.x1, region.y1),
        stale_ms=camera.stale_ms,
        open_timeout_ms=camera.open_timeout_ms,
        frames=camera.frames,
        no_plate_frames=camera.no_plate_frames,
        least_plate_px=camera.least_plate_px,
        wake=wake_of(config, camera),
        substream=camera.substream,
        threads=camera.threads,
        user=camera.user,
        password_file=camera.password_file,
        forms=plates_of_region(config.region),
        utc_offset_minutes=config.utc_offset_minutes,
    )
    return Camera(settings, emit)


def hardware(config: c.BoxConfig, emit: Emit) -> Hardware:
    """Every driver that a configuration asks for; nothing is opened before `start`."""
    found = Hardware()
    for camera in config.cameras:
        driver = camera_driver(config, camera, emit)
        found.cameras[camera.id] = driver
        found.drivers.append(driver)
    for line in config.reader_lines:
        reader, ids = reader_line(line, emit)
        found.readers.update(dict.fromkeys(ids, reader))
        found.drivers.append(reader)
    for barrier in config.barrier_lines:
        board = barrier_line(config, barrier, emit)
        found.boards.update(dict.fromkeys((each.id for each in barrier.boards), board))
        found.drivers.append(board)
    return found
