"""Audits of runs: where and how long they were trained, their number, and how their times were measured."""

import json
from collections.abc import Iterator

from optbench.analysis.formatting import pluralize
from optbench.report.elsewhere import is_elsewhere
from optbench.report.findings import Finding, join_all, name_or_count
from optbench.report.scope import ReportData, Scope
from optbench.report.timing import MAX_SPREAD, TOO_NOISY, is_noisy
from optbench.spec.splits import SPLIT_SEED
from optbench.spec.status import RunStatus

MIN_SEEDS = 6  # with fewer seeds, the median has no exact 95 % interval


def check_machines(data: ReportData) -> Iterator[Finding]:
    """Report runs from several machines, or with several versions of the libraries."""
    trained_here = data.runs[~is_elsewhere(data.runs)]
    for column, what in (("host", "machines"), ("versions", "versions of the libraries")):
        kinds = trained_here[column].nunique()
        if kinds > 1:
            text = f"Runs come from {kinds} {what}: rounding differs between them, and so do times."
            yield Finding("warning", "", text, "Train all runs on one machine with the same versions.")


def check_merged(data: ReportData) -> Iterator[Finding]:
    """Report the parts of another study that were not merged."""
    for reason in data.result.left_out:
        yield Finding("note", "", f"Of {reason}")


def check_elsewhere(data: ReportData) -> Iterator[Finding]:
    """Report imported runs for which some requirements of a fair comparison are unknown."""
    elsewhere = data.runs[is_elsewhere(data.runs)]
    if elsewhere.empty:
        return
    unknown = "Whether all optimizers had the same data, model, budget and tuning is not known."
    if data.elsewhere == "all":
        yield Finding("note", "", f"The runs were trained elsewhere. {unknown}")
        return
    names = join_all(dict.fromkeys(elsewhere["optimizer"]))
    yield Finding("warning", "", f"The runs of {names} were trained elsewhere, the others by optbench. {unknown}")


def check_model_sizes(data: ReportData) -> Iterator[Finding]:
    """Report imported optimizers that were trained on models of different sizes."""
    sizes = data.runs[is_elsewhere(data.runs)].groupby("problem", sort=False)["parameters"].agg(["min", "max"]).dropna()
    different = sizes[sizes["min"] < sizes["max"]]
    if len(different):
        count = pluralize(data.runs["problem"].nunique(), "problem")
        low, high = different.iloc[0].astype(int)
        first = f"on {different.index[0]} from {low:,} to {high:,} parameters"
        text = f"On {len(different)} of {count} the models differ in size, {first}."
        yield Finding("warning", "", f"{text} Each optimizer is compared together with its models.")


def check_compared(scope: Scope) -> Iterator[Finding]:
    """Report imported optimizers without a value of the deciding metric."""
    if scope.elsewhere == "none":
        return
    compared = set(scope.ranked["optimizer"])
    missing = [name for name in dict.fromkeys(scope.runs["optimizer"]) if name not in compared]
    if missing:
        has = "has" if len(missing) == 1 else "have"
        text = f"{join_all(missing)} {has} no {scope.decision}, so it is not compared."
        yield Finding("warning", scope.problem, text if len(missing) == 1 else text.replace("it is", "they are"))


def check_budgets(scope: Scope) -> Iterator[Finding]:
    """Report imported runs with different numbers of steps."""
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
    """Report problems that differ only in the split seed and are not pooled."""
    for pool in data.unpooled:
        text = f"{join_all(pool.seeds)} are not pooled: {pool.reason}."
        yield Finding("warning", "", text)


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
