"""Audits: check a study for problems that limit its conclusions.

Each check yields findings: a sentence on what limits the conclusions, and what to do about it.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from optbench.analysis import sensitivity, targets
from optbench.analysis.formatting import format_metric, join_names, pluralize
from optbench.analysis.matrices import Matrix
from optbench.analysis.metrics import OBJECTIVE, cost_sign
from optbench.report.elsewhere import is_elsewhere
from optbench.report.facts import best_contender, learning_rate_choice, winners_by_other_metrics
from optbench.report.parts.tuning_curve import repeated_procedures, searches
from optbench.report.rates import start_values, values_by_rate
from optbench.report.scope import ReportData, Scope
from optbench.report.timing import MAX_SPREAD, TOO_NOISY, is_noisy
from optbench.spec.splits import SPLIT_SEED, describe_split
from optbench.spec.status import RunStatus
from optbench.spec.study_file import PARTS

SATURATION = 0.999  # an accuracy above which no contender can be better
MIN_IMPROVEMENT = 0.05  # improvement in the last tenth of training, as a fraction of the loss
LAST_TENTH = 0.9
MAX_ACCURACY_GAP, MAX_LOSS_RATIO = 0.10, 2.0  # between train and test
LARGE_MAJORITY = 0.7  # share of one class above which an accuracy says little
SURE = 0.95  # share of repeated searches in which the winner wins
MOST_NAMES = 10  # in a sentence
MIN_SEEDS = 6  # with fewer seeds, the median has no exact 95 % interval


class Finding(NamedTuple):
    """A limitation of the study or of some of its problems."""

    level: Literal["warning", "note"]
    where: str  # labels of problems, or empty for the whole study
    sentence: str
    remedy: str = (
        ""  # what to do about it: one of the next steps of the answer; empty if that names it, or nothing helps
    )


def audit(data: ReportData, scopes: list[Scope]) -> list[Finding]:
    """Return the findings of all checks, warnings first."""
    found = [finding for check in STUDY_CHECKS for finding in check(data)]
    found += [finding for scope in scopes if len(scope.final) for check in PROBLEM_CHECKS for finding in check(scope)]
    return sorted(merge_findings(found), key=lambda finding: finding.level != "warning")


def merge_findings(findings: list[Finding]) -> list[Finding]:
    """Merge findings that differ only in the problem."""
    problems: dict[tuple[Any, str, str], list[str]] = {}
    for level, where, sentence, remedy in findings:
        problems.setdefault((level, sentence, remedy), []).append(where)
    return [Finding(level, ", ".join(dict.fromkeys(where)), *texts) for (level, *texts), where in problems.items()]


def merge_remedies(findings: Sequence[Finding]) -> list[Finding]:
    """Return a finding for each remedy, with all problems that it is about."""
    problems: dict[str, list[str]] = {}
    for finding in findings:
        problems.setdefault(finding.remedy, []).extend(filter(None, finding.where.split(", ")))
    return [Finding("note", ", ".join(dict.fromkeys(w)), "", remedy) for remedy, w in problems.items() if remedy]


def join_all(names: Iterable[str]) -> str:
    """Join names without leaving any out: a warning says whom it concerns."""
    return join_names(names, most=None)


def name_or_count(names: Iterable[str], what: str, where: str) -> str:
    """Join names, or count them and say where to see them if they are more than ten."""
    known = list(dict.fromkeys(names))
    return join_all(known) if len(known) <= MOST_NAMES else f"{len(known)} {what} ({where})"


def check_machines(data: ReportData) -> Iterator[Finding]:
    """Report runs from several machines, or with several versions of the libraries."""
    trained_here = data.runs[~is_elsewhere(data.runs)]
    for column, what in (("host", "machines"), ("versions", "versions of the libraries")):
        kinds = trained_here[column].nunique()
        if kinds > 1:
            text = f"Runs come from {kinds} {what}: rounding differs between them, and so do times."
            yield Finding("warning", "", text, "Train all runs on one machine with the same versions.")


def check_merged(data: ReportData) -> Iterator[Finding]:
    """Report what of another study was not merged."""
    for reason in data.result.left_out:
        yield Finding("note", "", f"Of {reason}")


def check_elsewhere(data: ReportData) -> Iterator[Finding]:
    """Report runs that were trained elsewhere, of which not everything is known that a fair comparison needs."""
    elsewhere = data.runs[is_elsewhere(data.runs)]
    if elsewhere.empty:
        return
    unknown = "Whether all optimizers had the same data, model, budget and tuning is not known."
    if data.elsewhere == "all":
        yield Finding("note", "", f"The runs were trained elsewhere. {unknown}")
        return
    names = join_all(dict.fromkeys(elsewhere["optimizer"]))
    yield Finding("warning", "", f"The runs of {names} were trained elsewhere, the others by optbench. {unknown}")


def check_compared(scope: Scope) -> Iterator[Finding]:
    """Report optimizers that were trained elsewhere without a value of what decides."""
    if scope.elsewhere == "none":
        return
    compared = set(scope.ranked["optimizer"])
    missing = [name for name in dict.fromkeys(scope.runs["optimizer"]) if name not in compared]
    if missing:
        has = "has" if len(missing) == 1 else "have"
        text = f"{join_all(missing)} {has} no {scope.decision}, so it is not compared."
        yield Finding("warning", scope.problem, text if len(missing) == 1 else text.replace("it is", "they are"))


def check_budgets(scope: Scope) -> Iterator[Finding]:
    """Report runs that were trained elsewhere for different numbers of steps."""
    matrix = scope.matrices.get((scope.data.decide.metric, scope.deciding_split))
    if scope.elsewhere == "none" or matrix is None or len(matrix.steps) < 2:
        return
    done = scope.runs[scope.runs["status"] == RunStatus.DONE]
    steps = done.groupby("setting", sort=False)["steps"].agg(["min", "max"]).dropna().astype(int)
    if len(steps) and steps["min"].min() < steps["max"].max():
        text = f"Runs ended at different steps, from {steps['min'].min():,} to {steps['max'].max():,}."
        yield Finding("note", scope.problem, f"{text} Their last values are compared.")


def check_seed_counts(data: ReportData) -> Iterator[Finding]:
    """Report too few seeds for a significant difference, or for intervals."""
    seeds = data.runs.drop_duplicates("run_id").groupby(["problem", "setting"]).size()
    if not len(seeds) or (seeds.min() >= MIN_SEEDS and not data.pairs["note"].any()):
        return
    count = pluralize(int(seeds.min()), "run" if SPLIT_SEED in data.runs else "seed")
    if data.pairs["note"].any():
        text = f"With {count} per setting no difference can be significant, however large it is."
        yield Finding("warning", "", text)
    else:
        yield Finding("warning", "", f"With {count} per setting only large and consistent differences are significant.")


def check_unpooled_splits(data: ReportData) -> Iterator[Finding]:
    """Report problems that differ only by the split seed and are not pooled."""
    for pool in data.unpooled:
        text = f"{join_all(pool.seeds)} are not pooled: {pool.reason}."
        yield Finding("warning", "", text)


def check_untuned_rates(data: ReportData) -> Iterator[Finding]:
    """Report a comparison of optimizers at their default learning rates."""
    if data.runs["optimizer"].nunique() > 1 and learning_rate_choice(data) == "default":
        text = "No learning rate was tuned, so this compares default values and not optimizers."
        yield Finding("warning", "", text)  # the answer says what to do


def check_timing_spread(data: ReportData) -> Iterator[Finding]:
    """Report step times that vary strongly between rounds."""
    times = data.step_times
    wide = times[[is_noisy(time) for time in times.itertuples()]]
    if len(wide):
        of = f"of {len(times)} settings"
        names = name_or_count(wide["setting"], of, f"those that Runs and cost calls {TOO_NOISY}")
        text = f"The step times of {names} spread by more than {100 * MAX_SPREAD:.0f} % from round to round"
        remedy = "Measure step times again with force=true when the machine is quiet."
        yield Finding("note", "", f"{text}: the machine was busy, so their ratios are not shown.", remedy)


def check_tuning_budgets(data: ReportData) -> Iterator[Finding]:
    """Report optimizers with different numbers of settings."""
    counts = sensitivity.tuning_budgets(pd.concat([data.runs, data.trials]))
    for problem, of_problem in counts.groupby(level="problem", sort=False):
        if of_problem.nunique() > 1:
            counts_of = [f"{optimizer} {count}" for (_, optimizer), count in of_problem.items()]
            few = len(counts_of) <= MOST_NAMES
            budgets = ", ".join(counts_of) if few else f"from {of_problem.min()} to {of_problem.max()}"
            text = f"Optimizers had different numbers of settings to choose from ({budgets}), and more is an advantage."
            yield Finding("warning", str(problem), text)


def check_parts_without_parameters(scope: Scope) -> Iterator[Finding]:
    """Report rules of which a part has nothing to do on this model, as Muon on a network without hidden weights."""
    if PARTS in scope.entry.description:
        yield Finding("warning", scope.problem, scope.entry.description[PARTS])


def check_selection_seeds(scope: Scope) -> Iterator[Finding]:
    """Report settings that were selected on the seeds on which they are compared."""
    selected = scope.figure_contenders[scope.figure_contenders["of"] > 1]
    if len(selected):
        counts = ", ".join(f"{row.optimizer} from {row.of}" for row in selected.itertuples())
        text = f"Best settings were picked on the seeds on which they are compared ({counts})."
        remedy = "Let tune=grid choose on seeds of its own."
        yield Finding("note", scope.problem, f"{text} Their values are optimistic.", remedy)


def check_selection_split(scope: Scope) -> Iterator[Finding]:
    """Report a problem without a validation split."""
    if scope.selection_split == "test":
        text = "There is no validation split, so settings are chosen on test."
        yield Finding("note", scope.problem, f"{text} The test values are optimistic.")


def check_deciding_split(scope: Scope) -> Iterator[Finding]:
    """Report settings that are compared on test although there is a validation split."""
    if scope.deciding_split == "test" and scope.selection_split != "test":
        text = f"Settings are chosen and compared by their {scope.decision}, as decide_by requests."
        yield Finding("note", scope.problem, f"{text} If several were tried, the test values are optimistic.")


def check_other_winners(scope: Scope) -> Iterator[Finding]:
    """Report metrics on the split that decides by which another contender would be the winner."""
    data = scope.data
    deciding = data.selection_values[data.selection_values["problem"] == scope.problem]
    winner = best_contender(deciding, data.decide.metric, data)
    others = winners_by_other_metrics(data, scope.problem, scope.deciding_split, winner) if winner else []
    if others:
        names = join_all(f"{name} by {metric}" for metric, name in others)
        text = f"{winner} has the best {scope.point} {scope.decision}, but other metrics have another winner: {names}."
        yield Finding("note", scope.problem, f"{text}", "Set decide_by to the metric that counts.")


def check_split_draw(scope: Scope) -> Iterator[Finding]:
    """Report a problem whose split was drawn at random, once. Beside an official test split it does not matter."""
    drawn = scope.entry.drawn or ()
    is_given = "test" not in drawn and (scope.summary["split"] == "test").any()  # an official test split
    if drawn and not is_given and not scope.split_seeds:
        text = "Another one could favor another optimizer."
        remedy = "Repeat the command with -m and dataset.split_seed=0,1,2: three splits, which the page pools."
        yield Finding("note", scope.problem, f"Only one random split was used. {text}", remedy)


def check_majority_class(scope: Scope) -> Iterator[Finding]:
    """Report accuracies that are no better than predicting the most frequent class, and splits that this suits."""
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
        text = "Every run reached the target, so only how soon tells them apart."
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

    The accuracy is compared if there is one. A training loss near zero is exceeded many times by a test loss even if
    almost all examples are classified correctly.
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
        remedy = "Check the learning rates of those that learned nothing before you compare them with others."
        yield Finding("warning", scope.problem, f"{text}: nothing was learned.", remedy)


def check_batch_order(scope: Scope) -> Iterator[Finding]:
    """Report published values that were obtained with another order of batches."""
    if scope.entry.published and json.loads(scope.runs["config"].iloc[0]).get("order") != "fixed":
        text = "The published values are from runs with one fixed order of batches; these runs reshuffle in each epoch."
        yield Finding("warning", scope.problem, text, "Follow the published protocol with batches.order=fixed.")


def check_published_protocol(scope: Scope) -> Iterator[Finding]:
    """Report published values that were obtained with another budget or batch size."""
    config, epochs = json.loads(scope.runs["config"].iloc[0]), float(scope.runs["epochs"].iloc[0])
    here = {"epochs": epochs, "batch_size": config.get("batch_size")}
    for name, value in here.items():
        there = sorted({getattr(each, name) for each in scope.entry.published} - {0, value})
        if there:
            shown = f"{value:g}" if isinstance(value, float) else value
            text = f"The published values are of {name} {join_all(map(str, there))}, these runs of {shown}"
            yield Finding("warning", scope.problem, f"{text}: their ends cannot be compared.")


def check_learning_rate_range(scope: Scope) -> Iterator[Finding]:
    """Report optimizers whose best learning rate is the smallest or largest of their range."""
    found = values_by_rate(scope)
    names = [] if found is None else sensitivity.optimizers_at_border(found[0], found[1], scope.data.declared)
    if found is not None and names:
        which = name_or_count(names, f"of {found.table['optimizer'].nunique()} optimizers", "see Learning rate")
        text = f"The best learning rate of {which} is the smallest or largest that was tried."
        remedy = "Widen the range of learning rates (tune.space, where it was tuned)."
        yield Finding("warning", scope.problem, text, remedy)


def check_search_luck(scope: Scope) -> Iterator[Finding]:
    """Report a winner that would often not win if the search for hyperparameters were repeated."""
    found = searches(scope)
    winner = next(iter(found), "")
    shares = repeated_procedures(scope, found).set_index("optimizer")["best_share"]
    if len(found) > 1 and winner == scope.ranked["optimizer"].iloc[0] and shares[winner] < SURE:
        share = f"{100 * shares[winner]:.0f} % of cases"
        text = f"If search and training were repeated, {winner} would have the best result in {share}"
        more = "p-values compare the settings that were chosen, not the searches."
        remedy = "Search with more trials (tune.trials)."
        yield Finding("note", scope.problem, f"{text} (a bootstrap over the trials): {more}", remedy)


STUDY_CHECKS = (
    check_elsewhere,
    check_untuned_rates,
    check_unpooled_splits,
    check_machines,
    check_merged,
    check_seed_counts,
    check_tuning_budgets,
    check_timing_spread,
)
PROBLEM_CHECKS = (
    check_compared,
    check_budgets,
    check_target_difficulty,
    check_saturation,
    check_selection_seeds,
    check_selection_split,
    check_split_draw,
    check_deciding_split,
    check_other_winners,
    check_majority_class,
    check_start,
    check_learning_rate_range,
    check_search_luck,
    check_training_length,
    check_generalization_gap,
    check_regularized_loss,
    check_batch_order,
    check_published_protocol,
    check_parts_without_parameters,
)
