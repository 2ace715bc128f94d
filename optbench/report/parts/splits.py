"""The results of each contender on each split of a pooled problem."""

from functools import partial

import numpy as np
import pandas as pd

from optbench.analysis.formatting import format_metric
from optbench.analysis.metrics import cost_sign
from optbench.report.blocks import Body, Cell, Drawing, Part, Row, Table, View
from optbench.report.figures.ranking import plot_rank_heat_map
from optbench.report.scope import Scope
from optbench.spec.splits import SPLIT_SEED

NOTE = (
    "The {point} {decision} on each of the {count} splits that dataset.split_seed drew: the median over the seeds of "
    "the split, and its rank. Other tables and figures have the splits together. If ranks differ between splits, the "
    "best optimizer depends on which examples are in which split."
)
CAPTION = "One row per optimizer, one column per split; 1 is the best."
COLUMNS = ["problem", "contender", SPLIT_SEED, "runs", "diverged", "median", "rank"]


def part(scope: Scope) -> Part | None:
    """Return the part with a table and a heat map of ranks, or None unless the problem is pooled over splits."""
    table = split_values(scope)
    if table.empty:
        return None
    seeds, names = scope.split_seeds, list(scope.ranked["contender"])
    by_name = {name: rows.set_index(SPLIT_SEED) for name, rows in table.groupby("contender")}
    rows = [Row(name, [split_cell(scope, by_name[name], seed) for seed in seeds]) for name in names]
    note = NOTE.format(point=scope.point, decision=scope.decision, count=len(seeds))
    board = Table("Results by split", ["optimizer", *(f"{SPLIT_SEED} {seed}" for seed in seeds)], rows)
    return Part("splits", "By split", Body(note, [board], views=views(scope, table)))


def split_values(scope: Scope) -> pd.DataFrame:
    """Return the median of the deciding metric on each split.

    Returns:
        ``problem, contender, split_seed, runs, diverged, median, rank``, sorted by split and rank. Empty unless the
        problem is pooled over splits.
    """
    data = scope.data
    if not scope.split_seeds:
        return pd.DataFrame(columns=COLUMNS)
    values = data.selection_values[data.selection_values["problem"] == scope.problem]
    groups = values.groupby([SPLIT_SEED, "contender"], sort=False)
    table = groups.agg(runs=("value", "size"), diverged=("diverged", "sum"), median=("value", "median")).reset_index()
    cost = cost_sign(data.decide.metric, data.declared) * table["median"]
    table = table.assign(problem=scope.problem, rank=cost.groupby(table[SPLIT_SEED]).rank())
    return table.sort_values([SPLIT_SEED, "rank"], kind="stable")[COLUMNS].reset_index(drop=True)


def split_cell(scope: Scope, rows: pd.DataFrame, seed: int) -> Cell:
    """Return the median of one contender on one split, with its rank."""
    if seed not in rows.index:
        return Cell("not run")
    row = rows.loc[seed]
    text = format_metric(scope.data.decide.metric, row["median"]) if np.isfinite(row["median"]) else "diverged"
    return Cell(text, f"rank {row['rank']:g}", sort=float(row["median"]))


def views(scope: Scope, table: pd.DataFrame) -> list[View]:
    """Return the heat map of ranks of the contenders in figures, if all of them were run on each split."""
    names = [name for name in scope.ranked["contender"] if name in set(scope.figure_contenders["contender"])]
    ranks = table.pivot(index="contender", columns=SPLIT_SEED, values="rank").loc[names]
    if len(names) < 2 or ranks.isna().any(axis=None):
        return []
    ranks.columns = [f"{SPLIT_SEED} {seed}" for seed in ranks.columns]
    by_name = {name: ", ".join(f"{rank:g}" for rank in ranks.loc[name]) for name in names}
    words = "; ".join(f"{name} {text}" for name, text in by_name.items())
    drawing = Drawing(
        name=f"{scope.prefix}-splits",
        title="rank on each split",
        caption=CAPTION,
        description=f"ranks by split: {words}.",
        data=table.drop(columns="problem"),
        draw=partial(plot_rank_heat_map, ranks),
    )
    return [View("", [drawing])]
