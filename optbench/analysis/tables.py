"""Tables from tables: what a report shows, computed before anything is drawn.

    load() -> runs, curves ──> final_values ──> summary
                           └─> bands

A diverged run counts as the worst possible value in medians and quartiles, and blanks means. It is never dropped.
Runs that failed or were interrupted have no final value; they are counted and named.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from optbench.analysis.metrics import MINIMISED, lower_is_better, worst
from optbench.analysis.statistics import mean_interval, quartiles
from optbench.errors import StoreError

ENDED = ("done", "diverged")
CHOOSING = ("valid", "test", "train")  # the first of them that a problem has chooses and tunes
START_TOLERANCE = 1e-5
RATIO = ["ratio_to_sgd", "ratio_low", "ratio_high"]


def compared(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs that a comparison is made of: trained to the end, or diverged on the way.

    Raises:
        StoreError: runs of one problem and seed did not start from the same data, weights and batches.
    """
    ended = runs[(runs["role"] == "run") & runs["status"].isin(ENDED)]
    for (problem, seed), group in ended.groupby(["problem", "seed"], sort=False):
        start = group["initial_loss"].dropna()
        spread = (start.max() - start.min()) / max(1.0, start.abs().max()) if len(start) else 0.0
        if group["fingerprint"].nunique() > 1 or spread > START_TOLERANCE:
            raise StoreError(
                f"Runs of {problem}, seed {seed}, differ in data, initial weights or batches, so they cannot be "
                f"compared. Train them again with force=true."
            )
    return ended


def choosing_split(splits: Iterable[str]) -> str:
    """The split that chooses and tunes, of those that a problem has: valid, else test, else train.

    A published protocol without valid chooses on test, and says so; a test function has neither.
    """
    there = set(splits)
    return next((split for split in CHOOSING if split in there), CHOOSING[-1])


def choosing_losses(table: pd.DataFrame, of: str) -> pd.DataFrame:
    """The rows of the data loss on the split that chooses.

    Args:
        table: with ``split`` and ``metric``.
        of: the column by which splits are looked up, ``problem`` or ``run_id``; each problem has splits of its own.
    """
    chosen = table.groupby(of)["split"].unique().map(choosing_split)
    return table[(table["split"] == table[of].map(chosen)) & (table["metric"] == "loss")]


def final_values(runs: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """The last value of each run, split and metric.

    Args:
        runs: from :func:`compared`.
        curves: their curves.

    Returns:
        ``run_id, problem, setting, optimizer, seed, split, metric, value, diverged``.
    """
    last = curves.sort_values("step", kind="stable").groupby(["run_id", "split", "metric"], as_index=False).last()
    return _for_each_run(runs, curves, last)


def values_at_best_valid(runs: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """Each run's test values where its validation value of the same metric was best, columns as final_values.

    Without a validation split the table is empty. Of equal values the one with the lower validation loss counts
    (accuracies on few examples are often equal), then the first. Nothing is chosen by the regularized loss.
    """
    curves = curves[curves["metric"] != MINIMISED]
    valid, test = curves[curves["split"] == "valid"], curves[curves["split"] == "test"]
    signs = np.where(valid["metric"].map(lower_is_better).astype(bool), 1.0, -1.0)
    losses = valid[valid["metric"] == "loss"][["run_id", "step", "value"]].rename(columns={"value": "loss"})
    ranked = valid.assign(rank=valid["value"] * signs).merge(losses, on=["run_id", "step"], how="left")
    ranked = ranked.sort_values(["rank", "loss", "step"], kind="stable")
    best = ranked.groupby(["run_id", "metric"], as_index=False).first()[["run_id", "metric", "step"]]
    return _for_each_run(runs, test if len(valid) else test.iloc[:0], test.merge(best, on=["run_id", "metric", "step"]))


def summary(values: pd.DataFrame) -> pd.DataFrame:
    """Over seeds, for each problem, setting, split and metric.

    Returns:
        ``problem, setting, optimizer, split, metric, runs, median, q25, q75, mean, mean_low, mean_high``.
    """
    keys = ["problem", "setting", "optimizer", "split", "metric"]
    rows = []
    for key, group in values.groupby(keys, sort=False):
        numbers = group["value"].to_numpy()
        finite = np.where(group["diverged"], np.nan, numbers)
        rows.append([*key, len(group), *quartiles(numbers), *mean_interval(finite)])
    columns = [*keys, "runs", "median", "q25", "q75", "mean", "mean_low", "mean_high"]
    return pd.DataFrame(rows, columns=columns)


def bands(runs: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """Median and quartiles over seeds at each evaluation point.

    From the step at which a run diverged on, it counts as the worst value.

    Returns:
        ``problem, setting, optimizer, split, metric, step, epoch, median, q25, q75``.
    """
    labelled = curves.merge(runs[["run_id", "problem", "setting", "optimizer"]], on="run_id")
    keys = ["problem", "setting", "optimizer", "split", "metric"]
    epochs = labelled.drop_duplicates(["problem", "step"]).set_index(["problem", "step"])["epoch"]
    parts = []
    for key, group in labelled.groupby(keys, sort=False):
        seeds = _seeds_of(runs, key[0], key[1])
        wide = group.pivot(index="step", columns="run_id", values="value").reindex(columns=seeds)
        wide = wide.reindex(epochs[key[0]].index).sort_index().fillna(worst(key[4]))
        part = pd.DataFrame(
            [quartiles(row) for row in wide.to_numpy()], columns=["median", "q25", "q75"], index=wide.index
        )
        parts.append(part.reset_index(names="step").assign(**dict(zip(keys, key, strict=True))))
    table = pd.concat(parts, ignore_index=True)
    table["epoch"] = epochs.reindex(pd.MultiIndex.from_frame(table[["problem", "step"]])).to_numpy()
    return table[[*keys, "step", "epoch", "median", "q25", "q75"]]


def endings(runs: pd.DataFrame) -> pd.DataFrame:
    """How many runs of each ``problem, setting`` are ``done, diverged, failed, interrupted``."""
    counts = pd.crosstab([runs["problem"], runs["setting"]], runs["status"])
    return counts.reindex(columns=["done", "diverged", "failed", "interrupted"], fill_value=0).reset_index()


def _for_each_run(runs: pd.DataFrame, curves: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """One row for each run, split and metric of its problem; a diverged run has the worst value."""
    labelled = runs[["run_id", "problem", "setting", "optimizer", "seed", "status"]]
    recorded = curves.merge(labelled[["run_id", "problem"]], on="run_id")
    wanted = recorded[["problem", "split", "metric"]].drop_duplicates()
    table = labelled.merge(wanted, on="problem").merge(
        values[["run_id", "split", "metric", "value"]], on=["run_id", "split", "metric"], how="left"
    )
    diverged = table["status"] == "diverged"
    table["value"] = table["value"].mask(diverged, table["metric"].map(worst))
    return table.assign(diverged=diverged).drop(columns="status")


def _seeds_of(runs: pd.DataFrame, problem: str, setting: str) -> pd.Index:
    return pd.Index(runs.loc[(runs["problem"] == problem) & (runs["setting"] == setting), "run_id"])


def step_times(runs: pd.DataFrame, timings: pd.DataFrame) -> pd.DataFrame:
    """The solo step time of each ``problem, setting, optimizer`` on its runs' machine, and its ratio to ``sgd``'s."""
    settings = runs.drop_duplicates(["problem", "setting"])
    keys = ["problem_id", "setting_id", "compile_mode", "host"]
    known = settings[["problem", "setting", "optimizer", *keys]].merge(timings, on=keys)
    return known[["problem", "setting", "optimizer", "step_s", "low", "high", *RATIO, "rounds"]]


def best_settings(final: pd.DataFrame) -> pd.DataFrame:
    """Of each optimizer the setting that a comparison shows: ``problem, optimizer, setting, of``.

    Args:
        final: from :func:`summary` of final values.

    Returns:
        the setting with the lowest median final loss on the problem's :func:`choosing_split`, the first of equals, and
        in ``of`` from how many it was chosen.
    """
    losses = choosing_losses(final, of="problem")
    ranked = losses.sort_values("median", kind="stable")
    keys = ["problem", "optimizer"]
    best = ranked.groupby(keys, sort=False, as_index=False).first()[[*keys, "setting"]]
    counts = losses.groupby(keys, sort=False).size().rename("of")
    in_order = losses[keys].drop_duplicates()
    return in_order.merge(best, on=keys).merge(counts, on=keys)
