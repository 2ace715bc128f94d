"""The summary of a problem: one table of final values per metric."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from optbench.analysis import values
from optbench.analysis.formatting import format_metric
from optbench.report.blocks import Body, Cell, Part, Row, Table
from optbench.report.scope import SPLITS, Scope
from optbench.spec.study_file import ReferenceValue

SELECTION_NOTES = {  # the sentence on the selection split
    "valid": "",
    "test": " There is no validation split: whatever is chosen is chosen on test, which flatters it.",
    "train": " There is no validation and no test split: whatever is chosen is chosen on train.",
}
NOTE = (
    "Median over seeds with 25 to 75 %; below it the mean with Student's 95 % interval. "
    "Better and worse stand where the {metric} that chooses differs from the baseline's by the paired test below."
)
AT_BEST_NOTE = " Test at best valid is taken at the evaluation point where the run's validation value was best."


def part(scope: Scope) -> Part | None:
    """Return the part with a table per metric, or None if no run reached its first evaluation point."""
    if scope.summary.empty:
        return None
    at_best = values.summary(values.values_at_best_valid(list(scope.matrices.values())))
    metrics = dict.fromkeys(scope.summary["metric"])
    body = Body(
        note=NOTE.format(metric=scope.data.decide.metric)
        + (AT_BEST_NOTE if len(at_best) else "")
        + SELECTION_NOTES[scope.selection_split],
        tables=[metric_table(scope, at_best, metric) for metric in metrics],
    )
    return Part("final-values", "Final values", body)


def significance_marks(scope: Scope) -> dict[str, str]:
    """Return a text for each setting that differs significantly from the baseline."""
    pairs = scope.data.pairs.merge(scope.data.contenders, on=["problem", "contender"])
    significant = pairs[(pairs["problem"] == scope.problem) & (pairs["mark"] != "")]
    return {row.setting: f"{row.mark} than {row.baseline}" for row in significant.itertuples()}


def metric_table(scope: Scope, at_best: pd.DataFrame, metric: str) -> Table:
    """Return the table of one metric: one row per setting and reference, one column per split."""
    last, best = scope.summary[scope.summary["metric"] == metric], at_best[at_best["metric"] == metric]
    marks = significance_marks(scope)
    columns = [(split, last[last["split"] == split]) for split in SPLITS if (last["split"] == split).any()]
    if len(best):
        columns.append(("test at best valid", best))
    by_setting = [table.set_index("setting").to_dict("index") for _, table in columns]
    rows = [
        Row(setting, [cell(metric, column[setting]) for column in by_setting], marks.get(setting, ""))
        for setting in dict.fromkeys(last["setting"])
    ]
    names = [name for name, _ in columns]
    rows += reference_rows(scope, metric, names)
    unit = ", %" if metric.endswith("accuracy") else ""
    return Table(f"{metric}{unit}", ["setting", *names], rows)


def reference_rows(scope: Scope, metric: str, splits: Sequence[str]) -> list[Row]:
    """Return a row for each reference that has a value of ``metric``."""
    known = [line for line in scope.references if line.metric == metric]
    by_split = {label: {line.split: line for line in known if line.label == label} for label in reference_labels(known)}
    return [
        Row(label, [reference_cell(metric, values.get(split)) for split in splits])
        for label, values in by_split.items()
    ]


def reference_labels(lines: Sequence[ReferenceValue]) -> list[str]:
    """Return the labels of the references without duplicates, in order."""
    return list(dict.fromkeys(line.label for line in lines))


def reference_cell(metric: str, line: ReferenceValue | None) -> Cell:
    """Return the value of a reference on a split, or a dash."""
    return Cell("–") if line is None else Cell(format_metric(metric, line.value), "closed form")


def cell(metric: str, row: dict[str, float]) -> Cell:
    """Return a cell with the median, the quartiles, and the mean with its interval."""

    def format_value(value: float) -> str:
        return format_metric(metric, value)

    spread = f"{format_value(row['q25'])} to {format_value(row['q75'])}"
    high = min(row["mean_high"], 1.0 if metric.endswith("accuracy") else np.inf)
    mean = f"{format_value(row['mean'])} [{format_value(row['mean_low'])}, {format_value(high)}]"
    return Cell(f"{format_value(row['median'])} ({spread})", f"mean {mean if np.isfinite(row['mean']) else '–'}")
