"""A gate box without its wires: the real loop, log, registry and core, with time and drivers in the test's hands."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from typer.testing import CliRunner

from controller.app.look_up import CombinedLookUp
from controller.domain.effects import Effect, MoveBarrier
from controller.domain.facts import BarrierState, BoxStarted, CardRead, Fact, RulesLoaded
from controller.domain.rules import LaneRules, SiteRules
from controller.domain.state import initial_state
from controller.domain.terms import BarrierOrder, Evidence, LaneDirection, Side, Signal
from controller.domain.view import lane_view
from controller.eventlog.log import EventLog
from controller.eventlog.views import LogReader
from controller.ids import IdMaker
from controller.inbox import Inbox, Incoming
from controller.lane_loop import LaneLoop
from controller.registry.cli import app as registry_app
from controller.registry.overlay import KeptOverlay
from controller.registry.reader import RegistryReader

START_US = 1_780_000_000_000_000
KNOWN_CARD = "26:1:10001"


@dataclass
class SetClock:
    """A clock that goes only when told to."""

    now_us: int = START_US
    now_ns: int = 1_000_000_000

    def utc_us(self) -> int:
        return self.now_us

    def monotonic_ns(self) -> int:
        return self.now_ns

    def pass_ms(self, ms: int) -> None:
        self.now_us += ms * 1_000
        self.now_ns += ms * 1_000_000


@dataclass
class Orders:
    """Keeps what the drivers would have been told."""

    effects: list[Effect] = field(default_factory=list)

    def act(self, effect: Effect, origin_ns: int) -> None:
        self.effects.append(effect)

    def openings(self) -> list[MoveBarrier]:
        return [each for each in self.effects if isinstance(each, MoveBarrier) and each.order is BarrierOrder.UP]


def rules(**changes: object) -> SiteRules:
    """One entry lane with a reader and a camera."""
    lane = LaneRules(
        id="in",
        name="入口",
        direction=LaneDirection.ENTRY,
        evidence=Evidence.EITHER,
        readers=("reader",),
        cameras=("camera",),
        **changes,  # type: ignore[arg-type]
    )
    return SiteRules(site="jade", box="north", lanes=(lane,))


def import_registry(file: Path, rows: Iterable[dict[str, str]]) -> None:
    """Fill a registry as an administrator does."""
    sheet = file.with_suffix(".csv")
    columns = ("plate", "plate_color", "vehicle_id", "unit", "owner", "card", "card_state", "right", "valid_to")
    with sheet.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns)
        writer.writeheader()
        writer.writerows(rows)
    done = CliRunner().invoke(registry_app, ["import", str(sheet), "--db", str(file)])
    assert done.exit_code == 0, done.output


def resident(number: int, plate: str, card: str) -> dict[str, str]:
    return {
        "plate": plate, "plate_color": "blue", "vehicle_id": f"v{number}", "unit": "3-201", "owner": "王伟",
        "card": card, "card_state": "active", "right": "pass", "valid_to": "2099-12-31",
    }  # fmt: skip


class WirelessBox:
    """Everything of a box but drivers, page and link."""

    def __init__(self, folder: Path, site: SiteRules | None = None) -> None:
        self.folder = folder
        self.clock = SetClock()
        self.new_id = IdMaker(self.clock)
        self.orders = Orders()
        self.inbox = Inbox()
        self.rules = site or rules()
        registry = folder / "registry.db"
        if not registry.exists():
            import_registry(registry, [resident(1, "粤B12345", KNOWN_CARD), resident(2, "粤B67890", "26:1:10002")])
        self.log = EventLog(folder / "gate.db", clock=self.clock, view=lane_view, new_id=self.new_id)
        self.reader = LogReader(folder / "gate.db")
        overlay = KeptOverlay(self.reader.overlay)
        self.registry = RegistryReader(registry, overlay=overlay)
        self.alarms: list[tuple[str, bool]] = []
        self.look_up = CombinedLookUp(
            self.registry,
            self.reader,
            overlay=overlay,
            clock_trusted=True,
            alarm=lambda name, on, detail: self.alarms.append((name, on)),
        )
        self.loop = LaneLoop(
            inbox=self.inbox,
            clock=self.clock,
            look_up=self.look_up,
            recorder=self.log,
            actor=self.orders,
            new_id=self.new_id,
            state=self.log.load_state() or initial_state(self.rules),
            rules=self.rules,
        )

    def start(self) -> None:
        self.put(RulesLoaded(id=self.new_id(), at=self.clock.utc_us(), rules=self.rules))
        self.put(BoxStarted(id=self.new_id(), at=self.clock.utc_us(), version="test", clock_trusted=True))
        self.scan()

    def put(self, fact: Fact) -> None:
        """A fact arrives and is taken up, and so is what it leads to at once."""
        self.inbox.put(Incoming(fact, self.clock.monotonic_ns()))
        while len(self.inbox):
            self.loop.step(0)

    def card(self, card: str = KNOWN_CARD) -> None:
        fact = CardRead(
            id=self.new_id(), at=self.clock.utc_us(), lane="in", reader="reader", side=Side.ENTRY, card=card, raw="1"
        )
        self.put(fact)

    def scan(self, **on: bool) -> None:
        """All inputs of the lane; what is not named is off, and the arm is down, or `between` down and up."""
        values = {name: Signal.ON if on.get(name) else Signal.OFF for name in _INPUTS}
        if not on.get("limit_up") and not on.get("between"):
            values["limit_down"] = Signal.ON
        self.put(BarrierState(id=self.new_id(), at=self.clock.utc_us(), lane="in", **values))

    def pass_ms(self, ms: int, steps: int = 10) -> None:
        """Time passes; timers run out as they would."""
        for _ in range(steps):
            self.clock.pass_ms(ms // steps)
            self.loop.step(0)

    def types(self) -> list[str]:
        """The types of all recorded events, in order."""
        with self.log._reading() as connection:
            return [row[0] for row in connection.execute("SELECT type FROM events ORDER BY seq")]

    def close(self) -> None:
        self.registry.close()
        self.reader.close()
        self.log.close()


_INPUTS = ("limit_up", "limit_down", "arming", "closing", "leaving", "photocell", "fire", "button", "fault")
