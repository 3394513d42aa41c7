"""How many facts the decision core decides in a second on one core, alone and with what has to be looked up for it.

A card that opens, the same with a plate; then each fact with another of 100,000 vehicles, looked up in a registry of
that size and in the log of 1,000,000 events, as the lane loop does. The figure is the median of several runs, by
processor time, so that a busy machine does not spoil it; by the wall clock beside it.

    python -m bench.decide [--vehicles 100000] [--events 1000000] [--json FILE] [--quick]
"""

import argparse
import gc
import itertools
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from bench import big_data
from bench.big_log import big_log
from bench.figure import Figure, Findings, options, run
from bench.registry_rows import plate
from controller.app.look_up import CombinedLookUp
from controller.domain.decide import Decision, asked, decide
from controller.domain.events import EventType
from controller.domain.facts import BarrierState, BoxStarted, CardRead, Fact, PlateRead
from controller.domain.known import CardFile, Known, Right, VehicleFile
from controller.domain.rules import LaneRules, SiteRules
from controller.domain.state import BoxState, initial_state
from controller.domain.terms import PlateColor, PlateKind, RightKind, RightState, Side, Signal
from controller.eventlog.views import LogReader
from controller.registry.overlay import KeptOverlay
from controller.registry.reader import RegistryReader

RUNS = 7
FACTS = 20_000
AIM_PER_S = 20_000
AIM_WITH_LOOK_UP_PER_S = 5_000
NOW_US = 1_780_000_000_000_000

RULES = SiteRules(
    site="s",
    box="b",
    lanes=tuple(LaneRules(id=f"lane-{n}", name=f"Lane {n}", cameras=("c",)) for n in range(4)),
)
CAR = VehicleFile(id="v1", plate="粤B12345", kind=PlateKind.SMALL, color=PlateColor.BLUE, unit="3-201", group="3-201")
RIGHT = Right(
    id="r1", kind=RightKind.PASS, state=RightState.ACTIVE, group="3-201", valid_from=0, valid_to=4_000_000_000_000_000
)
CARD = CardFile(id="c1", card="26:1:2", state=RightState.ACTIVE, holder="h", group="3-201", vehicles=("v1",))
KNOWN = Known(vehicle=CAR, vehicle_rights=(RIGHT,), card=CARD, card_vehicles=(CAR,), card_rights=(RIGHT,), inside=300)
LANE = "lane-2"


def waiting_lane() -> BoxState:
    """A box of four lanes with a car before the arm of one."""
    state = decide(
        initial_state(RULES), BoxStarted(id="f0", at=1, version="1", clock_trusted=True), Known(), RULES
    ).state
    off, on = Signal.OFF, Signal.ON
    for number, arming in ((1, off), (2, on)):
        scan = BarrierState(
            id=f"f{number}",
            at=number,
            lane=LANE,
            limit_up=off,
            limit_down=on,
            arming=arming,
            closing=off,
            leaving=Signal.ABSENT,
            photocell=off,
            fire=off,
            button=off,
            fault=off,
        )
        state = decide(state, scan, Known(), RULES).state
    return state


CARD_FACT = CardRead(id="f3", at=3_000_000, lane=LANE, reader="r1", side=Side.ENTRY, card="26:1:2")
PLATE_FACT = PlateRead(
    id="f4",
    at=3_000_000,
    lane=LANE,
    camera="c",
    side=Side.ENTRY,
    text="粤B12345",
    raw="粤B12345",
    kind=PlateKind.SMALL,
    color=PlateColor.BLUE,
    margin=900,
)


def as_in_the_daemon() -> None:
    """What the daemon does at its start: the collector leaves alone what stands for good."""
    gc.collect()
    gc.freeze()


def measure(case: str, once: Callable[[], object], aim: float, facts: int) -> Figure:
    """Median over several runs: by processor time, and by the wall clock."""
    as_in_the_daemon()
    wall, processor = [], []
    for _ in range(RUNS):
        begun, used = time.perf_counter(), time.process_time()
        for _ in range(facts):
            once()
        wall.append(facts / (time.perf_counter() - begun))
        processor.append(facts / (time.process_time() - used))
    beside = f"of processor time; {statistics.median(wall):,.0f} by the wall clock"
    return Figure(case, statistics.median(processor), "/s", aim, at_least=True, beside=beside)


def alone(facts: int) -> list[Figure]:
    """The core alone: everything known is handed in."""
    state = waiting_lane()
    return [
        measure(f"decide, {name}", lambda fact=fact: decide(state, fact, KNOWN, RULES), AIM_PER_S, facts)  # type: ignore[misc]
        for name, fact in (("card", CARD_FACT), ("plate", PLATE_FACT))
    ]


def with_look_up(vehicles: int, events: int, facts: int) -> list[Figure]:
    """What the lane loop does for a fact, but for recording: look up in registry and log, and decide."""
    log = LogReader(big_log(events))
    overlay = KeptOverlay(log.overlay)
    registry = RegistryReader(big_data.registry(vehicles), overlay=overlay)
    look_up = CombinedLookUp(registry, log, overlay=overlay, clock_trusted=True, alarm=lambda *_: None)
    state = waiting_lane()

    def from_registry(fact: Fact) -> Known:
        return registry.look_up(asked(state, fact, RULES), fact.at)

    def from_both(fact: Fact) -> Known:
        return look_up.known_for(state, fact, RULES)

    numbers = big_data.residents(vehicles // 2)
    random.Random(1).shuffle(numbers)
    found = []
    for name, fact_of in (("card", _card), ("plate", _plate)):
        drawn = itertools.cycle([fact_of(number) for number in numbers[: facts * 2]])
        for where, known_of in (("registry", from_registry), ("registry and log", from_both)):

            def once(drawn: Iterator[Fact] = drawn, known_of: Callable[[Fact], Known] = known_of) -> Decision:
                fact = next(drawn)
                return decide(state, fact, known_of(fact), RULES)

            granted = [event.type for event in once().events]
            assert EventType.ACCESS_GRANTED in granted, "a resident must be let in, or the figure means nothing"
            found.append(measure(f"decide, {name} looked up in {where}", once, AIM_WITH_LOOK_UP_PER_S, facts))
    registry.close()
    log.close()
    return found


def _card(number: int) -> Fact:
    return replace(CARD_FACT, at=NOW_US, card=big_data.card(number))


def _plate(number: int) -> Fact:
    return replace(PLATE_FACT, at=NOW_US, text=plate(number), raw=plate(number))


def findings(given: argparse.Namespace) -> Findings:
    vehicles = given.vehicles or (2_000 if given.quick else 100_000)
    events = given.events or (4_000 if given.quick else 1_000_000)
    figures = alone(FACTS // (20 if given.quick else 1))
    figures += with_look_up(vehicles, events, FACTS // (40 if given.quick else 10))
    return Findings(figures, [f"{vehicles:,} vehicles, {events:,} events, four lanes"])


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--vehicles", type=int)
    parser.add_argument("--events", type=int)
    given = parser.parse_args()
    return run("decide", given, lambda: findings(given))


if __name__ == "__main__":
    sys.exit(main())
