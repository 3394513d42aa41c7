"""The judge: compares what truly happened with what the boxes recorded and what the centre received.

Imports neither daemon nor simulator. Each rule is a function from the case to violations; the table of rules stands
here, the rules themselves in `judge_passages`, `judge_arm` and `judge_log`.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field

from demo import judge_arm, judge_log, judge_passages
from demo.evidence import Case, Evidence, EvidenceError, read_case
from demo.violation import Violation

Rule = Callable[[Case], Iterable[Violation]]

RULES: tuple[Rule, ...] = (
    judge_passages.traffic_took_place,
    judge_passages.every_crossing_has_its_passage,
    judge_passages.no_passage_lacks_an_end,
    judge_passages.nobody_without_right_was_let_in,
    judge_passages.people_on_foot_are_recorded,
    judge_arm.no_arm_came_down_on_anything,
    judge_arm.every_cycle_is_explained,
    judge_arm.every_order_has_a_reason,
    judge_log.the_chain_is_whole,
    judge_log.the_centre_has_everything_once,
    judge_log.read_models_agree_with_the_events,
    judge_log.stays_add_up,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was found; `case` is what was read, for the report, `None` when it could not be."""

    violations: tuple[Violation, ...] = ()
    case: Case | None = field(default=None, repr=False)

    @property
    def is_clean(self) -> bool:
        return not self.violations

    def lines(self) -> list[dict[str, object]]:
        """The violations as plain values, for the report."""
        return [asdict(each) for each in self.violations]


def judge(evidence: Evidence) -> Judgement:
    """Judge a run that is over. Evidence that cannot be read is a violation, never a pass."""
    try:
        case = read_case(evidence)
    except EvidenceError as error:
        return Judgement(violations=(Violation(rule="evidence", words=str(error)),))
    found = tuple(violation for rule in RULES for violation in rule(case))
    return Judgement(violations=found, case=case)
