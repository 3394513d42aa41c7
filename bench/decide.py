"""How many facts the decision core decides in a second on one core: a card that opens, and the same with a plate.

Run: `python -m bench.decide`. The figure is the median of several runs, by processor time, so that a busy machine does
not spoil it; by the wall clock beside it.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from controller.domain.decide import decide
from controller.domain.facts import BarrierState, BoxStarted, CardRead, Fact, PlateRead
from controller.domain.known import CardFile, Known, Right, VehicleFile
from controller.domain.rules import LaneRules, SiteRules
from controller.domain.state import BoxState, initial_state
from controller.domain.terms import PlateColor, PlateKind, RightKind, RightState, Side, Signal

RUNS = 7
FACTS = 20_000
AIM_PER_S = 20_000


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured case."""

    case: str
    per_second: int
    per_second_wall: int
    aim: int


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


def measure(case: str, fact: Fact) -> Figure:
    """Median over several runs."""
    state = waiting_lane()
    return Figure(
        case=case,
        per_second=_median(lambda: decide(state, fact, KNOWN, RULES), time.process_time),
        per_second_wall=_median(lambda: decide(state, fact, KNOWN, RULES), time.perf_counter),
        aim=AIM_PER_S,
    )


def _median(once: Callable[[], object], clock: Callable[[], float]) -> int:
    rates = []
    for _ in range(RUNS):
        begun = clock()
        for _ in range(FACTS):
            once()
        rates.append(FACTS / (clock() - begun))
    return round(statistics.median(rates))


def figures() -> list[Figure]:
    """All cases of this bench."""
    card = CardRead(id="f3", at=3_000_000, lane=LANE, reader="r1", side=Side.ENTRY, card="26:1:2")
    plate = PlateRead(
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
    return [measure("card grant", card), measure("plate grant", plate)]


def main() -> None:
    """Print the figures."""
    for each in figures():
        print(
            f"decide, {each.case}: {each.per_second:,} a second of processor time"
            f" ({each.per_second_wall:,} by the wall clock), aim {each.aim:,}"
        )


if __name__ == "__main__":
    main()
