"""State of a box between two facts: frozen values, written to the log's `lane_states` in each transaction.

Nothing here may hold a monotonic time. The passage's own phases and their transitions stand in `passage`.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneState:
    """One lane. Filled out by the core."""

    lane: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxState:
    """All lanes of a box, and what they share. A fact about one lane leaves the others' objects untouched."""

    lanes: dict[str, LaneState] = field(default_factory=dict)
