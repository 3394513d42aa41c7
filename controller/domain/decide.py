"""The decision core's front door: what has to be looked up for a fact, and what a fact leads to.

Only the dispatch by kind of fact stands here; each kind is handled in a module of its own. Pure: nothing is read or
written but the arguments.
"""

from dataclasses import dataclass

from controller.domain.effects import Effect
from controller.domain.events import Event
from controller.domain.facts import Fact
from controller.domain.known import Asked, Known
from controller.domain.rules import SiteRules
from controller.domain.state import BoxState


@dataclass(frozen=True, slots=True)
class Decision:
    """The box after a fact, what is recorded of it (in order), and what is to be done once that is on disk."""

    state: BoxState
    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()


def asked(state: BoxState, fact: Fact, rules: SiteRules) -> Asked:
    """What to look up in the registry and the log before `decide` is called with this fact."""
    del state, fact, rules
    return Asked()


def decide(state: BoxState, fact: Fact, known: Known, rules: SiteRules) -> Decision:
    """What a fact leads to. Never raises for a fact of a known type, whatever the state."""
    del fact, known, rules
    return Decision(state)
