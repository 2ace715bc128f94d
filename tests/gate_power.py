"""The smallest change of a final loss that the learning gate's statistical stage finds: ``python -m tests.gate_power``.

For each rule and problem, differences of the logarithm of the final loss are drawn, seed by seed, around a change, and
judged as the gate judges them. Their standard deviation is one of two:

    rounding       the largest relative difference of that loss between environments, which the baseline holds
    unpaired       that of two independent runs: the standard deviation over seeds, times the square root of two, as if
                   a change of rounding had made every run another one
"""

import math

import numpy as np
import pandas as pd

from optbench.analysis.metrics import lower_is_better
from optbench.lab.gates import learning_baseline
from optbench.lab.gates.findings import Outcome
from optbench.lab.gates.problems import FinalMetric, GateProblem, fixed_study
from optbench.lab.gates.quality import costs, judge_equivalence
from tests.conftest import ROOT

BASELINE = ROOT / "tests" / "baselines" / "learning.parquet"
SEEDS = (8, 16, 32)
POWER = 0.95
DRAWS = 400
CHANGES = np.log1p(np.array([0.11, 0.12, 0.14, 0.16, 0.18, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0, 2.0, 4.0]))


def noises(numbers: pd.DataFrame, problem: GateProblem, final: FinalMetric) -> pd.DataFrame:
    """Both standard deviations of each rule: ``rounding`` and ``unpaired``; rules that diverge are left out."""
    last = numbers[
        (numbers["problem"] == problem.name)
        & (numbers["step"] == problem.config.budget.steps)
        & (numbers["metric"] == f"{final.split} {final.metric}")
    ]
    last = last.assign(cost=costs(last["value"], final))
    grouped = last.groupby("rule")
    found = pd.DataFrame({"unpaired": math.sqrt(2) * grouped["cost"].std(), "rounding": grouped["spread"].max()})
    return found[np.isfinite(found).all(axis=1) & (found["unpaired"] > 0)]


def power(change: float, noise: float, seeds: int, final: FinalMetric, generator: np.random.Generator) -> float:
    """The share of draws in which the gate reports a change."""
    found = 0
    for lost in generator.normal(change, noise, (DRAWS, seeds)):
        rows = pd.DataFrame({"value": np.exp(lost), "accepted": 1.0, "step": 0})
        found += judge_equivalence("", "", rows, final._replace(floor=0.0)).outcome is Outcome.WORSE
    return found / DRAWS


def smallest_change(noise: float, seeds: int, final: FinalMetric) -> float:
    """The smallest of ``CHANGES`` that is found with the wanted power; infinite if none is."""
    generator = np.random.default_rng(7)
    found = (change for change in CHANGES if power(change, noise, seeds, final, generator) >= POWER)
    return math.expm1(next(found, math.inf))


def main() -> None:
    """Print, for each problem, the smallest change at the median and at the 90th percentile of the rules' noises."""
    numbers = learning_baseline.read(BASELINE).numbers
    print(f"smallest change of the final loss found in {POWER:.0%} of cases, with {', '.join(map(str, SEEDS))} seeds")
    for problem in fixed_study().problems:
        for final in problem.finals:
            if not lower_is_better(final.metric):
                continue
            of_rules = noises(numbers, problem, final)
            for kind in of_rules:
                for share in (0.5, 0.9):
                    noise = float(of_rules[kind].quantile(share))
                    changes = [f"{smallest_change(noise, seeds, final):6.0%}" for seeds in SEEDS]
                    print(
                        f"{problem.name:18} {kind:9} {share:4.0%} of {len(of_rules)} rules: noise {noise:8.1e}",
                        *changes,
                    )


if __name__ == "__main__":
    main()
