"""The summary of a problem: one table of final values per metric."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from optbench.analysis import values
from optbench.analysis.formatting import format_metric, format_number
from optbench.report.blocks import Body, Cell, Part, Row, Table
from optbench.report.parts.against_baseline import with_baseline
from optbench.report.scope import SPLITS, Scope
from optbench.spec.diagnostics import is_diagnostic
from optbench.spec.metrics import NOTHING_DECLARED, Declared
from optbench.spec.splits import describe_split
from optbench.spec.study_file import ReferenceValue

SELECTION_NOTES = {  # sentence on the selection split
    "valid": "",
    "test": " There is no validation split, so settings are chosen on test and its values are optimistic.",
    "train": " There is no validation and no test split, so settings are chosen on training data.",
}
NOTE = (
    "Median over seeds (25 to 75 % of the seeds); below it the mean with Student's 95 % interval in brackets. "
    "Rows are sorted by {decision}. A mark below a name says that the {decision} of the setting differs significantly "
    "from that of {baseline}, with the {difference} ({family})."
)
AT_BEST_NOTE = (
    " The column test at best validation has the test value at the evaluation point with the best validation value."
)


def part(scope: Scope) -> Part | None:
    """Return the part with a table per metric, or None if no run reached its first evaluation point."""
    if scope.summary.empty:
        return None
    matrices = list(scope.matrices.values()) if scope.has_curves else []
    at_best = values.summary(values.values_at_best_valid(matrices))
    metrics = [metric for metric in dict.fromkeys(scope.summary["metric"]) if not is_diagnostic(metric)]
    difference = "mean difference over seeds" if scope.pairing == "paired" else "difference of means"
    note = NOTE.format(
        decision=f"{scope.point} {scope.decision}",
        baseline=scope.data.baseline,
        difference=difference,
        family=f"p ≤ 0.05, {with_baseline(scope)}",
    )
    body = Body(
        note=note + (AT_BEST_NOTE if len(at_best) else "") + SELECTION_NOTES[scope.selection_split],
        tables=[metric_table(scope, at_best, metric) for metric in metrics],
    )
    return Part("final-values", "Final values", body)


def significance_marks(scope: Scope) -> dict[str, str]:
    """Return a mark for each setting that differs significantly from the baseline."""
    pairs = scope.data.pairs.merge(scope.data.contenders, on=["problem", "contender"])
    significant = pairs[(pairs["problem"] == scope.problem) & (pairs["mark"] != "")]
    return {row.setting: f"{row.mark} than {row.baseline}{format_size(row)}" for row in significant.itertuples()}


def format_size(row: pd.Series) -> str:
    """Return the size of a difference from the baseline, or an empty string if a run diverged."""
    return f" ({format_number(row.difference)})" if np.isfinite(row.difference) else ""


def metric_table(scope: Scope, at_best: pd.DataFrame, metric: str) -> Table:
    """Return the table of one metric: one row per setting and reference, one column per split."""
    last, best = scope.summary[scope.summary["metric"] == metric], at_best[at_best["metric"] == metric]
    marks = significance_marks(scope) if metric == scope.data.decide.metric else {}
    columns = [(split, last[last["split"] == split]) for split in SPLITS if (last["split"] == split).any()]
    if len(best):
        columns.append(("test at best validation", best))
    by_setting = [table.set_index("setting").to_dict("index") for _, table in columns]
    rows = [
        Row(
            setting,
            [cell(metric, column[setting], scope.data.declared) for column in by_setting],
            marks.get(setting, ""),
        )
        for setting in sorted(dict.fromkeys(last["setting"]), key=scope.setting_order.__getitem__)
    ]
    names = [name for name, _ in columns]
    rows += [*reference_rows(scope, metric, names), *majority_rows(scope, metric, names)]
    unit = ", %" if metric.endswith("accuracy") else ""
    return Table(f"{metric}{unit}", ["setting", *map(describe_split, names)], rows)


def reference_rows(scope: Scope, metric: str, splits: Sequence[str]) -> list[Row]:
    """Return a row for each reference that has a value of ``metric``."""
    known = [line for line in scope.references if line.metric == metric]
    by_split = {label: {line.split: line for line in known if line.label == label} for label in reference_labels(known)}
    return [
        Row(label, [reference_cell(metric, values.get(split)) for split in splits])
        for label, values in by_split.items()
    ]


def majority_rows(scope: Scope, metric: str, splits: Sequence[str]) -> list[Row]:
    """Return the row for always predicting the most frequent class, below accuracies."""
    shares = scope.entry.majority
    if metric != "accuracy" or not shares:
        return []
    cells = [
        Cell(format_metric(metric, shares[split]), "of the examples") if split in shares else Cell("not computed")
        for split in splits
    ]
    return [Row("always the most frequent class", cells)]


def reference_labels(lines: Sequence[ReferenceValue]) -> list[str]:
    """Return the labels of the references without duplicates, in order."""
    return list(dict.fromkeys(line.label for line in lines))


def reference_cell(metric: str, line: ReferenceValue | None) -> Cell:
    """Return the value of a reference on a split."""
    return Cell("not computed") if line is None else Cell(format_metric(metric, line.value), "closed form")


def cell(metric: str, row: dict[str, float], declared: Declared = NOTHING_DECLARED) -> Cell:
    """Return a cell with the median, the quartiles, and the mean with its interval."""

    def format_value(value: float) -> str:
        return format_metric(metric, value)

    lowest, highest = value_range(metric, declared)
    spread = f"{format_value(row['q25'])} to {format_value(row['q75'])}"
    low, high = max(row["mean_low"], lowest), min(row["mean_high"], highest)
    mean = f"{format_value(row['mean'])} [{format_value(low)}, {format_value(high)}]"
    return Cell(
        f"{format_value(row['median'])} ({spread})", f"mean {mean}" if np.isfinite(row["mean"]) else no_mean(row)
    )


def no_mean(row: dict[str, float]) -> str:
    """Return why there is no mean with an interval."""
    return "no mean: a run diverged" if row["runs"] > 1 else "one seed"


def value_range(metric: str, declared: Declared) -> tuple[float, float]:
    """Return the lowest and highest possible value of a metric, at which intervals end."""
    if metric in declared:
        return declared[metric].low, declared[metric].high
    return (0.0, 1.0) if metric.endswith("accuracy") else (-np.inf, np.inf)
