"""How imported runs ended, according to their table or their values."""

import numpy as np
import pandas as pd

from optbench.importing.names import STATUSES, normalize
from optbench.importing.tables import list_names, refuse
from optbench.spec.metrics import Declared
from optbench.spec.status import RunStatus

NO_VALUE = "No value was recorded."
NOT_FINITE = "A value was not finite."
ENDED = "Read from elsewhere."


def with_statuses(runs: pd.DataFrame, curves: pd.DataFrame, metrics: Declared) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return runs with their statuses, and curves without non-finite values.

    A run diverged if the last value of a metric is not finite, or if its status in the table is a word for divergence.
    A non-finite value that is followed by finite ones is left out.

    Raises:
        ConfigError: a status is an unknown word.
    """
    words = runs["status_word"].map(normalize)
    unknown = list(dict.fromkeys(runs.loc[~words.isin([*STATUSES, ""]), "status_word"]))
    if unknown:
        raise refuse(f"The status of a run must be one of {', '.join(RunStatus)}. Received: {list_names(unknown)}.")
    finite = np.isfinite(curves["value"].to_numpy())
    last = curves.sort_values("step", kind="stable").drop_duplicates(["run", "split", "metric"], keep="last")
    has_value = runs["run"].isin(curves["run"])
    is_lost = runs["run"].isin(last.loc[~np.isfinite(last["value"]), "run"])
    status = words.map(STATUSES).fillna(RunStatus.DONE).astype(object)
    status = status.mask((status == RunStatus.DONE) & is_lost, RunStatus.DIVERGED)
    status = status.mask((status == RunStatus.DONE) & ~has_value, RunStatus.FAILED)
    diverged = status == RunStatus.DIVERGED
    first_lost = curves[~finite].groupby("run")["step"].min()
    at = runs["run"].map(first_lost).fillna(runs["run"].map(curves.groupby("run")["step"].max()))
    told = ("Status: " + runs["status_word"].astype(str) + ".").where(runs["status_word"] != "", ENDED)
    detail = told.mask(diverged, NOT_FINITE).mask(~has_value, NO_VALUE)
    runs = runs.drop(columns="status_word")
    runs = runs.assign(status=status.astype(str), status_detail=detail, diverged_at_step=at.where(diverged))
    return runs, curves[finite]
