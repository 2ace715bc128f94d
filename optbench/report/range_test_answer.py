"""The answer of a study that consists only of learning-rate range tests: the proposed rates."""

import json
from collections.abc import Mapping

from optbench.analysis.formatting import join_names
from optbench.report.parts.range_test import Proposal, is_range_test, propose, rises_of
from optbench.report.scope import ReportData
from optbench.spec.verdict import Verdict

LEAD = "This is a learning-rate range test, which proposes rates and does not compare optimizers."
NEXT = "Next: tune within it, for example with tune=sobol tune.space.learning_rate=[{low:.3g},{high:.3g}]."
OPEN = "The loss of {names} still falls at the highest rate, so raise optimizer.learning_rate."


def range_test_answer(data: ReportData, advice: str) -> Verdict | None:
    """Return the answer, or None if some run is not a range test, or no range test recorded its training loss.

    Args:
        data: the data of the report.
        advice: the purpose of the study's command.
    """
    if not len(data.runs) or not all(is_range_test(json.loads(config)) for config in data.runs["config"].unique()):
        return None
    scopes = list(data.scopes.values())
    proposals = {scope.problem: {rise.setting: propose(rise) for rise in rises_of(scope)} for scope in scopes}
    found = [proposal for of_problem in proposals.values() for proposal in of_problem.values() if proposal is not None]
    still = [name for of_problem in proposals.values() for name, p in of_problem.items() if p is not None and p.is_open]
    if not any(proposals.values()):
        return None
    said = [describe(problem, of_problem, len(scopes) > 1) for problem, of_problem in proposals.items()]
    return Verdict(
        lead=" ".join([LEAD, *said]),
        cost=OPEN.format(names=join_names(dict.fromkeys(still))) if still else "",
        advice=advice,
        command=data.study.command,
        next_step=NEXT.format(low=found[0].low, high=found[0].high) if found else "",
    )


def describe(problem: str, proposals: Mapping[str, Proposal | None], is_one_of_several: bool) -> str:
    """Return the proposed range of each setting on a problem."""
    words = [
        f"{name} from {found.low:.3g} to {found.high:.3g}" if found else f"{name} none, because its loss never falls"
        for name, found in proposals.items()
    ]
    where = f" on {problem}" if is_one_of_several else ""
    return f"Proposed{where}: {join_names(words)}." if words else f"No training loss was recorded{where}."
