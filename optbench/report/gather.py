"""From a results folder to everything that a report is made of."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from optbench.analysis import tables
from optbench.analysis.matrices import Matrix, matrices
from optbench.report.scope import Data
from optbench.results.loading import labeled_runs, load_arrays
from optbench.results.store import Store


def gather(results: Path, study: Mapping[str, Any], baseline: str | None = None) -> Data:
    """Read the runs and curves that ``study`` names; ``baseline`` is what the others are compared with.

    Raises:
        StoreError: they cannot be compared.
    """
    store = Store(results)
    found = labeled_runs(store, {study["name"]: study})
    is_trial = found["role"] == "trial"
    runs, trials = found[~is_trial], found[is_trial]
    compared = tables.compared(runs)
    curves = store.coded_curves(pd.concat([compared, trials]).drop_duplicates("run_id"))
    return Data(
        study=study,
        runs=runs.drop(columns="stem"),
        trials=trials.drop(columns="stem"),
        matrices=in_order(compared, curves, study),
        trial_matrices=in_order(trials, curves, study),
        timings=store.timings(),
        quarantined=store.quarantined(),
        arrays=partial(load_arrays, results),
        asked_baseline=baseline,
    )


def in_order(runs: pd.DataFrame, curves: pd.DataFrame, study: Mapping[str, Any]) -> list[Matrix]:
    """The curves of ``runs`` in the order in which the study names its problems, whatever that of the files is."""
    if runs.empty:
        return []
    place = {problem: number for number, problem in enumerate(study["problems"])}
    return sorted(
        matrices(runs, curves), key=lambda matrix: (place[matrix.problem], matrix.metric != "loss", matrix.metric)
    )
