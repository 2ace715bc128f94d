"""The learning gate: compare what rules learn now with the accepted results."""

from collections.abc import Mapping

from optbench.lab.gates.exact import compare_exactly
from optbench.lab.gates.findings import GateFinding, Outcome
from optbench.lab.gates.learning import LearningResult
from optbench.lab.gates.learning_baseline import LearningBaseline, environment_differences
from optbench.lab.gates.problems import GateStudy
from optbench.lab.gates.quality import compare_quality
from optbench.lab.gates.report import GateReport

EXACT_LEFT_OUT = (
    "The exact stage was left out: the machine or TensorFlow differs from the baseline's, so curves differ in their "
    "last digits. A change that is small compared with the margins can pass."
)


def compare_with_baseline(baseline: LearningBaseline, result: LearningResult, study: GateStudy) -> list[GateFinding]:
    """All findings of the gate."""
    rules = list(dict.fromkeys(result.numbers["rule"]))
    known = [rule for rule in rules if rule in baseline.environments]
    reproducible = [rule for rule in known if not environment_differences(baseline.environments[rule])]
    of_reproducible = result.numbers[result.numbers["rule"].isin(reproducible)]
    findings = [
        GateFinding(rule, "", "training", Outcome.WORSE, f"failed: {why}", {}) for rule, why in result.failed.items()
    ]
    findings += [report_as_new(rule) for rule in rules if rule not in known]
    findings += report_as_left_out({rule: baseline.environments[rule] for rule in known if rule not in reproducible})
    findings += compare_exactly(baseline.numbers, of_reproducible, study.early)
    for problem in study.problems:
        findings += compare_quality(baseline.numbers, result.numbers, problem)
    return findings


def report_as_new(rule: str) -> GateFinding:
    """The finding for a rule that is missing from the baseline."""
    return GateFinding(rule, "", "exact", Outcome.NEW, "not in the baseline, not compared", {})


def report_as_left_out(environments: Mapping[str, Mapping[str, str]]) -> list[GateFinding]:
    """For each rule whose curves are not reproducible here, a finding that says why."""
    return [
        GateFinding(rule, "", "exact", Outcome.LEFT_OUT, "; ".join(environment_differences(environment)), {})
        for rule, environment in environments.items()
    ]


def make_report(baseline: LearningBaseline, result: LearningResult, study: GateStudy, accept: str) -> GateReport:
    """The report on ``result``.

    Args:
        baseline: the accepted results.
        result: the present results.
        study: what was trained.
        accept: the command that would accept the present results.
    """
    findings = compare_with_baseline(baseline, result, study)
    notes = [
        f"Compared with the results accepted on {last['date']}: {last['reason']}" for last in baseline.accepted[-1:]
    ]
    if any(finding.outcome is Outcome.LEFT_OUT for finding in findings):
        notes.append(EXACT_LEFT_OUT)
    new = [finding.subject for finding in findings if finding.outcome is Outcome.NEW]
    if new:
        notes.append(f"New, not compared: {', '.join(new)}. To accept them: {accept}")
    return GateReport("Learning results compared with the baseline", findings, notes, accept)
