"""Audits: what a careful reader would ask before believing the tables, each where it fires, with what to do."""

import json
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from optbench.analysis import present, sensitivity, targets
from optbench.analysis.matrices import Matrix
from optbench.analysis.statistics import Interval, spread_of_median
from optbench.report.parts.rates import rated
from optbench.report.scope import Data, Scope

SATURATED = 0.999  # accuracy from which on nobody can be better
BUSY = 0.10  # of a step time: a larger standard deviation of its rounds says that the machine was busy
STILL = 0.05  # of the loss, gained in the last tenth of training
LAST_TENTH = 0.9
GAP_POINTS, GAP_TIMES = 0.10, 2.0  # between train and test: of accuracy, and as a factor of the loss
FEW_SEEDS = 6  # below, the median has no exact 95 % interval


class Finding(NamedTuple):
    """One thing to know before reading on."""

    level: Literal["warning", "note"]
    where: str  # one problem or several, or empty for the study
    sentence: str


def audit(data: Data, scopes: list[Scope]) -> list[Finding]:
    """All that fire, warnings first."""
    found = [finding for check in OF_STUDY for finding in check(data)]
    found += [finding for scope in scopes if len(scope.final) for check in OF_PROBLEM for finding in check(scope)]
    return sorted(told_together(found), key=lambda finding: finding.level != "warning")


def told_together(findings: list[Finding]) -> list[Finding]:
    """What is found alike of several problems is told once."""
    places: dict[tuple[Any, str], list[str]] = {}
    for level, where, sentence in findings:
        places.setdefault((level, sentence), []).append(where)
    return [Finding(level, ", ".join(dict.fromkeys(where)), text) for (level, text), where in places.items()]


def mixed_machines(data: Data) -> Iterator[Finding]:
    """Runs of several hosts or versions side by side."""
    for column, what in (("host", "machines"), ("versions", "versions of the libraries")):
        kinds = data.runs[column].nunique()
        if kinds > 1:
            text = f"Runs come from {kinds} {what}: rounding differs between them, and so do times. Train all on one."
            yield Finding("warning", "", text)


def few_seeds(data: Data) -> Iterator[Finding]:
    """Too few seeds for intervals, or for the test against the baseline."""
    seeds = data.runs.groupby(["problem", "setting"])["seed"].nunique()
    if len(seeds) and seeds.min() < FEW_SEEDS:
        had = present.counted(int(seeds.min()), "seed")
        yield Finding(
            "warning", "", f"With {had} a setting there is no exact interval of a median: it takes {FEW_SEEDS}."
        )
    for note in dict.fromkeys(filter(None, data.pairs["note"])):
        yield Finding("warning", "", str(note))


def busy_machine(data: Data) -> Iterator[Finding]:
    """Step times whose rounds lie far apart."""
    times = data.step_times
    spreads = [spread_of_median(Interval(t.step_s, t.low, t.high), int(t.rounds)) for t in times.itertuples()]
    wide = times[np.array(spreads) > BUSY * times["step_s"].to_numpy()]
    if len(wide):
        names = present.listed(dict.fromkeys(wide["setting"]))
        text = f"The step times of {names} spread by more than {BUSY:.0%} from round to round: the machine was busy."
        yield Finding("note", "", f"{text} Measure again with force=true when it is quiet.")


def unequal_budgets(data: Data) -> Iterator[Finding]:
    """Optimizers that had more settings to choose from than others."""
    counts = sensitivity.budgets(pd.concat([data.runs, data.trials]))
    for problem, of_problem in counts.groupby(level="problem", sort=False):
        if of_problem.nunique() > 1:
            told = ", ".join(f"{optimizer} {count}" for (_, optimizer), count in of_problem.items())
            text = f"Optimizers had different numbers of settings to choose from ({told}): more is an advantage."
            yield Finding("warning", str(problem), text)


def picked_on_the_same_seeds(scope: Scope) -> Iterator[Finding]:
    """A best setting that nobody tried on other seeds."""
    picked = scope.chosen[scope.chosen["of"] > 1]
    if len(picked):
        told = ", ".join(f"{row.optimizer} from {row.of}" for row in picked.itertuples())
        text = f"Best settings were picked on the seeds that they are judged by ({told}), which flatters them."
        yield Finding("note", scope.problem, f"{text} tune=grid picks on seeds of its own.")


def chosen_on_test(scope: Scope) -> Iterator[Finding]:
    """No validation split to choose on."""
    if scope.chosen_on == "test":
        text = "There is no validation split: settings are chosen on test, as the published protocol has it."
        yield Finding("note", scope.problem, f"{text} The test values are optimistic.")


def easy_or_hard_target(scope: Scope) -> Iterator[Finding]:
    """A target that tells nobody apart."""
    times = scope.data.times_to_target
    table = targets.reaching(times[times["problem"] == scope.problem]) if len(times) else times
    if not len(table):
        return
    if not table["successes"].any():
        yield Finding("warning", scope.problem, "No run reached the target, so time to target tells nobody apart.")
    elif (table["successes"] == table["runs"]).all() and len(table) > 1:
        text = "Every run reached the target: what sets contenders apart is how soon, or a harder target."
        yield Finding("note", scope.problem, text)


def saturated(scope: Scope) -> Iterator[Finding]:
    """Metrics on which nobody can be better any more."""
    found = scope.summary[scope.summary["setting"].isin(scope.chosen["setting"])]
    for (split, metric), group in found.groupby(["split", "metric"], sort=False):
        if (metric, split) not in scope.judging or len(group) < 2:
            continue
        if metric.endswith("accuracy") and (group["median"] >= SATURATED).all():
            text = f"All have a {split} {metric} of {SATURATED:.1%} or more: the problem is too easy to compare on it."
            yield Finding("note", scope.problem, text)
        elif group["median"].nunique() == 1 and np.isfinite(group["median"]).all():
            yield Finding("note", scope.problem, f"All have the same median {split} {metric}: it tells nobody apart.")


def still_improving(scope: Scope) -> Iterator[Finding]:
    """Runs that were not done when training ended."""
    matrix = scope.matrices.get(("loss", scope.chosen_on))
    going = [] if matrix is None else [s for s in scope.chosen["setting"] if improves(matrix, s)]
    if going:
        text = f"{present.listed(going)} still improved at the end of training: with more epochs the order may change."
        yield Finding("note", scope.problem, text)


def improves(matrix: Matrix, setting: str) -> bool:
    """Whether the last tenth of training took more than 5 % off a setting's median loss."""
    of_setting = matrix.numbers[(matrix.runs["setting"] == setting).to_numpy()]
    before = int(np.searchsorted(matrix.steps, LAST_TENTH * matrix.steps[-1], side="right")) - 1
    ended = of_setting[np.isfinite(of_setting[:, -1])]
    if not len(ended) or before < 0:
        return False
    earlier, last = np.median(ended[:, before]), np.median(ended[:, -1])
    return bool(earlier - last > STILL * abs(last))


def large_gap(scope: Scope) -> Iterator[Finding]:
    """A test value far from train's: variance, in the words of the textbook, rather than bias.

    Of accuracy, where there is one: a loss near zero on training examples is many times as large on others although
    hardly one of them is taken for something else.
    """
    chosen = scope.summary[scope.summary["setting"].isin(scope.chosen["setting"])]
    medians = chosen.pivot_table(index="setting", columns=["metric", "split"], values="median", observed=True)
    recorded = [m for m in ("accuracy", "loss") if {(m, "train"), (m, "test")} <= set(medians.columns)]
    if not recorded:
        return
    train, test = medians[recorded[0], "train"], medians[recorded[0], "test"]
    wide = train - test > GAP_POINTS if recorded[0] == "accuracy" else test > GAP_TIMES * train.abs()
    names = list(wide.index[wide & np.isfinite(test)])
    if names:
        text = f"{present.listed(names)}: test {recorded[0]} is far from train's. The network learns its examples"
        more = "by heart; a regularizer or fewer epochs may do more than an optimizer."
        yield Finding("note", scope.problem, f"{text} {more}")


def other_batch_order(scope: Scope) -> Iterator[Finding]:
    """Published numbers beside runs with another order of batches."""
    published: dict[str, list[Any]] = scope.data.study.get("published", {})
    if published.get(scope.problem) and json.loads(scope.runs["config"].iloc[0]).get("order") != "fixed":
        text = "The published numbers are of runs that kept one order of batches; these drew a new one each epoch."
        yield Finding("warning", scope.problem, f"{text} batches.order=fixed repeats the protocol.")


def best_at_the_border(scope: Scope) -> Iterator[Finding]:
    """A best learning rate with nothing tried beyond it."""
    found = rated(scope)
    names = [] if found is None else sensitivity.at_border(found[0], found[1])
    if names:
        text = f"The best learning rate of {present.listed(names)} is the smallest or largest that was tried."
        yield Finding("warning", scope.problem, f"{text} Widen the range.")


OF_STUDY = (mixed_machines, few_seeds, unequal_budgets, busy_machine)
OF_PROBLEM = (
    easy_or_hard_target,
    saturated,
    picked_on_the_same_seeds,
    chosen_on_test,
    best_at_the_border,
    still_improving,
    large_gap,
    other_batch_order,
)
