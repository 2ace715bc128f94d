"""Compute the tables of a report from runs and curves.

    load() -> runs ──> comparable_runs ──> final_values ──> summary ──> best_settings
              curves                   └─> bands

Runs that failed or were interrupted have no final value. They are counted and reported.
"""

import pandas as pd

from optbench.analysis import values
from optbench.analysis.matrices import matrices
from optbench.analysis.metrics import cost_sign
from optbench.analysis.pairs import pair_keys
from optbench.analysis.values import summary as summary  # re-exported, as a step of the diagram above
from optbench.errors import StoreError
from optbench.spec.decide_by import DEFAULT_DECISION, DecideBy
from optbench.spec.decide_by import selection_split as selection_split
from optbench.spec.metrics import NOTHING_DECLARED, Declared
from optbench.spec.status import FINISHED, RunStatus

START_TOLERANCE = 1e-5
RATIO = ["ratio_to_sgd", "ratio_low", "ratio_high"]


def comparable_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs that can be compared: those that were trained to the end or diverged.

    Args:
        runs: a table with the columns ``role, status, problem, seed, initial_loss, fingerprint``, ``split_seed`` if
            problems are pooled over splits, and any others.

    Raises:
        StoreError: runs of one problem and seed differ in data, initial weights or batches.
    """
    ended = runs[(runs["role"] == "run") & runs["status"].isin(FINISHED)]
    starts = ended.assign(size=ended["initial_loss"].abs()).groupby(["problem", *pair_keys(ended)], sort=False)
    low, high, size = starts["initial_loss"].min(), starts["initial_loss"].max(), starts["size"].max()
    apart = (high - low) / size.clip(lower=1.0) > START_TOLERANCE
    mixed = apart.index[apart | (starts["fingerprint"].nunique() > 1)]
    if len(mixed):
        problem, *_, seed = mixed[0]
        raise StoreError(
            f"Runs of {problem}, seed {seed}, differ in data, initial weights or batches, so they cannot be "
            f"compared. Train them again with force=true."
        )
    return ended


def deciding_rows(table: pd.DataFrame, by: str, decide: DecideBy = DEFAULT_DECISION) -> pd.DataFrame:
    """Return the rows of the deciding metric and split.

    Args:
        table: a table with the columns ``split, metric`` and ``by``.
        by: the column that determines the available splits, ``problem`` or ``run_id``.
        decide: what settings are compared by.
    """
    splits = table.groupby(by)["split"].unique().map(decide.split_among)
    return table[(table["split"] == table[by].map(splits)) & (table["metric"] == decide.metric)]


def deciding_values(final: pd.DataFrame, decide: DecideBy = DEFAULT_DECISION) -> pd.DataFrame:
    """Return the final values by which runs are compared. If the best value decides, it replaces the last.

    Args:
        final: from :func:`optbench.analysis.values.run_values`.
        decide: what settings are compared by.
    """
    rows = deciding_rows(final, "problem", decide)
    return rows.assign(value=rows["best"]) if decide.best else rows


def final_values(runs: pd.DataFrame, curves: pd.DataFrame, declared: Declared = NOTHING_DECLARED) -> pd.DataFrame:
    """Return :func:`optbench.analysis.values.run_values` of runs and their curves."""
    return values.run_values(matrices(runs, curves, declared))


def values_at_best_valid(runs: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """Return :func:`optbench.analysis.values.values_at_best_valid` of runs and their curves."""
    return values.values_at_best_valid(list(matrices(runs, curves)))


def bands(runs: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """Return :func:`optbench.analysis.values.bands` of runs and their curves."""
    return values.bands(matrices(runs, curves))


def count_statuses(runs: pd.DataFrame) -> pd.DataFrame:
    """Count the runs of each ``problem, setting`` by status, one column for each :class:`RunStatus`."""
    counts = pd.crosstab([runs["problem"], runs["setting"]], runs["status"])
    return counts.reindex(columns=[status.value for status in RunStatus], fill_value=0).reset_index()


def step_times(runs: pd.DataFrame, timings: pd.DataFrame) -> pd.DataFrame:
    """Return the solo step time of each setting, measured on the machine of its runs.

    Args:
        runs: a table with the columns ``problem, setting, optimizer, problem_id, setting_id, compile_mode, host``.
        timings: the table of step times, from :meth:`optbench.results.store.Store.timings`.

    Returns:
        ``problem, setting, optimizer, step_s, low, high, ratio_to_sgd, ratio_low, ratio_high, rounds``. Times are in
        seconds. Settings without a measured time are left out.
    """
    keys = ["problem_id", "setting_id", "compile_mode", "host"]
    settings = runs.drop_duplicates(["problem", "setting", "problem_id", "setting_id"])
    known = settings[["problem", "setting", "optimizer", *keys]].merge(timings, on=keys)
    known = known.drop_duplicates(["problem", "setting"])  # the first split of a problem with several splits
    return known[["problem", "setting", "optimizer", "step_s", "low", "high", *RATIO, "rounds"]]


def best_settings(
    final: pd.DataFrame, decide: DecideBy = DEFAULT_DECISION, declared: Declared = NOTHING_DECLARED
) -> pd.DataFrame:
    """Return the best setting of each optimizer on each problem.

    The best setting has the best median of the deciding metric, by default the lowest final loss on validation. Ties go
    to the first.

    Args:
        final: the summary of final values, from :func:`summary`. If best values decide, they come from
            :func:`deciding_values`.
        decide: what settings are compared by.
        declared: directions and ranges of metrics by name.

    Returns:
        ``problem, optimizer, setting, of``. ``of`` is the number of settings from which the setting was chosen.
    """
    rows = deciding_rows(final, "problem", decide)
    ranked = rows.assign(cost=cost_sign(decide.metric, declared) * rows["median"]).sort_values("cost", kind="stable")
    keys = ["problem", "optimizer"]
    best = ranked.groupby(keys, sort=False, as_index=False).first()[[*keys, "setting"]]
    counts = rows.groupby(keys, sort=False).size().rename("of")
    in_order = rows[keys].drop_duplicates()
    return in_order.merge(best, on=keys).merge(counts, on=keys)
