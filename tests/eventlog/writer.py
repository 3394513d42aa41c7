"""A process that writes a log on demand: forks a child for each path that it is told, and says how the child ended.

The child waits at `<path>.go`, so that a tracer can take hold of it first, and notes in `<path>.acks` what was saved.
"""

import os
import sys
from pathlib import Path

from controller.domain.known import NOTHING
from controller.domain.state import BoxState, LaneState
from controller.ports import LogUnwritable
from tests.eventlog.support import open_log, passage_events

FACTS = 5


def note(path: Path, line: str) -> None:
    descriptor = os.open(path.with_name(path.name + ".acks"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(descriptor, (line + "\n").encode())
    os.close(descriptor)


def write(path: Path) -> None:
    """A vehicle in and half of the next: five facts, each acknowledged with the head it led to."""
    try:
        log = open_log(path)
    except LogUnwritable as error:
        note(path, f"refused {error}")
        return
    state = BoxState(lanes={"north-in": LaneState(lane="north-in")})
    script = [*passage_events("p1"), *passage_events("p2")][:FACTS]
    for fact, events in script:
        try:
            log.record(fact, NOTHING, state, events)
            note(path, f"{log.head.seq} {log.head.hash}")
        except LogUnwritable as error:
            note(path, f"refused {error}")
    log.close()
    note(path, "closed")


def main() -> None:
    for line in sys.stdin:
        path = Path(line.strip())
        child = os.fork()
        if child == 0:
            try:
                with path.with_name(path.name + ".go").open() as gate:
                    gate.read()
                write(path)
                os._exit(0)
            except BaseException as error:  # noqa: BLE001 - the child's outermost edge: it must not go on as the parent
                note(path, f"error {error!r}")
                os._exit(1)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
