"""The identity of imported runs: ids are hashes of what was read, so the same table gives the same ids."""

import hashlib
import itertools
from typing import Any

import numpy as np
import pandas as pd

from optbench.importing.tables import HYPERPARAMETER, RunTable
from optbench.spec.run import digest

FACTS = ("parameters", "batch_size", "model")  # columns of runs that are part of an id, if a run has them


def origin_of(table: RunTable) -> str:
    """The origin of a table for the rows of its runs: the reader, and a hash of the source or of its content."""
    kind, _, sha256 = table.source
    if not sha256:
        content = pd.util.hash_pandas_object(table.curves.drop(columns=["split", "metric"]), index=False).to_numpy()
        sha256 = hashlib.sha256(content.tobytes()).hexdigest()
    return f"{kind}:{sha256[:16]}"


def identified(table: RunTable, origin: str) -> pd.DataFrame:
    """Return ``run_id, setting_id, problem_id, values_`` in addition to the columns of ``table.runs``."""
    runs = table.runs
    columns = [name for name in runs if name.startswith(HYPERPARAMETER)]
    values = [
        {
            name.removeprefix(HYPERPARAMETER): plain(value)
            for name, value in zip(columns, row, strict=True)
            if is_known(value)
        }
        for row in runs[columns].itertuples(index=False, name=None)
    ]
    settings = [digest("elsewhere", origin, name, v) for name, v in zip(runs["optimizer"], values, strict=True)]
    problems = {name: digest("elsewhere", name) for name in runs["problem"].unique()}
    contents = digests_of_curves(table.curves, len(runs))
    facts = runs[[name for name in FACTS if name in runs]].to_dict("records")
    known = [
        [(name, plain(value)) for name, value in of_run.items() if is_known(value) and value != ""] for of_run in facts
    ]
    details = zip(runs["problem"], settings, runs["seed"], runs["status"], runs["wall_s"], contents, known, strict=True)
    ids = [digest("elsewhere", problem, setting, int(seed), status, str(wall), content, *fact)
           for problem, setting, seed, status, wall, content, fact in details]  # fmt: skip
    return runs.assign(run_id=ids, setting_id=settings, problem_id=runs["problem"].map(problems), values_=values)


def is_known(value: Any) -> bool:
    """Whether a run has a hyperparameter."""
    return value is not None and not (isinstance(value, float) and np.isnan(value))


def plain(value: Any) -> Any:
    """A value as plain Python data."""
    return value.item() if isinstance(value, np.generic) else value


def digests_of_curves(curves: pd.DataFrame, runs: int) -> list[str]:
    """The SHA-256 of the values of each run, in the order of runs."""
    ends = np.searchsorted(curves["run"].to_numpy(np.int64), np.arange(runs + 1))
    split, metric = (curves[name].cat for name in ("split", "metric"))
    names = [f"{one}.{other}" for one in split.categories for other in metric.categories]
    code = split.codes.to_numpy(np.int64) * len(metric.categories) + metric.codes.to_numpy(np.int64)
    parts = [code, curves["step"].to_numpy(np.int64), curves["value"].to_numpy(float)]
    start = hashlib.sha256("\n".join(names).encode())
    found = []
    for first, last in itertools.pairwise(ends):
        of_run = start.copy()
        for part in parts:
            of_run.update(np.ascontiguousarray(part[first:last]).tobytes())
        found.append(of_run.hexdigest())
    return found
