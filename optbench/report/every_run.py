"""Every run of a study as data for the page's table, which sorts, filters and copies command lines by itself."""

from typing import Any

import numpy as np
import pandas as pd

from optbench.analysis.metrics import MINIMISED
from optbench.analysis.tables import CHOOSING
from optbench.report.commands import commands
from optbench.report.packed import as_json, packed
from optbench.report.scope import Data

TEXTS = ("problem", "setting", "status")  # columns of few texts, told by their place in a list
DIGITS = 5


def every_run(data: Data) -> str:
    """The table, packed: ``columns``, ``texts`` by column, ``jobs`` (their commands), and of each run its ``cells``.

    The last cell of a run is the number of its job. Values are what the run ended with, on the split that chooses and
    on test; null where there is none.
    """
    runs = data.runs
    columns: dict[str, Any] = {}
    texts = {}
    for name in TEXTS:
        codes, found = pd.factorize(runs[name])
        columns[name], texts[name] = codes.tolist(), list(found)
    columns["seed"] = runs["seed"].tolist()
    columns |= {name: rounded(values) for name, values in final_values(data).items()}
    columns["diverged at step"] = [None if np.isnan(step) else int(step) for step in runs["diverged_at_step"]]
    columns["job"] = runs["job"].tolist()
    rows = list(zip(*columns.values(), strict=True))
    return packed(as_json({"columns": list(columns)[:-1], "texts": texts, "jobs": commands(data.study), "rows": rows}))


def final_values(data: Data) -> dict[str, pd.Series]:
    """By name, such as ``test accuracy``, the final value of each run."""
    final = data.final[(data.final["metric"] != MINIMISED) & ~data.final["diverged"]]
    metrics, splits = dict.fromkeys(final["metric"]), set(final["split"])
    shown = [next((split for split in CHOOSING if split in splits), CHOOSING[-1]), "test"]
    of_key = dict(iter(final.groupby(["split", "metric"], sort=False)))
    return {
        f"{split} {metric}": data.runs["run_id"].map(of_key[split, metric].set_index("run_id")["value"])
        for metric in metrics
        for split in dict.fromkeys(shown)
        if (split, metric) in of_key
    }


def rounded(values: pd.Series) -> list[float | None]:
    """Numbers with few digits; None where there is none."""
    return [float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None for value in values]
