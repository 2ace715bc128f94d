"""The rows of imported runs in the tables of the results store.

The column ``origin`` contains their source. They have no fingerprint, no solo step time and no compile mode.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from optbench.importing.tables import RunTable
from optbench.spec.run import canonical

WITHOUT_BUDGET = {"epochs": None, "steps": None, "points": 2}


def store_rows(table: RunTable, runs: pd.DataFrame, origin: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of the tables ``runs`` and ``curves`` of the store.

    Args:
        table: the runs.
        runs: the runs of the table with their ids, from :func:`optbench.importing.identity.identified`.
        origin: the origin of the runs.
    """
    last = table.curves.groupby("run", sort=False).agg(steps=("step", "max"), epochs=("epoch", "max"))
    counts = runs[["run"]].merge(last, left_on="run", right_index=True, how="left")
    rows = pd.DataFrame(
        {
            "run_id": runs["run_id"],
            "problem_id": runs["problem_id"],
            "setting_id": runs["setting_id"],
            "optimizer": runs["optimizer"],
            "schedule": "",
            "dataset": runs["problem"],
            "model": "",
            "loss": "",
            "regularizer": "",
            "seed": runs["seed"],
            "status": runs["status"],
            "status_detail": runs["status_detail"],
            "diverged_at_step": pd.array(runs["diverged_at_step"].round(), "Int64"),
            "epochs": counts["epochs"].to_numpy() if table.has_curves else np.nan,
            "steps": pd.array(counts["steps"].to_numpy(float), "Int64") if table.has_curves else pd.NA,
            "batch_size": pd.array(runs["batch_size"].round(), "Int64"),
            "parameters": pd.array(runs["parameters"].round(), "Int64"),
            "shared_by": 1,
            "train_s": runs["wall_s"],
            "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "host": "",
            "device": "",
            "versions": json.dumps({}),
            "code": "",
            "config": [
                canonical(config_of(p, v, s))
                for p, v, s in zip(runs["problem"], runs["values_"], runs["seed"], strict=True)
            ],
            "origin": origin,
        }
    )
    curves = table.curves.assign(run_id=runs["run_id"].to_numpy()[table.curves["run"].to_numpy()])
    curves = curves.assign(split=curves["split"].astype(str), metric=curves["metric"].astype(str))
    return rows, curves.drop(columns="run")


def config_of(problem: str, values: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """The configuration of a run, as far as it is known: the name of its problem, and its hyperparameters."""
    known = {"dataset": {"name": problem}, "model": {}, "loss": {}, "regularizer": {}}
    batches = {"batch_size": None, "order": None, "drop_last": False, "precision": None, "budget": WITHOUT_BUDGET}
    return {**known, **batches, "optimizer": dict(values), "schedule": {}, "seed": int(seed)}
