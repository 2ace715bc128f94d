"""Judge successive halving by replay: ``python -m tests.study.replay_halving RESULTS STUDY [--rungs 2]``.

A study that was tuned with whole budgets (``tune=sobol``, ``grid`` or ``random``) has the curves of all its trials.
Halving is replayed on them: on the trials of each job as they were, and on bootstrap samples of them (trials drawn with
replacement). It prints, pooled over problems and optimizers with bootstrap intervals:

    the share of the steps of whole budgets that halving grants
    how often it chooses the trial that whole budgets choose
    the paired regret: the value chosen minus the best value, as a share of the range of the job's finite values

The recorded values are used for both choices, so the regret says what pruning costs, and not how noisy a trial is.

``--chosen OTHER`` names a study of the same results folder that was tuned with halving. The settings that it chose are
compared with those of STUDY by what they were chosen for, the runs with all seeds: for each optimizer on each problem,
the median final cost. It prints the mean relative change, and its bootstrap interval over these pairs.
"""

import argparse
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pandas as pd

from optbench.analysis.metrics import cost_sign
from optbench.results.loading import load_result
from optbench.results.store import Store
from optbench.spec.tuning import Halving
from optbench.study.halving import rung_steps, trials_per_rung

REPEATS = 1000
SEED = 0
WITHOUT_DATA = ("rosenbrock_point",)


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


def rungs_of(race, halving):
    """The places of the rungs among the evaluation points."""
    steps = race.steps.tolist()
    built = SimpleNamespace(evaluation_steps=steps, steps_per_epoch=round(steps[-1] / race.epochs[-1]))
    return [steps.index(step) for step in rung_steps(halving, built)]


def replay(race, drawn, halving):
    """Race the trials ``drawn``, places with repetitions."""
    cost, rungs = race.cost[drawn], rungs_of(race, halving)
    counts = trials_per_rung(len(drawn), halving.eta, len(rungs))
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


def final_costs(store, study):
    """The median final cost of each compared optimizer on each problem, over its seeds; infinite from divergence on."""
    result = load_result(store, store.read_study(study))
    decide, sign = result.file.decide_by, cost_sign(result.file.decide_by.metric, result.file.metrics)
    found = []
    for _, runs in result.runs.groupby("problem", observed=True):
        curves = result.curves[result.curves["run_id"].isin(runs["run_id"])]
        split = decide.split_among(curves["split"])
        curves = curves[(curves["split"] == split) & (curves["metric"] == decide.metric)]
        cost = sign * runs["run_id"].map(curves.sort_values("step").groupby("run_id", observed=True)["value"].last())
        found.append(runs.assign(cost=cost.where((runs["status"] == "done") & np.isfinite(cost), np.inf)))
    return pd.concat(found).groupby(["problem", "optimizer"], observed=True)["cost"].median()


def print_chosen(store, study, other, repeats):
    """Compare the settings that two studies chose."""
    whole, raced = final_costs(store, study).align(final_costs(store, other), join="inner")
    change = ((raced - whole) / whole.abs()).where(raced != whole, 0.0)
    for problem, values in change.groupby("problem"):
        print(f"  {problem}: {', '.join(f'{optimizer} {100 * v:+.3g} %' for (_, optimizer), v in values.items())}")
    generator = np.random.default_rng(SEED)
    for name, values in (("all", change), *((f"without {p}", change.drop(p)) for p in WITHOUT_DATA if p in change)):
        drawn = generator.choice(values.to_numpy(), (repeats, len(values))).mean(axis=1)
        low, high = np.quantile(drawn, [0.025, 0.975])
        print(
            f"  {name}: {len(values)} pairs, {int((values == 0).sum())} with equal costs, "
            f"mean change {100 * values.mean():+.1f} % [{100 * low:+.1f}, {100 * high:+.1f}]"
        )


def main():
    """Print the judgment."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results")
    parser.add_argument("study")
    parser.add_argument("--eta", type=int, default=3)
    parser.add_argument("--rungs", type=int, default=2)
    parser.add_argument("--min-epochs", type=float, default=None)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--chosen", metavar="OTHER", default=None)
    given = parser.parse_args()
    store = Store(given.results)
    if given.chosen is not None:
        print_chosen(store, given.study, given.chosen, given.repeats)
        return
    halving = Halving(given.eta, given.min_epochs, given.rungs)
    races = list(races_of(store, given.study))
    print(f"{len(races)} jobs of {races[0].cost.shape[0]} trials, {halving}")
    for race in races:
        outcome = replay(race, np.arange(len(race.cost)), halving)
        print(f"  {race.name}: {outcome.share:.2f} of the steps, regret {outcome.regret:.3f}")
    generator = np.random.default_rng(SEED)
    table = []
    for _ in range(given.repeats):
        drawn_jobs = generator.integers(len(races), size=len(races))
        draws = [(races[j], generator.integers(len(races[j].cost), size=len(races[j].cost))) for j in drawn_jobs]
        table.append([replay(race, drawn, halving) for race, drawn in draws])
    numbers = np.array(table, float)
    print(f"bootstrap over jobs and trials, {given.repeats} repeats:")
    for name, column in (("share of the steps", 0), ("same trial chosen", 1), ("regret", 2)):
        print(f"  {name}: {interval(numbers[..., column])}")


if __name__ == "__main__":
    main()
