"""The learning gate: what rules learn now, held against what was accepted."""

from collections.abc import Mapping

from optbench.lab.gates.baseline import Baseline, differences
from optbench.lab.gates.exact import exact
from optbench.lab.gates.findings import Finding, Found
from optbench.lab.gates.learned import Learned
from optbench.lab.gates.problems import Study
from optbench.lab.gates.quality import quality


def compared(baseline: Baseline, now: Learned, study: Study) -> list[Finding]:
    """Everything that the gate has to say of ``now``."""
    rules = list(dict.fromkeys(now.numbers["rule"]))
    known = [rule for rule in rules if rule in baseline.made]
    reproducible = [rule for rule in known if not differences(baseline.made[rule])]
    of_same = now.numbers[now.numbers["rule"].isin(reproducible)]
    findings = [Finding(rule, "", "training", Found.WORSE, f"failed: {why}", {}) for rule, why in now.failed.items()]
    findings += [new(rule) for rule in rules if rule not in known]
    findings += left_out({rule: baseline.made[rule] for rule in known if rule not in reproducible})
    findings += exact(baseline.numbers, of_same, study.early)
    for problem in study.problems:
        findings += quality(baseline.numbers, now.numbers, problem)
    return findings


def new(rule: str) -> Finding:
    """A rule that the baseline does not have."""
    return Finding(rule, "", "exact", Found.NEW, "not in the baseline, not compared", {})


def left_out(made: Mapping[str, Mapping[str, str]]) -> list[Finding]:
    """For each rule whose curves cannot be the same here, why."""
    return [
        Finding(rule, "", "exact", Found.LEFT_OUT, "; ".join(differences(where)), {}) for rule, where in made.items()
    ]
