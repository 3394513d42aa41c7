"""What drivers report, in their own words, and what every driver offers.

A reading carries the monotonic time in nanoseconds of its origin: the last byte of a credential or of an answer, the
exposure of a frame. Drivers call `Emit` from their own thread; it must return at once and never raise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What every reading has: the configured id of the device and the monotonic ns of its origin."""

    device: str
    origin_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPresented(Reading):
    """One presentation of a card, however often its frame came. `card` is "bits:facility:number"; `raw` the bits."""

    card: str
    raw: str
    count: int = 1


@unique
class Condition(StrEnum):
    """Condition of a device, as its driver sees it."""

    ONLINE = "online"
    LOST = "lost"
    TAMPER = "tamper"
    FAULT = "fault"
    STALE = "stale"
    FROZEN = "frozen"
    BLACK = "black"
    INSECURE = "insecure"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCondition(Reading):
    """A device changed its condition; `detail` says what was expected, what came and where, for the technician."""

    condition: Condition
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputsScanned(Reading):
    """All inputs of a board from one scan, by the profile's input names; `None` is unknown (never "off").

    Emitted when any input changed, and once with every input unknown when the board is lost.
    """

    inputs: tuple[tuple[str, bool | None], ...]


@unique
class WriteOutcome(StrEnum):
    """What is known of a write: the board answered, it was refused before or by the board, or no answer came."""

    WRITTEN = "written"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAnswered(Reading):
    """The outcome of one order. `origin_ns` is when the last byte of the write left, or when it was refused."""

    order_id: str
    order: str
    outcome: WriteOutcome
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One character of a plate: best, margin over the next (0–1000), the next ones in order."""

    char: str
    margin: int
    others: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateSeen(Reading):
    """A plate of one vehicle. `origin_ns` is the exposure of the newest frame voted over.

    `picture` is the SHA-256 of the clearest frame; `box` is where the plate is in it: x0, y0, x1, y1 in ten-thousandths
    of the picture's width, or nothing. `another`: since recognition was woken, another vehicle's plate was said before.
    `vehicle_color` is what the bodywork looks like ("" for not known), with its confidence (0–1000).
    """

    text: str
    raw: str
    kind: str
    color: str
    margin: int
    slots: tuple[Slot, ...]
    frames: int
    picture: str
    another: bool = False
    vehicle_color: str = ""
    vehicle_color_confidence: int = 0
    box: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPlateSeen(Reading):
    """A vehicle stands there, as the lane says, and in `frames` frames there is no plate; `picture` is the last."""

    frames: int
    picture: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSaved(Reading):
    """A full picture is on disk and synced; `request` is the one that asked for it."""

    request: str
    sha256: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureMissed(Reading):
    """A picture was asked for and could not be had."""

    request: str
    detail: str


Emit = Callable[[Reading], None]


class Driver(Protocol):
    """What the composition root may ask of every driver. `stop` returns within 2 s with threads and files closed."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class ReaderDriver(Driver, Protocol):
    """One bus or line of readers. `answer` shows a verdict ("grant", "deny", "refer") at one reader; never blocks."""

    def answer(self, reader: str, verdict: str) -> None: ...


class BoardDriver(Driver, Protocol):
    """One Modbus line with its boards. `order` queues one order (next in turn before any scan); never blocks.

    `order` is "up", "down", "stop", "unlock", "lock"; the outcome comes as `OrderAnswered`. "down" reads the inputs
    first and is refused when anything under the arm is occupied or unknown.
    """

    def order(self, board: str, order_id: str, order: str, *, for_ms: int = 0) -> None: ...


class CameraDriver(Driver, Protocol):
    """One camera. `picture` asks for a full picture of the newest frame; `read_plates` wakes or rests recognition."""

    def picture(self, request: str) -> None: ...

    def read_plates(self, on: bool) -> None: ...
