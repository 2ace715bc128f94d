"""Score the trials of a job and find the best one."""

import numpy as np
import pandas as pd

from optbench.analysis.metrics import lower_is_better, worst_value
from optbench.spec.decide_by import DecideBy
from optbench.spec.metrics import NOTHING_DECLARED, Declared
from optbench.spec.status import RunStatus


def trial_scores(
    runs: pd.DataFrame, curves: pd.DataFrame, decide: DecideBy, declared: Declared = NOTHING_DECLARED
) -> pd.DataFrame:
    """Return the score of each setting, which is the median over its seeds.

    Args:
        runs: the trials of one problem, with the columns ``run_id, setting_id, status``.
        curves: the curves of these trials.
        decide: the metric, its split, and whether the best value counts or the last.
        declared: directions and ranges of metrics by name.

    Returns:
        ``setting_id, score, split``, in the order of ``runs``. A run that is not done has the worst possible value.

    Raises:
        ValueError: the metric was not recorded.
    """
    split = decide.split_among(curves["split"])
    chosen = (curves["split"] == split) & (curves["metric"] == decide.metric)
    values = curves[chosen].sort_values("step", kind="stable")
    if values.empty and (runs["status"] == RunStatus.DONE).any():
        raise ValueError(f"there is {', '.join(sorted(set(curves['metric'])))}")
    best = "min" if lower_is_better(decide.metric, declared) else "max"
    run_scores = values.groupby("run_id")["value"].agg(best if decide.best else "last")
    worst = worst_value(decide.metric, declared)
    score = runs["run_id"].map(run_scores).where(runs["status"] == RunStatus.DONE).fillna(worst)
    table = runs.assign(score=score).groupby("setting_id", sort=False, as_index=False)["score"].median()
    return table.assign(split=split)


def selection_metric(requested: str | None, curves: pd.DataFrame) -> str:
    """Return the metric by which trials are selected: ``requested``, else accuracy if it was recorded, else loss."""
    return requested or ("accuracy" if (curves["metric"] == "accuracy").any() else "loss")


def best_trial_index(scores: pd.DataFrame, metric: str, declared: Declared = NOTHING_DECLARED) -> int:
    """Return the position of the best row of ``scores``, the first of equals."""
    values = scores["score"].to_numpy(float)
    return int(np.argmin(values) if lower_is_better(metric, declared) else np.argmax(values))
