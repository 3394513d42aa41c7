"""A Wiegand reader behind a serial converter: which line, which format. The formats are `wiegand_decoder`'s."""

from dataclasses import dataclass
from pathlib import Path

from drivers.reader.line_driver import LineDriver
from drivers.reader.wiegand_decoder import WiegandDecoder, WiegandFormat
from drivers.readings import Emit
from drivers.serial_port import SerialPort


@dataclass(frozen=True, slots=True, kw_only=True)
class WiegandLineSettings:
    """One converter with one reader behind it."""

    id: str
    device: Path
    reader: str
    baud: int = 9600
    format: WiegandFormat = "hex_line"


class WiegandLine(LineDriver):
    """The driver of one converter."""

    def __init__(self, settings: WiegandLineSettings, emit: Emit) -> None:
        port = SerialPort(settings.device, settings.baud)
        super().__init__(settings.id, settings.reader, port, WiegandDecoder(settings.format), emit)
