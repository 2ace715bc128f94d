"""Audits of values: what metrics and curves show besides the ranking."""

from collections.abc import Iterator

import numpy as np

from optbench.analysis import targets
from optbench.analysis.formatting import format_metric
from optbench.analysis.matrices import Matrix
from optbench.analysis.metrics import OBJECTIVE, cost_sign
from optbench.report.facts import best_contender, winners_by_other_metrics
from optbench.report.findings import Finding, join_all, name_or_count
from optbench.report.rates import start_values
from optbench.report.scope import Scope
from optbench.spec.splits import describe_split

SATURATION = 0.999  # accuracy above which no contender can be better
MIN_IMPROVEMENT = 0.05  # improvement in the last tenth of training, as a fraction of the loss
LAST_TENTH = 0.9
MAX_ACCURACY_GAP, MAX_LOSS_RATIO = 0.10, 2.0  # between train and test
LARGE_MAJORITY = 0.7  # share of one class above which an accuracy is not informative


def check_other_winners(scope: Scope) -> Iterator[Finding]:
    """Report metrics on the deciding split by which another contender would win."""
    data = scope.data
    deciding = data.selection_values[data.selection_values["problem"] == scope.problem]
    winner = best_contender(deciding, data.decide.metric, data)
    others = winners_by_other_metrics(data, scope.problem, scope.deciding_split, winner) if winner else []
    if others:
        names = join_all(f"{name} by {metric}" for metric, name in others)
        text = f"{winner} has the best {scope.point} {scope.decision}, but other metrics have another winner: {names}."
        yield Finding("note", scope.problem, f"{text}", "Set decide_by to the metric that counts.")


def check_majority_class(scope: Scope) -> Iterator[Finding]:
    """Report accuracies that are no better than predicting the most frequent class, and unbalanced splits."""
    split = "test" if "test" in scope.entry.majority else scope.selection_split
    share = scope.entry.majority.get(split)
    of_split = scope.summary[(scope.summary["split"] == split) & (scope.summary["metric"] == "accuracy")]
    of_split = of_split[of_split["setting"].isin(scope.ranked["setting"])]
    if share is None or of_split.empty:
        return
    text = f"Always predicting the most frequent class has a {describe_split(split)} accuracy of {share:.1%}"
    useless = list(of_split.loc[of_split["median"] <= share, "setting"])
    if useless:
        names = name_or_count(useless, "settings", "see Final values")
        yield Finding("warning", scope.problem, f"{text}; {names} did no better.")
    elif share >= LARGE_MAJORITY:
        remedy = "Decide by a metric that counts classes evenly: decide_by=balanced_accuracy, f1 or auc, and metrics."
        yield Finding("note", scope.problem, f"{text}, the best median here {of_split['median'].max():.1%}.", remedy)


def check_target_difficulty(scope: Scope) -> Iterator[Finding]:
    """Report a target that all runs or no runs reached."""
    times = scope.data.times_to_target
    table = targets.summarize_times(times[times["problem"] == scope.problem]) if len(times) else times
    if not len(table):
        return
    if not table["successes"].any():
        yield Finding(
            "warning",
            scope.problem,
            "No run reached the target, so times to target cannot be compared.",
            "Set an easier target, or train longer.",
        )
    elif (table["successes"] == table["runs"]).all() and len(table) > 1:
        text = "Every run reached the target, so only the time to reach it differs."
        yield Finding("note", scope.problem, text, "Set a harder target.")


def check_saturation(scope: Scope) -> Iterator[Finding]:
    """Report metrics on which all contenders are equal or have a perfect value."""
    summary = scope.summary[scope.summary["setting"].isin(scope.figure_contenders["setting"])]
    for (split, metric), group in summary.groupby(["split", "metric"], sort=False):
        if (metric, split) not in scope.comparison_metrics or len(group) < 2:
            continue
        measure = f"{describe_split(split)} {metric}"
        if metric.endswith("accuracy") and (group["median"] >= SATURATION).all():
            text = f"All have a {measure} of {SATURATION:.1%} or more: the problem is too easy to compare on it."
            yield Finding("note", scope.problem, text)
        elif group["median"].nunique() == 1 and np.isfinite(group["median"]).all():
            yield Finding("note", scope.problem, f"All have the same median {measure}, so it does not separate them.")


def check_training_length(scope: Scope) -> Iterator[Finding]:
    """Report settings whose loss still decreased at the end of training."""
    matrix = scope.matrices.get(("loss", scope.selection_split))
    going = [] if matrix is None else [s for s in scope.figure_contenders["setting"] if is_still_improving(matrix, s)]
    if going:
        text = f"{join_all(going)} still improved at the end of training, so the order may change."
        yield Finding("note", scope.problem, text, "Train with more epochs.")


def is_still_improving(matrix: Matrix, setting: str) -> bool:
    """Return whether the median loss of a setting decreased by more than 5 % in the last tenth of training."""
    of_setting = matrix.numbers[(matrix.runs["setting"] == setting).to_numpy()]
    before = int(np.searchsorted(matrix.steps, LAST_TENTH * matrix.steps[-1], side="right")) - 1
    ended = of_setting[np.isfinite(of_setting[:, -1])]
    if not len(ended) or before < 0:
        return False
    earlier, last = np.median(ended[:, before]), np.median(ended[:, -1])
    return bool(earlier - last > MIN_IMPROVEMENT * abs(last))


def check_generalization_gap(scope: Scope) -> Iterator[Finding]:
    """Report settings whose test value is much worse than their training value.

    The accuracy is compared if there is one: even if almost all examples are classified correctly, the test loss may be
    many times a training loss near zero.
    """
    selected = scope.summary[scope.summary["setting"].isin(scope.figure_contenders["setting"])]
    medians = selected.pivot_table(index="setting", columns=["metric", "split"], values="median", observed=True)
    recorded = [m for m in ("accuracy", "loss") if {(m, "train"), (m, "test")} <= set(medians.columns)]
    if not recorded:
        return
    train, test = medians[recorded[0], "train"], medians[recorded[0], "test"]
    wide = train - test > MAX_ACCURACY_GAP if recorded[0] == "accuracy" else test > MAX_LOSS_RATIO * train.abs()
    names = list(wide.index[wide & np.isfinite(test)])
    if names:
        text = f"{join_all(names)}: the test {recorded[0]} is much worse than the training {recorded[0]}."
        remedy = "Try a regularizer or fewer epochs, which may help more than another optimizer."
        yield Finding("note", scope.problem, f"{text} The model overfits.", remedy)


def check_regularized_loss(scope: Scope) -> Iterator[Finding]:
    """Report a winner whose regularized training loss is much higher than that of another contender."""
    rows = scope.summary[(scope.summary["metric"] == OBJECTIVE) & (scope.summary["split"] == "train")]
    losses = rows.set_index("setting")["median"].reindex(scope.ranked["setting"])
    if len(losses) < 2 or not np.isfinite(losses.iloc[0]) or not losses.min() > 0:
        return
    if losses.iloc[0] > MAX_LOSS_RATIO * losses.min():
        lowest, ratio = losses.idxmin(), losses.iloc[0] / losses.min()
        text = f"The regularized training loss of {losses.index[0]} is {ratio:.1f} times that of {lowest}."
        yield Finding(
            "note", scope.problem, f"{text} It wins by {scope.decision} without minimizing the objective best."
        )


def check_start(scope: Scope) -> Iterator[Finding]:
    """Report settings that are worse after training than before it, although they did not diverge."""
    metric, sign = scope.data.decide.metric, cost_sign(scope.data.decide.metric, scope.data.declared)
    starts = scope.ranked["setting"].map(start_values(scope))
    worse = scope.ranked[np.isfinite(scope.ranked["median"]) & (scope.ranked["cost"] > sign * starts)]
    if len(worse):
        values = [f"{row.contender} ({format_metric(metric, row.median)})" for row in worse.itertuples()]
        names = name_or_count(values, f"of {len(scope.ranked)} settings", "the last ones of the leaderboard")
        start = format_metric(metric, starts[worse.index].median())
        text = f"After training, the {scope.point} {scope.decision} of {names} is worse than before it ({start})"
        remedy = "Check the learning rates of settings that learned nothing before you compare them with others."
        yield Finding("warning", scope.problem, f"{text}: nothing was learned.", remedy)
