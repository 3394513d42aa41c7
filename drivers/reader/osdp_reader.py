"""What is known of one OSDP reader on a bus, and how its condition follows from what the panel and the line report.

No thread, no line and no libosdp context stand here. A condition is told once, when it changes.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from drivers.backoff import Backoff
from drivers.reader.cards import CardError, bits_of_bytes, card
from drivers.reader.osdp_frames import Frame
from drivers.reader.osdp_keys import KeyFileError, load_key
from drivers.reader.osdp_panel import CardBits
from drivers.reader.presentation import Presentations
from drivers.readings import CardPresented, Condition, DeviceCondition, Emit

log = structlog.get_logger(__name__)
CHALLENGE, CRYPTOGRAM, CAPABILITIES = 0x76, 0x77, 0x62  # osdp_CHLNG, osdp_SCRYPT, osdp_CAP
MISREADS_TO_FAULT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class OsdpReaderSettings:
    """One reader at its address. With a key file it speaks through a secure channel or not at all.

    Without one it is refused, unless `clear_text` asks for it by name; beside a key file `clear_text` has no effect.
    """

    id: str
    address: int
    key_file: Path | None = None
    clear_text: bool = False


@dataclass(slots=True, eq=False)
class OsdpReader:
    """One reader of a bus, from the side of the driver."""

    settings: OsdpReaderSettings
    emit: Emit
    backoff: Backoff = field(default_factory=Backoff)
    presentations: Presentations = field(default_factory=Presentations)
    key: bytes | None = None
    online: bool = False
    secure: bool = False
    default_key: bool = False
    restart_at_ns: int | None = None
    install_until_ns: int | None = None
    refused: set[int] = field(default_factory=set)
    """Codes of commands that the reader answered with NAK; they are not sent again."""
    _condition: Condition | None = None
    _misreads: int = 0

    @property
    def id(self) -> str:
        return self.settings.id

    def load_key(self) -> bool:
        """Read the key file; True when the reader may be spoken to, else why not is told as its condition."""
        self.key = None
        if self.settings.key_file is None:
            if self.settings.clear_text:
                return True
            self.tell(Condition.INSECURE, "no key file: clear text is refused; give key_file, or clear_text: true")
            return False
        try:
            self.key = load_key(self.settings.key_file)
        except KeyFileError as error:
            self.tell(Condition.INSECURE, str(error))
            return False
        return True

    @property
    def may_be_heard(self) -> bool:
        """Its cards count: it is secured with its own key, or clear text was asked for."""
        return (self.secure and not self.default_key) or self.key is None

    def came_online(self) -> None:
        self.online = True
        if self.may_be_heard:
            self.backoff.reset()
            self.tell(Condition.ONLINE, "secure channel" if self.secure else "clear text, as configured")
        else:
            self.tell(Condition.INSECURE, "the reader took neither its key nor the default key; its cards are ignored")

    def went_offline(self, command: Frame | None, reply: Frame | None) -> None:
        """libosdp gave the reader up; what was last said tells whether it is gone or not to be trusted."""
        self.online = self.secure = self.default_key = False
        address = self.settings.address
        ours = command is not None and command.address == address and reply is not None
        if ours and command is not None and command.code in (CHALLENGE, CRYPTOGRAM):
            self.tell(
                Condition.INSECURE, "the reader answers but does not know its key: install the key, or find out why"
            )
        elif ours and command is not None and command.code == CAPABILITIES and self.key is not None:
            self.tell(Condition.INSECURE, "the reader has no secure channel: it is refused")
        elif ours:
            self.tell(
                Condition.LOST, f"address {address}: the reader refused a command or lost its channel; begun anew"
            )
        else:
            self.tell(Condition.LOST, f"address {address}: expected an answer to each poll within 200 ms, none for 8 s")

    def told_status(self, *, tamper: bool, power_failed: bool) -> None:
        """The reader's own switches."""
        if tamper:
            self.tell(Condition.TAMPER, "the reader's tamper switch is open")
        elif power_failed:
            self.tell(Condition.FAULT, "the reader reports a power failure")
        elif self.online and self.may_be_heard:
            self.tell(Condition.ONLINE, "tamper and power are as they should be")

    def presented(self, bits: CardBits, at_ns: int) -> None:
        """Card data came; what is no card is logged and never told as one."""
        if not self.may_be_heard:
            log.warning("card_ignored", reader=self.id, reason="the reader is not secured")
            return
        try:
            read = card(bits_of_bytes(bits.data, bits.count))
        except CardError as error:
            self._misread(str(error))
            return
        if self._misreads >= MISREADS_TO_FAULT:
            self.tell(Condition.ONLINE, "the reader reads again")
        self._misreads = 0
        if self.presentations.seen(read.text, at_ns):
            self.emit(CardPresented(device=self.id, origin_ns=at_ns, card=read.text, raw=read.raw))

    def end_presentations(self, now_ns: int) -> None:
        for ended in self.presentations.ended(now_ns):
            if ended.count > 1:
                log.info("presentation_ended", reader=self.id, frames=ended.count, lasted_ms=ended.lasted_ms)

    def tell(self, condition: Condition, detail: str) -> None:
        """Report a condition when it is another one than before."""
        if condition is self._condition:
            return
        self._condition = condition
        log.info("reader_condition", reader=self.id, condition=condition.value, detail=detail)
        at_ns = time.monotonic_ns()
        self.emit(DeviceCondition(device=self.id, origin_ns=at_ns, condition=condition, detail=detail))

    def _misread(self, reason: str) -> None:
        self._misreads += 1
        log.warning("card_misread", reader=self.id, reason=reason, in_a_row=self._misreads)
        if self._misreads == MISREADS_TO_FAULT:
            self.tell(Condition.FAULT, f"{self._misreads} misreads in a row; the last: {reason}")
