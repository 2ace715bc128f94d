"""Which of a job's trials was best."""

import numpy as np
import pandas as pd

from optbench.analysis.metrics import lower_is_better, worst
from optbench.analysis.tables import choosing_split


def trial_scores(runs: pd.DataFrame, curves: pd.DataFrame, choose: str, metric: str) -> pd.DataFrame:
    """The score of each setting that was tried: the median over its seeds.

    Args:
        runs: the trials of one problem, ``run_id, setting_id, status``.
        curves: theirs.
        choose: ``final`` for the value at the last point, ``best`` for the best on the way.
        metric: on valid; on test where there is no valid, on train where there is neither.

    Returns:
        ``setting_id, score, split``, in the order of ``runs``. A run that is not done counts as the worst value.

    Raises:
        ValueError: the metric was not recorded.
    """
    split = choosing_split(curves["split"])
    values = curves[(curves["split"] == split) & (curves["metric"] == metric)].sort_values("step", kind="stable")
    if values.empty and (runs["status"] == "done").any():
        raise ValueError(f"there is {', '.join(sorted(set(curves['metric'])))}")
    best = "min" if lower_is_better(metric) else "max"
    of_run = values.groupby("run_id")["value"].agg("last" if choose == "final" else best)
    score = runs["run_id"].map(of_run).where(runs["status"] == "done").fillna(worst(metric))
    table = runs.assign(score=score).groupby("setting_id", sort=False, as_index=False)["score"].median()
    return table.assign(split=split)


def judging_metric(asked: str | None, curves: pd.DataFrame) -> str:
    """The metric that trials are judged by: the one asked for, else accuracy where it was recorded, else loss."""
    return asked or ("accuracy" if (curves["metric"] == "accuracy").any() else "loss")


def best_trial(scores: pd.DataFrame, metric: str) -> int:
    """The place in ``scores`` of the best, the first of equals."""
    values = scores["score"].to_numpy(float)
    return int(np.argmin(values) if lower_is_better(metric) else np.argmax(values))
