"""Judge successive halving by replay: ``python -m tests.study.replay_halving RESULTS STUDY [--eta 3]``.

A study that was tuned with whole budgets (``tune=sobol``, ``grid`` or ``random``) has the curves of all its trials.
Halving is replayed on them: on the trials of each job as they were, and on bootstrap samples of them (trials drawn with
replacement). It prints, pooled over problems and optimizers with bootstrap intervals:

    the share of the steps of whole budgets that halving grants
    how often it chooses the trial that whole budgets choose
    the paired regret: the value chosen minus the best value, as a share of the range of the job's finite values

The recorded values are used for both choices, so the regret says what pruning costs, and not how noisy a trial is.
"""

import argparse
from typing import NamedTuple

import numpy as np

from optbench.analysis.metrics import cost_sign
from optbench.results.loading import load_result
from optbench.results.store import Store
from optbench.study.halving import trials_per_rung

REPEATS = 1000
SEED = 0


class Race(NamedTuple):
    """The trials of one job."""

    name: str
    cost: np.ndarray  # (trials, points), lower is better; infinite from divergence on
    epochs: np.ndarray  # (points,)
    steps: np.ndarray  # (points,)


class Outcome(NamedTuple):
    """One replay of one job."""

    share: float  # of the steps of whole budgets
    same: bool  # whether the trial of whole budgets was chosen
    regret: float  # in [0, 1]


def races_of(store, study):
    """The trials of each job of a study, as costs at each evaluation point; the median over the seeds of a trial."""
    result = load_result(store, store.read_study(study))
    decide, trials = result.file.decide_by, result.trials
    for (problem, optimizer), rows in trials.groupby(["problem", "optimizer"]):
        curves = result.curves[result.curves["run_id"].isin(rows["run_id"])]
        split = decide.split_among(curves["split"])
        wanted = curves[(curves["split"] == split) & (curves["metric"] == decide.metric)]
        table = wanted.merge(rows[["run_id", "setting_id", "seed"]], on="run_id")
        cost = table.assign(cost=cost_sign(decide.metric, result.file.metrics) * table["value"])
        by_run = cost.pivot_table(index=["setting_id", "seed"], columns="step", values="cost")
        by_run = by_run.where(np.isfinite(by_run), np.inf).fillna(np.inf)
        epochs = wanted.drop_duplicates("step").set_index("step")["epoch"].reindex(by_run.columns)
        values = by_run.groupby("setting_id").median().to_numpy()
        yield Race(f"{optimizer} on {problem}", values, epochs.to_numpy(), by_run.columns.to_numpy())


def rungs_of(race, eta, min_epochs):
    """The places of the rungs among the evaluation points."""
    found, epochs = {}, min_epochs
    while epochs < race.epochs[-1]:
        found[int(np.argmax(race.epochs >= epochs))] = None
        epochs *= eta
    return [place for place in found if 0 < place < len(race.epochs) - 1]


def replay(race, drawn, eta, min_epochs):
    """Race the trials ``drawn``, places with repetitions."""
    cost, rungs = race.cost[drawn], rungs_of(race, eta, min_epochs)
    counts = trials_per_rung(len(drawn), eta, len(rungs))
    active = np.arange(len(drawn))
    for place, count in zip(rungs, counts[1:], strict=True):
        active = np.sort(active[np.argsort(cost[active, place], kind="stable")[:count]])
    final = cost[:, -1]
    chosen, best = active[np.argmin(final[active])], int(np.argmin(final))
    ends = race.steps[[*rungs, -1]]
    granted = sum(c * length for c, length in zip(counts, np.diff([0, *ends]), strict=True))
    finite = final[np.isfinite(final)]
    spread = np.ptp(finite) if len(finite) > 1 else 0.0
    same = bool(final[chosen] == final[best])  # also where all trials diverged
    regret = 0.0 if same else min(1.0, (final[chosen] - final[best]) / spread) if spread else 1.0
    return Outcome(granted / (len(drawn) * race.steps[-1]), same, float(regret))


def interval(values):
    """The mean of a (repeats, jobs) table and the 95 % interval of its mean over jobs."""
    means = np.mean(values, axis=1)
    return f"{np.mean(means):.3f} [{np.quantile(means, 0.025):.3f}, {np.quantile(means, 0.975):.3f}]"


def main():
    """Print the judgment."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results")
    parser.add_argument("study")
    parser.add_argument("--eta", type=int, default=3)
    parser.add_argument("--min-epochs", type=float, default=1.0)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    given = parser.parse_args()
    races = list(races_of(Store(given.results), given.study))
    print(f"{len(races)} jobs of {races[0].cost.shape[0]} trials, eta={given.eta}, min_epochs={given.min_epochs:g}")
    for race in races:
        outcome = replay(race, np.arange(len(race.cost)), given.eta, given.min_epochs)
        print(f"  {race.name}: {outcome.share:.2f} of the steps, regret {outcome.regret:.3f}")
    generator = np.random.default_rng(SEED)
    table = []
    for _ in range(given.repeats):
        drawn_jobs = generator.integers(len(races), size=len(races))
        draws = [(races[j], generator.integers(len(races[j].cost), size=len(races[j].cost))) for j in drawn_jobs]
        table.append([replay(race, drawn, given.eta, given.min_epochs) for race, drawn in draws])
    numbers = np.array(table, float)
    print(f"bootstrap over jobs and trials, {given.repeats} repeats:")
    for name, column in (("share of the steps", 0), ("same trial chosen", 1), ("regret", 2)):
        print(f"  {name}: {interval(numbers[..., column])}")


if __name__ == "__main__":
    main()
