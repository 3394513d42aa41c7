"""The page `docs/events.md`, drawn from the code: types of events, their read models, the tables of `gate.db`.

Reads only its own rooms; `python -m controller.eventlog.describe > docs/events.md` writes the page anew.
"""

import sqlite3
from collections.abc import Iterator

from controller.domain.events import EventType, RecordedEvent
from controller.eventlog.chain import FIRST_PREV
from controller.eventlog.event_keys import KEYS
from controller.eventlog.projections import changes
from controller.eventlog.schema import EVENTS, READ_MODELS

_INTRODUCTION = """# Events and the log

Drawn from the code by `python -m controller.eventlog.describe > docs/events.md`; a test holds it to the code.

`gate.db` is written by the lane loop alone. Each decision is one transaction, synced to the disk before anything moves:
its events, their rows in `outbox`, one row in `causes` (the fact as it came, with `waited_us`, and what was known), the
read models, and the states of the lanes that changed. Either all of it is there afterwards or nothing.

Each event names the hash of the one before it. `hash` is the lower-case hex of SHA-256 over the 64 characters of `prev`
followed by the canonical JSON of `actor`, `at`, `body`, `id`, `lane`, `passage`, `seq` and `type`: keys sorted, no
spaces, UTF-8, no escapes but JSON's own, no floating-point numbers. The first `prev` is {zeros}.

| To | Use |
|---|---|
| check the chain, also of an archive | `gatehouse log verify gate.db [--head SEQ:HASH]` |
| decide everything again and compare | `gatehouse replay gate.db` |
| tell why | `gatehouse why PASSAGE --db gate.db [--lang en]` |
| export | `gatehouse log export gate.db [--out FILE [--force]] --format jsonl` (or `csv`, `xlsx`) |
| back up, bring back | `gatehouse backup --db gate.db FILE`, `gatehouse restore FILE --db gate.db [--dry-run]` |

What happens to a damaged log: at a start the end of the chain is checked, and the whole file where it is small. A
damaged log goes to `quarantine/`, the newest backup that verifies takes its place, what the damaged file still holds
beyond it is taken over as far as it chains, and `epoch` grows. Events older than `keep.events_days` move, acknowledged
and in whole decisions, to `archive/gate-<first>-<last>.db`; `segments` says where the kept chain begins. Texts about
persons stand in the log as salted digests, and in clear in `texts`, where they can be erased with the chain left whole.
"""
_ZEROS = "64 zeros"


def page() -> Iterator[str]:
    """The page, a line at a time."""
    assert FIRST_PREV == "0" * 64
    yield from _INTRODUCTION.format(zeros=_ZEROS).splitlines()
    yield from ("", "## Types of events", "", "A key that is not known is absent.", "")
    yield from ("| Type | Keys of the body | Read models |", "|---|---|---|")
    for kind in EventType:
        models = ", ".join(f"`{table}`" for table in sorted(_tables_of(kind))) or "–"
        keys = ", ".join(f"`{key}`" for key in KEYS[kind]) or "–"
        yield f"| `{kind.value}` | {keys} | {models} |"
    yield from ("", "## Tables of `gate.db`", "", "| Table | Columns |", "|---|---|")
    for table, columns in _columns():
        yield f"| `{table}` | {', '.join(f'`{column}`' for column in columns)} |"


def _tables_of(kind: EventType) -> set[str]:
    """The read models that an event of this kind changes: found by letting one with every key go through the rules."""
    body = {key: ["x"] if key == "absorbed" else "x" for key in KEYS[kind]}
    event = RecordedEvent(
        seq=1, id="e", at="t", lane="n", type=kind.value, passage=None, actor="a", body=body, prev="", hash=""
    )
    found = {_table_of(statement) for statement, _ in changes(event)}
    return found | ({"passages"} if kind in _OF_PASSAGES else set())


def _table_of(statement: str) -> str:
    words = statement.replace("OR IGNORE ", "").split()
    return words[1] if words[0] == "UPDATE" else words[2]


def _columns() -> Iterator[tuple[str, list[str]]]:
    connection = sqlite3.connect(":memory:")
    try:
        for statement in (*EVENTS, *READ_MODELS):
            connection.execute(statement)
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            yield table, [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    finally:
        connection.close()


_OF_PASSAGES = frozenset(
    kind for kind in EventType if kind.value.startswith(("Access", "Passage", "Vehicle", "Manual", "Plate", "Picture"))
)


if __name__ == "__main__":
    print("\n".join(page()))
