"""The parts of the live page, drawn from one look: top line, alarms, one card per lane, last passages.

No lookup in the log may be put here, and no thread. Every part is a fragment with a stable name.
"""

from collections.abc import Callable

from controller.booth.cards import Card, card
from controller.booth.context import BoothContext, Row
from controller.booth.live import Look
from controller.booth.plate_view import close_up, drawn
from controller.booth.render import part
from controller.booth.store import BoothStore
from controller.booth.texts import text_or
from controller.booth.times import age
from controller.domain.texts import reason_by, why

ALARMS_SHOWN = 2
SEEN_ALARMS = 1_000


class Drawing:
    """Draws looks; knows who owns the vehicles in view for as long as they are."""

    def __init__(self, context: BoothContext, store: BoothStore) -> None:
        self._context = context
        self._store = store

    def parts(self, look: Look, language: str) -> dict[str, str]:
        """All fragments by name."""
        offset = self._context.rules.utc_offset_minutes
        cards = self.cards(look, language)
        parts = {"box": self._box(look, language), "alarms": self._alarms(look, language)}
        for one in cards:
            parts[f"lane-{one.plan.id}"] = part("live/lane.html", language, card=one, offset=offset)
        parts["recent"] = part(
            "live/recent.html", language, rows=[self.row(row, language) for row in look.recent], offset=offset
        )
        return parts

    def cards(self, look: Look, language: str) -> list[Card]:
        """The card of every lane, in the order of their keys."""
        owner_of = self._owners()
        return [
            card(number, plan, look.lanes.get(plan.id), owner_of, language)
            for number, plan in enumerate(self._context.lanes, start=1)
        ]

    def row(self, passage: Row, language: str) -> dict[str, object]:
        """One passage as a line of a list."""
        outcome = str(passage.get("outcome") or "open")
        actor = str(passage.get("actor") or "")
        return {
            **passage,
            "outcome": outcome,
            "outcome_words": text_or(language, f"outcome.{outcome}", outcome),
            "verdict_words": text_or(language, f"verdict.{passage.get('verdict')}", ""),
            "reason_words": reason_by(actor, str(passage.get("reason") or ""), language),
            "lane_name": self.lane_name(str(passage.get("lane") or "")),
            "by_hand": actor.startswith(("user:", "centre:")),
            "by": actor.removeprefix("user:"),
            "drawn": drawn(passage),
            "close_up": close_up(passage),
        }

    def alarm(self, row: Row, language: str) -> dict[str, object]:
        """One alarm as a line, with who has seen it."""
        seen = self._store.row(
            "SELECT at, name, note FROM seen_alarms WHERE alarm=? AND raised_seq=?", row["id"], row["raised_seq"]
        )
        kind = str(row.get("kind") or "")
        return {
            **row,
            "words": text_or(language, f"alarm.{kind}", kind),
            "detail_words": why(str(row.get("detail") or ""), language),
            "lane_name": self.lane_name(str(row.get("lane") or "")),
            "seen": dict(seen) if seen else None,
        }

    def seen_alarms(self) -> list[tuple[str, int]]:
        """Id and `raised_seq` of the alarms that somebody has seen, the last thousand."""
        rows = self._store.rows("SELECT alarm, raised_seq FROM seen_alarms ORDER BY at DESC LIMIT ?", SEEN_ALARMS)
        return [(str(row["alarm"]), int(row["raised_seq"])) for row in rows]

    def lane_name(self, lane: str) -> str:
        return next((plan.name for plan in self._context.lanes if plan.id == lane), lane)

    def _box(self, look: Look, language: str) -> str:
        status = look.status
        age_s = status.list_age_s
        return part(
            "live/box.html",
            language,
            status=status,
            offset=self._context.rules.utc_offset_minutes,
            list_age="" if age_s is None else age(language, age_s // 60 * 60),
            list_old=age_s is not None and age_s > self._context.rules.list_age_limit_hours * 3600,
            inside=look.inside,
            capacity=self._context.rules.capacity,
        )

    def _alarms(self, look: Look, language: str) -> str:
        rows = [self.alarm(row, language) for row in look.alarms]
        unseen = [row for row in rows if row["seen"] is None]
        return part(
            "live/alarms.html", language, rows=unseen[:ALARMS_SHOWN], more=look.alarms_unseen - ALARMS_SHOWN,
            offset=self._context.rules.utc_offset_minutes,
        )  # fmt: skip

    def _owners(self) -> Callable[[str], Row | None]:
        found: dict[str, Row | None] = {}

        def owner_of(vehicle: str) -> Row | None:
            if vehicle not in found:
                found[vehicle] = self._context.registry.owner_of(vehicle)
            return found[vehicle]

        return owner_of
