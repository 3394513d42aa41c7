"""The story of a passage: its events as sentences, so that "why?" has its answer on one screen.

No lookup and no HTML may be put here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from controller.booth.context import Row
from controller.booth.texts import text, text_or
from controller.booth.times import duration
from controller.domain.events import BY_PEOPLE
from controller.domain.state import DoubtSeen
from controller.domain.texts import doubt, ground, why

Body = Mapping[str, Any]
TextOf = Callable[[str], str | None]
SIGNS = {
    "AccessGranted": "good",
    "AccessDenied": "bad",
    "AccessReferred": "ask",
    "ManualOpening": "hand",
    "OrderRefused": "bad",
    "AlarmRaised": "bad",
    "PassageCompleted": "good",
    "PassageForced": "bad",
    "PassageTailgated": "bad",
}
DECISIONS = frozenset({"AccessGranted", "AccessDenied", "AccessReferred"})
QUIET = frozenset({"LaneObserved", "BarrierMoved", "BarrierAnswered", "PictureTaken"})


def story(events: list[Row], language: str, text_of: TextOf) -> list[dict[str, object]]:
    """One line per event: `seq`, `at`, `type`, `words`, `sign`, `quiet`, `waited_ms`, `remark`, `actor`."""
    return [
        {
            "seq": event["seq"],
            "at": event["at"],
            "type": event["type"],
            "actor": event["actor"],
            "words": _words(event, language),
            "sign": SIGNS.get(event["type"], ""),
            "quiet": event["type"] in QUIET,
            "waited_ms": int(event["body"].get("waited_us") or 0) // 1000,
            "remark": (text_of(str(event["body"]["remark"])) or "") if event["body"].get("remark") else "",
        }
        for event in events
    ]


def _words(event: Row, language: str) -> str:
    kind, body = str(event["type"]), event["body"]
    if kind.startswith("Passage"):
        outcome = _snake(kind.removeprefix("Passage"))
        return text_or(language, f"outcome.{outcome}", kind)
    template = text_or(language, f"story.{kind}", kind)
    if "{" not in template:
        return template
    who = str(body.get("user") or body.get("by") or event["actor"]).removeprefix("user:")
    if body.get("approver"):
        who = text(language, "story.agreed", by=who, approver=str(body["approver"]))
    words = ground if kind in BY_PEOPLE else why
    reason = words(str(body.get("reason") or ""), language)
    told = template.format(by=who, reason=reason, detail=_detail(kind, body, language))
    if "{reason}" not in template:
        told += f" · {reason}" if reason and kind in BY_PEOPLE else ""
    if body.get("ground"):
        told += f" · {ground(str(body['ground']), language)}"
    if kind == "LaneModeChanged" and body.get("user"):
        told += f" · {who}"
    doubtful = DoubtSeen.among(body.get("doubtful"))
    return f"{told} · {doubt(doubtful, str(body.get('plate') or ''), language)}" if doubtful else told


def _detail(kind: str, body: Body, language: str) -> str:
    if kind in ("BarrierOrdered", "OrderDone", "BarrierAnswered"):
        order = str(body.get("order") or "")
        words = text_or(language, f"barrier.{order}", text_or(language, f"order.{order}", order))
        outcome = str(body.get("outcome") or "")
        return f"{words} {text_or(language, f'written.{outcome}', outcome)}".strip()
    if kind == "BarrierMoved":
        return text_or(language, f"arm.{body.get('arm')}", str(body.get("arm")))
    if kind == "PlateCorrected":
        return f"{body.get('was') or '—'} → {body.get('plate')}"
    if kind == "LaneModeChanged":
        return text_or(language, f"mode.{body.get('mode')}", str(body.get("mode")))
    if kind == "StayClosed":
        return duration(language, int(body.get("minutes") or 0) * 60)
    if kind in ("AlarmRaised", "AlarmCleared"):
        return text_or(language, f"alarm.{body.get('kind')}", str(body.get("kind")))
    return str(body.get("detail") or "")


def _snake(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")
