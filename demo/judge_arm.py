"""Rules about the arm: it never comes down on anything, and whatever it did has a reason on record.

"Safety of the arm": down only on a fresh clear; every opening has one recorded reason with a lower number.
"""

from collections.abc import Iterator

from demo.evidence import Case, LoggedEvent, TruthLine
from demo.judge_passages import grouped
from demo.violation import Violation

RACE_S = 0.3
"""Between a scan that shows the way clear and the arm's first motion somebody may still step in."""
ORDER_BEFORE_S = 3.0
ORDER_AFTER_S = 0.5
"""A cycle belongs to an order recorded at most so long before, or (clocks read apart) just after its first motion."""
BUTTON_S = 1.0
REASON_S = 600.0


def no_arm_came_down_on_anything(case: Case) -> Iterator[Violation]:
    """No body was struck by a falling arm, and no arm was told to fall onto somebody."""
    for (box, lane), lines in grouped(case.lines("arm", "arm_struck", "down_vetoed", "under_arm")).items():
        since: float | None = None
        who = ""
        for line in lines:
            if line.what == "under_arm":
                # One body after the other without a gap is one time of being occupied.
                since = (since or line.t) if line.values.get("occupied") else None
                who = str(line.values.get("by"))
            elif line.what == "arm_struck" and line.values.get("by") == "arm":
                words = f"the arm came down on {line.values.get('vehicle')}"
                yield Violation(rule="arm_lowered_onto", words=words, box=box, lane=lane, t=line.t)
            elif since is not None and line.t - since > RACE_S and _is_lowering(line):
                words = f"the arm was lowered although {who} had been under it for {line.t - since:.2f} s"
                yield Violation(rule="arm_lowered_onto", words=words, box=box, lane=lane, t=line.t)


def _is_lowering(line: TruthLine) -> bool:
    return line.what == "down_vetoed" or (line.what == "arm" and line.values.get("position") == "falling")


def cycles(case: Case) -> list[TruthLine]:
    """Every time an arm began to rise from below; the lines of the journal that say so."""
    found = []
    for lines in grouped(case.lines("arm")).values():
        was = "down"
        for line in lines:
            position = str(line.values.get("position"))
            if position in ("rising", "up") and was == "down":
                found.append(line)
            was = position if position in ("down", "up", "rising", "falling", "between") else was
    return sorted(found, key=lambda line: line.t)


def unexplained_cycles(case: Case) -> list[TruthLine]:
    """Cycles for which no order and no button can be found; each order explains one."""
    left: dict[tuple[str, str], list[LoggedEvent]] = {}
    for box, log in case.logs.items():
        for event in log.events:
            if event.type == "BarrierOrdered" and event.body.get("order") == "up":
                left.setdefault((box, event.lane), []).append(event)
    found = []
    for line in cycles(case):
        orders = left.get((line.box, line.lane), [])
        near = [each for each in orders if -ORDER_AFTER_S <= line.t - each.t <= ORDER_BEFORE_S]
        if near:
            orders.remove(near[0])
        elif not _was_button(case, line):
            found.append(line)
    return found


def _was_button(case: Case, cycle: TruthLine) -> bool:
    return any(
        (line.box, line.lane) == (cycle.box, cycle.lane) and 0 <= cycle.t - line.t <= BUTTON_S
        for line in case.lines("button")
    )


def every_cycle_is_explained(case: Case) -> Iterator[Violation]:
    """No arm rises without an order on record, or the booth's own button, which is wired past us and recorded too."""
    for line in unexplained_cycles(case):
        words = f"the arm rose and no order up was recorded within {ORDER_BEFORE_S:g} s before"
        yield Violation(rule="cycle_unexplained", words=words, box=line.box, lane=line.lane, t=line.t)
    for line in case.lines("button"):
        if line.values.get("name") != "open" or line.box not in case.logs:
            continue
        told = [
            each
            for each in case.logs[line.box].events
            if each.lane == line.lane
            and each.type in ("ManualOpening", "BarrierOrdered", "OrderRefused", "DeviceLost")
            and -30.0 <= each.t - line.t <= 5.0
        ]
        if not told:
            words = "the open button was pressed and nothing of it is on record"
            yield Violation(rule="button_unrecorded", words=words, box=line.box, lane=line.lane, t=line.t)


def every_order_has_a_reason(case: Case) -> Iterator[Violation]:
    """Each order up names the kind of event it follows, and such an event stands before it in the log."""
    for box, log in case.logs.items():
        for event in log.events:
            if event.type != "BarrierOrdered" or event.body.get("order") != "up":
                continue
            because = str(event.body.get("because") or "")
            if not because or not _stands_before(log.events, event, because):
                words = f"order {event.body.get('order_id')} up (event {event.seq}) because of {because or 'nothing'}"
                words += ": no such event stands before it"
                yield Violation(rule="order_without_reason", words=words, box=box, lane=event.lane, t=event.t)


def _stands_before(events: list[LoggedEvent], order: LoggedEvent, because: str) -> bool:
    return any(
        each.type == because
        and each.seq < order.seq
        and each.lane == order.lane
        and order.t - each.t <= REASON_S
        and (not order.passage or not each.passage or each.passage == order.passage)
        for each in events
    )
