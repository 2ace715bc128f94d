"""The data of the table of all runs. The page sorts, filters and copies command lines with JavaScript."""

from typing import Any

import numpy as np
import pandas as pd

from optbench.analysis.metrics import OBJECTIVE
from optbench.analysis.pairs import PAIRING, pair_keys
from optbench.report.commands import job_commands
from optbench.report.compression import compress, to_json
from optbench.report.scope import ReportData
from optbench.spec.decide_by import selection_split
from optbench.spec.diagnostics import is_diagnostic
from optbench.spec.splits import describe_split

TEXTS = ("problem", "setting", "status")  # text columns, stored as indices into a list
DIGITS = 5


def run_table_data(data: ReportData) -> str:
    """Return the table as compressed JSON.

    The keys are ``columns``, ``texts`` (the texts of each text column), ``jobs`` (the commands) and ``rows``. The last
    cell of a row is the index of its job. Values are final values on the selection split and on test, null if missing.
    """
    runs = data.runs
    columns: dict[str, Any] = {}
    texts = {}
    for name in TEXTS:
        codes, values = pd.factorize(runs[name])
        columns[name], texts[name] = codes.tolist(), list(values)
    columns |= {name.replace("_", " "): runs[name].tolist() for name in pair_keys(runs) if name != PAIRING}
    columns |= {name: round_values(values) for name, values in final_values(data).items()}
    columns["diverged at step"] = [None if np.isnan(step) else int(step) for step in runs["diverged_at_step"]]
    columns["job"] = runs["job"].tolist()
    rows = list(zip(*columns.values(), strict=True))
    return compress(
        to_json({"columns": list(columns)[:-1], "texts": texts, "jobs": job_commands(data.study), "rows": rows})
    )


def final_values(data: ReportData) -> dict[str, pd.Series]:
    """Return the final values of the runs by name, such as ``test accuracy``."""
    final = data.final[(data.final["metric"] != OBJECTIVE) & ~data.final["diverged"]]
    metrics = [metric for metric in dict.fromkeys(final["metric"]) if not is_diagnostic(metric)]
    selected = [selection_split(final["split"]), data.decide.split_among(final["split"]), "test"]
    groups = dict(iter(final.groupby(["split", "metric"], sort=False)))
    return {
        f"{describe_split(split)} {metric}": data.runs["run_id"].map(groups[split, metric].set_index("run_id")["value"])
        for metric in metrics
        for split in dict.fromkeys(selected)
        if (split, metric) in groups
    }


def round_values(values: pd.Series) -> list[float | None]:
    """Round numbers to five significant digits. Non-finite values become None."""
    numbers = values.to_numpy(float)
    known = np.isfinite(numbers) & (numbers != 0)
    powers = np.zeros(len(numbers))
    powers[known] = DIGITS - 1 - np.floor(np.log10(np.abs(numbers[known])))
    factors = 10.0 ** np.abs(powers)  # exact, so that a rounded number has few digits
    up = np.where(powers >= 0, np.round(numbers * factors) / factors, np.round(numbers / factors) * factors)
    return [value if finite else None for value, finite in zip(up.tolist(), np.isfinite(numbers).tolist(), strict=True)]
