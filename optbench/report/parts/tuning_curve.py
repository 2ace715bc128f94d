"""The search for hyperparameters: the expected best by the number of trials, and the outcome of repeated searches."""

from functools import partial

import numpy as np
import pandas as pd

from optbench.analysis import tables
from optbench.analysis.formatting import format_metric, format_number
from optbench.analysis.metrics import cost_sign
from optbench.analysis.pairs import pair_keys
from optbench.analysis.repeated_search import (
    TrialSearch,
    expected_best_intervals,
    quantiles,
    repeat_procedure,
    shares_best,
)
from optbench.analysis.values import concat_tables, run_values
from optbench.random.streams import stream
from optbench.report.blocks import Body, Cell, Drawing, LegendEntry, Part, Row, Table, View
from optbench.report.figures.bands import plot_bands
from optbench.report.scope import Scope
from optbench.spec.splits import SPLIT_SEED

NOTE = (
    "The expected best {decision} after a number of trials, over all ways to draw them from the trials that were made, "
    "with a 95 % interval of a bootstrap over the trials. An optimizer whose curve becomes flat early is easy to tune. "
    "The table has the whole procedure, repeated {draws:,} times by drawing trials and then seeds with replacement: "
    "its result with a 95 % interval, and in how many repeats an optimizer had the best result. A repeat cannot find "
    "better settings than those that were tried, so results of new searches vary more than this.{shown}"
)
SHOWN = " The table has the {count} best of {total} optimizers; tuning.csv has all."
CAPTION = "Line: expectation; band: 95 % bootstrap interval."
EXPECTED_COLUMNS = ["optimizer", "trials", "expected", "low", "high"]
REPEAT_COLUMNS = ["problem", "optimizer", "trials", "median", "low", "high", "best_share"]
DRAWS = 1000
Searches = dict[str, list[TrialSearch]]  # of each tuned optimizer, one per split of the data


def part(scope: Scope) -> Part | None:
    """Return the part, or None unless an optimizer was tuned with two or more trials that did not all diverge."""
    found = searches(scope)
    curves, repeated = tuning_curves(scope, found), repeated_procedures(scope, found)
    curves = curves[curves["optimizer"].isin(scope.optimizer_colors)]
    if not np.isfinite(curves["expected"].astype(float)).any():
        return None
    colors = {str(name): scope.optimizer_colors[name] for name in dict.fromkeys(curves["optimizer"])}
    bands = curves.rename(columns={"optimizer": "name", "expected": "value"})
    last = curves.groupby("optimizer", sort=False).last()
    words = ", ".join(
        f"{name} {format_number(row.expected)} after {row.trials} trials" for name, row in last.iterrows()
    )
    drawing = Drawing(
        f"{scope.prefix}-tuning", "expected best by trials", CAPTION, f"{words}.", curves,
        partial(plot_bands, bands, "trials", "trials", colors),
    )  # fmt: skip
    shown = repeated[repeated["optimizer"].isin(colors)]
    left_out = SHOWN.format(count=len(shown), total=len(repeated)) if len(shown) < len(repeated) else ""
    note = NOTE.format(decision=scope.decision, draws=DRAWS, shown=left_out)
    rows = [Row(row.optimizer, cells(scope, row)) for row in shown.itertuples()]
    table = Table("Repeated searches", ["optimizer", "trials", "whole procedure", "best in"], rows)
    legend = [LegendEntry(color, name, name) for name, color in colors.items()]
    return Part("tuning", "Tuning", Body(note, [table], legend, [View("", [drawing])]))


def cells(scope: Scope, row: pd.Series) -> list[Cell]:
    """Return the number of trials, the result of the procedure with its interval, and how often it is the best."""
    metric = scope.data.decide.metric
    interval = f"95 %: {format_metric(metric, row.low)} to {format_metric(metric, row.high)}"
    share = f"{100 * row.best_share:.0f} % of repeats"
    return [
        Cell(f"{row.trials}"),
        Cell(format_metric(metric, row.median), interval, sort=float(row.median)),
        Cell(share, sort=float(row.best_share)),
    ]


def searches(scope: Scope) -> Searches:
    """Return the searches of each tuned optimizer, one per split of the data, the best optimizer first.

    Optimizers with fewer than two trials are left out.
    """
    data = scope.data
    trials = run_values([matrix for matrix in data.trial_matrices if matrix.problem == scope.problem])
    if trials.empty or scope.ranked.empty:
        return {}
    sign = cost_sign(data.decide.metric, data.declared)
    selected = tables.deciding_values(trials, data.decide)
    costs = selected.assign(cost=(sign * selected["value"]).where(~selected["diverged"].astype(bool), np.inf))
    by_optimizer = dict(iter(costs.groupby("optimizer", sort=False)))
    contenders = scope.ranked.drop_duplicates("optimizer")
    finals = data.costs[scope.problem]
    found = {
        str(row.optimizer): split_searches(by_optimizer[row.optimizer], finals[row.contender].dropna())
        for row in contenders.itertuples()
        if row.optimizer in by_optimizer
    }
    return {name: of_splits for name, of_splits in found.items() if of_splits}


def split_searches(trials: pd.DataFrame, finals: pd.Series) -> list[TrialSearch]:
    """Return the search of one optimizer on each split of the data, without those of fewer than two trials.

    Args:
        trials: the costs of its trials, one row per run.
        finals: the costs of the runs of its contender, indexed by pair.
    """
    by_split = trials.groupby(SPLIT_SEED, sort=False) if len(pair_keys(trials)) > 1 else [(None, trials)]
    found = []
    for split, of_split in by_split:
        runs = finals if split is None else finals[finals.index.get_level_values(0) == split]
        settings = [group["cost"].to_numpy(float) for _, group in of_split.groupby("setting", sort=False)]
        if len(settings) > 1 and len(runs):
            found.append(TrialSearch(settings, runs.to_numpy(float)))
    return found


def tuning_curves(scope: Scope, found: Searches) -> pd.DataFrame:
    """Return ``optimizer, trials, expected, low, high`` for each of the searches, in the unit of the metric."""
    parts = [
        expected_best_intervals(of_splits, stream("repeated search")).assign(optimizer=name)
        for name, of_splits in found.items()
    ]
    return to_metric(scope, concat_tables(parts, EXPECTED_COLUMNS), "expected")


def repeated_procedures(scope: Scope, found: Searches) -> pd.DataFrame:
    """Return the outcome of repeating the whole procedure of each tuned optimizer.

    Args:
        scope: the results of the problem.
        found: from :func:`searches`.

    Returns:
        ``problem, optimizer, trials, median, low, high, best_share``, the best optimizer first. ``median`` is the
            median of the runs with the chosen setting; ``low`` and ``high`` are the ends of the 95 % interval;
            ``best_share`` is the
        share of repeats in which the optimizer is the best of those that were tuned.
    """
    if not found:
        return pd.DataFrame(columns=REPEAT_COLUMNS)
    results = {name: repeat_procedure(of, stream("repeated search"), DRAWS) for name, of in found.items()}
    shares = shares_best(results)
    rows = [
        (
            scope.problem, name, min(len(search.trials) for search in found[name]),
            float(np.median(np.concatenate([search.finals for search in found[name]]))),
            *map(float, quantiles(result)), shares[name],
        )
        for name, result in results.items()
    ]  # fmt: skip
    return to_metric(scope, pd.DataFrame(rows, columns=REPEAT_COLUMNS), "median")


def to_metric(scope: Scope, costs: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a table of costs in the unit of the metric: ``column``, ``low`` and ``high``."""
    if scope.data.decides_by_lower or costs.empty:
        return costs
    swapped = {column: -costs[column], "low": -costs["high"], "high": -costs["low"]}
    return costs.assign(**swapped)
