"""Read models: for each type of event, the rows that it changes. A table of rules, and the little code that runs it.

No connection and no clock may be put here: an event goes in, statements with their values come out. Bodies may lack
any key ("absent = not known"), and a key that is known once is never forgotten again. Rebuilding all read models from
the events gives the same rows.
"""

from collections.abc import Callable, Iterator
from typing import Any

from controller.domain.events import Body, EventType, RecordedEvent
from controller.eventlog.timetext import text_of

Change = tuple[str, tuple[Any, ...]]
Rule = Callable[[RecordedEvent], Iterator[Change]]

UNPROVEN = ("retained", "unsigned", "bad_signature", "unknown_key", "wrong_box", "malformed")
"""Refusals of orders that nobody is known to have signed: they must not stand in the way of the true one."""

_PASSAGE = """INSERT INTO passages (id, lane, side, direction, started_at, ended_at, outcome, plate, plate_kind, color,
 card, vehicle, verdict, reason, actor, picture, stay, first_seq, last_seq)
 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?18)
 ON CONFLICT (id) DO UPDATE SET side = coalesce(side, ?3), direction = coalesce(?4, direction),
 ended_at = coalesce(?6, ended_at), outcome = coalesce(?7, outcome), plate = coalesce(?8, plate),
 plate_kind = coalesce(?9, plate_kind), color = coalesce(?10, color), card = coalesce(?11, card),
 vehicle = coalesce(?12, vehicle), verdict = coalesce(?13, verdict), reason = coalesce(?14, reason),
 actor = coalesce(?15, actor), picture = coalesce(?16, picture), stay = coalesce(?17, stay), last_seq = ?18"""

_PLATE_PARTS = """INSERT OR IGNORE INTO plate_parts (part, plate)
 WITH RECURSIVE ending (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM ending WHERE n < length(?1))
 SELECT substr(?1, n), ?1 FROM ending
 WHERE NOT EXISTS (SELECT 1 FROM plate_parts WHERE part = ?1 AND plate = ?1)"""

_STAY_OPENED = """INSERT INTO stays
 (id, grp, plate, vehicle, card, temporary, entry_passage, entry_lane, entry_at, note)
 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
 ON CONFLICT (id) DO UPDATE SET grp = ?2, plate = ?3, vehicle = ?4, card = ?5, temporary = ?6, entry_passage = ?7,
 entry_lane = ?8, entry_at = ?9, note = ?10"""

_STAY_CLOSED = """INSERT INTO stays
 (id, grp, plate, vehicle, entry_lane, entry_at, exit_passage, exit_lane, exit_at, minutes, note)
 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
 ON CONFLICT (id) DO UPDATE SET exit_passage = ?7, exit_lane = ?8, exit_at = ?9, minutes = ?10,
 note = coalesce(?11, note)"""

_STAY_OF_PASSAGE = "UPDATE passages SET stay = coalesce(stay, ?2) WHERE id = ?1"

_REMOTE_STAY = """INSERT INTO stays (id, grp, plate, entry_lane, entry_at, exit_at, remote, version)
 VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7)
 ON CONFLICT (id) DO UPDATE SET exit_at = ?6, version = ?7 WHERE ?7 > version AND exit_at IS NULL"""

_ALARM_RAISED = """INSERT INTO alarms (raised_seq, id, kind, lane, device, raised_at, detail)
 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
 ON CONFLICT (id) WHERE cleared_seq IS NULL DO UPDATE SET detail = coalesce(?7, detail)"""

_ALARM_CLEARED = "UPDATE alarms SET cleared_at = ?2, cleared_seq = ?3 WHERE id = ?1 AND cleared_seq IS NULL"

_DEVICE = """INSERT INTO devices (device, lane, kind, condition, detail, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
 ON CONFLICT (device, lane) DO UPDATE SET kind = coalesce(?3, kind), condition = ?4, detail = ?5, since = ?6"""

_ORDER = f"""INSERT INTO orders (id, result, reason, at, published) VALUES (?1, ?2, ?3, ?4, ?5)
 ON CONFLICT (id) DO UPDATE SET result = ?2, reason = ?3, at = ?4, published = ?5
 WHERE orders.reason IN ({", ".join(f"'{reason}'" for reason in UNPROVEN)})"""  # noqa: S608 - our own constants

_OVERLAY = """INSERT OR IGNORE INTO overlay (event_id, seq, tbl, row_id, row) VALUES (?1, ?2, ?3, ?4, ?5)"""
_ABSORBED = "UPDATE overlay SET absorbed_version = ?2 WHERE event_id = ?1 AND absorbed_version IS NULL"

_VERDICTS = {
    EventType.ACCESS_GRANTED: "grant",
    EventType.ACCESS_DENIED: "deny",
    EventType.ACCESS_REFERRED: "refer",
    EventType.MANUAL_OPENING: "grant",
}
_OUTCOMES = {
    EventType.PASSAGE_COMPLETED: "completed",
    EventType.PASSAGE_TURNED_AWAY: "turned_away",
    EventType.PASSAGE_REVERSED_OUT: "reversed_out",
    EventType.PASSAGE_TAILGATED: "tailgated",
    EventType.PASSAGE_FORCED: "forced",
    EventType.PASSAGE_TIMED_OUT: "timed_out",
    EventType.PASSAGE_ABANDONED: "abandoned",
}
_PLATE_TYPES = frozenset({*_VERDICTS, *_OUTCOMES, EventType.PLATE_CORRECTED})
_ORDER_RESULTS = {"expired": "expired", "unknown": "unknown", "outcome_unknown": "unknown"}


def changes(event: RecordedEvent) -> Iterator[Change]:
    """The statements that bring the read models from before the event to after it, in order."""
    if event.passage is not None:
        yield from _passage(event, event.passage)
    rule = _RULES.get(event.type)
    if rule is not None:
        yield from rule(event)


def text(body: Body, key: str) -> str | None:
    """A text of a body, `None` when it is absent, empty or of another kind."""
    value = body.get(key)
    if isinstance(value, str):
        return str(value) or None
    return None


def number(body: Body, key: str) -> int | None:
    """An integer of a body, `None` when it is absent or of another kind."""
    value = body.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _passage(event: RecordedEvent, passage: str) -> Iterator[Change]:
    """Every event of a passage adds what it knows; verdict and actor come from decisions, the end from outcomes."""
    body, kind = event.body, event.type
    outcome = _OUTCOMES.get(EventType(kind)) if kind in _TYPES else None
    decides = kind in _VERDICTS
    tells = kind in _PLATE_TYPES
    told = body if tells or kind == EventType.VEHICLE_ARRIVED else {}
    plate = text(told, "plate")
    yield (
        _PASSAGE,
        (
            passage,
            event.lane,
            text(told, "side"),
            text(told, "direction"),
            event.at,
            event.at if outcome else None,
            outcome,
            plate,
            text(told, "plate_kind"),
            text(told, "color"),
            text(told, "card"),
            text(told, "vehicle"),
            _VERDICTS[EventType(kind)] if decides else text(told, "verdict"),
            text(told, "reason") if kind != EventType.PLATE_CORRECTED else None,
            event.actor if decides else None,
            _picture(event),
            text(body, "stay") if kind == EventType.STAY_OPENED else None,
            event.seq,
        ),
    )
    if plate is not None:
        yield (_PLATE_PARTS, (plate,))


def _picture(event: RecordedEvent) -> str | None:
    if event.type == EventType.PICTURE_TAKEN:
        return text(event.body, "sha256")
    return text(event.body, "picture") if event.type in _PLATE_TYPES else None


def _stay_opened(event: RecordedEvent) -> Iterator[Change]:
    body = event.body
    stay = text(body, "stay") or event.passage or event.id
    told = tuple(text(body, key) for key in ("group", "plate", "vehicle", "card"))
    temporary = 1 if body.get("temporary") is True else 0
    yield (_STAY_OPENED, (stay, *told, temporary, event.passage, event.lane, event.at, text(body, "note")))


def _stay_closed(event: RecordedEvent) -> Iterator[Change]:
    body = event.body
    stay = text(body, "stay") or event.passage or event.id
    told = tuple(text(body, key) for key in ("group", "plate", "vehicle", "entry_lane"))
    end = (event.passage, event.lane, event.at, number(body, "minutes"), text(body, "note"))
    yield (_STAY_CLOSED, (stay, *told, _time(body, "entry_at"), *end))
    if event.passage is not None:
        yield (_STAY_OF_PASSAGE, (event.passage, stay))


def _remote_stay(event: RecordedEvent) -> Iterator[Change]:
    body = event.body
    stay = text(body, "stay")
    if stay is None:
        return
    left = None if body.get("inside") is True else event.at
    told = tuple(text(body, key) for key in ("group", "plate", "from_lane"))
    yield (_REMOTE_STAY, (stay, *told, _time(body, "since"), left, number(body, "version") or 0))


def _alarm_raised(event: RecordedEvent) -> Iterator[Change]:
    body = event.body
    alarm = text(body, "alarm") or text(body, "kind") or event.id
    kind, device, detail = (text(body, key) for key in ("kind", "device", "detail"))
    yield (_ALARM_RAISED, (event.seq, alarm, kind, event.lane, device, event.at, detail))


def _alarm_cleared(event: RecordedEvent) -> Iterator[Change]:
    alarm = text(event.body, "alarm") or text(event.body, "kind")
    if alarm is not None:
        yield (_ALARM_CLEARED, (alarm, event.at, event.seq))


def _device(event: RecordedEvent) -> Iterator[Change]:
    device = text(event.body, "device")
    if device is None:
        return
    otherwise = "lost" if event.type == EventType.DEVICE_LOST else "online"
    kind, condition, detail = (text(event.body, key) for key in ("device_kind", "condition", "detail"))
    yield (_DEVICE, (device, event.lane or "", kind, condition or otherwise, detail, event.at))


def _order(event: RecordedEvent) -> Iterator[Change]:
    order = text(event.body, "order_id")
    if order is None:
        return
    reason = text(event.body, "reason")
    result = "done" if event.type == EventType.ORDER_DONE else _ORDER_RESULTS.get(reason or "", "refused")
    is_ours = not event.actor.startswith("centre:")  # a guard's order is nobody's business but the booth's
    yield (_ORDER, (order, result, reason, event.at, int(is_ours)))


def _registry_changed(event: RecordedEvent) -> Iterator[Change]:
    table, row = text(event.body, "table"), text(event.body, "row")
    if table is not None and row is not None:
        yield (_OVERLAY, (event.id, event.seq, table, text(event.body, "row_id") or "", row))


def _registry_moved(event: RecordedEvent) -> Iterator[Change]:
    version = number(event.body, "version") or 0
    for absorbed in event.body.get("absorbed") or ():
        if isinstance(absorbed, str):
            yield (_ABSORBED, (absorbed, version))


def _time(body: Body, key: str) -> str | None:
    """A time of a body, which may stand there as text or as UTC microseconds."""
    microseconds = number(body, key)
    return text(body, key) if microseconds is None else text_of(microseconds)


_TYPES = frozenset(EventType)
_RULES: dict[str, Rule] = {
    EventType.STAY_OPENED: _stay_opened,
    EventType.STAY_CLOSED: _stay_closed,
    EventType.REMOTE_STAY: _remote_stay,
    EventType.ALARM_RAISED: _alarm_raised,
    EventType.ALARM_CLEARED: _alarm_cleared,
    EventType.DEVICE_LOST: _device,
    EventType.DEVICE_BACK: _device,
    EventType.ORDER_DONE: _order,
    EventType.ORDER_REFUSED: _order,
    EventType.REGISTRY_CHANGED: _registry_changed,
    EventType.REGISTRY_MOVED: _registry_moved,
}
