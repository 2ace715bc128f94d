"""Score the trials of a job and find the best one."""

import numpy as np
import pandas as pd

from optbench.analysis.metrics import lower_is_better, worst_value
from optbench.analysis.tables import selection_split
from optbench.spec.status import RunStatus


def trial_scores(runs: pd.DataFrame, curves: pd.DataFrame, choose: str, metric: str) -> pd.DataFrame:
    """Return the score of each setting, which is the median over its seeds.

    Args:
        runs: the trials of one problem, with the columns ``run_id, setting_id, status``.
        curves: the curves of these trials.
        choose: ``final`` for the value at the last evaluation point, ``best`` for the best value during training.
        metric: the metric on the selection split. See :func:`optbench.analysis.tables.selection_split`.

    Returns:
        ``setting_id, score, split``, in the order of ``runs``. A run that is not done has the worst possible value.

    Raises:
        ValueError: the metric was not recorded.
    """
    split = selection_split(curves["split"])
    values = curves[(curves["split"] == split) & (curves["metric"] == metric)].sort_values("step", kind="stable")
    if values.empty and (runs["status"] == RunStatus.DONE).any():
        raise ValueError(f"there is {', '.join(sorted(set(curves['metric'])))}")
    best = "min" if lower_is_better(metric) else "max"
    run_scores = values.groupby("run_id")["value"].agg("last" if choose == "final" else best)
    score = runs["run_id"].map(run_scores).where(runs["status"] == RunStatus.DONE).fillna(worst_value(metric))
    table = runs.assign(score=score).groupby("setting_id", sort=False, as_index=False)["score"].median()
    return table.assign(split=split)


def selection_metric(requested: str | None, curves: pd.DataFrame) -> str:
    """Return the metric by which trials are selected: ``requested``, else accuracy if it was recorded, else loss."""
    return requested or ("accuracy" if (curves["metric"] == "accuracy").any() else "loss")


def best_trial_index(scores: pd.DataFrame, metric: str) -> int:
    """Return the position of the best row of ``scores``, the first of equals."""
    values = scores["score"].to_numpy(float)
    return int(np.argmin(values) if lower_is_better(metric) else np.argmax(values))
