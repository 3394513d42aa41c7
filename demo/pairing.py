"""Which crossing of the truth belongs to which passage of the record: the best pairing in the order of time.

Nothing is judged here. Both lists keep their order, because a lane lets one vehicle through after the other.
"""

from collections.abc import Callable, Sequence

from demo.evidence import LoggedPassage, TruthLine

ENDS_BEFORE_S = 3.0
"""A passage may end this long before the truth has the vehicle wholly clear of the loop under the arm."""
ENDS_AFTER_S = 12.0
"""And this long after: a lane may wait for the loop beyond."""
MISREAD_CHARACTERS = 2
"""A camera may confuse so many characters; with more it is another vehicle's plate."""

ALONE = 100.0
"""What it costs to leave somebody without a partner: more than any pair that is possible at all."""
UNSEEN = 5.0
"""The same for a crossing that no box could see."""
OTHER_PLATE = 8.0

Pair = tuple[TruthLine | None, LoggedPassage | None]


def ended(passage: LoggedPassage) -> float:
    """When a passage ended, or began when it has no end."""
    return passage.end.t if passage.end else passage.started


def pairs(
    crossings: Sequence[TruthLine], passages: Sequence[LoggedPassage], is_unseen: Callable[[TruthLine], bool]
) -> list[Pair]:
    """Everybody with a partner or alone, at the least cost: distance in time, and a plate that is another's."""
    alone = [UNSEEN if is_unseen(line) else ALONE for line in crossings]
    rows, columns = len(crossings), len(passages)
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for row in range(rows, -1, -1):
        for column in range(columns, -1, -1):
            if row < rows or column < columns:
                best[row][column] = min(cost for cost, _pair in _ways(crossings, passages, alone, best, (row, column)))
    found: list[Pair] = []
    row = column = 0
    while row < rows or column < columns:
        _cost, pair = min(_ways(crossings, passages, alone, best, (row, column)), key=lambda way: way[0])
        found.append(pair)
        row, column = row + (pair[0] is not None), column + (pair[1] is not None)
    return found


def _ways(
    crossings: Sequence[TruthLine],
    passages: Sequence[LoggedPassage],
    alone: Sequence[float],
    best: Sequence[Sequence[float]],
    at: tuple[int, int],
) -> list[tuple[float, Pair]]:
    """The steps that are possible from here, with the least cost that each leads to."""
    row, column = at
    ways: list[tuple[float, Pair]] = []
    if row < len(crossings) and column < len(passages):
        cost = _cost(crossings[row], passages[column])
        if cost is not None:
            ways.append((cost + best[row + 1][column + 1], (crossings[row], passages[column])))
    if row < len(crossings):
        ways.append((alone[row] + best[row + 1][column], (crossings[row], None)))
    if column < len(passages):
        ways.append((ALONE + best[row][column + 1], (None, passages[column])))
    return ways


def _cost(line: TruthLine, passage: LoggedPassage) -> float | None:
    """How badly these two go together; `None`: they cannot."""
    late_s = ended(passage) - line.t
    if not -ENDS_BEFORE_S <= late_s <= ENDS_AFTER_S:
        return None
    plate, truly = passage.said("plate"), str(line.values.get("plate") or "")
    is_other = plate and truly and differing(plate, truly) > MISREAD_CHARACTERS
    return abs(late_s) + (OTHER_PLATE if is_other else 0.0)


def differing(one: str, other: str) -> int:
    """How many characters have to be changed, added or taken away to get from one to the other."""
    row = list(range(len(other) + 1))
    for number, char in enumerate(one, start=1):
        before, row[0] = row[0], number
        for place, against in enumerate(other, start=1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (char != against))
    return row[-1]
