"""The page about events is what the code says, and the events that the core decides have the keys it names."""

import json
import sqlite3
from pathlib import Path

from controller.domain.events import EventType
from controller.eventlog.describe import page
from controller.eventlog.event_keys import KEYS
from tests.eventlog.support import open_log
from tests.eventlog.test_replay import RecordedWorld

DOCS = Path(__file__).parents[2] / "docs" / "events.md"


def test_the_page_is_drawn_from_the_code() -> None:
    assert DOCS.read_text(encoding="utf-8").splitlines() == list(page())


def test_every_type_of_event_has_its_keys() -> None:
    assert set(KEYS) == set(EventType)


def test_no_event_of_an_afternoon_has_a_key_that_the_page_does_not_name(tmp_path: Path) -> None:
    log = open_log(tmp_path / "gate.db")
    RecordedWorld(log).afternoon()
    log.close()
    connection = sqlite3.connect(tmp_path / "gate.db")
    rows = connection.execute("SELECT type, body FROM events").fetchall()
    connection.close()
    unnamed = {(kind, key) for kind, body in rows for key in json.loads(body) if key not in KEYS[EventType(kind)]}
    assert unnamed == set()
    assert len({kind for kind, _ in rows}) > 10
