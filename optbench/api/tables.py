"""The tables of a study as DataFrames, each with documented columns."""

import pandas as pd

from optbench.analysis.metrics import cost_sign
from optbench.analysis.paired_comparison import COLUMNS
from optbench.api.best_setting import deciding_metric, pairs_of
from optbench.report.scope import ReportData

RATES = ["step_s", "ratio_to_sgd"]
LEADERBOARD = [
    *("problem", "rank", "optimizer", "setting", "metric", "median", "q25", "q75", "runs", "diverged"),
    *("is_best", "differs_from_best", "p_value", *RATES),
]
LABELS = ["problem", "setting", "optimizer", "seed", "role"]


def leaderboard(data: ReportData) -> pd.DataFrame:
    """The contenders of each problem, the best first. See :attr:`optbench.Study.leaderboard`."""
    parts = [problem_leaderboard(data, problem) for problem in data.problems]
    tables = [part for part in parts if len(part)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=LEADERBOARD)


def problem_leaderboard(data: ReportData, problem: str) -> pd.DataFrame:
    """The rows of one problem."""
    contenders = data.contenders[data.contenders["problem"] == problem]
    if contenders.empty:
        return pd.DataFrame(columns=LEADERBOARD)
    summary = data.deciding_summary[data.deciding_summary["problem"] == problem]
    table = contenders.merge(summary[["setting", "runs", "median", "q25", "q75"]], on="setting")
    values = data.selection_values[data.selection_values["problem"] == problem]
    diverged = values.groupby("contender")["diverged"].sum()
    cost = cost_sign(data.decide.metric, data.declared) * table["median"]
    table = table.assign(
        cost=cost, rank=cost.rank(method="min").astype(int), diverged=table["contender"].map(diverged).astype(int)
    )
    table = table.sort_values("cost", kind="stable").reset_index(drop=True)
    table = table.merge(compared_with(data, problem, table["contender"].iloc[0]), on="contender", how="left")
    times = data.step_times[data.step_times["problem"] == problem]
    table = table.merge(times[["setting", *RATES]], on="setting", how="left")
    best = table.index == 0
    table = table.assign(metric=deciding_metric(data, problem), is_best=best)
    return table.assign(differs_from_best=table["differs_from_best"].eq(True))[LEADERBOARD]


def compared_with(data: ReportData, problem: str, winner: str) -> pd.DataFrame:
    """The comparison of each contender with the best one."""
    pairs = pairs_of(data, problem, winner)
    return pd.DataFrame(
        {
            "contender": pairs["contender"],
            "differs_from_best": pairs["mark"] == "worse",
            "p_value": pairs["p_holm"],
        }
    )


def pairs(data: ReportData) -> pd.DataFrame:
    """The best contender of each problem compared with all others. See :attr:`optbench.Study.pairs`."""
    costs = data.median_costs
    parts = [pairs_of(data, str(problem), str(row.idxmin())) for problem, row in costs.iterrows()]
    tables = [part for part in parts if len(part)]
    return pd.concat(tables, ignore_index=True)[COLUMNS] if tables else pd.DataFrame(columns=COLUMNS)


def curves(data: ReportData) -> pd.DataFrame:
    """The curves of runs and trials with their labels. See :attr:`optbench.Study.curves`."""
    rows = pd.concat([data.runs[["run_id", *LABELS]], data.trials[["run_id", *LABELS]]]).drop_duplicates("run_id")
    return data.result.curves.merge(rows, on="run_id", how="inner")
