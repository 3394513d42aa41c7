"""What a lane's card says at first glance: one tone per state of a lane, chosen by a table, first line that fits.

No HTML and no text may be put here. A tone is a colour, an icon and a headline together, never a colour alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

View = Mapping[str, Any]

PASSING = frozenset({"granted", "opening", "open", "crossing", "clearing", "backing", "withdrawn"})
BY_HAND = ("user:", "centre:", "button", "board:")


@dataclass(frozen=True, slots=True)
class Tone:
    """`icon` names a symbol of the sprite; `wants` says that a person has to act."""

    name: str
    icon: str
    wants: bool = False


def _phase(view: View) -> str:
    passage = view.get("passage")
    return str(passage.get("phase", "")) if passage else ""


def _verdict(view: View) -> str:
    passage = view.get("passage")
    return str(passage.get("verdict") or "") if passage else ""


def _by_hand(view: View) -> bool:
    passage = view.get("passage")
    return bool(passage) and str((passage or {}).get("opened_by") or "").startswith(BY_HAND)


def _is_mismatched(view: View) -> bool:
    """The camera is sure by now of another vehicle than the one that was opened for."""
    return bool((view.get("passage") or {}).get("mismatched"))


def _blind(view: View) -> bool:
    inputs = {**(view.get("loops") or {}), **(view.get("door") or {})}
    return all(state in ("unknown", "absent") for name, state in inputs.items() if name != "released")


def _is_fault(view: View) -> bool:
    fault = view.get("fault")
    return fault not in (None, "", False, "off", "absent", "unknown", "inputs_unknown")


def _is_stuck(view: View) -> bool:
    """A fault of the arm itself, which a person has to see to; a lost camera or reader leaves the lane at work."""
    return _is_fault(view) and view.get("fault") != "device_lost"


Test = Callable[[View], bool]

TABLE: tuple[tuple[Test, Tone], ...] = (
    (lambda view: view.get("mode") == "fire", Tone("fire", "fire", wants=True)),
    (lambda view: _phase(view) == "intruding", Tone("alarm", "alarm", wants=True)),
    (
        lambda view: _phase(view) == "referred" or (_verdict(view) == "refer" and _phase(view) not in PASSING),
        Tone("referred", "ask", wants=True),
    ),
    (lambda view: _phase(view) == "denied", Tone("denied", "stop", wants=True)),
    (lambda view: _phase(view) in PASSING and _is_mismatched(view), Tone("mismatch", "alarm", wants=True)),
    (lambda view: _phase(view) in PASSING and (_by_hand(view) or _verdict(view) != "grant"), Tone("manual", "hand")),
    (lambda view: _phase(view) in PASSING, Tone("granted", "check")),
    (_is_stuck, Tone("fault", "wrench", wants=True)),
    (_blind, Tone("unknown", "wrench")),
    (lambda view: view.get("mode") == "locked", Tone("locked", "lock")),
    (lambda view: bool(view.get("passage")), Tone("reading", "eye")),
    (lambda view: view.get("mode") == "held_open", Tone("held", "held")),
    (_is_fault, Tone("fault", "wrench")),
)
IDLE = Tone("idle", "idle")


def tone_of(view: View) -> Tone:
    """The tone of a lane."""
    return next((tone for fits, tone in TABLE if fits(view)), IDLE)
