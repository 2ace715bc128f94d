"""The learning gate: compare what rules learn now with the accepted results."""

from collections.abc import Iterable, Sequence

from optbench.analysis.metrics import lower_is_better
from optbench.lab.gates.exact import DOUBLE, FACTOR, LOSSES, SINGLE, compare_exactly
from optbench.lab.gates.findings import GateFinding, Outcome
from optbench.lab.gates.learning import LearningResult
from optbench.lab.gates.learning_baseline import LearningBaseline, environment_differences
from optbench.lab.gates.problems import GateStudy
from optbench.lab.gates.quality import compare_quality
from optbench.lab.gates.report import GateReport

OTHER_ENVIRONMENT = (
    "The baseline was made elsewhere ({differences}). Tolerances cover rounding; larger differences come from "
    "the code or from another version of a library."
)
STAGES = (
    "Compared: {exact} numbers one by one (early losses within {losses:.0e}, trajectories within {single:.0e} in "
    "float32 and {double:.0e} in float64, or {factor:g} times their spread between environments){unstable}; final "
    "losses and successes of {seeds} seeds, where a loss has to change by more than the margin of {margin:.0%} to be "
    "detected."
)


def compare_with_baseline(baseline: LearningBaseline, result: LearningResult, study: GateStudy) -> list[GateFinding]:
    """All findings of the gate."""
    rules = list(dict.fromkeys(result.numbers["rule"]))
    findings = [
        GateFinding(rule, "", "training", Outcome.WORSE, f"failed: {why}", {}) for rule, why in result.failed.items()
    ]
    findings += [report_as_new(rule, baseline) for rule in rules if rule not in baseline.environments]
    findings += compare_exactly(baseline.numbers, result.numbers, study.early)
    for problem in study.problems:
        findings += compare_quality(baseline.numbers, result.numbers, problem)
    return findings


def report_as_new(rule: str, baseline: LearningBaseline) -> GateFinding:
    """The finding for a rule that has no numbers to compare with."""
    why = baseline.failed.get(rule)
    text = "not in the baseline, not compared" if why is None else f"not compared: it fails in the base: {why}"
    return GateFinding(rule, "", "exact", Outcome.NEW, text, {})


def describe_environments(baseline: LearningBaseline, rules: Iterable[str]) -> list[str]:
    """A sentence on how the environments of accepted numbers differ from this one; empty if they do not."""
    known = [baseline.environments[rule] for rule in rules if rule in baseline.environments]
    differences = dict.fromkeys(words for each in known for words in environment_differences(each))
    return [OTHER_ENVIRONMENT.format(differences="; ".join(differences))] if differences else []


def describe_stages(findings: Sequence[GateFinding], study: GateStudy) -> str:
    """What was compared, and the smallest change that can be detected."""
    exact = [finding.numbers for finding in findings if finding.stage == "exact"]
    compared, unstable = (int(sum(numbers.get(key, 0) for numbers in exact)) for key in ("compared", "unstable"))
    margins = [final.margin for problem in study.problems for final in problem.finals if lower_is_better(final.metric)]
    return STAGES.format(
        exact=f"{compared:,}",
        unstable=f"; {unstable:,} numbers are too unstable" if unstable else "",
        losses=LOSSES,
        single=SINGLE,
        double=DOUBLE,
        factor=FACTOR,
        seeds=study.seeds,
        margin=max(margins),
    )


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
    notes += describe_environments(baseline, dict.fromkeys(result.numbers["rule"]))
    new = [finding.subject for finding in findings if finding.outcome is Outcome.NEW]
    if new:
        notes.append(f"New, not compared: {', '.join(new)}. To accept them: {accept}")
    notes.append(describe_stages(findings, study))
    return GateReport("Learning results compared with the baseline", findings, notes, accept)
