"""The configuration of one box: its shape, its limits and its defaults.

Reading the file, naming the line of an error and guessing the key that was meant stand in `controller.config_file`.
No mapping has keys that the user chooses: lists of items with `id`. No secret stands in it: `…_file` names a file.
Relative paths are taken from the folder of the configuration file.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from controller.domain.terms import AntiPassback, Evidence, LaneDirection, LaneKind, Side

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$", description="lower-case letters, digits, '-', '_'")]
Baud = Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400]
OsdpBaud = Literal[9600, 19200, 38400, 57600, 115200, 230400]
Port = Annotated[int, Field(ge=1, le=65535)]


class Part(BaseModel):
    """Every part of the configuration: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# --- devices -------------------------------------------------------------------------------------------------------


class OsdpReader(Part):
    """One OSDP reader on a bus, at its address."""

    id: Id
    address: Annotated[int, Field(ge=0, le=126)]
    key_file: Path | None = Field(None, description="secure channel base key; made by `gatehouse osdp key`")
    clear_text: bool = Field(False, description="allow this reader to speak without a secure channel")


class OsdpBus(Part):
    """One RS-485 line with OSDP readers."""

    kind: Literal["osdp"]
    id: Id
    device: Path
    baud: OsdpBaud = 9600
    readers: Annotated[list[OsdpReader], Field(min_length=1)]


class WiegandLine(Part):
    """A serial converter with one Wiegand reader behind it."""

    kind: Literal["wiegand"]
    id: Id
    device: Path
    baud: Baud = 9600
    reader: Id
    format: Literal["hex_line", "binary_line", "decimal_line"] = "hex_line"


class KeyboardLine(Part):
    """A USB reader that types: 24-byte `input_event` records from any path."""

    kind: Literal["keyboard"]
    id: Id
    device: Path
    reader: Id
    format: Literal["decimal10", "facility_number", "hex"] = "decimal10"
    bits: Literal[26, 34, 37] = 26
    grab: bool = True


ReaderLine = Annotated[OsdpBus | WiegandLine | KeyboardLine, Field(discriminator="kind")]


InputName = Literal[
    "limit_up", "limit_down", "arming", "closing", "leaving", "photocell", "fire", "button", "fault",
    "door", "lock_released", "exit_button",
]  # fmt: skip
OutputName = Literal["up", "down", "stop", "lock"]


class Channel(Part):
    """One named input or output of a board profile: which coil or discrete input, and whether it is inverted."""

    name: InputName | OutputName
    number: Annotated[int, Field(ge=0, le=65535)]
    inverted: bool = False


class BoardProfile(Part):
    """A register map. `pulse` says how an order is given: the board's own timed pulse, or a coil that we set and clear.

    `flash_0200`: function 05 at 0x0200 + n with the time in 100 ms (Waveshare Modbus RTU Relay and its kin).
    `momentary`: writing the coil once starts a pulse that the board ends by itself.
    `latched`: the coil stays as written; used only where the board has no pulse.
    """

    id: Id
    pulse: Literal["flash_0200", "momentary", "latched"]
    pulse_ms: Annotated[int, Field(ge=100, le=5000)] = 700
    inputs: Annotated[list[Channel], Field(min_length=1)]
    outputs: Annotated[list[Channel], Field(min_length=1)]


class Board(Part):
    """One Modbus RTU board; it serves one lane."""

    id: Id
    address: Annotated[int, Field(ge=1, le=247)]
    profile: Id = Field("generic", description="generic, waveshare-relay-d, foot-gate, or one of `profiles`")
    unwired: Annotated[
        list[InputName], Field(description="inputs of the profile to which nothing is connected at this board")
    ] = []


class BarrierLine(Part):
    """One RS-485 line with Modbus RTU boards."""

    id: Id
    device: Path
    baud: Baud = 9600
    parity: Literal["none", "even", "odd"] = "none"
    scan_ms: Annotated[int, Field(ge=20, le=1000)] = 50
    reply_timeout_ms: Annotated[int, Field(ge=20, le=2000)] = 200
    boards: Annotated[list[Board], Field(min_length=1)]


class Region(Part):
    """A part of the picture, in thousandths of its width and height."""

    x0: Annotated[int, Field(ge=0, le=1000)] = 0
    y0: Annotated[int, Field(ge=0, le=1000)] = 0
    x1: Annotated[int, Field(ge=0, le=1000)] = 1000
    y1: Annotated[int, Field(ge=0, le=1000)] = 1000


class Camera(Part):
    """One camera: `source`, and `substream`, is an RTSP or HTTP address, a V4L2 device or a file."""

    id: Id
    source: str
    region: Region = Region()
    stale_ms: Annotated[int, Field(ge=500, le=10_000)] = 5_000
    open_timeout_ms: Annotated[int, Field(ge=500, le=30_000)] = 5_000
    frames: Annotated[int, Field(ge=1, le=15, description="pictures of one vehicle that are voted over")] = 3
    no_plate_frames: Annotated[
        int, Field(ge=1, le=60, description="after so many pictures without a plate the guard is told (R25)")
    ] = 5
    least_plate_px: Annotated[
        int, Field(ge=0, le=1000, description="a plate narrower than this, in pixels of the picture, is not read")
    ] = 0
    wake: Literal["loop", "motion", "both"] | None = Field(
        None,
        description="what wakes recognition: the loop before the arm, something that moves in the region, or either; "
        "absent: the loop where one is wired, else motion",
    )
    substream: str = Field(
        "", description="a second, smaller stream of the same camera, in which motion is watched for where that wakes"
    )
    threads: Annotated[int, Field(ge=1, le=8, description="processor cores that one camera's recognition may use")] = 1
    user: str = ""
    password_file: Path | None = None


# --- lanes ---------------------------------------------------------------------------------------------------------


class At(Part):
    """Where a reader or a camera of a lane stands."""

    id: Id
    side: Side


class AntiPassbackPart(Part):
    """Anti-passback of a lane."""

    mode: AntiPassback = AntiPassback.SOFT
    minutes: Annotated[int, Field(ge=1, le=1440)] = 10


class Lane(Part):
    """One lane: what stands there and how it decides."""

    id: Id
    name: str = Field(description="what the guard calls it")
    kind: LaneKind = LaneKind.VEHICLE
    direction: LaneDirection
    lot: Id = "main"
    board: Id
    readers: list[At] = []
    cameras: list[At] = []
    evidence: Evidence = Evidence.EITHER
    staffed: bool = False
    temporary: Literal["admit", "refer", "deny"] = "refer"
    unregistered_exit: Literal["admit", "refer", "deny"] = "refer"
    antipassback: AntiPassbackPart = AntiPassbackPart()
    evidence_window_ms: Annotated[int, Field(ge=500, le=60_000)] = 8_000
    plate_wait_ms: Annotated[
        int,
        Field(ge=0, le=1800, description="how long a good card waits for the camera to see whose vehicle it is (R5)"),
    ] = 1_500
    plate_margin: Annotated[int, Field(ge=0, le=1000)] = 300
    open_timeout_ms: Annotated[int, Field(ge=1000, le=60_000)] = 8_000
    pass_timeout_ms: Annotated[int, Field(ge=5000, le=600_000)] = 30_000
    close_delay_ms: Annotated[int, Field(ge=0, le=10_000)] = 500
    close_timeout_ms: Annotated[int, Field(ge=1000, le=60_000)] = 8_000
    unlock_ms: Annotated[int, Field(ge=500, le=60_000)] = 5_000
    held_open_alarm_ms: Annotated[int, Field(ge=1000, le=600_000)] = 30_000
    degraded_open: bool = Field(True, description="known vehicles still pass when the log cannot be written")


# --- the rest ------------------------------------------------------------------------------------------------------


class AgeLimitPart(Part):
    """How old the registry may be for a kind of credential to open by itself; 0 hours: no limit."""

    kind: Literal["plate", "card", "ticket", "visitor_code"]
    hours: Annotated[int, Field(ge=0, le=8760)]


class CentreKey(Part):
    """A public key of the centre that may sign orders."""

    id: Id
    public_key_file: Path


class Mqtt(Part):
    """The way to the centre. Absent: the box keeps everything until there is one."""

    host: str
    port: Port = 8883
    tls: bool = True
    ca_file: Path | None = None
    user: str = ""
    password_file: Path | None = None
    protocol: Literal["5", "3.1.1"] = "5"
    keepalive_s: Annotated[int, Field(ge=5, le=300)] = 20
    drain_per_s: Annotated[int, Field(ge=10, le=10_000)] = 500


class Booth(Part):
    """The guard's page. Plain HTTP must be asked for by name."""

    host: str = "127.0.0.1"
    port: Port = 8080
    plain_http: bool = False
    certificate_file: Path | None = None
    key_file: Path | None = None
    idle_minutes: Annotated[int, Field(ge=5, le=1440)] = 720
    full_minutes: Annotated[int, Field(ge=5, le=10080)] = 780


class ClockPart(Part):
    """The box's own clock (S3)."""

    needs_synchronisation: Annotated[
        bool, Field(description="trust the time only while the kernel says that somebody keeps it (NTP, PTP, GNSS)")
    ] = False


class Keep(Part):
    """How long things are kept (R2, S7)."""

    events_days: Annotated[int, Field(ge=365, le=3650)] = 365
    pictures_days: Annotated[int, Field(ge=30, le=3650)] = 30
    disk_free_mb: Annotated[int, Field(ge=1, le=1_000_000)] = 500


class BoxConfig(Part):
    """The whole configuration of one gate box."""

    site: Id
    box: Id
    data: Path
    region: Literal["cn", "eu", "br", "us", "generic"] = Field(
        "cn", description="whose plates are expected; generic: any text of letters and digits"
    )
    languages: Annotated[list[Literal["zh-Hans", "zh-Hant", "en"]], Field(min_length=1)] = ["zh-Hans", "en"]
    utc_offset_minutes: Annotated[int, Field(ge=-720, le=840)] = 480
    capacity: Annotated[int, Field(ge=0, le=100_000)] = Field(0, description="spaces in the lot; 0: not counted")
    holidays: list[Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]] = []
    letters: list[str] = Field(
        [], description="known second letters, one text per province: 粤ABCDEFGHJKLMNPQRSTUVWXYZ"
    )
    wrong_credentials_alarm: Annotated[int, Field(ge=1, le=5)] = 5
    age_limits: list[AgeLimitPart] = []
    reader_lines: list[ReaderLine] = []
    barrier_lines: list[BarrierLine] = []
    profiles: list[BoardProfile] = []
    cameras: list[Camera] = []
    lanes: Annotated[list[Lane], Field(min_length=1)]
    mqtt: Mqtt | None = None
    centre_keys: list[CentreKey] = []
    booth: Booth = Booth()
    clock: ClockPart = ClockPart()
    keep: Keep = Keep()
