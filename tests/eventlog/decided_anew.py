"""Writes a log of `logs` anew: the same facts, with what was known, decided by the program as it is.

For decisions that are changed on purpose before the version that the log is named after is released. After a release
its log stays as it is, and the program has to decide it to the same bytes.

    python -m tests.eventlog.decided_anew tests/eventlog/logs/0.1.0.sql
"""

import json
import sqlite3
import sys
import tempfile
from pathlib import Path

from controller.domain.codec import from_plain
from controller.domain.decide import decide
from controller.domain.facts import RulesLoaded
from controller.domain.known import Known
from controller.domain.rules import SiteRules
from controller.domain.state import initial_state
from controller.domain.view import lane_view
from controller.eventlog.fact_text import fact_of
from controller.eventlog.log import EventLog
from controller.ids import IdMaker
from tests.support.box import SetClock


def decided_anew(file: Path) -> str:
    """The dump of a new log with the facts of that one."""
    with tempfile.TemporaryDirectory() as folder:
        old, new = Path(folder) / "old.db", Path(folder) / "gate.db"
        connection = sqlite3.connect(old)
        connection.executescript(file.read_text(encoding="utf-8"))
        causes = connection.execute("SELECT fact, known FROM causes ORDER BY id").fetchall()
        connection.close()
        clock = SetClock()
        log = EventLog(new, clock=clock, view=lane_view, new_id=IdMaker(clock))
        rules = SiteRules(site="", box="")
        state = None
        for fact_text, known_text in causes:
            fact, known = fact_of(fact_text), from_plain(Known, json.loads(known_text))
            rules = fact.rules if isinstance(fact, RulesLoaded) else rules
            decision = decide(state or initial_state(rules), fact, known, rules)
            state = decision.state
            clock.now_us += 1
            log.record(fact, known, state, decision.events)
        log.close()
        connection = sqlite3.connect(new)
        dump = "\n".join(connection.iterdump()) + "\n"
        connection.close()
        return dump


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(decided_anew(Path(sys.argv[1])), encoding="utf-8")
