"""Each contender against the baseline, seed by seed."""

from functools import partial

import numpy as np
import pandas as pd

from optbench.analysis import present
from optbench.report.blocks import Cell, Drawing, Part, Row, Table, View
from optbench.report.figures.intervals import intervals
from optbench.report.scope import Scope

NOTE = (
    "Runs of one seed had the same start and the same batches, so they are compared in pairs, by the {split} loss at "
    "the end. Below zero is better than {baseline}. The p-value is that of Wilcoxon's exact signed-rank test, with "
    "Holm's correction over the rows; better and worse stand only where it is at most 0.05."
)
HOW = "Dot: mean difference over seeds; line: Student's 95 % interval. Left of the line at 0: a lower loss, so better."
COLUMNS = ["against {}", "difference", "better in", "p", "verdict"]


def part(scope: Scope) -> Part | None:
    """A table and a forest plot; None where there is nothing to compare."""
    pairs = scope.data.pairs[scope.data.pairs["problem"] == scope.problem]
    if pairs.empty:
        return None
    baseline = scope.data.baseline
    rows = [Row(row.contender, cells(row)) for row in pairs.itertuples()]
    columns = [COLUMNS[0].format(baseline), *COLUMNS[1:]]
    known = pairs[np.isfinite(pairs["difference"]) & pairs["contender"].isin(scope.chosen["contender"])]
    return Part(
        "Against the baseline",
        note=" ".join(
            [NOTE.format(split=scope.chosen_on, baseline=baseline), *dict.fromkeys(filter(None, pairs["note"]))]
        ),
        tables=[Table("Paired differences", columns, rows)],
        views=[View("", [drawing(scope, known)])] if len(known) else [],
    )


def cells(row: pd.Series) -> list[Cell]:
    """The difference, how often it favours the contender, and whether it can be told from chance."""
    known = np.isfinite(row.difference)
    interval = f"{present.number(row.low)} to {present.number(row.high)}" if known else "a run diverged"
    return [
        Cell(present.number(row.difference) if known else "–", interval),
        Cell(f"{100 * row.improvement:.0f} % of {row.pairs} seeds" if row.pairs else "–"),
        Cell(f"{row.p_holm:.3f}" if row.pairs else "–"),
        Cell(row.mark or "not told apart"),
    ]


def drawing(scope: Scope, pairs: pd.DataFrame) -> Drawing:
    """The forest plot."""
    setting_of = scope.chosen.set_index("contender")["setting"]
    colors = [scope.shades[setting_of[contender]] for contender in pairs["contender"]]
    table = pairs.assign(label=pairs["contender"], value=pairs["difference"], color=colors)
    told = [f"{row.contender} {present.number(row.difference)}" for row in pairs.itertuples()]
    title = f"difference in {scope.chosen_on} loss"
    return Drawing(
        name=f"{scope.prefix}-pairs",
        title=title,
        how=HOW,
        words=f"to {scope.data.baseline}, mean over seeds: {', '.join(told)}.",
        data=pairs,
        draw=partial(intervals, table, f"loss minus that of {scope.data.baseline}", reference=0.0),
    )
