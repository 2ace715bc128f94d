"""The summary of a problem: what each setting came to, a table a metric."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from optbench.analysis import present, values
from optbench.report.blocks import Cell, Part, Row, Table
from optbench.report.scope import SPLITS, Scope

CHOICES = {  # what a problem's tables say of how something in them was chosen
    "valid": "",
    "test": " There is no validation split: whatever is chosen is chosen on test, which flatters it.",
    "train": " There is no validation and no test split: whatever is chosen is chosen on train.",
}
NOTE = (
    "Median over seeds with 25 to 75 %; below it the mean with Student's 95 % interval. "
    "Better and worse stand where the loss that chooses differs from the baseline's by the paired test below."
)
AT_BEST = " Test at best valid is taken at the evaluation point where the run's validation value was best."


def part(scope: Scope) -> Part | None:
    """A table for each metric, or None where no run got as far as its first evaluation point."""
    if scope.summary.empty:
        return None
    at_best = values.summary(values.values_at_best_valid(list(scope.matrices.values())))
    metrics = dict.fromkeys(scope.summary["metric"])
    return Part(
        "Final values",
        note=NOTE + (AT_BEST if len(at_best) else "") + CHOICES[scope.chosen_on],
        tables=[metric_table(scope, at_best, metric) for metric in metrics],
    )


def marks(scope: Scope) -> dict[str, str]:
    """By setting, that it differs from the baseline, for those that do."""
    found = scope.data.pairs.merge(scope.data.contenders, on=["problem", "contender"])
    found = found[(found["problem"] == scope.problem) & (found["mark"] != "")]
    return {row.setting: f"{row.mark} than {row.baseline}" for row in found.itertuples()}


def metric_table(scope: Scope, at_best: pd.DataFrame, metric: str) -> Table:
    """Final values of one metric, a row a setting, a cell a split; below them what needs no training."""
    last, best = scope.summary[scope.summary["metric"] == metric], at_best[at_best["metric"] == metric]
    differing = marks(scope)
    columns = [(split, last[last["split"] == split]) for split in SPLITS if (last["split"] == split).any()]
    if len(best):
        columns.append(("test at best valid", best))
    by_setting = [table.set_index("setting").to_dict("index") for _, table in columns]
    rows = [
        Row(setting, [cell(metric, of_split[setting]) for of_split in by_setting], differing.get(setting, ""))
        for setting in dict.fromkeys(last["setting"])
    ]
    names = [name for name, _ in columns]
    rows += reference_rows(scope, metric, names)
    unit = ", %" if metric.endswith("accuracy") else ""
    return Table(f"{metric}{unit}", ["setting", *names], rows)


def reference_rows(scope: Scope, metric: str, splits: Sequence[str]) -> list[Row]:
    """A row for each reference that has a value of ``metric``."""
    known = [line for line in scope.references if line["metric"] == metric]
    by_split = {label: {line["split"]: line for line in known if line["label"] == label} for label in labels(known)}
    return [
        Row(label, [reference_cell(metric, values.get(split)) for split in splits])
        for label, values in by_split.items()
    ]


def labels(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the references are called, in order."""
    return list(dict.fromkeys(str(line["label"]) for line in lines))


def reference_cell(metric: str, line: Mapping[str, Any] | None) -> Cell:
    """The value of a reference on a split, if it has one."""
    return Cell("–") if line is None else Cell(present.metric_value(metric, line["value"]), "closed form")


def cell(metric: str, row: dict[str, float]) -> Cell:
    """Median with quartiles, mean with its interval."""

    def shown(value: float) -> str:
        return present.metric_value(metric, value)

    spread = f"{shown(row['q25'])} to {shown(row['q75'])}"
    top = 1.0 if metric.endswith("accuracy") else np.inf
    mean = f"{shown(row['mean'])} [{shown(row['mean_low'])}, {shown(min(row['mean_high'], top))}]"
    return Cell(f"{shown(row['median'])} ({spread})", f"mean {mean if np.isfinite(row['mean']) else '–'}")
