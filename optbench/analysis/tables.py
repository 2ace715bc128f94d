"""Tables from tables: what a report shows, computed before anything is drawn.

    load() -> runs ──> compared ──> final_values ──> summary ──> best_settings
              curves            └─> bands

Runs that failed or were interrupted have no final value; they are counted and named.
"""

from collections.abc import Iterable

import pandas as pd

from optbench.analysis import values
from optbench.analysis.matrices import matrices
from optbench.analysis.values import summary as summary  # the step from values to settings belongs to this picture
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
    starts = ended.assign(size=ended["initial_loss"].abs()).groupby(["problem", "seed"], sort=False)
    low, high, size = starts["initial_loss"].min(), starts["initial_loss"].max(), starts["size"].max()
    apart = (high - low) / size.clip(lower=1.0) > START_TOLERANCE
    mixed = apart.index[apart | (starts["fingerprint"].nunique() > 1)]
    if len(mixed):
        problem, seed = mixed[0]
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
    """:func:`optbench.analysis.values.run_values` of runs and their curves."""
    return values.run_values(matrices(runs, curves))


def values_at_best_valid(runs: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """:func:`optbench.analysis.values.values_at_best_valid` of runs and their curves."""
    return values.values_at_best_valid(list(matrices(runs, curves)))


def bands(runs: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """:func:`optbench.analysis.values.bands` of runs and their curves."""
    return values.bands(matrices(runs, curves))


def endings(runs: pd.DataFrame) -> pd.DataFrame:
    """How many runs of each ``problem, setting`` are ``done, diverged, failed, interrupted``."""
    counts = pd.crosstab([runs["problem"], runs["setting"]], runs["status"])
    return counts.reindex(columns=["done", "diverged", "failed", "interrupted"], fill_value=0).reset_index()


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
