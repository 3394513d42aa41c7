"""The figures of a run, as the contract names them ("Commands", `demo --report`).

Nothing is judged here; every figure is counted from the same evidence that was judged.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from demo.evidence import Case, LoggedEvent
from demo.judge import Judgement
from demo.judge_arm import cycles, unexplained_cycles
from demo.judge_log import lost_and_doubled

DECISIONS = ("AccessGranted", "AccessDenied", "AccessReferred")


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least `share` of all do not exceed (nearest rank); `None` of nothing."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def report(judgement: Judgement, *, seed: int, seconds: float) -> dict[str, Any]:
    """The report as plain JSON values."""
    case = judgement.case or Case(truth=[], logs={}, received=None, fleet={}, strangers=())
    lost = [lost_and_doubled(case, log) for log in case.logs.values()] if case.received is not None else []
    risen, unexplained = len(cycles(case)), len(unexplained_cycles(case))
    return {
        "seed": seed,
        "seconds": round(seconds, 1),
        "passages": _passages(case),
        "violations": judgement.lines(),
        "events": sum(len(log.events) for log in case.logs.values()),
        "acked_by_centre": sum(len(log.acked) for log in case.logs.values()),
        "lost": sum(len(each) for each, _doubled in lost),
        "duplicated": sum(len(doubled) for _lost, doubled in lost),
        "swipe_to_order_ms": _spread(_swipe_to_order_ms(case)),
        "frame_to_decision_ms": _spread(_frame_to_decision_ms(case)),
        "barrier": {"cycles": risen, "explained": risen - unexplained, "unexplained": unexplained},
    }


def _passages(case: Case) -> dict[str, int]:
    passages = [each for log in case.logs.values() for each in log.by_passage()]
    outcomes = [each.outcome for each in passages]
    return {
        "attempted": len(case.lines("vehicle_arrived", "person_arrived")),
        "admitted": outcomes.count("completed"),
        "held": sum(each.has("AccessReferred") for each in passages),
        "refused": outcomes.count("turned_away"),
        "forced": outcomes.count("forced"),
        "tailgated": outcomes.count("tailgated"),
        "reversed_out": outcomes.count("reversed_out"),
    }


def _swipe_to_order_ms(case: Case) -> Iterable[float]:
    """From the last byte of a card to the last byte of the order up, for openings that a card granted.

    What the card waited for the camera to see the vehicle (R5) is part of it.
    """
    for log in case.logs.values():
        waited_ms = {
            each.passage: int(each.body.get("since_card_ms", 0))
            for each in log.events
            if each.type == "AccessGranted" and each.actor.startswith("reader:")
        }
        orders = {
            str(each.body.get("order_id")): waited_ms[each.passage]
            for each in log.events
            if each.type == "BarrierOrdered"
            and each.passage in waited_ms
            and each.body.get("because") == "AccessGranted"
        }
        for event in log.events:
            order = str(event.body.get("order_id"))
            if _is_answer(event) and order in orders:
                yield orders[order] + event.body["since_origin_us"] / 1_000


def _is_answer(event: LoggedEvent) -> bool:
    is_up = event.type == "BarrierAnswered" and event.body.get("order") in ("up", "unlock")
    return is_up and event.body.get("outcome") == "written" and bool(event.body.get("since_origin_us"))


def _frame_to_decision_ms(case: Case) -> Iterable[float]:
    """From the exposure of the frame to the decision, for decisions that a plate led to."""
    for log in case.logs.values():
        for event in log.events:
            if event.type in DECISIONS and event.actor.startswith("camera:") and event.body.get("waited_us"):
                yield event.body["waited_us"] / 1_000


def _spread(values: Iterable[float]) -> dict[str, float | int | None]:
    found = list(values)
    p50, p99 = percentile(found, 0.50), percentile(found, 0.99)
    return {
        "p50": None if p50 is None else round(p50, 1),
        "p99": None if p99 is None else round(p99, 1),
        "count": len(found),
    }
